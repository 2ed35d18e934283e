with kept_base as (
    select base_indicators.*
    from {{ source('vintages', 'base_indicators') }} as base_indicators
    where base_indicators.base = (select max(base) from {{ source('vintages', 'bases') }})
),

-- Before the base's own vintage is kept, this refresh is it.
base as (
    select
        indicator,
        dimension,
        attribute,
        value_min,
        value_max,
        overall_weight,
        individual_weight
    from kept_base
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
        and not exists (select 1 from kept_base)
),

without_base as (
    select coalesce(string_agg(indicators.indicator, ',' order by indicators.sort_order), '')
        as indicators_without_base
    from {{ ref('dim_indicator') }} as indicators
    left join base on indicators.indicator = base.indicator
    where
        indicators.is_available
        and base.indicator is null
),

scored as (
    select
        indicator_values.province_code,
        indicator_values.year,
        indicator_values.indicator,
        base.dimension,
        base.overall_weight,
        base.individual_weight,
        indicator_values.value,
        {{ minmax(
            'indicator_values.value',
            'base.value_min',
            'base.value_max',
            'base.attribute'
        ) }} as score,
        coalesce(indicator_values.value not between base.value_min and base.value_max, false)
            as is_outside_base,
        indicator_values.is_interpolated
    from {{ ref('int_indicators__values') }} as indicator_values
    inner join base on indicator_values.indicator = base.indicator
),

-- As in the index sample: a sum over some of the base's indicators would be another index. Summed in
-- one order, so that a base gives the same last digit before and after it is kept.
province_years as (
    select
        province_code,
        year,
        sum({{ contribution('overall_weight', 'score') }} order by indicator) as ami_frozen,
        {%- for dimension in ['amt', 'amm', 'amw', 'gam', 'ame'] %}
        sum({{ contribution('individual_weight', 'score') }} order by indicator)
            filter (where dimension = '{{ dimension }}') as {{ dimension }}_frozen,
        {%- endfor %}
        coalesce(string_agg(indicator, ',' order by indicator) filter (where is_outside_base), '')
            as indicators_outside_base,
        bool_or(is_interpolated) as is_interpolated
    from scored
    group by
        province_code,
        year
    having count(value) = count(*)
),

ranks as (
    select
        province_code,
        year,
        rank() over (partition by year order by ami_frozen desc) as ami_frozen_rank
    from province_years
)

select
    fct_index.province_code,
    fct_index.province,
    fct_index.year,
    province_years.ami_frozen,
    {%- for dimension in ['amt', 'amm', 'amw', 'gam', 'ame'] %}
    province_years.{{ dimension }}_frozen,
    {%- endfor %}
    ranks.ami_frozen_rank,
    fct_index.ami,
    fct_index.ami_rank,
    (select max(base) from {{ source('vintages', 'bases') }}) as base,
    (select count(*) from base) as n_indicators_base,
    without_base.indicators_without_base,
    coalesce(province_years.indicators_outside_base, '') as indicators_outside_base,
    coalesce(province_years.indicators_outside_base <> '', false) as is_outside_base,
    coalesce(province_years.is_interpolated, false) as is_interpolated
from {{ ref('fct_index') }} as fct_index
cross join without_base
left join province_years
    on
        fct_index.province_code = province_years.province_code
        and fct_index.year = province_years.year
left join ranks
    on
        fct_index.province_code = ranks.province_code
        and fct_index.year = ranks.year
order by
    fct_index.province_code,
    fct_index.year
