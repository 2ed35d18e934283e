"""The real job on the demo yearbooks: what it leaves, and what arrives on top of it.

What stops it, and what is left of that: `test_gate.py`.
"""

import io
import json
import os
import re
import shutil
from functools import cache
from pathlib import Path

import dagster as dg
import duckdb
import numpy as np
import pandas as pd
import pytest
from ami_command import run_ami_here
from scipy import stats
from vintage_recipes import compute_again

from ami.counterfactuals import STEPS
from ami.dataset import DBT_PROJECT_DIR, PROJECT_ROOT
from ami.revisions import Revision, compare
from ami.second_process import second_process
from ami.vintage_store import recipe_of
from analysis.estimate_tables import Estimate
from analysis.estimating import estimated
from analysis.paper.long_form import KEY
from analysis.regressions.fixed_effects import two_way_fe
from analysis.results_tables import ESTIMATES
from analysis.variables import CONTROLS, PANEL_VARIABLES

pytestmark = pytest.mark.slow

TABLES = (
    "panel", "index", "weights", "descriptives", "estimates", "coverage", "mediation",
    "conditional_effects", "robustness", "specification_curve", "spatial_weights", "morans_i",
    "local_moran",
)  # fmt: skip
PAPER_TABLES = range(2, 12)
# What the demo, which is made to resemble the paper, is told for all the same.
WARNINGS = {"panel_in_printed_ranges"}
DEMO_DATA = PROJECT_ROOT / "docs" / "demo-data.md"
# Table (column) and term: of 38 intervals at 95 % two are expected to miss.
OUTSIDE = {
    ("10", "3", "icc"): "six enormous cells of icc carry its coefficient; its clustered error, "
    "which rests on the two or three provinces that have them, is too small",
    ("10", "5", "uic"): "barely (1.757 against 1.371, error 0.175), for the same reason",
}


def planted() -> pd.DataFrame:
    """The coefficients that the demo implies, as the page on demo data tells them."""
    row = re.compile(
        r"^\| (\d+) \((\d)\) \| (\w+) \| (\S+|\w+ x \w+) \| \S+ \| (\S+) \| (\S+) \((\S+)\) \|$",
        re.MULTILINE,
    )
    columns = ["table", "column", "outcome", "term", "implied", "found", "error"]
    told = pd.DataFrame(row.findall(DEMO_DATA.read_text(encoding="utf-8")), columns=columns)
    told["term"] = told["term"].str.replace(" x ", "*")
    return told.astype(dict.fromkeys(("implied", "found", "error"), float))


def read_estimates(demo_home: Path) -> pd.DataFrame:
    path = demo_home / "results" / "demo" / "estimates.csv"
    return pd.read_csv(path, dtype={"table": str, "column": str})


def read_warehouse(home: Path, dataset: str, query: str) -> pd.DataFrame:
    path = home / "warehouse" / dataset / "warehouse.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(query).df()


class TestDemo:
    def test_results_are_there_as_csv_and_parquet_and_agree(self, demo_home: Path) -> None:
        folder = demo_home / "results" / "demo"
        for name in TABLES:
            csv = pd.read_csv(folder / f"{name}.csv")
            parquet = pd.read_parquet(folder / f"{name}.parquet")
            assert len(csv) == len(parquet) > 0, name
            assert list(csv.columns) == list(parquet.columns), name

    def test_panel_is_complete(self, demo_home: Path) -> None:
        panel = pd.read_parquet(demo_home / "results" / "demo" / "panel.parquet")
        assert len(panel) == 31 * 19
        descriptives = pd.read_parquet(demo_home / "results" / "demo" / "descriptives.parquet")
        assert (descriptives["obs"] == 589).all()
        assert len(descriptives) == 17

    def test_planted_coefficients_are_recovered(self, demo_home: Path) -> None:
        told = planted()
        assert set(told["table"]) == {"4", "7", "9", "10"} and len(told) == 38
        both = told.merge(read_estimates(demo_home), on=["table", "column", "outcome", "term"])
        assert len(both) == len(told)
        assert (both["estimate"] - both["found"]).abs().max() <= 0.0005001
        assert (both["dispersion"] - both["error"]).abs().max() <= 0.0005001
        reach = both["n_clusters"].map(lambda clusters: stats.t.ppf(0.975, clusters - 1))
        missed = both[(both["estimate"] - both["implied"]).abs() > reach * both["dispersion"]]
        places = missed[["table", "column", "term"]].itertuples(index=False, name=None)
        assert set(places) == set(OUTSIDE)

    def test_instrument_and_other_measures_find_what_was_planted(self, demo_home: Path) -> None:
        rows = read_estimates(demo_home).set_index(["table", "column", "term"])
        # Neither endogenous nor measured with error: two-stage least squares finds the same.
        lower, upper = (rows.loc[("4", "3", f"_ar_set_1_{end}"), "estimate"]
                        for end in ("lower", "upper"))  # fmt: skip
        assert lower < 0.927 < upper
        assert rows.loc[("4", "3", "_kp_wald_rk_f"), "estimate"] > 16.38
        assert rows.loc[("4", "2", "_n"), "estimate"] == 558
        assert rows.loc[("4", "5", "_n"), "estimate"] == 186
        for place in (("4", "4", "eg"), ("4", "5", "coagglo")):
            assert rows.loc[place, "estimate"] > 0 and rows.loc[place, "p_value"] < 0.05
        dimensions = [rows.loc[("5", str(n), "coagglo"), "estimate"] for n in range(1, 6)]
        assert min(dimensions) > 0
        centres = rows.loc[("4", "5", "coagglo")]
        assert abs(centres["estimate"] - 0.812) < 2.04 * centres["dispersion"]

    def test_bootstrapped_effects_are_those_of_table_7(self, demo_home: Path) -> None:
        rows = read_estimates(demo_home).set_index(["table", "column", "term"])["estimate"]
        assert rows["8", "effect", "total"] == pytest.approx(rows["7", "1", "coagglo"], rel=1e-9)
        assert rows["8", "effect", "direct"] == pytest.approx(rows["7", "4", "coagglo"], rel=1e-9)
        # Implied: .265 x 1.809.
        assert rows["8", "ci_lower", "indirect"] < 0.479 < rows["8", "ci_upper", "indirect"]

    def test_every_printed_figure_has_ours_beside_it(self, demo_home: Path) -> None:
        printed = pd.read_csv(DBT_PROJECT_DIR / "seeds" / "paper" / "published_estimates.csv")
        ours = read_estimates(demo_home)
        assert ours["published_estimate"].notna().sum() == len(printed)
        assert (ours.loc[ours["term"] == "coagglo", "wild_p_value"].notna()).sum() > 20

    def test_tables_of_the_paper_are_there_in_three_forms(self, demo_home: Path) -> None:
        folder = demo_home / "results" / "demo"
        for number in PAPER_TABLES:
            for form, named in (("html", f"Table {number}."), ("tex", f"{{tab:ami-{number}}}")):
                text = (folder / f"table_{number}.{form}").read_text(encoding="utf-8")
                assert named in text and "SYNTHETIC" in text
            assert pd.read_csv(folder / f"table_{number}.csv")["is_synthetic"].all()
        curve = (folder / "specification_curve.svg").read_text(encoding="utf-8")
        assert "SYNTHETIC" in curve

    @pytest.mark.parametrize("estimate", ESTIMATES, ids=lambda estimate: estimate.name)
    def test_estimates_have_the_columns_and_the_grain_that_are_declared(
        self, demo_home: Path, estimate: Estimate
    ) -> None:
        rows = read_warehouse(demo_home, "demo", f"select * from {estimate.source}")
        assert list(rows.columns) == list(estimate.columns)
        empty = pd.DataFrame(columns=list(estimate.columns)).astype(dict(estimate.columns))
        if estimate.name == "reduced_table_4":
            # Every control of the demo has a value, so that nothing is reduced.
            assert rows.empty
            return
        assert (rows.dtypes == empty.dtypes).all()
        assert len(rows) and not rows.duplicated(estimate.grain.split(", ")).any()

    def test_two_processes_make_what_the_refresh_made_to_the_last_bit(
        self, demo_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Which had one of its own or two, by how busy the machine was."""
        monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1))
        database = demo_home / "warehouse" / "demo" / "warehouse.duckdb"
        with (
            duckdb.connect(str(database), read_only=True) as connection,
            second_process() as second,
        ):
            read = cache(lambda table: connection.table(table).df())
            for name, rows in estimated(read, lambda name: False, {}, second):
                kept = connection.table(f"estimates.{name}")
                columns = zip(kept.columns, kept.types, strict=True)
                typed = ", ".join(f'"{column}"::{kind}' for column, kind in columns)
                made = connection.from_df(rows).select(typed)
                assert len(made) == len(kept) and not made.except_(kept).fetchall(), name

    def test_space_has_its_tables_and_pictures(self, demo_home: Path) -> None:
        folder = demo_home / "results" / "demo"
        weights = pd.read_csv(folder / "spatial_weights.csv")
        sums = weights.groupby(["weights", "province_code"])["weight"].sum()
        assert len(sums) == 6 * 31 and (sums - 1).abs().max() < 1e-12
        morans_i = pd.read_csv(folder / "morans_i.csv")
        assert len(morans_i) == 2 * 6 * 19 and morans_i["moran_i"].notna().all()
        local = pd.read_csv(folder / "local_moran.csv")
        assert len(local) == 2 * 6 * 31 and (local["year"] == 2021).all()
        refused = read_warehouse(demo_home, "demo", "select * from estimates.not_estimable")
        assert refused.empty
        for name in (
            "index_map", "morans_i", "moran_scatter_ami", "moran_scatter_coagglo",
            "cluster_map_ami", "cluster_map_coagglo",
        ):  # fmt: skip
            assert "SYNTHETIC" in (folder / f"{name}.svg").read_text(encoding="utf-8")

    def test_report_is_one_file_that_says_synthetic(self, demo_home: Path) -> None:
        report = (demo_home / "results" / "demo" / "report.html").read_text(encoding="utf-8")
        assert "SYNTHETIC" in report
        assert set(re.findall(r"https?://[^/\"' ]+", report)) <= {"http://www.w3.org"}

    def test_tables_say_that_they_are_synthetic(self, demo_home: Path) -> None:
        for name in TABLES:
            table = pd.read_parquet(demo_home / "results" / "demo" / f"{name}.parquet")
            assert table["is_synthetic"].all(), name

    def test_every_view_can_be_read_under_the_name_it_is_published_by(
        self, demo_home: Path
    ) -> None:
        database = demo_home / "warehouse" / "demo" / "warehouse.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            views = connection.execute(
                "select schema_name || '.' || view_name from duckdb_views() where not internal"
            ).fetchall()
            assert {"checks.panel_jumps", "marts.fct_index_vintage"} <= {name for (name,) in views}
            for (name,) in views:
                connection.execute(f"select count(*) from {name}")

    def test_weights_land_near_table_2(self, demo_home: Path) -> None:
        weights = pd.read_parquet(demo_home / "results" / "demo" / "weights.parquet")
        assert len(weights) == 21
        for kind in ("overall_weight", "individual_weight"):
            assert (weights[kind] - weights[f"published_{kind}"]).abs().max() < 0.03, kind
        assert weights["overall_weight"].sum() == pytest.approx(1, abs=1e-12)

    def test_descriptives_land_near_table_3(self, demo_home: Path) -> None:
        table = pd.read_parquet(demo_home / "results" / "demo" / "descriptives.parquet")
        table = table.set_index("variable")
        assert (table["mean"] / table["published_mean"] - 1).abs().max() < 0.05
        assert (table["sd"] / table["published_sd"] - 1).abs().max() < 0.15
        margin = 0.1 * (table["published_max"] - table["published_min"])
        assert (table["min"] >= table["published_min"] - margin).all()
        assert (table["max"] <= table["published_max"] + margin).all()

    def test_every_cell_read_landed_or_was_set_aside(self, demo_home: Path) -> None:
        counts = read_warehouse(
            demo_home,
            "demo",
            """
            select
                (select sum(cells_read) from raw.files) as cells_read,
                (select count(*) from raw.observations) as landed,
                (select count(*) from raw.set_aside) as set_aside
            """,
        ).iloc[0]
        assert counts["cells_read"] == counts["landed"] + counts["set_aside"]
        assert counts["set_aside"] > 0

    def test_each_warning_was_told_once_over_the_webhook(
        self, demo_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        received = json.loads((demo_home / "told.json").read_text(encoding="utf-8"))
        told = {body["name"]: body for body in received}
        assert len(told) == len(received) == len(WARNINGS)
        assert set(told) == WARNINGS
        alert = told["panel_in_printed_ranges"]
        assert (alert["event"], alert["severity"]) == ("problem", "WARN")
        assert (alert["dataset"], alert["synthetic"]) == ("demo", True)
        assert (alert["asset"], alert["count"]) == ("marts/fct_panel", 7)
        assert "Tibet 2003 ame: 8.82 (10.7 to 90.95)" in alert["first_rows"]
        assert alert["run_url"] == f"http://127.0.0.1:3000/runs/{alert['run_id']}"
        monkeypatch.setenv("DAGSTER_HOME", str(demo_home / "warehouse" / "demo" / "dagster"))
        with dg.DagsterInstance.get() as instance:
            assert instance.has_run(alert["run_id"])

    def test_status_tells_it(self, demo_home: Path) -> None:
        answer = run_ami_here(demo_home, "status")
        assert answer.returncode == 0
        assert "demo (SYNTHETIC)" in answer.stdout
        assert "2003-2021 from 21 of 21 indicators" in answer.stdout
        assert "checks passed" in answer.stdout
        assert "cells set aside" in answer.stdout


REVISED = "province_code = '440000' and year = 2010 and item_code = 'rd_own_funds_10k_yuan'"


@pytest.fixture(scope="module")
def news(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One figure is 12 % lower in a later edition, and 2022 is 2021 with 5 % more."""
    database = tmp_path_factory.mktemp("news") / "warehouse.duckdb"
    shutil.copy(demo_home / "warehouse" / "demo" / "warehouse.duckdb", database)
    with duckdb.connect(str(database), config={"threads": 1}) as connection:
        arrived = "9 as load_seq, 'news.csv' as source_file, 'x' as source_hash"
        connection.execute(
            f"insert into raw.files select * replace ({arrived}) from raw.files limit 1"
        )
        for change, which in (
            ("edition + 1 as edition, value * .88 as value", REVISED),
            ("edition + 1 as edition, value * 1.05 as value, 2022 as year", "year = 2021"),
        ):
            connection.execute(
                f"insert into raw.observations select * replace ({arrived}, {change})"
                f" from raw.observations where {which} and value is not null"
            )
        views = connection.execute(
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
        for relation, statement in recipe_of(connection, 1).items():
            kind = "view" if (relation,) in views else "table"
            connection.execute(f"drop {kind} {relation} cascade")
            connection.execute(f"create table {relation} as {statement}")
        connection.execute(
            "insert into vintages.vintages select * replace"
            " (2 as vintage, 9 as last_load_seq, 2022 as last_year) from vintages.vintages;"
            "insert into vintages.index_values select 2, province_code, year, variable, value"
            " from intermediate.int_variables__values"
        )
    return database


class TestVintages:
    """News arrive in a copy of the demo; its own recipe makes the second vintage of them."""

    def index(self, values: pd.DataFrame, indicators: pd.DataFrame) -> pd.Series:
        """Equations 11 to 17 in numpy; province-years x indicators."""
        y = (values - values.min()) / (values.max() - values.min())
        negative = indicators.index[indicators["attribute"] == "negative"]
        y[negative] = 1 - y[negative]
        p = y / y.sum()
        terms = p.to_numpy() * np.log(p.where(p > 0, 1).to_numpy())
        utility = 1 + terms.sum(axis=0) / np.log(len(p))
        return 100 * y @ (utility / utility.sum())

    def test_a_recipe_gives_what_was_published(self, demo_home: Path) -> None:
        database = demo_home / "warehouse" / "demo" / "warehouse.duckdb"
        again = compute_again(database, 1)
        kept = read_warehouse(
            demo_home,
            "demo",
            "select province_code, year, variable, value from vintages.index_values"
            " where variable <> 'ami_frozen' order by all",
        )
        pd.testing.assert_frame_equal(again, kept, rtol=1e-12)

    def test_parts_are_those_of_numpy(self, news: Path, demo_home: Path) -> None:
        select = "select province_code, year, indicator, value from"
        published = read_warehouse(demo_home, "demo", f"{select} marts.fct_indicator_score")
        with duckdb.connect(str(news), read_only=True) as connection:
            indicators = connection.table("marts.dim_indicator").df().set_index("indicator")
            arrived = connection.execute(f"{select} intermediate.int_indicators__values").df()
        before, after = (
            rows.pivot(index=["province_code", "year"], columns="indicator", values="value")[
                indicators.index
            ]
            for rows in (published, arrived)
        )
        # The share of own funds is the only indicator in which they stand.
        revised = before.copy()
        revised.loc[("440000", 2010), "rd_self_funding_share"] *= 0.88
        first, middle, last = (self.index(frame, indicators) for frame in (before, revised, after))

        revision = compare(news)
        self.hold_coefficient(revision, demo_home, first, middle)
        values = revision.values[revision.values["variable"] == "ami"]
        rows = values[values["change"].notna()].set_index(["province_code", "year"])
        assert len(rows) == len(before) == 589
        for part, expected in (
            ("revised_input", middle - first),
            ("new_coverage", 0 * first),
            ("new_year", last.loc[before.index] - middle),
            ("changed_option", 0 * first),
            ("change", last.loc[before.index] - first),
        ):
            np.testing.assert_allclose(rows[part], expected.loc[rows.index], rtol=0, atol=1e-9)
        assert rows["revised_input"].abs().max() > 1e-3
        assert set(values.loc[values["change"].isna(), "came_with"]) == {"new_year"}
        counts = revision.inputs["cause"].value_counts()
        assert counts["revised_input"] == 1 and counts["new_year"] > 1500

    def hold_coefficient(
        self, revision: Revision, demo_home: Path, first: pd.Series, middle: pd.Series
    ) -> None:
        """The revised figure stands in the index alone, so that it moves Table 4 (1) by that."""
        panel = read_warehouse(demo_home, "demo", "from marts.fct_panel")
        keys = pd.MultiIndex.from_frame(panel[["province_code", "year"]])
        before, after = (
            two_way_fe(
                panel.assign(ami=index.reindex(keys).to_numpy()), "ami", ["coagglo", *CONTROLS]
            ).params["coagglo"]
            for index in (first, middle)
        )
        moves = revision.estimates
        parts = moves[list(STEPS)].sum(axis=1)
        assert (moves["change"] - parts).abs().max() <= 1e-12 * moves["change"].abs().max()
        assert len(moves) == 56 and moves["change"].notna().all()
        baseline = moves.set_index(KEY).loc[("4", "1", "all", "ami", "coagglo")]
        assert baseline["old_estimate"] == pytest.approx(before, abs=1e-9)
        assert baseline["revised_input"] == pytest.approx(after - before, abs=1e-9)
        assert baseline["revised_input"] != 0 and baseline["new_year"] != 0
        assert baseline["new_coverage"] == baseline["changed_option"] == 0

    def test_a_vintage_keeps_its_tables_4_to_11(self, demo_home: Path) -> None:
        kept = pd.read_parquet(demo_home / "results" / "demo" / "estimate_vintage.parquet")
        made = pd.read_parquet(demo_home / "results" / "demo" / "estimates.parquet")
        assert set(kept["vintage"]) == {1} and kept["is_synthetic"].all()
        both = kept.merge(made, on=KEY, suffixes=("", "_made"), validate="one_to_one")
        assert len(both) == len(made) and both["estimate"].equals(both["estimate_made"])
        baseline = both.set_index(KEY).loc[("4", "1", "all", "ami", "coagglo")]
        reach = baseline["upper"] - baseline["estimate"]
        # t(30) at 97.5 %.
        assert reach / baseline["dispersion"] == pytest.approx(2.042272, abs=1e-6)

    def test_the_panel_of_today_is_that_of_the_last_vintage(self, demo_home: Path) -> None:
        answer = run_ami_here(demo_home, "panel")
        assert answer.returncode == 0, answer.stderr
        said = pd.read_csv(io.StringIO(answer.stdout), dtype={"province_code": str})
        panel = pd.read_parquet(demo_home / "results" / "demo" / "panel.parquet")
        assert said["is_synthetic"].all() and len(said) == len(panel)
        for name in PANEL_VARIABLES:
            np.testing.assert_allclose(said[name], panel[name], rtol=1e-14)

    def test_the_frozen_index_begins_as_the_rolling_one(self, demo_home: Path) -> None:
        frozen = pd.read_parquet(demo_home / "results" / "demo" / "index_frozen.parquet")
        assert (frozen["ami_frozen"] - frozen["ami"]).abs().max() < 1e-9
        assert not frozen["is_outside_base"].any()
        assert (frozen["ami_frozen_rank"] == frozen["ami_rank"]).all()

    def test_one_vintage_has_nothing_to_be_compared_with(self, demo_home: Path) -> None:
        answer = run_ami_here(demo_home, "diff")
        assert answer.returncode == 2
        assert "only one vintage" in answer.stderr and "Traceback" not in answer.stderr
        assert "SYNTHETIC" in run_ami_here(demo_home, "vintages").stdout
        report = (demo_home / "results" / "demo" / "report.html").read_text(encoding="utf-8")
        assert "it is the first, so there is none to compare it with" in report
