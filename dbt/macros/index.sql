{#
    The entropy-weighted index, eq. 11-17. Every argument is a SQL expression.
    m is an indicator; t runs over the n province-years of the scope (var `index_scope`).
#}

{% macro index_scope(year) -%}
    {%- if option('index_scope') == 'year' -%} cast({{ year }} as varchar)
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

{% macro share_log_share(share) -%}
    (case when ({{ share }}) = 0 then 0.0 else ({{ share }}) * ln({{ share }}) end)
{%- endmacro %}

{% macro entropy(share, n) -%}
    coalesce({{ safe_divide('0.0 - sum(' ~ share_log_share(share) ~ ')', 'ln(' ~ n ~ ')') }}, 1.0)
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
