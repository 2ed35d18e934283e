-- All inputs are there and yet no value: a zero denominator, a logarithm of a loss, a year without
-- exchange rate.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_indicators__values'}}}) }}

with computed as (
    select
        province_code,
        year,
        indicator as subject,
        value
    from {{ ref('int_indicators__values') }}
    union all
    select
        province_code,
        year,
        variable as subject,
        value
    from {{ ref('int_variables__values') }}
)

select
    computed.subject,
    computed.province_code,
    computed.year
from computed
inner join {{ ref('int_formulas__flags') }} as flags
    on
        computed.subject = flags.subject
        and computed.province_code = flags.province_code
        and computed.year = flags.year
where computed.value is null
