with set_aside as (
    select * from {{ source('raw', 'set_aside') }}
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
        item_printed,
        province_printed,
        year_printed,
        value_printed,
        unit_printed,
        edition_printed,
        yearbook_printed,
        reason,
        expected
    from set_aside
)

select * from typed
