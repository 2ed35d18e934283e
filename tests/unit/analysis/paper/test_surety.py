"""How sure: each measure of a column that is estimated, beside its own error, on its own rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.panel import lagged, lead
from analysis.paper.estimable import typed
from analysis.paper.fits import estimate, instrumented
from analysis.paper.long_form import as_table
from analysis.paper.sensitivity import REDUCED_COLUMNS, reduced_table_4
from analysis.paper.specifications import BASELINE, BY_DIMENSION, BY_SAMPLE, in_sample
from analysis.paper.surety import COLUMNS, surety
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.joint_tests import all_equal, all_zero
from analysis.regressions.multiple_testing import family
from analysis.regressions.one_coefficient import OneCoefficient, each_coefficient, jackknife
from analysis.regressions.wild_iv import wild_2sls_p
from analysis.variables import CONTROLS, PANEL_VARIABLES

SEEDS = Path(__file__).parents[4] / "dbt/seeds/reference"
CODE = {"province_code": str}
NOTHING_REDUCED = typed([], REDUCED_COLUMNS)


@pytest.fixture
def capitals() -> pd.DataFrame:
    return pd.read_csv(SEEDS / "province_capitals.csv", dtype=CODE)


def synthetic(years: range) -> pd.DataFrame:
    """SYNTHETIC panel of all provinces, every variable noise but ami, which follows coagglo."""
    provinces = pd.read_csv(SEEDS / "provinces.csv", dtype=CODE).drop(columns="province_zh")
    rng = np.random.default_rng(3)
    panel = provinces.merge(pd.DataFrame({"year": years}), how="cross")
    panel = panel.assign(**{name: rng.normal(size=len(panel)) for name in PANEL_VARIABLES})
    panel["ami"] += 0.5 * panel["coagglo"]
    return panel.assign(bridged_variables="")


def test_the_baseline_by_every_measure_and_without_its_bridges(capitals: pd.DataFrame) -> None:
    panel = synthetic(range(2003, 2013))
    # mi is no part of the baseline: what is bridged in it does not count.
    panel["bridged_variables"] = np.where(panel["year"] == 2005, "mi", "")
    panel.loc[panel["year"].isin([2007, 2008]), "bridged_variables"] = "coagglo,mi"
    estimates = as_table([estimate(panel, BASELINE)]).rows

    rows = surety(panel, estimates, NOTHING_REDUCED, capitals).rows
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
    assert bridged["std_error"] == pytest.approx(without.std_errors["coagglo"], rel=1e-9)
    assert bridged["p_value"] == pytest.approx(without.p_values["coagglo"], rel=1e-9)
    assert (bridged["n"], bridged["reason"]) == (31 * 8, "")
    assert set(rows.query("term == 'residuals'")["measure"]) == {
        "pesaran_cd", "serial_correlation",
    }  # fmt: skip
    assert set(rows.query("measure == 'cips'")["term"]) == set(PANEL_VARIABLES)

    nothing = surety(panel, estimates.head(0), NOTHING_REDUCED, capitals).rows
    assert set(nothing["measure"]) == {"cips"}
    pd.testing.assert_series_equal(nothing.dtypes, rows.dtypes)


def test_what_is_asked_of_several_coefficients_at_once(capitals: pd.DataFrame) -> None:
    panel = synthetic(range(2003, 2015))
    columns = [BASELINE, *BY_DIMENSION[:2], *BY_SAMPLE]
    estimates = as_table([estimate(panel, column) for column in columns]).rows
    rows = surety(panel, estimates, NOTHING_REDUCED, capitals).rows

    def coefficient(rows: pd.DataFrame, outcome: str) -> OneCoefficient:
        return each_coefficient(rows, outcome, BASELINE.regressors, ["coagglo"])[0]

    dimensions = [coefficient(panel, of.outcome) for of in BY_DIMENSION[:2]]
    samples = {of.sample: coefficient(in_sample(panel, of.sample), "ami") for of in BY_SAMPLE}
    together = rows[rows["measure"] == "romano_wolf"]
    assert list(together["table"]) == ["5"] * 2 + ["6"] * 6
    expected = family([*dimensions, *samples.values()])
    np.testing.assert_array_equal(together["p_value"], expected.adjusted)
    alone = rows[(rows["measure"] == "romano_wolf_table") & (rows["table"] == "5")]
    np.testing.assert_array_equal(alone["p_value"], expected.part([0, 1]).adjusted)
    assert (alone["p_value"].to_numpy() <= together["p_value"].to_numpy()[:2]).all()

    by_sample = rows.set_index(["sample", "measure"])
    for name, parts in (
        ("regions", ["east", "central", "west", "northeast"]),
        ("clusters", ["clusters", "no_clusters"]),
    ):
        test = all_equal([samples[part] for part in parts])
        assert by_sample.loc[(name, "equal"), "statistic"] == pytest.approx(test.f_stat)
        assert by_sample.loc[(name, "equal"), "p_value"] == pytest.approx(test.p_value)
        assert by_sample.loc[(name, "equal_wild"), "p_value"] == test.wild_p_value

    ahead = panel.assign(**{f"F{by}.coagglo": lead(panel, "coagglo", by) for by in (1, 2)})
    test = all_zero(
        ahead, "ami", [*BASELINE.regressors, "F1.coagglo", "F2.coagglo"],
        ["F1.coagglo", "F2.coagglo"],
    )  # fmt: skip
    leads = rows[rows["table"] == "leads"].set_index(["term", "measure"])
    assert leads.loc[("leads", "zero"), "p_value"] == pytest.approx(test.p_value)
    assert leads.loc[("leads", "zero_wild"), "p_value"] == test.wild_p_value
    assert set(leads["n"]) == {31 * 10}


def test_too_few_years_for_leads_keep_a_row_with_the_reason(capitals: pd.DataFrame) -> None:
    panel = synthetic(range(2003, 2005))
    estimates = as_table([estimate(panel, BASELINE)]).rows
    rows = surety(panel, estimates, NOTHING_REDUCED, capitals).rows
    (row,) = rows[rows["table"] == "leads"].to_dict("records")
    assert row["reason"].startswith("without any value: F2.coagglo")


def test_the_instrumented_column_has_measures_of_its_own(capitals: pd.DataFrame) -> None:
    panel = synthetic(range(2003, 2010))
    rng = np.random.default_rng(4)
    panel["coagglo"] = panel.groupby("province")["coagglo"].cumsum()
    panel["ami"] = 0.5 * panel["coagglo"] + rng.normal(size=len(panel))
    estimates = as_table(instrumented(panel)).rows
    rows = surety(panel, estimates, NOTHING_REDUCED, capitals).rows
    own = rows[(rows["table"] == "4") & (rows["column"] == "3")]
    panel["L.coagglo"] = lagged(panel, "coagglo")
    wild = wild_2sls_p(panel, "ami", "coagglo", ["L.coagglo"], CONTROLS)
    p_values = own.set_index("measure")["p_value"]
    assert p_values["wild_bootstrap"] == wild.p_value
    column = estimates[estimates["column"] == "3"].set_index("term")
    assert p_values["clustered"] == pytest.approx(column.loc["coagglo", "p_value"])
    assert p_values["anderson_rubin"] == pytest.approx(column.loc["_anderson_rubin_f", "p_value"])
    lag = all_zero(panel, "ami", ["L.coagglo", *CONTROLS], ["L.coagglo"])
    assert p_values["anderson_rubin_wild"] == lag.wild_p_value
    bounds = own[own["measure"] == "plausibly_exogenous"]
    # A tenth, a quarter and a half of the reduced form.
    np.testing.assert_allclose(bounds["direct_effect"] / bounds["direct_effect"].iloc[0],
                               [1, 2.5, 5])  # fmt: skip
    assert bounds["lower"].is_monotonic_decreasing and bounds["upper"].is_monotonic_increasing


def test_a_reduced_table_is_judged_under_its_own_name(capitals: pd.DataFrame) -> None:
    panel = synthetic(range(2003, 2010)).assign(fdi=np.nan, ami_partial=np.nan)
    at_hand = reduced_table_4(panel).rows
    rows = surety(panel, at_hand.head(0).drop(columns="missing_controls"), at_hand, capitals).rows
    own = rows[(rows["measure"] == "jackknife")]
    assert set(own["table"]) == {"reduced table 4"}
    # Column (5) has no year of its sample.
    assert list(own["column"]) == ["1", "2", "4"]
    controls = [name for name in CONTROLS if name != "fdi"]
    (of,) = each_coefficient(panel, "ami", ["coagglo", *controls], ["coagglo"])
    assert own["std_error"].iloc[0] == pytest.approx(jackknife(of).std_error)
    instrumented_rows = rows[(rows["column"] == "3") & (rows["measure"] == "wild_bootstrap")]
    panel["L.coagglo"] = lagged(panel, "coagglo")
    wild = wild_2sls_p(panel, "ami", "coagglo", ["L.coagglo"], controls)
    assert instrumented_rows["p_value"].item() == wild.p_value
    assert set(rows["table"]) == {"reduced table 4", "unit roots"}
