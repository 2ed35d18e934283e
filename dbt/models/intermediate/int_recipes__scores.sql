{#- The first half of the years are the base of `minmax_base`. -#}
with years as (
    select
        year,
        row_number() over (order by year) <= ceil(count(*) over () / 2.0) as is_base
    from {{ ref('int_indicators__normalised') }}
    where score is not null
    group by year
),

cells as (
    select
        normalised.province_code,
        normalised.year,
        normalised.indicator,
        indicators.attribute,
        years.is_base,
        normalised.value,
        {{ signed('normalised.value', 'indicators.attribute') }} as signed_value
    from {{ ref('int_indicators__normalised') }} as normalised
    inner join {{ ref('indicators') }} as indicators
        on normalised.indicator = indicators.indicator
    inner join years on normalised.year = years.year
    where normalised.score is not null
),

pooled as (
    select
        indicator,
        min(value) as value_min,
        max(value) as value_max,
        coalesce(min(value) filter (where is_base), min(value)) as base_min,
        coalesce(max(value) filter (where is_base), max(value)) as base_max,
        avg(value) as value_mean,
        coalesce(stddev_samp(value), 0.0) as value_sd,
        percentile_cont(0.05) within group (order by value) as low_post,
        percentile_cont(0.95) within group (order by value) as high_post
    from cells
    group by indicator
),

of_year as (
    select
        indicator,
        year,
        min(value) as value_min,
        max(value) as value_max
    from cells
    group by
        indicator,
        year
),

scales as (
    select
        cells.province_code,
        cells.year,
        cells.indicator,
        {{ minmax('cells.value', 'pooled.value_min', 'pooled.value_max', 'cells.attribute') }}
            as minmax,
        {{ minmax('cells.value', 'of_year.value_min', 'of_year.value_max', 'cells.attribute') }}
            as minmax_year,
        {{ minmax('cells.value', 'pooled.base_min', 'pooled.base_max', 'cells.attribute') }}
            as minmax_base,
        {{ t_score('cells.value', 'pooled.value_mean', 'pooled.value_sd', 'cells.attribute') }}
            as zscore,
        percent_rank() over (
            partition by cells.indicator, cells.year order by cells.signed_value
        ) as rank,
        percent_rank() over (
            partition by cells.indicator order by cells.signed_value
        ) as percentile,
        {{ goalpost('cells.value', 'pooled.low_post', 'pooled.high_post', 'cells.attribute') }}
            as goalposts
    from cells
    inner join pooled on cells.indicator = pooled.indicator
    inner join of_year
        on
            cells.indicator = of_year.indicator
            and cells.year = of_year.year
),

scored as (
    {{ unpivot(
        'scales',
        ['province_code', 'year', 'indicator'],
        'score',
        'normalisation',
        ['minmax', 'minmax_year', 'minmax_base', 'zscore', 'rank', 'percentile', 'goalposts']
    ) }}
)

select
    normalisation,
    province_code,
    year,
    indicator,
    score
from scored
