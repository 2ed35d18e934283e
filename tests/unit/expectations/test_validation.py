"""What `validate` makes of the results: severities, known outliers, missing data, bad input."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

import expectations
from expectations import CheckReport, Layer
from expectations.declared import suites

SEEDS = Path(__file__).parents[3] / "dbt" / "seeds"
COLUMNS = ["synthetic", "check_name", "subject", "province_code", "year", "reason"]
Frames = dict[str, pd.DataFrame]
MakeFrames = Callable[..., Frames]
Manifest = dict[str, Any]


def outliers(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


@pytest.fixture
def real(good_frames: MakeFrames) -> Frames:
    """The marts of official figures."""
    return good_frames("marts", synthetic=False)


@pytest.fixture
def check(manifest: Manifest) -> Callable[[Frames], CheckReport]:
    """Checks marts of official figures."""
    return lambda frames: expectations.validate(
        "marts", manifest, frames, dataset="nbs", synthetic=False, is_demo=False
    )


def with_ami(frames: Frames, value: float, rows: int = 1) -> Frames:
    """The first `rows` of ami set to a value, out of its range if above 100."""
    frames["fct_panel"].loc[: rows - 1, "ami"] = value
    return frames


def with_jumps(frames: Frames, *values: float) -> Frames:
    """What check panel_jumps compared: changes of ami, in Beijing from 2003 on, of at most 8."""
    frames["panel_jumps"] = pd.DataFrame(
        {
            "subject": "ami",
            "province_code": "110000",
            "year": range(2003, 2003 + len(values)),
            "value": values,
            "low": -8.0,
            "high": 8.0,
            "is_outside": [abs(value) > 8 for value in values],
        }
    )
    return frames


def test_severity_decides_what_blocks(real: Frames, check: Callable[[Frames], CheckReport]) -> None:
    report = check(with_jumps(with_ami(real, 160.0), 9.0))
    assert {result.name: result.severity for result in report.failures} == {
        "ami_in_range": "ERROR",
        "panel_jumps": "WARN",
    }
    assert [result.name for result in report.blocking_failures] == ["ami_in_range"]


def test_first_rows_are_five_and_all_are_counted(
    real: Frames, check: Callable[[Frames], CheckReport]
) -> None:
    report = check(with_ami(real, 160.0, rows=14))
    (failure,) = report.blocking_failures
    assert failure.n_unexpected == 14
    assert [row["year"] for row in failure.first_rows] == [2003, 2004, 2005, 2006, 2007]
    row = report.frame().set_index("check").loc["ami_in_range"]
    assert row["first_rows"].startswith("Beijing 2003 ami: 160 (0 to 100); Beijing 2004")
    assert row["observed"] == "36 values, 50 to 160; 14 outside"
    assert row["expected"] == "ami in its range: 0 to 100"
    assert row["n_unexpected"] == 14
    assert not row["passed"]


def test_rows_of_a_model_come_the_worst_first(
    real: Frames, check: Callable[[Frames], CheckReport]
) -> None:
    frames = with_jumps(real, 9.0, 10.0, 1.0, 9.0)
    frames["panel_jumps"] = frames["panel_jumps"].iloc[::-1]
    (failure,) = check(frames).failures
    assert [row["year"] for row in failure.first_rows] == [2004, 2003, 2006]
    assert failure.observed == "4 values, 1 to 10; 3 outside"
    assert failure.first_rows[0]["province"] == "Beijing"


def test_how_bad_a_row_is_is_measured_by_its_bound(
    real: Frames, check: Callable[[Frames], CheckReport]
) -> None:
    frames = with_jumps(real, 20.0, -30.0, 5000.0, -1.0, -2.0)
    frames["panel_jumps"] = frames["panel_jumps"].assign(
        low=[-8.0, -8.0, -8.0, 0.0, 0.0], high=[8.0, 8.0, 4000.0, 8.0, 8.0], is_outside=True
    )
    (failure,) = check(frames).failures
    # A wrong sign; then -30 of -8, 20 of 8, 5000 of 4000.
    assert [row["value"] for row in failure.first_rows] == [-2, -1, -30, 20, 5000]


@pytest.mark.parametrize("province_code", ["110000", 110000])
def test_a_known_outlier_is_reported_and_excused(
    real: Frames, check: Callable[[Frames], CheckReport], province_code: object
) -> None:
    frames = with_ami(real, 160.0, rows=2)
    rebased = [
        (False, "ami_in_range", "ami", province_code, year, "capital region rebased")
        for year in (2003, 2004)
    ]
    frames["known_outliers"] = outliers(rebased[0])
    (failure,) = check(frames).blocking_failures
    assert failure.n_unexpected == 1
    assert failure.first_rows[0]["year"] == 2004
    (known,) = failure.known_outliers
    assert (known["year"], known["reason"]) == (2003, "capital region rebased")
    assert "known outliers: 1" in failure.observed

    frames["known_outliers"] = outliers(*rebased)
    assert check(frames).blocking_failures == ()


def test_a_known_outlier_of_a_model_is_excused(
    real: Frames, check: Callable[[Frames], CheckReport]
) -> None:
    frames = with_jumps(real, 9.0, 10.0)
    frames["known_outliers"] = outliers((False, "panel_jumps", "ami", "110000", 2003, "rebased"))
    (failure,) = check(frames).failures
    assert [row["year"] for row in failure.first_rows] == [2004]
    assert [row["year"] for row in failure.known_outliers] == [2003]


def test_a_known_outlier_without_province_and_year_excuses_the_row_that_has_none(
    good_frames: MakeFrames, manifest: Manifest
) -> None:
    frames = good_frames("marts")
    frames["fct_panel"]["str"] *= 1.06
    frames["known_outliers"] = outliers(
        (True, "means_near_published", "str", None, None, "Table 3 contradicts Table 2"),
    )
    report = expectations.validate(
        "marts", manifest, frames, dataset="demo", synthetic=True, is_demo=True
    )
    assert report.failures == ()


def test_a_stale_known_outlier_is_a_warning(
    real: Frames, check: Callable[[Frames], CheckReport]
) -> None:
    real["known_outliers"] = outliers(
        (False, "ami_in_range", "ami", "110000", 2003, "no outlier any more"),
        (True, "ami_in_range", "ami", "110000", 2003, "of the demo"),
        (False, "item_jumps", "gdp_100m_yuan", "110000", 2003, "another layer's"),
        (False, "ami_in_range", "ami", "110000", 1999, "a year that is not there"),
    )
    (warning,) = check(real).failures
    assert (warning.name, warning.severity) == ("known_outliers_found_marts", "WARN")
    assert warning.n_unexpected == 1
    assert warning.first_rows[0]["subject"] == "ami_in_range ami"
    assert warning.first_rows[0]["province"] == "Beijing"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(True, "ami_in_range", "ami", "110000", 2003, " ")], "gives no reason"),
        ([(True, "ami_range", "ami", "110000", 2003, "why")], "names no check"),
        ([(True, "ami_in_range", "ami", "110000", 2003, "why")] * 2, "is there twice"),
    ],
)
def test_faulty_known_outliers_are_named(
    real: Frames,
    check: Callable[[Frames], CheckReport],
    rows: list[tuple[object, ...]],
    message: str,
) -> None:
    real["known_outliers"] = outliers(*rows)
    with pytest.raises(expectations.KnownOutlierError, match=f"ami_.*110000 2003 {message}"):
        check(real)


def test_real_data_are_not_held_to_the_paper(
    real: Frames, check: Callable[[Frames], CheckReport], manifest: Manifest
) -> None:
    report = check(with_ami(real, 60.0, rows=36))
    assert report.failures == ()
    assert {r.name for r in report.results if "not applied" in r.observed} == {
        each.name
        for each in expectations.checks("marts", manifest)
        if each.holds_for == "synthetic"
    }


def test_variables_without_data_pass_and_say_so_but_are_not_complete(
    good_frames: MakeFrames, manifest: Manifest, check: Callable[[Frames], CheckReport]
) -> None:
    frames = good_frames("marts")
    published = pd.read_csv(SEEDS / "paper" / "published_descriptives.csv")
    frames["fct_panel"][list(published["variable"])] = None
    frames["fct_indicator_score"]["score"] = None
    report = check(frames)
    observed = {result.name: result.observed for result in report.results}
    assert report.failures == ()
    assert observed["ami_in_range"] == observed["scores_in_unit_interval"] == "no data"

    synthetic = expectations.validate(
        "marts", manifest, frames, dataset="demo", synthetic=True, is_demo=True
    )
    (failure,) = synthetic.failures
    assert failure.name == "panel_complete"
    assert failure.first_rows[0] == {"subject": "ame", "value": 0.0, "low": 36.0, "high": 36.0}


def test_empty_marts_can_be_checked(real: Frames, check: Callable[[Frames], CheckReport]) -> None:
    empty = {name: rows if name == "bounds" else rows.iloc[:0] for name, rows in real.items()}
    report = check(empty)
    assert report.failures == ()
    assert {result.observed for result in report.results} <= {
        "no data",
        "not applied: about synthetic data",
    }


@pytest.mark.parametrize(("beyond", "failed"), [(1e-13, []), (1e-6, ["gam_in_range"])])
def test_the_last_digits_of_a_sum_break_no_bound(
    real: Frames, check: Callable[[Frames], CheckReport], beyond: float, failed: list[str]
) -> None:
    real["fct_panel"].loc[0, "gam"] = 100 + beyond
    assert [result.name for result in check(real).blocking_failures] == failed


def test_a_check_that_cannot_be_run_is_named(
    real: Frames, check: Callable[[Frames], CheckReport]
) -> None:
    real["fct_panel"]["ami"] = "thirty"
    with pytest.raises(RuntimeError, match="ami_in_range could not be run"):
        check(real)


def test_names_are_unique_identifiers(manifest: Manifest) -> None:
    names = [
        check.name for layer in get_args(Layer) for check in expectations.checks(layer, manifest)
    ]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@pytest.mark.parametrize("layer", get_args(Layer))
def test_results_come_in_the_order_of_the_checks(
    good_frames: MakeFrames, manifest: Manifest, layer: Layer
) -> None:
    report = expectations.validate(
        layer, manifest, good_frames(layer), dataset="demo", synthetic=True, is_demo=True
    )
    found = [(result.name, result.severity) for result in report.results]
    assert found == [(check.name, check.severity) for check in expectations.checks(layer, manifest)]


def test_limits_are_about_things_that_exist_and_have_reasons() -> None:
    limits = pd.read_csv(SEEDS / "reference" / "limits.csv")
    reference = SEEDS / "reference"
    variables = pd.read_csv(SEEDS / "paper" / "published_descriptives.csv")["variable"]
    items = pd.read_csv(reference / "items.csv")["item_code"]
    indicators = pd.read_csv(reference / "indicators.csv")["indicator"]
    # What the index needs a share of to stand, and what it is called without.
    counted = {"indicators", "provinces", "ami_partial"}
    # What is measured of the index's coherence.
    measures = {
        "alpha", "correlation_within", "redundancy", "kmo", "correlation_ratio",
        "effective_to_nominal",
    }  # fmt: skip
    assert set(limits.loc[limits["rule"] == "index_coherence", "subject"]) == measures
    known = {*items, *indicators, *variables, *counted, *measures, "*"}
    assert set(limits["subject"]) <= known
    assert limits["reason"].notna().all()
    for rule, subjects in {
        "indicator_value": indicators,
        "panel_value": variables,
        "panel_jump": variables,
    }.items():
        # The partial index has a range, and no other limit.
        held = set(limits.loc[limits["rule"] == rule, "subject"]) - {"ami_partial"}
        assert held == set(subjects)


def test_item_orders_compare_what_is_measured_alike_and_have_reasons() -> None:
    reference = SEEDS / "reference"
    orders = pd.read_csv(reference / "item_orders.csv")
    units = pd.read_csv(reference / "units.csv").set_index("unit")["measure"]
    items = pd.read_csv(reference / "items.csv").set_index("item_code")["canonical_unit"]
    for order in orders.itertuples():
        named = f"{order.smaller} + {order.larger}".split(" + ")
        assert len({units[items[item]] for item in named}) == 1, order
    assert (orders["factor"] > 0).all()


def test_the_suite_of_the_panel_is_about_the_variables_of_table_3() -> None:
    published = pd.read_csv(SEEDS / "paper" / "published_descriptives.csv")
    (suite,) = (suite for suite in suites() if suite.mart == "fct_panel")
    whole = {each.columns for each in suite.expectations if len(each.columns) > 1}
    assert whole == {tuple(published["variable"])}


@pytest.mark.parametrize("synthetic", [True, False])
def test_the_known_outliers_of_the_project_are_well_formed(
    good_frames: MakeFrames, manifest: Manifest, synthetic: bool
) -> None:
    seed = pd.read_csv(SEEDS / "reference" / "known_outliers.csv")
    frames = good_frames("clean", synthetic) | {"known_outliers": seed}
    report = expectations.validate(
        "clean", manifest, frames, dataset="x", synthetic=synthetic, is_demo=synthetic
    )
    assert report.failures == ()


def test_definitions_load_without_great_expectations() -> None:
    program = (
        "import sys, expectations; expectations.checks('marts', {'nodes': {}}); "
        "sys.exit('great_expectations' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])


def test_checks_and_their_page_need_no_network(
    real: Frames,
    check: Callable[[Frames], CheckReport],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*address: object) -> None:
        raise AssertionError(f"a check opened a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    frames = with_ami(real, 160.0, rows=2)
    frames["provinces"].loc[0, "province"] = "<Beijing>"
    frames["known_outliers"] = outliers(
        (False, "ami_in_range", "ami", "110000", 2004, "capital region rebased"),
    )
    page = expectations.build_data_docs([check(frames)], tmp_path / "checks")
    html = page.read_text(encoding="utf-8")
    assert page.name == "index.html"
    assert "SYNTHETIC" not in html
    assert "&lt;Beijing&gt; 2003 ami: 160 (0 to 100)" in html
    assert "capital region rebased" in html
    assert "stopped" in html
    assert not re.search(r"(https?:)?//|<script|<link|url\(|@import", html)


def test_the_page_of_the_demo_says_synthetic(
    good_frames: MakeFrames, manifest: Manifest, tmp_path: Path
) -> None:
    report = expectations.validate(
        "clean", manifest, good_frames("clean"), dataset="demo", synthetic=True, is_demo=True
    )
    html = expectations.build_data_docs([report], tmp_path).read_text(encoding="utf-8")
    assert "SYNTHETIC" in html
