"""Wild cluster bootstrap: every bootstrap sample refitted, enumeration, size, refusals."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel
from many_samples import fits
from scipy import stats

from analysis.panel import EstimationError
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.wild_bootstrap import WildBootstrap, cluster_weights, wild_cluster_p

X = ["x1", "x2"]


def run(panel: pd.DataFrame, **options: Any) -> WildBootstrap:
    return wild_cluster_p(panel, "y", X, "x1", **options)


def fitted(panel: pd.DataFrame, regressors: list[str]) -> np.ndarray:
    dummies = [panel[regressors].to_numpy(float)]
    dummies += [pd.get_dummies(panel[name]).to_numpy(float) for name in ("province", "year")]
    everything = np.column_stack(dummies)
    y = panel["y"].to_numpy(float)
    return everything @ np.linalg.lstsq(everything, y, rcond=None)[0]


def refitted(panel: pd.DataFrame, weight: np.ndarray, impose_null: bool) -> float:
    base = fitted(panel, ["x2"] if impose_null else X)
    code = pd.factorize(panel["province"], sort=True)[0]
    again = panel.assign(y=base + weight[code] * (panel["y"] - base))
    fit = two_way_fe(again, "y", X)
    centre = 0.0 if impose_null else two_way_fe(panel, "y", X).params["x1"]
    return float((fit.params["x1"] - centre) / fit.std_errors["x1"])


@pytest.mark.parametrize("impose_null", [True, False])
def test_every_draw_equals_the_bootstrap_sample_refitted(impose_null: bool) -> None:
    panel = random_panel(1, provinces=7, years=6, missing=0.15)
    panel["y"] -= 0.7 * panel["x1"]
    result = run(panel, impose_null=impose_null, reps=200, seed=3)
    weights, _, _ = cluster_weights(7, "auto", 200, seed=3)
    for draw in range(0, 200, 25):
        expected = refitted(panel, weights[:, draw], impose_null)
        assert result.draws[draw] == pytest.approx(expected, rel=1e-10, abs=1e-10)


def test_limits_move_with_the_coefficient_however_sure_it_is() -> None:
    """With a t of a million as of the same errors around a coefficient of nothing."""
    panel = random_panel(1, provinces=20)
    errors = 1e-5 * np.random.default_rng(0).normal(size=len(panel))
    sure, unsure = (run(panel.assign(y=b * panel["x1"] + errors), reps=999) for b in (1, 0))
    assert sure.t_stat > 5e5 and abs(unsure.t_stat) < 5
    for one, other in zip(sure.conf_int, unsure.conf_int, strict=True):
        assert (one - 1) / sure.std_error == pytest.approx(other / unsure.std_error, abs=2e-6)


def test_explicit_dummies_give_the_same_statistic() -> None:
    panel = random_panel(2, provinces=6, years=6, missing=0.1)
    weights, _, _ = cluster_weights(6, "rademacher", 9999, seed=0)
    result = run(panel, weights="rademacher")
    base = fitted(panel, ["x2"])
    code = pd.factorize(panel["province"], sort=True)[0]
    for draw in (0, 5, 17, 40, 63):
        again = panel.assign(y=base + weights[code, draw] * (panel["y"] - base))
        expected = lsdv(again, "y", X)
        t_stat = expected.slopes[0] / expected.std_errors[0]
        assert result.draws[draw] == pytest.approx(t_stat, rel=1e-8)


def test_p_value_is_the_share_of_all_sign_patterns() -> None:
    panel = random_panel(3, provinces=6, years=6)
    panel["y"] -= 0.9 * panel["x1"]
    result = run(panel, weights="rademacher")
    assert (result.reps, result.enumerated, result.weights) == (64, True, "rademacher")
    patterns = [np.array([int(bit) * 2 - 1 for bit in f"{i:06b}"]) for i in range(64)]
    observed = abs(two_way_fe(panel, "y", X).t_stats["x1"])
    at_least = sum(abs(refitted(panel, each, True)) >= observed - 1e-9 for each in patterns)
    assert 2 < at_least < 64
    assert result.p_value == pytest.approx(at_least / 64, abs=1e-12)


@pytest.mark.parametrize(
    ("n_clusters", "weights", "kind", "n_draws", "all_patterns"),
    [
        (3, "auto", "webb", 216, True),
        (5, "auto", "webb", 7776, True),
        (6, "auto", "webb", 9999, False),
        (9, "auto", "webb", 9999, False),
        (10, "auto", "rademacher", 1024, True),
        (13, "auto", "rademacher", 8192, True),
        (14, "auto", "rademacher", 9999, False),
        (3, "rademacher", "rademacher", 8, True),
        (31, "webb", "webb", 9999, False),
    ],
)
def test_weights_follow_the_number_of_clusters(
    n_clusters: int, weights: Any, kind: str, n_draws: int, all_patterns: bool
) -> None:
    drawn, drawn_kind, enumerated = cluster_weights(n_clusters, weights, 9999, seed=0)
    assert (drawn.shape, drawn_kind, enumerated) == ((n_clusters, n_draws), kind, all_patterns)
    values = np.unique(drawn)
    assert len(values) == {"webb": 6, "rademacher": 2}[kind]
    assert (values.sum(), (values**2).mean()) == (pytest.approx(0), pytest.approx(1))
    if enumerated:
        assert len(np.unique(drawn, axis=1).T) == n_draws
        assert (drawn @ drawn.T / n_draws) == pytest.approx(np.eye(n_clusters))


def test_three_clusters_have_four_statistics_by_signs_and_more_by_six_points() -> None:
    panel = random_panel(4, provinces=3, years=19)
    signs = np.abs(run(panel, weights="rademacher").draws).round(8)
    six_points = np.abs(run(panel).draws).round(8)
    assert len(np.unique(signs)) == 4
    assert len(np.unique(six_points)) > 40
    # A strong effect: no pattern but those that repeat the data, all signs or all sizes alike.
    strong = panel.assign(y=panel["y"] + 100 * panel["x1"])
    assert run(strong, weights="rademacher").p_value == 2 / 8
    assert run(strong).p_value == pytest.approx(6 / 216)


def test_sampled_draws_count_the_data_as_one_more() -> None:
    panel = random_panel(5, provinces=16, years=6)
    strong = panel.assign(y=panel["y"] + 100 * panel["x1"])
    assert run(strong, reps=999).p_value == 1 / 1000


def test_t_stat_is_that_of_two_way_fe_and_the_seed_decides_the_draws() -> None:
    panel = random_panel(6, provinces=16, years=6)
    result, same, other = (run(panel, reps=500, seed=seed) for seed in (1, 1, 2))
    assert result.t_stat == two_way_fe(panel, "y", X).t_stats["x1"]
    assert (result.draws == same.draws).all() and (result.draws != other.draws).any()


def test_a_fit_at_hand_changes_nothing_and_another_is_refused() -> None:
    panel = random_panel(9, provinces=12)
    fit = two_way_fe(panel, "y", X)
    assert run(panel, fit=fit).p_value == run(panel).p_value
    with pytest.raises(EstimationError, match=r"it is of another panel or model"):
        run(panel, fit=two_way_fe(panel, "y", ["x1"]))


@pytest.mark.parametrize("impose_null", [True, False])
def test_limits_are_where_the_test_of_shifted_data_turns(impose_null: bool) -> None:
    panel = random_panel(7, provinces=11, years=6)
    options: dict[str, Any] = {"level": 0.9, "impose_null": impose_null}
    result = run(panel, **options)
    estimate = two_way_fe(panel, "y", X).params["x1"]
    assert result.conf_int.lower < estimate < result.conf_int.upper
    for limit, outwards in zip(result.conf_int, (-1, 1), strict=True):
        for step, accepted in ((-1e-4, True), (1e-4, False)):
            hypothesis = limit + outwards * step
            shifted = panel.assign(y=panel["y"] - hypothesis * panel["x1"])
            assert (run(shifted, **options).p_value > 0.1) == accepted


def test_limits_are_infinite_where_no_value_can_be_rejected() -> None:
    result = run(random_panel(8, provinces=4, years=8), weights="rademacher")
    assert result.conf_int == (-np.inf, np.inf)  # 16 patterns: no p-value below 2/16


def test_units_do_not_matter() -> None:
    panel = random_panel(9, provinces=10, years=6)
    scaled = panel.assign(x1=-1e9 * panel["x1"] + 3e9, y=1e4 * panel["y"])
    one, other = run(panel), run(scaled)
    assert one.p_value == other.p_value
    assert other.conf_int.upper == pytest.approx(-1e-5 * one.conf_int.lower, rel=1e-5)


@pytest.mark.slow
def test_size_with_six_clusters_of_unequal_weight() -> None:
    # A regressor that varies mostly in two of six clusters, errors AR(.8): t(5) rejects far too
    # often. 300 samples: the simulation error of a rate of .05 is .013, of .10 .017.
    rng = np.random.default_rng(20240117)
    provinces, years, samples = 6, 10, 300
    index = pd.MultiIndex.from_product([range(provinces), range(years)])
    frame = pd.DataFrame(index=index).rename_axis(["province", "year"]).reset_index()
    spread = np.array([3.0, 2.0, 0.5, 0.5, 0.5, 0.5])[:, None]
    drawn = []
    for _ in range(samples):
        x, error = rng.normal(size=(2, provinces, years))
        for t in range(1, years):
            x[:, t] += 0.8 * x[:, t - 1]
            error[:, t] += 0.8 * error[:, t - 1]
        drawn.append((spread * x, error))
    wild = by_t = 0
    shape = None
    for (x, y), found in zip(drawn, fits(frame, drawn).itertuples(), strict=True):
        panel = frame.assign(x=x.ravel(), y=y.ravel())
        shape = shape or two_way_fe(panel, "y", ["x"])
        slopes = {"params": found.estimate, "std_errors": found.std_error, "t_stats": found.t_stat}
        # A fit that were not of this panel would be refused.
        fit = replace(shape, **{name: pd.Series({"x": value}) for name, value in slopes.items()})
        test = wild_cluster_p(panel, "y", ["x"], "x", reps=399, fit=fit)
        wild += test.p_value <= 0.05
        by_t += 2 * stats.t(provinces - 1).sf(abs(test.t_stat)) <= 0.05
    assert by_t / samples > 0.10
    assert wild / samples < 0.05 + 0.04
    assert wild < by_t / 1.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"coefficient": "x9"}, "coefficient 'x9' is not among the regressors: x1, x2"),
        ({"weights": "mammen"}, "weights 'mammen': expected auto, rademacher, webb"),
        ({"reps": 99}, "99 draws are too few for a test of level 0.95: reps must be 200"),
        ({"level": 5}, "level 5: expected a share"),
        ({"panel": {"x1": "1,5"}}, "column 'x1' must hold finite numbers"),
        ({"panel": {"x1": 1.0}}, "constant in the complete rows: x1"),
        ({"panel": {"province": "P00"}}, "province-year pairs that occur more than once"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    panel = random_panel(0)
    call: dict[str, Any] = {"coefficient": "x1", **changes}
    call["panel"] = panel.assign(**call.get("panel", {}))
    with pytest.raises(EstimationError, match=message):
        wild_cluster_p(outcome="y", regressors=X, **call)


def test_absorbed_regressors_and_too_few_clusters_are_named() -> None:
    panel = random_panel(0)
    area = panel["province"].str[1:].astype(float)
    with pytest.raises(EstimationError, match="absorbed by the province and year effects: x1"):
        run(panel.assign(x1=area))
    two = panel[panel["province"].isin(["P00", "P01"])]
    with pytest.raises(EstimationError, match="2 values of province are too few"):
        wild_cluster_p(two, "y", ["x1"], "x1")
