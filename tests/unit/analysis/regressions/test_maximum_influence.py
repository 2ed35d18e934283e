"""Derivatives by the weights of rows against weighted regressions; proposed rows against refits."""

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis.panel import estimation_sample
from analysis.regressions.deletions import Deletions
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.influence import influence
from analysis.regressions.iv import fe_2sls
from analysis.regressions.maximum_influence import (
    SIGN,
    SIGNIFICANCE,
    FirstOrder,
    InstrumentedFirstOrder,
)

NAMES = ["x1", "x2", "x3"]
STEP = 1e-5


def first_order(panel: pd.DataFrame, names: list[str]) -> FirstOrder:
    sample = estimation_sample(panel, "y", names, entity="province", time="year", effects="twoway")
    return FirstOrder.of(Deletions.of(sample))


def weighted(of: FirstOrder, weights: np.ndarray) -> tuple[float, float]:
    """Slope and clustered error, but for its factor, by normal equations with every dummy."""
    sample = of.regression.sample
    x = sample.values.drop(columns="y").to_numpy()
    dummies = [
        (codes[:, None] == np.arange(first, codes.max() + 1)).astype(float)
        for codes, first in ((sample.entity_codes, 0), (sample.time_codes, 1))
    ]
    z, y = np.column_stack([x, *dummies]), sample.values["y"].to_numpy()
    inverse = np.linalg.inv(z.T @ (weights[:, None] * z))
    slopes = inverse @ z.T @ (weights * y)
    scores = weights * (y - z @ slopes) * (z @ inverse[:, 0])
    by_entity = np.bincount(sample.entity_codes, scores)
    return float(slopes[0]), float(np.sqrt(by_entity @ by_entity))


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_derivatives_are_those_of_weighted_regressions(missing: float) -> None:
    of = first_order(random_panel(3, provinces=7, years=6, k=3, missing=missing), NAMES)
    n = len(of.by_weight)
    _, without_factor = weighted(of, np.ones(n))
    for row in range(n):
        step = STEP * (np.arange(n) == row)
        up, down = weighted(of, 1 + step), weighted(of, 1 - step)
        estimate, error = (np.array(up) - down) / (2 * STEP)
        assert of.by_weight[row] == pytest.approx(estimate, rel=1e-6, abs=1e-9)
        expected = error * of.std_error / without_factor
        assert of.error_by_weight[row] == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_derivatives_by_values_are_those_of_regressions_of_moved_values() -> None:
    panel = random_panel(3, provinces=7, years=6, k=3, missing=0.2)
    of = first_order(panel, NAMES)
    rows = of.regression.sample.rows()
    derivatives = np.column_stack([of.by_outcome, of.by_regressor])
    for j, name in enumerate(["y", *NAMES]):
        for place in range(0, len(rows), 5):
            step = STEP * (rows.index == place)
            up, down = (
                two_way_fe(rows.assign(**{name: rows[name] + sign * step}), "y", NAMES).params["x1"]
                for sign in (1, -1)
            )
            expected = (up - down) / (2 * STEP)
            assert derivatives[place, j] == pytest.approx(expected, rel=1e-5, abs=1e-8)


def planted(effect: float, outliers: int) -> pd.DataFrame:
    """Some effect of x, and rows that say the contrary without being far from the others in x."""
    rng = np.random.default_rng(4)
    keys = pd.MultiIndex.from_product([range(20), range(2001, 2013)], names=["province", "year"])
    panel = pd.DataFrame(rng.normal(size=(len(keys), 2)), keys, ["x", "w"])
    panel["y"] = effect * panel["x"] + 0.3 * rng.normal(size=len(keys))
    odd = rng.choice(len(keys), outliers, replace=False)
    panel.iloc[odd, [0, 2]] = [1.5, 9.0]
    return panel.reset_index()


@pytest.mark.parametrize(
    "turns, effect, holds",
    # The last is a claim that to first order holds, and not where it is tried.
    [(SIGN, -0.1, True), (SIGNIFICANCE, -0.2, True), (SIGNIFICANCE, -0.25, False)],
)
def test_rows_that_were_planted_are_those_proposed_and_the_claim_is_that_of_a_refit(
    turns: str, effect: float, holds: bool
) -> None:
    panel = planted(effect, 5)
    of = first_order(panel, ["x", "w"])
    keys = of.regression.sample.rows()
    found = of.proposed(turns)
    assert found is not None and found.holds == holds
    assert (keys.iloc[found.rows]["y"] == 9.0).all()
    gone = pd.MultiIndex.from_frame(keys.iloc[found.rows][["province", "year"]])
    kept = panel[~pd.MultiIndex.from_frame(panel[["province", "year"]]).isin(gone)]
    fit = two_way_fe(kept, "y", ["x", "w"])
    assert len(kept) == len(panel) - len(found.rows)
    assert found.estimate == pytest.approx(fit.params["x"], rel=1e-8)
    assert found.p_value == pytest.approx(fit.p_values["x"], rel=1e-7)


def test_a_strong_effect_is_turned_by_no_few_rows() -> None:
    of = first_order(planted(1.0, 0), ["x", "w"])
    assert of.proposed(SIGN) is None and of.proposed(SIGNIFICANCE) is None


def test_one_row_less_would_not_do_to_first_order_and_exact_deletion_needs_no_more() -> None:
    panel = planted(0.03, 0)
    of = first_order(panel, ["x", "w"])
    found = of.proposed(SIGN)
    assert found is not None and found.holds
    side = np.sign(of.estimate)
    assert side * found.predicted < 0 <= side * of.without(found.rows[:-1])
    # In order of their derivatives, all to one side.
    moves = side * of.by_weight[found.rows]
    assert (moves > 0).all() and (np.diff(moves) <= 0).all()
    one_by_one = influence(panel, "y", ["x", "w"], "x")
    assert not one_by_one.sign_rows or len(one_by_one.sign_rows) <= len(found.rows)


def by_instrument(panel: pd.DataFrame) -> InstrumentedFirstOrder:
    """y on x1 by x3, x2 beside them."""
    reduced, treatment = (
        Deletions.of(
            estimation_sample(
                panel, outcome, ["x3", "x2"], entity="province", time="year", effects="twoway"
            )
        )
        for outcome in ("y", "x1")
    )
    return InstrumentedFirstOrder.by_instrument(reduced, treatment)


def instrumented_panel(missing: float) -> pd.DataFrame:
    panel = random_panel(7, provinces=8, years=7, k=3, missing=missing)
    panel = panel.assign(x1=panel["x1"] + 0.8 * panel["x3"])
    return panel.sort_values(["province", "year"]).reset_index(drop=True)


def two_stages(panel: pd.DataFrame, weights: np.ndarray) -> tuple[float, float]:
    """Coefficient of x1 and clustered error, but for its factor, with every dummy, weighted."""
    dummies = pd.get_dummies(panel[["province", "year"]].astype(str), drop_first=False, dtype=float)
    others = np.column_stack([panel["x2"], dummies])
    root = np.sqrt(weights)[:, None]
    basis = np.linalg.svd(root * others, full_matrices=False)
    basis = basis[0][:, basis[1] > 1e-9]
    left = [
        values - basis @ (basis.T @ values)
        for values in (root[:, 0] * panel[name].to_numpy() for name in ("x3", "x1", "y"))
    ]
    z, x, y = left
    slope = (z @ y) / (z @ x)
    by_entity = np.bincount(pd.factorize(panel["province"])[0], z * (y - slope * x))
    return float(slope), float(np.sqrt(by_entity @ by_entity) / abs(z @ x))


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_derivatives_by_an_instrument_are_those_of_weighted_two_stage_least_squares(
    missing: float,
) -> None:
    panel = instrumented_panel(missing)
    of = by_instrument(panel)
    fit = fe_2sls(panel, "y", ["x1"], ["x3"], ["x2"])
    assert of.estimate == pytest.approx(fit.params["x1"], rel=1e-9)
    assert of.std_error == pytest.approx(fit.std_errors["x1"], rel=1e-9)
    _, without_factor = two_stages(panel, np.ones(len(panel)))
    exact = of.without_each_row()
    for row in range(len(panel)):
        step = STEP * (np.arange(len(panel)) == row)
        up, down = two_stages(panel, 1 + step), two_stages(panel, 1 - step)
        estimate, error = (np.array(up) - down) / (2 * STEP)
        assert of.by_weight[row] == pytest.approx(estimate, rel=1e-5, abs=1e-9)
        expected = error * of.std_error / without_factor
        assert of.error_by_weight[row] == pytest.approx(expected, rel=1e-4, abs=1e-8)
        if row % 5 == 0:
            without = fe_2sls(panel.drop(index=row), "y", ["x1"], ["x3"], ["x2"])
            assert exact[row] == pytest.approx(without.params["x1"], rel=1e-7)


def test_derivatives_by_the_values_of_two_stage_least_squares() -> None:
    panel = instrumented_panel(0.2)
    of = by_instrument(panel)
    derivatives = np.column_stack([of.by_outcome, of.by_regressor])
    for j, name in enumerate(["y", *of.regressors]):
        for place in range(0, len(panel), 6):
            step = STEP * (panel.index == place)
            up, down = (
                fe_2sls(
                    panel.assign(**{name: panel[name] + way * step}), "y", ["x1"], ["x3"], ["x2"]
                )
                for way in (1, -1)
            )
            slope = (up.params["x1"] - down.params["x1"]) / (2 * STEP)
            assert derivatives[place, j] == pytest.approx(slope, rel=1e-4, abs=1e-7)
