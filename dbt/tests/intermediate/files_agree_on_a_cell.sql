-- Two files of one edition print different figures in one cell; the one that arrived later counts.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_items__preferred'}}}) }}

with newest_loads as (
    select
        item_code,
        province_code,
        year,
        edition,
        source_file,
        value
    from {{ ref('stg_raw__observations') }}
    where value is not null
    qualify
        load_seq = max(load_seq) over (
            partition by
                source_file,
                item_code,
                year
        )
)

select
    item_code,
    province_code,
    year,
    edition,
    string_agg(distinct source_file, ', ') as source_files
from newest_loads
group by
    item_code,
    province_code,
    year,
    edition
having count(distinct value) > 1
