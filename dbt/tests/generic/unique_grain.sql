{% test unique_grain(model, columns) %}
{%- set names = [] -%}
{%- for column in columns %}{% do names.append(adapter.quote(column)) %}{% endfor %}
select
    {{ names | join(', ') }},
    count(*) as n_rows
from {{ model }}
group by {{ names | join(', ') }}
having count(*) > 1
{% endtest %}
