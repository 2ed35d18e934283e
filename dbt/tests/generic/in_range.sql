{% test in_range(model, column_name, minimum=none, maximum=none, tolerance=0) %}
select * from {{ model }}
where
    false
    {% if minimum is not none %}or {{ column_name }} < {{ minimum }} - {{ tolerance }}{% endif %}
    {% if maximum is not none %}or {{ column_name }} > {{ maximum }} + {{ tolerance }}{% endif %}
{% endtest %}
