with province_years as (
    select
        province_code,
        year,
        count(value) as n_indicators,
        count(*) as n_indicators_expected
    from {{ ref('int_indicators__values') }}
    group by
        province_code,
        year
),

dataset as (
    select sum(n_indicators) as n_indicators
    from {{ ref('int_index__dimensions') }}
),

sample as (
    select
        province_years.province_code,
        province_years.year,
        province_years.n_indicators,
        province_years.n_indicators_expected,
        province_years.n_indicators > 0
        and province_years.n_indicators = dataset.n_indicators as is_in_sample
    from province_years
    cross join dataset
)

select * from sample
