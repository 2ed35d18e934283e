{#
    Lists of names as SQL writes them, to be taken apart by split(', ') where each is a column.
#}

{% macro dimensions() -%}
    amt, amm, amw, gam, ame
{%- endmacro %}

{% macro panel_variables() -%}
    ami, {{ dimensions() }}, coagglo, pdgp, fdi, hcl, gov, inv, str, inf, uic, mi, icc, eg, center, coagglo_urban
{%- endmacro %}
