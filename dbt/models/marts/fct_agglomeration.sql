with whole_society as (
    select * from {{ ref('int_agglomeration__quotients') }}
    where employment_base = 'whole_society'
),

urban_units as (
    select * from {{ ref('int_agglomeration__quotients') }}
    where employment_base = 'urban_units'
),

concentration as (
    select * from {{ ref('int_agglomeration__concentration') }}
),

pairwise as (
    select * from {{ ref('int_agglomeration__pairwise') }}
),

interpolated as (
    select
        province_code,
        year,
        bool_or(value is not null and is_interpolated) as is_interpolated,
        max(case when variable = 'coagglo' and value is not null then max_gap_length end)
            as coagglo_gap_length
    from {{ ref('int_agglomeration__values') }}
    group by
        province_code,
        year
),

breaks_of_coagglo as (
    select distinct
        province_code,
        year,
        break_year
    from {{ ref('int_formulas__breaks') }}
    where subject = 'coagglo'
),

crossed as (
    select
        province_code,
        year,
        {{ ordered_list('cast(break_year as string)', ',', 'break_year') }} as break_years
    from breaks_of_coagglo
    group by
        province_code,
        year
)

select
    whole_society.province_code,
    provinces.province,
    whole_society.year,
    whole_society.magglo,
    whole_society.psagglo,
    whole_society.coagglo,
    urban_units.coagglo as coagglo_urban,
    concentration.eg,
    concentration.eg_h_manufacturing,
    concentration.eg_h_producer_services,
    concentration.eg_h_both,
    concentration.share_manufacturing,
    concentration.share_producer_services,
    pairwise.eg_pair,
    interpolated.is_interpolated,
    interpolated.coagglo_gap_length,
    coalesce(crossed.break_years, '') as coagglo_breaks
from whole_society
inner join {{ ref('provinces') }} as provinces
    on whole_society.province_code = provinces.province_code
inner join urban_units
    on
        whole_society.province_code = urban_units.province_code
        and whole_society.year = urban_units.year
inner join concentration
    on
        whole_society.province_code = concentration.province_code
        and whole_society.year = concentration.year
inner join pairwise
    on
        whole_society.province_code = pairwise.province_code
        and whole_society.year = pairwise.year
inner join interpolated
    on
        whole_society.province_code = interpolated.province_code
        and whole_society.year = interpolated.year
left join crossed
    on
        whole_society.province_code = crossed.province_code
        and whole_society.year = crossed.year
order by
    whole_society.province_code,
    whole_society.year
