with items as (
    select
        province_code,
        year,
        {{ item_column('employed_manufacturing_10k_persons') }},
        {{ item_column('employed_transport_10k_persons') }},
        {{ item_column('employed_it_10k_persons') }},
        {{ item_column('employed_finance_10k_persons') }},
        {{ item_column('employed_leasing_business_10k_persons') }},
        {{ item_column('employed_research_10k_persons') }},
        {{ item_column('employed_10k_persons') }},
        {{ item_column('employed_urban_10k_persons') }}
    from {{ ref('int_items__filled') }}
    group by
        province_code,
        year
),

employment as (
    select
        items.province_code,
        items.year,
        items.employed_manufacturing_persons as manufacturing,
        items.employed_transport_persons
        + items.employed_it_persons
        + items.employed_finance_persons
        + items.employed_leasing_business_persons
        + items.employed_research_persons as producer_services,
        items.employed_persons as whole_society,
        items.employed_urban_persons as urban_units
    from items
    inner join {{ ref('int_panel__years') }} as years on items.year = years.year
    where not years.is_opening
)

select * from employment
