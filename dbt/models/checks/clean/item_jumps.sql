with items as (
    select * from {{ ref('int_items__filled') }}
),

-- Only of positive amounts: a profit that turns into a loss has no factor.
jumps as (
    select
        items.item_code,
        items.province_code,
        items.year,
        greatest(items.value / previous.value, previous.value / items.value) as factor
    from items
    inner join items as previous
        on
            items.item_code = previous.item_code
            and items.province_code = previous.province_code
            and items.year = previous.year + 1
    where
        items.value > 0
        and previous.value > 0
)

select
    {{ compared(
        'jumps.item_code',
        'jumps.factor',
        high='bounds.high',
        province_code='jumps.province_code',
        year='jumps.year'
    ) }}
from jumps
inner join {{ ref('bounds') }} as bounds
    on
        bounds.rule = 'item_jump'
        and jumps.item_code = bounds.subject
