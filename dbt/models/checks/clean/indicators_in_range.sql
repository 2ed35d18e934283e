with indicator_values as (
    select * from {{ ref('int_indicators__values') }}
    where value is not null
)

select
    {{ compared(
        'indicator_values.indicator',
        'indicator_values.value',
        'bounds.low',
        'bounds.high',
        'indicator_values.province_code',
        'indicator_values.year'
    ) }}
from indicator_values
inner join {{ ref('bounds') }} as bounds
    on
        bounds.rule = 'indicator_value'
        and indicator_values.indicator = bounds.subject
