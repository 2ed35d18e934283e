"""Bounds for a plausibly exogenous instrument: against 2SLS of y - z g over a grid, and covered."""

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis.panel import NotIdentifiedError
from analysis.regressions.iv import fe_2sls
from analysis.regressions.plausibly_exogenous import plausibly_exogenous


def panel_of(seed: int, direct: float, **shape: float) -> pd.DataFrame:
    panel = random_panel(seed, **shape).rename(columns={"x1": "w", "x2": "z"})
    rng = np.random.default_rng(seed)
    error = rng.normal(size=len(panel))
    panel["x"] = panel["z"] + error + rng.normal(size=len(panel))
    panel["y"] = 0.5 * panel["x"] + direct * panel["z"] + panel["w"] + error
    return panel


def by_2sls(panel: pd.DataFrame, effect: float) -> tuple[float, float]:
    less = panel.assign(y=panel["y"] - effect * panel["z"])
    return tuple(fe_2sls(less, "y", ["x"], ["z"], ["w"]).conf_int().loc["x"])


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_union_is_that_of_two_stages_over_a_grid(missing: float) -> None:
    panel = panel_of(31, 0.0, provinces=9, years=6, missing=missing)
    found = plausibly_exogenous(panel, "y", "x", "z", ["w"])
    fit = fe_2sls(panel, "y", ["x"], ["z"], ["w"])
    assert found.estimate == pytest.approx(fit.params["x"], rel=1e-9)
    np.testing.assert_allclose(found.interval(0.0), fit.conf_int().loc["x"], rtol=1e-8)
    ends = np.array([by_2sls(panel, effect) for effect in np.linspace(-0.3, 0.3, 7)])
    union = (ends[:, 0].min(), ends[:, 1].max())
    np.testing.assert_allclose(found.interval(0.3), union, rtol=1e-8)


def test_at_the_tipping_bound_an_end_is_zero() -> None:
    panel = panel_of(32, 0.0, provinces=12, years=6)
    found = plausibly_exogenous(panel, "y", "x", "z", ["w"])
    bound = found.tipping_bound
    assert 0 < bound < abs(found.reduced_form.estimate)
    assert min(np.abs(found.interval(bound))) == pytest.approx(0, abs=1e-9)
    low, high = found.interval(bound * 0.999)
    assert low * high > 0
    # Insignificant from the start: nothing is needed to tip it.
    nothing = panel.assign(y=np.random.default_rng(1).normal(size=len(panel)))
    assert plausibly_exogenous(nothing, "y", "x", "z", ["w"]).tipping_bound == 0.0


def test_it_covers_the_truth_where_the_instrument_has_an_effect_of_its_own() -> None:
    covered = {0.0: 0, 0.2: 0}
    for seed in range(25):
        found = plausibly_exogenous(
            panel_of(100 + seed, 0.2, provinces=15, years=8), "y", "x", "z", ["w"]
        )
        for bound in covered:
            low, high = found.interval(bound)
            covered[bound] += low <= 0.5 <= high
    assert covered[0.0] <= 18 and covered[0.2] >= 23


def test_without_an_instrument_there_is_no_estimate() -> None:
    panel = panel_of(33, 0.0)
    with pytest.raises(NotIdentifiedError, match="constant"):
        plausibly_exogenous(panel.assign(z=1.0), "y", "x", "z", ["w"])
