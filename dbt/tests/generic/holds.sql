{# Fails on each row in which `condition` is false; a row in which it is unknown (null) passes. #}
{% test holds(model, condition) %}
select * from {{ model }}
where not ({{ condition }})
{% endtest %}
