{#
    How raw items are read: which load and which edition counts, which cell a correction or a known
    wrong figure names, one column per item where formulas need them side by side.
#}

{% macro still_counts() -%}
    {%- if option('edition_policy') == 'first_published' -%} true
    {%- else -%} not is_superseded
    {%- endif -%}
{%- endmacro %}

{% macro correction_names_cell(corrections, cells) -%}
    {%- for column in ['dataset', 'item_code', 'province_code', 'year', 'edition'] -%}
    {{ corrections }}.{{ column }} = {{ cells }}.{{ column }}
    and {% endfor -%}
    {{ printed_text(corrections ~ '.value_as_printed') }}
    = {{ printed_text(cells ~ '.value_printed') }}
{%- endmacro %}

{% macro is_known_wrong(known_wrong, cells) -%}
    {%- for column in ['item_code', 'province_code', 'year'] -%}
    {{ known_wrong }}.{{ column }} = {{ cells }}.{{ column }}
    and {% endfor -%}
    {{ cells }}.dataset <> 'demo'
    and {{ cells }}.value between {{ known_wrong }}.wrong_from and {{ known_wrong }}.wrong_to
{%- endmacro %}

{% macro printed_text(text) -%}
    coalesce(trim({{ text }}), '')
{%- endmacro %}

{% macro edition_order() -%}
    {%- if option('edition_policy') == 'first_published' -%} edition asc, load_seq asc
    {%- else -%} edition desc, load_seq desc
    {%- endif -%}
{%- endmacro %}

{% macro item_column(item_code) -%}
    max(case when item_code = '{{ item_code }}' then base_value end)
        as {{ item_code | replace('_100m_', '_') | replace('_10k_', '_') }}
{%- endmacro %}
