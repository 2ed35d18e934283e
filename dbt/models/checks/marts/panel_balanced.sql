with provinces as (
    select province_code from {{ ref('provinces') }}
),

counted as (
    select
        province_code,
        year,
        count(*) as n_rows
    from {{ ref('fct_panel') }}
    group by
        province_code,
        year
),

-- An empty panel has no years, and is not balanced for that.
years as (
    select distinct year
    from counted
    union all
    select null as year
    where not exists (select 1 from counted)
),

expected as (
    select
        provinces.province_code,
        years.year
    from provinces
    cross join years
),

found as (
    select
        coalesce(expected.province_code, counted.province_code) as province_code,
        coalesce(expected.year, counted.year) as year,
        coalesce(counted.n_rows, 0) as n_rows,
        case when expected.province_code is null then 0 else 1 end as n_expected
    from expected
    full join counted
        on
            expected.province_code = counted.province_code
            and expected.year = counted.year
)

select
    {{ compared("'rows'", 'n_rows', 'n_expected', 'n_expected', 'province_code', 'year') }}
from found
