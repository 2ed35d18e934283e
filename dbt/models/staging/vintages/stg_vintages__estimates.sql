select
    vintage,
    "table",
    "column",
    sample,
    outcome,
    term,
    estimate,
    std_error,
    p_value,
    lower,
    upper,
    n_clusters
from {{ source('vintages', 'estimates') }}
