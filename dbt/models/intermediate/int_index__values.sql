with standing as (
    select {{ index_variable('bool_and(stands)') }} as index_variable
    from {{ ref('int_index__dimensions') }}
),

dimensions as (
    select
        normalised.province_code,
        normalised.year,
        weights.dimension,
        sum({{ contribution('weights.overall_weight', 'normalised.score') }}) as points_of_ami,
        sum({{ contribution_eq17(
            'weights.overall_weight',
            score_share('normalised.score', 'weights.total_score')
        ) }}) as points_eq17,
        sum({{ contribution('weights.individual_weight', 'normalised.score') }}) as value,
        bool_or(normalised.is_interpolated) as is_interpolated,
        bool_or(normalised.is_edge_filled) as is_edge_filled,
        bool_or(normalised.is_bridged) as is_bridged,
        max(normalised.max_gap_length) as max_gap_length
    from {{ ref('int_indicators__normalised') }} as normalised
    inner join {{ ref('int_indicators__weights') }} as weights
        on
            normalised.indicator = weights.indicator
            and normalised.scope = weights.scope
    where normalised.score is not null
    group by
        normalised.province_code,
        normalised.year,
        weights.dimension
),

indexed as (
    select
        dimensions.province_code,
        dimensions.year,
        standing.index_variable as variable,
        sum(dimensions.points_of_ami) as value,
        sum(dimensions.points_eq17) as value_eq17,
        bool_or(dimensions.is_interpolated) as is_interpolated,
        bool_or(dimensions.is_edge_filled) as is_edge_filled,
        bool_or(dimensions.is_bridged) as is_bridged,
        max(dimensions.max_gap_length) as max_gap_length
    from dimensions
    cross join standing
    group by
        dimensions.province_code,
        dimensions.year,
        standing.index_variable
    union all
    select
        dimensions.province_code,
        dimensions.year,
        dimensions.dimension as variable,
        dimensions.value,
        null as value_eq17,
        dimensions.is_interpolated,
        dimensions.is_edge_filled,
        dimensions.is_bridged,
        dimensions.max_gap_length
    from dimensions
    inner join {{ ref('int_index__dimensions') }} as of_dimension
        on dimensions.dimension = of_dimension.dimension
    where of_dimension.stands
)

select * from indexed
