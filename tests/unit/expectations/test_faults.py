"""Every suite passes on good marts and finds the faults it is there for, and no others.

For each fault planted: the checks that must find it, how many rows they must name for it, and what
the first of the checks must say about it. Great Expectations really runs. The checks that are
models have their faults beside them, as unit tests of dbt.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

import expectations
from expectations import CheckReport, Layer
from expectations.declared import models

Frames = dict[str, pd.DataFrame]
MakeFrames = Callable[..., Frames]
Manifest = dict[str, Any]
PUBLISHED = Path(__file__).parents[3] / "dbt" / "seeds" / "paper" / "published_descriptives.csv"
VARIABLES = list(pd.read_csv(PUBLISHED)["variable"])


@pytest.mark.parametrize("layer", get_args(Layer))
@pytest.mark.parametrize("synthetic", [True, False])
def test_good_frames_pass_every_check(
    good_frames: MakeFrames, manifest: Manifest, layer: Layer, synthetic: bool
) -> None:
    frames = good_frames(layer, synthetic)
    report = expectations.validate(
        layer, manifest, frames, dataset="demo", synthetic=synthetic, is_demo=synthetic
    )
    assert [result.name for result in report.failures] == []
    # Nothing passes for want of data, but the list of known outliers, which is empty.
    idle = {result.name for result in report.results if result.observed == "no data"}
    assert idle == {f"known_outliers_found_{layer}"}


@dataclass(frozen=True)
class Fault:
    """`column` = value where `where` holds; `fails` is what must fail, with how many rows each."""

    mart: str
    where: str
    column: str
    value: Any
    fails: dict[str, int]
    first: dict[str, Any]

    def __str__(self) -> str:
        return f"{next(iter(self.fails))}: {self.column} where {self.where}"

    def plant(self, mart: pd.DataFrame) -> pd.DataFrame:
        rows = mart.eval(self.where)
        assert rows.any()
        values = mart[self.column].astype(object).mask(rows, self.value)
        return mart.assign(**{self.column: values}).infer_objects()


BEIJING_2005 = "province_code == '110000' and year == 2005"
SHANGHAI_2004 = "province_code == '310000' and year == 2004"
TIBET = "province_code == '540000'"
IN_BEIJING_2005 = {"province": "Beijing", "province_code": "110000", "year": 2005}
IN_SHANGHAI_2004 = {"province": "Shanghai", "province_code": "310000", "year": 2004}

# Each in cells of its own, so that all of them can be planted together.
FAULTS = [
    Fault(
        "fct_panel", "province_code == '310000' and year == 2003", "uic", None,
        {"panel_complete": 1},
        {"subject": "uic", "value": 35.0, "low": 36.0, "high": 36.0},
    ),
    *(
        Fault(
            "fct_panel", SHANGHAI_2004, variable, 5000.0,
            {
                f"{variable}_in_range": 1, "panel_in_printed_ranges": 1,
                "means_near_published": 1, "sds_near_published": 1,
            },
            IN_SHANGHAI_2004 | {"subject": variable, "value": 5000.0},
        )
        for variable in VARIABLES
    ),
    Fault(
        "fct_panel", BEIJING_2005, "fdi", -3.0,
        {"fdi_in_range": 1, "panel_in_printed_ranges": 1},
        IN_BEIJING_2005 | {"subject": "fdi", "value": -3.0, "low": 0.0, "high": 24.89},
    ),
    Fault(
        "fct_indicator_score", f"indicator == 'rd_intensity' and {TIBET} and year < 2007",
        "score", 1.2,
        {"scores_in_unit_interval": 4},
        {"subject": "rd_intensity", "province": "Tibet", "year": 2003, "value": 1.2, "high": 1.0},
    ),
    Fault(
        "dim_indicator", "indicator == 'rd_intensity'", "entropy", 1.1,
        {"weights_in_unit_interval": 1},
        {"subject": "rd_intensity entropy", "value": 1.1},
    ),
    Fault(
        "dim_indicator", "indicator == 'value_added_rate'", "overall_weight", -0.1,
        {"weights_in_unit_interval": 1},
        {"subject": "value_added_rate overall_weight", "value": -0.1},
    ),
    Fault(
        "fct_index", BEIJING_2005, "gam", 100.1,
        {"index_in_0_100": 1},
        IN_BEIJING_2005 | {"subject": "gam", "value": 100.1, "low": 0.0},
    ),
    Fault(
        "fct_agglomeration", BEIJING_2005, "share_manufacturing", 1.01,
        {"sector_shares_in_unit_interval": 1},
        IN_BEIJING_2005 | {"subject": "share_manufacturing", "value": 1.01},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def faulty_report(good_frames: MakeFrames, manifest: Manifest) -> CheckReport:
    """The marts with every fault planted; one run of the suites serves all tests."""
    frames = good_frames("marts")
    for fault in FAULTS:
        frames[fault.mart] = fault.plant(frames[fault.mart])
    return expectations.validate(
        "marts", manifest, frames, dataset="demo", synthetic=True, is_demo=True
    )


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_among_the_first_rows_of_its_check(
    faulty_report: CheckReport, fault: Fault
) -> None:
    name = next(iter(fault.fails))
    (result,) = (r for r in faulty_report.results if r.name == name)
    assert not result.passed
    assert f"{result.n_unexpected} outside" in result.observed
    first_rows = [{key: row.get(key) for key in fault.first} for row in result.first_rows]
    assert pytest.approx(fault.first) in first_rows


def test_every_suite_finds_its_faults_and_no_others(
    faulty_report: CheckReport, manifest: Manifest
) -> None:
    expected: Counter[str] = Counter()
    for fault in FAULTS:
        expected.update(fault.fails)
    assert {result.name: result.n_unexpected for result in faulty_report.failures} == expected
    # Not one check of a suite is without a fault that makes it fail.
    passed = {result.name for result in faulty_report.results if result.passed}
    of_dbt = {check.name for check in models("marts", manifest)}
    assert passed == of_dbt | {"known_outliers_found_marts"}


@pytest.mark.slow
def test_a_mean_is_found_that_is_off_within_the_range(
    good_frames: MakeFrames, manifest: Manifest
) -> None:
    frames = good_frames("marts")
    frames["fct_panel"]["str"] *= 1.06
    report = expectations.validate(
        "marts", manifest, frames, dataset="demo", synthetic=True, is_demo=True
    )
    (failure,) = report.failures
    (row,) = failure.first_rows
    assert (failure.name, row["subject"]) == ("means_near_published", "str")
    assert row["value"] == pytest.approx(1.06 * 43.73)
    assert row["high"] == pytest.approx(1.05 * 43.73)


@pytest.mark.slow
def test_a_standard_deviation_is_found_that_is_off_about_the_mean(
    good_frames: MakeFrames, manifest: Manifest
) -> None:
    frames = good_frames("marts")
    values = frames["fct_panel"]["str"]
    frames["fct_panel"]["str"] = values.mean() + 0.8 * (values - values.mean())
    report = expectations.validate(
        "marts", manifest, frames, dataset="demo", synthetic=True, is_demo=True
    )
    (failure,) = report.failures
    (row,) = failure.first_rows
    assert (failure.name, row["subject"]) == ("sds_near_published", "str")
    assert row["value"] == pytest.approx(0.8 * 9.49)
