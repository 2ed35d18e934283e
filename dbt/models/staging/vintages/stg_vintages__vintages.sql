select
    vintage,
    published_at,
    first_year,
    last_year,
    edition_policy,
    edge_fill,
    index_scope,
    n_indicators,
    base,
    last_load_seq,
    recipe,
    fingerprint
from {{ source('vintages', 'vintages') }}
