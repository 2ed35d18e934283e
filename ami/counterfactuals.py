"""What a vintage would have been had only part of the news arrived: statements run again.

A vintage can be computed again: its recipe, the SQL that dbt ran, on the loads of `raw` it knew.
So can the states between two of them, each on the one before, in the order of `STEPS`; what a step
moves is that cause's part of the change. No formula stands here: statements are run, and
differences of their results taken. All of it happens in a database in memory.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ami.vintage_store import NO_VINTAGE, VARIABLES, Vintage, VintageError
from ami.warehouse import unreadable

# The causes, in the order in which they are let in.
STEPS = ("changed_composition", "revised_input", "new_coverage", "new_year", "changed_option")
CELLS = "intermediate.int_items__preferred"
INDICATORS = "intermediate.int_indicators__values"
# Where a recipe has figures and marks in canonical units; vintages of until November 2026 have them
# in staging.
OBSERVATIONS = ("intermediate.int_observations__converted", "staging.stg_raw__observations")
# What a person wrote about single figures.
OF_FIGURES = ("reference.corrections", "reference.known_wrong_figures")

# The preferred figures and the marks of a state, which is all that the recipe downstream reads.
KEEP_CELLS = f"""
create table cells_{{0}} as from {CELLS};

create table marks_{{0}} as from {{1}} where value is null;
"""
SET_CELLS = f"""
create or replace table {CELLS} as from cells_{{0}};

create or replace table {{1}} as from marks_{{0}};
"""
# Figures of an item that was there, which a person let in or took out: their file was read before,
# or a row of the seeds about figures names them. They are revised, though one side has none.
JUDGED = """
create table judged as
select item_code, province_code, year
from cells_arrived
anti join cells_before using (item_code, province_code, year)
semi join cells_before as of_item using (item_code)
where load_seq in (
    select files.load_seq
    from warehouse.raw.files as files
    inner join warehouse.raw.files as earlier on files.source_hash = earlier.source_hash
    where earlier.load_seq <= {0}
)
union
select item_code, province_code, year
from cells_before
anti join cells_arrived using (item_code, province_code, year)
semi join ({1}) as of_figures using (item_code, province_code, year);
"""
# A new year lies after the last one that the item had; a figure that is gone was coverage.
COUNTERFACTUALS = """
create table last_years as
select item_code, max(year) as last_year from cells_before group by item_code;

create table cells_revised as
select arrived.*
from cells_arrived as arrived
left join cells_before as before using (item_code, province_code, year)
left join judged using (item_code, province_code, year)
where before.item_code is not null or judged.item_code is not null
union all
select before.*
from cells_before as before
anti join cells_arrived using (item_code, province_code, year)
anti join judged using (item_code, province_code, year);

create table marks_revised as from marks_before;

create table cells_covered as
select arrived.*
from cells_arrived as arrived
left join last_years using (item_code)
left join judged using (item_code, province_code, year)
where
    last_years.item_code is null
    or arrived.year <= last_years.last_year
    or judged.item_code is not null;

create table marks_covered as from marks_arrived;
"""

# Which indicators came and went, and the items by whose coming or going they did.
COMPOSITION = """
insert into composition
select
    indicator,
    count(arrived.value) > 0 as is_new
from indicators_before as before
full join indicators_arrived as arrived using (province_code, year, indicator)
group by indicator
having (count(before.value) > 0) <> (count(arrived.value) > 0);

insert into composing_items
select distinct formula_inputs.item_code
from reference.formula_inputs
inner join composition on formula_inputs.subject = composition.indicator
where
    formula_inputs.item_code not in (select item_code from cells_before)
    or formula_inputs.item_code not in (select item_code from cells_arrived);
"""
# The indicators of a state in the new composition: what came has the values it came with, what went
# has none, so that the states before and after a cause are made of the same indicators.
COMPOSE = f"""
create table recomposed as
select state.*
from {INDICATORS} as state
anti join composition using (indicator)
union all by name
select arrived.*
from indicators_arrived as arrived
semi join composition using (indicator)
semi join {INDICATORS} as state using (province_code, year);

create or replace table {INDICATORS} as from recomposed;

drop table recomposed;
"""


@contextmanager
def reading(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, with `database` attached as `warehouse` to be read, and in use."""
    if not database.is_file():
        raise VintageError(NO_VINTAGE)
    # One thread, as dbt computes: sums are taken in the same order.
    with duckdb.connect(config={"threads": 1}) as connection:
        try:
            connection.execute(f"attach '{_quoted(database)}' as warehouse (read_only)")
            connection.execute("use warehouse")
            yield connection
        except duckdb.IOException as error:
            raise unreadable(database, error) from None


def compute_states(
    connection: duckdb.DuckDBPyConnection,
    old: Vintage,
    new: Vintage,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    """Leave the values after each step in table `results`, and its cells in `cells_<state>`.

    `connection` as from `reading`; `before` and `after` are the recipes of the vintages. Both ends
    are as published. In between, a step in which nothing arrives is the one before it, and one
    after which nothing more arrives is the end; only the others have to be run. From the first
    step on the index is made of the indicators of the new vintage (see table `composition`).
    """
    observations = next(relation for relation in OBSERVATIONS if relation in before)
    meanwhile = {**before, **_figures_that_fit(before, after)}
    connection.execute(
        "use memory; create table results (step integer, variable varchar, "
        "province_code varchar, year integer, value double)"
    )
    run(connection, old, _to_cells(before), old.last_load_seq)
    connection.execute(KEEP_CELLS.format("before", observations))
    run(connection, new, _to_cells(meanwhile), new.last_load_seq)
    connection.execute(KEEP_CELLS.format("arrived", observations))
    rows = (
        f"select item_code, province_code, year from {seed}"
        for seed in OF_FIGURES
        if seed in before
    )
    connection.execute(JUDGED.format(old.last_load_seq, " union all ".join(rows)))
    connection.execute(COUNTERFACTUALS)
    to_indicators, to_variables = _from_cells(before)
    is_recomposed = _find_composition(connection, old, to_indicators, observations)
    _note(connection, 0, _published(old))
    states = ("before", "before", "revised", "covered", "arrived")
    for step in range(1, len(states)):
        previous, state = states[step - 1 : step + 1]
        stays = not _differ(connection, previous, state)
        if stays and not (step == 1 and is_recomposed):
            _note(connection, step, f"(from results where step = {step - 1})")
        elif meanwhile == after and not _differ(connection, state, "arrived"):
            _note(connection, step, _published(new))
        else:
            connection.execute(SET_CELLS.format(state, observations))
            run(connection, old, to_indicators, None)
            if is_recomposed:
                connection.execute(COMPOSE)
            run(connection, old, to_variables, None)
            _note(connection, step, VARIABLES)
    _note(connection, len(states), _published(new))

    connection.execute(SET_CELLS.format("arrived", observations))
    if meanwhile != after:
        run(connection, new, _to_cells(after), new.last_load_seq)


def _find_composition(
    connection: duckdb.DuckDBPyConnection,
    old: Vintage,
    to_indicators: Mapping[str, str],
    observations: str,
) -> bool:
    """Leave tables `composition` and `composing_items`; whether the composition has changed."""
    connection.execute(
        "create table composition (indicator varchar, is_new boolean);"
        "create table composing_items (item_code varchar)"
    )
    if INDICATORS not in to_indicators or not _differ(connection, "before", "arrived"):
        return False
    for state in ("before", "arrived"):
        connection.execute(SET_CELLS.format(state, observations))
        run(connection, old, to_indicators, None)
        connection.execute(f"create table indicators_{state} as from {INDICATORS}")
    connection.execute(COMPOSITION)
    return connection.execute("from composition").fetchone() is not None


def _figures_that_fit(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Of the seeds about single figures those of `after` that the recipe `before` can read.

    They are figures, not formulas: what a new row changes is a revised input. A vintage from before
    such a seed does not read it; where its columns have changed since, its rows stay as they were.
    """

    def columns(seed: str, recipe: Mapping[str, str]) -> str:
        return recipe[seed].rpartition("', '")[2]

    return {
        seed: after[seed]
        for seed in OF_FIGURES
        if seed in before and seed in after and columns(seed, before) == columns(seed, after)
    }


def _to_cells(recipe: Mapping[str, str]) -> dict[str, str]:
    """The statements up to the preferred figures."""
    relations = list(recipe)
    return {name: recipe[name] for name in relations[: relations.index(CELLS) + 1]}


def _from_cells(recipe: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The statements from the preferred figures up to the indicators, and those after them."""
    relations = [name for name in recipe if name not in _to_cells(recipe)]
    place = relations.index(INDICATORS) + 1 if INDICATORS in relations else 0
    return (
        {name: recipe[name] for name in relations[:place]},
        {name: recipe[name] for name in relations[place:]},
    )


def run(
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


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
