"""A refresh that takes over what stands ends as one that makes all anew, whatever came before it.

The asset of estimates and one of figures run on real warehouses, through begin and publication.
What stands before them is a model of a few lines of SQL, and the estimators are small and awkward:
they see the order of rows, types that pandas and DuckDB know by different names, each other, data
that do not carry them.
"""

import shutil
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import dagster as dg
import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ami.dataset import Dataset
from ami.up_to_date import Product
from ami.warehouse import Warehouse
from analysis.estimate_tables import Estimate
from analysis.paper.estimable import EstimatesTable, NotEstimable
from analysis.report.figures.kept import FigureFile
from dagster_project.assets import estimates, figure_files

PANEL, SCORES, LIMITS = "marts.fct_panel", "marts.fct_indicator_score", "reference.limits"
# Of several editions of a figure the newest counts; the scores are a view.
MODELS = f"""
create schema marts;
create table {PANEL} as
select year, arg_max(value, edition) as coagglo from raw.cells group by year order by year;
create view {SCORES} as select year, value / 3 as score from raw.scores where edition > 0;
create schema reference;
create table {LIMITS} as select * from raw.limits;
"""
YEARS = (2019, 2020, 2021)
called: Counter[str] = Counter()
# By which each estimator multiplies: its code.
code = {"sums": 1.0, "types": 1.0, "second": 1.0, "scored": 1.0, "limited": 1.0}


def sums(panel: pd.DataFrame) -> EstimatesTable:
    called["sums"] += 1
    sums = panel["coagglo"].cumsum() * code["sums"]
    return EstimatesTable(panel.assign(estimate=sums), (("4", "1", f"{len(panel)} rows"),))


def types(panel: pd.DataFrame) -> EstimatesTable:
    """Columns of which a frame that was read back has other types than the one that was made."""
    called["types"] += 1
    if panel["coagglo"].sum() > 200:
        refused = NotEstimable("5", "1", ("fdi",), "too much")
        empty = pd.DataFrame({"term": [], "n": [], "p": []}).astype({"term": "str", "n": "int64"})
        return EstimatesTable(empty, not_estimable=(refused,))
    n = len(panel)
    columns = {"term": ["a", None] * n, "n": [None, 2] * n, "p": [code["types"], None] * n}
    return EstimatesTable(pd.DataFrame(columns | {"main": [True, None] * n, "note": None}))


def second(sums: pd.DataFrame, types: pd.DataFrame) -> EstimatesTable:
    """Of what those before have made; it hangs on its types and on the order of its rows."""
    called["second"] += 1
    kinds = ",".join(map(str, [*sums.dtypes, *types.dtypes]))
    rows = sums.assign(
        reason=f"{kinds} {types.isna().sum().tolist()}", of=str(sums.values.tolist())
    )
    return EstimatesTable(rows, (("6", str(code["second"]), kinds),))


def scored(scores: pd.DataFrame) -> EstimatesTable:
    called["scored"] += 1
    return EstimatesTable(scores * code["scored"])


def limited(panel: pd.DataFrame, limits: pd.DataFrame) -> EstimatesTable:
    """Floating-point sums, which hang on the order of rows."""
    called["limited"] += 1
    total = sum([panel["coagglo"].sum() / 7, *limits["bound"]])
    return EstimatesTable(pd.DataFrame({"estimate": [total], "p": [code["limited"]]}))


class Chart:
    """As altair has one, without the seconds it takes to check it."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.values = rows[["year", "estimate"]].to_dict("records")

    def to_dict(self) -> dict[str, object]:
        return {
            "data": {"values": self.values},
            "mark": "point",
            "encoding": {"y": {"field": "estimate", "type": "quantitative"}},
        }


def drawn(rows: pd.DataFrame, *, synthetic: bool) -> Chart:
    called["drawn"] += 1
    if rows["estimate"].sum() > 400:
        raise ValueError("too much")
    return Chart(rows)


ENTRIES = (
    Estimate("sums", "", "", (PANEL,), sums, {}),
    Estimate("types", "", "", (PANEL,), types, {}),
    Estimate("second", "", "", ("estimates.sums", "estimates.types"), second, {}),
    Estimate("scored", "", "", (SCORES,), scored, {}),
    Estimate("limited", "", "", (PANEL, LIMITS), limited, {}),
)
FIGURE = FigureFile("points", "", ("estimates.sums",), drawn)
DRAWN = figure_files._asset(FIGURE)


@cache
def history() -> dg.DagsterInstance:
    """One for all: without it Dagster makes a new one for each call of an asset."""
    return dg.DagsterInstance.ephemeral()


def versions() -> dict[str, Product]:
    return {each.name: Product(each.source, each.needs, f"{code[each.name]}") for each in ENTRIES}


class Refreshes(RuleBasedStateMachine):
    """Cells, seeds and code change between refreshes, of which some fail and some are damaged."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.home = Path(mkdtemp(prefix="taking-over-"))
        code.update(dict.fromkeys(code, 1.0))
        self.cells = pd.DataFrame({"year": YEARS, "value": [1.0, 2.0, 3.0], "edition": 2})
        self.scores = pd.DataFrame({"year": YEARS, "value": [5.0, 7.0, 9.0], "edition": 1})
        self.limits = pd.DataFrame({"bound": [0.1, 0.2, 0.3, 1e16]})
        for module in ("analysis.estimating", "dagster_project.assets.estimates"):
            self.patch.setattr(f"{module}.ESTIMATES", ENTRIES)
        needs = {each.name: [*each.needs] for each in ENTRIES}
        said = {name: [each.source for each in ENTRIES] for name in estimates.SAID}
        self.patch.setattr(estimates, "MADE_FROM", needs | said)
        words = {each.name: each.words for each in ENTRIES}
        self.patch.setattr(estimates, "WORDS", words | estimates.WORDS)
        self.patch.setattr(estimates, "words_of", lambda name: f"What {name} is.")

    def teardown(self) -> None:
        self.patch.undo()
        shutil.rmtree(self.home)

    def dataset(self, name: str) -> Dataset:
        return Dataset(name, self.home, self.home)

    def build(self, warehouse: Warehouse, *, stop_after: int | None = None) -> None:
        """All that a refresh does before its publication; it may be stopped among the estimates."""
        self.patch.setattr(estimates, "PRODUCTS", versions())
        warehouse.dataset.folder.mkdir(parents=True, exist_ok=True)
        warehouse.begin()
        with warehouse.connect() as connection:
            connection.execute("drop schema if exists raw cascade; create schema raw")
            for name in ("cells", "scores", "limits"):
                connection.register("frame", getattr(self, name))
                connection.execute(f"create table raw.{name} as from frame")
            connection.execute(MODELS)
        warehouse.note(
            {
                PANEL: ["raw.cells", PANEL],
                SCORES: ["raw.scores", SCORES],
                LIMITS: ["raw.limits", LIMITS],
            }
        )
        for n_made, _ in enumerate(estimates.up_to_date(warehouse)):
            if n_made == stop_after:
                return
        DRAWN(dg.build_asset_context(instance=history()), warehouse=warehouse)

    @initialize()
    def first_refresh(self) -> None:
        self.refresh()

    @rule(year=st.sampled_from(YEARS), value=st.sampled_from([1.0, 2.0, 0.1, 250.0, 500.0]))
    def change_a_cell(self, year: int, value: float) -> None:
        self.cells.loc[self.cells["year"].eq(year) & self.cells["edition"].eq(2), "value"] = value

    @rule(year=st.sampled_from(YEARS), value=st.sampled_from([4.0, 250.0]))
    def print_an_older_edition(self, year: int, value: float) -> None:
        older = pd.DataFrame({"year": [year], "value": [value], "edition": [1]})
        self.cells = pd.concat([older, self.cells], ignore_index=True)

    @rule(year=st.sampled_from(YEARS), edition=st.sampled_from([0, 1]))
    def change_a_score_behind_the_view(self, year: int, edition: int) -> None:
        self.scores.loc[self.scores["year"].eq(year), "edition"] = edition

    @rule(order=st.permutations([0.1, 0.2, 0.3, 1e16]))
    def order_the_seed(self, order: list[float]) -> None:
        self.limits = pd.DataFrame({"bound": order})

    @rule(estimator=st.sampled_from([*code]), factor=st.sampled_from([1.0, 2.0]))
    def change_the_code(self, estimator: str, factor: float) -> None:
        code[estimator] = factor

    @rule(estimator=st.sampled_from(["sums", "notes", "limited"]))
    def change_what_was_published_by_hand(self, estimator: str) -> None:
        with duckdb.connect(str(self.dataset("kept").database)) as connection:
            connection.execute(f"delete from estimates.{estimator}")

    @rule(lost=st.booleans())
    def lose_or_damage_a_figure(self, lost: bool) -> None:
        with suppress(FileNotFoundError):
            (figure := self.dataset("kept").results / "points.svg").unlink()
            if not lost:
                figure.write_text("<svg/>")

    @rule(stop_after=st.sampled_from([0, 2, 4, 6, None]))
    def refresh_in_vain(self, stop_after: int | None) -> None:
        """Killed, or stopped by a gate before its publication."""
        self.build(Warehouse(self.dataset("kept")), stop_after=stop_after)

    @rule()
    def refresh(self) -> None:
        kept, full = Warehouse(self.dataset("kept")), Warehouse(self.dataset("full"), anew=True)
        called.clear()
        self.build(full)
        assert set(called.values()) == {1} and len(called) == len(ENTRIES) + 1
        self.build(kept)
        kept.require_one_build([*(each.source for each in ENTRIES), "figures.points"])
        kept.publish()
        assert contents(kept.dataset) == contents(full.dataset)

    @precondition(lambda self: self.dataset("kept").database.is_file())
    @rule()
    def refresh_twice(self) -> None:
        self.refresh()
        called.clear()
        self.build(Warehouse(self.dataset("kept")))
        # What the data do not carry is asked each time.
        assert set(called) <= {"drawn"}
        assert called["drawn"] == (not (self.dataset("kept").results / "points.svg").is_file())


def contents(dataset: Dataset) -> dict[str, object]:
    """Every value of the build with its type and comment, each row in its place, and the files."""
    found: dict[str, object] = {
        path.name: path.read_bytes() for path in dataset.build_results.iterdir()
    }
    with duckdb.connect(str(dataset.build_database), read_only=True) as connection:
        columns = (
            "select table_name, column_name, data_type, comment from duckdb_columns()"
            " where schema_name = 'estimates' order by all"
        )
        found["columns"] = connection.execute(columns).fetchall()
        for name in [*(each.name for each in ENTRIES), *estimates.SAID]:
            found[name] = repr(connection.execute(f"from estimates.{name}").fetchall())
        found["versions"] = connection.execute("from audit.versions order by all").fetchall()
    return found


TestRefreshes = pytest.mark.slow(Refreshes.TestCase)
TestRefreshes.settings = settings(
    max_examples=6,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    derandomize=True,
)
