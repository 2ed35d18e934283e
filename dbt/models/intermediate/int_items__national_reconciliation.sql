with national_totals as (
    select * from {{ ref('int_observations__converted') }}
    where
        province_code = '{{ var("national_code") }}'
        and value is not null
        and {{ still_counts() }}
),

ranked as (
    select
        item_code,
        year,
        value,
        row_number() over (
            partition by item_code, year
            order by {{ edition_order() }}
        ) as preference
    from national_totals
),

-- Observed figures only: a filled cell would compare our interpolation with the yearbook.
provincial_sums as (
    select
        item_code,
        year,
        sum(value_used) as provincial_sum,
        count(*) as n_provinces
    from {{ ref('int_items__preferred') }}
    group by
        item_code,
        year
),

reconciled as (
    select
        ranked.item_code,
        ranked.year,
        provincial_sums.provincial_sum,
        ranked.value as national_value,
        provincial_sums.n_provinces,
        {{ safe_divide('provincial_sums.provincial_sum - ranked.value', 'ranked.value') }}
            as relative_difference
    from ranked
    inner join provincial_sums
        on
            ranked.item_code = provincial_sums.item_code
            and ranked.year = provincial_sums.year
    inner join {{ ref('items') }} as items on ranked.item_code = items.item_code
    where
        ranked.preference = 1
        and items.is_additive
)

select * from reconciled
