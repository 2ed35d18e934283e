with weighted as (
    select
        normalised.province_code,
        normalised.year,
        normalised.indicator,
        weights.dimension,
        {{ contribution('weights.overall_weight', 'normalised.score') }} as contribution,
        {{ contribution('weights.individual_weight', 'normalised.score') }}
            as dimension_contribution
    from {{ ref('int_indicators__normalised') }} as normalised
    inner join {{ ref('int_indicators__weights') }} as weights
        on
            normalised.indicator = weights.indicator
            and normalised.scope = weights.scope
),

parts as (
    select
        province_code,
        year,
        indicator,
        'ami' as variable,
        contribution as points
    from weighted
    union all
    select
        province_code,
        year,
        indicator,
        dimension as variable,
        dimension_contribution as points
    from weighted
),

indexed as (
    select
        parts.province_code,
        parts.year,
        parts.variable,
        sum(parts.points) as value,
        bool_or(indicator_values.is_interpolated) as is_interpolated,
        bool_or(indicator_values.is_edge_filled) as is_edge_filled,
        max(indicator_values.max_gap_length) as max_gap_length
    from parts
    inner join {{ ref('int_indicators__values') }} as indicator_values
        on
            parts.province_code = indicator_values.province_code
            and parts.year = indicator_values.year
            and parts.indicator = indicator_values.indicator
    group by
        parts.province_code,
        parts.year,
        parts.variable
)

select * from indexed
