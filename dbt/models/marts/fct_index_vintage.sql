-- A view: the vintage of a refresh is kept after its marts have passed their gate.
{{ config(materialized='view') }}

select
    vintages.vintage,
    vintages.published_at,
    index_values.province_code,
    provinces.province,
    index_values.year,
    index_values.variable,
    index_values.value,
    case
        when index_values.value is not null then rank() over (
            partition by index_values.vintage, index_values.variable, index_values.year
            order by index_values.value desc nulls last
        )
    end as value_rank
from {{ ref('stg_vintages__index_values') }} as index_values
inner join {{ ref('stg_vintages__vintages') }} as vintages
    on index_values.vintage = vintages.vintage
inner join {{ ref('provinces') }} as provinces
    on index_values.province_code = provinces.province_code
order by
    vintages.vintage,
    index_values.variable,
    index_values.province_code,
    index_values.year
