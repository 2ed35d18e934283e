with agglomeration as (
    select
        province_code,
        year,
        case employment_base when 'whole_society' then 'coagglo' else 'coagglo_urban' end
            as variable,
        coagglo as value
    from {{ ref('int_agglomeration__quotients') }}
    union all
    select
        province_code,
        year,
        'eg' as variable,
        eg as value
    from {{ ref('int_agglomeration__concentration') }}
    union all
    select
        province_code,
        year,
        'eg_pair' as variable,
        eg_pair as value
    from {{ ref('int_agglomeration__pairwise') }}
),

flagged as (
    select
        agglomeration.province_code,
        agglomeration.year,
        agglomeration.variable,
        agglomeration.value,
        flags.is_interpolated,
        flags.is_edge_filled,
        flags.is_bridged,
        flags.max_gap_length
    from agglomeration
    left join {{ ref('int_formulas__flags') }} as flags
        on
            agglomeration.variable = flags.subject
            and agglomeration.province_code = flags.province_code
            and agglomeration.year = flags.year
)

select * from flagged
