"""Vintages and revisions on a warehouse of three provinces, two items and an index of its own.

The recipe is short and by hand, so that numpy can follow every counterfactual; the real one is
tried on the demo and on real files in `tests/integration`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from vintage_recipes import compute_again

from ami.counterfactuals import STEPS
from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.revisions import Revision, compare
from ami.vintage_store import (
    FIRST_BASE,
    Vintage,
    VintageError,
    keep,
    list_vintages,
    prepare,
    vintages_of,
)
from ami.warehouse import Warehouse
from analysis.paper.long_form import KEPT

PROVINCES = ("110000", "120000", "130000")
Cell = tuple[str, str, int]
OPTIONS = {"edition_policy": "latest", "edge_fill": "nearest", "index_scope": "pooled"}
SEEDS = [
    f"reference.{name}"
    for name in ("corrections", "formula_inputs", "items", "provinces", "variables")
]
CODES = dict.fromkeys(("province_code", "province_code_a", "province_code_b"), "str")
NO_ESTIMATES = pd.DataFrame(columns=list(KEPT)).astype(KEPT)
NOON = datetime(2024, 11, 1, 12, tzinfo=UTC)


def recipe(
    policy: str = "latest", factor: float = 1, corrected: str = "value_used"
) -> dict[str, str]:
    """Mean of two min-max scores over all province-years that have both items, times `factor`.

    `corrected` is the name of a column of the corrections.
    """
    order = "asc" if policy == "first_published" else "desc"
    return {
        "staging.stg_raw__observations": 'select * from "raw"."observations"',
        "intermediate.int_items__preferred": f"""
            select
                observations.* exclude (value),
                coalesce(corrections.{corrected}, observations.value) as value_used
            from "staging"."stg_raw__observations" as observations
            left join "reference"."corrections" as corrections
                using (item_code, province_code, year, load_seq)
            where observations.value is not null
            qualify row_number() over (
                partition by item_code, province_code, year order by load_seq {order}
            ) = 1
        """,
        "intermediate.int_variables__values": f"""
            with panel as (
                select
                    province_code,
                    year,
                    max(value_used) filter (where item_code = 'a') as a,
                    max(value_used) filter (where item_code = 'b') as b
                from "intermediate"."int_items__preferred"
                group by province_code, year
            ),

            bounds as (
                select min(a) as a0, max(a) as a1, min(b) as b0, max(b) as b1
                from panel
                where a is not null and b is not null
            )

            select
                province_code,
                year,
                'ami' as variable,
                {factor} * 50.0 * ((a - a0) / (a1 - a0) + (b - b0) / (b1 - b0)) as value
            from panel
            cross join bounds
            inner join "reference"."variables" on variable = 'ami'
            inner join "reference"."items" on item_code = 'a'
            inner join "reference"."provinces" using (province_code)
        """,
    }


def index(cells: Mapping[Cell, float], factor: float = 1) -> dict[tuple[str, int], float]:
    """The same in numpy."""
    keys = [(p, y) for i, p, y in cells if i == "a" and ("b", p, y) in cells]
    panel = np.array([[cells[item, *key] for item in "ab"] for key in keys])
    scores = (panel - panel.min(axis=0)) / (panel.max(axis=0) - panel.min(axis=0))
    return dict(zip(keys, factor * 100 * scores.mean(axis=1), strict=True))


@dataclass
class Tiny:
    """A dataset that is refreshed without dbt: raw cells, a recipe, and marts made of it."""

    path: Path
    load_seq: int = 0
    corrections: list[list[object]] = field(default_factory=list)
    corrected: str = "value_used"

    def refresh(
        self,
        cells: Mapping[Cell, float | None],
        steps: Mapping[str, str] | None = None,
        now: datetime = NOON,
        rebase: str = "",
        source_hash: str = "",
        **options: str,
    ) -> tuple[Vintage, bool]:
        steps = dict(steps or recipe(corrected=self.corrected))
        with duckdb.connect(str(self.path)) as connection:
            prepare(connection, rebase, now)
            connection.execute(
                "create schema if not exists raw;"
                "create table if not exists raw.files (load_seq integer, source_hash varchar);"
                "create table if not exists raw.observations (load_seq integer, item_code varchar,"
                "province_code varchar, year integer, edition integer, edition_printed varchar,"
                "source_file varchar, source_sheet varchar, source_row integer,"
                "source_column varchar,"
                "value_printed varchar, value double)"
            )
            if cells:
                self.load_seq += 1
                connection.execute(
                    "insert into raw.files values (?, ?)",
                    [self.load_seq, source_hash or f"load {self.load_seq}"],
                )
            rows = [
                [
                    *(self.load_seq, *cell, 2000 + self.load_seq),
                    # Only the first load states its edition.
                    "2001" if self.load_seq == 1 else "",
                    *(f"load{self.load_seq}.csv", "", row, "B", str(value), value),
                ]
                for row, (cell, value) in enumerate(cells.items())
            ]
            if rows:
                connection.register("arrived", pd.DataFrame(rows))
                connection.execute("insert into raw.observations select * from arrived")
            self._build(connection, steps)
            return keep(connection, OPTIONS | options, NO_ESTIMATES, now)

    def _build(self, connection: duckdb.DuckDBPyConnection, steps: dict[str, str]) -> None:
        for schema in ("reference", "staging", "intermediate", "marts", "audit"):
            connection.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
        rows = [f"({', '.join(map(repr, row))})" for row in self.corrections]
        connection.execute(
            "create table reference.corrections (item_code varchar, province_code varchar, "
            f"year integer, load_seq integer, {self.corrected} double);"
            + (f"insert into reference.corrections values {', '.join(rows)};" if rows else "")
            + "create table reference.items as select 'a' as item_code, 'A''s \"label\"' as "
            "label_en, 'yuan' as canonical_unit union all select 'b', 'B', 'yuan';"
            "create table reference.variables as select 'ami' as variable, 1 as sort_order;"
            "create table reference.formula_inputs as "
            "select subject, subject as item_code from (select unnest(['a', 'b', 'c']) as subject);"
            "create table reference.provinces (province_code varchar, province varchar, "
            "region varchar, has_national_cluster boolean);"
        )
        for seed in ("province_capitals", "province_borders"):
            connection.register("seed", pd.read_csv(REFERENCE_SEEDS / f"{seed}.csv", dtype=CODES))
            connection.execute(f"create table reference.{seed} as from seed")
        for province in PROVINCES:
            connection.execute(
                "insert into reference.provinces values (?, ?, 'east', true)",
                [province, f"P{province}"],
            )
        for relation, statement in steps.items():
            connection.execute(f"create table {relation} as {statement}")
        connection.execute(
            "create table audit.recipe (position integer, relation varchar, statement varchar)"
        )
        connection.executemany(
            "insert into audit.recipe values (?, ?, ?)",
            [[place, *step] for place, step in enumerate((dict.fromkeys(SEEDS) | steps).items())],
        )
        connection.execute(
            """
            create table marts.fct_index as
            select province_code, year, value as ami from intermediate.int_variables__values;

            create table marts.fct_index_frozen as
            select province_code, year, ami as ami_frozen, (select max(base) from vintages.bases)
                as base
            from marts.fct_index;

            create table marts.dim_index_standing as select false as is_partial;

            create table marts.dim_indicator as
            select 'a' as indicator, 'amt' as dimension, 'positive' as attribute,
                count(ami) > 0 as is_available, min(ami) as value_min, max(ami) as value_max,
                case when count(ami) > 0 then 1.0 end as overall_weight, 1.0 as individual_weight
            from marts.fct_index
            """
        )


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path / "warehouse.duckdb")


def figures(years: range, seed: int) -> dict[Cell, float]:
    random = np.random.default_rng(seed)
    return {
        (item, province, year): float(random.uniform(1, 9))
        for item in "ab"
        for province in PROVINCES
        for year in years
    }


class TestKeeping:
    def test_only_a_change_of_a_mart_makes_a_vintage(self, tiny: Tiny) -> None:
        first, is_new = tiny.refresh(figures(range(2010, 2013), 1))
        assert (first.vintage, is_new) == (1, True)
        assert (first.first_year, first.last_year, first.last_load_seq) == (2010, 2012, 1)
        assert first.published_at == NOON.replace(tzinfo=None)
        again, is_new = tiny.refresh({}, now=NOON + timedelta(days=1))
        assert again == first and not is_new
        # News that no mart shows: a later edition has the same figure.
        figure = figures(range(2010, 2013), 1)["a", "110000", 2010]
        same, is_new = tiny.refresh({("a", "110000", 2010): figure})
        assert same == first and not is_new
        second, is_new = tiny.refresh({("a", "110000", 2010): 8.5})
        assert (second.vintage, is_new, second.last_load_seq) == (2, True, 3)
        assert second.recipe == first.recipe
        assert second.fingerprint != first.fingerprint

    def test_the_order_is_by_number_where_the_clock_jumps_back(self, tiny: Tiny) -> None:
        tiny.refresh(figures(range(2010, 2013), 1))
        tiny.refresh({("a", "110000", 2010): 8.5}, now=NOON - timedelta(days=400))
        kept = vintages_of(tiny.path)
        assert [vintage.vintage for vintage in kept] == [1, 2]
        assert kept[1].published_at < kept[0].published_at
        revision = compare(tiny.path)
        assert (revision.old.vintage, revision.new.vintage) == (1, 2)

    def test_a_vintage_holds_what_it_published_and_can_be_computed_again(self, tiny: Tiny) -> None:
        cells = figures(range(2010, 2013), 1)
        tiny.refresh(cells)
        news: dict[Cell, float] = {("a", "110000", 2010): 8.5, ("b", "120000", 2011): 0.5}
        tiny.refresh(news)
        for number, known in ((1, cells), (2, cells | news)):
            again = compute_again(tiny.path, number).set_index(["province_code", "year"])["value"]
            expected = pd.Series(index(known))
            np.testing.assert_allclose(again.loc[list(expected.index)], expected, rtol=1e-12)
            with duckdb.connect(str(tiny.path), read_only=True) as connection:
                kept = connection.execute(
                    "select province_code, year, value from vintages.index_values"
                    " where vintage = ? and variable = 'ami' order by all",
                    [number],
                ).df()
            assert kept["value"].tolist() == again.sort_index().tolist()

    def test_a_recipe_is_stored_once_for_as_long_as_it_stays(self, tiny: Tiny) -> None:
        tiny.refresh(figures(range(2010, 2013), 1))
        tiny.refresh({("a", "110000", 2010): 8.5})
        other, _ = tiny.refresh({}, recipe(factor=0.5))
        back, _ = tiny.refresh({}, recipe())
        assert [vintage.recipe for vintage in vintages_of(tiny.path)] == [1, 1, 2, 3]
        assert (other.vintage, back.vintage) == (3, 4)

    def test_a_warehouse_from_before_vintages_has_none_and_may_begin(self, tmp_path: Path) -> None:
        dataset = Dataset("mine", tmp_path, tmp_path)
        dataset.folder.mkdir(parents=True)
        with duckdb.connect(str(dataset.database)) as connection:
            connection.execute("create schema raw; create table raw.files (load_seq integer)")
        assert vintages_of(dataset.database) == []
        with pytest.raises(VintageError, match="no vintage yet"):
            compare(dataset.database)
        warehouse = Warehouse(dataset)
        warehouse.begin()
        with warehouse.connect() as connection:
            prepare(connection)
            assert list_vintages(connection) == []
            connection.execute("create schema marts; create table marts.gone as select 1 as x")
        warehouse.publish()
        warehouse.begin()
        assert set(warehouse.columns()) == {"raw", "vintages", "published"}


class TestBase:
    def bases(self, tiny: Tiny) -> list[tuple[object, ...]]:
        with duckdb.connect(str(tiny.path), read_only=True) as connection:
            return connection.execute(
                "select base, reason, vintage, first_year, last_year from vintages.bases"
                " left join vintages.base_indicators using (base) order by base"
            ).fetchall()

    def test_the_first_vintage_is_the_base_until_a_person_sets_another(self, tiny: Tiny) -> None:
        tiny.refresh(figures(range(2010, 2013), 1))
        tiny.refresh({("a", "110000", 2010): 8.5})
        assert self.bases(tiny) == [(1, FIRST_BASE, 1, 2010, 2012)]
        vintage, is_new = tiny.refresh({}, rebase="the census of 2023")
        assert is_new and vintage.base == 2
        assert self.bases(tiny)[1] == (2, "the census of 2023", 3, 2010, 2012)

    def test_a_base_waits_for_the_first_index(self, tiny: Tiny) -> None:
        cells = figures(range(2010, 2013), 1)
        tiny.refresh({cell: value for cell, value in cells.items() if cell[0] == "a"})
        assert self.bases(tiny) == [(1, FIRST_BASE, None, None, None)]
        tiny.refresh({cell: value for cell, value in cells.items() if cell[0] == "b"})
        assert self.bases(tiny) == [(1, FIRST_BASE, 2, 2010, 2012)]


def brute_force(states: list[dict[tuple[str, int], float]]) -> pd.DataFrame:
    """Parts of each change by hand: a step without a value leaves its move to the next."""
    rows = {}
    for key in states[0].keys() & states[-1].keys():
        last, parts = states[0][key], []
        for state in states[1:]:
            now = state.get(key, last)
            parts.append(now - last)
            last = now
        rows[key] = parts
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(STEPS))


def moved(revision: Revision) -> pd.DataFrame:
    rows = revision.values[revision.values["change"].notna()]
    return rows.set_index(["province_code", "year"])


# The index of this recipe needs both items: its composition cannot change.
CAUSES = [causes for size in range(5) for causes in combinations(STEPS[1:], size)]


class TestRevision:
    @pytest.mark.parametrize("causes", CAUSES, ids="+".join)
    def test_parts_are_those_of_numpy_and_each_cause_has_only_its_own(
        self, tiny: Tiny, causes: tuple[str, ...]
    ) -> None:
        random = np.random.default_rng(len(causes) + 10 * CAUSES.index(causes))
        old = figures(range(2010, 2014), 3)
        # Beijing has no b in 2011, until coverage comes; Hebei's a of 2012 is never there.
        for missing in (("b", "110000", 2011), ("a", "130000", 2012)):
            del old[missing]
        arrives: dict[str, dict[Cell, float]] = {
            "revised_input": {
                ("a", "120000", 2010): float(random.uniform(1, 12)),
                ("b", "130000", 2013): float(random.uniform(1, 12)),
            },
            "new_coverage": {("b", "110000", 2011): float(random.uniform(9, 12))},
            "new_year": {
                (item, province, 2014): float(random.uniform(0, 12))
                for item in "ab"
                for province in PROVINCES
            },
            "changed_option": {},
        }
        tiny.refresh(old)
        news = {cell: value for cause in causes for cell, value in arrives[cause].items()}
        factor = 0.5 if "changed_option" in causes else 1
        _, is_new = tiny.refresh(news, recipe(factor=factor))
        if not causes:
            assert not is_new
            return

        cells, states = dict(old), [index(old)]
        for cause in STEPS:
            cells |= arrives[cause] if cause in causes else {}
            states.append(index(cells, factor if cause == "changed_option" else 1))
        expected = brute_force(states)

        revision = compare(tiny.path)
        rows = moved(revision)
        assert set(revision.inputs["cause"]) == set(causes) - {"changed_option"}
        assert (rows["change"] - rows[list(STEPS)].sum(axis=1)).abs().max() <= 1e-9
        np.testing.assert_allclose(
            rows[list(STEPS)], expected.loc[list(rows.index)], rtol=0, atol=1e-9
        )
        # What is not reported did not move, and a cause that was not there has no part.
        still = expected.drop(rows.index)
        assert still.abs().to_numpy().max(initial=0) <= 1e-9
        for cause in set(STEPS) - set(causes):
            assert (rows[cause] == 0).all(), cause
        ranks = [f"rank_{step}" for step in STEPS]
        assert (rows["rank_change"] == rows[ranks].sum(axis=1)).all()
        came = revision.values[revision.values["came_with"].notna()]
        news_of_index = {
            (province, year, cause)
            for cause in ("new_coverage", "new_year")
            if cause in causes
            for _, province, year in arrives[cause]
        }
        found = came[["province_code", "year", "came_with"]].itertuples(index=False, name=None)
        assert set(found) == news_of_index

    def test_inputs_say_file_item_province_year_old_new_and_editions(self, tiny: Tiny) -> None:
        cells = figures(range(2010, 2013), 1)
        tiny.refresh(cells)
        tiny.refresh({("a", "110000", 2010): 8.5, ("a", "110000", 2013): 2.0})
        revised, new = compare(tiny.path).inputs.to_dict("records")
        assert revised["cause"] == "revised_input"
        assert (revised["item"], revised["unit"]) == ('A\'s "label"', "yuan")
        assert (revised["province"], revised["year"]) == ("P110000", 2010)
        assert (revised["old_value"], revised["new_value"]) == (cells["a", "110000", 2010], 8.5)
        assert (revised["old_edition"], revised["new_edition"]) == (2001, 2002)
        assert (revised["old_edition_printed"], revised["new_edition_printed"]) == ("2001", "")
        assert (revised["old_file"], revised["new_file"]) == ("load1.csv", "load2.csv")
        assert (new["cause"], new["year"], new["new_value"]) == ("new_year", 2013, 2.0)
        assert pd.isna(new["old_value"]) and pd.isna(new["old_edition"])

    def test_another_edition_policy_is_a_changed_option(self, tiny: Tiny) -> None:
        cells = figures(range(2010, 2013), 1)
        tiny.refresh(cells)
        tiny.refresh({("a", "110000", 2010): 8.5})
        tiny.refresh({}, recipe("first_published"), edition_policy="first_published")
        revision = compare(tiny.path)
        assert revision.changed_options == {"edition_policy": ("latest", "first_published")}
        assert revision.inputs["cause"].tolist() == ["changed_option"]
        assert revision.inputs["new_value"].tolist() == [cells["a", "110000", 2010]]
        assert (moved(revision)["changed_option"] == moved(revision)["change"]).all()
        # Seen from the first vintage the figure was revised and the option took that back.
        whole = compare(tiny.path, 1, 3)
        assert whole.inputs["cause"].tolist() == ["revised_input", "changed_option"]
        rows = moved(whole)
        assert rows["change"].abs().max() == 0
        assert rows["revised_input"].abs().max() > 0
        assert (rows["revised_input"] + rows["changed_option"]).abs().max() <= 1e-9

    def test_a_correction_is_a_revised_input(self, tiny: Tiny) -> None:
        tiny.refresh(figures(range(2010, 2013), 1))
        tiny.corrections.append(["a", "110000", 2010, 1, 8.5])
        tiny.refresh({})
        revision = compare(tiny.path)
        assert revision.inputs[["cause", "new_value"]].values.tolist() == [["revised_input", 8.5]]
        assert (moved(revision)["changed_option"] == 0).all()

    def test_a_vintage_from_before_corrections_had_other_columns_still_compares(
        self, tiny: Tiny
    ) -> None:
        tiny.refresh(figures(range(2010, 2013), 1))
        tiny.corrected = "value"
        tiny.corrections.append(["a", "110000", 2010, 1, 8.5])
        tiny.refresh({})
        revision = compare(tiny.path)
        assert revision.inputs[["cause", "new_value"]].values.tolist() == [["changed_option", 8.5]]
        assert (moved(revision)["changed_option"] == moved(revision)["change"]).all()

    def test_what_is_asked_for_and_not_there_is_said_in_words(self, tiny: Tiny) -> None:
        with pytest.raises(VintageError, match="no vintage yet"):
            compare(tiny.path)
        tiny.refresh(figures(range(2010, 2013), 1))
        with pytest.raises(VintageError, match="only one vintage"):
            compare(tiny.path)
        tiny.refresh({("a", "110000", 2010): 8.5})
        with pytest.raises(VintageError, match="no vintage 7; there is: 1, 2"):
            compare(tiny.path, 1, 7)
        with pytest.raises(VintageError, match="does not differ from itself"):
            compare(tiny.path, 2, 2)
        # The same either way round, and one that is named is compared with the last.
        for asked in ((1, 2), (2, 1), (1, None)):
            assert compare(tiny.path, *asked).old.vintage == 1

    def test_a_recipe_that_no_longer_runs_is_said_in_words(self, tiny: Tiny) -> None:
        tiny.refresh(figures(range(2010, 2013), 1))
        tiny.refresh({("a", "110000", 2010): 8.5})
        with duckdb.connect(str(tiny.path)) as connection:
            connection.execute("update vintages.recipes set statement = 'select * from gone'")
        with pytest.raises(VintageError, match="vintage 1 cannot be computed again"):
            compare(tiny.path)

    def test_a_cell_released_from_a_file_that_was_there_is_a_revised_input(
        self, tiny: Tiny
    ) -> None:
        cells = figures(range(2010, 2013), 1)
        tiny.refresh(
            {cell: value for cell, value in cells.items() if cell != ("b", "110000", 2010)}
        )
        # The same content is read again, and says more; another file brings what was not there.
        tiny.refresh(cells | {("a", "120000", 2013): 5.0}, source_hash="load 1")
        tiny.refresh({("a", "110000", 2013): 5.0})
        first, second = compare(tiny.path, 1, 2), compare(tiny.path, 2, 3)
        assert first.inputs[["cause", "item_code", "year"]].values.tolist() == [
            ["revised_input", "a", 2013],
            ["revised_input", "b", 2010],
        ]
        assert "2 inputs revised" in first.summary()
        rows = moved(first)
        assert (rows["change"] == rows["revised_input"]).all() and len(rows)
        assert set(first.values["came_with"].dropna()) == {"revised_input"}
        assert second.inputs["cause"].tolist() == ["new_coverage"]


def composite(factor: float = 1) -> dict[str, str]:
    """Mean of the min-max scores of a, b and c, as far as there is any value of them.

    Over the province-years that have all of these; a load without a value takes a cell out.
    """
    return {
        "staging.stg_raw__observations": 'select * from "raw"."observations"',
        "intermediate.int_items__preferred": """
            with newest as (
                from "staging"."stg_raw__observations"
                qualify row_number() over (
                    partition by item_code, province_code, year order by load_seq desc
                ) = 1
            )

            select * exclude (value), value as value_used from newest where value is not null
        """,
        "intermediate.int_indicators__values": """
            with province_years as (
                select distinct province_code, year from "intermediate"."int_items__preferred"
            ),

            names as (select subject as indicator from "reference"."formula_inputs")

            select province_years.*, names.indicator, cells.value_used as value
            from province_years
            cross join names
            left join "intermediate"."int_items__preferred" as cells
                on
                    cells.item_code = names.indicator
                    and cells.province_code = province_years.province_code
                    and cells.year = province_years.year
        """,
        "intermediate.int_variables__values": f"""
            with known as (
                select *, count(value) over (partition by indicator) > 0 as is_there
                from "intermediate"."int_indicators__values"
            ),

            in_sample as (
                select province_code, year
                from known
                where is_there
                group by province_code, year
                having count(value) = count(*)
            ),

            scored as (
                select
                    province_code,
                    year,
                    (value - min(value) over (partition by indicator))
                    / (max(value) over (partition by indicator)
                       - min(value) over (partition by indicator)) as score
                from known
                semi join in_sample using (province_code, year)
                where is_there
            )

            select province_code, year, 'ami' as variable, {factor} * 100.0 * avg(score) as value
            from scored
            inner join "reference"."provinces" using (province_code)
            inner join "reference"."variables" on variable = 'ami'
            inner join "reference"."items" on item_code = 'a'
            group by province_code, year
        """,
    }


Values = Mapping[Cell, float]


def composed(values: Values, factor: float = 1) -> dict[tuple[str, int], float]:
    """The same in numpy, over the indicators that `values` has."""
    names = sorted({name for name, *_ in values})
    keys = sorted({(p, y) for _, p, y in values if all((n, p, y) in values for n in names)})
    table = np.array([[values[name, *key] for name in names] for key in keys])
    scores = (table - table.min(axis=0)) / (table.max(axis=0) - table.min(axis=0))
    points = factor * 100 * scores.mean(axis=1)
    return dict(zip(keys, points, strict=True))


class TestComposition:
    """Which indicators the index is made of is a cause of its own, let in first."""

    OTHERS = ("revised_input", "new_coverage", "new_year", "changed_option")

    @pytest.mark.parametrize("came, went", [("c", ""), ("", "b"), ("c", "b")])
    @pytest.mark.parametrize("others", [(), ("revised_input",), OTHERS], ids=len)
    def test_parts_are_those_of_numpy(
        self, tiny: Tiny, came: str, went: str, others: tuple[str, ...]
    ) -> None:
        random = np.random.default_rng(5)
        old = figures(range(2010, 2014), 3)
        del old["a", "110000", 2011]
        arrives: dict[str, dict[Cell, float]] = {
            "revised_input": {("a", "120000", 2010): 11.0},
            "new_coverage": {("a", "110000", 2011): 0.5},
            "new_year": {
                (item, province, 2014): float(random.uniform(0, 12))
                for item in "ab".replace(went or "-", "")
                for province in PROVINCES
            },
            "changed_option": {},
        }
        last = 2015 if "new_year" in others else 2014
        new_item = {
            ("c", province, year): float(random.uniform(1, 9))
            for province in PROVINCES
            for year in range(2010, last)
            if came
        }
        gone = {cell: None for cell in old if cell[0] == went}
        factor = 0.5 if "changed_option" in others else 1
        tiny.refresh(old, composite())
        news = {cell: value for cause in others for cell, value in arrives[cause].items()}
        tiny.refresh(news | new_item | gone, composite(factor))

        cells = dict(old)
        states = [composed(old)]
        for cause in STEPS:
            cells |= arrives[cause] if cause in others else {}
            kept = {cell: value for cell, value in cells.items() if cell[0] != went}
            here = {cell[1:] for cell in cells}
            state = kept | {cell: v for cell, v in new_item.items() if cell[1:] in here}
            states.append(composed(state, factor if cause == "changed_option" else 1))
        expected = brute_force(states)

        revision = compare(tiny.path)
        assert revision.new_indicators == tuple(came) and revision.gone_indicators == tuple(went)
        rows = moved(revision)
        assert len(rows) > 5
        assert (rows["change"] - rows[list(STEPS)].sum(axis=1)).abs().max() <= 1e-9
        np.testing.assert_allclose(
            rows[list(STEPS)], expected.loc[list(rows.index)], rtol=0, atol=1e-9
        )
        assert rows["changed_composition"].abs().min() > 0
        for cause in set(self.OTHERS) - set(others):
            assert (rows[cause] == 0).all(), cause
        ranks = [f"rank_{step}" for step in STEPS]
        assert (rows["rank_change"] == rows[ranks].sum(axis=1)).all()
        of_composition = revision.inputs[revision.inputs["cause"] == "changed_composition"]
        assert set(of_composition["item_code"]) == set(came + went)
        assert len(of_composition) == len(new_item) + len(gone)

    def test_it_is_told_first(self, tiny: Tiny) -> None:
        old = figures(range(2010, 2013), 3)
        tiny.refresh(old, composite())
        more = {("c", province, year): float(year % 7) for _, province, year in old}
        tiny.refresh(more | {("a", "110000", 2010): 8.5}, composite())
        revision = compare(tiny.path)
        assert revision.inputs["cause"].iloc[0] == "changed_composition"
        said = revision.summary()
        assert said.index("OTHER INDICATORS") < said.index("1 input revised")
        assert "(new: c)" in said and "9 inputs of indicators new or gone" in said
        assert STEPS[0] == "changed_composition"
