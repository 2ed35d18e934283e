with indicators as (
    select * from {{ ref('indicators') }}
),

available as (
    select
        indicator,
        count(value) as n_observations
    from {{ ref('int_indicators__values') }}
    group by indicator
),

-- With yearly scope an indicator has one weight a year; its mean over the years stands here.
weights as (
    select
        indicator,
        min(value_min) as value_min,
        max(value_max) as value_max,
        avg(entropy) as entropy,
        avg(utility) as utility,
        avg(overall_weight) as overall_weight,
        avg(individual_weight) as individual_weight
    from {{ ref('int_indicators__weights') }}
    group by indicator
),

published as (
    select * from {{ ref('published_indicators') }}
)

select
    indicators.indicator,
    indicators.indicator_label,
    indicators.dimension,
    indicators.dimension_label,
    indicators.attribute,
    indicators.unit,
    indicators.formula,
    indicators.sort_order,
    coalesce(available.n_observations, 0) > 0 as is_available,
    coalesce(available.n_observations, 0) as n_observations,
    weights.value_min,
    weights.value_max,
    weights.entropy,
    weights.utility,
    weights.overall_weight,
    weights.individual_weight,
    published.overall_weight as published_overall_weight,
    published.individual_weight as published_individual_weight
from indicators
left join available on indicators.indicator = available.indicator
left join weights on indicators.indicator = weights.indicator
left join published on indicators.indicator = published.indicator
order by indicators.sort_order
