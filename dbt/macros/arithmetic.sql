{#
    Arithmetic that several formulas share. Every argument is a SQL expression; a missing input
    gives a missing result. Formulas of the paper are in index.sql and agglomeration.sql.
#}

{% macro safe_divide(numerator, denominator) -%}
    (({{ numerator }}) / nullif({{ denominator }}, 0))
{%- endmacro %}

{% macro percentage(numerator, denominator) -%}
    (100.0 * {{ safe_divide(numerator, denominator) }})
{%- endmacro %}

{% macro log_positive(value) -%}
    (case when ({{ value }}) > 0 then ln({{ value }}) end)
{%- endmacro %}

{% macro log_or_zero(value) -%}
    (case when ({{ value }}) = 0 then 0.0 when ({{ value }}) > 0 then ln({{ value }}) end)
{%- endmacro %}

{% macro mean_of_year(opening, closing) -%}
    ((({{ opening }}) + ({{ closing }})) / 2.0)
{%- endmacro %}

{% macro interpolate(x, x_0, y_0, x_1, y_1) -%}
    (
        ({{ y_0 }})
        + (({{ y_1 }}) - ({{ y_0 }})) * (({{ x }}) - ({{ x_0 }})) / (({{ x_1 }}) - ({{ x_0 }}))
    )
{%- endmacro %}

{% macro convert_unit(value, from_factor, to_factor) -%}
    (({{ value }}) * ({{ from_factor }}) / ({{ to_factor }}))
{%- endmacro %}

{% macro mean_schooling_years(no_schooling, primary, junior, senior, college) -%}
    {%- set population = [no_schooling, primary, junior, senior, college] | join(' + ') -%}
    (case
        when {{ population }} = 0 then 0.0
        else
            (6.0 * {{ primary }} + 9.0 * {{ junior }} + 12.0 * {{ senior }} + 16.0 * {{ college }})
            / ({{ population }})
    end)
{%- endmacro %}
