select
    base,
    reason,
    set_at
from {{ source('vintages', 'bases') }}
