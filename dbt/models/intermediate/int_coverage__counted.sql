with crossing_formulas as (
    select distinct
        subject,
        province_code,
        year
    from {{ ref('int_formulas__breaks') }}
),

withheld_inputs as (
    select distinct
        parts.subject,
        inputs.province_code,
        inputs.year
    from {{ ref('int_formulas__inputs') }} as inputs
    inner join {{ ref('int_items__filled') }} as filled
        on
            inputs.item_code = filled.item_code
            and inputs.province_code = filled.province_code
            and inputs.item_year = filled.year
    inner join {{ ref('int_formulas__parts') }} as parts on inputs.subject = parts.part
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
        is_edge_filled,
        max_gap_length
    from {{ ref('int_indicators__values') }}
    union all
    select
        'variable' as kind,
        variable as subject,
        province_code,
        year,
        value is not null as is_available,
        is_interpolated,
        is_edge_filled,
        max_gap_length
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
        gap_length,
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
        computed.max_gap_length as gap_length,
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
        max(gap_length) as longest_gap,
        count(*) filter (where is_withheld) as n_withheld,
        count(distinct province_code) filter (where is_available) as n_provinces,
        min(year) filter (where is_available) as first_year,
        max(year) filter (where is_available) as last_year
    from cells
    group by
        kind,
        subject
)

select * from counted
