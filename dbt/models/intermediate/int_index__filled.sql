select
    normalised.province_code,
    normalised.year,
    indicators.dimension,
    bool_or(normalised.is_interpolated) as is_interpolated,
    bool_or(normalised.is_edge_filled) as is_edge_filled,
    bool_or(normalised.is_bridged) as is_bridged,
    max(normalised.max_gap_length) as max_gap_length
from {{ ref('int_indicators__normalised') }} as normalised
inner join {{ ref('indicators') }} as indicators
    on normalised.indicator = indicators.indicator
where
    normalised.score is not null
    and (normalised.is_interpolated or normalised.max_gap_length > 0)
group by
    normalised.province_code,
    normalised.year,
    indicators.dimension
