with crossing_formulas as (
    select distinct
        subject,
        province_code,
        year
    from {{ ref('int_formulas__breaks') }}
),

formula_subjects as (
    select
        subject,
        subject as part
    from {{ ref('formula_inputs') }}
    union
    select
        dimension as subject,
        indicator as part
    from {{ ref('indicators') }}
    union
    select
        'ami' as subject,
        indicator as part
    from {{ ref('indicators') }}
),

withheld_inputs as (
    select distinct
        formula_subjects.subject,
        inputs.province_code,
        inputs.year
    from {{ ref('int_formulas__inputs') }} as inputs
    inner join {{ ref('int_items__filled') }} as filled
        on
            inputs.item_code = filled.item_code
            and inputs.province_code = filled.province_code
            and inputs.item_year = filled.year
    inner join formula_subjects on inputs.subject = formula_subjects.part
    where filled.is_withheld
),

computed as (
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

cells as (
    select
        'item' as kind,
        item_code as subject,
        province_code,
        year,
        value is not null as is_available,
        is_interpolated,
        is_interpolated and fill_method <> 'linear' as is_edge_filled,
        crosses_break,
        is_withheld
    from {{ ref('int_items__filled') }}
    union all
    select
        computed.kind,
        computed.subject,
        computed.province_code,
        computed.year,
        computed.is_available,
        computed.is_interpolated,
        computed.is_edge_filled,
        computed.is_available and crossing_formulas.subject is not null as crosses_break,
        withheld_inputs.subject is not null as is_withheld
    from computed
    left join crossing_formulas
        on
            computed.subject = crossing_formulas.subject
            and computed.province_code = crossing_formulas.province_code
            and computed.year = crossing_formulas.year
    left join withheld_inputs
        on
            computed.subject = withheld_inputs.subject
            and computed.province_code = withheld_inputs.province_code
            and computed.year = withheld_inputs.year
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
        count(*) filter (where crosses_break) as n_across_breaks,
        count(*) filter (where is_withheld) as n_withheld,
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
),

-- A series is broken where it has figures before and from the year in which it begins anew.
item_breaks as (
    select
        counted.kind,
        breaks.item_code as subject,
        breaks.year
    from counted
    inner join {{ ref('series_breaks') }} as breaks
        on
            counted.subject = breaks.item_code
            and counted.first_year < breaks.year
            and counted.last_year >= breaks.year
    where counted.kind = 'item'
),

formula_breaks as (
    select distinct
        counted.kind,
        counted.subject,
        item_breaks.year
    from counted
    inner join formula_subjects on counted.subject = formula_subjects.subject
    inner join {{ ref('formula_inputs') }} as formula_inputs
        on formula_subjects.part = formula_inputs.subject
    inner join item_breaks
        on
            formula_inputs.item_code = item_breaks.subject
            and counted.first_year < item_breaks.year
            and counted.last_year >= item_breaks.year
    where counted.kind <> 'item'
),

breaks as (
    select
        kind,
        subject,
        string_agg(cast(year as varchar), ',' order by year) as series_breaks
    from (
        select * from item_breaks
        union all
        select * from formula_breaks
    ) as broken
    group by
        kind,
        subject
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
    coalesce(counted.n_withheld, 0) as n_withheld,
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
    coalesce(missing.missing_inputs, '') as missing_inputs,
    coalesce(breaks.series_breaks, '') as series_breaks
from labels
left join counted
    on
        labels.kind = counted.kind
        and labels.subject = counted.subject
left join breaks
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
