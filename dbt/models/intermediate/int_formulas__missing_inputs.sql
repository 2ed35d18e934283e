with observed as (
    select distinct item_code
    from {{ ref('int_items__filled') }}
    where value is not null
),

-- An input is met when any of the items that may serve for it has a figure.
inputs as (
    select
        formula_inputs.subject,
        formula_inputs.item_code,
        bool_or(observed.item_code is not null)
            over (partition by formula_inputs.subject, formula_inputs.input) as is_met
    from {{ ref('formula_inputs') }} as formula_inputs
    left join observed on formula_inputs.item_code = observed.item_code
),

unmet as (
    select
        subject,
        item_code
    from inputs
    where not is_met
),

-- An index misses what its indicators miss.
missing as (
    select distinct
        parts.subject,
        unmet.item_code
    from unmet
    inner join {{ ref('int_formulas__parts') }} as parts on unmet.subject = parts.part
)

select * from missing
