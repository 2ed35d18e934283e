select
    {{ compared(
        'items.item_code', 'items.value', 'bounds.low', 'bounds.high', 'items.province_code', 'items.year'
    ) }}
from {{ ref('int_items__filled') }} as items
inner join {{ ref('bounds') }} as bounds
    on
        bounds.rule = 'item_value'
        and items.item_code = bounds.subject
where items.value is not null
