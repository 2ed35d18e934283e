-- A view: the vintage of a refresh is kept after its marts have passed their gate.
{{ config(materialized='view') }}

{%- set variables = panel_variables().split(', ') + ['ami_frozen'] -%}

-- Numbers are the order of vintages: one published by a clock set back ends those before it.
with periods as (
    select
        vintage,
        published_at,
        min(published_at) over (
            order by vintage
            rows between 1 following and unbounded following
        ) as superseded_at
    from {{ ref('stg_vintages__vintages') }}
),

wide as (
    select
        vintage,
        province_code,
        year,
        {%- for variable in variables %}
        max(case when variable = '{{ variable }}' then value end) as {{ variable }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('stg_vintages__index_values') }}
    group by
        vintage,
        province_code,
        year
)

select
    wide.vintage,
    periods.published_at,
    periods.superseded_at,
    wide.province_code,
    provinces.province,
    provinces.province_zh,
    wide.year,
    provinces.region,
    provinces.has_national_cluster,
    {%- for variable in variables %}
    wide.{{ variable }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from wide
inner join periods
    on wide.vintage = periods.vintage
inner join {{ ref('provinces') }} as provinces
    on wide.province_code = provinces.province_code
order by
    wide.vintage,
    wide.province_code,
    wide.year
