"""Errors of one coefficient: against the plain regression, loops over pairs, and all orders."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions import residual_tests
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.one_coefficient import (
    OneCoefficient,
    clustered,
    conley,
    driscoll_kraay,
    each_coefficient,
    effective_clusters,
    jackknife,
    randomisation,
)
from analysis.regressions.residual_tests import cips, pesaran_cd, wooldridge_serial


def x1(panel: pd.DataFrame) -> OneCoefficient:
    (of,) = each_coefficient(panel, "y", ["x1", "x2"], ["x1"])
    return of


def far_apart(panel: pd.DataFrame, km: float) -> pd.DataFrame:
    names = sorted(panel["province"].unique())
    return pd.DataFrame(km * (1 - np.eye(len(names))), names, names)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_one_coefficient_is_that_of_the_whole_regression(missing: float) -> None:
    panel = random_panel(3, provinces=9, years=8, missing=missing)
    fit = two_way_fe(panel, "y", ["x1", "x2"])
    both = each_coefficient(panel, "y", ["x1", "x2"], ["x1", "x2"])
    for of in both:
        assert of.estimate == pytest.approx(fit.params[of.name], rel=1e-9)
        # Nobody near anybody: Conley's error is the clustered one.
        for found in (clustered(of), conley(of, far_apart(panel, 5000.0))):
            assert found.std_error == pytest.approx(fit.std_errors[of.name], rel=1e-9)
            assert found.p_value == pytest.approx(fit.p_values[of.name], rel=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_jackknife_equals_regressions_without_each_province(missing: float) -> None:
    panel = random_panel(4, provinces=7, years=6, missing=missing)
    whole = lsdv(panel, "y", ["x1", "x2"]).slopes[0]
    without = [
        lsdv(panel[panel["province"] != name], "y", ["x1", "x2"]).slopes[0]
        for name in panel["province"].unique()
    ]
    error = np.sqrt(6 / 7 * ((np.array(without) - whole) ** 2).sum())
    assert jackknife(x1(panel)).std_error == pytest.approx(error, rel=1e-9)


def test_conley_and_driscoll_kraay_equal_loops_over_pairs_of_rows() -> None:
    panel = random_panel(5, provinces=6, years=7, missing=0.1)
    of = x1(panel)
    rng = np.random.default_rng(1)
    place = rng.uniform(0, 1500, size=6)
    names = list(of.sample.entities)
    distances = pd.DataFrame(np.abs(place[:, None] - place), names, names)
    rows = list(zip(of.sample.entity_codes, of.sample.time_codes, of.scores, strict=True))
    near = shared = 0.0
    for i, t, one in rows:
        for j, s, other in rows:
            if i == j:
                near += one * other
            elif t == s:
                near += max(0.0, 1 - abs(place[i] - place[j]) / 1000) * one * other
            shared += max(0.0, 1 - abs(t - s) / 3) * one * other
    n, k, years = len(rows), of.n_coefficients, 7
    found = conley(of, distances).std_error
    assert found == pytest.approx(np.sqrt(near * 6 / 5 * (n - 1) / (n - k)), rel=1e-9)
    found = driscoll_kraay(of, 2).std_error
    factor = years / (years - 1) * (n - 1) / (n - k)
    assert found == pytest.approx(np.sqrt(shared * factor), rel=1e-9)


def test_effective_clusters_are_all_where_equal_and_few_where_one_weighs_all() -> None:
    rng = np.random.default_rng(2)
    block = rng.normal(size=8)
    # Pairs of provinces whose deviations mirror each other: equal leverages by construction.
    x = np.concatenate([sign * block for _ in range(5) for sign in (1, -1)])
    panel = pd.DataFrame(
        {
            "province": np.repeat([f"P{i}" for i in range(10)], 8),
            "year": np.tile(range(8), 10),
            "x": x,
            "y": x + rng.normal(size=80),
        }
    )
    (equal,) = each_coefficient(panel, "y", ["x"], ["x"])
    assert effective_clusters(equal) == pytest.approx(10, rel=1e-9)
    # One pair a hundred times as strong as the other eight provinces: nearly two are left.
    heavy = panel.assign(x=np.where(panel["province"].isin(["P0", "P1"]), 100 * x, x))
    (few,) = each_coefficient(heavy, "y", ["x"], ["x"])
    assert effective_clusters(few) == pytest.approx(2, abs=0.01)


@pytest.mark.slow
def test_randomisation_comes_near_the_share_of_all_orders() -> None:
    panel = random_panel(6, provinces=5, years=6, k=1)
    panel["y"] = panel["y"] - 0.9 * panel["x1"]  # a coefficient of .1, unsure
    (of,) = each_coefficient(panel, "y", ["x1"], ["x1"])
    table = panel.pivot(index="province", columns="year", values="x1").to_numpy()

    def t_stat(order: tuple[int, ...]) -> float:
        fit = two_way_fe(panel.assign(x1=table[list(order)].ravel()), "y", ["x1"])
        return abs(float(fit.t_stats["x1"]))

    actual = t_stat(tuple(range(5)))
    exact = np.mean([t_stat(order) >= actual * (1 - 1e-8) for order in permutations(range(5))])
    found = randomisation(of, reps=4000).p_value
    assert 0.02 < exact < 0.98
    assert found == pytest.approx(exact, abs=0.03)


def test_what_cannot_be_measured_is_refused() -> None:
    panel = random_panel(7, provinces=4, years=6)
    with pytest.raises(NotIdentifiedError, match="only 4 values of province have the same years"):
        randomisation(x1(panel))
    with pytest.raises(EstimationError, match="no distance for: P00"):
        conley(x1(panel), far_apart(panel, 1.0).drop(index="P00", columns="P00"))
    with pytest.raises(EstimationError, match="not among the regressors x1: z"):
        each_coefficient(panel, "y", ["x1"], ["z"])
    # Only one province has any of it: without that one nothing is left.
    alone = panel.assign(x2=np.where(panel["province"] == "P01", panel["x2"], 0.0))
    (of,) = each_coefficient(alone, "y", ["x1", "x2"], ["x2"])
    with pytest.raises(NotIdentifiedError, match="x2 is not identified without one province"):
        jackknife(of)
    # What two provinces differ by mirrors itself, and sums to nothing in each.
    with pytest.raises(NotIdentifiedError, match="no sampling error is left"):
        clustered(x1(random_panel(7, provinces=2, years=9)))
    gap = panel[(panel["province"] != "P00") | (panel["year"] != 2005)]
    with pytest.raises(NotIdentifiedError, match="x1 has gaps"):
        cips(gap, "x1")
    with pytest.raises(NotIdentifiedError, match="CIPS needs nine or more"):
        cips(panel, "x1")


def test_serial_correlation_is_found_where_it_is_and_seldom_where_it_is_not() -> None:
    rng = np.random.default_rng(8)
    rejected = {0.0: 0, 0.6: 0}
    for rho in rejected:
        for _ in range(40):
            panel = random_panel(int(rng.integers(1 << 30)), provinces=31, years=19, k=1)
            errors = rng.normal(size=(31, 19))
            for t in range(1, 19):
                errors[:, t] += rho * errors[:, t - 1]
            panel["y"] = panel["x1"] + errors.ravel()
            (of,) = each_coefficient(panel, "y", ["x1"], ["x1"])
            rejected[rho] += wooldridge_serial(of.sample).p_value < 0.05
    assert rejected[0.0] <= 6 and rejected[0.6] == 40


@pytest.mark.parametrize("many_alike", [0, 25], ids=["by sets of years", "pair by pair"])
def test_pesaran_cd_is_the_sum_over_pairs_with_gaps(
    many_alike: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residual_tests, "_MANY_ALIKE", many_alike)
    of = x1(random_panel(9, provinces=8, years=9, missing=0.25))
    rows = pd.Series(of.residual, index=of.sample.values.index).unstack().to_numpy()
    total = pairs = 0.0
    for i in range(8):
        for j in range(i):
            common = np.isfinite(rows[i]) & np.isfinite(rows[j])
            if common.sum() >= 3:
                rho = np.corrcoef(rows[i, common], rows[j, common])[0, 1]
                total, pairs = total + np.sqrt(common.sum()) * rho, pairs + 1
    cd = pesaran_cd(of.residual, of.sample)
    assert cd.statistic == pytest.approx(total / np.sqrt(pairs), rel=1e-9)
