"""Romano-Wolf: by brute force over refitted samples, by the definition, and by what it is for."""

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis.panel import EstimationError
from analysis.regressions.multiple_testing import family, stepped_down
from analysis.regressions.one_coefficient import OneCoefficient, each_coefficient
from analysis.regressions.wild_bootstrap import cluster_weights, wild_cluster_p


def one(panel: pd.DataFrame, outcome: str) -> OneCoefficient:
    (of,) = each_coefficient(panel, outcome, ["x1", "x2"], ["x1"])
    return of


def by_definition(p: np.ndarray) -> list[float]:
    """Loops: step by step the least p of those left, in the data and in every draw."""
    left, adjusted, floor = list(range(len(p))), [0.0] * len(p), 0.0
    while left:
        least = min(left, key=lambda s: p[s, 0])
        draws = [min(p[s, b] for s in left) for b in range(p.shape[1])]
        floor = max(floor, sum(draw <= p[least, 0] for draw in draws) / len(draws))
        adjusted[least] = floor
        left.remove(least)
    return adjusted


def test_stepping_down_is_the_definition() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        p = rng.integers(1, 50, size=(5, 99)) / 50
        np.testing.assert_allclose(stepped_down(p), by_definition(p), rtol=1e-12)


def test_every_sample_refitted_with_one_weight_a_province() -> None:
    panel = random_panel(21, provinces=12, years=5, k=2, missing=0.1)
    rng = np.random.default_rng(2)
    panel["y2"] = panel["y"] - 0.9 * panel["x1"]
    panel["y3"] = rng.normal(size=len(panel))
    few = panel[panel["province"] < "P05"]  # five provinces: Webb's weights, not their signs
    samples = [(panel, "y2"), (panel, "y3"), (few, "y2")]
    found = family([one(*of) for of in samples], reps=150)
    weights, _, _ = cluster_weights(12, "webb", 150, seed=20240117)
    statistics = []
    for rows, outcome in samples:
        dummies = pd.get_dummies(rows[["province", "year"]].astype(str), dtype=float)
        null = np.column_stack([rows["x2"], dummies])
        y, x1 = rows[outcome].to_numpy(), rows["x1"].to_numpy()
        fitted = null @ np.linalg.lstsq(null, y, rcond=None)[0]
        x = x1 - null @ np.linalg.lstsq(null, x1, rcond=None)[0]
        beside = np.linalg.pinv(null)
        codes = rows["province"].str[1:].astype(int).to_numpy()
        t_stats = []
        for draw in np.column_stack([np.ones(12), weights]).T:
            drawn = fitted + (y - fitted) * (np.sign(draw) if rows is panel else draw)[codes]
            left = drawn - null @ (beside @ drawn)
            slope = x @ drawn / (x @ x)
            scores = np.bincount(codes, x * (left - slope * x))
            t_stats.append(abs(slope) / np.sqrt(scores @ scores) * (x @ x))
        statistics.append(t_stats)
    t = np.array(statistics)
    p = np.array([[np.mean(row >= value * (1 - 1e-8)) for value in row] for row in t])
    np.testing.assert_allclose(found.p_values, p[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found.adjusted, by_definition(p), rtol=1e-12)
    np.testing.assert_allclose(found.part([0, 2]).adjusted, by_definition(p[[0, 2]]), rtol=1e-12)


def test_alone_a_test_is_the_wild_bootstrap_and_thrice_the_same_is_once() -> None:
    panel = random_panel(22, provinces=14, years=5)
    panel["y"] -= 0.85 * panel["x1"]
    alone = family([one(panel, "y")])
    wild = wild_cluster_p(panel, "y", ["x1", "x2"], "x1")
    assert alone.adjusted == pytest.approx(alone.p_values, rel=1e-12)
    assert alone.p_values[0] == pytest.approx(wild.p_value, abs=0.012)
    thrice = family([one(panel, "y")] * 3)
    np.testing.assert_allclose(thrice.adjusted, np.repeat(alone.p_values, 3), rtol=1e-12)
    with pytest.raises(EstimationError, match="needs a coefficient"):
        family([])


def test_of_independent_tests_the_least_is_that_of_sidak() -> None:
    rng = np.random.default_rng(3)
    panel = random_panel(23, provinces=30, years=6)
    outcomes = [f"noise {i}" for i in range(6)]
    for name in outcomes:
        panel[name] = rng.normal(size=len(panel))
    found = family([one(panel, name) for name in outcomes])
    least = found.p_values.argmin()
    sidak = 1 - (1 - found.p_values[least]) ** 6
    assert found.adjusted[least] == pytest.approx(sidak, abs=0.03)
    assert (found.adjusted >= found.p_values).all()
