"""What changed between two vintages, and why: the revision report.

A vintage can be computed again: its recipe, the SQL that dbt ran, on the loads of `raw` it knew. So
can what it would have been had only part of the news arrived. These counterfactuals run here, each
on the one before, in the order of `STEPS`; what a step moves is that cause's part of the change. No
formula stands here: statements are run, and differences of their results taken.
"""

import json
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pandas as pd

from ami.vintages import (
    UNREADABLE,
    VARIABLES,
    Vintage,
    VintageError,
    list_vintages,
    recipe_of,
)

# The causes, in the order in which they are let in.
STEPS = ("revised_input", "new_coverage", "new_year", "changed_option")
CELLS = "intermediate.int_items__preferred"
OBSERVATIONS = "staging.stg_raw__observations"
# What a person wrote about single figures.
OF_FIGURES = ("reference.corrections", "reference.known_wrong_figures")
NO_VINTAGE = "there is no vintage yet: refresh the dataset first"
# A part smaller than this, relative to the figure or to 1, is rounding of floating-point sums.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Revision:
    """What changed from vintage `old` to vintage `new`.

    inputs: one row for each figure and cause: cause, item_code, item, unit, province_code,
        province, year, old_value, new_value, old_edition, new_edition, old_edition_printed and
        new_edition_printed (blank where the file states none), old_file, new_file, new_sheet,
        new_row, new_column, new_printed. In the item's canonical unit; null where the figure was
        not there or is not any more.
    values: one row for each variable, province and year that moved: variable, province_code,
        province, year, old_value, new_value, change, a part of it for each of `STEPS`, old_rank,
        new_rank, rank_change, and its parts `rank_<step>`; `came_with` or `went_with`: the cause
        with which a value appeared or disappeared, where there is no change to part.
    """

    old: Vintage
    new: Vintage
    inputs: pd.DataFrame
    values: pd.DataFrame

    @property
    def changed_options(self) -> dict[str, tuple[str, str]]:
        """Options that differ: name -> old and new value."""
        before, after = self.old.options, self.new.options
        return {name: (before[name], after[name]) for name in before if before[name] != after[name]}

    @property
    def moved(self) -> pd.DataFrame:
        """The rows of `values` that both vintages have, the largest changes of each first."""
        rows = self.values[self.values["change"].notna()]
        return rows.sort_values("change", key=lambda change: -change.abs(), kind="stable")

    def what_arrived(self) -> list[str]:
        """How many inputs changed for each cause, in words; empty where none did."""
        words = {
            "revised_input": "{} revised",
            "new_coverage": "{} of new coverage",
            "new_year": "{} of a new year",
            "changed_option": "{} by a changed option",
        }
        counted = self.inputs["cause"].value_counts()
        return [
            words[step].format(_counted(int(counted[step]), "input"))
            for step in STEPS
            if step in counted
        ]

    def summary(self) -> str:
        """What changed, in one sentence."""
        ami = self.moved[self.moved["variable"] == "ami"]
        came = self.values[self.values["came_with"].notna() & (self.values["variable"] == "ami")]
        parts = self.what_arrived() or ["no input changed"]
        parts.append(f"{_counted(len(ami), 'value')} of ami moved")
        if len(ami):
            parts[-1] += f" with {_counted(int((ami['rank_change'] != 0).sum()), 'rank')}"
        if len(came):
            parts.append(f"{_counted(len(came), 'value')} of ami new")
        return f"against vintage {self.old.vintage}: {', '.join(parts)}"

    def as_json(self, dataset: str, *, synthetic: bool) -> str:
        """The whole of it, for programs."""

        def plain(vintage: Vintage) -> dict[str, object]:
            return asdict(vintage) | {"published_at": f"{vintage.published_at.isoformat()}Z"}

        def rows(frame: pd.DataFrame) -> list[dict[Hashable, object]]:
            return frame.astype(object).where(frame.notna(), None).to_dict("records")

        whole = {
            "dataset": dataset,
            "is_synthetic": synthetic,
            "old": plain(self.old),
            "new": plain(self.new),
            "causes_in_order": STEPS,
            "inputs": rows(self.inputs),
            "values": rows(self.values),
        }
        return json.dumps(whole, ensure_ascii=False, indent=1)


def compare(database: Path, old: int | None = None, new: int | None = None) -> Revision:
    """What changed between two vintages of the warehouse `database`, the last two if not named.

    They are put in the order of their numbers. Raises `VintageError` where a vintage is not there,
    where there is only one, and where the statements of one no longer run.
    """
    with _reading(database) as connection:
        before, after = _chosen(list_vintages(connection), old, new)
        recipes = [recipe_of(connection, vintage.recipe) for vintage in (before, after)]
        connection.execute(
            "use memory; create table results (step integer, variable varchar, "
            "province_code varchar, year integer, value double)"
        )
        return _compare(connection, before, after, *recipes)


@contextmanager
def _reading(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, with the warehouse attached to be read, and in use."""
    if not database.is_file():
        raise VintageError(NO_VINTAGE)
    # One thread, as dbt computes: sums are taken in the same order.
    with duckdb.connect(config={"threads": 1}) as connection:
        try:
            connection.execute(f"attach '{_quoted(database)}' as warehouse (read_only)")
        except duckdb.Error as error:
            raise VintageError(UNREADABLE) from error
        connection.execute("use warehouse")
        yield connection


def _chosen(vintages: list[Vintage], old: int | None, new: int | None) -> tuple[Vintage, Vintage]:
    named = [_known(vintages, number) for number in (old, new) if number is not None]
    last = vintages[-2:]
    if len(last) < 2:
        raise VintageError(
            "there is only one vintage, so nothing to compare it with; the next refresh that "
            "changes a mart makes another"
            if last
            else NO_VINTAGE
        )
    if len(named) < 2:
        # One that is named is compared with the last.
        named = [*named, last[-1]] if named else last
    one, other = sorted(named, key=lambda vintage: vintage.vintage)
    if one == other:
        raise VintageError(f"vintage {one.vintage} does not differ from itself: name two")
    return one, other


def _known(vintages: list[Vintage], number: int) -> Vintage:
    for vintage in vintages:
        if vintage.vintage == number:
            return vintage
    there = ", ".join(str(vintage.vintage) for vintage in vintages)
    raise VintageError(
        f"there is no vintage {number}; there is: {there}" if vintages else NO_VINTAGE
    )


def compute_again(database: Path, number: int) -> pd.DataFrame:
    """A vintage's variables, province_code, year, variable and value, by its recipe from raw cells.

    Nothing of what it published is read but its recipe. Raises `VintageError` as `compare` does.
    """
    with _reading(database) as connection:
        vintage = _known(list_vintages(connection), number)
        recipe = recipe_of(connection, vintage.recipe)
        connection.execute("use memory")
        _run(connection, vintage, recipe, vintage.last_load_seq)
        return connection.execute(
            f"select province_code, year, variable, value from {VARIABLES} order by all"
        ).df()


def _compare(
    connection: duckdb.DuckDBPyConnection,
    old: Vintage,
    new: Vintage,
    recipe_before: dict[str, str],
    recipe_after: dict[str, str],
) -> Revision:
    """`connection`: to a database in memory, with the warehouse attached as `warehouse`.

    Both ends are as published. In between, a step in which nothing arrives is the one before it,
    and one after which nothing more arrives is the end; only the others have to be run.
    """
    # They are figures, not formulas: what a new row changes is a revised input. A vintage from
    # before such a seed does not read it.
    recipe_meanwhile = recipe_before | {
        seed: recipe_after[seed]
        for seed in OF_FIGURES
        if seed in recipe_before and seed in recipe_after
    }
    to_cells = list(recipe_before).index(CELLS) + 1
    upstream = dict(list(recipe_meanwhile.items())[:to_cells])
    downstream = dict(list(recipe_before.items())[to_cells:])

    _run(connection, old, dict(list(recipe_before.items())[:to_cells]), old.last_load_seq)
    connection.execute(KEEP_CELLS.format("before"))
    _run(connection, new, upstream, new.last_load_seq)
    connection.execute(KEEP_CELLS.format("arrived"))
    connection.execute(COUNTERFACTUALS)
    same_recipe = recipe_meanwhile == recipe_after
    _note(connection, 0, _published(old))
    states = ("before", "revised", "covered", "arrived")
    for step in range(1, len(states)):
        if not _differ(connection, states[step - 1], states[step]):
            _note(connection, step, f"(from results where step = {step - 1})")
        elif same_recipe and not _differ(connection, states[step], "arrived"):
            _note(connection, step, _published(new))
        else:
            connection.execute(SET_CELLS.format(states[step]))
            _run(connection, old, downstream, None)
            _note(connection, step, VARIABLES)
    _note(connection, len(states), _published(new))

    connection.execute(SET_CELLS.format("arrived"))
    if not same_recipe:
        to_cells = list(recipe_after).index(CELLS) + 1
        _run(connection, new, dict(list(recipe_after.items())[:to_cells]), new.last_load_seq)
    return Revision(
        old,
        new,
        inputs=_with_whole_numbers(connection.execute(INPUTS).df()),
        values=_with_whole_numbers(connection.execute(_values_query()).df()),
    )


# The preferred figures and the marks of a state, which is all that the recipe downstream reads.
KEEP_CELLS = f"""
create table cells_{{0}} as from {CELLS};

create table marks_{{0}} as from {OBSERVATIONS} where value is null;
"""
SET_CELLS = f"""
create or replace table {CELLS} as from cells_{{0}};

create or replace table {OBSERVATIONS} as from marks_{{0}};
"""
# A new year lies after the last one that the item had; a figure that is gone was coverage.
COUNTERFACTUALS = """
create table last_years as
select item_code, max(year) as last_year from cells_before group by item_code;

create table cells_revised as
select arrived.*
from cells_arrived as arrived
semi join cells_before using (item_code, province_code, year)
union all
select before.*
from cells_before as before
anti join cells_arrived using (item_code, province_code, year);

create table marks_revised as from marks_before;

create table cells_covered as
select arrived.*
from cells_arrived as arrived
left join last_years using (item_code)
where last_years.item_code is null or arrived.year <= last_years.last_year;

create table marks_covered as from marks_arrived;
"""


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
            when before.item_code is not null and arrived.item_code is not null
                then 'revised_input'
            when arrived.year > last_years.last_year then 'new_year'
            else 'new_coverage'
        end as cause,
        before as old_cell,
        arrived as new_cell
    from cells_before as before
    full join cells_arrived as arrived using (item_code, province_code, year)
    left join last_years using (item_code)
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


def _values_query() -> str:
    """Values and ranks after each step, side by side, and the parts of their changes.

    A figure that is missing after a step moves by nothing in it: the step after which it is there
    again takes the whole way. So the parts add up wherever there is a change. What is only rounding
    moves nothing.
    """
    steps = range(len(STEPS) + 1)
    raw = ",\n".join(
        f"max(value) filter (step = {k}) as v{k}, max(position) filter (step = {k}) as r{k}"
        for k in steps
    )
    carried = ",\n".join(
        f"case when abs({name}{k} - c{name}{k - 1}) <= {ROUNDING} * greatest(1, abs({name}{k})) "
        f"then c{name}{k - 1} else coalesce({name}{k}, c{name}{k - 1}) end as c{name}{k}"
        for k in steps[1:]
        for name in "vr"
    )
    last = len(STEPS)

    def parts(name: str, prefix: str) -> str:
        return ",\n".join(
            f"case when is_there then c{name}{k} - c{name}{k - 1} end as {prefix}{step}"
            for k, step in enumerate(STEPS, start=1)
        )

    # The last step that changes whether there is a value.
    turning = " ".join(
        f"when (v{k} is null) <> (v{k - 1} is null) then '{STEPS[k - 1]}'"
        for k in range(last, 0, -1)
    )
    moved = " or ".join(
        f"c{name}{k} <> c{name}{k - 1}" for k in range(1, last + 1) for name in "vr"
    )
    return f"""
    with ranked as (
        select
            *,
            case when value is not null then rank() over (
                partition by step, variable, year order by value desc nulls last
            ) end as position
        from results
    ),

    side_by_side as (
        select variable, province_code, year, {raw}
        from ranked
        group by variable, province_code, year
    ),

    carried as (
        select
            *,
            v0 is not null and v{last} is not null as is_there,
            v0 as cv0,
            r0 as cr0,
            {carried}
        from side_by_side
    )

    select
        carried.variable,
        carried.province_code,
        provinces.province,
        carried.year,
        v0 as old_value,
        v{last} as new_value,
        v{last} - v0 as change,
        {parts("v", "")},
        r0 as old_rank,
        r{last} as new_rank,
        r{last} - r0 as rank_change,
        {parts("r", "rank_")},
        case when v0 is null then case {turning} end end as came_with,
        case when v{last} is null then case {turning} end end as went_with
    from carried
    left join reference.provinces as provinces using (province_code)
    left join reference.variables as variables using (variable)
    where (is_there and ({moved})) or (v0 is null) <> (v{last} is null)
    order by variables.sort_order, carried.province_code, carried.year
    """


def _run(
    connection: duckdb.DuckDBPyConnection,
    vintage: Vintage,
    recipe: Mapping[str, str],
    last_load_seq: int | None,
) -> None:
    """Run the statements of a recipe, on the loads of `raw` up to `last_load_seq`."""
    if last_load_seq is not None:
        connection.execute("create schema if not exists raw")
        for table in ("files", "observations"):
            connection.execute(
                f"create or replace view raw.{table} as select * from warehouse.raw.{table} "
                f"where load_seq <= {last_load_seq}"
            )
    for relation, statement in recipe.items():
        schema, _, _ = relation.partition(".")
        connection.execute(f"create schema if not exists {schema}")
        try:
            connection.execute(f"create or replace table {relation} as {statement}")
        except duckdb.Error as error:
            raise VintageError(
                f"vintage {vintage.vintage} cannot be computed again by this version: its "
                f"statement for {relation} fails ({str(error).splitlines()[0]})"
            ) from error


def _published(vintage: Vintage) -> str:
    return (
        f"(from warehouse.vintages.index_values where vintage = {vintage.vintage} "
        "and variable <> 'ami_frozen')"
    )


def _note(connection: duckdb.DuckDBPyConnection, step: int, values: str) -> None:
    connection.execute(
        f"insert into results select {step}, variable, province_code, year, value from {values}"
    )


def _differ(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    """Whether two states hold other figures or other marks."""
    for table, columns in (
        ("cells", "item_code, province_code, year, value_used"),
        ("marks", "item_code, province_code, year"),
    ):
        for left, right in ((one, other), (other, one)):
            (differing,) = connection.execute(
                f"select exists(select {columns} from {table}_{left} "
                f"except select {columns} from {table}_{right})"
            ).fetchone() or (True,)
            if differing:
                return True
    return False


def _with_whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Years, ranks, editions and rows as integers, also where some are missing."""
    whole = frame.columns.str.contains(r"rank|edition$|row$|^year$")
    return frame.astype(dict.fromkeys(frame.columns[whole], "Int64"))


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
