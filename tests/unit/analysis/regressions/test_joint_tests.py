"""Joint tests: against the plain regression, and bootstrap samples refitted one by one."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.clustering import FixedEffectsResult
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.joint_tests import all_equal, all_zero
from analysis.regressions.one_coefficient import each_coefficient
from analysis.regressions.wild_bootstrap import cluster_weights, wild_cluster_p


def wald_of(fit: FixedEffectsResult, names: list[str]) -> float:
    slopes, block = fit.params[names].to_numpy(), fit.cov.loc[names, names].to_numpy()
    return float(slopes @ np.linalg.solve(block, slopes) / len(names))


class Written:
    """A regression with every column written out, the last `m` tested; nothing of `analysis`."""

    def __init__(self, panel: pd.DataFrame, columns: np.ndarray, m: int) -> None:
        self.codes = pd.factorize(panel["province"], sort=True)[0]
        self.m, self.x, y = m, columns, panel["y"].to_numpy()
        self.inverse = np.linalg.pinv(columns.T @ columns)
        null = columns[:, :-m]
        self.fitted = null @ np.linalg.lstsq(null, y, rcond=None)[0]
        self.left = y - self.fitted

    def wald(self, weights: np.ndarray) -> float:
        """Clustered, without small-sample factor, of the sample that the weights make."""
        y = self.fitted + self.left * weights[self.codes]
        slopes = self.inverse @ self.x.T @ y
        scores = self.x * (y - self.x @ slopes)[:, None]
        sums = np.array([scores[self.codes == code].sum(0) for code in range(len(weights))])
        cov = (self.inverse @ sums.T @ sums @ self.inverse)[-self.m :, -self.m :]
        tested = slopes[-self.m :]
        return float(tested @ np.linalg.solve(cov, tested))


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_a_joint_test_equals_the_regression_and_every_sample_refitted(missing: float) -> None:
    panel = random_panel(11, provinces=10, years=5, k=3, missing=missing)
    panel["y"] -= 2 * panel["x2"] + 2.9 * panel["x3"]  # near zero and .1
    names = ["x1", "x2", "x3"]
    test = all_zero(panel, "y", names, ["x2", "x3"], reps=1024)
    fit = two_way_fe(panel, "y", names)
    assert test.f_stat == pytest.approx(wald_of(fit, ["x2", "x3"]), rel=1e-9)
    assert (test.df, test.df_denominator) == (2, 9)
    dummies = pd.get_dummies(panel[["province", "year"]].astype(str), dtype=float)
    written = Written(panel, np.column_stack([dummies, panel[names]]), 2)
    actual = written.wald(np.ones(10))
    # The other half of the patterns mirrors these.
    drawn = [written.wald(np.array([1.0, *signs])) for signs in product([-1.0, 1.0], repeat=9)]
    share = np.mean(np.array(drawn) >= actual * (1 - 1e-7))
    assert 0.01 < share < 0.99
    assert test.wild_p_value == share


def test_of_one_coefficient_it_is_the_wild_cluster_test() -> None:
    panel = random_panel(12, provinces=9, years=6, missing=0.1)
    panel["y"] -= 0.8 * panel["x1"]
    test = all_zero(panel, "y", ["x1", "x2"], ["x1"], reps=999)
    wild = wild_cluster_p(panel, "y", ["x1", "x2"], "x1", reps=999)
    assert test.f_stat == pytest.approx(wild.t_stat**2, rel=1e-9)
    assert test.wild_p_value == wild.p_value


def interacted(panel: pd.DataFrame, groups: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    """All regressors and the years by group; the last columns are departures of x1."""
    columns: dict[str, pd.Series] = {}
    labels = sorted(groups.unique())
    for label in labels:
        own = (groups == label).astype(float)
        for year in sorted(panel.loc[groups == label, "year"].unique())[1:]:
            columns[f"{label} {year}"] = own * (panel["year"] == year)
        columns[f"{label} x2"] = own * panel["x2"]
    departures = {f"{at} x1": (groups == at).astype(float) * panel["x1"] for at in labels[1:]}
    return panel.assign(**columns, **departures), [*columns, "x1", *departures]


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_equality_is_a_joint_test_of_departures_in_one_regression(missing: float) -> None:
    panel = random_panel(13, provinces=12, years=6, missing=missing)
    groups = panel["province"].str[1:].astype(int).mod(3).map("group {}".format)
    parts = [
        each_coefficient(own, "y", ["x1", "x2"], ["x1"])[0] for _, own in panel.groupby(groups)
    ]
    test = all_equal(parts, reps=299)
    together, names = interacted(panel, groups)
    fit = two_way_fe(together, "y", names, effects="entity")
    assert test.f_stat == pytest.approx(wald_of(fit, names[-2:]), rel=1e-8)
    assert (test.df, test.df_denominator) == (2, 11)

    # Of samples of four provinces each, hence Webb's weights, drawn for all twelve.
    weights, _, _ = cluster_weights(12, "webb", 299, seed=20240117)
    dummies = pd.get_dummies(panel["province"], dtype=float)
    written = Written(panel, np.column_stack([dummies, together[names]]), 2)
    actual = written.wald(np.ones(12))
    count = sum(written.wald(draw) >= actual * (1 - 1e-7) for draw in weights.T)
    assert test.wild_p_value == (1 + count) / 300


def test_a_province_in_both_samples_is_one_cluster() -> None:
    panel = random_panel(14, provinces=11, years=6)
    halves = [
        each_coefficient(own, "y", ["x1", "x2"], ["x1"])[0]
        for own in (panel[panel["year"] < 2006], panel[panel["year"] >= 2006])
    ]
    test = all_equal(halves, reps=199)
    half = (panel["year"] < 2006).map({True: "early", False: "late"})
    together, names = interacted(panel, half)
    by_half = pd.get_dummies(panel["province"] + half, dtype=float)
    written = Written(panel, np.column_stack([by_half, together[names]]), 1)
    n, k = len(panel), len(names) + 1
    factor = 11 / 10 * (n - 1) / (n - k)
    assert test.f_stat * factor == pytest.approx(written.wald(np.ones(11)), rel=1e-7)


def test_what_cannot_be_tested_is_refused() -> None:
    panel = random_panel(15, provinces=3, years=8, k=3)
    with pytest.raises(NotIdentifiedError, match="3 clusters are too few for a joint test of 3"):
        all_zero(panel, "y", ["x1", "x2", "x3"], ["x1", "x2", "x3"])
    with pytest.raises(EstimationError, match="not among the regressors x1: x9"):
        all_zero(panel, "y", ["x1"], ["x9"])
    with pytest.raises(EstimationError, match="no coefficient to test was named"):
        all_zero(panel, "y", ["x1"], [])
    with pytest.raises(EstimationError, match="two samples or more"):
        all_equal(each_coefficient(panel, "y", ["x1"], ["x1"]))
