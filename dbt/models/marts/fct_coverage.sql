with cells as (
    select
        'item' as kind,
        item_code as subject,
        province_code,
        year,
        value is not null as is_available,
        is_interpolated,
        is_interpolated and fill_method <> 'linear' as is_edge_filled
    from {{ ref('int_items__filled') }}
    union all
    select
        'indicator' as kind,
        indicator as subject,
        province_code,
        year,
        value is not null as is_available,
        is_interpolated,
        is_edge_filled
    from {{ ref('int_indicators__values') }}
    union all
    select
        'variable' as kind,
        variable as subject,
        province_code,
        year,
        value is not null as is_available,
        is_interpolated,
        is_edge_filled
    from {{ ref('int_variables__values') }}
),

counted as (
    select
        kind,
        subject,
        count(*) as n_expected,
        count(*) filter (where is_available and not is_interpolated) as n_observed,
        count(*) filter (where is_interpolated and not is_edge_filled) as n_interpolated,
        count(*) filter (where is_edge_filled) as n_edge_filled,
        count(*) filter (where not is_available) as n_missing,
        count(distinct province_code) filter (where is_available) as n_provinces,
        min(year) filter (where is_available) as first_year,
        max(year) filter (where is_available) as last_year
    from cells
    group by
        kind,
        subject
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
),

missing as (
    select
        subject,
        string_agg(item_code, ',' order by item_code) as missing_inputs
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
    coalesce(counted.n_provinces, 0) as n_provinces,
    counted.first_year,
    counted.last_year,
    coalesce(1.0 - {{ safe_divide('1.0 * counted.n_missing', 'counted.n_expected') }}, 0.0)
        as coverage,
    case
        when coalesce(counted.n_provinces, 0) = 0 then 'absent'
        when counted.n_missing = 0 then 'complete'
        else 'partial'
    end as status,
    coalesce(missing.missing_inputs, '') as missing_inputs
from labels
left join counted
    on
        labels.kind = counted.kind
        and labels.subject = counted.subject
left join missing
    on
        labels.kind <> 'item'
        and labels.subject = missing.subject
order by
    labels.kind,
    labels.sort_order
