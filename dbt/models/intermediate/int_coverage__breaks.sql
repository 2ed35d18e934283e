with counted as (
    select * from {{ ref('int_coverage__counted') }}
),

-- A series is broken where it has figures before and from the year in which it begins anew.
item_breaks as (
    select
        counted.kind,
        breaks.item_code as subject,
        breaks.year
    from counted
    inner join {{ ref('series_breaks') }} as breaks
        on
            counted.subject = breaks.item_code
            and counted.first_year < breaks.year
            and counted.last_year >= breaks.year
    where counted.kind = 'item'
),

formula_breaks as (
    select distinct
        counted.kind,
        counted.subject,
        item_breaks.year
    from counted
    inner join {{ ref('int_formulas__parts') }} as parts on counted.subject = parts.subject
    inner join {{ ref('formula_inputs') }} as formula_inputs on parts.part = formula_inputs.subject
    inner join item_breaks
        on
            formula_inputs.item_code = item_breaks.subject
            and counted.first_year < item_breaks.year
            and counted.last_year >= item_breaks.year
    where counted.kind <> 'item'
),

breaks as (
    select
        kind,
        subject,
        {{ ordered_list('cast(year as string)', ',', 'year') }} as series_breaks
    from (
        select * from item_breaks
        union all
        select * from formula_breaks
    ) as broken
    group by
        kind,
        subject
)

select * from breaks
