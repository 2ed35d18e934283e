{%- set published = ref('published_descriptives') -%}

with limits as (
    {{ limits_in_force() | indent(4) }}
),

-- The row of `*` holds for every item that has none of its own.
other_items as (
    select
        limits.rule,
        items.item_code as subject,
        limits.low,
        limits.high
    from limits
    cross join {{ ref('items') }} as items
    left join limits as own
        on
            limits.rule = own.rule
            and items.item_code = own.subject
    where
        limits.rule in ('item_value', 'item_jump', 'national_order', 'national_gap')
        and limits.subject = '*'
        and own.rule is null
),

-- Table 3 as printed; its limits are relative to what it prints.
table_3 as (
    select
        limits.rule,
        published.variable as subject,
        case limits.rule
            when 'table_3_mean' then published.mean * (1 + limits.low)
            when 'table_3_sd' then published.sd * (1 + limits.low)
            when 'table_3_print' then published.min + limits.low
            else published.min + limits.low * (published.max - published.min)
        end as low,
        case limits.rule
            when 'table_3_mean' then published.mean * (1 + limits.high)
            when 'table_3_sd' then published.sd * (1 + limits.high)
            when 'table_3_print' then published.max + limits.high
            else published.max + limits.high * (published.max - published.min)
        end as high
    from limits
    cross join {{ published }} as published
    where left(limits.rule, 8) = 'table_3_'
),

combined as (
    select
        rule,
        subject,
        low,
        high
    from limits
    where subject <> '*'
    union all
    select * from other_items
    union all
    select * from table_3
),

-- The demo is held to what it was calibrated to, official figures to what is plausible.
panel as (
    select
        'panel_range' as rule,
        subject,
        low,
        high
    from combined
    where rule = {% if var('dataset') == 'demo' %}'table_3_range'{% else %}'panel_value'{% endif %}
)

select * from combined
union all
select * from panel
