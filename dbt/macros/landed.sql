{% macro refuse_unless_landed() %}
    {#- Seeds and other packages need no raw cells. -#}
    {%- set ours = namespace(need_them=false) -%}
    {%- for unique_id in selected_resources -%}
        {%- if '.' ~ project_name ~ '.' in unique_id and not unique_id.startswith('seed.') -%}
            {%- set ours.need_them = true -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if execute and ours.need_them and not adapter.get_relation(target.database, 'raw', 'files') -%}
        {%- set dataset = '' if var('dataset') == 'demo' else ' --dataset ' ~ var('dataset') -%}
        {{ exceptions.raise_compiler_error(
            'No yearbook file has been landed in ' ~ target.path ~ ' yet. Run this first: ami land' ~ dataset
        ) }}
    {%- endif -%}
{% endmacro %}
