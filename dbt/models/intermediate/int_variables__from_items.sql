with items as (
    select
        province_code,
        year,
        {{ item_column('gdp_100m_yuan') }},
        {{ item_column('gdp_per_capita_yuan') }},
        {{ item_column('tertiary_value_added_100m_yuan') }},
        {{ item_column('fdi_10k_usd') }},
        {{ item_column('population_no_schooling_persons') }},
        {{ item_column('population_primary_persons') }},
        {{ item_column('population_junior_secondary_persons') }},
        {{ item_column('population_senior_secondary_persons') }},
        {{ item_column('population_college_persons') }},
        {{ item_column('budget_expenditure_100m_yuan') }},
        {{ item_column('fixed_investment_100m_yuan') }},
        {{ item_column('post_telecom_100m_yuan') }},
        {{ item_column('invention_patents_granted_count') }},
        {{ item_column('robot_imports_84795010_10k_usd') }},
        {{ item_column('robot_imports_84795090_10k_usd') }},
        {{ item_column('robot_imports_84864031_10k_usd') }},
        {{ item_column('manufacturing_trade_10k_usd') }},
        {{ item_column('manufacturing_fdi_10k_usd') }},
        {{ item_column('manufacturing_contracted_projects_10k_usd') }},
        {{ item_column('innovation_centres_count') }}
    from {{ ref('int_items__filled') }}
    group by
        province_code,
        year
),

panel as (
    select
        items.*,
        exchange_rates.yuan_per_usd
    from items
    inner join {{ ref('int_panel__years') }} as years on items.year = years.year
    left join {{ ref('exchange_rates') }} as exchange_rates
        on items.year = exchange_rates.year
    where not years.is_opening
),

formulas as (
    select
        province_code,
        year,
        {{ log_positive('gdp_per_capita_yuan') }} as pdgp,
        {{ log_or_zero('fdi_usd') }} as fdi,
        {{ mean_schooling_years(
            'population_no_schooling_persons',
            'population_primary_persons',
            'population_junior_secondary_persons',
            'population_senior_secondary_persons',
            'population_college_persons'
        ) }} as hcl,
        {{ log_or_zero('budget_expenditure_yuan') }} as gov,
        {{ log_or_zero('fixed_investment_yuan') }} as inv,
        {{ percentage('tertiary_value_added_yuan', 'gdp_yuan') }} as str,
        {{ log_positive('post_telecom_yuan') }} as inf,
        invention_patents_granted_count / 1e4 as uic,
        (robot_imports_84795010_usd + robot_imports_84795090_usd + robot_imports_84864031_usd) / 1e6
            as mi,
        {{ safe_divide(
            '(manufacturing_trade_usd + manufacturing_fdi_usd'
            ~ ' + manufacturing_contracted_projects_usd) * yuan_per_usd',
            'gdp_yuan'
        ) }} as icc,
        innovation_centres_count as center
    from panel
),

long as (
    {{ unpivot(
        'formulas',
        ['province_code', 'year'],
        'value',
        'variable',
        [
            'pdgp',
            'fdi',
            'hcl',
            'gov',
            'inv',
            'str',
            'inf',
            'uic',
            'mi',
            'icc',
            'center',
        ],
        nulls=true
    ) }}
),

flagged as (
    select
        long.province_code,
        long.year,
        long.variable,
        long.value,
        long.value is not null and flags.is_interpolated as is_interpolated,
        long.value is not null and flags.is_edge_filled as is_edge_filled,
        long.value is not null and flags.is_bridged as is_bridged,
        case when long.value is not null then flags.max_gap_length end as max_gap_length,
        -- A logarithm is 0 only for one yuan or dollar, which no table prints: 0 codes none.
        coalesce(long.variable in ('fdi', 'hcl', 'gov', 'inv') and long.value = 0, false)
            as is_log_of_zero
    from long
    left join {{ ref('int_formulas__flags') }} as flags
        on
            long.variable = flags.subject
            and long.province_code = flags.province_code
            and long.year = flags.year
)

select * from flagged
