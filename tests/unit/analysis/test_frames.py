"""Frames as people glue them: index labels that repeat, columns that are there twice."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel

from analysis.intervals import BootstrapEffect
from analysis.panel import EstimationError, lagged
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.hausman import hausman
from analysis.regressions.iv import fe_2sls
from analysis.regressions.mediation import bootstrap, stepwise
from analysis.regressions.moderation import regressions
from analysis.regressions.robustness import leave_one_out, winsorised
from analysis.regressions.specification_curve import every_specification, specification_curve
from analysis.regressions.wild_bootstrap import wild_cluster_p
from analysis.spatial.sample import panel_arrays

SAMPLES = {"all": lambda panel: panel["x1"] < 9}
KEYS = {"entity": "province", "time": "year"}


def indirect(panel: pd.DataFrame) -> BootstrapEffect:
    return bootstrap(panel, "x1", "x2", "y", ["x3"], reps=200).indirect


def curve(panel: pd.DataFrame) -> np.ndarray:
    every = every_specification(["x1"], SAMPLES, ["x2"])
    return specification_curve(panel, panel[["y"]].to_numpy(), every, SAMPLES).estimates


ESTIMATORS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "two_way_fe": lambda panel: two_way_fe(panel, "y", ["x1", "x2"]).params,
    "fe_2sls": lambda panel: fe_2sls(panel, "y", ["x1"], ["x2"], ["x3"]).params,
    "lagged instrument": lambda panel: (
        fe_2sls(panel.assign(before=lagged(panel, "x1")), "y", ["x1"], ["before"], ["x3"]).params
    ),
    "hausman": lambda panel: hausman(panel, "y", ["x1"], robust=True, effects="twoway").statistic,
    "stepwise": lambda panel: stepwise(panel, "x1", "x2", "y", ["x3"]).sobel.estimate,
    "moderation": lambda panel: regressions(panel, "x1", "x2", "y", "x3", []).total.params,
    "bootstrap": lambda panel: indirect(panel).se,
    "wild_cluster_p": lambda panel: wild_cluster_p(panel, "y", ["x1", "x2"], "x1").p_value,
    "winsorised": lambda panel: winsorised(panel, "y", "x1", ["x2"])["estimate"],
    "leave_one_out": lambda panel: leave_one_out(panel, "y", "x1", ["x2"]).table["estimate"],
    "specification_curve": curve,
    "panel_arrays": lambda panel: panel_arrays(panel, "y", ["x1"], **KEYS).y,
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_labels_of_rows_mean_nothing(name: str) -> None:
    panel = random_panel(3, provinces=9, years=7, k=3)
    panel["x1"] += 0.5 * panel["x2"]
    glued = panel.set_axis(np.arange(len(panel)) % 5)
    np.testing.assert_allclose(ESTIMATORS[name](glued), ESTIMATORS[name](panel), rtol=1e-9)


def test_winsorised_at_nothing_is_least_squares_with_every_dummy_whatever_the_labels() -> None:
    panel = random_panel(3, provinces=9, years=7)
    found = winsorised(panel.set_axis([0] * len(panel)), "y", "x1", ["x2"], shares=[0.0])
    assert found["estimate"][0] == pytest.approx(lsdv(panel, "y", ["x1", "x2"]).slopes[0])


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("column", ["x1", "province"])
def test_a_column_that_a_merge_doubled_is_named(name: str, column: str) -> None:
    panel = random_panel(3, provinces=9, years=7, k=3)
    doubled = pd.concat([panel, panel[[column]]], axis=1)
    with pytest.raises(EstimationError, match=f"columns that are in the panel twice: {column}"):
        ESTIMATORS[name](doubled)
