{% test balanced(model, columns) %}
with counted as (
    select
        count(*) as n_rows,
        {% for column in columns -%}
            count(distinct {{ column }}) {{- ' * ' if not loop.last }}
        {% endfor -%} as n_cells
    from {{ model }}
)

select * from counted
where n_rows <> n_cells
{% endtest %}
