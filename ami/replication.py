"""Which reading of the paper comes nearest to what it prints: Tables 2 and 3 on the data at hand.

The text of the paper leaves choices open. Each choice is a row of `CHOICES`: the statement that a
reading puts in the place of one of the recipe's, or what it takes of the values. The recipe, the
SQL that dbt ran, is run again under each combination; no formula stands here. All of it happens in
a database in memory.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ami.counterfactuals import CELLS, reading, run
from ami.vintage_store import NO_VINTAGE, VARIABLES, Vintage, VintageError, list_vintages, recipe_of

EDITIONS = "intermediate.int_items__editions"
YEARS = "intermediate.int_panel__years"
FILLED = "intermediate.int_items__filled"
INDICATORS = "intermediate.int_indicators__values"
WEIGHTS = "intermediate.int_indicators__weights"
SAMPLE = "intermediate.int_index__sample"

STATISTICS = ("mean", "sd", "min", "max")
WEIGHT_KINDS = ("overall_weight", "individual_weight")
# A printed figure stands for anything that rounds to it.
HALF_A_DIGIT = {"table2": 0.0005, "table3": 0.005}


@dataclass(frozen=True)
class Choice:
    """A reading of one question: what stands in the place of the recipe's statement for a relation.

    `{own}` in the statement is the recipe's own; an empty statement leaves it.
    """

    question: str
    words: str
    relation: str
    statement: str = ""


_SPAN = (
    "select cast(year as integer) as year, year < {0} as is_opening"
    " from generate_series({0} - 1, {1}) as years (year)"
)
_ONE_EDITION = (
    "select * from (select *, row_number() over (partition by item_code, province_code, year"
    f" order by edition {{0}}, load_seq {{0}}) as place from {EDITIONS}"
    " where value_used is not null and {1}) where place = 1"
)
_IN_FORCE = "verdict <> 'superseded'"
# The published values are of 31 provinces in 19 years.
CHOICES = (
    Choice("edition", "newest edition", CELLS, _ONE_EDITION.format("desc", _IN_FORCE)),
    Choice("edition", "first published", CELLS, _ONE_EDITION.format("asc", "true")),
    Choice("years", "data years 2003-2021", YEARS, _SPAN.format(2003, 2021)),
    Choice("years", "data years 2002-2020", YEARS, _SPAN.format(2002, 2020)),
    Choice("gaps", "gaps filled", FILLED),
    Choice(
        "gaps",
        "as published only",
        FILLED,
        "select * replace (case when not is_interpolated then value end as value,"
        " case when not is_interpolated then base_value end as base_value) from ({own})",
    ),
)
# What stands for a province-year without a value, where the paper prints zero as the smallest.
MISSING = {"missing left out": "value", "missing coded zero": "coalesce(value, 0)"}
# Variables that are printed once and may have been computed in two ways.
COMPUTED_AS = {
    "coagglo": {
        "employment base whole society": "coagglo",
        "employment base urban units": "coagglo_urban",
    }
}
# Over which observations weights are computed, before their mean is taken.
SCOPES = {
    "weights over all province-years": "1",
    "weights by year, then their mean": "year",
    "weights by province, then their mean": "province_code",
}


@dataclass(frozen=True)
class PrintedFigure:
    """A printed figure beside ours under one reading; n is the province-years behind ours."""

    subject: str
    statistic: str
    printed: float
    ours: float
    n: int
    reading: str

    @property
    def difference(self) -> float:
        return self.ours - self.printed


@dataclass(frozen=True)
class Replication:
    """The figures of a table, the nearest first, and what it prints of which none is at hand.

    remarks: of an index that is computed from part of its indicators, from how many.
    """

    table: str
    at_hand: tuple[str, ...]
    figures: tuple[PrintedFigure, ...]
    not_at_hand: tuple[str, ...]
    remarks: Mapping[str, str]

    def prints_as(self, figure: PrintedFigure) -> bool:
        """Whether ours rounds to what is printed."""
        return abs(figure.difference) <= HALF_A_DIGIT[self.table]

    def nearest(self, subject: str) -> list[PrintedFigure]:
        """Of each printed figure of a subject the nearest."""
        first: dict[str, PrintedFigure] = {}
        for figure in self._of(subject):
            first.setdefault(figure.statistic, figure)
        kinds = STATISTICS if self.table == "table3" else WEIGHT_KINDS
        return [first[kind] for kind in kinds if kind in first]

    def readings(self, subject: str) -> list[tuple[str, float]]:
        """Each reading with its largest difference from what is printed, the smallest first."""
        largest: dict[str, float] = {}
        for figure in self._of(subject):
            size = abs(figure.difference)
            largest[figure.reading] = max(size, largest.get(figure.reading, 0.0))
        return sorted(largest.items(), key=lambda each: each[1])

    def _of(self, subject: str) -> list[PrintedFigure]:
        return [figure for figure in self.figures if figure.subject == subject]


Recipe = Mapping[str, str]


def table_3(database: Path) -> Replication:
    """Means, standard deviations and extremes. Raises `VintageError` where none can be computed."""
    with _last_vintage(database) as (connection, vintage, recipe):
        printed = _printed(connection, "published_descriptives", "variable")
        found = [
            figure
            for words in _states(connection, vintage, recipe, VARIABLES)
            for variable, row in printed.items()
            for figure in _described(connection, variable, row, words)
        ]
        remarks = _of_part(connection)
    return _nearest_first("table3", printed, found, remarks)


def table_2(database: Path) -> Replication:
    """Overall and individual weights, as `table_3`.

    A weight is a share: an overall one is at hand with all indicators, an individual one with all
    of its dimension.
    """
    with _last_vintage(database) as (connection, vintage, recipe):
        if vintage.index_scope != "pooled":
            raise VintageError(
                "Table 2 is computed again from weights over all province-years: refresh with "
                f"index_scope pooled, not {vintage.index_scope}"
            )
        printed = _printed(connection, "published_indicators", "indicator")
        found: list[PrintedFigure] = []
        # Whatever stands before the sample, for what follows it may need more than indicators.
        relations = list(recipe)
        before_sample = relations[relations.index(SAMPLE) - 1]
        for words in _states(connection, vintage, recipe, before_sample):
            connection.execute(f"create or replace table all_values as from {INDICATORS}")
            for scope, part in SCOPES.items():
                weights = _weights(connection, vintage, recipe, part)
                found += _weighed(weights, printed, f"{words}, {scope}")
    return _nearest_first("table2", printed, found, {})


@contextmanager
def _last_vintage(
    database: Path,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Vintage, Recipe]]:
    """A database in memory with the warehouse attached, the last vintage and its recipe."""
    with reading(database) as connection:
        kept = list_vintages(connection)
        if not kept:
            raise VintageError(NO_VINTAGE)
        recipe = recipe_of(connection, kept[-1].recipe)
        connection.execute("use memory")
        yield connection, kept[-1], recipe


def _states(
    connection: duckdb.DuckDBPyConnection, vintage: Vintage, recipe: Recipe, last: str
) -> Iterator[str]:
    """Run the recipe until `last` under each combination of choices, and say which in words."""
    relations = list(recipe)
    own = relations.index(CELLS)
    run(
        connection,
        vintage,
        {name: recipe[name] for name in relations[:own]},
        vintage.last_load_seq,
    )
    downstream = relations[own : relations.index(last) + 1]
    questions = dict.fromkeys(choice.question for choice in CHOICES)
    for chosen in product(*([c for c in CHOICES if c.question == each] for each in questions)):
        put = {
            choice.relation: choice.statement.replace("{own}", recipe[choice.relation])
            for choice in chosen
            if choice.statement
        }
        run(connection, vintage, {each: put.get(each, recipe[each]) for each in downstream}, None)
        yield ", ".join(choice.words for choice in chosen)


def _printed(
    connection: duckdb.DuckDBPyConnection, seed: str, subject: str
) -> dict[str, dict[str, Any]]:
    """The rows of a seed of the paper by their subject."""
    frame = connection.table(f"warehouse.paper.{seed}").df()
    return {row[subject]: row for row in frame.to_dict("records")}


def _described(
    connection: duckdb.DuckDBPyConnection, variable: str, printed: Mapping[str, Any], words: str
) -> Iterator[PrintedFigure]:
    """The four statistics of a variable, under each way to compute it and to code what is missing.

    Zero stands for what is missing only where the paper prints it as the smallest.
    """
    computed_as = COMPUTED_AS.get(variable, {"": variable})
    for (how, name), (coding, value) in product(computed_as.items(), MISSING.items()):
        if value != "value" and printed["min"] != 0:
            continue
        n, *ours = connection.execute(
            f"select count({value}), avg({value}), stddev_samp({value}), min({value}),"
            f" max({value}), count(value) from {VARIABLES} where variable = ?",
            [name],
        ).fetchone() or (0,)
        if not n or not ours.pop():
            continue
        reading_of = ", ".join(filter(None, (words, how, coding if printed["min"] == 0 else "")))
        for statistic, figure in zip(STATISTICS, ours, strict=True):
            yield PrintedFigure(variable, statistic, printed[statistic], figure, n, reading_of)


def _weights(
    connection: duckdb.DuckDBPyConnection, vintage: Vintage, recipe: Recipe, part: str
) -> pd.DataFrame:
    """The mean of an indicator's weights over the parts of the panel, each computed by itself."""
    relations = list(recipe)
    from_sample = relations[relations.index(SAMPLE) : relations.index(WEIGHTS) + 1]
    found = []
    for (value,) in connection.execute(f"select distinct {part} from all_values").fetchall():
        connection.execute(
            f"create or replace table {INDICATORS} as from all_values where {part} = ?", [value]
        )
        run(connection, vintage, {each: recipe[each] for each in from_sample}, None)
        found.append(connection.table(WEIGHTS).df())
    return (
        pd.concat(found)
        .groupby(["indicator", "dimension"], as_index=False)[[*WEIGHT_KINDS, "n_observations"]]
        .agg({**dict.fromkeys(WEIGHT_KINDS, "mean"), "n_observations": "sum"})
    )


def _weighed(
    weights: pd.DataFrame, printed: Mapping[str, Mapping[str, Any]], words: str
) -> Iterator[PrintedFigure]:
    here = {row["indicator"]: row for row in weights.to_dict("records")}
    for indicator, row in printed.items():
        for kind in WEIGHT_KINDS:
            others = {
                name
                for name, other in printed.items()
                if kind == "overall_weight" or other["dimension"] == row["dimension"]
            }
            if others <= here.keys():
                ours = here[indicator]
                n = int(ours["n_observations"])
                yield PrintedFigure(indicator, kind, row[kind], ours[kind], n, words)


def _of_part(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """From how many indicators each index is computed, where these are not all."""
    rows = connection.execute(
        "select coalesce(dimension, 'ami'), count(*) filter (where is_available), count(*)"
        " from warehouse.marts.dim_indicator group by rollup (dimension)"
    ).fetchall()
    return {index: f"{n} of {n_all} indicators" for index, n, n_all in rows if n < n_all}


def _nearest_first(
    table: str, printed: Iterable[str], found: list[PrintedFigure], remarks: Mapping[str, str]
) -> Replication:
    subjects, here = list(printed), {figure.subject for figure in found}
    return Replication(
        table,
        tuple(subject for subject in subjects if subject in here),
        tuple(sorted(found, key=lambda figure: abs(figure.difference))),
        tuple(subject for subject in subjects if subject not in here),
        remarks,
    )
