with limits as (
    {{ limits_in_force() | indent(4) }}
),

provinces as (
    select count(distinct province_code) as n_provinces
    from {{ ref('int_index__wide') }}
),

-- What is carried to a year from another is no figure of it; what lies between two figures counts.
counted as (
    select
        year,
        count(distinct province_code) filter (where not is_edge_filled) as n_provinces_with_figures
    from {{ ref('int_index__wide') }}
    group by year
)

select
    counted.year,
    counted.n_provinces_with_figures,
    provinces.n_provinces,
    limits.low as share_needed,
    counted.n_provinces_with_figures < limits.low * provinces.n_provinces as is_provisional
from counted
cross join provinces
inner join limits
    on
        limits.rule = 'index_minimum'
        and limits.subject = 'provinces'
