with observations as (
    select
        indicator_values.indicator,
        {{ index_scope('indicator_values.year') }} as scope,
        indicator_values.value
    from {{ ref('int_indicators__values') }} as indicator_values
    inner join {{ ref('int_index__sample') }} as index_sample
        on
            indicator_values.province_code = index_sample.province_code
            and indicator_values.year = index_sample.year
    where
        index_sample.is_in_sample
        and indicator_values.value is not null
)

select
    indicator,
    scope,
    min(value) as value_min,
    max(value) as value_max
from observations
group by
    indicator,
    scope
