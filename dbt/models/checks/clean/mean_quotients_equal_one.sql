-- DuckDB keeps the database's name of what a view unpivots, so that this is none of its tables.
with wide_quotients as (
    select * from {{ ref('int_agglomeration__quotients') }}
),

wide_employment as (
    select * from {{ ref('int_agglomeration__employment') }}
),

quotients as (
    {{ unpivot(
        'wide_quotients',
        ['province_code', 'year', 'employment_base'],
        'value',
        'quotient',
        ['magglo', 'psagglo']
    ) }}
),

employment as (
    {{ unpivot(
        'wide_employment',
        ['province_code', 'year'],
        'employed',
        'employment_base',
        ['whole_society', 'urban_units']
    ) }}
),

-- The shares of the provinces in a sector add up to one, and so does the mean of the quotients.
means as (
    select
        quotients.quotient || ' ' || quotients.employment_base as subject,
        quotients.year,
        sum(quotients.value * employment.employed) / sum(employment.employed) as mean
    from quotients
    inner join employment
        on
            quotients.province_code = employment.province_code
            and quotients.year = employment.year
            and quotients.employment_base = employment.employment_base
    group by
        quotients.quotient,
        quotients.employment_base,
        quotients.year
)

select
    {{ compared(
        'subject',
        'mean',
        '1 - ' ~ exactness_of_shares(),
        '1 + ' ~ exactness_of_shares(),
        year='year'
    ) }}
from means
