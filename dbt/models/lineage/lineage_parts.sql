{#- What agglomeration is made of: figure, part, and what the formula calls it if it is an item. -#}
{%- set composed = [('eg', 'employed_manufacturing_10k_persons', 'employed_manufacturing')] -%}
{%- for suffix, employed in [('', 'employed'), ('_urban', 'employed_urban')] -%}
    {%- for quotient, sector, input in [
        ('magglo', 'employed_manufacturing_10k_persons', 'employed_manufacturing'),
        ('psagglo', 'producer_services', ''),
    ] -%}
        {%- do composed.extend([
            ('coagglo' ~ suffix, quotient ~ suffix, ''),
            (quotient ~ suffix, sector, input),
            (quotient ~ suffix, employed ~ '_10k_persons', employed),
        ]) -%}
{%- endfor -%}
    {%- do composed.extend([
        ('magglo' ~ suffix, 'national_manufacturing' ~ suffix, ''),
        ('magglo' ~ suffix, 'national_employment' ~ suffix, ''),
        ('psagglo' ~ suffix, 'national_producer_services' ~ suffix, ''),
        ('psagglo' ~ suffix, 'national_employment' ~ suffix, ''),
    ]) -%}
{%- endfor -%}
{%- do composed.extend([
    ('eg', 'producer_services', ''),
    ('eg', 'national_manufacturing_eg', ''),
    ('eg', 'national_producer_services_eg', ''),
    ('eg_pair', 'magglo_urban', ''),
    ('eg_pair', 'psagglo_urban', ''),
    ('eg_pair', 'national_employment_urban', ''),
    ('icc', 'yuan_per_usd', ''),
]) -%}

with indicator_values as (
    select
        indicators.indicator,
        indicators.dimension,
        indicators.sort_order,
        indicator_values.province_code,
        indicator_values.year,
        indicator_values.value,
        count(indicator_values.value) over (partition by indicators.indicator) > 0 as is_available
    from {{ ref('int_indicators__values') }} as indicator_values
    inner join {{ ref('indicators') }} as indicators
        on indicator_values.indicator = indicators.indicator
),

-- Of a province and year outside the index sample, what keeps it out rather than all that it has.
of_the_index as (
    select
        indicator_values.indicator,
        indicator_values.dimension,
        indicator_values.sort_order,
        indicator_values.province_code,
        indicator_values.year
    from indicator_values
    inner join {{ ref('int_index__sample') }} as index_sample
        on
            indicator_values.province_code = index_sample.province_code
            and indicator_values.year = index_sample.year
    where
        indicator_values.is_available
        and (index_sample.is_in_sample or indicator_values.value is null)
),

indices as (
    select
        names.variable as figure,
        of_the_index.province_code,
        of_the_index.year,
        min(of_the_index.sort_order) as position,
        of_the_index.dimension as part,
        of_the_index.province_code as part_province_code,
        of_the_index.year as part_year,
        null as input,
        null as note
    from of_the_index
    cross join {{ ref('variables') }} as names
    where names.role in ('index', 'partial_index')
    group by
        names.variable,
        of_the_index.province_code,
        of_the_index.year,
        of_the_index.dimension
    union all
    select
        dimension as figure,
        province_code,
        year,
        sort_order as position,
        indicator as part,
        province_code as part_province_code,
        year as part_year,
        null as input,
        null as note
    from of_the_index
),

composed as (
    {%- for figure, part, input in composed %}
    select
        '{{ figure }}' as figure,
        {{ 1000 + loop.index }} as position,
        '{{ part }}' as part,
        '{{ input }}' as input
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- These are the same in every province and year.
everywhere as (
    select
        composed.figure,
        province_years.province_code,
        province_years.year,
        composed.position,
        composed.part,
        case
            when left(composed.part, 9) = 'national_' or composed.part = 'yuan_per_usd'
                then '{{ var("national_code") }}'
            else province_years.province_code
        end as part_province_code,
        province_years.year as part_year,
        nullif(composed.input, '') as input,
        null as note
    from composed
    cross join {{ ref('int_index__sample') }} as province_years
),

-- A quotient is defined where both sectors are known: one without a value may lack the other.
lacking as (
    {%- for quotient, sector, part in [
        ('magglo', 'producer_services', 'producer_services'),
        ('psagglo', 'manufacturing', 'employed_manufacturing_10k_persons'),
    ] %}
    select
        '{{ quotient }}' || case employment_base when 'urban_units' then '_urban' else '' end
            as figure,
        province_code,
        year,
        2000 as position,
        '{{ part }}' as part,
        province_code as part_province_code,
        year as part_year,
        null as input,
        null as note
    from {{ ref('int_agglomeration__quotients') }}
    where {{ sector }} is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

summed as (
    select
        total as figure,
        '{{ var("national_code") }}' as province_code,
        year,
        cast(province_code as integer) as position,
        part,
        province_code as part_province_code,
        year as part_year,
        null as input,
        null as note
    from {{ ref('lineage_totals') }}
    where is_summed
),

alternatives as (
    select
        subject,
        input,
        priority,
        string_agg(item_code, ', ') over (
            partition by subject, input
            order by priority
            rows between unbounded preceding and 1 preceding
        ) as tried_before,
        string_agg(item_code, ', ') over (
            partition by subject, input
            order by priority
            rows between unbounded preceding and unbounded following
        ) as offered,
        count(*) over (partition by subject, input) as n_offered,
        cast(position as bigint) as position
    from {{ ref('formula_inputs') }}
),

-- The six sectors of agglomeration are parts of what stands between; PS is the sum of five.
inputs as (
    select
        case inputs.subject when 'eg' then 'producer_services' else inputs.subject end as figure,
        inputs.province_code,
        inputs.year,
        alternatives.position,
        inputs.item_code as part,
        inputs.province_code as part_province_code,
        inputs.item_year as part_year,
        inputs.input,
        case
            when inputs.value is null and alternatives.n_offered > 1
                then 'nor has any of ' || alternatives.offered || ' a figure'
            when alternatives.tried_before is not null
                then 'in the place of ' || alternatives.tried_before || ', without a figure here'
        end as note
    from {{ ref('int_formulas__inputs') }} as inputs
    inner join alternatives
        on
            inputs.subject = alternatives.subject
            and inputs.input = alternatives.input
            and inputs.priority = alternatives.priority
    where
        inputs.subject not in ('coagglo', 'coagglo_urban', 'eg_pair')
        and not (inputs.subject = 'eg' and inputs.input = 'employed_manufacturing')
)

select * from indices
union all
select * from everywhere
union all
select * from lacking
union all
select * from summed
union all
select * from inputs
