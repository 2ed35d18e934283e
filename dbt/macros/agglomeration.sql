{#
    Industrial agglomeration, eq. 18-22. Every argument is a SQL expression.
#}

{# Eq. 18-19: a province's share in a sector's employment over its share in total employment. #}
{% macro location_quotient(sector, national_sector, employment, national_employment) -%}
    {{ safe_divide(
        safe_divide(sector, national_sector),
        safe_divide(employment, national_employment)
    ) }}
{%- endmacro %}

{# Eq. 20: high where both sectors are concentrated, and alike. #}
{% macro coagglo(magglo, psagglo) -%}
    (
        1.0
        - {{ safe_divide('abs(' ~ magglo ~ ' - ' ~ psagglo ~ ')', magglo ~ ' + ' ~ psagglo) }}
        + abs({{ magglo }} + {{ psagglo }})
    )
{%- endmacro %}

{#
    Eq. 22, province term: H_k = s_k^2 - 1/n, s_k the province's share in national employment of
    the sector, n the number of provinces. The printed sum over k would give one value a year.
#}
{% macro concentration(share, n_provinces) -%}
    (({{ share }}) * ({{ share }}) - 1.0 / ({{ n_provinces }}))
{%- endmacro %}

{#
    Eq. 21: what the two sectors' joint concentration has beyond their own; w_i and w_j are the
    national shares of manufacturing and of producer services in the employment of both.
#}
{% macro ellison_glaeser(h_both, h_manufacturing, h_producer_services, w_i, w_j) -%}
    {{ safe_divide(
        h_both ~ ' - (' ~ h_manufacturing ~ ' * ' ~ w_i ~ ' * ' ~ w_i
        ~ ' + ' ~ h_producer_services ~ ' * ' ~ w_j ~ ' * ' ~ w_j ~ ')',
        '1.0 - (' ~ w_i ~ ' * ' ~ w_i ~ ' + ' ~ w_j ~ ' * ' ~ w_j ~ ')'
    ) }}
{%- endmacro %}
