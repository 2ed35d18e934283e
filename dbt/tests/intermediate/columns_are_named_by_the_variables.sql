-- The variables by which wide models name their columns are those of the seed, in its order.
{{ config(meta={'dagster': {'ref': {'name': 'variables'}}}) }}

with named as (
    {%- for variable in panel_variables().split(', ') %}
    select
        '{{ variable }}' as variable,
        {{ loop.index }} as sort_order,
        {{ variable in dimensions().split(', ') }} as is_dimension
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    variables.variable as listed,
    named.variable as named
from {{ ref('variables') }} as variables
full join named
    on
        variables.variable = named.variable
        and variables.sort_order = named.sort_order
        and (variables.role = 'dimension') = named.is_dimension
where
    variables.variable is null
    or named.variable is null
