"""Table 11 under other weights: which matrix, which years, and what cannot be estimated."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.paper import matrices, table_11
from analysis.paper.balanced_panel import arrays_of, balanced
from analysis.paper.other_weights import BEFORE, GEOGRAPHY, other_weights
from analysis.spatial.spatial_panel import fit
from analysis.spatial.weights import great_circle
from analysis.spatial.weights_matrix import SpatialWeights

SEEDS = Path(__file__).parents[4] / "dbt/seeds/reference"
CODES = dict.fromkeys(("province_code", "province_code_a", "province_code_b"), str)


@pytest.fixture(scope="module")
def seeds() -> dict[str, pd.DataFrame]:
    return {
        name: pd.read_csv(SEEDS / f"province_{name}.csv", dtype=CODES)
        for name in ("capitals", "borders")
    }


@pytest.fixture(scope="module")
def panel(seeds: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """SYNTHETIC: incomes that change places from the first year to the others."""
    rng = np.random.default_rng(1)
    keys = pd.MultiIndex.from_product(
        [seeds["capitals"]["province_code"], range(2003, 2010)], names=["province_code", "year"]
    )
    values = pd.DataFrame(
        rng.normal(size=(len(keys), len(table_11.VARIABLES))), keys, list(table_11.VARIABLES)
    )
    values["pdgp"] += 10
    values["ami"] += values["coagglo"]
    return values.reset_index()


def test_weights_are_of_distance_alone_and_of_incomes_before_the_sample(
    panel: pd.DataFrame, seeds: dict[str, pd.DataFrame]
) -> None:
    weights = matrices.spatial_weights(panel, seeds["capitals"], seeds["borders"]).rows
    made = other_weights(panel, weights, seeds["capitals"])
    assert list(made.rows["weights"].unique()) == [GEOGRAPHY, BEFORE]
    assert dict(made.rows.groupby("weights")["n"].first()) == {GEOGRAPHY: 31 * 7, BEFORE: 31 * 6}

    km = great_circle(seeds["capitals"])
    first = panel[panel["year"] == 2003].set_index("province_code")["pdgp"].map(np.exp)
    near = (1 - np.eye(31)) / (km.to_numpy() + np.eye(31))
    by_hand = near * first[km.index].to_numpy()
    by_hand /= by_hand.sum(axis=1, keepdims=True)
    data = balanced(
        panel[panel["year"] > 2003], table_11.VARIABLES, SpatialWeights(BEFORE, km.index, by_hand)
    )
    arrays = arrays_of(data, ("coagglo", *table_11.CONTROLS))
    expected = fit(arrays.y, arrays.X, data.algebra, model="sdm", names=arrays.names)
    own = made.rows.query("weights == @BEFORE and estimator == 'ml'").set_index(["part", "term"])
    for place, name in ((("main", "coagglo"), "coagglo"), (("fit", "rho"), "rho")):
        assert own.loc[place, "estimate"] == pytest.approx(expected.params[name], rel=1e-6)


def test_without_incomes_in_a_first_year_of_all_provinces_those_that_have_one_are_taken(
    panel: pd.DataFrame, seeds: dict[str, pd.DataFrame]
) -> None:
    holes = panel.copy()
    holes.loc[(holes["province_code"] == "540000") & (holes["year"] == 2003), "pdgp"] = np.nan
    weights = matrices.spatial_weights(holes, seeds["capitals"], seeds["borders"]).rows
    made = other_weights(holes, weights, seeds["capitals"]).rows
    own = made[made["weights"] == BEFORE]
    assert set(own["n_units"]) == {30}


def test_without_a_variable_there_are_no_rows(
    panel: pd.DataFrame, seeds: dict[str, pd.DataFrame]
) -> None:
    weights = matrices.spatial_weights(panel, seeds["capitals"], seeds["borders"]).rows
    made = other_weights(panel.assign(fdi=np.nan), weights, seeds["capitals"])
    assert made.rows.empty and not made.not_estimable
    whole = other_weights(panel, weights, seeds["capitals"]).rows
    pd.testing.assert_series_equal(made.rows.dtypes, whole.dtypes)
