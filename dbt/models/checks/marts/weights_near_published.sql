with limits as (
    {{ limits_in_force() | indent(4) }}
),

gaps as (
    select
        indicator,
        overall_weight - published_overall_weight as gap
    from {{ ref('dim_indicator') }}
)

select
    {{ compared('gaps.indicator', 'gaps.gap', 'limits.low', 'limits.high') }}
from gaps
inner join limits on limits.rule = 'table_2_weight'
