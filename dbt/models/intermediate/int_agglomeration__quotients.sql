with employment as (
    select
        province_code,
        year,
        'whole_society' as employment_base,
        manufacturing,
        producer_services,
        whole_society as employment
    from {{ ref('int_agglomeration__employment') }}
    union all
    select
        province_code,
        year,
        'urban_units' as employment_base,
        manufacturing,
        producer_services,
        urban_units as employment
    from {{ ref('int_agglomeration__employment') }}
),

-- All three totals run over the same provinces: those with every figure the quotients need.
national as (
    select
        year,
        employment_base,
        sum(manufacturing) as manufacturing,
        sum(producer_services) as producer_services,
        sum(employment) as employment,
        count(*) as n_provinces
    from employment
    where
        manufacturing is not null
        and producer_services is not null
        and employment is not null
    group by
        year,
        employment_base
),

quotients as (
    select
        employment.province_code,
        employment.year,
        employment.employment_base,
        employment.manufacturing,
        employment.producer_services,
        employment.employment,
        national.manufacturing as national_manufacturing,
        national.producer_services as national_producer_services,
        national.employment as national_employment,
        national.n_provinces,
        case
            when employment.producer_services is not null then {{ location_quotient(
                'employment.manufacturing',
                'national.manufacturing',
                'employment.employment',
                'national.employment'
            ) }}
        end as magglo,
        case
            when employment.manufacturing is not null then {{ location_quotient(
                'employment.producer_services',
                'national.producer_services',
                'employment.employment',
                'national.employment'
            ) }}
        end as psagglo
    from employment
    left join national
        on
            employment.year = national.year
            and employment.employment_base = national.employment_base
),

with_coagglo as (
    select
        province_code,
        year,
        employment_base,
        manufacturing,
        producer_services,
        employment,
        national_manufacturing,
        national_producer_services,
        national_employment,
        n_provinces,
        magglo,
        psagglo,
        {{ coagglo('magglo', 'psagglo') }} as coagglo
    from quotients
)

select * from with_coagglo
