with inputs as (
    select * from {{ ref('formula_inputs') }}
),

available as (
    select
        inputs.subject,
        inputs.input,
        filled.province_code,
        filled.year - inputs.year_offset as year,
        filled.fill_method,
        filled.is_interpolated,
        filled.gap_length,
        row_number() over (
            partition by
                inputs.subject,
                inputs.input,
                filled.province_code,
                filled.year - inputs.year_offset
            order by inputs.priority
        ) as preference
    from inputs
    inner join {{ ref('int_items__filled') }} as filled on inputs.item_code = filled.item_code
    where filled.value is not null
),

required as (
    select
        subject,
        count(distinct input) as n_inputs
    from inputs
    group by subject
),

flags as (
    select
        available.subject,
        available.province_code,
        available.year,
        bool_or(available.is_interpolated) as is_interpolated,
        bool_or(available.is_interpolated and available.fill_method <> 'linear') as is_edge_filled,
        max(available.gap_length) as max_gap_length
    from available
    inner join required on available.subject = required.subject
    where available.preference = 1
    group by
        available.subject,
        available.province_code,
        available.year,
        required.n_inputs
    having count(*) = required.n_inputs
)

select * from flags
