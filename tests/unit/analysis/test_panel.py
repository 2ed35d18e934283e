"""What makes a panel unfit for a regression is said in words that name it."""

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis.panel import EstimationError, NotIdentifiedError, lagged, lead
from analysis.regressions.fixed_effects import two_way_fe

X = ["x1", "x2"]


@pytest.fixture
def panel() -> pd.DataFrame:
    return random_panel(0)


def level_of(panel: pd.DataFrame) -> pd.Series:
    """One standardised level a province."""
    code = panel["province"].str[1:].astype(float)
    return (code - code.mean()) / code.std(ddof=0)


def refused(panel: pd.DataFrame, message: str, regressors: list[str] = X, **options: str) -> None:
    with pytest.raises(EstimationError, match=message):
        two_way_fe(panel, "y", regressors, **options)


def test_error_is_a_value_error() -> None:
    assert issubclass(NotIdentifiedError, EstimationError)
    assert issubclass(EstimationError, ValueError)


def test_missing_columns(panel: pd.DataFrame) -> None:
    refused(panel, "columns not in the panel: gdp, x9", ["gdp", "x1", "x9"])
    refused(panel, "columns not in the panel: state", entity="state")


def test_regressors_given_badly(panel: pd.DataFrame) -> None:
    refused(panel, "more than once in the model: x1", ["x1", "x2", "x1"])
    refused(panel, "more than once in the model: y", ["x1", "y"])
    refused(panel, "no regressors", [])
    refused(panel.assign(constant=panel["x1"]), "name of the intercept", ["constant"])
    with pytest.raises(EstimationError, match="list of column names, not 'x1'"):
        two_way_fe(panel, "y", "x1")
    refused(panel, "effects 'both': expected twoway, entity, time, none", effects="both")


def test_values_that_are_not_finite_numbers(panel: pd.DataFrame) -> None:
    text = panel.astype({"x1": object})
    text.loc[8, "x1"] = "12,5"
    refused(text, "column 'x1' must hold finite numbers, found .* at P00 2003")
    refused(panel.assign(x1="n/a"), "column 'x1' must hold finite numbers, found 'n/a'")
    infinite = panel.copy()
    infinite.loc[8, "x2"] = -np.inf
    refused(infinite, "column 'x2' must hold finite numbers, found '-inf' at P01 2005")


def test_nullable_numbers_and_booleans_are_numbers(panel: pd.DataFrame) -> None:
    nullable = panel.astype({"x1": "Float64"})
    nullable.loc[4, "x1"] = pd.NA
    nullable["x2"] = nullable["x2"] > 0
    assert two_way_fe(nullable, "y", X).n_dropped == 1


def test_duplicate_province_years(panel: pd.DataFrame) -> None:
    refused(
        pd.concat([panel, panel.iloc[[0, 9]]]),
        "province-year pairs that occur more than once: P00 2003, P01 2006$",
    )
    refused(pd.concat([panel, panel]), "P00 2007 and 31 more")


def test_rows_without_province(panel: pd.DataFrame) -> None:
    panel.loc[2, "province"] = None
    refused(panel, "1 rows have no province or no year")


def test_no_complete_row(panel: pd.DataFrame) -> None:
    refused(panel.assign(x1=np.nan), "without any value: x1")
    early = panel["year"] < 2006
    apart = panel.assign(x1=panel["x1"].where(early), x2=panel["x2"].where(~early))
    refused(apart, "no row has a value in all of: y, x1, x2")


def test_rows_that_are_all_alone(panel: pd.DataFrame) -> None:
    diagonal = panel.groupby("province").nth(0).assign(year=range(panel["province"].nunique()))
    refused(diagonal, "every complete row is the only one of its province or year")


def test_absorbed_regressors(panel: pd.DataFrame) -> None:
    area = panel["province"].str[1:].astype(float)
    refused(panel.assign(area=area), "absorbed by the province and year effects: area", ["area"])
    refused(
        panel.assign(area=area),
        "absorbed by the province effects: area",
        ["area"],
        effects="entity",
    )
    rate = (panel["year"] - 2000.0) ** 2
    refused(panel.assign(rate=rate), "province and year effects: rate", [*X, "rate"])
    both = panel.assign(both=1e6 * area + rate)
    refused(both, "province and year effects: both", [*X, "both"])
    refused(panel.assign(y=rate), "absorbed by the province and year effects: y")


def test_constant_columns(panel: pd.DataFrame) -> None:
    refused(panel.assign(x1=0.1), "constant in the complete rows: x1")
    refused(panel.assign(y=0.0), "constant in the complete rows: y")


def test_collinear_regressors(panel: pd.DataFrame) -> None:
    # Collinear only once province effects are gone, and only with x1.
    offset = panel["province"].str[1:].astype(float)
    refused(
        panel.assign(x3=2 * panel["x1"] + offset),
        "collinear, given the effects: x3 is a combination of x1$",
        ["x1", "x2", "x3"],
    )


def test_near_collinearity_is_not_refused(panel: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, len(panel)))
    close = panel.assign(x3=panel["x1"] + 1e-4 * noise[0], steady=level_of(panel) + 1e-4 * noise[1])
    assert np.isfinite(two_way_fe(close, "y", ["x1", "x2", "x3", "steady"]).std_errors).all()


def test_just_collinear_is_refused_in_our_words(panel: pd.DataFrame) -> None:
    noise = np.random.default_rng(0).normal(size=len(panel))
    for share in (1e-5, 1.5e-5, 1e-6):
        refused(panel.assign(x3=panel["x1"] + share * noise), "x3 is a combination", [*X, "x3"])
        steady = level_of(panel) + share * noise
        refused(panel.assign(steady=steady), "absorbed by .*: steady", [*X, "steady"])


def test_too_few_clusters(panel: pd.DataFrame) -> None:
    refused(panel[panel["province"] == "P03"], "two or more values of province, .* only P03")


def test_too_few_rows() -> None:
    small = random_panel(0, provinces=2, years=3, k=2)
    refused(small, "6 complete rows cannot estimate 6 coefficients")


def test_errors_that_vanish(panel: pd.DataFrame) -> None:
    two = panel[panel["province"].isin(["P00", "P01"])]
    refused(two, "2 values of province are too few for clustered errors", ["x1"])
    assert two_way_fe(two, "y", ["x1"], effects="entity").std_errors["x1"] > 0.01
    refused(panel.assign(y=2 * panel["x1"]), "fit y exactly")


def test_lag_is_the_year_before_not_the_row_above(panel: pd.DataFrame) -> None:
    gap = panel[(panel["province"] != "P01") | (panel["year"] != 2005)]
    for rows in (gap, gap.sample(frac=1, random_state=0)):
        lag = lagged(rows, "x1")
        pd.testing.assert_index_equal(lag.index, rows.index)
        value = panel.set_index(["province", "year"])["x1"]
        for i, (province, year) in rows[["province", "year"]].iterrows():
            if year == 2003 or (province, year) == ("P01", 2006):
                assert np.isnan(lag[i])
            else:
                assert lag[i] == value[province, year - 1]


def test_a_lead_is_so_many_years_later(panel: pd.DataFrame) -> None:
    value = panel.set_index(["province", "year"])["x1"]
    ahead = lead(panel.sample(frac=1, random_state=0), "x1", 2)
    assert ahead.name == "F2.x1"
    for i, (province, year) in panel[["province", "year"]].iterrows():
        if year + 2 > panel["year"].max():
            assert np.isnan(ahead[i])
        else:
            assert ahead[i] == value[province, year + 2]


def test_lag_of_unfit_panels(panel: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="columns not in the panel: gdp"):
        lagged(panel, "gdp")
    with pytest.raises(EstimationError, match="whole numbers in column 'year', found str"):
        lagged(panel.astype({"year": str}), "x1")
    with pytest.raises(EstimationError, match=r"pairs that occur more than once: P00 2004$"):
        lagged(pd.concat([panel, panel.iloc[[1]]]), "x1")
