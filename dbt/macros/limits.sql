{#
    Which rows of seed `limits` hold for a dataset. What a rule does with them is said where it is asked for.
#}

{% macro limits_in_force() -%}
select
    rule,
    subject,
    low,
    high
from {{ ref('limits') }}
{%- if var('dataset') == 'demo' %}
qualify synthetic = bool_or(synthetic) over (partition by rule, subject)
{%- else %}
where not synthetic
{%- endif %}
{%- endmacro %}
