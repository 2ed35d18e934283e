-- A view: of the figures in it only products are not stored elsewhere.
{{ config(materialized='view') }}

select
    normalised.province_code,
    provinces.province,
    normalised.year,
    normalised.indicator,
    indicators.dimension,
    normalised.value,
    normalised.score,
    weights.overall_weight,
    weights.individual_weight,
    {{ contribution('weights.overall_weight', 'normalised.score') }} as contribution,
    {{ contribution('weights.individual_weight', 'normalised.score') }}
        as dimension_contribution,
    normalised.is_interpolated,
    normalised.max_gap_length
from {{ ref('int_indicators__normalised') }} as normalised
inner join {{ ref('provinces') }} as provinces
    on normalised.province_code = provinces.province_code
inner join {{ ref('indicators') }} as indicators
    on normalised.indicator = indicators.indicator
left join {{ ref('int_indicators__weights') }} as weights
    on
        normalised.indicator = weights.indicator
        and normalised.scope = weights.scope
        and normalised.score is not null
