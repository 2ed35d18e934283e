{#
    Fails unless every value of each column in `columns` meets every value of the others exactly
    once: 31 provinces x T years, without holes or doubles.
#}
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
