with dimensions as (
    select
        normalised.province_code,
        normalised.year,
        weights.dimension,
        sum({{ contribution('weights.overall_weight', 'normalised.score') }}) as points_of_ami,
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
        province_code,
        year,
        'ami' as variable,
        sum(points_of_ami) as value,
        bool_or(is_interpolated) as is_interpolated,
        bool_or(is_edge_filled) as is_edge_filled,
        bool_or(is_bridged) as is_bridged,
        max(max_gap_length) as max_gap_length
    from dimensions
    group by
        province_code,
        year
    union all
    select
        province_code,
        year,
        dimension as variable,
        value,
        is_interpolated,
        is_edge_filled,
        is_bridged,
        max_gap_length
    from dimensions
)

select * from indexed
