{%- set dimensions = dimensions().split(', ') -%}

with newest as (
    select max(base) as base from {{ ref('stg_vintages__bases') }}
),

kept as (
    select base_indicators.*
    from {{ ref('stg_vintages__base_indicators') }} as base_indicators
    inner join newest on base_indicators.base = newest.base
),

-- Before the base's own vintage is kept, this refresh is it; a partial index is no base.
base_indicators as (
    select
        indicator,
        dimension,
        attribute,
        value_min,
        value_max,
        overall_weight,
        individual_weight
    from kept
    union all
    select
        indicator,
        dimension,
        attribute,
        value_min,
        value_max,
        overall_weight,
        individual_weight
    from {{ ref('dim_indicator') }}
    where
        overall_weight is not null
        and not exists (select 1 from kept)
        and not (select standing.is_partial from {{ ref('dim_index_standing') }} as standing)
),

base_of_all as (
    select
        (select newest.base from newest) as base,
        count(base_indicators.indicator) as n_indicators_base,
        {{ ordered_list(
            'indicators.indicator',
            ',',
            'indicators.sort_order',
            'indicators.is_available and base_indicators.indicator is null'
        ) }} as indicators_without_base
    from {{ ref('dim_indicator') }} as indicators
    left join base_indicators on indicators.indicator = base_indicators.indicator
),

scored as (
    select
        indicator_values.province_code,
        indicator_values.year,
        indicator_values.indicator,
        base_indicators.dimension,
        base_indicators.overall_weight,
        base_indicators.individual_weight,
        indicator_values.value,
        {{ minmax(
            'indicator_values.value',
            'base_indicators.value_min',
            'base_indicators.value_max',
            'base_indicators.attribute'
        ) }} as score,
        indicator_values.value < base_indicators.value_min
        or indicator_values.value > base_indicators.value_max as is_outside_base,
        indicator_values.is_interpolated
    from {{ ref('int_indicators__values') }} as indicator_values
    inner join base_indicators on indicator_values.indicator = base_indicators.indicator
),

contributions as (
    select
        province_code,
        year,
        indicator,
        dimension,
        value,
        {{ contribution('overall_weight', 'score') }} as points,
        {{ contribution('individual_weight', 'score') }} as dimension_points,
        is_outside_base,
        is_interpolated
    from scored
),

-- As in the index sample: a sum over some of the base's indicators would be another index. Summed
-- in one order, so that a base gives the same last digit before and after it is kept.
province_years as (
    select
        province_code,
        year,
        {{ ordered_sum('points', 'indicator') }} as ami_frozen,
        {%- for dimension in dimensions %}
        {{ ordered_sum(
            "case when dimension = '" ~ dimension ~ "' then dimension_points end",
            'indicator'
        ) }} as {{ dimension }}_frozen,
        {%- endfor %}
        {{ ordered_list('indicator', ',', 'indicator', 'is_outside_base') }}
            as indicators_outside_base,
        bool_or(is_interpolated) as is_interpolated
    from contributions
    group by
        province_code,
        year
    having count(value) = count(*)
),

ranked as (
    select
        *,
        rank() over (partition by year order by ami_frozen desc) as ami_frozen_rank
    from province_years
)

select
    fct_index.province_code,
    fct_index.province,
    fct_index.year,
    ranked.ami_frozen,
    {%- for dimension in dimensions %}
    ranked.{{ dimension }}_frozen,
    {%- endfor %}
    ranked.ami_frozen_rank,
    fct_index.ami,
    fct_index.ami_rank,
    base_of_all.base,
    base_of_all.n_indicators_base,
    coalesce(base_of_all.indicators_without_base, '') as indicators_without_base,
    coalesce(ranked.indicators_outside_base, '') as indicators_outside_base,
    ranked.indicators_outside_base is not null as is_outside_base,
    coalesce(ranked.is_interpolated, false) as is_interpolated
from {{ ref('fct_index') }} as fct_index
cross join base_of_all
left join ranked
    on
        fct_index.province_code = ranked.province_code
        and fct_index.year = ranked.year
order by
    fct_index.province_code,
    fct_index.year
