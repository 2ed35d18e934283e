select
    item_code,
    province_code,
    year,
    edition,
    load_seq,
    source_file,
    source_sheet,
    source_row,
    source_column,
    value_printed,
    unit_printed,
    is_computed,
    value_as_printed,
    value_used,
    is_corrected,
    correction_reason
from {{ ref('int_items__editions') }}
where preference = 1
