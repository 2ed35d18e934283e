-- Where a reading has a figure in every province-year of the index, the definitions in use give the
-- index itself: the two ways to it do not drift apart.
{{ config(meta={'dagster': {'ref': {'name': 'fct_index_reading'}}}) }}

with in_use as (
    select
        reading,
        province_code,
        year,
        index_value,
        index_rank,
        count(*) over (partition by reading) as n
    from {{ ref('fct_index_reading') }}
    where definition = 'in_use'
),

indexed as (
    select
        province_code,
        year,
        coalesce(ami, ami_partial) as index_value,
        coalesce(ami_rank, ami_partial_rank) as index_rank,
        count(*) over () as n
    from {{ ref('fct_index') }}
    where coalesce(ami, ami_partial) is not null
)

select
    in_use.reading,
    in_use.province_code,
    in_use.year
from in_use
inner join indexed
    on
        in_use.province_code = indexed.province_code
        and in_use.year = indexed.year
        and in_use.n = indexed.n
where
    abs(in_use.index_value - indexed.index_value) > 1e-9
    or in_use.index_rank <> indexed.index_rank
