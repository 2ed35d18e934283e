"""The queries of a revision, over the states that `counterfactuals` has left in memory."""

from ami.counterfactuals import CELLS, STEPS

# A part smaller than this, relative to the figure or to 1, is rounding of floating-point sums.
ROUNDING = 1e-12


def _is_cell(which: str) -> str:
    """Whether a row of raw is the cell that an input was read from."""
    keys = ("load_seq", "source_sheet", "source_row", "source_column")
    return " and ".join(f"{which}_raw.{key} = changes.{which}_cell.{key}" for key in keys)


INPUTS = f"""
with changes as (
    select
        item_code,
        province_code,
        year,
        case
            when composing_items.item_code is not null then 'changed_composition'
            when before.item_code is not null and arrived.item_code is not null
                then 'revised_input'
            when judged.item_code is not null then 'revised_input'
            when arrived.year > last_years.last_year then 'new_year'
            else 'new_coverage'
        end as cause,
        before as old_cell,
        arrived as new_cell
    from cells_before as before
    full join cells_arrived as arrived using (item_code, province_code, year)
    left join last_years using (item_code)
    left join judged using (item_code, province_code, year)
    left join composing_items using (item_code)
    union all
    select
        item_code,
        province_code,
        year,
        'changed_option' as cause,
        arrived as old_cell,
        after as new_cell
    from cells_arrived as arrived
    full join {CELLS} as after using (item_code, province_code, year)
)

select
    changes.cause,
    changes.item_code,
    items.label_en as item,
    items.canonical_unit as unit,
    changes.province_code,
    provinces.province,
    changes.year,
    changes.old_cell.value_used as old_value,
    changes.new_cell.value_used as new_value,
    changes.old_cell.edition as old_edition,
    changes.new_cell.edition as new_edition,
    old_raw.edition_printed as old_edition_printed,
    new_raw.edition_printed as new_edition_printed,
    changes.old_cell.source_file as old_file,
    changes.new_cell.source_file as new_file,
    changes.new_cell.source_sheet as new_sheet,
    changes.new_cell.source_row as new_row,
    changes.new_cell.source_column as new_column,
    changes.new_cell.value_printed as new_printed
from changes
left join warehouse.raw.observations as old_raw on {_is_cell("old")}
left join warehouse.raw.observations as new_raw on {_is_cell("new")}
left join reference.items as items on changes.item_code = items.item_code
left join reference.provinces as provinces on changes.province_code = provinces.province_code
where changes.old_cell.value_used is distinct from changes.new_cell.value_used
order by
    array_position({list(STEPS)}, changes.cause),
    changes.item_code,
    changes.province_code,
    changes.year
"""


def _raw(step: int) -> str:
    """Value and rank after a step."""
    return (
        f"max(value) filter (step = {step}) as v{step}, "
        f"max(position) filter (step = {step}) as r{step}"
    )


def _carried(step: int, name: str) -> str:
    """Value (v) or rank (r) after a step, as it was before where it is missing or only rounded."""
    now, before = f"{name}{step}", f"c{name}{step - 1}"
    return (
        f"case when abs({now} - {before}) <= {ROUNDING} * greatest(1, abs({now})) then {before} "
        f"else coalesce({now}, {before}) end as c{now}"
    )


def _parts(name: str, prefix: str) -> str:
    """By how much each step moves a value (v) or rank (r)."""
    return ", ".join(
        f"case when is_there then c{name}{step} - c{name}{step - 1} end as {prefix}{cause}"
        for step, cause in enumerate(STEPS, start=1)
    )


_LAST = len(STEPS)
_EACH = [(step, name) for step in range(1, _LAST + 1) for name in "vr"]
_MOVED = " or ".join(f"c{name}{step} <> c{name}{step - 1}" for step, name in _EACH)
# The last step that changes whether there is a value.
_TURNING = " ".join(
    f"when (v{step} is null) <> (v{step - 1} is null) then '{STEPS[step - 1]}'"
    for step in range(_LAST, 0, -1)
)
# Values and ranks after each step, side by side, and the parts of their changes. A figure that is
# missing after a step moves by nothing in it: the step after which it is there again takes the
# whole way. So the parts add up wherever there is a change. What is only rounding moves nothing.
VALUES = f"""
with ranked as (
    select
        *,
        case when value is not null then rank() over (
            partition by step, variable, year order by value desc nulls last
        ) end as position
    from results
),

side_by_side as (
    select variable, province_code, year, {", ".join(map(_raw, range(_LAST + 1)))}
    from ranked
    group by variable, province_code, year
),

carried as (
    select
        *,
        v0 is not null and v{_LAST} is not null as is_there,
        v0 as cv0,
        r0 as cr0,
        {", ".join(_carried(step, name) for step, name in _EACH)}
    from side_by_side
)

select
    carried.variable,
    carried.province_code,
    provinces.province,
    carried.year,
    v0 as old_value,
    v{_LAST} as new_value,
    v{_LAST} - v0 as change,
    {_parts("v", "")},
    r0 as old_rank,
    r{_LAST} as new_rank,
    r{_LAST} - r0 as rank_change,
    {_parts("r", "rank_")},
    case when v0 is null then case {_TURNING} end end as came_with,
    case when v{_LAST} is null then case {_TURNING} end end as went_with
from carried
left join reference.provinces as provinces using (province_code)
left join reference.variables as variables using (variable)
where (is_there and ({_MOVED})) or (v0 is null) <> (v{_LAST} is null)
order by variables.sort_order, carried.province_code, carried.year
"""
