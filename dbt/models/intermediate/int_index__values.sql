-- A view: its rows are those of one table, one below the other.
{{ config(materialized='view') }}

with side_by_side as (
    select
        province_code,
        year,
        {{ index_variables().replace(', ', ',\n        ') }},
        is_interpolated,
        is_edge_filled,
        is_bridged,
        max_gap_length
    from {{ ref('int_index__wide') }}
),

long as (
    {{ unpivot(
        'side_by_side',
        [
            'province_code',
            'year',
            'is_interpolated',
            'is_edge_filled',
            'is_bridged',
            'max_gap_length'
        ],
        'value',
        'variable',
        index_variables().split(', ')
    ) }}
),

of_index as (
    select *
    from long
    where variable in ('ami', 'ami_partial')
),

of_dimensions as (
    select
        long.province_code,
        long.year,
        long.variable,
        long.value,
        coalesce(filled.is_interpolated, false) as is_interpolated,
        coalesce(filled.is_edge_filled, false) as is_edge_filled,
        coalesce(filled.is_bridged, false) as is_bridged,
        coalesce(filled.max_gap_length, 0) as max_gap_length
    from long
    left join {{ ref('int_index__filled') }} as filled
        on
            long.province_code = filled.province_code
            and long.year = filled.year
            and long.variable = filled.dimension
    where long.variable not in ('ami', 'ami_partial')
)

select
    province_code,
    year,
    variable,
    value,
    is_interpolated,
    is_edge_filled,
    is_bridged,
    max_gap_length
from of_index
union all
select * from of_dimensions
