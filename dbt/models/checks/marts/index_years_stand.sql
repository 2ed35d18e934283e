with shares as (
    select
        year,
        share_needed,
        {{ safe_divide('cast(n_provinces_with_figures as double)', 'n_provinces') }} as share
    from {{ ref('int_index__years') }}
)

select
    {{ compared("'index'", 'share', low='share_needed', year='year') }}
from shares
