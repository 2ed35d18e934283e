{#
    Lists of names as SQL writes them, to be taken apart by split(', ') where each is a column.
#}

{# The dimensions of the index, in the order of the paper. #}
{% macro dimensions() -%}
    amt, amm, amw, gam, ame
{%- endmacro %}

{# The variables of the panel: those of Table 3, and then those of the robustness checks. #}
{% macro panel_variables() -%}
    ami, {{ dimensions() }}, coagglo, pdgp, fdi, hcl, gov, inv, str, inf, uic, mi, icc, eg, center, coagglo_urban
{%- endmacro %}
