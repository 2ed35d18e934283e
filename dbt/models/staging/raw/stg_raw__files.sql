with files as (
    select * from {{ source('raw', 'files') }}
),

typed as (
    select
        dataset,
        cast(load_seq as integer) as load_seq,
        source_file,
        source_hash,
        reader,
        cells_read,
        cells_landed,
        cells_set_aside,
        loaded_at,
        load_seq = max(load_seq) over (partition by dataset, source_file) as is_newest_load,
        coalesce(
            source_hash
            = lead(source_hash) over (partition by dataset, source_file order by load_seq),
            false
        ) as is_read_again
    from files
)

select * from typed
