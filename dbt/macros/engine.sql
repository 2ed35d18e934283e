{#
    What DuckDB, PostgreSQL and Spark write differently, by dispatch: the default is DuckDB's. No model
    knows which engine it runs on. Every argument is a SQL expression, but for names and separators.
#}

{#- Types go by the names that DuckDB and Spark share; PostgreSQL is taught them. -#}
{% macro types_of_engine() -%}
    {{ adapter.dispatch('types_of_engine')() }}
{%- endmacro %}

{% macro default__types_of_engine() -%}
{%- endmacro %}

{% macro postgres__types_of_engine() -%}
    create schema if not exists {{ target.schema }};
    {%- for name, type in {'double': 'double precision', 'string': 'text'}.items() %}
    do $$ begin
        create domain {{ target.schema }}.{{ name }} as {{ type }};
    exception when duplicate_object then null;
    end $$;
    {%- endfor %}
{%- endmacro %}


{#- After each table. DuckDB and Spark look at what they read; PostgreSQL plans by what it was told. -#}
{% macro gather_statistics() -%}
    {{ adapter.dispatch('gather_statistics')() }}
{%- endmacro %}

{% macro default__gather_statistics() -%}
{%- endmacro %}

{% macro postgres__gather_statistics() -%}
    {%- if model.config.materialized != 'view' -%} analyze {{ this }} {%- endif -%}
{%- endmacro %}


{% macro series(first, last) -%}
    {{ adapter.dispatch('series')(first, last) }}
{%- endmacro %}

{% macro default__series(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}

{% macro postgres__series(first, last) -%}
    generate_series({{ first }}, {{ last }})
{%- endmacro %}

{% macro spark__series(first, last) -%}
    explode(sequence({{ first }}, {{ last }}))
{%- endmacro %}


{% macro parts_of(list, separator) -%}
    {{ adapter.dispatch('parts_of')(list, separator) }}
{%- endmacro %}

{% macro default__parts_of(list, separator) -%}
    unnest(string_split({{ list }}, '{{ separator }}'))
{%- endmacro %}

{% macro postgres__parts_of(list, separator) -%}
    unnest(string_to_array({{ list }}, '{{ separator }}'))
{%- endmacro %}

{#- Spark splits by a regular expression, in which \Q and \E quote. -#}
{% macro spark__parts_of(list, separator) -%}
    explode(split({{ list }}, r'\Q{{ separator }}\E'))
{%- endmacro %}


{% macro ordered_list(text, separator, order, condition=none) -%}
    {{ adapter.dispatch('ordered_list')(text, separator, order) }}
    {%- if condition %} filter (where {{ condition }}){% endif %}
{%- endmacro %}

{% macro default__ordered_list(text, separator, order) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order }})
{%- endmacro %}

{% macro spark__ordered_list(text, separator, order) -%}
    string_agg({{ text }}, '{{ separator }}') within group (order by {{ order }})
{%- endmacro %}


{% macro ordered_sum(value, order) -%}
    {{ adapter.dispatch('ordered_sum')(value, order) }}
{%- endmacro %}

{% macro default__ordered_sum(value, order) -%}
    sum({{ value }} order by {{ order }})
{%- endmacro %}

{% macro spark__ordered_sum(value, order) -%}
    aggregate(
        array_sort(collect_list(struct({{ order }} as place, {{ value }} as term))),
        cast(null as double),
        (total, each) -> coalesce(total + each.term, each.term, total)
    )
{%- endmacro %}


{% macro unpivot(relation, kept, value, name, columns, nulls=false) -%}
    {{ adapter.dispatch('unpivot')(relation, kept, value, name, columns, nulls) }}
{%- endmacro %}

{#- Spark's own words, too. -#}
{% macro default__unpivot(relation, kept, value, name, columns, nulls) -%}
    select
        {{ (kept + [name, value]) | join(',\n        ') }}
    from {{ relation }}
    unpivot {{ 'include nulls ' if nulls }}(
        {{ value }} for {{ name }} in (
            {{ columns | join(',\n            ') }}
        )
    )
{%- endmacro %}

{% macro postgres__unpivot(relation, kept, value, name, columns, nulls) -%}
    select
        {%- for column in kept %}
        {{ relation }}.{{ column }},
        {%- endfor %}
        unpivoted.{{ name }},
        unpivoted.{{ value }}
    from {{ relation }}
    cross join lateral (
        values
        {%- for column in columns %}
        ('{{ column }}', {{ relation }}.{{ column }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as unpivoted ({{ name }}, {{ value }})
    {%- if not nulls %}
    where unpivoted.{{ value }} is not null
    {%- endif %}
{%- endmacro %}


{% macro json_object(members) -%}
    {{ adapter.dispatch('json_object')(members) }}
{%- endmacro %}

{% macro default__json_object(members) -%}
    to_json({ {%- for name, value in members.items() %}
        '{{ name }}': {{ value }}{{ ',' if not loop.last }}
    {%- endfor %}
    })
{%- endmacro %}

{% macro postgres__json_object(members) -%}
    json_build_object(
    {%- for name, value in members.items() %}
        '{{ name }}', {{ value }}{{ ',' if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}

{% macro spark__json_object(members) -%}
    to_json(
        named_struct(
        {%- for name, value in members.items() %}
            '{{ name }}', {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}


{#- As a member of a JSON object. -#}
{% macro json_by_name(name, value, condition) -%}
    {{ adapter.dispatch('json_by_name')(name, value, condition) }}
{%- endmacro %}

{% macro default__json_by_name(name, value, condition) -%}
    map_from_entries(coalesce(
        list(struct_pack(name := {{ name }}, value := {{ value }}) order by {{ name }})
        filter (where {{ condition }}),
        []
    ))
{%- endmacro %}

{% macro postgres__json_by_name(name, value, condition) -%}
    coalesce(
        json_object_agg({{ name }}, {{ value }} order by {{ name }}) filter (where {{ condition }}),
        '{}'
    )
{%- endmacro %}

{% macro spark__json_by_name(name, value, condition) -%}
    map_from_entries(array_sort(
        collect_list(struct({{ name }}, {{ value }})) filter (where {{ condition }})
    ))
{%- endmacro %}


{#- Known to all engines. -#}
{% macro is_listed(text, list) -%}
    (position(',' || {{ text }} || ',' in ',' || {{ list }} || ',') > 0)
{%- endmacro %}
