{% macro option(name) -%}
    {%- set value = var(name) | string -%}
    {%- set allowed = var('allowed_values')[name] -%}
    {%- if value not in allowed -%}
        {{ exceptions.raise_compiler_error(
            "var " ~ name ~ " is '" ~ value ~ "'; expected one of: " ~ allowed | join(', ')
        ) }}
    {%- endif -%}
    {{ value }}
{%- endmacro %}
