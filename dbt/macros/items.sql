{#
    How raw items are read: which load and which edition counts, which cell a correction or a known
    wrong figure names, one column per item where formulas need them side by side.
#}

{#
    Whether a figure still counts. A file that was loaded again with other content speaks anew of
    every item and year it covers, also by leaving a cell out; as first published, what it said
    before counts.
#}
{% macro still_counts() -%}
    {%- if option('edition_policy') == 'first_published' -%} true
    {%- else -%} not is_superseded
    {%- endif -%}
{%- endmacro %}

{# Whether a row of seed `corrections` names a printed cell: by its key and by its text. #}
{% macro correction_names_cell(corrections, cells) -%}
    {%- for column in ['dataset', 'item_code', 'province_code', 'year', 'edition'] -%}
    {{ corrections }}.{{ column }} = {{ cells }}.{{ column }}
    and {% endfor -%}
    {{ printed_text(corrections ~ '.value_as_printed') }}
    = {{ printed_text(cells ~ '.value_printed') }}
{%- endmacro %}

{#
    Whether a row of seed `known_wrong_figures` is about a figure: a number in the row's range, in the
    item's unit. A wrong figure is handed on in other formats, units and roundings; the right one lies
    outside the range. A figure of the demo is in a range by chance.
#}
{% macro is_known_wrong(known_wrong, cells) -%}
    {%- for column in ['item_code', 'province_code', 'year'] -%}
    {{ known_wrong }}.{{ column }} = {{ cells }}.{{ column }}
    and {% endfor -%}
    {{ cells }}.dataset <> 'demo'
    and {{ cells }}.value between {{ known_wrong }}.wrong_from and {{ known_wrong }}.wrong_to
{%- endmacro %}

{# A printed text to be compared with a seed: outer blanks do not count, and a seed holds null for
    the empty text. `yearbooks.accepted.printed_text` compares alike. #}
{% macro printed_text(text) -%}
    coalesce(trim({{ text }}), '')
{%- endmacro %}

{# The order in which editions of one cell are preferred (var `edition_policy`). #}
{% macro edition_order() -%}
    {%- if option('edition_policy') == 'first_published' -%} edition asc, load_seq asc
    {%- else -%} edition desc, load_seq desc
    {%- endif -%}
{%- endmacro %}

{#
    One item as a column, in the base unit of its measure, to be used under `group by
    province_code, year`. The column is the item code without its power of ten: gdp_100m_yuan
    becomes gdp_yuan.
#}
{% macro item_column(item_code) -%}
    max(case when item_code = '{{ item_code }}' then base_value end)
        as {{ item_code | replace('_100m_', '_') | replace('_10k_', '_') }}
{%- endmacro %}
