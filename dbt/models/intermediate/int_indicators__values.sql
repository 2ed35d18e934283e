with items as (
    select
        province_code,
        year,
        {{ item_column('new_product_output_10k_yuan') }},
        {{ item_column('new_product_sales_10k_yuan') }},
        {{ item_column('industrial_output_100m_yuan') }},
        {{ item_column('enterprises_with_rd_institutions_count') }},
        {{ item_column('enterprises_count') }},
        {{ item_column('rd_expenditure_10k_yuan') }},
        {{ item_column('rd_own_funds_10k_yuan') }},
        {{ item_column('rd_personnel_persons') }},
        {{ item_column('rd_personnel_highly_educated_persons') }},
        {{ item_column('rd_personnel_fte_person_years') }},
        {{ item_column('main_business_revenue_100m_yuan') }},
        {{ item_column('main_business_cost_100m_yuan') }},
        {{ item_column('main_business_taxes_100m_yuan') }},
        {{ item_column('main_business_profit_100m_yuan') }},
        {{ item_column('selling_expenses_100m_yuan') }},
        {{ item_column('administrative_expenses_100m_yuan') }},
        {{ item_column('financial_expenses_100m_yuan') }},
        {{ item_column('interest_expenses_100m_yuan') }},
        {{ item_column('operating_profit_100m_yuan') }},
        {{ item_column('total_profit_100m_yuan') }},
        {{ item_column('vat_payable_100m_yuan') }},
        {{ item_column('inventories_100m_yuan') }},
        {{ item_column('total_assets_100m_yuan') }},
        {{ item_column('total_liabilities_100m_yuan') }},
        {{ item_column('owners_equity_100m_yuan') }},
        {{ item_column('industrial_value_added_100m_yuan') }},
        {{ item_column('employed_10k_persons') }},
        {{ item_column('employed_manufacturing_10k_persons') }},
        {{ item_column('average_wage_manufacturing_yuan') }},
        {{ item_column('wastewater_discharged_10k_tonnes') }},
        {{ item_column('wastewater_compliant_10k_tonnes') }},
        {{ item_column('so2_emitted_10k_tonnes') }},
        {{ item_column('so2_compliant_10k_tonnes') }},
        {{ item_column('pm_emitted_10k_tonnes') }},
        {{ item_column('pm_compliant_10k_tonnes') }},
        {{ item_column('solid_waste_generated_10k_tonnes') }},
        {{ item_column('solid_waste_utilised_10k_tonnes') }},
        {{ item_column('solid_waste_earlier_stocks_utilised_10k_tonnes') }}
    from {{ ref('int_items__filled') }}
    group by
        province_code,
        year
),

-- The grid is complete, so the row before is the year before.
with_opening_stocks as (
    select
        *,
        lag(inventories_yuan) over (partition by province_code order by year)
            as opening_inventories_yuan,
        lag(total_assets_yuan) over (partition by province_code order by year)
            as opening_total_assets_yuan,
        lag(owners_equity_yuan) over (partition by province_code order by year)
            as opening_owners_equity_yuan
    from items
),

formulas as (
    select
        province_code,
        year,
        {{ percentage(
            'coalesce(new_product_output_yuan, new_product_sales_yuan)',
            'industrial_output_yuan'
        ) }} as new_product_share,
        {{ percentage('enterprises_with_rd_institutions_count', 'enterprises_count') }}
            as rd_institution_share,
        {{ percentage('rd_expenditure_yuan', 'main_business_revenue_yuan') }} as rd_intensity,
        {{ percentage('rd_own_funds_yuan', 'rd_expenditure_yuan') }} as rd_self_funding_share,
        {{ safe_divide(
            'main_business_cost_yuan',
            mean_of_year('opening_inventories_yuan', 'inventories_yuan')
        ) }} as inventory_turnover,
        {{ percentage(
            'total_profit_yuan',
            'main_business_cost_yuan + selling_expenses_yuan + administrative_expenses_yuan'
            ~ ' + financial_expenses_yuan + main_business_taxes_yuan'
        ) }} as cost_profit_ratio,
        {{ percentage('total_liabilities_yuan', 'owners_equity_yuan') }} as equity_ratio,
        {{ percentage('total_liabilities_yuan', 'total_assets_yuan') }} as debt_asset_ratio,
        {{ percentage(
            'total_profit_yuan + main_business_taxes_yuan + vat_payable_yuan'
            ~ ' + interest_expenses_yuan',
            mean_of_year('opening_total_assets_yuan', 'total_assets_yuan')
        ) }} as asset_contribution_rate,
        {{ log_positive('employed_manufacturing_persons') }} as log_manufacturing_employment,
        {{ log_positive('average_wage_manufacturing_yuan') }} as log_average_wage,
        {{ percentage('rd_personnel_highly_educated_persons', 'rd_personnel_persons') }}
            as rd_high_educated_share,
        {{ percentage('rd_personnel_fte_person_years', 'employed_persons') }} as rd_personnel_share,
        {{ percentage('wastewater_compliant_tonnes', 'wastewater_discharged_tonnes') }}
            as wastewater_compliance,
        {{ percentage('so2_compliant_tonnes', 'so2_emitted_tonnes') }} as so2_compliance,
        {{ percentage('pm_compliant_tonnes', 'pm_emitted_tonnes') }} as pm_compliance,
        {{ percentage(
            'solid_waste_utilised_tonnes',
            'solid_waste_generated_tonnes + solid_waste_earlier_stocks_utilised_tonnes'
        ) }} as solid_waste_utilisation,
        {{ percentage('owners_equity_yuan', 'opening_owners_equity_yuan') }}
            as capital_preservation_rate,
        {{ percentage('industrial_value_added_yuan', 'industrial_output_yuan') }}
            as value_added_rate,
        {{ percentage('operating_profit_yuan', 'main_business_revenue_yuan') }}
            as operating_profit_share,
        {{ log_positive('main_business_profit_yuan') }} as log_main_business_profit
    from with_opening_stocks
),

long as (
    {{ unpivot(
        'formulas',
        ['province_code', 'year'],
        'value',
        'indicator',
        [
            'new_product_share',
            'rd_institution_share',
            'rd_intensity',
            'rd_self_funding_share',
            'inventory_turnover',
            'cost_profit_ratio',
            'equity_ratio',
            'debt_asset_ratio',
            'asset_contribution_rate',
            'log_manufacturing_employment',
            'log_average_wage',
            'rd_high_educated_share',
            'rd_personnel_share',
            'wastewater_compliance',
            'so2_compliance',
            'pm_compliance',
            'solid_waste_utilisation',
            'capital_preservation_rate',
            'value_added_rate',
            'operating_profit_share',
            'log_main_business_profit',
        ],
        nulls=true
    ) }}
),

flagged as (
    select
        long.province_code,
        long.year,
        long.indicator,
        long.value,
        long.value is not null and flags.is_interpolated as is_interpolated,
        long.value is not null and flags.is_edge_filled as is_edge_filled,
        long.value is not null and flags.is_bridged as is_bridged,
        case when long.value is not null then flags.max_gap_length end as max_gap_length
    from long
    inner join {{ ref('int_panel__years') }} as years on long.year = years.year
    left join {{ ref('int_formulas__flags') }} as flags
        on
            long.indicator = flags.subject
            and long.province_code = flags.province_code
            and long.year = flags.year
    where not years.is_opening
)

select * from flagged
