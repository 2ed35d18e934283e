select
    kind,
    subject,
    n_expected,
    n_missing,
    status
from {{ source('published', 'coverage') }}
