"""The province-years that matter most to each coefficient, held against leaving each out."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from analysis.paper.row_influence import COLUMNS, ROW, ROWS_KEPT, row_influence
from analysis.paper.specifications import BASELINE, specifications
from analysis.regressions.fixed_effects import two_way_fe
from analysis.variables import CONTROLS, PANEL_VARIABLES


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    keys = pd.MultiIndex.from_product([range(12), range(2010, 2021)], names=["province", "year"])
    values = pd.DataFrame(
        rng.normal(size=(len(keys), len(PANEL_VARIABLES))), keys, list(PANEL_VARIABLES)
    )
    values["ami"] += 0.3 * values["coagglo"]
    panel = values.reset_index().assign(ami_partial=np.nan, region="east")
    panel["province"] = "P" + panel["province"].astype(str).str.zfill(2)
    return panel.assign(has_national_cluster=panel["province"] < "P06")


@pytest.fixture(scope="module")
def rows(panel: pd.DataFrame) -> pd.DataFrame:
    return row_influence(panel).rows


def test_every_coefficient_of_one_least_squares_regression_has_its_twenty(
    rows: pd.DataFrame,
) -> None:
    single = rows[rows["kind"] == ROW]
    sizes = single.groupby(["table", "column", "term"]).size()
    assert (sizes == ROWS_KEPT).all()
    # The panel has one region.
    wanted = {
        (of.table, of.column, term)
        for of in specifications()
        for term in of.of_interest
        if not of.instrument and of.sample not in ("central", "west", "northeast")
    }
    assert set(sizes.index) == wanted


def test_the_twenty_of_the_baseline_are_those_of_leaving_out_each_by_itself(
    panel: pd.DataFrame, rows: pd.DataFrame
) -> None:
    right_hand = ["coagglo", *CONTROLS]
    whole = two_way_fe(panel, "ami", right_hand).params["coagglo"]
    changes = pd.Series(
        {
            f"{panel['province'][row]} {panel['year'][row]}": two_way_fe(
                panel.drop(index=row), "ami", right_hand
            ).params["coagglo"]
            - whole
            for row in panel.index
        }
    )
    own = rows[(rows["table"] == BASELINE.table) & (rows["column"] == BASELINE.column)]
    single = own[own["kind"] == ROW].set_index("province_years")
    assert single["influence_rank"].tolist() == list(range(1, ROWS_KEPT + 1))
    np.testing.assert_allclose(single["change_exact"], changes[single.index], rtol=1e-7)
    most = changes.abs().nlargest(ROWS_KEPT).index
    assert len(most.intersection(single.index)) >= ROWS_KEPT - 2
    assert spearmanr(single["change_first_order"], changes[single.index]).statistic > 0.97


def test_what_has_no_value_has_no_rows_and_the_columns_stay(panel: pd.DataFrame) -> None:
    made = row_influence(panel.assign(ami=np.nan, ami_partial=np.nan, coagglo=np.nan)).rows
    assert made.empty or "coagglo" not in set(made["term"])
    assert list(made.columns) == list(COLUMNS)
