{#
    Seeds on Spark. What dbt-spark writes of its own breaks on an apostrophe, loads a missing value as the
    text None (dbt-adapters, issue 487) and knows no varchar without a length. To go when it is mended.
#}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set sql -%}
    create table {{ this.render() }} (
        {%- for column in agate_table.column_names %}
        {{ adapter.quote(column) }} {{ spark_seed_type(model, agate_table, column, loop.index0) }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {{ file_format_clause() }}
    {{ location_clause() }}
    {%- endset -%}
    {%- do run_query(sql) -%}
    {{ return(sql) }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set sql -%}
    insert into {{ this.render() }} values
    {%- for row in agate_table.rows %}
        (
        {%- for value in row -%}
            cast({{ spark_literal(value) }} as {{ spark_seed_type(model, agate_table, agate_table.column_names[loop.index0], loop.index0) }})
            {{- ', ' if not loop.last }}
        {%- endfor -%}
        ){{ ',' if not loop.last }}
    {%- endfor %}
    {%- endset -%}
    {%- if agate_table.rows -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endif -%}
    {{ return(sql) }}
{%- endmacro %}

{% macro spark_seed_type(model, agate_table, column, index) -%}
    {%- set type = model['config'].get('column_types', {}).get(column, adapter.convert_type(agate_table, index)) -%}
    {{ 'string' if type == 'varchar' else type }}
{%- endmacro %}

{% macro spark_literal(value) -%}
    {%- if value is none -%} null
    {%- else -%} '{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}
