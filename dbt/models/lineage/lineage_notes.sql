with begins_anew as (
    select
        figures.figure,
        figures.province_code,
        figures.year,
        1 as position,
        'its series begins anew in ' || replace(breaks.series_breaks, ',', ', ')
        || ' (series_breaks.csv)' as note
    from {{ ref('int_coverage__breaks') }} as breaks
    inner join {{ ref('lineage_figures') }} as figures on breaks.subject = figures.figure
),

crossed as (
    select
        subject as figure,
        province_code,
        year,
        2 as position,
        'computed across the break of ' || break_year || ' in '
        || {{ ordered_list('item_code', ', ', 'item_code') }} as note
    from {{ ref('int_formulas__breaks') }}
    group by
        subject,
        province_code,
        year,
        break_year
),

filled_across as (
    select
        filled.item_code as figure,
        filled.province_code,
        filled.year,
        2 as position,
        'filled in across a break of the series, ' || breaks.year || ': ' || breaks.change as note
    from {{ ref('int_items__filled') }} as filled
    inner join {{ ref('series_breaks') }} as breaks
        on
            filled.item_code = breaks.item_code
            and breaks.year > least(filled.year, filled.figure_year, filled.neighbour_year)
            and breaks.year <= greatest(filled.year, filled.figure_year, filled.neighbour_year)
),

absent as (
    select
        item_code as figure,
        province_code,
        year,
        3 as position,
        '0: the list covers the year and does not name the province' as note
    from {{ ref('int_items__filled') }}
    where fill_method = 'absent_zero'
),

logs_of_zero as (
    select
        variable as figure,
        province_code,
        year,
        0 as position,
        '0 stands for the logarithm of zero, or for no count at all' as note
    from {{ ref('int_variables__values') }}
    where is_log_of_zero
),

absent_indicators as (
    select
        parts.subject as figure,
        {{ ordered_list('indicators.indicator', ', ', 'indicators.sort_order') }} as lacking
    from {{ ref('indicators') }} as indicators
    inner join {{ ref('int_formulas__parts') }} as parts on indicators.indicator = parts.part
    left join {{ ref('int_indicators__values') }} as indicator_values
        on
            indicators.indicator = indicator_values.indicator
            and indicator_values.value is not null
    where
        parts.subject <> parts.part
        and indicator_values.indicator is null
    group by parts.subject
),

fewer_indicators as (
    select
        names.variable as figure,
        province_years.province_code,
        province_years.year,
        0 as position,
        'without ' || absent_indicators.lacking || ', of which the dataset has no value' as note
    from absent_indicators
    -- The index by either of its names lacks the same.
    inner join {{ ref('variables') }} as names
        on
            absent_indicators.figure = names.variable
            or (absent_indicators.figure = 'ami' and names.role = 'partial_index')
    cross join {{ ref('int_index__sample') }} as province_years
),

-- Of an indicator that has a value and none in the index.
outside_the_index as (
    select
        normalised.indicator as figure,
        normalised.province_code,
        normalised.year,
        0 as position,
        indices.missing as note
    from {{ ref('int_indicators__normalised') }} as normalised
    cross join {{ ref('int_index__standing') }} as standing
    inner join {{ ref('lineage_figures') }} as indices
        on
            standing.index_variable = indices.figure
            and normalised.province_code = indices.province_code
            and normalised.year = indices.year
    where
        normalised.value is not null
        and normalised.score is null
),

fewer_provinces as (
    select
        totals.total as figure,
        '{{ var("national_code") }}' as province_code,
        totals.year,
        0 as position,
        'without ' || {{ ordered_list('provinces.province', ', ', 'totals.province_code') }}
        || ', which lack a figure' as note
    from {{ ref('lineage_totals') }} as totals
    inner join {{ ref('provinces') }} as provinces
        on totals.province_code = provinces.province_code
    where not totals.is_summed
    group by
        totals.total,
        totals.year
),

notes as (
    select * from begins_anew
    union all
    select * from crossed
    union all
    select * from filled_across
    union all
    select * from absent
    union all
    select * from logs_of_zero
    union all
    select * from fewer_indicators
    union all
    select * from outside_the_index
    union all
    select * from fewer_provinces
)

select * from notes
