with totals as (
    select
        indicator,
        scope,
        count(*) as n_observations,
        min(value) as value_min,
        max(value) as value_max,
        sum(score) as total_score,
        sum({{ times_own_log('score') }}) as total_score_log_score
    from {{ ref('int_indicators__normalised') }}
    where score is not null
    group by
        indicator,
        scope
),

entropies as (
    select
        indicator,
        scope,
        n_observations,
        value_min,
        value_max,
        total_score,
        {{ entropy('total_score', 'total_score_log_score', 'n_observations') }} as entropy
    from totals
),

utilities as (
    select
        entropies.*,
        indicators.dimension,
        {{ utility('entropies.entropy') }} as utility
    from entropies
    inner join {{ ref('indicators') }} as indicators
        on entropies.indicator = indicators.indicator
),

weights as (
    select
        indicator,
        dimension,
        scope,
        n_observations,
        value_min,
        value_max,
        total_score,
        entropy,
        utility,
        {{ weight('utility', 'sum(utility) over (partition by scope)') }} as overall_weight,
        {{ weight('utility', 'sum(utility) over (partition by scope, dimension)') }}
            as individual_weight
    from utilities
)

select * from weights
