{#- What a weight is computed from: the published scale, whatever scale is then summed. -#}
with scores as (
    select
        scaled.province_code,
        scaled.year,
        scaled.indicator,
        indicators.dimension,
        scaled.score
    from {{ ref('int_recipes__scores') }} as scaled
    inner join {{ ref('indicators') }} as indicators
        on scaled.indicator = indicators.indicator
    where scaled.normalisation = 'minmax'
),

grouped as (
    select
        'entropy' as weighting,
        'all' as of_group,
        indicator,
        score
    from scores
    union all
    select
        'entropy_year' as weighting,
        cast(year as string) as of_group,
        indicator,
        score
    from scores
    union all
    select
        'entropy_province' as weighting,
        province_code as of_group,
        indicator,
        score
    from scores
),

utilities as (
    select
        weighting,
        of_group,
        indicator,
        {{ utility(entropy('sum(score)', 'sum(' ~ times_own_log('score') ~ ')', 'count(*)')) }}
            as utility
    from grouped
    group by
        weighting,
        of_group,
        indicator
),

of_groups as (
    select
        weighting,
        indicator,
        {{ weight('utility', 'sum(utility) over (partition by weighting, of_group)') }} as weight
    from utilities
),

pairs as (
    select
        one.indicator,
        case
            when one.indicator = other.indicator then 1.0
            when corr(one.score, other.score) between -2 and 2 then corr(one.score, other.score)
            else 0.0
        end as correlation
    from scores as one
    inner join scores as other
        on
            one.province_code = other.province_code
            and one.year = other.year
    group by
        one.indicator,
        other.indicator
),

conflicts as (
    select
        indicator,
        sum(1.0 - correlation) as conflict
    from pairs
    group by indicator
),

spreads as (
    select
        indicator,
        dimension,
        coalesce(stddev_samp(score), 0.0) as spread
    from scores
    group by
        indicator,
        dimension
),

-- Weights in any unit: what counts is their proportion.
amounts as (
    select
        weighting,
        indicator,
        avg(weight) as amount
    from of_groups
    group by
        weighting,
        indicator
    union all
    select
        'equal' as weighting,
        indicator,
        1.0 as amount
    from spreads
    union all
    select
        'equal_dimension' as weighting,
        indicator,
        1e0 / count(*) over (partition by dimension) as amount
    from spreads
    union all
    select
        'standard_deviation' as weighting,
        indicator,
        spread as amount
    from spreads
    union all
    select
        'critic' as weighting,
        spreads.indicator,
        spreads.spread * conflicts.conflict as amount
    from spreads
    inner join conflicts on spreads.indicator = conflicts.indicator
)

select
    weighting,
    indicator,
    coalesce(
        {{ weight('amount', 'sum(amount) over (partition by weighting)') }},
        1e0 / count(*) over (partition by weighting)
    ) as weight
from amounts
