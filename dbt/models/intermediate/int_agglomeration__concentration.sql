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
        national.manufacturing as national_manufacturing,
        national.producer_services as national_producer_services,
        national.n_provinces,
        {{ safe_divide('employment.manufacturing', 'national.manufacturing') }}
            as province_share_manufacturing,
        {{ safe_divide('employment.producer_services', 'national.producer_services') }}
            as province_share_producer_services,
        {{ safe_divide('employment.both_sectors', 'national.both_sectors') }}
            as province_share_both,
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
        national_manufacturing,
        national_producer_services,
        n_provinces,
        province_share_manufacturing,
        province_share_producer_services,
        province_share_both,
        share_manufacturing,
        share_producer_services,
        {{ concentration('province_share_manufacturing', 'n_provinces') }} as eg_h_manufacturing,
        {{ concentration('province_share_producer_services', 'n_provinces') }}
            as eg_h_producer_services,
        {{ concentration('province_share_both', 'n_provinces') }} as eg_h_both
    from shares
),

with_eg as (
    select
        province_code,
        year,
        national_manufacturing,
        national_producer_services,
        n_provinces,
        province_share_manufacturing,
        province_share_producer_services,
        province_share_both,
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
