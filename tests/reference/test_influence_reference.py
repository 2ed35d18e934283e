"""First-order influence against derivatives that this project did not make.

Source: `regsens_rgiordandev`, the Python part of zaminfluence (Giordano), run on Grunfeld's data
with the dummies of firms and years written out: derivatives of estimate and clustered error by the
weight of each row, by automatic differentiation. Of each regression the six rows it finds largest.
Its error has no factor of small samples, so that relative derivatives are compared.

Tolerance: the digits noted here.
"""

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import grunfeld

from analysis.panel import lagged
from analysis.regressions.deletions import Deletions
from analysis.regressions.maximum_influence import FirstOrder, InstrumentedFirstOrder

LEAST_SQUARES = [
    ("General Motors", 1937, -0.01012318296, -0.2826531148),
    ("General Motors", 1953, 0.007201258465, -0.2336101948),
    ("General Motors", 1954, 0.004863447869, -0.1091881),
    ("General Electric", 1954, -0.004035878573, 0.2894464961),
    ("General Motors", 1948, 0.003649745537, 0.06438325151),
    ("General Motors", 1949, 0.003641676039, 0.1075736354),
]
BY_INSTRUMENT = [
    ("General Motors", 1938, 0.05693975104, 0.6933008154),
    ("General Motors", 1937, -0.04859511569, -0.4006401493),
    ("General Motors", 1954, 0.04483405076, -0.03723855052),
    ("General Motors", 1939, 0.03501399873, 0.1732355207),
    ("General Motors", 1936, 0.0279961208, 0.2002924281),
    ("General Motors", 1948, -0.0252259634, -0.3470740384),
]


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    data = grunfeld.load_pandas().data
    data["year"] = data["year"].astype(int)
    return data.assign(before=lagged(data, "value", entity="firm", time="year"))


def regression(rows: pd.DataFrame, outcome: str, regressors: list[str]) -> Deletions:
    return Deletions.of_panel(rows, outcome, regressors, entity="firm", time="year")


def require_largest(of: FirstOrder, expected: list[tuple[str, int, float, float]]) -> None:
    sample = of.regression.sample
    largest = np.argsort(-np.abs(of.by_weight))[: len(expected)]
    found = [
        (sample.entities[sample.entity_codes[row]], sample.times[sample.time_codes[row]])
        for row in largest
    ]
    assert found == [(firm, year) for firm, year, *_ in expected]
    np.testing.assert_allclose(of.by_weight[largest], [row[2] for row in expected], rtol=1e-9)
    relative = of.error_by_weight[largest] / of.std_error
    np.testing.assert_allclose(relative, [row[3] for row in expected], rtol=1e-8)


def test_least_squares_is_that_of_zaminfluence(firms: pd.DataFrame) -> None:
    of = FirstOrder.of(regression(firms, "invest", ["value", "capital"]))
    assert of.estimate == pytest.approx(0.11668113209688682, rel=1e-11)
    require_largest(of, LEAST_SQUARES)


def test_two_stage_least_squares_is_that_of_zaminfluence(firms: pd.DataFrame) -> None:
    rows = firms[firms["before"].notna()]
    reduced, first = (regression(rows, of, ["before", "capital"]) for of in ("invest", "value"))
    of = InstrumentedFirstOrder.by_instrument(reduced, first)
    assert of.estimate == pytest.approx(0.2834518601845728, rel=1e-11)
    require_largest(of, BY_INSTRUMENT)
