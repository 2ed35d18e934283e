with observations as (
    select * from {{ ref('stg_raw__observations') }}
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

corrected as (
    select
        observations.item_code,
        observations.province_code,
        observations.year,
        observations.edition,
        observations.load_seq,
        observations.source_file,
        observations.source_sheet,
        observations.source_row,
        observations.source_column,
        observations.value_printed,
        observations.unit_printed,
        observations.is_computed,
        observations.is_superseded,
        observations.value as value_as_printed,
        case
            when corrections.item_code is null then observations.value
            else corrections.value_used
        end as value_used,
        corrections.item_code is not null as is_corrected,
        corrections.reason as correction_reason
    from observations
    left join corrections on {{ correction_names_cell('corrections', 'observations') }}
),

-- A mark withdraws nothing: the preferred edition is chosen among those that print a figure.
ranked as (
    select
        *,
        row_number() over (
            partition by item_code, province_code, year
            order by {{ edition_order() }}
        ) as preference
    from corrected
    where
        value_used is not null
        and {{ still_counts() }}
),

preferred as (
    select
        item_code,
        province_code,
        year,
        edition,
        load_seq,
        source_file,
        source_sheet,
        source_row,
        source_column,
        value_printed,
        unit_printed,
        is_computed,
        value_as_printed,
        value_used,
        is_corrected,
        correction_reason
    from ranked
    where preference = 1
)

select * from preferred
