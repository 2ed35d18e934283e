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
unmet_by_indicators as (
    select
        indicators.dimension,
        unmet.item_code
    from unmet
    inner join {{ ref('indicators') }} as indicators on unmet.subject = indicators.indicator
),

missing as (
    select
        subject,
        item_code
    from unmet
    union
    select
        dimension as subject,
        item_code
    from unmet_by_indicators
    union
    select
        'ami' as subject,
        item_code
    from unmet_by_indicators
)

select * from missing
