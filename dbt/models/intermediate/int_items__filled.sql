{%- set no_limit = var('longest_gap') is none -%}
{%- set longest_gap = 'null' if no_limit else var('longest_gap') -%}

with grid as (
    select * from {{ ref('int_items__grid') }}
),

preferred as (
    select * from {{ ref('int_items__preferred') }}
),

published as (
    select
        item_code,
        min(year) as first_year,
        max(year) as last_year
    from preferred
    group by item_code
),

withheld as (
    select distinct
        item_code,
        province_code,
        year
    from {{ ref('int_items__editions') }}
    where verdict = 'withheld'
),

-- Cells that are there without a figure: nobody may take them for cells that are not.
marked as (
    select
        item_code,
        province_code,
        year
    from {{ ref('int_observations__converted') }}
    where
        province_code <> '{{ var("national_code") }}'
        and value is null
    union
    select
        item_code,
        province_code,
        year
    from withheld
),

-- Each figure with the one before and after it in its province.
figures as (
    select
        item_code,
        province_code,
        year,
        value_used as value,
        lag(year) over (partition by item_code, province_code order by year) as previous_year,
        lag(value_used) over (partition by item_code, province_code order by year)
            as previous_value,
        lead(year) over (partition by item_code, province_code order by year) as next_year,
        lead(value_used) over (partition by item_code, province_code order by year) as next_value
    from preferred
),

-- Every cell finds one figure: the last at or before it, or the first of all where none is before.
-- The line through that figure and its neighbour fills a gap and extends an edge alike.
placed as (
    select
        grid.item_code,
        grid.province_code,
        grid.year,
        grid.kind,
        grid.factor,
        figures.year as figure_year,
        figures.value as figure_value,
        coalesce(figures.next_year, figures.previous_year) as neighbour_year,
        coalesce(figures.next_value, figures.previous_value) as neighbour_value,
        case
            when grid.year < figures.year then figures.year - published.first_year
            when figures.next_year is null then published.last_year - figures.year
            else figures.next_year - figures.year - 1
        end as gap_length,
        case
            when grid.year = figures.year then 'observed'
            when (grid.year between published.first_year and published.last_year) is not true
                then 'missing'
            when grid.kind = 'list' and marked.item_code is null then 'absent_zero'
            when grid.kind = 'list' then 'missing'
            when figures.year is null then 'missing'
            when grid.year > figures.year and figures.next_year is not null then 'linear'
            {% if option('edge_fill') == 'nearest' -%}
            else 'nearest'
            {%- elif option('edge_fill') == 'linear' -%}
            when coalesce(figures.next_year, figures.previous_year) is not null then 'edge_linear'
            else 'missing'
            {%- else -%}
            else 'missing'
            {%- endif %}
        end as fill_method
    from grid
    left join published on grid.item_code = published.item_code
    left join marked
        on
            grid.item_code = marked.item_code
            and grid.province_code = marked.province_code
            and grid.year = marked.year
    left join figures
        on
            grid.item_code = figures.item_code
            and grid.province_code = figures.province_code
            and (grid.year >= figures.year or figures.previous_year is null)
            and (grid.year < figures.next_year or figures.next_year is null)
),

-- What lies in a longer gap than is allowed stays missing.
limited as (
    select
        item_code,
        province_code,
        year,
        factor,
        figure_year,
        figure_value,
        neighbour_year,
        neighbour_value,
        gap_length,
        case
            when
                fill_method in ('linear', 'nearest', 'edge_linear')
                and gap_length > cast({{ longest_gap }} as integer)
                then 'missing'
            else fill_method
        end as fill_method
    from placed
),

filled as (
    select
        item_code,
        province_code,
        year,
        factor,
        fill_method,
        fill_method in ('linear', 'nearest', 'edge_linear') as is_interpolated,
        case
            when fill_method in ('linear', 'nearest', 'edge_linear') then gap_length
            when fill_method in ('observed', 'absent_zero') then 0
        end as gap_length,
        case
            when fill_method in ('observed', 'nearest') then figure_value
            when fill_method in ('linear', 'edge_linear')
                then {{ interpolate(
                    'year',
                    'figure_year',
                    'figure_value',
                    'neighbour_year',
                    'neighbour_value'
                ) }}
            when fill_method = 'absent_zero' then 0.0
        end as value,
        case
            when fill_method in ('observed', 'linear', 'nearest', 'edge_linear') then figure_year
        end as figure_year,
        case when fill_method in ('linear', 'edge_linear') then neighbour_year end
            as neighbour_year
    from limited
),

-- Filled in from figures of which one lies on the other side of a break than the cell or the other.
crossing as (
    select distinct
        filled.item_code,
        filled.province_code,
        filled.year
    from filled
    inner join {{ ref('series_breaks') }} as breaks
        on
            filled.item_code = breaks.item_code
            and breaks.year > least(filled.year, filled.figure_year, filled.neighbour_year)
            and breaks.year <= greatest(filled.year, filled.figure_year, filled.neighbour_year)
),

in_base_units as (
    select
        filled.item_code,
        filled.province_code,
        filled.year,
        filled.value,
        {{ convert_unit('filled.value', 'filled.factor', '1') }} as base_value,
        filled.fill_method,
        filled.is_interpolated,
        filled.gap_length,
        filled.figure_year,
        filled.neighbour_year,
        crossing.item_code is not null as crosses_break,
        withheld.item_code is not null and filled.fill_method <> 'observed' as is_withheld
    from filled
    left join crossing
        on
            filled.item_code = crossing.item_code
            and filled.province_code = crossing.province_code
            and filled.year = crossing.year
    left join withheld
        on
            filled.item_code = withheld.item_code
            and filled.province_code = withheld.province_code
            and filled.year = withheld.year
)

select * from in_base_units
