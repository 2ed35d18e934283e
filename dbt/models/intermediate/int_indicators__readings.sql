with items as (
    select
        province_code,
        year,
        {{ item_column('total_profit_100m_yuan') }},
        {{ item_column('main_business_cost_100m_yuan') }},
        {{ item_column('selling_expenses_100m_yuan') }},
        {{ item_column('administrative_expenses_100m_yuan') }},
        {{ item_column('financial_expenses_100m_yuan') }},
        {{ item_column('industrial_value_added_above_scale_100m_yuan') }},
        {{ item_column('industrial_output_100m_yuan') }},
        {{ item_column('new_product_sales_10k_yuan') }},
        {{ item_column('main_business_revenue_100m_yuan') }}
    from {{ ref('int_items__filled') }}
    group by
        province_code,
        year
),

formulas as (
    select
        province_code,
        year,
        {{ percentage(
            'total_profit_yuan',
            'main_business_cost_yuan + selling_expenses_yuan + administrative_expenses_yuan'
            ~ ' + financial_expenses_yuan'
        ) }} as costs_without_taxes,
        {{ percentage(
            'industrial_value_added_above_scale_yuan',
            'industrial_output_yuan'
        ) }} as value_added_above_scale,
        {{ percentage('new_product_sales_yuan', 'industrial_output_yuan') }}
            as new_product_sales_throughout,
        {{ percentage('new_product_sales_yuan', 'main_business_revenue_yuan') }}
            as new_product_sales_in_revenue
    from items
),

long as (
    {{ unpivot(
        'formulas',
        ['province_code', 'year'],
        'value',
        'reading',
        [
            'costs_without_taxes',
            'value_added_above_scale',
            'new_product_sales_throughout',
            'new_product_sales_in_revenue',
        ],
        nulls=true
    ) }}
),

of_the_panel as (
    select
        long.reading,
        readings.indicator,
        long.province_code,
        long.year,
        long.value
    from long
    inner join {{ ref('indicator_readings') }} as readings on long.reading = readings.reading
    inner join {{ ref('int_panel__years') }} as years on long.year = years.year
    where not years.is_opening
)

select * from of_the_panel
