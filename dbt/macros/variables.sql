{#
    The variables by which wide tables name their columns. A model is compiled before any seed can be
    read, so they are listed here and held to the seed `variables` by a test.
#}

{# The index and its dimensions, in the order of Table 3. #}
{% macro index_variables() -%}
    {{ return(['ami'] + dimensions()) }}
{%- endmacro %}

{% macro dimensions() -%}
    {{ return(['amt', 'amm', 'amw', 'gam', 'ame']) }}
{%- endmacro %}

{# Every variable of the panel. #}
{% macro panel_variables() -%}
    {{ return(
        index_variables()
        + ['coagglo', 'pdgp', 'fdi', 'hcl', 'gov', 'inv', 'str', 'inf', 'uic', 'mi', 'icc']
        + ['eg', 'center', 'coagglo_urban']
    ) }}
{%- endmacro %}
