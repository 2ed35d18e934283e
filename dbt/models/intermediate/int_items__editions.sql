with observations as (
    select * from {{ ref('int_observations__converted') }}
    where province_code <> '{{ var("national_code") }}'
),

corrections as (
    select
        corrections.dataset,
        corrections.item_code,
        corrections.province_code,
        corrections.year,
        corrections.edition,
        corrections.value_as_printed,
        corrections.reason,
        {{ convert_unit('corrections.value_used', 'units.factor', 'item_units.factor') }}
            as value_used
    from {{ ref('corrections') }} as corrections
    inner join {{ ref('items') }} as items on corrections.item_code = items.item_code
    inner join {{ ref('units') }} as units on corrections.unit = units.unit
    inner join {{ ref('units') }} as item_units on items.canonical_unit = item_units.unit
),

known_wrong as (
    select
        known_wrong.item_code,
        known_wrong.province_code,
        known_wrong.year,
        known_wrong.reason,
        {{ convert_unit('known_wrong.wrong_from', 'units.factor', 'item_units.factor') }}
            as wrong_from,
        {{ convert_unit('known_wrong.wrong_to', 'units.factor', 'item_units.factor') }}
            as wrong_to
    from {{ ref('known_wrong_figures') }} as known_wrong
    inner join {{ ref('items') }} as items on known_wrong.item_code = items.item_code
    inner join {{ ref('units') }} as units on known_wrong.unit = units.unit
    inner join {{ ref('units') }} as item_units on items.canonical_unit = item_units.unit
),

-- A figure that is corrected is not withheld: the correction says what counts in its place.
corrected as (
    select
        observations.item_code,
        observations.province_code,
        observations.year,
        observations.edition,
        observations.load_seq,
        observations.dataset,
        observations.yearbook,
        observations.yearbook_table,
        observations.source_file,
        observations.source_sheet,
        observations.source_row,
        observations.source_column,
        observations.value_printed,
        observations.unit_printed,
        observations.mark,
        observations.is_computed,
        observations.footnotes,
        observations.value as value_as_printed,
        case
            when corrections.item_code is not null then corrections.value_used
            when known_wrong.item_code is null then observations.value
        end as value_used,
        corrections.item_code is not null as is_corrected,
        corrections.reason as correction_reason,
        case when corrections.item_code is null then known_wrong.reason end as withheld_reason,
        {{ still_counts() }} as still_counts
    from observations
    left join corrections on {{ correction_names_cell('corrections', 'observations') }}
    left join known_wrong on {{ is_known_wrong('known_wrong', 'observations') }}
),

-- A mark withdraws nothing: the preferred edition is chosen among those that print a figure.
candidates as (
    select
        *,
        value_used is not null and still_counts as is_candidate
    from corrected
),

ranked as (
    select
        *,
        case
            when is_candidate
                then row_number() over (
                    partition by item_code, province_code, year, is_candidate
                    order by {{ edition_order() }}
                )
        end as preference
    from candidates
),

beside_the_preferred as (
    select
        *,
        max(case when preference = 1 then edition end)
            over (partition by item_code, province_code, year) as preferred_edition,
        max(case when preference = 1 then load_seq end)
            over (partition by item_code, province_code, year) as preferred_load
    from ranked
),

judged as (
    select
        item_code,
        province_code,
        year,
        edition,
        load_seq,
        dataset,
        yearbook,
        yearbook_table,
        source_file,
        source_sheet,
        source_row,
        source_column,
        value_printed,
        unit_printed,
        mark,
        is_computed,
        footnotes,
        value_as_printed,
        value_used,
        is_corrected,
        correction_reason,
        withheld_reason,
        preference,
        case
            when preference = 1 then 'counts'
            when not still_counts then 'superseded'
            when withheld_reason is not null then 'withheld'
            when value_used is null and is_corrected then 'withdrawn'
            when value_used is null then 'mark'
            when edition < preferred_edition then 'older_edition'
            when edition > preferred_edition then 'newer_edition'
            when load_seq < preferred_load then 'earlier_load'
            else 'later_load'
        end as verdict
    from beside_the_preferred
)

select * from judged
