-- Points of the indicators, summed, are the index: ami from overall weights, a dimension from
-- individual ones.
{{ config(meta={'dagster': {'ref': {'name': 'fct_index'}}}) }}

with contributions as (
    select
        province_code,
        year,
        sum(contribution) as ami,
        sum(case when dimension = 'amt' then dimension_contribution end) as amt,
        sum(case when dimension = 'amm' then dimension_contribution end) as amm,
        sum(case when dimension = 'amw' then dimension_contribution end) as amw,
        sum(case when dimension = 'gam' then dimension_contribution end) as gam,
        sum(case when dimension = 'ame' then dimension_contribution end) as ame
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
    {% for index in ['ami', 'amt', 'amm', 'amw', 'gam', 'ame'] %}
    or (fct_index.{{ index }} is null) <> (contributions.{{ index }} is null)
    or abs(fct_index.{{ index }} - contributions.{{ index }}) > 1e-9
    {% endfor %}
