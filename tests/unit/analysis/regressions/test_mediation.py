"""Mediation: resamples refitted one by one, identities, refusals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel
from resamples import resampled, slopes
from scipy.stats import norm

from analysis.intervals import UNDEFINED
from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.cluster_bootstrap import resampling_counts
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.mediation import MediationBootstrap, bootstrap, stepwise

X, M, Y, W, C = "x1", "x2", "y", "x4", ["x3"]
REPS = 200


@pytest.fixture
def panel() -> pd.DataFrame:
    return mediation_panel(0)


def mediation_panel(seed: int, *, provinces: int = 8, missing: float = 0.0) -> pd.DataFrame:
    panel = random_panel(seed, provinces=provinces, years=7, k=4, missing=missing)
    panel["x2"] = panel["x2"] + 0.5 * panel["x1"] * (1 + 0.3 * panel["x4"])
    panel["y"] = panel["y"] + 0.4 * panel["x2"] * panel["x4"]
    return panel


def refitted(panel: pd.DataFrame, counts: np.ndarray) -> tuple[float, float, float]:
    frame = resampled(panel, counts)
    a = slopes(frame, M, [X, *C])[0]
    direct, b = slopes(frame, Y, [X, M, *C])[:2]
    return a * b, direct, slopes(frame, Y, [X, *C])[0]


def refitted_at(panel: pd.DataFrame, counts: np.ndarray, w: float) -> tuple[float, float]:
    """Indirect and direct effect where the moderator is w, from products of raw variables."""
    panel = panel.assign(xw=panel[X] * panel[W], mw=panel[M] * panel[W])
    frame = resampled(panel, counts)
    a, a3 = slopes(frame, M, [X, "xw", W, *C])[:2]
    c, c3, b, b3 = slopes(frame, Y, [X, "xw", M, "mw", W, *C])[:4]
    return (a + a3 * w) * (b + b3 * w), c + c3 * w


@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_every_draw_equals_the_resample_refitted(missing: float) -> None:
    panel = mediation_panel(1, missing=missing)
    result = run(panel)
    counts = np.concatenate([*resampling_counts(8, REPS, seed=5)])
    assert result.n_degenerate == 0
    for draw in range(0, REPS, 8):
        np.testing.assert_allclose(
            result.draws.iloc[draw], refitted(panel, counts[draw]), rtol=0, atol=1e-10
        )


@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_conditional_draws_equal_the_resample_refitted_on_raw_products(missing: float) -> None:
    panel = mediation_panel(2, provinces=12, missing=missing)
    result = run(panel, moderator=W)
    counts = np.concatenate([*resampling_counts(12, REPS, seed=5)])
    levels = np.quantile(panel[W], [0.16, 0.5, 0.84])
    for draw in range(0, REPS, 10):
        for suffix, w in zip(("_low", "", "_high"), levels, strict=True):
            indirect, direct = refitted_at(panel, counts[draw], w)
            got = result.draws[[f"{name}{suffix}" for name in ("indirect", "direct", "total")]]
            np.testing.assert_allclose(
                got.iloc[draw], [indirect, direct, indirect + direct], rtol=1e-9, atol=1e-10
            )


def test_relabelled_resample_equals_two_way_fe(panel: pd.DataFrame) -> None:
    result = run(panel)
    counts = np.concatenate([*resampling_counts(8, REPS, seed=5)])
    frame = resampled(panel, counts[7])
    first, second = two_way_fe(frame, M, [X, *C]), two_way_fe(frame, Y, [X, M, *C])
    draw = result.draws.iloc[7]
    assert draw["indirect"] == pytest.approx(first.params[X] * second.params[M], abs=1e-10)
    assert draw["direct"] == pytest.approx(second.params[X], abs=1e-10)


def test_years_that_only_some_provinces_have_may_go_undrawn() -> None:
    panel = mediation_panel(3)
    late = panel[(panel["year"] < 2008) | panel["province"].isin(["P00", "P01"])]
    counts = np.concatenate([*resampling_counts(8, REPS, seed=5)])
    without = np.flatnonzero((counts[:, 0] == 0) & (counts[:, 1] == 0))
    draws = run(late).draws
    assert len(without) > 3
    for draw in without[:5]:
        np.testing.assert_allclose(draws.iloc[draw], refitted(late, counts[draw]), atol=1e-10)


def test_panel_in_units_far_apart_keeps_its_digits(panel: pd.DataFrame) -> None:
    scaled = panel.assign(x1=panel["x1"] * 1e12 + 4e12, x3=panel["x3"] * 1e-6)
    plain, in_yuan = run(panel).draws, run(scaled).draws * 1e12
    np.testing.assert_allclose(in_yuan, plain, rtol=1e-8, atol=1e-10)


def test_estimates_are_those_of_the_stepwise_regressions(panel: pd.DataFrame) -> None:
    steps, result = stepwise(panel, X, M, Y, C), run(panel)
    assert result.direct.estimate == pytest.approx(steps.outcome.params[X], abs=1e-12)
    assert result.total.estimate == pytest.approx(steps.total.params[X], abs=1e-12)
    assert result.indirect.estimate == pytest.approx(steps.sobel.estimate, abs=1e-12)


def test_bca_uses_the_panel_without_each_province() -> None:
    panel = mediation_panel(4, missing=0.1)
    provinces = sorted(panel["province"].unique())
    kept = np.array([refitted(panel[panel["province"] != p], np.ones(7, int)) for p in provinces])
    result = run(panel, reps=2000)
    for column, name in enumerate(("indirect", "direct", "total")):
        effect, draws = getattr(result, name), result.draws[name].to_numpy()
        deviation = kept[:, column].mean() - kept[:, column]
        a = (deviation**3).sum() / (6 * (deviation**2).sum() ** 1.5)
        bias = norm.ppf((draws <= effect.estimate).mean())
        ends = [
            np.quantile(draws, norm.cdf(bias + (bias + z) / (1 - a * (bias + z))))
            for z in norm.ppf([0.025, 0.975])
        ]
        assert effect.bca == pytest.approx(ends, abs=0.02 * effect.se)


def test_total_is_direct_plus_indirect(panel: pd.DataFrame) -> None:
    for moderator in (None, W):
        draws = run(panel, moderator=moderator).draws
        np.testing.assert_allclose(draws["total"], draws["direct"] + draws["indirect"], atol=1e-12)


def test_index_is_the_slope_of_the_indirect_effect_at_the_mean_per_deviation() -> None:
    panel = mediation_panel(6, provinces=15)
    result = run(panel, moderator=W)
    low, median, high = result.conditional
    # Three points of a parabola give its slope anywhere, in the whole sample and in each draw.
    at = [of.moderator for of in result.conditional]
    mean, spread = panel[W].mean(), panel[W].std(ddof=0)

    def slope(effects: list[float]) -> float:
        return float(spread * np.polyval(np.polyder(np.polyfit(at, effects, 2)), mean))

    assert result.index is not None
    expected = slope([of.indirect.estimate for of in result.conditional])
    assert result.index.estimate == pytest.approx(expected, abs=1e-9)
    for _, draw in result.draws.iloc[::20].iterrows():
        effects = [draw[f"indirect{suffix}"] for suffix in ("_low", "", "_high")]
        assert draw["index"] == pytest.approx(slope(effects), abs=1e-8)
    # Product of two lines: the three levels do not lie on one; the direct effects do.
    step = (median.moderator - low.moderator) / (high.moderator - low.moderator)
    for name, straight in (("indirect", False), ("direct", True)):
        first, middle, last = (getattr(of, name).estimate for of in (low, median, high))
        off = abs(middle - first - step * (last - first))
        assert off < 1e-12 if straight else off > 1e-4
    assert median.indirect == result.indirect


def test_origin_and_unit_of_the_moderator_do_not_matter() -> None:
    panel = mediation_panel(7, provinces=15)
    moved = panel.assign(x4=1e3 * panel["x4"] + 5e4)
    one, other = run(panel, moderator=W), run(moved, moderator=W)
    np.testing.assert_allclose(one.draws, other.draws, rtol=1e-6, atol=1e-8)
    assert [effect.moderator for effect in other.conditional] == pytest.approx(
        [1e3 * effect.moderator + 5e4 for effect in one.conditional]
    )


def test_no_level_lies_beyond_the_data_however_skewed_the_moderator() -> None:
    panel = mediation_panel(8, provinces=15)
    skewed = panel.assign(x4=np.exp(3 * panel["x4"]))
    assert skewed["x4"].mean() - skewed["x4"].std() < 0 < skewed["x4"].min()
    for at, share in zip(run(skewed, moderator=W).conditional, (0.16, 0.5, 0.84), strict=True):
        assert (skewed["x4"] <= at.moderator).mean() == pytest.approx(share, abs=0.01)


def test_resamples_that_identify_nothing_are_counted_and_said() -> None:
    # Three provinces: one ninth of the resamples are one of them three times.
    panel = random_panel(9, provinces=3, years=19, k=3)
    result = run(panel, reps=900)
    counts = np.concatenate([*resampling_counts(3, 900, seed=5)])
    alone = (counts == 3).any(axis=1)
    assert result.n_degenerate == alone.sum() > 50
    assert (result.draws.isna().all(axis=1) == alone).all()
    assert result.notes == (f"{alone.sum()} of 900 resamples do not identify the effects",)
    assert result.indirect.se == pytest.approx(result.draws["indirect"].std())


def test_a_province_that_alone_identifies_leaves_bca_undefined() -> None:
    panel = random_panel(10, provinces=9, years=6, k=3)
    lone = panel.assign(x3=panel["x3"].where(panel["province"] == "P04", 1.0))
    result = run(lone, reps=600)
    counts = np.concatenate([*resampling_counts(9, 600, seed=5)])
    assert result.n_degenerate == (counts[:, 4] == 0).sum()
    assert result.indirect.bca == UNDEFINED != result.indirect.bias_corrected
    assert result.notes[1] == "no BCa interval: not identified without P04"


def test_too_few_resamples_with_an_estimate_are_refused() -> None:
    panel = random_panel(10, provinces=9, years=6, k=3)
    lone = panel.assign(x3=panel["x3"].where(panel["province"] == "P04", 1.0))
    with pytest.raises(NotIdentifiedError, match=r"only \d+ of 200 resamples of 9 values of prov"):
        run(lone)


def test_two_provinces_have_one_resample_and_so_no_interval() -> None:
    panel = random_panel(12, provinces=2, years=19, k=3)
    # Each once, or one of them twice, which identifies nothing beside year effects.
    with pytest.raises(NotIdentifiedError, match="no sampling error is left to estimate: 2 values"):
        run(panel, reps=900)


def test_three_provinces_have_the_error_of_their_27_resamples() -> None:
    panel = random_panel(12, provinces=3, years=19, k=3)
    drawn = np.array([np.bincount(of, minlength=3) for of in np.ndindex(3, 3, 3)])
    each = np.array([refitted(panel, counts) for counts in drawn if counts.max() < 3])
    assert len(each) == 24
    result = run(panel, reps=5000)
    for name, exact in zip(("indirect", "direct", "total"), each.std(axis=0), strict=True):
        assert getattr(result, name).se == pytest.approx(exact, rel=0.05)


def test_incomplete_rows_are_left_out_of_every_regression() -> None:
    panel = mediation_panel(11)
    panel.loc[5, "x3"] = np.nan
    panel.loc[9, "x2"] = np.nan
    steps = stepwise(panel, X, M, Y, C)
    fits = (steps.total, steps.mediator_alone, steps.mediator, steps.outcome)
    assert {(fit.n, fit.n_dropped) for fit in fits} == {(54, 2)}
    result = run(panel)
    assert (result.n, result.n_dropped, result.n_clusters) == (54, 2, 8)
    assert result.total.estimate == pytest.approx(steps.total.params[X], abs=1e-12)


def test_sobel_is_the_delta_method(panel: pd.DataFrame) -> None:
    steps = stepwise(panel, X, M, Y, C)
    a, b = steps.mediator.params[X], steps.outcome.params[M]
    gradient = np.array([b, a])
    variances = np.diag([steps.mediator.cov.loc[X, X], steps.outcome.cov.loc[M, M]])
    assert steps.sobel.std_error == pytest.approx(np.sqrt(gradient @ variances @ gradient))
    assert steps.sobel.z_stat == pytest.approx(a * b / steps.sobel.std_error)
    assert steps.sobel.p_value == pytest.approx(2 * norm.sf(abs(steps.sobel.z_stat)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"moderator": X}, "named more than once in the model: x1"),
        ({"mediator": X}, "named more than once in the model: x1"),
        ({"controls": "x3"}, "controls must be a list of column names, not 'x3'"),
        ({"controls": ["x9"]}, "columns not in the panel: x9"),
        ({"reps": 199}, "199 draws are too few for intervals of level 0.95: reps must be 200"),
        ({"level": 95}, "level 95: expected a share"),
        ({"panel": {"x2": 1.0}}, "constant in the complete rows: x2"),
        ({"panel": {"x2": "many"}}, "column 'x2' must hold finite numbers, found 'many' at P00"),
        ({"panel": {"province": "P00"}}, "province-year pairs that occur more than once"),
    ],
)
def test_what_is_refused(panel: pd.DataFrame, changes: dict[str, Any], message: str) -> None:
    call: dict[str, Any] = {"treatment": X, "mediator": M, "controls": C, **changes}
    call["panel"] = panel.assign(**call.get("panel", {}))
    with pytest.raises(EstimationError, match=message):
        bootstrap(outcome=Y, **call)


def test_absorbed_and_collinear_variables_are_named(panel: pd.DataFrame) -> None:
    area = panel["province"].str[1:].astype(float)
    with pytest.raises(NotIdentifiedError, match=r"absorbed by the province and year .*: x2"):
        run(panel.assign(x2=area))
    with pytest.raises(NotIdentifiedError, match="collinear, given the effects: x2 is a comb"):
        run(panel.assign(x2=2 * panel["x1"] + area))
    with pytest.raises(NotIdentifiedError, match=r"x1 is a combination of x4, x1\*x4"):
        run(panel.assign(x1=(panel["x1"] > 0), x4=(panel["x1"] > 0) * panel["x4"]), moderator=W)
    with pytest.raises(NotIdentifiedError, match="two or more values of province"):
        run(panel[panel["province"] == "P00"])


def run(panel: pd.DataFrame, **options: Any) -> MediationBootstrap:
    return bootstrap(panel, X, M, Y, C, **{"reps": REPS, "seed": 5, **options})
