with counted as (
    select * from {{ ref('int_coverage__counted') }}
),

labels as (
    select
        'item' as kind,
        item_code as subject,
        label_en as label,
        row_number() over (order by item_code) as sort_order
    from {{ ref('items') }}
    union all
    select
        'indicator' as kind,
        indicator as subject,
        indicator_label as label,
        sort_order
    from {{ ref('indicators') }}
    union all
    select
        'variable' as kind,
        variable as subject,
        variable_label as label,
        sort_order
    from {{ ref('variables') }}
    where role <> 'partial_index'
),

missing as (
    select
        subject,
        {{ ordered_list('item_code', ',', 'item_code') }} as missing_inputs
    from {{ ref('int_formulas__missing_inputs') }}
    group by subject
)

select
    labels.kind,
    labels.subject,
    labels.label,
    coalesce(counted.n_expected, 0) as n_expected,
    coalesce(counted.n_observed, 0) as n_observed,
    coalesce(counted.n_interpolated, 0) as n_interpolated,
    coalesce(counted.n_edge_filled, 0) as n_edge_filled,
    coalesce(counted.n_missing, 0) as n_missing,
    coalesce(counted.n_across_breaks, 0) as n_across_breaks,
    coalesce(counted.longest_gap, 0) as longest_gap,
    coalesce(counted.n_withheld, 0) as n_withheld,
    coalesce(counted.n_provinces, 0) as n_provinces,
    counted.first_year,
    counted.last_year,
    coalesce(
        1.0 - {{ safe_divide('cast(counted.n_missing as double)', 'counted.n_expected') }},
        0.0
    ) as coverage,
    case
        when coalesce(counted.n_provinces, 0) = 0 then 'absent'
        when counted.n_missing = 0 then 'complete'
        else 'partial'
    end as status,
    coalesce(missing.missing_inputs, '') as missing_inputs,
    coalesce(breaks.series_breaks, '') as series_breaks
from labels
left join counted
    on
        labels.kind = counted.kind
        and labels.subject = counted.subject
left join {{ ref('int_coverage__breaks') }} as breaks
    on
        labels.kind = breaks.kind
        and labels.subject = breaks.subject
left join missing
    on
        labels.kind <> 'item'
        and labels.subject = missing.subject
order by
    labels.kind,
    labels.sort_order
