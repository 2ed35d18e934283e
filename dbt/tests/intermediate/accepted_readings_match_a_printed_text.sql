-- An accepted reading that finds its text nowhere in its file is stale: the file was corrected, or
-- renamed, or was never loaded.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'accepted_readings'}}}) }}

with newest_loads as (
    select * from {{ ref('stg_raw__files') }}
    where is_newest_load
),

cells as (
    select
        dataset,
        load_seq,
        source_sheet,
        item_printed as item,
        unit_printed as unit,
        province_printed as province,
        year_printed as year,
        edition_printed as edition
    from {{ source('raw', 'observations') }}
    union all
    select
        dataset,
        load_seq,
        source_sheet,
        item_printed as item,
        unit_printed as unit,
        province_printed as province,
        year_printed as year,
        edition_printed as edition
    from {{ source('raw', 'set_aside') }}
),

texts as (
    {{ unpivot(
        'cells',
        ['dataset', 'load_seq', 'source_sheet'],
        'printed',
        'field',
        ['item', 'unit', 'province', 'year', 'edition']
    ) }}
),

-- What each reading would find, if anything.
found as (
    select
        newest_loads.dataset,
        newest_loads.source_file,
        texts.source_sheet,
        texts.field,
        trim(texts.printed) as printed
    from texts
    inner join newest_loads
        on
            texts.dataset = newest_loads.dataset
            and texts.load_seq = newest_loads.load_seq
)

select
    accepted.dataset,
    accepted.source_file,
    accepted.source_sheet,
    accepted.field,
    accepted.as_printed
from {{ ref('accepted_readings') }} as accepted
left join found
    on
        accepted.dataset = found.dataset
        and accepted.source_file = found.source_file
        and coalesce(accepted.source_sheet, found.source_sheet) = found.source_sheet
        and accepted.field = found.field
        and {{ printed_text('accepted.as_printed') }} = found.printed
where
    found.dataset is null
    and accepted.dataset in (select newest_loads.dataset from newest_loads)
