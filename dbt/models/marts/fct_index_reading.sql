-- Both definitions over the same province-years, so that only the definition differs.
with sample as (
    select
        readings.reading,
        readings.indicator,
        readings.province_code,
        readings.year,
        {{ index_scope('readings.year') }} as scope,
        indicator_values.value as value_in_use,
        readings.value as value_otherwise
    from {{ ref('int_indicators__readings') }} as readings
    inner join {{ ref('int_indicators__values') }} as indicator_values
        on
            readings.indicator = indicator_values.indicator
            and readings.province_code = indicator_values.province_code
            and readings.year = indicator_values.year
    inner join {{ ref('int_index__sample') }} as index_sample
        on
            readings.province_code = index_sample.province_code
            and readings.year = index_sample.year
    where
        index_sample.is_in_sample
        and indicator_values.value is not null
        and readings.value is not null
),

observations as (
    select
        sample.reading,
        definitions.definition,
        sample.province_code,
        sample.year,
        sample.scope,
        indicator_values.indicator,
        case
            when
                definitions.definition = 'otherwise'
                and indicator_values.indicator = sample.indicator
                then sample.value_otherwise
            else indicator_values.value
        end as value
    from sample
    inner join {{ ref('int_indicators__values') }} as indicator_values
        on
            sample.province_code = indicator_values.province_code
            and sample.year = indicator_values.year
    cross join (values ('in_use'), ('otherwise')) as definitions (definition)
    where indicator_values.value is not null
),

bounds as (
    select
        reading,
        definition,
        scope,
        indicator,
        min(value) as value_min,
        max(value) as value_max,
        count(*) as n_observations
    from observations
    group by
        reading,
        definition,
        scope,
        indicator
),

scores as (
    select
        observations.*,
        bounds.n_observations,
        {{ minmax(
            'observations.value',
            'bounds.value_min',
            'bounds.value_max',
            'indicators.attribute'
        ) }} as score
    from observations
    inner join bounds
        on
            observations.reading = bounds.reading
            and observations.definition = bounds.definition
            and observations.scope = bounds.scope
            and observations.indicator = bounds.indicator
    inner join {{ ref('indicators') }} as indicators
        on observations.indicator = indicators.indicator
),

utilities as (
    select
        reading,
        definition,
        scope,
        indicator,
        {{ utility(entropy(
            'sum(score)',
            'sum(' ~ times_own_log('score') ~ ')',
            'max(n_observations)'
        )) }} as utility
    from scores
    group by
        reading,
        definition,
        scope,
        indicator
),

weights as (
    select
        reading,
        definition,
        scope,
        indicator,
        {{ weight('utility', 'sum(utility) over (partition by reading, definition, scope)') }}
            as overall_weight
    from utilities
),

indices as (
    select
        scores.reading,
        scores.definition,
        scores.province_code,
        scores.year,
        {{ ordered_sum(
            contribution('weights.overall_weight', 'scores.score'),
            'scores.indicator'
        ) }} as index_value
    from scores
    inner join weights
        on
            scores.reading = weights.reading
            and scores.definition = weights.definition
            and scores.scope = weights.scope
            and scores.indicator = weights.indicator
    group by
        scores.reading,
        scores.definition,
        scores.province_code,
        scores.year
)

select
    sample.reading,
    sample.indicator,
    sample.province_code,
    provinces.province,
    sample.year,
    indices.definition,
    case indices.definition
        when 'in_use' then sample.value_in_use
        else sample.value_otherwise
    end as value,
    indices.index_value,
    rank() over (
        partition by sample.reading, indices.definition, sample.year
        order by indices.index_value desc
    ) as index_rank
from sample
inner join indices
    on
        sample.reading = indices.reading
        and sample.province_code = indices.province_code
        and sample.year = indices.year
inner join {{ ref('provinces') }} as provinces on sample.province_code = provinces.province_code
order by
    sample.reading,
    indices.definition,
    sample.province_code,
    sample.year
