-- Both sectors and all employment are of urban units: only then are the sectors parts of the whole,
-- whose shares theirs are compared with.
with quotients as (
    select
        province_code,
        year,
        magglo,
        psagglo,
        n_provinces,
        case
            when manufacturing is not null and producer_services is not null
                then {{ safe_divide('employment', 'national_employment') }}
        end as province_share_employment
    from {{ ref('int_agglomeration__quotients') }}
    where employment_base = 'urban_units'
),

national as (
    select
        year,
        sum(province_share_employment * province_share_employment) as sum_squared_shares
    from quotients
    group by year
),

with_eg_pair as (
    select
        quotients.province_code,
        quotients.year,
        quotients.province_share_employment,
        national.sum_squared_shares,
        quotients.n_provinces,
        {{ pairwise_ellison_glaeser(
            'quotients.magglo',
            'quotients.psagglo',
            'national.sum_squared_shares'
        ) }} as eg_pair
    from quotients
    inner join national on quotients.year = national.year
)

select * from with_eg_pair
