-- Seed `formula_inputs` names exactly the indicators and the variables computed from raw items.
{{ config(meta={'dagster': {'ref': {'name': 'formula_inputs'}}}) }}

with computed as (
    select indicator as subject
    from {{ ref('indicators') }}
    union
    select variable as subject
    from {{ ref('variables') }}
    where role not in ('index', 'partial_index', 'dimension')
),

named as (
    select distinct subject
    from {{ ref('formula_inputs') }}
)

select
    computed.subject as computed_subject,
    named.subject as named_subject
from computed
full join named on computed.subject = named.subject
where
    computed.subject is null
    or named.subject is null
