with observations as (
    select
        indicator_values.province_code,
        indicator_values.year,
        indicator_values.indicator,
        {{ index_scope('indicator_values.year') }} as scope,
        indicator_values.value,
        indicator_values.is_interpolated,
        indicator_values.is_edge_filled,
        indicator_values.max_gap_length
    from {{ ref('int_indicators__values') }} as indicator_values
    inner join {{ ref('int_index__sample') }} as index_sample
        on
            indicator_values.province_code = index_sample.province_code
            and indicator_values.year = index_sample.year
    where
        index_sample.is_in_sample
        and indicator_values.value is not null
),

bounds as (
    select
        indicator,
        scope,
        min(value) as value_min,
        max(value) as value_max
    from observations
    group by
        indicator,
        scope
),

scored as (
    select
        observations.*,
        {{ minmax(
            'observations.value',
            'bounds.value_min',
            'bounds.value_max',
            'indicators.attribute'
        ) }} as score
    from observations
    inner join bounds
        on
            observations.indicator = bounds.indicator
            and observations.scope = bounds.scope
    inner join {{ ref('indicators') }} as indicators
        on observations.indicator = indicators.indicator
),

totals as (
    select
        indicator,
        scope,
        sum(score) as total_score
    from scored
    group by
        indicator,
        scope
),

shared as (
    select
        scored.province_code,
        scored.year,
        scored.indicator,
        scored.scope,
        scored.value,
        scored.score,
        {{ score_share('scored.score', 'totals.total_score') }} as share,
        scored.is_interpolated,
        scored.is_edge_filled,
        scored.max_gap_length
    from scored
    inner join totals
        on
            scored.indicator = totals.indicator
            and scored.scope = totals.scope
)

select * from shared
