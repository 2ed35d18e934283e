"""Two-way fixed effects: brute force, invariances, coverage."""

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel, without
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from many_samples import fits

from analysis.panel import NotIdentifiedError
from analysis.regressions.clustering import FixedEffectsResult
from analysis.regressions.fixed_effects import two_way_fe


def assert_same_fit(one: FixedEffectsResult, other: FixedEffectsResult) -> None:
    pd.testing.assert_series_equal(one.params, other.params, rtol=1e-9)
    pd.testing.assert_frame_equal(one.cov, other.cov, rtol=1e-8)
    assert one.r2_within == pytest.approx(other.r2_within, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    provinces=st.integers(3, 7),
    years=st.integers(3, 7),
    k=st.integers(1, 3),
    missing=st.floats(0, 0.4),
)
def test_any_panel_equals_brute_force(
    seed: int, provinces: int, years: int, k: int, missing: float
) -> None:
    panel = random_panel(seed, provinces=provinces, years=years, k=k, missing=missing)
    regressors = [f"x{j}" for j in range(1, k + 1)]
    try:
        fit = two_way_fe(panel, "y", regressors)
    except NotIdentifiedError:
        assume(False)
    expected = lsdv(without(panel, fit.singletons), "y", regressors)
    np.testing.assert_allclose(fit.params, expected.slopes, rtol=1e-7)
    # Few clusters can leave a variance that is zero but for rounding, hence the absolute part.
    np.testing.assert_allclose(fit.std_errors, expected.std_errors, rtol=1e-6, atol=1e-7)
    assert fit.r2_within == pytest.approx(expected.r2_within, rel=1e-8)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_constant_equals_brute_force(missing: float) -> None:
    panel = random_panel(1, missing=missing)
    fit, expected = two_way_fe(panel, "y", ["x1", "x2"]), lsdv(panel, "y", ["x1", "x2"])
    assert fit.constant.estimate == pytest.approx(expected.constant, rel=1e-9)
    assert fit.constant.std_error == pytest.approx(expected.constant_std_error, rel=1e-8)


def test_panel_of_two_parts_that_share_no_year() -> None:
    panel = random_panel(2, provinces=8, years=8)
    early = panel["year"] < 2007
    panel = panel[early == panel["province"].isin(["P00", "P01", "P02", "P03"])]
    fit, expected = two_way_fe(panel, "y", ["x1", "x2"]), lsdv(panel, "y", ["x1", "x2"])
    np.testing.assert_allclose(fit.params, expected.slopes, rtol=1e-9)
    np.testing.assert_allclose(fit.std_errors, expected.std_errors, rtol=1e-8)


def test_entity_effects_alone_equal_demeaned_regression() -> None:
    panel = random_panel(3, missing=0.2)
    fit = two_way_fe(panel, "y", ["x1", "x2"], effects="entity")
    demeaned = panel[["y", "x1", "x2"]] - panel.groupby("province")[["y", "x1", "x2"]].transform(
        "mean"
    )
    slopes = np.linalg.lstsq(demeaned[["x1", "x2"]], demeaned["y"], rcond=None)[0]
    np.testing.assert_allclose(fit.params, slopes, rtol=1e-9)


def test_incomplete_rows_are_left_out_and_counted() -> None:
    panel = random_panel(4)
    panel.loc[[3, 17], "x1"] = np.nan
    panel.loc[17, "y"] = np.nan
    fit = two_way_fe(panel, "y", ["x1", "x2"])
    assert (fit.n, fit.n_dropped) == (len(panel) - 2, 2)
    assert_same_fit(fit, two_way_fe(panel.drop(index=[3, 17]), "y", ["x1", "x2"]))


def test_order_of_rows_does_not_matter() -> None:
    panel = random_panel(5, missing=0.2)
    shuffled = panel.sample(frac=1, random_state=0)
    assert_same_fit(two_way_fe(panel, "y", ["x1", "x2"]), two_way_fe(shuffled, "y", ["x1", "x2"]))


def test_levels_by_province_and_year_do_not_matter() -> None:
    panel = random_panel(6)
    level = panel["province"].str[1:].astype(float) * 10 + (panel["year"] - 2000) ** 2
    moved = panel.assign(y=panel["y"] + level, x1=panel["x1"] - 3 * level)
    one, other = (two_way_fe(frame, "y", ["x1", "x2"]) for frame in (panel, moved))
    pd.testing.assert_series_equal(one.params, other.params, rtol=1e-9)
    pd.testing.assert_series_equal(one.std_errors, other.std_errors, rtol=1e-8)


def test_units_only_rescale() -> None:
    panel = random_panel(7)
    fit = two_way_fe(panel, "y", ["x1", "x2"])
    in_yuan = two_way_fe(panel.assign(x1=panel["x1"] * 1e12 + 5e12), "y", ["x1", "x2"])
    assert in_yuan.params["x1"] * 1e12 == pytest.approx(fit.params["x1"], rel=1e-9)
    assert in_yuan.std_errors["x1"] * 1e12 == pytest.approx(fit.std_errors["x1"], rel=1e-9)
    assert in_yuan.params["x2"] == pytest.approx(fit.params["x2"], rel=1e-9)
    assert in_yuan.constant.estimate == pytest.approx(
        fit.constant.estimate - 5 * fit.params["x1"], rel=1e-9
    )


def test_inference_uses_t_with_clusters_less_one() -> None:
    from scipy import stats

    fit = two_way_fe(random_panel(8, provinces=3, years=12), "y", ["x1", "x2"])
    expected = 2 * stats.t(2).sf(fit.t_stats.abs())
    np.testing.assert_allclose(fit.p_values, expected, rtol=1e-10)
    reach = stats.t(2).ppf(0.95) * fit.std_errors
    np.testing.assert_allclose(fit.conf_int(0.90)["upper"], fit.params + reach, rtol=1e-10)


@pytest.mark.slow
def test_clustered_intervals_cover_where_classical_ones_do_not() -> None:
    # Regressor and error are both AR(.8) within provinces, the case clustering is for. With 400
    # draws the simulation error of a coverage of .95 is .011; t(30) is known to fall a little
    # short of .95, so the bounds are three errors around [.93, .95].
    rng = np.random.default_rng(20240117)
    provinces, years, draws = 31, 12, 400
    classical = 0
    index = pd.MultiIndex.from_product([range(provinces), range(years)])
    frame = pd.DataFrame(index=index).rename_axis(["province", "year"]).reset_index()

    def autoregressive() -> np.ndarray:
        steps = rng.normal(size=(provinces, years))
        for t in range(1, years):
            steps[:, t] += 0.8 * steps[:, t - 1]
        return steps

    def swept(values: np.ndarray) -> np.ndarray:
        return values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()

    samples = []
    for _ in range(draws):
        x, error = autoregressive(), autoregressive()
        samples.append((x, 2 * x + error))
        x, error = swept(x), swept(error)
        deviation = (x * error).sum() / (x**2).sum()
        rest = error - deviation * x
        variance = (rest**2).sum() / ((provinces - 1) * (years - 1) - 1) / (x**2).sum()
        classical += abs(deviation) <= 1.97 * np.sqrt(variance)
    found = fits(frame, samples)
    clustered = ((found["lower"] <= 2) & (found["upper"] >= 2)).sum()
    x, y = (values.ravel() for values in samples[0])
    first = two_way_fe(frame.assign(x=x, y=y), "y", ["x"]).conf_int().loc["x"]
    assert found.loc[0, ["lower", "upper"]].tolist() == pytest.approx([*first], rel=1e-8)
    assert 0.93 - 0.033 <= clustered / draws <= 0.95 + 0.033
    assert classical / draws < 0.85
