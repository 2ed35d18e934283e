with indicator_values as (
    select * from {{ ref('int_indicators__values') }}
),

normalised as (
    select * from {{ ref('int_indicators__normalised') }}
),

weights as (
    select * from {{ ref('int_indicators__weights') }}
)

select
    indicator_values.province_code,
    provinces.province,
    indicator_values.year,
    indicator_values.indicator,
    indicators.dimension,
    indicator_values.value,
    normalised.score,
    weights.overall_weight,
    weights.individual_weight,
    {{ contribution('weights.overall_weight', 'normalised.score') }} as contribution,
    {{ contribution('weights.individual_weight', 'normalised.score') }}
        as dimension_contribution,
    indicator_values.is_interpolated,
    indicator_values.max_gap_length
from indicator_values
inner join {{ ref('provinces') }} as provinces
    on indicator_values.province_code = provinces.province_code
inner join {{ ref('indicators') }} as indicators
    on indicator_values.indicator = indicators.indicator
left join normalised
    on
        indicator_values.province_code = normalised.province_code
        and indicator_values.year = normalised.year
        and indicator_values.indicator = normalised.indicator
left join weights
    on
        normalised.indicator = weights.indicator
        and normalised.scope = weights.scope
order by
    indicator_values.province_code,
    indicator_values.year,
    indicators.sort_order
