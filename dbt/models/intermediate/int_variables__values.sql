with computed as (
    select
        province_code,
        year,
        variable,
        value,
        is_interpolated,
        is_edge_filled,
        is_bridged,
        max_gap_length,
        false as is_log_of_zero
    from {{ ref('int_index__values') }}
    union all
    select
        province_code,
        year,
        variable,
        value,
        is_interpolated,
        is_edge_filled,
        is_bridged,
        max_gap_length,
        false as is_log_of_zero
    from {{ ref('int_agglomeration__values') }}
    union all
    select
        province_code,
        year,
        variable,
        value,
        is_interpolated,
        is_edge_filled,
        is_bridged,
        max_gap_length,
        is_log_of_zero
    from {{ ref('int_variables__from_items') }}
),

grid as (
    select
        province_years.province_code,
        province_years.year,
        variables.variable
    from {{ ref('int_index__sample') }} as province_years
    cross join {{ ref('variables') }} as variables
),

complete as (
    select
        grid.province_code,
        grid.year,
        grid.variable,
        computed.value,
        computed.value is not null and computed.is_interpolated as is_interpolated,
        computed.value is not null and computed.is_edge_filled as is_edge_filled,
        coalesce(computed.value is not null and computed.is_bridged, false) as is_bridged,
        case when computed.value is not null then computed.max_gap_length end as max_gap_length,
        coalesce(computed.is_log_of_zero, false) as is_log_of_zero
    from grid
    left join computed
        on
            grid.province_code = computed.province_code
            and grid.year = computed.year
            and grid.variable = computed.variable
)

select * from complete
