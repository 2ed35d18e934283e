-- DuckDB keeps the database's name of what a view unpivots, so that this is none of its tables.
with wide as (
    select * from {{ ref('fct_panel') }}
),

panel as (
    {{ unpivot(
        'wide',
        ['province_code', 'year', 'log_of_zero_variables'],
        'value',
        'variable',
        panel_variables().split(', ')
    ) }}
),

-- A logarithm of zero is coded 0: the step from or to it is no change of anything.
observed as (
    select
        variable,
        province_code,
        year,
        value
    from panel
    where not {{ is_listed('variable', "coalesce(log_of_zero_variables, '')") }}
),

changes as (
    select
        observed.variable,
        observed.province_code,
        observed.year,
        observed.value - previous.value as change
    from observed
    inner join observed as previous
        on
            observed.variable = previous.variable
            and observed.province_code = previous.province_code
            and observed.year = previous.year + 1
)

select
    {{ compared(
        'changes.variable',
        'changes.change',
        '-bounds.high',
        'bounds.high',
        'changes.province_code',
        'changes.year'
    ) }}
from changes
inner join {{ ref('bounds') }} as bounds
    on
        bounds.rule = 'panel_jump'
        and changes.variable = bounds.subject
