with points as (
    select
        normalised.province_code,
        normalised.year,
        weights.dimension,
        {{ contribution('weights.overall_weight', 'normalised.score') }} as points_of_index,
        {{ contribution_eq17(
            'weights.overall_weight',
            score_share('normalised.score', 'weights.total_score')
        ) }} as points_eq17,
        {{ contribution('weights.individual_weight', 'normalised.score') }}
            as points_of_dimension,
        normalised.is_interpolated,
        normalised.is_edge_filled,
        normalised.is_bridged,
        normalised.max_gap_length
    from {{ ref('int_indicators__normalised') }} as normalised
    inner join {{ ref('int_indicators__weights') }} as weights
        on
            normalised.indicator = weights.indicator
            and normalised.scope = weights.scope
    where normalised.score is not null
),

-- Side by side at once: a row a dimension takes longer, and would be set side by side after all.
summed as (
    select
        province_code,
        year,
        sum(points_of_index) as index_value,
        sum(points_eq17) as index_eq17,
        {%- for dimension in dimensions().split(', ') %}
        sum(case when dimension = '{{ dimension }}' then points_of_dimension end)
            as {{ dimension }},
        {%- endfor %}
        bool_or(is_interpolated) as is_interpolated,
        bool_or(is_edge_filled) as is_edge_filled,
        bool_or(is_bridged) as is_bridged,
        max(max_gap_length) as max_gap_length
    from points
    group by
        province_code,
        year
),

standing as (
    select
        {%- for dimension in dimensions().split(', ') %}
        bool_or(dimension = '{{ dimension }}' and stands) as {{ dimension }},
        {%- endfor %}
        {{ index_variable('bool_and(stands)') }} as index_variable
    from {{ ref('int_index__dimensions') }}
)

select
    summed.province_code,
    summed.year,
    case when standing.index_variable = 'ami' then summed.index_value end as ami,
    case when standing.index_variable = 'ami_partial' then summed.index_value end as ami_partial,
    {%- for dimension in dimensions().split(', ') %}
    case when standing.{{ dimension }} then summed.{{ dimension }} end as {{ dimension }},
    {%- endfor %}
    case when standing.index_variable = 'ami' then summed.index_eq17 end as ami_eq17,
    summed.is_interpolated,
    summed.is_edge_filled,
    summed.is_bridged,
    summed.max_gap_length
from summed
cross join standing
