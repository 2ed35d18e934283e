{#
    Arithmetic that several formulas share. Every argument is a SQL expression; a missing input
    gives a missing result. Formulas of the paper are in index.sql and agglomeration.sql.
#}

{# numerator / denominator; null where the denominator is zero or missing. #}
{% macro safe_divide(numerator, denominator) -%}
    (({{ numerator }}) / nullif({{ denominator }}, 0))
{%- endmacro %}

{# numerator as a percentage of denominator. #}
{% macro percentage(numerator, denominator) -%}
    (100.0 * {{ safe_divide(numerator, denominator) }})
{%- endmacro %}

{# Natural logarithm; null where it is not defined. #}
{% macro log_positive(value) -%}
    (case when ({{ value }}) > 0 then ln({{ value }}) end)
{%- endmacro %}

{# Natural logarithm, with that of zero set to 0 as Table 3 prints it (minimum 0.00); null below. #}
{% macro log_or_zero(value) -%}
    (case when ({{ value }}) = 0 then 0.0 when ({{ value }}) > 0 then ln({{ value }}) end)
{%- endmacro %}

{# Mean of a stock at the start and at the end of the year. #}
{% macro mean_of_year(opening, closing) -%}
    ((({{ opening }}) + ({{ closing }})) / 2.0)
{%- endmacro %}

{# The straight line through (x_0, y_0) and (x_1, y_1), read off at x: between them or beyond. #}
{% macro interpolate(x, x_0, y_0, x_1, y_1) -%}
    (
        ({{ y_0 }})
        + (({{ y_1 }}) - ({{ y_0 }})) * (({{ x }}) - ({{ x_0 }})) / (({{ x_1 }}) - ({{ x_0 }}))
    )
{%- endmacro %}

{# A value in another unit of the same measure; factors are to the base unit (seed `units`). #}
{% macro convert_unit(value, from_factor, to_factor) -%}
    (({{ value }}) * ({{ from_factor }}) / ({{ to_factor }}))
{%- endmacro %}

{#
    Mean years of schooling (hcl): population by attained level, weighted by 0, 6, 9, 12 and 16
    years. 0 where every count is zero, flagged like a logarithm of zero.
#}
{% macro mean_schooling_years(no_schooling, primary, junior, senior, college) -%}
    {%- set population = [no_schooling, primary, junior, senior, college] | join(' + ') -%}
    (case
        when {{ population }} = 0 then 0.0
        else
            (6.0 * {{ primary }} + 9.0 * {{ junior }} + 12.0 * {{ senior }} + 16.0 * {{ college }})
            / ({{ population }})
    end)
{%- endmacro %}
