-- The years that a formula takes each item from: an opening stock and the figures that an input was
-- filled in from count as much as the year itself.
with spans as (
    select
        inputs.subject,
        inputs.province_code,
        inputs.year,
        inputs.item_code,
        min(least(inputs.item_year, inputs.figure_year, inputs.neighbour_year)) as first_year,
        max(greatest(inputs.item_year, inputs.figure_year, inputs.neighbour_year)) as last_year
    from {{ ref('int_formulas__inputs') }} as inputs
    inner join {{ ref('int_formulas__flags') }} as computed
        on
            inputs.subject = computed.subject
            and inputs.province_code = computed.province_code
            and inputs.year = computed.year
    group by
        inputs.subject,
        inputs.province_code,
        inputs.year,
        inputs.item_code
),

crossed as (
    select
        spans.subject,
        spans.province_code,
        spans.year,
        spans.item_code,
        breaks.year as break_year
    from spans
    inner join {{ ref('series_breaks') }} as breaks
        on
            spans.item_code = breaks.item_code
            and spans.first_year < breaks.year
            and spans.last_year >= breaks.year
),

-- An index crosses what its indicators cross.
with_indices as (
    select distinct
        parts.subject,
        crossed.province_code,
        crossed.year,
        crossed.item_code,
        crossed.break_year
    from crossed
    inner join {{ ref('int_formulas__parts') }} as parts on crossed.subject = parts.part
)

select * from with_indices
