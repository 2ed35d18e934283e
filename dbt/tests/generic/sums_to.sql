{% test sums_to(model, column_name, total, group_by=[], tolerance=1e-9) %}
select
    {% for column in group_by -%} {{ column }}, {% endfor %}
    sum({{ column_name }}) as actual,
    {{ total }} as expected
from {{ model }}
{% if group_by -%} group by {{ group_by | join(', ') }} {%- endif %}
having abs(sum({{ column_name }}) - ({{ total }})) > {{ tolerance }}
{% endtest %}
