-- A view: the vintage of a refresh is kept after its marts have passed their gate.
{{ config(materialized='view') }}

select
    estimates.vintage,
    vintages.published_at,
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
from {{ ref('stg_vintages__estimates') }} as estimates
inner join {{ ref('stg_vintages__vintages') }} as vintages
    on estimates.vintage = vintages.vintage
order by
    estimates.vintage,
    estimates.{{ adapter.quote('table') }},
    estimates.{{ adapter.quote('column') }},
    estimates.sample,
    estimates.outcome,
    estimates.term
