"""The province-years that matter most to each coefficient, held against leaving each out."""

import numpy as np
import pandas as pd
import pytest
from explicit import random_weights
from scipy.stats import spearmanr

from analysis.paper import table_11
from analysis.paper.balanced_panel import balanced
from analysis.paper.row_influence import COLUMNS, FIGURE, ROW, ROWS_KEPT, row_influence
from analysis.paper.specifications import BASELINE, specifications
from analysis.regressions.fixed_effects import two_way_fe
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import CONTROLS, PANEL_VARIABLES

INDICATORS = pd.DataFrame(
    {
        "indicator": ["a", "b", "c", "d"],
        "dimension": ["amt", "amt", "amm", "amm"],
        "attribute": ["positive", "negative", "positive", "positive"],
    }
)
KEYS = ["province", "year"]
NO_WEIGHTS = pd.DataFrame(columns=["weights", "province_code", "neighbour_code", "weight"])


def index_of(values: pd.DataFrame, names: list[str]) -> pd.Series:
    """Equations 11 to 17 of some indicators, by province and year."""
    own = values[names]
    score = (own - own.min()) / (own.max() - own.min())
    score = score.assign(b=1 - score["b"]) if "b" in names else score
    share = score / score.sum()
    utility = 1 + (share * np.log(share.where(share > 0, 1))).sum() / np.log(len(share))
    return 100 * score @ (utility / utility.sum())


@pytest.fixture(scope="module")
def values() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    keys = pd.MultiIndex.from_product([[f"P{n:02d}" for n in range(12)], range(2010, 2021)])
    return pd.DataFrame(np.exp(rng.normal(size=(len(keys), 4)) / 2), keys, list("abcd"))


@pytest.fixture(scope="module")
def panel(values: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    drawn = pd.DataFrame(
        rng.normal(size=(len(values), len(PANEL_VARIABLES))), values.index, list(PANEL_VARIABLES)
    )
    drawn["ami"], drawn["amt"] = index_of(values, list("abcd")), index_of(values, ["a", "b"])
    drawn["coagglo"] += 0.1 * drawn["ami"]
    panel = drawn.rename_axis(KEYS).reset_index().assign(ami_partial=np.nan, region="east")
    panel["province_code"] = "code " + panel["province"]
    return panel.assign(has_national_cluster=panel["province"] < "P06")


@pytest.fixture(scope="module")
def scores(values: pd.DataFrame) -> pd.DataFrame:
    long = values.rename_axis(KEYS).reset_index().melt(KEYS, var_name="indicator")
    long["province_code"] = "code " + long["province"]
    return long.assign(score=0.5, is_interpolated=False, max_gap_length=0)


@pytest.fixture(scope="module")
def rows(panel: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    return row_influence(panel, scores, INDICATORS, NO_WEIGHTS).rows


def test_every_coefficient_of_a_regression_has_its_twenty(
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
        if of.sample not in ("central", "west", "northeast")
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


def coefficient(panel: pd.DataFrame, outcome: str) -> float:
    return float(two_way_fe(panel, outcome, ["coagglo", *CONTROLS]).params["coagglo"])


@pytest.mark.parametrize(
    "place, outcome, names", [("41", "ami", list("abcd")), ("51", "amt", ["a", "b"])]
)
def test_figures_move_the_coefficient_as_the_index_built_again_does(
    panel: pd.DataFrame,
    values: pd.DataFrame,
    rows: pd.DataFrame,
    place: str,
    outcome: str,
    names: list[str],
) -> None:
    own = rows[(rows["table"] + rows["column"] == place) & (rows["kind"] == FIGURE)]
    assert len(own) == ROWS_KEPT
    assert (own["change_first_order"].abs().diff().dropna() <= 0).all()
    assert set(own["figure"]) & set(names) and set(own["figure"]) & {"coagglo", *CONTROLS}
    known = panel.set_index(KEYS)
    for row in own.to_dict("records"):
        province, year = row["province_years"].split()
        key, name = (province, int(year)), row["figure"]
        table = values if name in names else known[[name]]
        # A small part of the way, either side.
        step = 1e-4 * (table[name].max() - table[name].min()) / 100
        found = []
        for sign in (1, -1):
            moved = table.copy()
            moved.loc[key, name] += sign * step
            changed = {outcome: index_of(moved, names)} if name in names else {name: moved[name]}
            found.append(coefficient(known.assign(**changed).reset_index(), outcome))
        expected = (found[0] - found[1]) / 2e-4
        assert row["change_first_order"] == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_an_index_of_another_scope_is_a_figure_itself(
    panel: pd.DataFrame, scores: pd.DataFrame
) -> None:
    made = row_influence(panel.assign(ami=panel["ami"] * 1.1), scores, INDICATORS, NO_WEIGHTS).rows
    own = made[(made["table"] == "4") & (made["column"] == "1") & (made["kind"] == FIGURE)]
    assert set(own["figure"]) <= {"ami", "coagglo", *CONTROLS} and "ami" in set(own["figure"])


def test_what_has_no_value_has_no_rows_and_the_columns_stay(
    panel: pd.DataFrame, scores: pd.DataFrame
) -> None:
    made = row_influence(
        panel.assign(**dict.fromkeys(PANEL_VARIABLES, np.nan)),
        scores.head(0),
        INDICATORS,
        NO_WEIGHTS,
    ).rows
    assert made.empty
    assert list(made.columns) == list(COLUMNS)


def test_table_11_is_that_of_least_squares_given_rho(
    panel: pd.DataFrame, scores: pd.DataFrame
) -> None:
    codes = pd.Index(sorted(panel["province_code"].unique()))
    matrix = random_weights(np.random.default_rng(3), len(codes), "product")
    weights = SpatialWeights("nested", codes, matrix)
    found = row_influence(panel, scores, INDICATORS, weights.long()).rows
    found = found[found["table"] == "11"]

    fit = table_11.fitted(balanced(panel, table_11.VARIABLES, weights), "sdm", "ml")
    rows = panel.sort_values(["year", "province_code"]).reset_index(drop=True)
    for name in table_11.VARIABLES:
        by_year = rows[name].to_numpy().reshape(-1, len(codes))
        rows[f"W {name}"] = (by_year @ np.asarray(matrix).T).ravel()
    rows["ami"] -= fit.params["rho"] * rows["W ami"]
    names = [f"{lag}{name}" for lag in ("", "W ") for name in BASELINE.regressors]
    for sample, term in (("main", "coagglo"), ("wx", "W coagglo")):
        own = found[(found["sample"] == sample) & (found["kind"] == ROW)]
        assert len(own) == ROWS_KEPT
        for record in own.to_dict("records")[:4]:
            assert record["estimate"] == pytest.approx(fit.params[term], rel=1e-7)
            province, year = record["province_years"].rsplit(" ", 1)
            left = rows[(rows["province"] != province) | (rows["year"] != int(year))]
            without = two_way_fe(left, "ami", names).params[term]
            assert record["change_exact"] == pytest.approx(without - record["estimate"], rel=1e-6)
    assert set(found["kind"]) <= {ROW, "sign"}
