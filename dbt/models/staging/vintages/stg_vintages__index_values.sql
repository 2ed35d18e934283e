select
    vintage,
    province_code,
    year,
    variable,
    value
from {{ source('vintages', 'index_values') }}
