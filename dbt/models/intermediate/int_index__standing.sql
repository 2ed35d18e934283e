with dimensions as (
    select * from {{ ref('int_index__dimensions') }}
),

counted as (
    select
        not bool_and(stands) as is_partial,
        cast(sum(n_indicators) as bigint) as n_indicators,
        cast(sum(n_indicators_expected) as bigint) as n_indicators_expected,
        {%- for dimension in dimensions().split(', ') %}
        cast(max(case when dimension = '{{ dimension }}' then n_indicators end) as bigint)
            as n_{{ dimension }},
        {%- endfor %}
        coalesce({{ ordered_list('dimension', ',', 'sort_order', 'stands') }}, '')
            as standing_dimensions,
        {{ ordered_list(
            "dimension || ' (' || n_indicators || ' of ' || n_indicators_expected || ')'",
            ', ',
            'sort_order',
            'not stands'
        ) }} as lacking,
        max(share_needed) as share_needed
    from dimensions
)

select
    is_partial,
    {{ index_variable('not is_partial') }} as index_variable,
    n_indicators,
    n_indicators_expected,
    {%- for dimension in dimensions().split(', ') %}
    n_{{ dimension }},
    {%- endfor %}
    standing_dimensions,
    case
        when is_partial
            then
                n_indicators || ' of ' || n_indicators_expected || ' indicators, and less than '
                || cast(round(100 * share_needed) as integer) || ' % of those of ' || lacking
        else ''
    end as reason
from counted
