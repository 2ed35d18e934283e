with published as (
    select * from {{ ref('published_descriptives') }}
),

computed as (
    select
        variable,
        count(value) as obs,
        avg(value) as mean,
        stddev_samp(value) as sd,
        min(value) as min,
        max(value) as max
    from {{ ref('int_variables__values') }}
    group by variable
)

select
    variables.variable,
    variables.variable_label,
    variables.unit,
    variables.sort_order,
    coalesce(computed.obs, 0) as obs,
    computed.mean,
    computed.sd,
    computed.min,
    computed.max,
    published.obs as published_obs,
    published.mean as published_mean,
    published.sd as published_sd,
    published.min as published_min,
    published.max as published_max
from {{ ref('variables') }} as variables
inner join published on variables.variable = published.variable
left join computed on variables.variable = computed.variable
order by variables.sort_order
