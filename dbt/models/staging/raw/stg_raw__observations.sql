with observations as (
    select * from {{ source('raw', 'observations') }}
),

typed as (
    select
        dataset,
        cast(load_seq as integer) as load_seq,
        source_file,
        source_sheet,
        cast(source_row as integer) as source_row,
        source_column,
        yearbook,
        yearbook_table,
        cast(edition as integer) as edition,
        item_code,
        province_code,
        cast(year as integer) as year,
        value_printed,
        value,
        mark,
        is_computed,
        unit,
        unit_printed,
        footnotes
    from observations
)

select * from typed
