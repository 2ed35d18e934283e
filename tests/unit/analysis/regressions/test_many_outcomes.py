"""One coefficient of many outcomes, against the regression of each and of their sums."""

import numpy as np
import pandas as pd
import pytest

from analysis.panel import EstimationError, lagged
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.iv import fe_2sls, moments
from analysis.regressions.many_outcomes import many_outcomes, many_outcomes_2sls
from analysis.regressions.one_coefficient import each_coefficient

OUTCOMES = ["first", "second", "third"]


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Unbalanced; the outcome is the sum of three, of which one hangs on x the other way."""
    rng = np.random.default_rng(12)
    keys = pd.MultiIndex.from_product([[f"p{n}" for n in range(15)], range(2003, 2015)])
    panel = pd.DataFrame(rng.normal(size=(len(keys), 2)), columns=["x", "control"])
    panel["province"], panel["year"] = keys.get_level_values(0), keys.get_level_values(1)
    panel["x"] += panel.groupby("province")["x"].cumsum() * 0.4
    for name, slope in zip(OUTCOMES, (1.5, -0.7, 0.0), strict=True):
        panel[name] = slope * panel["x"] + 0.3 * panel["control"] + rng.normal(size=len(panel))
    panel["whole"] = panel[OUTCOMES].sum(axis=1)
    panel.loc[panel.index % 17 == 0, "control"] = np.nan
    return panel.assign(**{"L.x": lagged(panel, "x")})


def outcomes_of(panel: pd.DataFrame) -> pd.DataFrame:
    return panel.set_index(["province", "year"])[OUTCOMES]


def test_each_outcome_and_each_sum_is_the_regression_of_it(panel: pd.DataFrame) -> None:
    regressors = ["x", "control"]
    sums = [["first"], ["second"], ["third"], ["first", "third"], OUTCOMES]
    for one in each_coefficient(panel, "whole", regressors, regressors):
        of = many_outcomes(one, outcomes_of(panel))
        for names, row in zip(sums, of.of_sums(sums).to_dict("records"), strict=True):
            alone = two_way_fe(panel.assign(sum=panel[names].sum(axis=1)), "sum", regressors)
            expected = [
                of_term[one.name] for of_term in (alone.params, alone.std_errors, alone.p_values)
            ]
            assert list(row.values()) == pytest.approx(expected, rel=1e-10)


def test_an_instrumented_coefficient_is_that_of_two_stages(panel: pd.DataFrame) -> None:
    data, _ = moments(
        panel, "whole", ["x"], ["L.x"], ["control"], entity="province", time="year",
        effects="twoway",
    )  # fmt: skip
    of = many_outcomes_2sls(data, outcomes_of(panel))
    for names in (["second"], OUTCOMES):
        (row,) = of.of_sums([names]).to_dict("records")
        summed = panel.assign(sum=panel[names].sum(axis=1))
        alone = fe_2sls(summed, "sum", ["x"], ["L.x"], ["control"])
        expected = [alone.params["x"], alone.std_errors["x"], alone.p_values["x"]]
        assert list(row.values()) == pytest.approx(expected, rel=1e-9)


def test_no_outcomes_add_up_to_nothing_without_an_error(panel: pd.DataFrame) -> None:
    (one,) = each_coefficient(panel, "whole", ["x", "control"], ["x"])
    (nothing,) = many_outcomes(one, outcomes_of(panel)).of_sums([[]]).to_dict("records")
    assert (nothing["estimate"], nothing["std_error"]) == (0.0, 0.0)
    assert np.isnan(nothing["p_value"])


def test_an_outcome_without_a_value_that_is_needed_is_refused(panel: pd.DataFrame) -> None:
    outcomes = outcomes_of(panel)
    used = panel.dropna().iloc[3]
    outcomes.loc[(used["province"], used["year"]), "second"] = np.nan
    (one,) = each_coefficient(panel, "whole", ["x", "control"], ["x"])
    with pytest.raises(EstimationError, match=f"no value .*: {used['province']} {used['year']}"):
        many_outcomes(one, outcomes)
