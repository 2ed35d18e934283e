"""The tables of section 5.6 from a small panel: what is there, and what is said to be missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.paper.estimable import EstimatesTable
from analysis.paper.matrices import MATRICES, PAPER_MATRICES, matrices, spatial_weights
from analysis.paper.moran_tables import leading, local_moran, morans_i

SEEDS = Path(__file__).parents[4] / "dbt" / "seeds" / "reference"


def seed(name: str) -> pd.DataFrame:
    codes = dict.fromkeys(("province_code", "province_code_a", "province_code_b"), str)
    return pd.read_csv(SEEDS / f"{name}.csv", dtype=codes)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    provinces = seed("provinces")[["province_code", "province"]]
    frame = provinces.merge(pd.DataFrame({"year": [2018, 2019, 2020]}), how="cross")
    random = np.random.default_rng(11)
    frame[["ami", "coagglo"]] = random.normal(size=(len(frame), 2))
    return frame.assign(pdgp=random.uniform(9, 12, len(frame)), is_provisional=False)


def weights_of(panel: pd.DataFrame) -> EstimatesTable:
    return spatial_weights(panel, seed("province_capitals"), seed("province_borders"))


def test_every_matrix_is_a_table_that_reads_back(panel: pd.DataFrame) -> None:
    table = weights_of(panel)
    assert table.not_estimable == ()
    sums = table.rows.groupby(["weights", "province_code"])["weight"].sum()
    assert len(sums) == 31 * len(MATRICES) and np.allclose(sums, 1)
    assert table.rows["distance_km"].between(50, 4000).all()
    assert [matrix.name for matrix in matrices(table.rows)] == list(MATRICES)
    # From Beijing Tianjin is nearest and Hebei next: 109 and 265 km.
    beijing = table.rows.query("weights == 'nearest_4' and province_code == '110000'")
    assert {"120000", "130000"} <= set(beijing["neighbour_code"])
    assert (beijing["weight"] == 0.25).all()
    # The product of inverse distance and the mean of the levels of income.
    nested = table.rows.query("weights == 'nested' and province_code == '460000'")
    gdp = np.exp(panel["pdgp"]).groupby(panel["province_code"]).mean()
    raw = nested["neighbour_code"].map(gdp) / nested["distance_km"]
    assert nested["weight"].to_numpy() == pytest.approx((raw / raw.sum()).to_numpy())


OF_INCOME = ["nested", "economic_distance", "nested_convex"]


@pytest.mark.parametrize(
    ("n_known", "missing", "reason"),
    [(0, ("pdgp",), "without any value: pdgp"), (1, (), "no GDP per capita: 120000, 130000, ")],
)
def test_matrices_of_income_need_the_income_of_two(
    panel: pd.DataFrame, n_known: int, missing: tuple[str, ...], reason: str
) -> None:
    known = panel["province_code"].isin(["110000"][:n_known])
    table = weights_of(panel.assign(pdgp=panel["pdgp"].where(known)))
    assert [of.column for of in table.not_estimable] == [f"weights {name}" for name in OF_INCOME]
    assert {of.missing_variables for of in table.not_estimable} == {missing}
    assert all(of.reason.startswith(reason) for of in table.not_estimable)
    assert set(table.rows["weights"]) == {"inverse_distance", "contiguity", "nearest_4"}


def test_a_province_without_income_leaves_the_others_their_weights(panel: pd.DataFrame) -> None:
    """The usual 30 without Tibet: as if its capital were on no map."""
    tibet = panel["province_code"] == "540000"
    table = weights_of(panel.assign(pdgp=panel["pdgp"].mask(tibet)))
    assert table.not_estimable == ()
    assert {(column, words) for _, column, words in table.notes} == {
        (f"weights {name}", "among 30 provinces: pdgp is in no year known of 540000")
        for name in OF_INCOME
    }
    n_provinces = table.rows.groupby("weights")["province_code"].nunique()
    assert n_provinces.to_dict() == {name: 30 if name in OF_INCOME else 31 for name in MATRICES}
    capitals = seed("province_capitals")
    borders = seed("province_borders")
    elsewhere = ~borders.filter(like="province_code").eq("540000").any(axis=1)
    never_there = spatial_weights(
        panel[~tibet], capitals[capitals["province_code"] != "540000"], borders[elsewhere]
    )
    for name in OF_INCOME:
        pd.testing.assert_frame_equal(
            *(of.rows[of.rows["weights"] == name].reset_index(drop=True)
              for of in (table, never_there))
        )  # fmt: skip
    # Its own coagglo is not among the neighbours' then, and the year keeps its figure.
    found = morans_i(panel, table.rows, permutations=99).rows
    assert dict(zip(found["weights"], found["n"], strict=True)) == n_provinces.to_dict()
    assert found["moran_i"].notna().all() and (found["permutations"] == 99).all()
    assert (local_moran(panel, table.rows, permutations=99).rows["p"] > 0).all()


def test_units_at_one_place_have_the_matrices_without_inverse_distances(
    panel: pd.DataFrame,
) -> None:
    """As enterprises may be; before, this stopped all estimates."""
    capitals = seed("province_capitals").set_index("province_code")
    capitals.loc["120000", ["latitude", "longitude"]] = capitals.loc[
        "110000", ["latitude", "longitude"]
    ]
    table = spatial_weights(panel, capitals.reset_index(), seed("province_borders"))
    made = {"economic_distance", "contiguity", "nearest_4"}
    assert set(table.rows["weights"]) == made
    assert {each.column for each in table.not_estimable} == {
        f"weights {name}" for name in {*MATRICES} - made
    }
    for each in table.not_estimable:
        assert "at one place" in each.reason and "110000 and 120000" in each.reason


def test_of_many_units_near_ones_alone_weigh(
    panel: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = weights_of(panel).rows
    monkeypatch.setattr("analysis.paper.matrices.EVERY_PAIR", 30)
    table = weights_of(panel)
    assert {(of.column, of.reason) for of in table.not_estimable} == {
        (f"weights {name}", "every pair of 31 provinces would weigh; it is made of at most 30")
        for name in ("economic_distance", "nested_convex")
    }
    words = "of 31 provinces each weighs with its 10 nearest"
    near_ones = ("nested", "inverse_distance")
    assert table.notes == tuple(("5.6", f"weights {name}", words) for name in near_ones)
    keys = ["weights", "province_code", "neighbour_code"]
    for name in near_ones:
        near = table.rows[table.rows["weights"] == name]
        assert (near.groupby("province_code").size() == 10).all()
        # The same ones, by the same distances, their weights in the same proportion.
        both = near.merge(every, on=[*keys, "distance_km"], suffixes=("", "_every"))
        assert len(both) == len(near)
        share = both["weight"] / both["weight_every"]
        assert np.allclose(share, share.groupby(both["province_code"]).transform("first"))
    for name in ("contiguity", "nearest_4"):
        pd.testing.assert_frame_equal(
            *(of[of["weights"] == name].reset_index(drop=True) for of in (table.rows, every))
        )
    # A province without an income is no neighbour: the ten nearest are of the others.
    tibet = panel["province_code"] == "540000"
    without = weights_of(panel.assign(pdgp=panel["pdgp"].mask(tibet)))
    assert {of.column for of in without.not_estimable} == set()
    nested = without.rows[without.rows["weights"] == "nested"]
    assert nested["province_code"].nunique() == 30


def test_without_borders_the_nearest_neighbours_stand(panel: pd.DataFrame) -> None:
    table = spatial_weights(panel, seed("province_capitals"), seed("province_borders").head(0))
    assert {each.column for each in table.not_estimable} == {"weights contiguity"}
    near = table.rows[table.rows["weights"] == "nearest_4"]
    assert (near.groupby("province_code").size() == 4).all()
    assert np.allclose(near["weight"], 0.25)


def test_moran_of_both_variables_under_every_matrix(panel: pd.DataFrame) -> None:
    found = weights_of(panel).rows
    by_year = morans_i(panel, found, permutations=99)
    local = local_moran(panel, found, permutations=99)
    assert len(by_year.rows) == 2 * len(MATRICES) * 3
    assert by_year.rows["moran_i"].notna().all()
    # p is a whole number of two hundredths with 99 random orders.
    assert np.allclose(by_year.rows["p_permutation"] * 50 % 1, 0)
    assert len(local.rows) == 2 * len(MATRICES) * 31
    assert (local.rows["year"] == 2020).all()
    assert local.rows["province"].notna().all()
    assert by_year.not_estimable == local.not_estimable == ()


def test_a_variable_without_values_is_listed_and_the_types_stay(panel: pd.DataFrame) -> None:
    found = weights_of(panel).rows.query("weights == 'nested'")
    empty = panel.assign(ami=np.nan, coagglo=np.nan)
    for make, words in ((morans_i, "Moran's I of ami"), (local_moran, "local Moran's I of ami")):
        table = make(empty, found, permutations=99)
        assert table.rows.empty
        assert words in {of.column for of in table.not_estimable}
        assert {of.missing_variables for of in table.not_estimable} == {("ami",), ("coagglo",)}
        assert (table.rows.dtypes == make(panel, found, permutations=99).rows.dtypes).all()


def test_a_last_year_that_carries_no_local_statistic_is_listed(panel: pd.DataFrame) -> None:
    few = panel["year"].eq(2020) & ~panel["province_code"].isin(["110000", "120000", "130000"])
    nested = weights_of(panel).rows.query("weights == 'nested'")
    table = local_moran(panel.assign(ami=panel["ami"].mask(few)), nested)
    assert set(table.rows["variable"]) == {"coagglo"}
    (refused,) = table.not_estimable
    assert refused.column == "local Moran's I of ami, nested"
    assert "3 units have a value" in refused.reason


def test_the_matrix_shown_is_the_first_there_is(panel: pd.DataFrame) -> None:
    found = weights_of(panel).rows
    of_distance = found[~found["weights"].isin(PAPER_MATRICES)]
    local = local_moran(panel, of_distance, permutations=9).rows
    assert set(leading(local, "ami")["weights"]) == {"nested_convex"}
    assert leading(local, "uic").empty


def test_a_partial_index_goes_by_its_own_name_in_the_last_year_that_stands(
    panel: pd.DataFrame,
) -> None:
    partial = panel.rename(columns={"ami": "ami_partial"}).assign(
        is_provisional=panel["year"] == 2020
    )
    weights = weights_of(partial).rows
    found = morans_i(partial, weights, permutations=9)
    assert set(found.rows["variable"]) == {"coagglo", "ami_partial"} and not found.not_estimable
    # Of every year there is a statistic: only what is ranked and mapped waits for one that stands.
    assert set(found.rows["year"]) == {2018, 2019, 2020}
    local = local_moran(partial, weights, permutations=9).rows
    years = local.groupby("variable")["year"].unique().map(list).to_dict()
    assert years == {"coagglo": [2020], "ami_partial": [2019]}
    assert set(leading(local, "ami")["variable"]) == {"ami_partial"}
