with items as (
    select
        items.item_code,
        items.kind,
        units.factor
    from {{ ref('items') }} as items
    inner join {{ ref('units') }} as units on items.canonical_unit = units.unit
),

provinces as (
    select * from {{ ref('provinces') }}
),

years as (
    select * from {{ ref('int_panel__years') }}
),

grid as (
    select
        items.item_code,
        provinces.province_code,
        years.year,
        items.kind,
        items.factor
    from items
    cross join provinces
    inner join years on items.kind = 'stock' or not years.is_opening
)

select * from grid
