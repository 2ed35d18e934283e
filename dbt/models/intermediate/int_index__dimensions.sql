with limits as (
    {{ limits_in_force() | indent(4) }}
),

at_hand as (
    select
        indicator,
        count(value) > 0 as is_at_hand
    from {{ ref('int_indicators__values') }}
    group by indicator
),

counted as (
    select
        indicators.dimension,
        min(indicators.sort_order) as sort_order,
        count(*) as n_indicators_expected,
        count(*) filter (where at_hand.is_at_hand) as n_indicators
    from {{ ref('indicators') }} as indicators
    left join at_hand on indicators.indicator = at_hand.indicator
    group by indicators.dimension
)

select
    counted.dimension,
    counted.sort_order,
    counted.n_indicators,
    counted.n_indicators_expected,
    limits.low as share_needed,
    counted.n_indicators >= limits.low * counted.n_indicators_expected as stands
from counted
inner join limits
    on
        limits.rule = 'index_minimum'
        and limits.subject = 'indicators'
