-- A correction that finds its text in no cell of its dataset that still counts is stale: the source
-- was corrected, or was never loaded, or prints the text in several cells, of which none lands.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'corrections'}}}) }}

with observations as (
    select * from {{ ref('int_observations__converted') }}
    where
        province_code <> '{{ var("national_code") }}'
        and {{ still_counts() }}
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
left join observations on {{ correction_names_cell('corrections', 'observations') }}
where observations.item_code is null
