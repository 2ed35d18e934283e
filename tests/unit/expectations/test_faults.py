"""Every check passes on a good warehouse and finds the faults it is there for, and no others.

For each fault planted: the checks that must find it, how many rows they must name for it, and what
the first of the checks must say about it. Great Expectations really runs.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd
import pytest

import expectations
from expectations import CheckReport, Layer
from expectations.check_frames import PANEL_VARIABLES

Frames = dict[str, pd.DataFrame]


def run(layer: Layer, frames: dict[str, Frames], **options: Any) -> CheckReport:
    settings = {"dataset": "demo", "synthetic": True} | options
    return expectations.validate(layer, frames[layer], **settings)


@pytest.mark.parametrize("layer", get_args(Layer))
@pytest.mark.parametrize("synthetic", [True, False])
def test_good_frames_pass_every_check(
    frames: dict[str, Frames], layer: Layer, synthetic: bool
) -> None:
    coverage = frames["marts"]["fct_coverage"]
    report = run(layer, frames, synthetic=synthetic, last_coverage=coverage)
    assert [result.name for result in report.failures] == []
    # Nothing passes for want of data, but the list of known outliers, which is empty.
    idle = {result.name for result in report.results if result.observed == "no data"}
    assert idle == {f"known_outliers_found_{layer}"}


@dataclass(frozen=True)
class Fault:
    """`cells` = value where `where` holds; `fails` is what must fail, with how many rows each."""

    layer: Layer
    frame: str
    where: str
    column: str
    value: Any
    fails: dict[str, int]
    first: dict[str, Any]

    def __str__(self) -> str:
        return f"{next(iter(self.fails))}: {self.column} where {self.where}"

    def plant(self, frame: pd.DataFrame) -> pd.DataFrame:
        rows = frame.eval(self.where)
        assert rows.any()
        change = self.value if callable(self.value) else lambda _: self.value
        return frame.assign(
            **{
                self.column: frame[self.column]
                .astype(object)
                .mask(rows, change(frame[self.column]))
            }
        ).infer_objects()


def times(factor: float) -> Callable[[pd.Series], pd.Series]:
    return lambda values: values * factor


BEIJING_2005 = "province_code == '110000' and year == 2005"
SHANGHAI_2004 = "province_code == '310000' and year == 2004"
TIBET = "province_code == '540000'"
IN_BEIJING_2005 = {"province": "Beijing", "province_code": "110000", "year": 2005}
IN_SHANGHAI_2004 = {"province": "Shanghai", "province_code": "310000", "year": 2004}

# Each in cells of its own, so that all of a layer can be planted together.
FAULTS = [
    Fault(
        "clean", "int_items__filled", f"item_code == 'total_profit_100m_yuan' and {BEIJING_2005}",
        "province_code", "310000",
        {"items_balanced": 1},
        {"subject": "total_profit_100m_yuan", "year": 2005, "value": 2.0, "low": 3.0, "high": 3.0},
    ),
    Fault(
        "clean", "int_items__filled", f"item_code == 'inventories_100m_yuan' and {BEIJING_2005}",
        "value", times(-1),
        {"items_in_range": 1},
        IN_BEIJING_2005 | {"subject": "inventories_100m_yuan", "value": -330.75, "low": 0.0},
    ),
    Fault(
        "clean", "int_items__filled",
        f"item_code == 'employed_manufacturing_10k_persons' and {BEIJING_2005}",
        "base_value", times(5),
        {"item_orders_must_hold": 1},
        IN_BEIJING_2005 | {"value": 1.25, "high": 1.0},
    ),
    Fault(
        "clean", "int_items__filled",
        f"item_code == 'industrial_value_added_100m_yuan' and {BEIJING_2005}",
        "base_value", times(2),
        {"item_orders_should_hold": 1},
        IN_BEIJING_2005 | {"value": 1.7, "high": 1.0},
    ),
    # As if R&D of the whole society had landed as that of industry: 6 % of revenue, 9.6 % of GDP.
    Fault(
        "clean", "int_items__filled",
        f"item_code == 'rd_expenditure_10k_yuan' and {BEIJING_2005}",
        "base_value", times(4),
        {"item_orders_should_hold": 2},
        IN_BEIJING_2005 | {
            "subject": "rd_expenditure_10k_yuan / gdp_100m_yuan", "value": 0.096, "high": 0.04,
        },
    ),
    Fault(
        "clean", "int_items__filled",
        f"item_code == 'inventories_100m_yuan' and {TIBET} and year == 2006",
        "value", times(10),
        {"item_jumps": 1},
        {"subject": "inventories_100m_yuan", "province": "Tibet", "year": 2006, "value": 10.5},
    ),
    Fault(
        "clean", "int_items__national_reconciliation", "year == 2003", "relative_difference", 0.3,
        {"provincial_sums_match_national": 1},
        {"subject": "gdp_100m_yuan", "year": 2003, "value": 0.3, "low": -0.05, "high": 0.15},
    ),
    Fault(
        "clean", "int_items__national_reconciliation", "year == 2004", "relative_difference", 9.0,
        {"provincial_sums_comparable": 1, "provincial_sums_match_national": 1},
        {"subject": "gdp_100m_yuan", "year": 2004, "value": 9.0, "high": 1.0},
    ),
    Fault(
        "clean", "int_indicators__values", f"indicator == 'wastewater_compliance' and {TIBET}",
        "value", 100.5,
        {"indicators_in_range": 4},
        {"subject": "wastewater_compliance", "province": "Tibet", "year": 2003, "value": 100.5},
    ),
    Fault(
        "clean", "int_agglomeration__quotients",
        f"employment_base == 'urban_units' and {BEIJING_2005}",
        "magglo", times(1.01),
        {"mean_quotients_equal_one": 1},
        {"subject": "magglo urban_units", "year": 2005},
    ),
    Fault(
        "marts", "fct_panel", BEIJING_2005, "province_code", "710000",
        {"panel_balanced": 2},
        IN_BEIJING_2005 | {"value": 0.0, "low": 1.0, "high": 1.0},
    ),
    Fault(
        "marts", "fct_panel", f"{TIBET} and year == 2006", "year", 2005,
        {"panel_balanced": 2},
        {"province": "Tibet", "year": 2005, "value": 2.0, "low": 1.0, "high": 1.0},
    ),
    Fault(
        "marts", "fct_panel", "province_code == '310000' and year == 2003", "uic", None,
        {"panel_complete": 1},
        {"subject": "uic", "value": 11.0, "low": 12.0, "high": 12.0},
    ),
    *(
        Fault(
            "marts", "fct_panel", SHANGHAI_2004, variable, 5000.0,
            {f"{variable}_in_range": 1, "panel_in_printed_ranges": 1, "panel_jumps": 2},
            IN_SHANGHAI_2004 | {"subject": variable, "value": 5000.0},
        )
        for variable in sorted(set(PANEL_VARIABLES) - {"uic", "fdi", "pdgp"})
    ),
    Fault(
        "marts", "fct_panel", SHANGHAI_2004, "uic", 5000.0,
        {"uic_in_range": 1, "panel_in_printed_ranges": 1, "panel_jumps": 1},
        IN_SHANGHAI_2004 | {"subject": "uic", "value": 5000.0},
    ),
    Fault(
        "marts", "fct_panel", SHANGHAI_2004, "fdi", -3.0,
        {"fdi_in_range": 1, "panel_in_printed_ranges": 1, "panel_jumps": 2},
        IN_SHANGHAI_2004 | {"subject": "fdi", "value": -3.0},
    ),
    Fault(
        "marts", "fct_panel", f"{TIBET} and year == 2003", "ami", 50.0,
        {"panel_in_printed_ranges": 1, "panel_jumps": 1},
        {"subject": "ami", "province": "Tibet", "year": 2003, "value": 50.0, "high": 49.24},
    ),
    Fault(
        "marts", "fct_panel", f"{TIBET} and year == 2003", "pdgp", 13.0,
        {"pdgp_in_range": 1, "panel_in_printed_ranges": 1, "panel_jumps": 1},
        {"subject": "pdgp", "province": "Tibet", "year": 2003, "value": 13.0},
    ),
    Fault(
        "marts", "fct_indicator_score", f"indicator == 'rd_intensity' and {TIBET}", "score", 1.2,
        {"scores_in_unit_interval": 4},
        {"subject": "rd_intensity", "province": "Tibet", "year": 2003, "value": 1.2, "high": 1.0},
    ),
    Fault(
        "marts", "fct_indicator_score", "indicator == 'rd_intensity' and year == 2004",
        "overall_weight", 0.11,
        {"overall_weights_sum_to_one": 1},
        {"subject": "ami", "year": 2004},
    ),
    Fault(
        "marts", "fct_indicator_score", "indicator == 'rd_intensity' and year == 2004",
        "individual_weight", 0.2,
        {"individual_weights_sum_to_one": 1},
        {"subject": "amt", "year": 2004},
    ),
    Fault(
        "marts", "dim_indicator", "indicator == 'rd_intensity'", "entropy", 1.1,
        {"weights_in_unit_interval": 1},
        {"subject": "rd_intensity entropy", "value": 1.1},
    ),
    Fault(
        "marts", "dim_indicator", "indicator == 'rd_intensity'", "published_overall_weight", 0.14,
        {"weights_near_published": 1},
        {"subject": "rd_intensity", "low": -0.03, "high": 0.03},
    ),
    Fault(
        "marts", "fct_index", BEIJING_2005, "gam", 100.1,
        {"index_in_0_100": 1, "dimension_contributions_add_up": 1},
        IN_BEIJING_2005 | {"subject": "gam", "value": 100.1, "low": 0.0},
    ),
    Fault(
        "marts", "fct_index", BEIJING_2005, "ami", times(1.001),
        {"index_contributions_add_up": 1},
        IN_BEIJING_2005 | {"subject": "ami", "low": -1e-6, "high": 1e-6},
    ),
    Fault(
        "marts", "fct_indicator_score", f"dimension == 'amm' and {BEIJING_2005}",
        "dimension_contribution", None,
        {"dimension_contributions_add_up": 1},
        IN_BEIJING_2005 | {"subject": "amm"},
    ),
    Fault(
        "marts", "fct_agglomeration", BEIJING_2005, "share_manufacturing", 1.01,
        {"sector_shares_in_unit_interval": 1},
        IN_BEIJING_2005 | {"subject": "share_manufacturing", "value": 1.01},
    ),
    Fault(
        "marts", "fct_descriptives", "variable == 'str'", "mean", times(1.05),
        {"means_near_published": 1},
        {"subject": "str", "low": -0.05, "high": 0.05},
    ),
    Fault(
        "marts", "fct_descriptives", "variable == 'str'", "sd", times(0.8),
        {"sds_near_published": 1},
        {"subject": "str", "low": -0.15, "high": 0.15},
    ),
    Fault(
        "marts", "fct_coverage", "subject == 'pdgp'", "n_missing", 1,
        {"coverage_not_lost": 1, "coverage_not_reduced": 1},
        {"subject": "pdgp", "value": 11.0, "low": 12.0},
    ),
    Fault(
        "marts", "fct_coverage", "subject == 'value_added_rate'", "n_missing", 4,
        {"coverage_not_reduced": 1},
        {"subject": "value_added_rate", "value": 8.0, "low": 9.0},
    ),
    Fault(
        "marts", "fct_coverage", "subject == 'rd_intensity'", "n_missing", 12,
        {"coverage_not_lost": 1, "coverage_not_reduced": 1},
        {"subject": "rd_intensity", "value": 0.0, "low": 1.0},
    ),
    Fault(
        "marts", "fct_coverage", "subject == 'gdp_100m_yuan'", "subject", "renamed",
        {"coverage_not_lost": 1, "coverage_not_reduced": 1},
        {"subject": "gdp_100m_yuan", "value": 0.0, "low": 12.0},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def faulty_reports(good_frames: Callable[[], dict[str, Frames]]) -> dict[Layer, CheckReport]:
    """Both layers with every fault planted; one run of the suites serves all tests."""
    frames = good_frames()
    coverage = frames["marts"]["fct_coverage"]
    for fault in FAULTS:
        frames[fault.layer][fault.frame] = fault.plant(frames[fault.layer][fault.frame])
    return {layer: run(layer, frames, last_coverage=coverage) for layer in get_args(Layer)}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_among_the_first_rows_of_its_check(
    faulty_reports: dict[Layer, CheckReport], fault: Fault
) -> None:
    name = next(iter(fault.fails))
    (result,) = (r for r in faulty_reports[fault.layer].results if r.name == name)
    assert not result.passed
    assert f"{result.n_unexpected} outside" in result.observed
    first_rows = [{key: row.get(key) for key in fault.first} for row in result.first_rows]
    assert pytest.approx(fault.first) in first_rows


@pytest.mark.parametrize("layer", get_args(Layer))
def test_every_check_finds_its_faults_and_no_others(
    faulty_reports: dict[Layer, CheckReport], layer: Layer
) -> None:
    expected: Counter[str] = Counter()
    for fault in FAULTS:
        if fault.layer == layer:
            expected.update(fault.fails)
    report = faulty_reports[layer]
    assert {result.name: result.n_unexpected for result in report.failures} == expected
    # The list of known outliers, which is empty here, has nothing to find; some do not apply.
    applied = {r.name for r in report.results if "not applied" not in r.observed}
    passed = {r.name for r in report.results if r.passed}
    assert passed & applied == {f"known_outliers_found_{layer}"}


@pytest.mark.parametrize("synthetic", [True, False])
def test_a_break_is_crossed_by_official_figures_only(
    frames: dict[str, Frames], synthetic: bool
) -> None:
    coverage = frames["marts"]["fct_coverage"]
    crossing = coverage["subject"] == "pdgp"
    frames["marts"]["fct_coverage"] = coverage.assign(n_across_breaks=crossing * 9)
    failures = run("marts", frames, synthetic=synthetic).failures
    told = [row for failure in failures for row in failure.first_rows]
    assert [failure.name for failure in failures] == [] if synthetic else ["figures_across_breaks"]
    assert told == ([] if synthetic else [{"subject": "pdgp", "value": 9.0, "high": 0.0}])


def test_figures_filled_in_break_no_order(frames: dict[str, Frames]) -> None:
    items = frames["clean"]["int_items__filled"]
    too_large = items["item_code"] == "industrial_value_added_100m_yuan"
    items.loc[too_large, ["base_value", "fill_method"]] = [1e15, "linear"]
    assert run("clean", frames).failures == ()
