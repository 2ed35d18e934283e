-- Two files of one edition print different figures in one cell; the one that arrived later counts.
{{ config(severity='warn') }}

select
    item_code,
    province_code,
    year,
    edition,
    string_agg(distinct source_file, ', ') as source_files
from {{ ref('int_observations__converted') }}
where
    province_code <> '{{ var("national_code") }}'
    and value is not null
    and not is_superseded
group by
    item_code,
    province_code,
    year,
    edition
having count(distinct value) > 1
