"""Hausman tests: what they decide, their invariances, and what they admit."""

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel
from scipy import stats

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.hausman import hausman


def effects_panel(
    rng: np.random.Generator, tie: float, *, effect_size: float = 1.0
) -> pd.DataFrame:
    """SYNTHETIC panel whose province effects enter x1 by `tie`; errors differ by province."""
    provinces, years = 31, 8
    index = pd.MultiIndex.from_product([range(provinces), range(years)], names=["province", "year"])
    effect = np.repeat(rng.normal(scale=effect_size, size=provinces), years)
    shape = len(effect)
    spread = np.repeat(rng.uniform(0.5, 2, size=provinces), years)
    panel = pd.DataFrame(index=index).reset_index()
    panel["x1"] = rng.normal(size=shape) + tie * effect
    panel["x2"] = rng.normal(size=shape)
    year = panel["year"].to_numpy()
    return panel.assign(y=panel["x1"] + effect + 0.1 * year + spread * rng.normal(size=shape))


@pytest.mark.parametrize("effects", ["entity", "twoway"])
@pytest.mark.parametrize("robust", [False, True])
def test_correlated_effects_are_found(robust: bool, effects: str) -> None:
    panel = effects_panel(np.random.default_rng(0), tie=1.0)
    test = hausman(panel, "y", ["x1", "x2"], robust=robust, effects=effects)
    assert test.p_value < 1e-3
    assert test.df == 2


@pytest.mark.slow
def test_size_of_the_robust_test_when_effects_are_uncorrelated() -> None:
    # 150 draws: a true size of .05 has a simulation error of .018; four of them above. The
    # classical test is not promised its size: errors differ by province here.
    rng = np.random.default_rng(3)
    p_values = [
        hausman(effects_panel(rng, tie=0.0), "y", ["x1", "x2"], robust=True).p_value
        for _ in range(150)
    ]
    assert 0 < np.mean(np.array(p_values) < 0.05) < 0.125
    assert 0.4 < np.mean(p_values) < 0.6


def test_year_dummies_equal_demeaning_by_year_in_a_balanced_panel() -> None:
    # Sweeping year means out of every variable is what year dummies do in both regressions;
    # only the degrees of freedom of the error variances differ, by the count of dummies.
    panel = effects_panel(np.random.default_rng(1), tie=0.3)
    panel["y"] += 2 * panel["year"]
    year_means = panel.groupby("year")[["y", "x1"]].transform("mean")
    swept = panel.assign(y=panel["y"] - year_means["y"], x1=panel["x1"] - year_means["x1"])
    with_dummies = hausman(panel, "y", ["x1"], effects="twoway").statistic
    assert with_dummies == pytest.approx(hausman(swept, "y", ["x1"]).statistic, rel=0.1)
    assert with_dummies != pytest.approx(hausman(panel, "y", ["x1"]).statistic, rel=0.1)


def test_robust_test_is_the_wald_test_of_the_means() -> None:
    panel = random_panel(4, provinces=12, missing=0.2)
    means = panel.groupby("province")[["x1", "x2"]].transform("mean")
    augmented = panel.assign(m1=means["x1"], m2=means["x2"])
    fit = two_way_fe(augmented, "y", ["x1", "x2", "m1", "m2"], effects="time")
    b, v = fit.params[["m1", "m2"]], fit.cov.loc[["m1", "m2"], ["m1", "m2"]]
    test = hausman(panel, "y", ["x1", "x2"], robust=True, effects="twoway")
    assert test.statistic == pytest.approx(b @ np.linalg.inv(v) @ b / 2, rel=1e-8)
    assert test.df == 2
    assert test.p_value == pytest.approx(stats.f.sf(test.statistic, 2, 11), rel=1e-12)


@pytest.mark.parametrize(("level", "unit"), [(0.0, 1.0), (5.0, 1.0), (-2.0, 3e6)])
def test_a_regressor_without_variation_between_provinces_has_no_mean_to_test(
    level: float, unit: float
) -> None:
    panel = random_panel(7, provinces=12)
    deviation = panel["x1"] - panel.groupby("province")["x1"].transform("mean")
    panel["q"] = unit * (level + deviation)
    panel["m2"] = panel.groupby("province")["x2"].transform("mean")
    alone = two_way_fe(panel, "y", ["q", "x2", "m2"], effects="none")
    test = hausman(panel, "y", ["q", "x2"], robust=True)
    assert (test.df, test.note) == (1, "no variation between entities: q")
    assert test.statistic == pytest.approx(alone.t_stats["m2"] ** 2, rel=1e-8)
    assert test.p_value == pytest.approx(alone.p_values["m2"], rel=1e-8)
    with pytest.raises(NotIdentifiedError, match=r"no variation between values of province .* q"):
        hausman(panel, "y", ["q"], robust=True)


@pytest.mark.parametrize("robust", [False, True])
def test_units_and_order_do_not_matter(robust: bool) -> None:
    panel = effects_panel(np.random.default_rng(2), tie=0.5)
    changed = panel.sample(frac=1, random_state=0)
    changed = changed.assign(y=changed["y"] * 1e9 - 7, x1=changed["x1"] / 1e6 + 1)
    one, other = (
        hausman(frame, "y", ["x1", "x2"], robust=robust, effects="twoway")
        for frame in (panel, changed)
    )
    assert one.statistic == pytest.approx(other.statistic, rel=1e-6)


def test_negative_statistic_is_taken_with_one_error_variance() -> None:
    # Strongly correlated effects inflate the error variance of random effects, so that its
    # covariance exceeds that of fixed effects.
    panel = effects_panel(np.random.default_rng(0), tie=0.3, effect_size=20.0)
    test = hausman(panel, "y", ["x1", "x2"])
    assert test.note == (
        "covariance difference not positive definite; statistic was negative, taken with the error "
        "variance of fixed effects; prefer the robust test"
    )
    assert test.p_value == pytest.approx(stats.chi2.sf(test.statistic, 2), rel=1e-9)
    assert test.statistic > 0
    assert test.p_value < 1e-3


def test_too_few_provinces_for_means() -> None:
    panel = random_panel(0, provinces=3, years=12, k=3)
    with pytest.raises(NotIdentifiedError, match="3 values of province"):
        hausman(panel, "y", ["x1", "x2", "x3"])
    with pytest.raises(NotIdentifiedError, match=r"3 values of province are too few .* of 3 means"):
        hausman(panel, "y", ["x1", "x2", "x3"], robust=True)


@pytest.mark.parametrize("effects", ["entity", "twoway"])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_means_that_fit_every_province_leave_no_error_to_test_them_by(k: int, effects: str) -> None:
    names = [f"x{j}" for j in range(1, k + 1)]
    exact, spare = (random_panel(1, provinces=k + n, years=12, k=k) for n in (1, 2))
    means = exact.groupby("province")[["y", *names]].mean()
    between = np.column_stack([np.ones(k + 1), means[names]])
    assert between @ np.linalg.solve(between, means["y"]) == pytest.approx(means["y"])
    words = f"{k + 1} values of province are too few for a cluster-robust test of {k} means"
    with pytest.raises(NotIdentifiedError, match=words):
        hausman(exact, "y", names, robust=True, effects=effects)
    test = hausman(spare, "y", names, robust=True, effects=effects)
    assert (test.df, test.note) == (k, "")
    # One more province than that: F(k, k + 1).
    assert test.p_value == pytest.approx(stats.f.sf(test.statistic, k, k + 1), rel=1e-12)


def test_what_needs_no_remark_has_none() -> None:
    panel = effects_panel(np.random.default_rng(1), tie=0.0)
    for robust in (False, True):
        assert hausman(panel, "y", ["x1", "x2"], robust=robust).note == ""


def test_time_constant_regressor_is_named() -> None:
    panel = random_panel(0)
    panel["area"] = panel["province"].str[1:].astype(float)
    for robust in (False, True):
        with pytest.raises(NotIdentifiedError, match="absorbed by the province effects: area"):
            hausman(panel, "y", ["x1", "area"], robust=robust)


def test_effects_without_provinces_are_refused() -> None:
    with pytest.raises(EstimationError, match="needs entity or twoway"):
        hausman(random_panel(0), "y", ["x1"], effects="time")
