select
    {{ compared('subject', 'n_across_breaks', high='0') }}
from {{ ref('fct_coverage') }}
