select
    subject,
    province_code,
    year,
    bool_or(is_interpolated) as is_interpolated,
    bool_or(is_interpolated and fill_method <> 'linear') as is_edge_filled,
    coalesce(bool_or(crosses_break), false) as is_bridged,
    max(gap_length) as max_gap_length
from {{ ref('int_formulas__inputs') }}
group by
    subject,
    province_code,
    year
having count(*) = count(value)
