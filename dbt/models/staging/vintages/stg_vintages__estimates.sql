select
    estimates.vintage,
    estimates.{{ adapter.quote('table') }},
    estimates.{{ adapter.quote('column') }},
    estimates.sample,
    estimates.outcome,
    estimates.term,
    estimates.estimate,
    estimates.std_error,
    estimates.p_value,
    estimates.lower,
    estimates.upper,
    estimates.n_clusters
from {{ source('vintages', 'estimates') }} as estimates
