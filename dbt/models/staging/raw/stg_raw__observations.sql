with observations as (
    select * from {{ source('raw', 'observations') }}
),

typed as (
    select
        dataset,
        cast(load_seq as integer) as load_seq,
        source_file,
        source_hash,
        source_sheet,
        cast(source_row as integer) as source_row,
        source_column,
        yearbook,
        yearbook_table,
        cast(edition as integer) as edition,
        edition_printed,
        item_code,
        item_printed,
        province_code,
        province_printed,
        cast(year as integer) as year,
        year_printed,
        value_printed,
        value,
        mark,
        is_computed,
        unit,
        unit_printed,
        footnotes,
        rule
    from observations
)

select * from typed
