"""What the paper's coefficients rest on, and where its moderated effects differ from zero."""

import numpy as np
import pandas as pd
import pytest
from explicit import random_weights

from analysis.paper import table_11
from analysis.paper.dependence import COLUMNS, dependence
from analysis.paper.significant_regions import significant_regions
from analysis.paper.specifications import specifications
from analysis.regressions.fixed_effects import two_way_fe
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import CONTROLS, PANEL_VARIABLES

pytestmark = pytest.mark.slow

PROVINCES = [f"p{number:02d}" for number in range(14)]
REGIONS = ["east"] * 4 + ["central"] * 3 + ["west"] * 4 + ["northeast"] * 3


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    keys = pd.MultiIndex.from_product([PROVINCES, range(2010, 2022)], names=["province", "year"])
    values = pd.DataFrame(
        rng.normal(size=(len(keys), len(PANEL_VARIABLES))), keys, list(PANEL_VARIABLES)
    )
    values["uic"] += 0.5 * values["coagglo"]
    values["ami"] += (
        0.6 * values["coagglo"] + 0.6 * values["uic"] + values["coagglo"] * values["mi"]
    )
    values["mi"] = 5 + 2 * values["mi"]
    panel = values.reset_index()
    panel["province_code"] = panel["province"]
    place = panel["province"].map(dict(zip(PROVINCES, REGIONS, strict=True)))
    return panel.assign(region=place, has_national_cluster=panel["province"] < "p08")


@pytest.fixture(scope="module")
def weights() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return SpatialWeights("nested", pd.Index(PROVINCES), random_weights(rng, 14, "product")).long()


@pytest.fixture(scope="module")
def rows(panel: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    return dependence(panel, weights).rows.set_index(["table", "column", "sample", "term"])


def test_every_coefficient_of_interest_of_tables_4_to_11_is_there(rows: pd.DataFrame) -> None:
    wanted = {
        (of.table, of.column, of.sample, term) for of in specifications() for term in of.of_interest
    }
    wanted |= {("8", "effect", "all", "indirect"), ("11", "1", "main", "rho")}
    wanted |= {("11", column, part, "coagglo") for part, column in table_11.PARTS.items()}
    # Three provinces of the Northeast, or of a sample without enough rows, identify nothing.
    assert wanted - set(rows.index) <= {("6", str(n), name, "coagglo") for n, name in enumerate(
        ("east", "central", "west", "northeast"), start=1)}  # fmt: skip
    assert set(rows.index) <= wanted


def test_the_range_and_the_deciding_rows_are_those_of_regressions_done_again(
    panel: pd.DataFrame, rows: pd.DataFrame
) -> None:
    names = ["coagglo", *CONTROLS]
    found = rows.loc[("4", "1", "all", "coagglo")]
    without = {
        name: two_way_fe(panel[panel["province"] != name], "ami", names) for name in PROVINCES
    }
    estimates = {name: fit.params["coagglo"] for name, fit in without.items()}
    lowest = min(estimates, key=estimates.__getitem__)
    assert (found["lowest_without"], found["lowest"]) == (lowest, pytest.approx(estimates[lowest]))
    assert found["highest"] == pytest.approx(max(estimates.values()))
    full = two_way_fe(panel, "ami", names).p_values["coagglo"] < 0.05
    crossing = [name for name, fit in without.items() if (fit.p_values["coagglo"] < 0.05) != full]
    assert found["significance_provinces"] == ", ".join(crossing)
    specification = {(of.table, of.column): of for of in specifications()}
    decided = [
        place
        for place in rows.index[rows["significance_rows"] != ""]
        if place[0] in ("4", "5") and place[2] == "all" and place[3] == "coagglo"
    ]
    assert decided
    for place in decided:
        of = specification[place[:2]]
        gone = rows.loc[place, "significance_rows"].split(", ")
        kept = ~(panel["province"] + " " + panel["year"].astype(str)).isin(gone)
        assert 0 < (~kept).sum() == len(gone)
        verdicts = {
            two_way_fe(left, of.outcome, of.regressors).p_values["coagglo"] < 0.05
            for left in (panel, panel[kept])
        }
        assert verdicts == {True, False}


def test_table_8_and_11_without_a_province(
    panel: pd.DataFrame, weights: pd.DataFrame, rows: pd.DataFrame
) -> None:
    indirect = rows.loc[("8", "effect", "all", "indirect")]
    products = []
    for name in PROVINCES:
        left = panel[panel["province"] != name]
        a = two_way_fe(left, "uic", ["coagglo", *CONTROLS]).params["coagglo"]
        b = two_way_fe(left, "ami", ["coagglo", "uic", *CONTROLS]).params["uic"]
        products.append(a * b)
    assert (indirect["lowest"], indirect["highest"]) == pytest.approx(
        (min(products), max(products))
    )
    total = rows.loc[("11", "5", "total", "coagglo")]
    left = panel[panel["province"] != total["lowest_without"]]
    models = table_11.models(left, weights).rows
    (again,) = models.loc[
        (models["estimator"] == "ml") & (models["model"] == "sdm") & (models["part"] == "total")
        & (models["term"] == "coagglo"), "estimate",
    ]  # fmt: skip
    assert total["lowest"] == pytest.approx(again)


def test_of_many_provinces_table_11_is_not_fitted_without_each(
    panel: pd.DataFrame,
    weights: pd.DataFrame,
    rows: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analysis.paper.dependence.EACH_REFITTED", 13)
    made = dependence(panel, weights)
    assert made.notes == (
        ("11", "dependence", "not fitted without each of 14 provinces: too many models"),
    )
    again = made.rows.set_index(rows.index.names)
    in_11 = rows.index.get_level_values("table") == "11"
    pd.testing.assert_frame_equal(again[~in_11], rows[~in_11])
    known = ["estimate", "p_value"]
    pd.testing.assert_frame_equal(again.loc[in_11, known], rows.loc[in_11, known])
    others = again[in_11].drop(columns=known)
    assert (others.isna() | (others == "")).all(axis=None)


def test_what_is_not_estimable_is_not_there(panel: pd.DataFrame, weights: pd.DataFrame) -> None:
    made = dependence(panel.assign(fdi=np.nan), weights)
    assert made.rows.empty and list(made.rows.columns) == list(COLUMNS)
    without = dependence(panel.assign(uic=np.nan), weights.head(0)).rows
    assert set(without["table"]) == {"4", "5", "6"}


def test_regions_lie_within_the_moderator_and_say_their_share(panel: pd.DataFrame) -> None:
    rows = significant_regions(panel).rows
    assert set(zip(rows["table"], rows["column"], strict=True)) == {
        (table, column) for table in ("9", "10") for column in "135"
    }
    of_mi = rows[(rows["table"] == "9") & (rows["column"] == "1")].sort_values("region_lower")
    # .6 + .5 x .6 + z, uic not being in it: zero at z = -.9, with doubt on either side.
    assert list(of_mi["sign"]) == ["negative", "positive"]
    low, high = of_mi.to_dict("records")
    assert low["region_lower"] == panel["mi"].min() and high["region_upper"] == panel["mi"].max()
    assert low["region_upper"] < 5 - 0.9 * 2 < high["region_lower"]
    assert low["share"] == (panel["mi"] <= low["region_upper"]).mean()
    nowhere = rows[rows["share"] == 0]
    assert nowhere[["region_lower", "region_upper"]].isna().all(axis=None)
    refused = significant_regions(panel.drop(columns="icc")).not_estimable
    assert [(of.table, of.missing_variables) for of in refused] == [("10", ("icc",))]
