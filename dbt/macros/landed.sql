{% macro refuse_unless_landed() %}
    {#- Seeds and other packages need no raw cells. -#}
    {%- set ours = namespace(need_them=false) -%}
    {%- for unique_id in selected_resources -%}
        {%- if '.' ~ project_name ~ '.' in unique_id and not unique_id.startswith('seed.') -%}
            {%- set ours.need_them = true -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if execute and ours.need_them and not adapter.get_relation(target.database, 'raw', 'files') -%}
        {%- if target.type != 'duckdb' -%}
            {{ exceptions.raise_compiler_error(
                'There is no table raw.files in target ' ~ target.name ~ ' yet: docs/engines.md says how raw cells come there.'
            ) }}
        {%- endif -%}
        {%- set dataset = '' if var('dataset') == 'demo' else ' --dataset ' ~ var('dataset') -%}
        {{ exceptions.raise_compiler_error(
            'No yearbook file has been landed in ' ~ target.path ~ ' yet. Run this first: ami land' ~ dataset
        ) }}
    {%- endif -%}
{% endmacro %}
