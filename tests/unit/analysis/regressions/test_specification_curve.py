"""The coefficient of many outcomes by many specifications: fits, curve, joint test, figure."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.crossed_fits import CrossedFit, CurveSpecification, crossed_fits
from analysis.regressions.curve_test import CurveTest, curve_test
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.specification_curve import (
    SpecificationCurve,
    every_specification,
    fit_scales,
    specification_curve,
)
from analysis.report.figures import style
from analysis.report.figures.curve import choices_shown, fits_shown
from analysis.report.figures.curve import specification_curve as drawn

EVERYWHERE = {"all": lambda panel: panel["year"] > 0}


# Each example is 24 specifications of three outcomes, twice.
@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    provinces=st.integers(2, 7),
    years=st.integers(2, 7),
    gaps=st.floats(0, 0.2),
)
def test_every_fit_equals_its_own_regression(
    seed: int, provinces: int, years: int, gaps: float
) -> None:
    panel = random_panel(seed, provinces=provinces, years=years, k=4, missing=gaps)
    rng = np.random.default_rng(seed)
    panel["x2"] = panel["x2"].where(rng.random(len(panel)) >= gaps)
    panel["x4"] = panel["x4"] * 1e9  # yuan beside ratios
    outcomes = np.column_stack([panel["y"], panel["y"] - panel["x3"], rng.normal(size=len(panel))])
    outcomes[rng.random(len(panel)) < gaps, 2] = np.nan
    samples = {**EVERYWHERE, "early": panel["year"] <= 2003 + years // 2}
    specifications = every_specification(["x1", "x2"], samples, ["x3", "x4"])
    found = {}
    for fit in crossed_fits(panel, outcomes, specifications, samples):
        np.testing.assert_allclose(fit.parts.sum(axis=0), fit.estimates, rtol=1e-7, atol=1e-9)
        assert fit.shares.sum() == pytest.approx(1.0)
        for place, outcome in enumerate(fit.outcomes):
            found[fit.specification, outcome] = (fit, place)
    assert len(specifications) == 2 * 2 * 4
    for (number, of), outcome in product(enumerate(specifications), range(3)):
        chosen = samples[of.sample]
        rows = panel.assign(outcome=outcomes[:, outcome])
        rows = rows[chosen(rows) if callable(chosen) else chosen]
        if (number, outcome) not in found:
            try:
                alone = two_way_fe(rows, "outcome", list(of.regressors))
            except NotIdentifiedError:
                continue
            # Left out for its digits: almost no error, or almost dependent.
            assert alone.n <= 12 or alone.std_errors.iloc[0] < 1e-3
            continue
        fit, place = found[number, outcome]
        alone = two_way_fe(rows, "outcome", list(of.regressors))
        assert (fit.n, fit.n_clusters) == (alone.n, alone.n_clusters)
        assert fit.estimates[place] == pytest.approx(alone.params.iloc[0], rel=1e-8, abs=1e-11)
        assert fit.std_errors[place] == pytest.approx(alone.std_errors.iloc[0], rel=1e-7)


def test_a_fit_equals_brute_force_and_only_those_chosen_are_made() -> None:
    panel = random_panel(2, missing=0.2)
    outcomes = panel[["y", "x1"]].to_numpy()
    (fit,) = crossed_fits(
        panel, outcomes, [CurveSpecification("x2", "all")], EVERYWHERE, chosen=[np.array([0])]
    )
    expected = lsdv(panel, "y", ["x2"])
    assert fit.outcomes.tolist() == [0]
    assert fit.estimates[0] == pytest.approx(expected.slopes[0], rel=1e-9)
    assert fit.std_errors[0] == pytest.approx(expected.std_errors[0], rel=1e-9)


def curve_of(panel: pd.DataFrame, treatments: list[str], controls: list[str]) -> SpecificationCurve:
    specifications = every_specification(treatments, EVERYWHERE, controls)
    return specification_curve(panel, panel[["y"]].to_numpy(), specifications, EVERYWHERE)


def test_all_combinations_are_there_once_and_the_first_is_the_main_one() -> None:
    made = every_specification(["x1", "x2"], ["all", "early"], ["x3", "x4"])
    assert made[0] == CurveSpecification("x1", "all", ("x3", "x4"))
    subsets = [(), ("x3",), ("x4",), ("x3", "x4")]
    assert {(s.treatment, s.sample, s.controls) for s in made} == set(
        product(["x1", "x2"], ["all", "early"], subsets)
    )
    assert len(made) == len(set(made)) == 16


def test_the_summary_counts_by_hand() -> None:
    panel = random_panel(6, provinces=20, years=10)
    outcomes = np.column_stack([panel["y"] - 2 * panel["x1"], panel["y"], np.full(200, np.nan)])
    specifications = every_specification(["x1", "x2"], EVERYWHERE, [])
    made = specification_curve(panel, outcomes, specifications, EVERYWHERE)
    summary = made.summary(pd.DataFrame({"kind": ["a", "b", "none"]}))
    summary = summary.set_index(["choice", "option"])
    # Slopes of x1 are -1 and 1, those of x2 are 2.
    every = summary.loc[("all", "")]
    assert (every["fits"], every["not_identified"]) == (6, 2)
    assert every["share_positive"] == every["share_significant_positive"] == 0.75
    assert every["share_significant_negative"] == 0.25
    assert summary.loc[("treatment", "x2"), "share_positive"] == 1
    assert summary.loc[("kind", "a"), "share_positive"] == 0.5
    assert summary.loc[("kind", "none"), "not_identified"] == 2
    assert np.isnan(summary.loc[("kind", "none"), "median_fit"])
    known = made.standardised[np.isfinite(made.standardised)]
    assert every["median_fit"] == pytest.approx(np.median(known))


def test_fits_are_drawn_in_order_with_the_main_one() -> None:
    made = curve_of(random_panel(4, k=5), ["x1", "x2"], ["x3", "x4", "x5"])
    every = made.in_order(100)
    assert every["place"].tolist() == list(range(1, 17))
    assert every["standardised"].is_monotonic_increasing
    few = made.in_order(4)
    assert {1, 16} <= set(few["place"]) and len(few) in (4, 5)
    (main,) = few[few["main"]].to_dict("records")
    assert main["estimate"] == made.estimates[0, 0]


def test_standardised_coefficients_do_not_depend_on_units() -> None:
    panel = random_panel(7)
    scaled = panel.assign(x1=panel["x1"] * 1e6, y=panel["y"] / 100)
    one, other = (curve_of(frame, ["x1", "x2"], []) for frame in (panel, scaled))
    np.testing.assert_allclose(one.standardised, other.standardised, rtol=1e-9)
    expected = one.estimates[0, 0] * panel["x1"].std() / panel["y"].std()
    assert one.standardised[0, 0] == pytest.approx(expected)


def test_wrong_calls_are_refused_in_words() -> None:
    panel, specifications = random_panel(9), [CurveSpecification("x1", "all", ("x9",))]
    outcomes = panel[["y"]].to_numpy()
    with pytest.raises(EstimationError, match="columns not in the panel: x9"):
        list(crossed_fits(panel, outcomes, specifications, EVERYWHERE))
    with pytest.raises(ValueError, match="outcomes of 2 rows, and the panel has 36"):
        list(crossed_fits(panel, outcomes[:2], specifications, EVERYWHERE))
    with pytest.raises(ValueError, match="a curve needs a specification and an outcome"):
        specification_curve(panel, outcomes, [], EVERYWHERE)
    with pytest.raises(ValueError, match="there is no curve to test"):
        curve_test([], [])


def test_a_draw_is_the_regression_of_residuals_turned_round() -> None:
    """The sum of an entity's signed parts is the coefficient of the outcome that a draw makes."""
    panel = random_panel(15, provinces=6, years=6, missing=0.1)
    (fit,) = crossed_fits(
        panel, panel[["y"]].to_numpy(), [CurveSpecification("x1", "all", ("x2",))], EVERYWHERE
    )
    whole = panel.dropna().reset_index(drop=True)
    names = sorted(panel["province"].unique())
    signs = np.random.default_rng(2).choice([-1.0, 1.0], len(names))
    dummies = pd.get_dummies(whole[["province", "year"]].astype(str), dtype=float)
    restricted = np.column_stack([dummies, whole["x2"]])
    residual = whole["y"] - restricted @ np.linalg.lstsq(restricted, whole["y"], rcond=None)[0]
    turned = whole.assign(y=residual * signs[[names.index(p) for p in whole["province"]]])
    order = [list(dict.fromkeys(panel["province"])).index(name) for name in names]
    found = signs @ fit.parts[order, 0]
    assert found == pytest.approx(two_way_fe(turned, "y", ["x1", "x2"]).params["x1"], rel=1e-9)


def test_the_statistics_of_the_joint_test_are_those_of_the_curve() -> None:
    panel = random_panel(16, provinces=12, years=8, k=3)
    specifications = every_specification(["x1", "x2"], EVERYWHERE, ["x3"])
    made = specification_curve(panel, panel[["y"]].to_numpy(), specifications, EVERYWHERE)
    tested = joint_of(panel, panel[["y"]].to_numpy(), specifications)
    (whole, *_) = made.summary(pd.DataFrame()).to_dict("records")
    assert tested.median.observed == pytest.approx(whole["median_fit"])
    assert tested.significant.observed == pytest.approx(whole["share_significant_positive"])
    # Slopes of 1 and 2 in noise of 1 and 96 rows: nothing of the kind comes of chance.
    assert tested.median.p_value < 0.02


def joint_of(
    panel: pd.DataFrame,
    outcomes: np.ndarray,
    specifications: list[CurveSpecification],
    seed: int = 0,
) -> CurveTest:
    scales = fit_scales(panel, outcomes, specifications)
    fits: list[CrossedFit] = list(crossed_fits(panel, outcomes, specifications, EVERYWHERE))
    of_fits = [scales[fit.specification, fit.outcomes] for fit in fits]
    return curve_test(fits, of_fits, reps=199, seed=seed)


@pytest.mark.slow
def test_the_joint_test_keeps_its_size() -> None:
    """31 provinces, 19 years, errors that last and differ in size, 2 measures x 4 control sets.

    500 panels: the share rejected at 5 % lies within 5 standard errors of a binomial of 5 %. In
    2,000 panels with two samples it was 4.7, 5.8 and 5.6 %.
    """
    rng = np.random.default_rng(8)
    specifications = every_specification(["x1", "x2"], EVERYWHERE, ["x3", "x4"])
    rejected = np.zeros(3)
    for panel_number in range(500):
        frame, outcomes = panel_without_effect(rng)
        found = joint_of(frame, outcomes, specifications, panel_number)
        rejected += [s.p_value <= 0.05 for s in (found.median, found.significant, found.mean_z)]
    reach = 5 * np.sqrt(0.05 * 0.95 * 500)
    assert (np.abs(rejected - 25) <= reach).all(), rejected


def panel_without_effect(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    def lasting(m: int) -> np.ndarray:
        paths = rng.normal(size=(31, 19, m))
        for t in range(1, 19):
            paths[:, t] = 0.6 * paths[:, t - 1] + 0.8 * paths[:, t]
        return paths

    x, shared, own = lasting(4), lasting(1), lasting(6)
    x[..., 1] = 0.7 * (x[..., 0] + x[..., 1])
    size = np.exp(0.5 * rng.normal(size=(31, 1, 1)))
    outcomes = (shared + 0.5 * own) * size + 0.3 * x[..., 2:].sum(axis=-1, keepdims=True)
    keys = pd.MultiIndex.from_product([range(31), range(2003, 2022)], names=["province", "year"])
    frame = pd.DataFrame(x.reshape(-1, 4), index=keys, columns=["x1", "x2", "x3", "x4"])
    return frame.reset_index(), outcomes.reshape(-1, 6)


def rows_of(panel: pd.DataFrame, most: int = 100) -> pd.DataFrame:
    """A curve in the columns of the table."""
    made = curve_of(panel, ["x1", "x2"], ["x3", "x4", "x5"])
    rows = made.in_order(most)
    chosen = [made.specifications[number] for number in rows["specification"]]
    return rows.assign(
        treatment=[of.treatment for of in chosen],
        sample="all",
        controls=[",".join(of.controls) for of in chosen],
        **dict.fromkeys(("imputation", "outliers", "normalisation", "weighting"), "one"),
        aggregation="arithmetic",
        left_out="nothing",
        lower=rows["estimate"] - 2 * rows["std_error"],
        upper=rows["estimate"] + 2 * rows["std_error"],
        n_fits=16,
    )


def test_the_figure_draws_the_curve_and_says_what_it_leaves_out() -> None:
    panel = random_panel(10, k=5)
    svg = style.to_svg(drawn(rows_of(panel), synthetic=True))
    for words in (style.SYNTHETIC_MARK, "16 fits in order of size", "main fit"):
        assert words in svg
    few = rows_of(panel, most=5)
    svg = style.to_svg(drawn(few, synthetic=False))
    assert f"16 fits in order of size, {len(few)} of them drawn" in svg
    assert style.SYNTHETIC_MARK not in svg
    with pytest.raises(ValueError, match="no specification of the curve has an estimate"):
        drawn(few.head(0), synthetic=False)


def test_the_bars_below_the_curve_cover_the_fits_with_the_choice() -> None:
    shown = fits_shown(rows_of(random_panel(11, k=5)))
    bars = choices_shown(shown)
    assert set(bars["choice"]) == {"treatment", "controls"}
    for control, rows in bars[bars["choice"] == "controls"].groupby("option"):
        covered = {
            place
            for place in shown["place"]
            if ((rows["start"] < place) & (place < rows["end"])).any()
        }
        within = [control in names.split(",") for names in shown["controls"]]
        assert covered == set(shown.loc[within, "place"])


def test_intervals_in_the_figure_are_standardised() -> None:
    panel = random_panel(12, k=5)
    shown = fits_shown(rows_of(panel)).set_index(["treatment", "controls"])
    row = shown.loc[("x1", "")]
    scale = panel["x1"].std() / panel["y"].std()
    assert row["from"] == pytest.approx(row["lower"] * scale)
