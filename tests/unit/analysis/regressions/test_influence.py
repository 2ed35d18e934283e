"""What a coefficient rests on: deletion by formula against regressions done again; planted rows."""

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel

from analysis.panel import estimation_sample
from analysis.regressions.deletions import Deletions
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.influence import influence
from analysis.regressions.iv import fe_2sls

NAMES = ["x1", "x2", "x3"]


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_every_deletion_equals_the_regression_without_the_rows(missing: float) -> None:
    panel = random_panel(3, provinces=7, years=6, k=3, missing=missing)
    sample = estimation_sample(panel, "y", NAMES, entity="province", time="year", effects="twoway")
    rows, regression = sample.rows(), Deletions.of(sample)
    for gone in ([], [4, 11]):
        estimates = regression.estimates_without_one_more(gone)
        t_stats = regression.t_without_one_more(gone)
        exact = []
        for place in sorted(set(range(len(rows))) - set(gone)):
            expected = lsdv(rows.drop(index=[*gone, place]), "y", NAMES)
            assert estimates[place] == pytest.approx(expected.slopes[0], rel=1e-8)
            fit = two_way_fe(rows.drop(index=[*gone, place]), "y", NAMES)
            found = regression.without([*gone, place])
            assert found == pytest.approx((fit.params["x1"], fit.p_values["x1"]), rel=1e-7)
            exact.append(t_stats[place] * expected.std_errors[0] / expected.slopes[0])
        # Up to the factor of small samples, which all of them share.
        assert exact == pytest.approx([exact[0]] * len(exact), rel=1e-7)
    all_at_once = regression.without_each_entity().set_index("left_out")
    for province in rows["province"].unique():
        out = rows["province"] == province
        fit = two_way_fe(rows[~out], "y", NAMES)
        expected = (fit.params["x1"], fit.p_values["x1"])
        assert regression.without(np.flatnonzero(out)) == pytest.approx(expected, rel=1e-8)
        with_error = (expected[0], fit.std_errors["x1"], expected[1])
        assert tuple(all_at_once.loc[province]) == pytest.approx(with_error, rel=1e-8)


def test_of_many_provinces_each_left_out_is_the_fit_without_it() -> None:
    """More of them than cross products of the columns."""
    panel = random_panel(3, provinces=40, years=3, k=1)
    each = _deletions(panel, ["x1"]).without_each_entity().set_index("left_out")
    for province in each.index:
        fit = two_way_fe(panel[panel["province"] != province], "y", ["x1"])
        assert tuple(each.loc[province]) == pytest.approx(
            (fit.params["x1"], fit.std_errors["x1"], fit.p_values["x1"]), rel=1e-9
        )


def test_without_the_one_province_that_has_an_error_nothing_is_estimated() -> None:
    panel = random_panel(3, provinces=40, years=3, k=1)
    alone = panel["province"] == "P07"
    panel.loc[~alone, "y"] = 2 * panel["x1"]
    each = _deletions(panel, ["x1"]).without_each_entity().set_index("left_out")
    assert each.loc["P07"].isna().all()
    assert each.drop(index="P07").notna().all(axis=None)


def _deletions(panel: pd.DataFrame, regressors: list[str]) -> Deletions:
    return Deletions.of_panel(panel, "y", regressors)


def test_a_year_that_one_province_alone_still_has_goes_with_the_other() -> None:
    panel = random_panel(8, provinces=7, years=6, k=3)
    first, second, *others = sorted(panel["province"].unique())
    last = panel["year"] == panel["year"].max()
    panel = panel[~last | panel["province"].isin([first, second])]
    sample = estimation_sample(panel, "y", NAMES, entity="province", time="year", effects="twoway")
    each = Deletions.of(sample).without_each_entity().set_index("left_out")
    for province in (first, second, others[0]):
        fit = two_way_fe(panel[panel["province"] != province], "y", NAMES)
        assert fit.n == len(panel[panel["province"] != province]) - (province in (first, second))
        assert tuple(each.loc[province]) == pytest.approx(
            (fit.params["x1"], fit.std_errors["x1"], fit.p_values["x1"]), rel=1e-8
        )


def test_what_is_not_identified_without_some_rows_is_no_number() -> None:
    panel = random_panel(5, provinces=6, years=5, k=2)
    panel["x1"] = panel["x1"].where(panel["province"] == panel["province"].iloc[0], 0.0)
    found = influence(panel, "y", ["x1", "x2"], "x1")
    assert found.without["estimate"].isna().tolist() == [True, *[False] * 5]


def planted(effect: float, outliers: int) -> pd.DataFrame:
    """No or some effect of x, and a few rows far out that say the contrary."""
    rng = np.random.default_rng(4)
    keys = pd.MultiIndex.from_product(
        [[f"P{i:02d}" for i in range(20)], range(2001, 2013)], names=["province", "year"]
    )
    x = pd.Series(rng.normal(size=len(keys)), keys)
    y = effect * x + 0.3 * rng.normal(size=len(keys))
    odd = rng.choice(len(keys), outliers, replace=False)
    x.iloc[odd] = 8.0 + rng.normal(size=outliers)
    y.iloc[odd] = 20.0 + rng.normal(size=outliers)
    panel = pd.DataFrame({"x": x, "y": y, "w": rng.normal(size=len(keys))})
    panel["odd"] = False
    panel.iloc[odd, panel.columns.get_loc("odd")] = True
    return panel.reset_index()


def test_the_rows_that_decide_the_sign_are_found_and_named() -> None:
    panel = planted(-0.4, 3)
    found = influence(panel, "y", ["x", "w"], "x")
    assert found.estimate > 0
    odd = set(panel.loc[panel["odd"], ["province", "year"]].itertuples(index=False, name=None))
    assert set(found.sign_rows) <= odd and found.sign_rows
    left = panel[~pd.Series(list(zip(panel["province"], panel["year"], strict=True))).isin(
        found.sign_rows
    )]  # fmt: skip
    assert two_way_fe(left, "y", ["x", "w"]).params["x"] < 0
    # One row fewer leaves the sign: no smaller set in this order does it.
    assert len(found.sign_rows) > 1


def test_the_rows_that_decide_significance_are_found_either_way() -> None:
    panel = planted(0.0, 3)
    found = influence(panel, "y", ["x", "w"], "x")
    fit = two_way_fe(panel, "y", ["x", "w"])
    assert (found.estimate, found.p_value) == pytest.approx((fit.params["x"], fit.p_values["x"]))
    keys = pd.Series(list(zip(panel["province"], panel["year"], strict=True)))
    without = two_way_fe(panel[~keys.isin(found.significance_rows)], "y", ["x", "w"])
    assert found.significance_rows
    assert (without.p_values["x"] < 0.05) != (fit.p_values["x"] < 0.05)


def test_what_rests_on_every_row_names_none_and_each_province_is_left_out() -> None:
    panel = planted(1.0, 0)
    found = influence(panel, "y", ["x", "w"], "x")
    assert found.sign_rows == found.significance_rows == ()
    assert set(found.without["left_out"]) == set(panel["province"])
    one = found.without.iloc[0]
    fit = two_way_fe(panel[panel["province"] != one["left_out"]], "y", ["x", "w"])
    assert one["estimate"] == pytest.approx(fit.params["x"], rel=1e-9)


def test_an_instrumented_coefficient_without_each_province_is_two_stage_least_squares() -> None:
    panel = random_panel(7, provinces=8, years=7, k=3)
    panel = panel.assign(x1=panel["x1"] + 0.8 * panel["x3"])
    panel = panel.sort_values(["province", "year"]).reset_index(drop=True)
    first, reduced = (
        Deletions.of(
            estimation_sample(
                panel, outcome, ["x3", "x2"], entity="province", time="year", effects="twoway"
            )
        )
        for outcome in ("x1", "y")
    )
    each = reduced.instrumented_without_each_entity(first).set_index("left_out")
    last = panel["province"].iloc[-1]
    for gone in ([], np.flatnonzero(panel["province"] == last)):
        fit = fe_2sls(panel.drop(index=gone), "y", ["x1"], ["x3"], ["x2"])
        assert reduced.instrumented(first, gone) == pytest.approx(
            (fit.params["x1"], fit.p_values["x1"]), rel=1e-7
        )
    assert tuple(each.loc[last]) == pytest.approx(
        (fit.params["x1"], fit.std_errors["x1"], fit.p_values["x1"]), rel=1e-7
    )
