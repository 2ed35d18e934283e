with employment as (
    select
        province_code,
        year,
        manufacturing,
        producer_services,
        manufacturing + producer_services as both_sectors
    from {{ ref('int_agglomeration__employment') }}
),

national as (
    select
        year,
        sum(manufacturing) as manufacturing,
        sum(producer_services) as producer_services,
        sum(both_sectors) as both_sectors,
        count(*) as n_provinces
    from employment
    where both_sectors is not null
    group by year
),

shares as (
    select
        employment.province_code,
        employment.year,
        national.n_provinces,
        {{ safe_divide('employment.manufacturing', 'national.manufacturing') }} as manufacturing,
        {{ safe_divide('employment.producer_services', 'national.producer_services') }}
            as producer_services,
        {{ safe_divide('employment.both_sectors', 'national.both_sectors') }} as both_sectors,
        {{ safe_divide('national.manufacturing', 'national.both_sectors') }} as share_manufacturing,
        {{ safe_divide('national.producer_services', 'national.both_sectors') }}
            as share_producer_services
    from employment
    left join national
        on
            employment.year = national.year
            and employment.both_sectors is not null
),

concentrations as (
    select
        province_code,
        year,
        n_provinces,
        share_manufacturing,
        share_producer_services,
        {{ concentration('manufacturing', 'n_provinces') }} as eg_h_manufacturing,
        {{ concentration('producer_services', 'n_provinces') }} as eg_h_producer_services,
        {{ concentration('both_sectors', 'n_provinces') }} as eg_h_both
    from shares
),

with_eg as (
    select
        province_code,
        year,
        n_provinces,
        share_manufacturing,
        share_producer_services,
        eg_h_manufacturing,
        eg_h_producer_services,
        eg_h_both,
        {{ ellison_glaeser(
            'eg_h_both',
            'eg_h_manufacturing',
            'eg_h_producer_services',
            'share_manufacturing',
            'share_producer_services'
        ) }} as eg
    from concentrations
)

select * from with_eg
