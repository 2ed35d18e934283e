with items as (
    select * from {{ ref('int_items__filled') }}
),

provinces as (
    select count(*) as n_provinces from {{ ref('provinces') }}
),

spans as (
    select
        item_code,
        min(year) as first_year,
        max(max(year)) over () as last_year
    from items
    group by item_code
),

expected as (
    select
        item_code,
        {{ series('first_year', 'last_year') }} as year
    from spans
),

counted as (
    select
        item_code,
        year,
        count(*) as n_rows,
        count(distinct province_code) as n_provinces
    from items
    group by
        item_code,
        year
),

-- A province that is there twice counts against the item as much as one that is not there, and no
-- items at all are not balanced either.
found as (
    select
        expected.item_code,
        expected.year,
        case
            when counted.n_rows > provinces.n_provinces then counted.n_rows
            else coalesce(counted.n_provinces, 0)
        end as n_provinces
    from expected
    cross join provinces
    left join counted
        on
            expected.item_code = counted.item_code
            and expected.year = counted.year
    union all
    select
        'any item' as item_code,
        null as year,
        0 as n_provinces
    where not exists (select 1 from items)
)

select
    {{ compared(
        'found.item_code',
        'found.n_provinces',
        'provinces.n_provinces',
        'provinces.n_provinces',
        year='found.year'
    ) }}
from found
cross join provinces
