{#
    The entropy-weighted index, eq. 11-17. Every argument is a SQL expression.
    m is an indicator; t runs over the n province-years of the scope (var `index_scope`).
#}

{# Which observations eq. 11-16 take together: all of them, or those of one year. #}
{% macro index_scope(year) -%}
    {%- if option('index_scope') == 'year' -%} cast({{ year }} as varchar)
    {%- else -%} 'pooled'
    {%- endif -%}
{%- endmacro %}

{#
    Eq. 11 (positive) and 12 (negative attribute): the value placed between the smallest and the
    largest. A constant indicator (max = min) scores 0: it tells no province from another.
#}
{% macro minmax(value, minimum, maximum, attribute) -%}
    (case
        when ({{ value }}) is null then null
        when {{ maximum }} = {{ minimum }} then 0.0
        when {{ attribute }} = 'negative'
            then ({{ maximum }} - {{ value }}) / ({{ maximum }} - {{ minimum }})
        else ({{ value }} - {{ minimum }}) / ({{ maximum }} - {{ minimum }})
    end)
{%- endmacro %}

{# Eq. 13: P = Y / sum of Y; null where all scores are zero, for then there is nothing to share. #}
{% macro score_share(score, total) -%}
    {{ safe_divide(score, total) }}
{%- endmacro %}

{# One term of eq. 14: P ln P, with 0 ln 0 = 0, its limit. #}
{% macro share_log_share(share) -%}
    (case when ({{ share }}) = 0 then 0.0 else ({{ share }}) * ln({{ share }}) end)
{%- endmacro %}

{#
    Eq. 14, an aggregate: E = -1/ln n x sum of P ln P. Where shares are undefined (a constant
    indicator) or n = 1, the indicator carries no information, which is entropy 1.
#}
{% macro entropy(share, n) -%}
    coalesce({{ safe_divide('0.0 - sum(' ~ share_log_share(share) ~ ')', 'ln(' ~ n ~ ')') }}, 1.0)
{%- endmacro %}

{# Eq. 15: Q = 1 - E. #}
{% macro utility(entropy) -%}
    (1.0 - ({{ entropy }}))
{%- endmacro %}

{#
    Eq. 16: W = Q / sum of Q, the sum over all indicators (overall weight) or over those of one
    dimension (individual weight). Null where no indicator of the sum carries information:
    undefined, not zero.
#}
{% macro weight(utility, total_utility) -%}
    {{ safe_divide(utility, total_utility) }}
{%- endmacro %}

{# Eq. 17 in level form: one indicator's points of an index that runs from 0 to 100, 100 W Y. #}
{% macro contribution(weight, score) -%}
    (100.0 * ({{ weight }}) * ({{ score }}))
{%- endmacro %}

{# Eq. 17 as printed: one indicator's points, 1000 P W. #}
{% macro contribution_eq17(weight, share) -%}
    (1000.0 * ({{ weight }}) * ({{ share }}))
{%- endmacro %}
