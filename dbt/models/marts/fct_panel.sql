{%- set variables = panel_variables().split(', ') -%}

with variable_values as (
    select
        variable_values.*,
        variables.sort_order
    from {{ ref('int_variables__values') }} as variable_values
    inner join {{ ref('variables') }} as variables on variable_values.variable = variables.variable
),

wide as (
    select
        province_code,
        year,
        {%- for variable in variables %}
        max(case when variable = '{{ variable }}' then value end) as {{ variable }},
        {%- endfor %}
        bool_or(is_interpolated) as is_interpolated,
        coalesce({{ ordered_list('variable', ',', 'sort_order', 'is_interpolated') }}, '')
            as interpolated_variables,
        coalesce({{ ordered_list('variable', ',', 'sort_order', 'is_bridged') }}, '')
            as bridged_variables,
        coalesce({{ ordered_list('variable', ',', 'sort_order', 'is_log_of_zero') }}, '')
            as log_of_zero_variables
    from variable_values
    group by
        province_code,
        year
)

select
    wide.province_code,
    provinces.province,
    provinces.province_zh,
    wide.year,
    provinces.region,
    provinces.has_national_cluster,
    {%- for variable in variables %}
    wide.{{ variable }},
    {%- endfor %}
    index_sample.n_indicators,
    coalesce(index_years.is_provisional, false) as is_provisional,
    wide.is_interpolated,
    wide.interpolated_variables,
    wide.bridged_variables,
    wide.log_of_zero_variables
from wide
inner join {{ ref('provinces') }} as provinces
    on wide.province_code = provinces.province_code
inner join {{ ref('int_index__sample') }} as index_sample
    on
        wide.province_code = index_sample.province_code
        and wide.year = index_sample.year
left join {{ ref('int_index__years') }} as index_years
    on wide.year = index_years.year
order by
    wide.province_code,
    wide.year
