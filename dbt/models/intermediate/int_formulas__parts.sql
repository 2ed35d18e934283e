select
    subject,
    subject as part
from {{ ref('formula_inputs') }}
union
select
    dimension as subject,
    indicator as part
from {{ ref('indicators') }}
union
select
    'ami' as subject,
    indicator as part
from {{ ref('indicators') }}
