with entropies as (
    select
        indicator,
        scope,
        count(*) as n_observations,
        min(value) as value_min,
        max(value) as value_max,
        {{ entropy('share', 'count(*)') }} as entropy
    from {{ ref('int_indicators__normalised') }}
    group by
        indicator,
        scope
),

utilities as (
    select
        entropies.*,
        indicators.dimension,
        {{ utility('entropies.entropy') }} as utility
    from entropies
    inner join {{ ref('indicators') }} as indicators on entropies.indicator = indicators.indicator
),

weights as (
    select
        indicator,
        dimension,
        scope,
        n_observations,
        value_min,
        value_max,
        entropy,
        utility,
        {{ weight('utility', 'sum(utility) over (partition by scope)') }} as overall_weight,
        {{ weight('utility', 'sum(utility) over (partition by scope, dimension)') }}
            as individual_weight
    from utilities
)

select * from weights
