{#
    Industrial agglomeration, eq. 18-22, and the pairwise index beside them. Every argument is a
    SQL expression.
#}

{% macro location_quotient(sector, national_sector, employment, national_employment) -%}
    {{ safe_divide(
        safe_divide(sector, national_sector),
        safe_divide(employment, national_employment)
    ) }}
{%- endmacro %}

{% macro coagglo(magglo, psagglo) -%}
    (
        1.0
        - {{ safe_divide('abs(' ~ magglo ~ ' - ' ~ psagglo ~ ')', magglo ~ ' + ' ~ psagglo) }}
        + abs({{ magglo }} + {{ psagglo }})
    )
{%- endmacro %}

{% macro concentration(share, n_provinces) -%}
    (({{ share }}) * ({{ share }}) - 1e0 / ({{ n_provinces }}))
{%- endmacro %}

{% macro ellison_glaeser(h_both, h_manufacturing, h_producer_services, w_i, w_j) -%}
    {{ safe_divide(
        h_both ~ ' - (' ~ h_manufacturing ~ ' * ' ~ w_i ~ ' * ' ~ w_i
        ~ ' + ' ~ h_producer_services ~ ' * ' ~ w_j ~ ' * ' ~ w_j ~ ')',
        '1.0 - (' ~ w_i ~ ' * ' ~ w_i ~ ' + ' ~ w_j ~ ' * ' ~ w_j ~ ')'
    ) }}
{%- endmacro %}

{% macro pairwise_ellison_glaeser(magglo, psagglo, sum_squared_shares) -%}
    {{ safe_divide(
        '(' ~ magglo ~ ' - 1.0) * (' ~ psagglo ~ ' - 1.0)',
        '1.0 - ' ~ sum_squared_shares
    ) }}
{%- endmacro %}
