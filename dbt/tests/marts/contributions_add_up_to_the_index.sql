-- Points of the indicators, summed, are the index: ami or the partial index from overall weights, a
-- dimension that stands from individual ones.
{{ config(meta={'dagster': {'ref': {'name': 'fct_index'}}}) }}

with standing as (
    select * from {{ ref('dim_index_standing') }}
),

contributions as (
    select
        scores.province_code,
        scores.year,
        {%- for name in dimensions().split(', ') %}
        sum(scores.dimension_contribution) filter (
            where
            scores.dimension = '{{ name }}'
            and {{ is_listed("'" ~ name ~ "'", 'standing.standing_dimensions') }}
        ) as {{ name }},
        {%- endfor %}
        sum(scores.contribution) filter (where not standing.is_partial) as ami,
        sum(scores.contribution) filter (where standing.is_partial) as ami_partial
    from {{ ref('fct_indicator_score') }} as scores
    cross join standing
    group by
        scores.province_code,
        scores.year
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
