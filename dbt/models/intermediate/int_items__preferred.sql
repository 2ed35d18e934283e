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
        observations.value_printed,
        observations.unit_printed,
        observations.value as value_as_printed,
        case
            when corrections.item_code is null then observations.value
            else corrections.value_used
        end as value_used,
        corrections.item_code is not null as is_corrected,
        corrections.reason as correction_reason,
        max(observations.load_seq) over (
            partition by observations.source_file, observations.item_code, observations.year
        ) as last_load_seq
    from observations
    left join corrections
        on
            observations.dataset = corrections.dataset
            and observations.item_code = corrections.item_code
            and observations.province_code = corrections.province_code
            and observations.year = corrections.year
            and observations.edition = corrections.edition
            and trim(observations.value_printed) = corrections.value_as_printed
),

-- A mark withdraws nothing: the preferred edition is chosen among those that print a figure. But a
-- file that was loaded again speaks anew of every item and year it covers, also by leaving a cell
-- out.
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
        and (load_seq = last_load_seq or '{{ option("edition_policy") }}' = 'first_published')
),

preferred as (
    select
        item_code,
        province_code,
        year,
        edition,
        load_seq,
        source_file,
        value_printed,
        unit_printed,
        value_as_printed,
        value_used,
        is_corrected,
        correction_reason
    from ranked
    where preference = 1
)

select * from preferred
