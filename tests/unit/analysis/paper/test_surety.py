"""How sure: each measure of a column that is estimated, beside its own error, on its own rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.paper.fits import estimate
from analysis.paper.long_form import as_table
from analysis.paper.specifications import BASELINE
from analysis.paper.surety import COLUMNS, surety
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.one_coefficient import each_coefficient, jackknife
from analysis.variables import PANEL_VARIABLES

SEEDS = Path(__file__).parents[4] / "dbt/seeds/reference"
CODE = {"province_code": str}


def test_the_baseline_by_every_measure_and_without_its_bridges() -> None:
    provinces = pd.read_csv(SEEDS / "provinces.csv", dtype=CODE)[["province_code", "province"]]
    capitals = pd.read_csv(SEEDS / "province_capitals.csv", dtype=CODE)
    rng = np.random.default_rng(3)
    panel = provinces.merge(pd.DataFrame({"year": range(2003, 2013)}), how="cross")
    panel = panel.assign(**{name: rng.normal(size=len(panel)) for name in PANEL_VARIABLES})
    panel["ami"] += 0.5 * panel["coagglo"]
    # mi is no part of the baseline: what is bridged in it does not count.
    panel["bridged_variables"] = np.where(panel["year"] == 2005, "mi", "")
    panel.loc[panel["year"].isin([2007, 2008]), "bridged_variables"] = "coagglo,mi"
    estimates = as_table([estimate(panel, BASELINE)]).rows

    rows = surety(panel, estimates, capitals).rows
    assert list(rows.columns) == list(COLUMNS)
    own = rows[rows["term"] == "coagglo"].query("table == '4'").set_index("measure")
    column = estimates.set_index("term").loc["coagglo"]
    assert own.loc["clustered", "std_error"] == pytest.approx(column["dispersion"])
    assert own.loc["wild_bootstrap", "p_value"] == column["wild_p_value"]
    (of,) = each_coefficient(panel, "ami", BASELINE.regressors, ["coagglo"])
    assert own.loc["jackknife", "std_error"] == pytest.approx(jackknife(of).std_error)
    assert own.loc["jackknife", "statistic"] == pytest.approx(of.estimate / jackknife(of).std_error)
    without = two_way_fe(panel[~panel["year"].isin([2007, 2008])], "ami", list(BASELINE.regressors))
    bridged = own.loc["without_bridges"]
    assert bridged["estimate"] == pytest.approx(without.params["coagglo"], rel=1e-9)
    assert (bridged["n"], bridged["reason"]) == (31 * 8, "")
    assert set(rows.query("term == 'residuals'")["measure"]) == {
        "pesaran_cd", "serial_correlation",
    }  # fmt: skip
    assert set(rows.query("measure == 'cips'")["term"]) == set(PANEL_VARIABLES)

    nothing = surety(panel, estimates.head(0), capitals).rows
    assert set(nothing["measure"]) == {"cips"}
    pd.testing.assert_series_equal(nothing.dtypes, rows.dtypes)
