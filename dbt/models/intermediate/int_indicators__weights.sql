with scores as (
    select
        indicator,
        scope,
        value,
        score
    from {{ ref('int_indicators__normalised') }}
    where score is not null
),

totals as (
    select
        indicator,
        scope,
        count(*) as n_observations,
        min(value) as value_min,
        max(value) as value_max,
        sum(score) as total_score
    from scores
    group by
        indicator,
        scope
),

entropies as (
    select
        scores.indicator,
        scores.scope,
        totals.n_observations,
        totals.value_min,
        totals.value_max,
        totals.total_score,
        {{ entropy(score_share('scores.score', 'totals.total_score'), 'totals.n_observations') }}
            as entropy
    from scores
    inner join totals
        on
            scores.indicator = totals.indicator
            and scores.scope = totals.scope
    group by
        scores.indicator,
        scores.scope,
        totals.n_observations,
        totals.value_min,
        totals.value_max,
        totals.total_score
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
