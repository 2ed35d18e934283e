with provinces as (
    select * from {{ ref('provinces') }}
)

select
    province_code,
    province,
    province_zh,
    province_zh_full,
    region,
    has_national_cluster
from provinces
order by province_code
