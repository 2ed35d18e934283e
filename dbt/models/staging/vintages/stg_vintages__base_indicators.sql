select
    base,
    vintage,
    first_year,
    last_year,
    indicator,
    dimension,
    attribute,
    value_min,
    value_max,
    overall_weight,
    individual_weight
from {{ source('vintages', 'base_indicators') }}
