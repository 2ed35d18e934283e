with ranks as (
    select
        province_code,
        year,
        rank() over (partition by year order by coalesce(ami, ami_partial) desc) as index_rank
    from {{ ref('int_index__wide') }}
    where coalesce(ami, ami_partial) is not null
)

select
    index_sample.province_code,
    provinces.province,
    index_sample.year,
    {%- for name in index_variables().split(', ') %}
    index_values.{{ name }},
    {%- endfor %}
    index_values.ami_eq17,
    case when index_values.ami is not null then ranks.index_rank end as ami_rank,
    case when index_values.ami_partial is not null then ranks.index_rank end as ami_partial_rank,
    index_sample.n_indicators,
    index_sample.n_indicators_expected,
    coalesce(index_years.is_provisional, false) as is_provisional,
    coalesce(index_values.is_interpolated, false) as is_interpolated
from {{ ref('int_index__sample') }} as index_sample
inner join {{ ref('provinces') }} as provinces
    on index_sample.province_code = provinces.province_code
left join {{ ref('int_index__wide') }} as index_values
    on
        index_sample.province_code = index_values.province_code
        and index_sample.year = index_values.year
left join {{ ref('int_index__years') }} as index_years
    on index_sample.year = index_years.year
left join ranks
    on
        index_sample.province_code = ranks.province_code
        and index_sample.year = ranks.year
order by
    index_sample.province_code,
    index_sample.year
