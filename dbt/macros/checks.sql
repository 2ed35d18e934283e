{#
    What models/checks share. A check compares figures with bounds: one row for each figure, and
    `is_outside` says of which the rule is broken.
#}

{% macro compared(subject, value, low='null', high='null', province_code='null', year='null') -%}
    cast({{ subject }} as string) as subject,
    cast({{ province_code }} as string) as province_code,
    cast({{ year }} as integer) as year,
    cast({{ value }} as double) as value,
    cast({{ low }} as double) as low,
    cast({{ high }} as double) as high,
    coalesce({{ value }} < {{ low }}, false) or coalesce({{ value }} > {{ high }}, false)
        as is_outside
{%- endmacro %}

{% macro exactness_of_shares() -%} 1e-9 {%- endmacro %}
{% macro exactness_of_points() -%} 1e-6 {%- endmacro %}

{% macro items_in_order(severity) -%}
with orders as (
    select * from {{ ref('item_orders') }}
    where severity = '{{ severity }}'
),

sides as (
    {%- for side in ['smaller', 'larger'] %}
    select
        smaller,
        larger,
        '{{ side }}' as side,
        length({{ side }}) - length(replace({{ side }}, '+', '')) + 1 as n_items,
        {{ parts_of(side, ' + ') }} as item_code
    from orders
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- A sum of which an item is missing is no sum.
sums as (
    select
        sides.smaller,
        sides.larger,
        sides.side,
        items.province_code,
        items.year,
        sum(items.base_value) as total
    from sides
    inner join {{ ref('int_items__filled') }} as items on sides.item_code = items.item_code
    where items.fill_method = 'observed'
    group by
        sides.smaller,
        sides.larger,
        sides.side,
        sides.n_items,
        items.province_code,
        items.year
    having count(items.base_value) = sides.n_items
),

pairs as (
    select
        smaller,
        larger,
        province_code,
        year,
        max(case when side = 'smaller' then total end) as smaller_total,
        max(case when side = 'larger' then total end) as larger_total
    from sums
    group by
        smaller,
        larger,
        province_code,
        year
),

-- A part of nothing is more than it may be, whatever the factor.
shares as (
    select
        pairs.smaller || ' / ' || pairs.larger as subject,
        pairs.province_code,
        pairs.year,
        case
            when pairs.larger_total = 0 and pairs.smaller_total > 0 then cast('inf' as double)
            else {{ safe_divide('pairs.smaller_total', 'pairs.larger_total') }}
        end as share,
        orders.factor
    from pairs
    inner join orders
        on
            pairs.smaller = orders.smaller
            and pairs.larger = orders.larger
)

select
    {{ compared(
        'subject', 'share', high='factor', province_code='province_code', year='year'
    ) }}
from shares
where share is not null
{%- endmacro %}

{% macro sums_against_the_nation(rule) -%}
with provinces as (
    select count(*) as n_provinces from {{ ref('provinces') }}
),

sums as (
    select reconciliation.*
    from {{ ref('int_items__national_reconciliation') }} as reconciliation
    inner join provinces on reconciliation.n_provinces = provinces.n_provinces
)

select
    {{ compared(
        'sums.item_code', 'sums.relative_difference', 'bounds.low', 'bounds.high', year='sums.year'
    ) }}
from sums
inner join {{ ref('bounds') }} as bounds
    on
        bounds.rule = '{{ rule }}'
        and sums.item_code = bounds.subject
{%- endmacro %}

{% macro weights_sum_to_one(weight, subject) -%}
with weights as (
    select distinct
        {{ subject }} as subject,
        year,
        indicator,
        {{ weight }} as weight
    from {{ ref('fct_indicator_score') }}
    where {{ weight }} is not null
),

sums as (
    select
        subject,
        year,
        sum(weight) as total
    from weights
    group by
        subject,
        year
)

select
    {{ compared(
        'subject',
        'total',
        '1 - ' ~ exactness_of_shares(),
        '1 + ' ~ exactness_of_shares(),
        year='year'
    ) }}
from sums
{%- endmacro %}

{% macro contributions_add_up(indices, contribution, subject) -%}
with points as (
    select
        {{ subject }} as subject,
        province_code,
        year,
        {{ contribution }} as points
    from {{ ref('fct_indicator_score') }}
),

contributions as (
    select
        subject,
        province_code,
        year,
        sum(points) as total
    from points
    group by
        subject,
        province_code,
        year
),

-- DuckDB keeps the database's name of what a view unpivots, so that this is none of its tables.
wide as (
    select * from {{ ref('fct_index') }}
),

index_values as (
    {{ unpivot(
        'wide',
        ['province_code', 'year'],
        'value',
        'subject',
        indices.split(', ')
    ) | indent(4) }}
),

gaps as (
    select
        index_values.subject,
        index_values.province_code,
        index_values.year,
        coalesce(contributions.total, 0) - index_values.value as gap
    from index_values
    left join contributions
        on
            index_values.subject = contributions.subject
            and index_values.province_code = contributions.province_code
            and index_values.year = contributions.year
)

select
    {{ compared(
        'subject',
        'gap',
        '-' ~ exactness_of_points(),
        exactness_of_points(),
        'province_code',
        'year'
    ) }}
from gaps
{%- endmacro %}

{% macro coverage_kept(least) -%}
with cells as (
    select
        earlier.subject,
        earlier.n_expected - earlier.n_missing as n_before,
        earlier.status = 'complete' as was_complete,
        coalesce(coverage.n_expected - coverage.n_missing, 0) as n
    from {{ ref('stg_published__coverage') }} as earlier
    left join {{ ref('fct_coverage') }} as coverage
        on
            earlier.kind = coverage.kind
            and earlier.subject = coverage.subject
),

-- Whether an index stands, and by which name, follows from its indicators, which are compared here.
not_standing as (
    select variables.variable
    from {{ ref('variables') }} as variables
    cross join {{ ref('dim_index_standing') }} as standing
    where
        variables.role in ('index', 'partial_index', 'dimension')
        and variables.variable <> standing.index_variable
        and not {{ is_listed('variables.variable', 'standing.standing_dimensions') }}
)

select
    {{ compared('cells.subject', 'cells.n', least) }}
from cells
left join not_standing on cells.subject = not_standing.variable
where
    cells.n_before > 0
    and not_standing.variable is null
{%- endmacro %}

{% macro indicators_within_bounds(condition) -%}
with indicator_values as (
    select * from {{ ref('int_indicators__values') }}
    where
        value is not null
        and {{ condition }}
)

select
    {{ compared(
        'indicator_values.indicator',
        'indicator_values.value',
        'bounds.low',
        'bounds.high',
        'indicator_values.province_code',
        'indicator_values.year'
    ) }}
from indicator_values
inner join {{ ref('bounds') }} as bounds
    on
        bounds.rule = 'indicator_value'
        and indicator_values.indicator = bounds.subject
{%- endmacro %}
