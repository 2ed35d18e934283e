select
    indicator_values.indicator,
    {{ index_scope('indicator_values.year') }} as scope,
    min(indicator_values.value) as value_min,
    max(indicator_values.value) as value_max
from {{ ref('int_indicators__values') }} as indicator_values
inner join {{ ref('int_index__sample') }} as index_sample
    on
        indicator_values.province_code = index_sample.province_code
        and indicator_values.year = index_sample.year
where
    index_sample.is_in_sample
    and indicator_values.value is not null
group by
    indicator_values.indicator,
    {{ index_scope('indicator_values.year') }}
