{#
    The entropy-weighted index, eq. 11-17. Every argument is a SQL expression.
    m is an indicator; t runs over the n province-years of the scope (var `index_scope`).
#}

{% macro index_scope(year) -%}
    {%- if option('index_scope') == 'year' -%} cast({{ year }} as string)
    {%- else -%} 'pooled'
    {%- endif -%}
{%- endmacro %}

{% macro is_constant(minimum, maximum) -%}
    ({{ maximum }} - {{ minimum }} <= 1e-9 * greatest(abs({{ minimum }}), abs({{ maximum }})))
{%- endmacro %}

{% macro minmax(value, minimum, maximum, attribute) -%}
    (case
        when ({{ value }}) is null then null
        when {{ is_constant(minimum, maximum) }} then 0.0
        when {{ attribute }} = 'negative'
            then ({{ maximum }} - {{ value }}) / ({{ maximum }} - {{ minimum }})
        else ({{ value }} - {{ minimum }}) / ({{ maximum }} - {{ minimum }})
    end)
{%- endmacro %}

{% macro score_share(score, total) -%}
    {{ safe_divide(score, total) }}
{%- endmacro %}

{% macro times_own_log(score) -%}
    (case when ({{ score }}) = 0 then 0.0 else ({{ score }}) * ln({{ score }}) end)
{%- endmacro %}

{% macro entropy(total, total_score_log_score, n) -%}
    coalesce({{ safe_divide(
        'ln(nullif(' ~ total ~ ', 0)) - ' ~ safe_divide(total_score_log_score, total),
        'ln(' ~ n ~ ')'
    ) }}, 1.0)
{%- endmacro %}

{% macro utility(entropy) -%}
    (1.0 - ({{ entropy }}))
{%- endmacro %}

{% macro weight(utility, total_utility) -%}
    {{ safe_divide(utility, total_utility) }}
{%- endmacro %}

{% macro contribution(weight, score) -%}
    (100.0 * ({{ weight }}) * ({{ score }}))
{%- endmacro %}

{% macro contribution_eq17(weight, share) -%}
    (1000.0 * ({{ weight }}) * ({{ share }}))
{%- endmacro %}
