with items as (
    select * from {{ ref('items') }}
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
        items.kind
    from items
    cross join provinces
    inner join years on items.kind = 'stock' or not years.is_opening
)

select * from grid
