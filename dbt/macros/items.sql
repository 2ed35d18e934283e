{#
    How raw items are read: which edition comes first, unit conversion on the way in, one column
    per item where formulas need them side by side.
#}

{#
    Observations with their value in the item's canonical unit. A mark (no figure) stays, with a
    null value; so does a value whose unit does not measure what the item measures, which a test
    then reports.
#}
{% macro observations_in_canonical_units(where) -%}
with observations as (
    select * from {{ source('raw', 'observations') }}
    where {{ where }}
),

items as (
    select
        items.item_code,
        items.canonical_unit,
        units.measure,
        units.factor
    from {{ ref('items') }} as items
    inner join {{ ref('units') }} as units on items.canonical_unit = units.unit
),

converted as (
    select
        observations.item_code,
        observations.province_code,
        cast(observations.year as integer) as year,
        cast(observations.edition as integer) as edition,
        cast(observations.load_seq as integer) as load_seq,
        observations.dataset,
        observations.yearbook,
        observations.yearbook_table,
        observations.source_file,
        cast(observations.source_row as integer) as source_row,
        observations.source_column,
        observations.value_printed,
        observations.unit_printed,
        observations.mark,
        items.canonical_unit,
        {{ convert_unit('observations.value', 'printed_units.factor', 'items.factor') }} as value,
        observations.footnotes
    from observations
    left join items on observations.item_code = items.item_code
    left join {{ ref('units') }} as printed_units
        on
            observations.unit = printed_units.unit
            and items.measure = printed_units.measure
)

select * from converted
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
