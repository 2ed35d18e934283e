-- A view: each of its rows is one division, cheaper than reading it from a table of all of them.
{{ config(materialized='view') }}

with observations as (
    select
        indicator_values.province_code,
        indicator_values.year,
        indicator_values.indicator,
        {{ index_scope('indicator_values.year') }} as scope,
        indicator_values.value,
        case when index_sample.is_in_sample then indicator_values.value end as sample_value,
        indicator_values.is_interpolated,
        indicator_values.is_edge_filled,
        indicator_values.is_bridged,
        indicator_values.max_gap_length
    from {{ ref('int_indicators__values') }} as indicator_values
    inner join {{ ref('int_index__sample') }} as index_sample
        on
            indicator_values.province_code = index_sample.province_code
            and indicator_values.year = index_sample.year
),

scored as (
    select
        observations.province_code,
        observations.year,
        observations.indicator,
        observations.scope,
        observations.value,
        {{ minmax(
            'observations.sample_value',
            'bounds.value_min',
            'bounds.value_max',
            'indicators.attribute'
        ) }} as score,
        observations.is_interpolated,
        observations.is_edge_filled,
        observations.is_bridged,
        observations.max_gap_length
    from observations
    inner join {{ ref('indicators') }} as indicators
        on observations.indicator = indicators.indicator
    left join {{ ref('int_indicators__bounds') }} as bounds
        on
            observations.indicator = bounds.indicator
            and observations.scope = bounds.scope
)

select * from scored
