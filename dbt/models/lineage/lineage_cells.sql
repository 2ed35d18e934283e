-- The years whose cells decide a figure: those it is taken or filled in from, and its own.
with years as (
    select
        item_code,
        province_code,
        year,
        figure_year as cell_year
    from {{ ref('int_items__filled') }}
    where figure_year is not null
    union
    select
        item_code,
        province_code,
        year,
        neighbour_year as cell_year
    from {{ ref('int_items__filled') }}
    where neighbour_year is not null
    union
    select
        item_code,
        province_code,
        year,
        year as cell_year
    from {{ ref('int_items__filled') }}
),

-- A file that was loaded again says most of what it said before: told once, as it was read last.
readings as (
    select
        *,
        row_number() over (
            partition by
                item_code,
                province_code,
                year,
                source_file,
                edition,
                value_printed,
                unit_printed,
                footnotes
            order by
                preference asc nulls last,
                load_seq desc
        ) as place
    from {{ ref('int_items__editions') }}
),

cells as (
    select
        years.item_code as figure,
        years.province_code,
        years.year,
        readings.year as cell_year,
        readings.verdict,
        readings.preference,
        readings.source_file,
        observations.source_hash,
        readings.load_seq,
        readings.source_sheet,
        readings.source_row,
        readings.source_column,
        readings.yearbook,
        readings.yearbook_table,
        readings.edition,
        observations.edition_printed,
        observations.item_printed,
        observations.province_printed,
        observations.year_printed,
        readings.value_printed,
        readings.unit_printed,
        readings.footnotes,
        observations.rule,
        readings.is_computed,
        readings.value_used,
        readings.is_corrected,
        readings.correction_reason,
        readings.withheld_reason
    from years
    inner join readings
        on
            years.item_code = readings.item_code
            and years.province_code = readings.province_code
            and years.cell_year = readings.year
    inner join {{ ref('stg_raw__observations') }} as observations
        on
            readings.dataset = observations.dataset
            and readings.load_seq = observations.load_seq
            and readings.source_sheet = observations.source_sheet
            and readings.source_row = observations.source_row
            and readings.source_column = observations.source_column
    where readings.place = 1
)

select * from cells
