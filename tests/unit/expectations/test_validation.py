"""What `validate` makes of the results: severities, known outliers, missing data, bad input."""

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from great_expectations.expectations.metadata_types import FailureSeverity

import expectations
from expectations import Layer
from expectations.check_frames import INDICES, PANEL_VARIABLES
from expectations.suites import suite
from expectations.validation import LIMITS_FILE, ORDERS_FILE

SEEDS = Path(__file__).parents[3] / "dbt" / "seeds"
COLUMNS = ["synthetic", "check_name", "subject", "province_code", "year", "reason"]
Frames = dict[str, dict[str, pd.DataFrame]]


def outliers(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


def with_ami(frames: Frames, value: float, rows: int = 1) -> dict[str, pd.DataFrame]:
    """The marts with the first `rows` of ami set to a value out of its range."""
    marts = frames["marts"]
    marts["fct_panel"].loc[: rows - 1, "ami"] = value
    return marts


def test_severity_decides_what_blocks(frames: Frames) -> None:
    report = expectations.validate("marts", with_ami(frames, 60.0), dataset="demo", synthetic=True)
    assert [result.name for result in report.blocking_failures] == ["ami_in_range"]
    assert [result.name for result in report.failures] == [
        "ami_in_range",
        "panel_in_printed_ranges",
        "panel_jumps",
    ]


@pytest.mark.parametrize(
    ("name", "severity"),
    [("ami_in_range", FailureSeverity.CRITICAL), ("panel_jumps", FailureSeverity.WARNING)],
)
def test_suites_carry_the_severity(name: str, severity: FailureSeverity) -> None:
    (check,) = (check for check in expectations.checks("marts") if check.name == name)
    rows = pd.DataFrame({"value": [1.0, 2.0], "low": [0.0, 0.5], "high": [3.0, 3.0]})
    told = {expectation.severity for expectation in suite(check, rows).expectations}
    assert told == {severity}


def test_first_rows_are_five_and_all_are_counted(frames: Frames) -> None:
    report = expectations.validate(
        "marts", with_ami(frames, 60.0, rows=7), dataset="demo", synthetic=True
    )
    (failure,) = report.blocking_failures
    assert failure.n_unexpected == 7
    assert [row["year"] for row in failure.first_rows] == [2003, 2004, 2005, 2006, 2003]
    row = report.frame().set_index("check").loc["ami_in_range"]
    assert row["first_rows"].startswith("Beijing 2003 ami: 60 (11.004 to 52.716); Beijing 2004")
    assert row["n_unexpected"] == 7
    assert not row["passed"]


@pytest.mark.parametrize("province_code", ["110000", 110000])
def test_a_known_outlier_is_told_and_excused(frames: Frames, province_code: object) -> None:
    marts = with_ami(frames, 60.0, rows=2)
    marts["known_outliers"] = outliers(
        (True, "ami_in_range", "ami", province_code, 2003, "capital region rebased"),
    )
    report = expectations.validate("marts", marts, dataset="demo", synthetic=True)
    (failure,) = report.blocking_failures
    assert failure.n_unexpected == 1
    assert failure.first_rows[0]["year"] == 2004
    (known,) = failure.known_outliers
    assert (known["year"], known["reason"]) == (2003, "capital region rebased")
    assert "known outliers: 1" in failure.observed

    marts["known_outliers"] = outliers(
        (True, "ami_in_range", "ami", province_code, 2003, "capital region rebased"),
        (True, "ami_in_range", "ami", province_code, 2004, "capital region rebased"),
    )
    report = expectations.validate("marts", marts, dataset="demo", synthetic=True)
    assert report.blocking_failures == ()


def test_a_known_outlier_without_province_and_year_excuses_the_row_that_has_none(
    frames: Frames,
) -> None:
    marts = frames["marts"]
    marts["fct_descriptives"].loc[0, "sd"] *= 2
    marts["known_outliers"] = outliers(
        (True, "sds_near_published", "ami", None, None, "Table 3 contradicts Table 2"),
    )
    report = expectations.validate("marts", marts, dataset="demo", synthetic=True)
    assert report.failures == ()


def test_a_stale_known_outlier_is_a_warning(frames: Frames) -> None:
    marts = frames["marts"]
    marts["known_outliers"] = outliers(
        (True, "ami_in_range", "ami", "110000", 2003, "no outlier any more"),
        (False, "ami_in_range", "ami", "110000", 2003, "of official figures"),
        (True, "item_jumps", "gdp_100m_yuan", "110000", 2003, "another layer's"),
        (True, "ami_in_range", "ami", "110000", 1999, "a year that is not there"),
    )
    report = expectations.validate("marts", marts, dataset="demo", synthetic=True)
    (warning,) = report.failures
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
    frames: Frames, rows: list[tuple[object, ...]], message: str
) -> None:
    frames["marts"]["known_outliers"] = outliers(*rows)
    with pytest.raises(expectations.KnownOutlierError, match=f"ami_.*110000 2003 {message}"):
        expectations.validate("marts", frames["marts"], dataset="demo", synthetic=True)


def test_a_logarithm_of_zero_is_no_jump(frames: Frames) -> None:
    panel = frames["marts"]["fct_panel"]
    panel.loc[0, "fdi"] = 0.0
    panel.loc[0, "log_of_zero_variables"] = "fdi,inv"
    report = expectations.validate("marts", frames["marts"], dataset="demo", synthetic=True)
    assert report.failures == ()


def test_real_data_are_held_to_plausibility_and_not_to_the_paper(frames: Frames) -> None:
    report = expectations.validate(
        "marts", with_ami(frames, 60.0, rows=12), dataset="nbs", synthetic=False
    )
    assert report.failures == ()
    assert {r.name for r in report.results if "not applied" in r.observed} == {
        check.name for check in expectations.checks("marts") if check.holds_for == "synthetic"
    }
    report = expectations.validate("marts", with_ami(frames, 101.0), dataset="nbs", synthetic=False)
    assert "ami_in_range" in {result.name for result in report.blocking_failures}


def test_variables_without_data_pass_and_say_so_on_a_balanced_grid(frames: Frames) -> None:
    marts = frames["marts"]
    marts["fct_panel"][list(PANEL_VARIABLES)] = None
    marts["fct_index"][list(INDICES)] = None
    for column in ("score", "contribution", "dimension_contribution", "overall_weight"):
        marts["fct_indicator_score"][column] = None
    report = expectations.validate("marts", marts, dataset="nbs", synthetic=False)
    observed = {result.name: result.observed for result in report.results}
    assert report.failures == ()
    assert observed["ami_in_range"] == observed["index_contributions_add_up"] == "no data"
    assert observed["panel_balanced"] == "12 values, 1 to 1"

    synthetic = expectations.validate("marts", marts, dataset="demo", synthetic=True)
    assert [result.name for result in synthetic.blocking_failures] == ["panel_complete"]


@pytest.mark.parametrize("layer", get_args(Layer))
def test_empty_models_are_not_balanced(frames: Frames, layer: Layer) -> None:
    empty = {
        name: rows if name == "provinces" else rows.iloc[:0] for name, rows in frames[layer].items()
    }
    report = expectations.validate(layer, empty, dataset="nbs", synthetic=False)
    balanced = {"clean": "items_balanced", "marts": "panel_balanced"}[layer]
    assert [result.name for result in report.blocking_failures] == [balanced]


def test_what_is_missing_from_the_input_is_named(frames: Frames) -> None:
    marts = frames["marts"]
    with pytest.raises(ValueError, match=r"'pdgp'.*fct_panel"):
        without = marts | {"fct_panel": marts["fct_panel"].drop(columns="pdgp")}
        expectations.validate("marts", without, dataset="demo", synthetic=True)
    with pytest.raises(ValueError, match="need the frame fct_index"):
        without = {name: rows for name, rows in marts.items() if name != "fct_index"}
        expectations.validate("marts", without, dataset="demo", synthetic=True)


def test_names_are_unique_identifiers_of_models_that_are_needed() -> None:
    checks = [(layer, check) for layer in get_args(Layer) for check in expectations.checks(layer)]
    names = [check.name for _, check in checks]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(check.frame in expectations.frames_needed(layer) for layer, check in checks)


def test_results_come_in_the_order_of_the_checks(frames: Frames) -> None:
    for layer in get_args(Layer):
        report = expectations.validate(layer, frames[layer], dataset="demo", synthetic=True)
        told = [(result.name, result.severity) for result in report.results]
        assert told == [(check.name, check.severity) for check in expectations.checks(layer)]


def test_limits_are_about_things_that_exist_and_have_reasons() -> None:
    limits = pd.read_csv(LIMITS_FILE)
    reference = SEEDS / "reference"
    items = pd.read_csv(reference / "items.csv").set_index("item_code")
    indicators = pd.read_csv(reference / "indicators.csv")["indicator"]
    known = {*items.index, *indicators, *PANEL_VARIABLES, "*"}
    assert set(limits["subject"]) <= known
    assert limits["reason"].notna().all()
    assert not limits.duplicated(["rule", "subject"]).any()
    for rule, subjects in {
        "indicator_value": indicators,
        "panel_value": PANEL_VARIABLES,
        "panel_jump": PANEL_VARIABLES,
    }.items():
        assert set(limits.loc[limits["rule"] == rule, "subject"]) == set(subjects)


def test_item_orders_compare_what_is_measured_alike_and_have_reasons() -> None:
    orders = pd.read_csv(ORDERS_FILE)
    reference = SEEDS / "reference"
    units = pd.read_csv(reference / "units.csv").set_index("unit")["measure"]
    items = pd.read_csv(reference / "items.csv").set_index("item_code")["canonical_unit"]
    for order in orders.itertuples():
        named = f"{order.smaller} + {order.larger}".split(" + ")
        assert len({units[items[item]] for item in named}) == 1, order
    assert set(orders["severity"]) == {"ERROR", "WARN"}
    assert orders["reason"].notna().all() and (orders["factor"] > 0).all()
    assert not orders.duplicated(["smaller", "larger"]).any()


def test_panel_variables_are_those_of_table_3() -> None:
    published = pd.read_csv(SEEDS / "paper" / "published_descriptives.csv")
    assert tuple(published["variable"]) == PANEL_VARIABLES


def test_the_known_outliers_of_the_project_are_well_formed(frames: Frames) -> None:
    seed = pd.read_csv(SEEDS / "reference" / "known_outliers.csv")
    for layer in get_args(Layer):
        good = frames[layer] | {"known_outliers": seed}
        assert expectations.validate(layer, good, dataset="demo", synthetic=True).failures == ()


def test_definitions_load_without_great_expectations() -> None:
    program = (
        "import sys, expectations; expectations.checks('marts'); "
        "sys.exit('great_expectations' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])


def test_checks_and_their_page_need_no_network(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*address: object) -> None:
        raise AssertionError(f"a check opened a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    marts = with_ami(frames, 60.0, rows=2)
    marts["provinces"].loc[0, "province"] = "<Beijing>"
    marts["known_outliers"] = outliers(
        (True, "ami_in_range", "ami", "110000", 2004, "capital region rebased"),
    )
    reports = [
        expectations.validate(layer, frames[layer], dataset="demo", synthetic=True)
        for layer in get_args(Layer)
    ]
    page = expectations.build_data_docs(reports, tmp_path / "checks")
    html = page.read_text(encoding="utf-8")
    assert page.name == "index.html"
    assert "SYNTHETIC" in html
    assert "&lt;Beijing&gt; 2003 ami: 60 (11.004 to 52.716)" in html
    assert "capital region rebased" in html
    assert "stopped" in html
    assert not re.search(r"(https?:)?//|<script|<link|url\(|@import", html)


def test_the_page_of_real_data_does_not_say_synthetic(frames: Frames, tmp_path: Path) -> None:
    report = expectations.validate("clean", frames["clean"], dataset="nbs", synthetic=False)
    html = expectations.build_data_docs([report], tmp_path).read_text(encoding="utf-8")
    assert "SYNTHETIC" not in html
