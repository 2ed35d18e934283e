with observed as (
    select max(year) as newest_year from {{ ref('int_items__preferred') }}
),

bounds as (
    select
        {{ var('first_year') }} as first_year,
        coalesce({{ var('last_year') or 'null' }}, newest_year) as last_year
    from observed
),

years as (
    select
        first_year,
        {{ series('first_year - 1', 'last_year') }} as year
    from bounds
),

marked as (
    select
        cast(year as integer) as year,
        year < first_year as is_opening
    from years
)

select * from marked
