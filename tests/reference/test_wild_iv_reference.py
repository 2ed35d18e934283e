"""Wild bootstrap of two-stage least squares against Stata's `boottest`, as its author printed it.

Source: `unit tests.log` of the repository droodman/boottest (Roodman, MacKinnon, Nielsen and Webb
2019). Data: the columns and complete rows of Stata's nlsw88 (National Longitudinal Survey of Young
Women, 1988) that its tests use, a copy beside this file; also in the MIT-licensed WildBootTests.jl.

With 12 industries there are 4096 patterns of signs, all of which both programs use, so that the
printed digits must come out. The Anderson-Rubin p-value is printed of 999 random draws, five times,
between .030 and .037.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.regressions.iv import fe_2sls, moments
from analysis.regressions.joint_tests import NullModel
from analysis.regressions.wild_bootstrap import cluster_weights
from analysis.regressions.wild_iv import wild_2sls_p

# wage on tenure by union, beside ttl_exp and collgrad, clustered by industry.
MODEL = ("wage", ["tenure"], ["union"], ["ttl_exp", "collgrad"])
KEYS = {"entity": "industry", "time": "row", "effects": "none"}


@pytest.fixture(scope="module")
def women() -> pd.DataFrame:
    data = pd.read_csv(Path(__file__).parent / "iv" / "nlsw88.csv")
    return data.assign(row=data.groupby("industry").cumcount())


def test_wre_equals_boottest(women: pd.DataFrame) -> None:
    # ivregress liml wage ttl_exp collgrad (tenure = union), cluster(industry)
    # boottest tenure, reps(9999)      just identified, where LIML is 2SLS
    outcome, (endogenous,), instruments, exogenous = MODEL
    found = wild_2sls_p(
        women, outcome, endogenous, instruments, exogenous, weights="rademacher", **KEYS
    )
    assert (found.enumerated, len(found.draws), found.n_clusters) == (True, 4096, 12)
    assert found.t_stat == pytest.approx(2.6040, abs=5e-5)
    # Patterns that give the data back are neither above nor below.
    above = (found.draws > found.t_stat * (1 + 1e-9)).mean()
    below = (found.draws < found.t_stat * (1 - 1e-9)).mean()
    assert above == pytest.approx(0.0222, abs=5e-5)
    assert below == pytest.approx(0.9775, abs=5e-5)
    assert 2 * min(above, below) == pytest.approx(0.0444, abs=5e-5)
    # At the ends of its printed confidence set, [.1188, 2.21], the equal-tailed p is about 5 %.
    for end in (0.1188, 2.21):
        at_end = wild_2sls_p(
            women, outcome, endogenous, instruments, exogenous, hypothesis=end,
            weights="rademacher", **KEYS,
        )  # fmt: skip
        above, below = (at_end.draws > at_end.t_stat).mean(), (at_end.draws < at_end.t_stat).mean()
        assert 2 * min(above, below) == pytest.approx(0.05, abs=0.002)


def test_anderson_rubin_equals_boottest(women: pd.DataFrame) -> None:
    # boottest, ar
    data, _ = moments(women, *MODEL, **KEYS)
    null = NullModel(data.basis, data.controls, data.y, data.sample.entity_codes, data.n_columns)
    (statistic,) = null.wald(np.ones((12, 1)))
    assert np.sqrt(statistic) == pytest.approx(2.4454, abs=5e-5)
    weights, _, enumerated = cluster_weights(12, "rademacher", 9999, seed=0)
    test = null.test(weights, enumerated=enumerated)
    fit = fe_2sls(women, *MODEL, **KEYS)
    assert (test.f_stat, test.p_value) == pytest.approx((fit.ar_f, fit.ar_p), rel=1e-9)
    # Every pattern refitted, in R or by hand, gives 180 of 4096.
    assert test.wild_p_value == 180 / 4096
