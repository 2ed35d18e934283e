"""What matters most to each coefficient, held against leaving out and moving each by itself."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimated import coefficient_of
from explicit import random_weights
from scipy.stats import spearmanr

from analysis.paper import table_11
from analysis.paper.balanced_panel import balanced
from analysis.paper.row_influence import CELL, COLUMNS, FIGURE, ROW, ROWS_KEPT, row_influence
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
NATION = "000000"
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
def moves(panel: pd.DataFrame) -> pd.DataFrame:
    """`alpha` moves one indicator; `beta` another, of two years, three variables and a total."""
    rng = np.random.default_rng(7)
    of_cells = panel[["province_code", "year"]]
    pieces = []
    for item, figure, later in (
        ("alpha", "a", 0), ("beta", "b", 0), ("beta", "b", 1), ("beta", "coagglo", 0),
        ("beta", "uic", 0), ("beta", "mi", 0),
    ):  # fmt: skip
        pieces.append(of_cells.assign(
            item_code=item, figure=figure, figure_province_code=of_cells["province_code"],
            figure_year=of_cells["year"] + later,
        ))  # fmt: skip
    total = {"item_code": "beta", "figure": "coagglo", "figure_year": of_cells["year"]}
    pieces.append(of_cells.assign(**total, figure_province_code=NATION))
    of_total = of_cells.assign(**total, figure_province_code=of_cells["province_code"])
    pieces.append(of_total.assign(province_code=NATION))
    moves = pd.concat(pieces, ignore_index=True)
    return moves.assign(change=rng.normal(size=len(moves)) / 100)


@pytest.fixture(scope="module")
def rows(panel: pd.DataFrame, scores: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    return row_influence(panel, scores, INDICATORS, NO_WEIGHTS, moves).rows


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
    panel: pd.DataFrame, scores: pd.DataFrame, moves: pd.DataFrame
) -> None:
    scaled = panel.assign(ami=panel["ami"] * 1.1)
    made = row_influence(scaled, scores, INDICATORS, NO_WEIGHTS, moves).rows
    made = made[(made["table"] == "4") & (made["column"] == "1")]
    own = made[made["kind"] == FIGURE]
    assert set(own["figure"]) <= {"ami", "coagglo", *CONTROLS} and "ami" in set(own["figure"])
    assert CELL not in set(made["kind"])


def test_what_has_no_value_has_no_rows_and_the_columns_stay(
    panel: pd.DataFrame, scores: pd.DataFrame, moves: pd.DataFrame
) -> None:
    made = row_influence(
        panel.assign(**dict.fromkeys(PANEL_VARIABLES, np.nan)),
        scores.head(0),
        INDICATORS,
        NO_WEIGHTS,
        moves.head(0),
    ).rows
    assert made.empty
    assert list(made.columns) == list(COLUMNS)


def test_table_11_is_that_of_least_squares_given_rho(
    panel: pd.DataFrame, values: pd.DataFrame, scores: pd.DataFrame, moves: pd.DataFrame
) -> None:
    codes = pd.Index(sorted(panel["province_code"].unique()))
    matrix = random_weights(np.random.default_rng(3), len(codes), "product")
    weights = SpatialWeights("nested", codes, matrix)
    found = row_influence(panel, scores, INDICATORS, weights.long(), moves).rows
    found = found[found["table"] == "11"]

    fit = table_11.fitted(balanced(panel, table_11.VARIABLES, weights), "sdm", "ml")
    names = [f"{lag}{name}" for lag in ("", "W ") for name in BASELINE.regressors]

    def given_rho(panel: pd.DataFrame) -> pd.DataFrame:
        rows = panel.sort_values(["year", "province_code"]).reset_index(drop=True)
        for name in table_11.VARIABLES:
            by_year = rows[name].to_numpy().reshape(-1, len(codes))
            rows[f"W {name}"] = (by_year @ np.asarray(matrix).T).ravel()
        rows["ami"] -= fit.params["rho"] * rows["W ami"]
        return rows

    rows = given_rho(panel)
    for sample, term in (("main", "coagglo"), ("wx", "W coagglo")):
        own = found[(found["sample"] == sample) & (found["kind"] == ROW)]
        assert len(own) == ROWS_KEPT
        for record in own.to_dict("records")[:4]:
            assert record["estimate"] == pytest.approx(fit.params[term], rel=1e-7)
            province, year = record["province_years"].rsplit(" ", 1)
            left = rows[(rows["province"] != province) | (rows["year"] != int(year))]
            without = two_way_fe(left, "ami", names).params[term]
            assert record["change_exact"] == pytest.approx(without - record["estimate"], rel=1e-6)
        for record in found[found["kind"].eq(CELL) & found["sample"].eq(sample)].to_dict("records"):
            ends = (given_rho(each) for each in either_side(panel, values, moves, record))
            up, down = (float(two_way_fe(each, "ami", names).params[term]) for each in ends)
            slope = (up - down) / (2 * PART)
            assert record["change_first_order"] == pytest.approx(slope, rel=1e-4, abs=1e-9)
    assert set(found["kind"]) <= {ROW, CELL, "sign"}


# Of the one per cent that a raw cell is moved by, so small that all is linear.
PART = 1e-3


def either_side(
    panel: pd.DataFrame, values: pd.DataFrame, moves: pd.DataFrame, cell: dict[str, Any]
) -> Iterator[pd.DataFrame]:
    """The panel with a raw cell moved up and down, the index built again."""
    name, year = cell["province_years"].rsplit(" ", 1)
    own = moves[moves["province_code"].eq(f"code {name}") & moves["year"].eq(int(year))]
    own = own[own["item_code"] == cell["figure"]]
    through = own[own["figure_province_code"] == NATION].merge(
        moves[moves["province_code"] == NATION],
        on=["item_code", "figure", "figure_year"],
        suffixes=("_of_total", ""),
    )
    through["change"] *= through["change_of_total"]
    every = pd.concat([own[own["figure_province_code"] != NATION], through])
    for part in (PART, -PART):
        moved_values, moved = values.copy(), panel.set_index(KEYS)
        for row in every.to_dict("records"):
            at = (row["figure_province_code"].removeprefix("code "), row["figure_year"])
            table = moved_values if row["figure"] in moved_values else moved
            if at in table.index:
                table.loc[at, row["figure"]] += part * row["change"]
        moved["ami"], moved["amt"] = (
            index_of(moved_values, names) for names in (list("abcd"), ["a", "b"])
        )
        yield moved.reset_index()


@pytest.mark.parametrize(
    "place, term",
    [
        ("41", "coagglo"), ("42", "L.coagglo"), ("43", "coagglo"), ("51", "coagglo"),
        ("74", "uic"), ("91", "coagglo*mi"), ("91", "mi"), ("93", "coagglo"), ("95", "uic*mi"),
    ],
)  # fmt: skip
def test_a_raw_cell_moves_the_coefficient_through_every_figure_that_is_made_of_it(
    panel: pd.DataFrame,
    values: pd.DataFrame,
    moves: pd.DataFrame,
    rows: pd.DataFrame,
    place: str,
    term: str,
) -> None:
    (column,) = (of for of in specifications() if of.table + of.column == place)
    own = rows[(rows["table"] + rows["column"] == place) & (rows["term"] == term)]
    own = own[own["kind"] == CELL]
    assert len(own) == ROWS_KEPT
    assert (own["change_first_order"].abs().diff().dropna() <= 0).all()

    for record in own.to_dict("records")[::4]:
        ends = either_side(panel, values, moves, record)
        up, down = (coefficient_of(each, column, term) for each in ends)
        slope = (up - down) / (2 * PART)
        assert record["change_first_order"] == pytest.approx(slope, rel=1e-4, abs=1e-9)
