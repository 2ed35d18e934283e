{%- set sectors = {
    'manufacturing': 'employed_manufacturing_10k_persons',
    'producer_services': 'producer_services',
    'employment': none,
} -%}

-- The three sets of provinces over which eq. 18 to 22 sum: with P of whole society, with P of urban
-- units, and, for eg, without P.
with summed as (
    select
        province_code,
        year,
        case employment_base when 'whole_society' then '' else '_urban' end as suffix,
        case employment_base
            when 'whole_society' then 'employed_10k_persons'
            else 'employed_urban_10k_persons'
        end as employment_item,
        manufacturing,
        producer_services,
        employment,
        national_manufacturing,
        national_producer_services,
        national_employment,
        manufacturing is not null
        and producer_services is not null
        and employment is not null as is_summed
    from {{ ref('int_agglomeration__quotients') }}
    union all
    select
        employment.province_code,
        employment.year,
        '_eg' as suffix,
        null as employment_item,
        employment.manufacturing,
        employment.producer_services,
        null as employment,
        concentration.national_manufacturing,
        concentration.national_producer_services,
        null as national_employment,
        employment.manufacturing is not null
        and employment.producer_services is not null as is_summed
    from {{ ref('int_agglomeration__employment') }} as employment
    inner join {{ ref('int_agglomeration__concentration') }} as concentration
        on
            employment.province_code = concentration.province_code
            and employment.year = concentration.year
),

totals as (
    {%- for sector, item in sectors.items() %}
    select
        'national_{{ sector }}' || suffix as total,
        '{{ sector | replace('_', ' ') }}' as sector,
        province_code,
        year,
        {% if item %}'{{ item }}'{% else %}employment_item{% endif %} as part,
        {{ sector }} as persons,
        national_{{ sector }} as national_persons,
        is_summed
    from summed
    {%- if not item %}
    where employment_item is not null
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from totals
