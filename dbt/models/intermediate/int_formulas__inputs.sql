with inputs as (
    select * from {{ ref('formula_inputs') }}
),

-- The grid of items is complete, and so are the inputs of each province and year of the panel.
offered as (
    select
        inputs.subject,
        inputs.input,
        filled.province_code,
        years.year,
        inputs.item_code,
        inputs.priority,
        filled.year as item_year,
        filled.value,
        filled.base_value,
        filled.fill_method,
        filled.is_interpolated,
        filled.gap_length,
        filled.figure_year,
        filled.neighbour_year,
        filled.crosses_break,
        row_number() over (
            partition by
                inputs.subject,
                inputs.input,
                filled.province_code,
                years.year
            order by
                filled.value is null,
                inputs.priority
        ) as preference
    from inputs
    inner join {{ ref('int_items__filled') }} as filled on inputs.item_code = filled.item_code
    inner join {{ ref('int_panel__years') }} as years
        on filled.year = years.year + inputs.year_offset
    where not years.is_opening
),

serving as (
    select
        subject,
        input,
        province_code,
        year,
        item_code,
        priority,
        item_year,
        value,
        base_value,
        fill_method,
        is_interpolated,
        gap_length,
        figure_year,
        neighbour_year,
        crosses_break
    from offered
    where preference = 1
)

select * from serving
