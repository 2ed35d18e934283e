-- Points of the indicators, summed, are the index: ami from overall weights, a dimension from
-- individual ones.
{{ config(meta={'dagster': {'ref': {'name': 'fct_index'}}}) }}

with contributions as (
    select
        province_code,
        year,
        {%- for name in dimensions().split(', ') %}
        sum(case when dimension = '{{ name }}' then dimension_contribution end) as {{ name }},
        {%- endfor %}
        sum(contribution) as ami
    from {{ ref('fct_indicator_score') }}
    group by
        province_code,
        year
)

select
    fct_index.province_code,
    fct_index.year
from {{ ref('fct_index') }} as fct_index
inner join contributions
    on
        fct_index.province_code = contributions.province_code
        and fct_index.year = contributions.year
where
    false
    {% for index in index_variables().split(', ') %}
    or (fct_index.{{ index }} is null) <> (contributions.{{ index }} is null)
    or abs(fct_index.{{ index }} - contributions.{{ index }}) > 1e-9
    {% endfor %}
