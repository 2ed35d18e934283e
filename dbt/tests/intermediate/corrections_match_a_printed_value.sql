-- A correction that finds its text in no cell of its dataset is stale: the source was corrected, or
-- was never loaded.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_items__preferred'}}}) }}

with observations as (
    select * from {{ ref('stg_raw__observations') }}
),

datasets as (
    select distinct dataset
    from observations
)

select
    corrections.dataset,
    corrections.item_code,
    corrections.province_code,
    corrections.year,
    corrections.edition,
    corrections.value_as_printed
from {{ ref('corrections') }} as corrections
inner join datasets on corrections.dataset = datasets.dataset
left join observations
    on
        corrections.dataset = observations.dataset
        and corrections.item_code = observations.item_code
        and corrections.province_code = observations.province_code
        and corrections.year = observations.year
        and corrections.edition = observations.edition
        and corrections.value_as_printed = trim(observations.value_printed)
where observations.item_code is null
