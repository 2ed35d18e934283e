with shares as (
    select
        year,
        share_needed,
        {{ safe_divide('1.0 * n_provinces_with_figures', 'n_provinces') }} as share
    from {{ ref('int_index__years') }}
)

select
    {{ compared("'index'", 'share', low='share_needed', year='year') }}
from shares
