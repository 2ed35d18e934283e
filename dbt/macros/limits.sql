{#
    Which rows of seed `limits` hold for a dataset. What a rule does with them is said where it is asked for.
#}

{% macro limits_in_force() -%}
select
    rule,
    subject,
    low,
    high
from (
    select
        limits.*,
        {% if var('dataset') == 'demo' -%}
        bool_or(synthetic) over (partition by rule, subject)
        {%- else -%}
        false
        {%- endif %} as is_of_synthetic
    from {{ ref('limits') }} as limits
) as judged
where synthetic = is_of_synthetic
{%- endmacro %}
