{#
    Lists of names as SQL writes them, to be taken apart by split(', ') where each is a column. A model
    is compiled before any seed can be read: a test holds them to the seed `variables`.
#}

{% macro dimensions() -%}
    amt, amm, amw, gam, ame
{%- endmacro %}

{% macro index_variables() -%}
    ami, ami_partial, {{ dimensions() }}
{%- endmacro %}

{% macro panel_variables() -%}
    {{ index_variables() }}, coagglo, pdgp, fdi, hcl, gov, inv, str, inf, uic, mi, icc, eg, center, coagglo_urban, eg_pair
{%- endmacro %}

{% macro index_variable(stands) -%}
    (case when {{ stands }} then 'ami' else 'ami_partial' end)
{%- endmacro %}
