"""Many specifications at once equal one regression each, and none is lost."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.many_regressions import Model, estimate_many
from analysis.regressions.specification_curve import specification_curve
from analysis.report.figures import curve as curve_figure
from analysis.report.figures import style

EVERYWHERE = {"all": lambda panel: panel["year"] > 0}


def in_years(until: int) -> pd.Series:
    return lambda panel: panel["year"] <= until


# Each example is 48 regressions, twice.
@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    provinces=st.integers(2, 7),
    years=st.integers(2, 7),
    missing=st.floats(0, 0.3),
    gaps=st.floats(0, 0.2),
)
def test_every_specification_equals_its_own_regression(
    seed: int, provinces: int, years: int, missing: float, gaps: float
) -> None:
    panel = random_panel(seed, provinces=provinces, years=years, k=4, missing=missing)
    rng = np.random.default_rng(seed)
    panel["x2"] = panel["x2"].where(rng.random(len(panel)) >= gaps)
    panel["x4"] = panel["x4"] * 1e9  # yuan beside ratios
    panel["z"] = panel["y"] - panel["x3"]
    half = pd.Series(rng.random(len(panel)) < 0.7, index=panel.index)
    samples = {**EVERYWHERE, "half": half, "early": in_years(2003 + years // 2)}
    curve = specification_curve(panel, ["y", "z"], ["x1", "x2"], ["x3", "x4"], samples)

    assert len(curve.specifications) == 2 * 2 * 4 * 3
    for row in curve.specifications.itertuples():
        chosen = samples[row.sample]
        rows = panel[chosen(panel) if callable(chosen) else chosen]
        if rows.empty:
            assert row.reason == "the sample has no rows"
            continue
        try:
            fit = two_way_fe(rows, row.outcome, [row.treatment, *row.controls])
        except NotIdentifiedError as error:
            assert row.reason == str(error)
            assert np.isnan(row.estimate)
            continue
        assert row.reason == ""
        assert (row.n, row.n_clusters) == (fit.n, fit.n_clusters)
        assert row.estimate == pytest.approx(fit.params[row.treatment], rel=1e-9, abs=1e-12)
        # What clustering leaves of an error may itself be a small difference of large numbers.
        assert row.std_error == pytest.approx(fit.std_errors[row.treatment], rel=1e-8)
        assert row.p_value == pytest.approx(fit.p_values[row.treatment], rel=1e-6, abs=1e-12)
        interval = fit.conf_int().loc[row.treatment]
        assert row.lower == pytest.approx(interval["lower"], rel=1e-7, abs=1e-9)
        assert row.upper == pytest.approx(interval["upper"], rel=1e-7, abs=1e-9)


def test_the_panel_of_the_papers_shape_agrees_to_nine_digits() -> None:
    panel = random_panel(1, provinces=31, years=19, k=5, missing=0.1)
    curve = specification_curve(panel, ["y"], ["x1"], ["x2", "x3", "x4", "x5"], EVERYWHERE)
    assert len(curve.specifications) == 16
    for row in curve.specifications.itertuples():
        fit = two_way_fe(panel, "y", ["x1", *row.controls])
        assert row.estimate == pytest.approx(fit.params["x1"], rel=1e-9)
        assert row.std_error == pytest.approx(fit.std_errors["x1"], rel=1e-9)


def test_a_specification_equals_brute_force() -> None:
    panel = random_panel(2, missing=0.2)
    row = estimate_many(panel, [Model("y", "x2", ("x1",))], EVERYWHERE).iloc[0]
    expected = lsdv(panel, "y", ["x2", "x1"])
    assert row["estimate"] == pytest.approx(expected.slopes[0], rel=1e-9)
    assert row["std_error"] == pytest.approx(expected.std_errors[0], rel=1e-9)


def test_a_panel_of_two_parts_that_share_no_year() -> None:
    panel = random_panel(3, provinces=8, years=8)
    early = panel["year"] < 2007
    panel = panel[early == panel["province"].isin(["P00", "P01", "P02", "P03"])]
    row = estimate_many(panel, [Model("y", "x1", ("x2",))], EVERYWHERE).iloc[0]
    fit = two_way_fe(panel, "y", ["x1", "x2"])
    assert row["std_error"] == pytest.approx(fit.std_errors["x1"], rel=1e-9)


def test_all_combinations_are_there_once_and_one_is_the_main_one() -> None:
    panel = random_panel(4, k=4)
    samples = {**EVERYWHERE, "early": in_years(2006)}
    curve = specification_curve(panel, ["y"], ["x1", "x2"], ["x3", "x4"], samples)
    rows = curve.specifications
    found = set(zip(rows["treatment"], rows["sample"], rows["controls"], strict=True))
    subsets = [(), ("x3",), ("x4",), ("x3", "x4")]
    assert found == set(product(["x1", "x2"], samples, subsets))
    assert len(rows) == len(found)
    main = rows[rows["main"]]
    assert list(zip(main["treatment"], main["sample"], main["controls"], strict=True)) == [
        ("x1", "all", ("x3", "x4"))
    ]


def test_what_is_not_identified_is_listed_with_its_reason() -> None:
    panel = random_panel(5)
    panel["level"] = panel["province"].str[1:].astype(float)
    panel["none"] = np.nan
    panel["sum"] = panel["x1"] + panel["x2"]
    samples = {
        **EVERYWHERE,
        "one": panel["province"] == "P00",
        "nothing": panel["year"] < 0,
    }
    curve = specification_curve(panel, ["y"], ["x1", "level", "none"], ["x2", "sum"], samples)
    rows = curve.specifications.set_index(["sample", "treatment", "controls"])["reason"]
    assert rows["all", "x1", ("x2",)] == ""
    assert rows["all", "x1", ("x2", "sum")].startswith("collinear")
    assert rows["all", "level", ()] == "absorbed by the province and year effects: level"
    assert rows["all", "none", ()] == "without any value: none"
    assert rows["one", "x1", ()].startswith("clustering needs two or more values of province")
    assert rows["nothing", "x1", ()] == "the sample has no rows"
    summary = curve.summary().set_index(["choice", "option"])
    assert summary.loc[("all", ""), "not_identified"] == (rows != "").sum()
    assert summary.loc[("sample", "one"), "not_identified"] == 12


def test_the_summary_counts_by_hand() -> None:
    panel = random_panel(6, provinces=20, years=10)
    panel["y"] = panel["y"] - 2 * panel["x1"]  # the slope of x1 is then -1, that of x2 is 2
    curve = specification_curve(panel, ["y"], ["x1", "x2"], [], EVERYWHERE)
    summary = curve.summary().set_index(["choice", "option"])
    both = summary.loc[("all", "")]
    assert (both["specifications"], both["not_identified"]) == (2, 0)
    assert both["share_positive"] == 0.5
    assert both["share_significant_positive"] == 0.5
    assert both["share_significant_negative"] == 0.5
    assert summary.loc[("treatment", "x2"), "share_positive"] == 1
    assert both["median"] == pytest.approx(curve.specifications["standardised"].mean())


def test_standardised_estimates_do_not_depend_on_units() -> None:
    panel = random_panel(7)
    scaled = panel.assign(x1=panel["x1"] * 1e6, y=panel["y"] / 100)
    one, other = (
        specification_curve(frame, ["y"], ["x1", "x2"], [], EVERYWHERE)
        for frame in (panel, scaled)
    )  # fmt: skip
    assert one.measure == "standardised"
    np.testing.assert_allclose(
        one.specifications["standardised"], other.specifications["standardised"], rtol=1e-9
    )
    expected = one.specifications["estimate"][0] * panel["x1"].std() / panel["y"].std()
    assert one.specifications["standardised"][0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (np.ones(3, dtype=bool), "sample 'odd': expected true or false for each of 36 rows"),
        (np.ones(36), "found float64"),
        (pd.Series(True, index=range(1, 37)), "sample 'odd': its index is not the panel's"),
    ],
)
def test_a_sample_that_is_not_one_boolean_per_row_is_refused(
    sample: np.ndarray | pd.Series, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        estimate_many(random_panel(8), [Model("y", "x1")], {"odd": sample})


def test_wrong_data_and_wrong_calls_are_refused_in_words() -> None:
    panel = random_panel(9)
    with pytest.raises(EstimationError, match="columns not in the panel: x9"):
        specification_curve(panel, ["y"], ["x1"], ["x9"], EVERYWHERE)
    with pytest.raises(EstimationError, match="column 'x2' must hold finite numbers, found 'inf'"):
        specification_curve(panel.replace({"x2": panel["x2"][4]}, np.inf), ["y"], ["x1"], ["x2"],
                            EVERYWHERE)  # fmt: skip
    with pytest.raises(EstimationError, match="pairs that occur more than once: P00 2003"):
        specification_curve(pd.concat([panel, panel[:1]]), ["y"], ["x1"], [], EVERYWHERE)
    with pytest.raises(EstimationError, match="named more than once in the model: y, x1, x1"):
        specification_curve(panel, ["y"], ["x1"], ["x1"], EVERYWHERE)
    with pytest.raises(ValueError, match="controls must be a list of column names, not 'x2'"):
        specification_curve(panel, ["y"], ["x1"], "x2", EVERYWHERE)
    with pytest.raises(ValueError, match="a curve needs an outcome, a treatment and a sample"):
        specification_curve(panel, ["y"], ["x1"], ["x2"], {})
    with pytest.raises(ValueError, match="no model was given"):
        estimate_many(panel, [], EVERYWHERE)


def test_the_figure_draws_the_curve_and_says_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel = random_panel(10, k=5)
    samples = {**EVERYWHERE, "nothing": panel["year"] < 0}
    curve = specification_curve(panel, ["y"], ["x1"], ["x2", "x3", "x4", "x5"], samples)
    svg = style.to_svg(curve_figure.specification_curve(curve, synthetic=True))
    for words in (
        style.SYNTHETIC_MARK,
        "16 specifications in order of size; 16 are not identified",
        "Coefficient of x1 on y",
        "main specification",
    ):
        assert words in svg
    monkeypatch.setattr(curve_figure, "MOST_SPECIFICATIONS", 5)
    shown = curve_figure.specifications_shown(curve)
    assert {1, 16} <= set(shown["rank"])
    assert shown["main"].sum() == 1
    assert shown["value"].is_monotonic_increasing
    svg = style.to_svg(curve_figure.specification_curve(curve, synthetic=False))
    assert f"{len(shown)} of them drawn" in svg
    assert style.SYNTHETIC_MARK not in svg


def test_the_bars_below_the_curve_cover_the_specifications_with_the_choice() -> None:
    panel = random_panel(11, k=4)
    curve = specification_curve(panel, ["y"], ["x1"], ["x2", "x3", "x4"], EVERYWHERE)
    shown = curve_figure.specifications_shown(curve)
    bars = curve_figure.choices_shown(curve, shown)
    assert set(bars["choice"]) == {"controls"}
    for control, rows in bars.groupby("option"):
        covered = {
            rank
            for rank in shown["rank"]
            if ((rows["start"] < rank) & (rank < rows["end"])).any()
        }  # fmt: skip
        within = [control in names for names in shown["controls"]]
        assert covered == set(shown.loc[within, "rank"])


def test_intervals_in_the_figure_are_in_the_units_of_the_estimates() -> None:
    panel = random_panel(12)
    curve = specification_curve(panel, ["y"], ["x1", "x2"], [], EVERYWHERE)
    row = curve_figure.specifications_shown(curve).set_index("treatment").loc["x1"]
    fit = two_way_fe(panel, "y", ["x1"])
    scale = panel["x1"].std() / panel["y"].std()
    assert row["lower"] == pytest.approx(fit.conf_int().loc["x1", "lower"] * scale)


def test_a_curve_without_any_estimate_has_no_figure() -> None:
    panel = random_panel(13)
    curve = specification_curve(panel, ["y"], ["x1"], [], {"nothing": panel["year"] < 0})
    with pytest.raises(ValueError, match="no specification of the curve has an estimate"):
        curve_figure.specification_curve(curve, synthetic=False)
