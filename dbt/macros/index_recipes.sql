{#
    Other recipes of the index, beside eq. 11-17 (index.sql). Every argument is a SQL expression.
    Each has its twin in analysis/trial; a test holds the two to each other.
#}

{% macro signed(value, attribute) -%}
    (case when {{ attribute }} = 'negative' then -({{ value }}) else ({{ value }}) end)
{%- endmacro %}

{% macro t_score(value, mean, standard_deviation, attribute) -%}
    (case
        when ({{ value }}) is null then null
        when {{ standard_deviation }} <= 1e-9 * abs({{ mean }}) then 0.5
        else
            0.5
            + 0.1 * {{ signed(safe_divide(value ~ ' - ' ~ mean, standard_deviation), attribute) }}
    end)
{%- endmacro %}

{% macro goalpost(value, low, high, attribute) -%}
    least(greatest({{ minmax(value, low, high, attribute) }}, 0.0), 1.0)
{%- endmacro %}

{% macro score_floor() -%} 0.01 {%- endmacro %}

{% macro weighted_arithmetic(score, weight) -%}
    {{ safe_divide('sum(' ~ weight ~ ' * ' ~ score ~ ')', 'sum(' ~ weight ~ ')') }}
{%- endmacro %}

{% macro weighted_geometric(score, weight) -%}
    exp({{ weighted_arithmetic('ln(greatest(' ~ score ~ ', ' ~ score_floor() ~ '))', weight) }})
{%- endmacro %}

{% macro weighted_harmonic(score, weight) -%}
    {{ safe_divide(
        '1.0',
        weighted_arithmetic('(1.0 / greatest(' ~ score ~ ', ' ~ score_floor() ~ '))', weight)
    ) }}
{%- endmacro %}
