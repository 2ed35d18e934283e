-- A view: every cell that was ever read, which staging holds already.
{{ config(materialized='view') }}

with observations as (
    select * from {{ ref('stg_raw__observations') }}
),

read_again as (
    select
        dataset,
        load_seq
    from {{ ref('stg_raw__files') }}
    where is_read_again
),

items as (
    select
        items.item_code,
        items.canonical_unit,
        units.measure,
        units.factor
    from {{ ref('items') }} as items
    inner join {{ ref('units') }} as units on items.canonical_unit = units.unit
),

-- Where the same content was read again only the newer reading is taken: the older one is what we
-- once took the file for, not what it says.
read_last as (
    select observations.*
    from observations
    left join read_again
        on
            observations.dataset = read_again.dataset
            and observations.load_seq = read_again.load_seq
    where read_again.load_seq is null
),

-- A value whose unit does not measure what the item measures becomes null without a mark, which a
-- test then reports.
converted as (
    select
        read_last.item_code,
        read_last.province_code,
        read_last.year,
        read_last.edition,
        read_last.load_seq,
        read_last.dataset,
        read_last.yearbook,
        read_last.yearbook_table,
        read_last.source_file,
        read_last.source_sheet,
        read_last.source_row,
        read_last.source_column,
        read_last.value_printed,
        read_last.unit_printed,
        read_last.mark,
        read_last.is_computed,
        items.canonical_unit,
        {{ convert_unit('read_last.value', 'printed_units.factor', 'items.factor') }} as value,
        read_last.footnotes
    from read_last
    left join items on read_last.item_code = items.item_code
    left join {{ ref('units') }} as printed_units
        on
            read_last.unit = printed_units.unit
            and items.measure = printed_units.measure
),

superseded as (
    select
        *,
        load_seq < max(load_seq) over (
            partition by
                dataset,
                source_file,
                item_code,
                year,
                province_code = '{{ var("national_code") }}'
        ) as is_superseded
    from converted
)

select * from superseded
