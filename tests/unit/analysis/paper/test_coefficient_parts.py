"""The parts of coefficients on the index: they add up, and raw items on both sides are found."""

import numpy as np
import pandas as pd
import pytest
from explicit import random_weights

from analysis.panel import EstimationError
from analysis.paper.coefficient_parts import coefficient_parts
from analysis.paper.estimable import EstimatesTable
from analysis.paper.fits import all_columns
from analysis.paper.long_form import rows as long_rows
from analysis.paper.matrices import PAPER_MATRICES
from analysis.paper.table_11 import models
from analysis.regressions.fixed_effects import two_way_fe
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import CONTROLS, DIMENSIONS, PANEL_VARIABLES

PROVINCES = [f"p{number:02d}" for number in range(14)]
REGIONS = ["east"] * 4 + ["central"] * 3 + ["west"] * 4 + ["northeast"] * 3
KEYS = ["table", "column", "sample", "outcome", "term"]
# Two indicators a dimension, the first of amt and the second of amw made of an item of coagglo.
INDICATORS = {f"{dimension}_{n}": dimension for dimension in DIMENSIONS for n in (1, 2)}
INPUTS = pd.DataFrame(
    [
        ("coagglo", "employed"),
        ("coagglo", "manufacturing"),
        ("amt_1", "manufacturing"),
        ("amt_1", "output"),
        ("amw_2", "employed"),
        ("gam_1", "output"),
        ("pdgp", "gdp"),
    ],
    columns=["subject", "item_code"],
)


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    """Scores that sum to ami and the dimensions with unequal weights, as in fct_indicator_score."""
    rng = np.random.default_rng(21)
    keys = pd.MultiIndex.from_product([PROVINCES, range(2008, 2022), INDICATORS])
    frame = pd.DataFrame(list(keys), columns=["province", "year", "indicator"])
    weights = pd.Series(rng.uniform(0.5, 2, len(INDICATORS)), list(INDICATORS))
    weights /= weights.sum()
    frame["dimension"] = frame["indicator"].map(INDICATORS)
    frame["overall_weight"] = frame["indicator"].map(weights)
    of_dimension = weights.groupby(INDICATORS).sum()
    frame["individual_weight"] = frame["overall_weight"] / frame["dimension"].map(of_dimension)
    score = rng.uniform(size=len(frame))
    frame["contribution"] = 100 * frame["overall_weight"] * score
    frame["dimension_contribution"] = 100 * frame["individual_weight"] * score
    return frame.assign(province_code=frame["province"])


@pytest.fixture(scope="module")
def panel(scores: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    keys = pd.MultiIndex.from_product([PROVINCES, range(2008, 2022)], names=["province", "year"])
    panel = pd.DataFrame(
        rng.normal(size=(len(keys), len(PANEL_VARIABLES))), keys, list(PANEL_VARIABLES)
    )
    place = ["province", "year"]
    panel["ami"] = scores.groupby(place)["contribution"].sum()
    by_dimension = scores.groupby([*place, "dimension"])["dimension_contribution"].sum().unstack()
    panel[list(DIMENSIONS)] = by_dimension[list(DIMENSIONS)]
    panel["ami_partial"] = np.nan
    panel = panel.reset_index().assign(province_code=lambda of: of["province"])
    regions = panel["province"].map(dict(zip(PROVINCES, REGIONS, strict=True)))
    return panel.assign(region=regions, has_national_cluster=panel["province"] < "p08")


@pytest.fixture(scope="module")
def weights() -> pd.DataFrame:
    matrix = random_weights(np.random.default_rng(3), 14, "product")
    return pd.concat(
        SpatialWeights(name, pd.Index(PROVINCES), matrix).long() for name in PAPER_MATRICES
    )


@pytest.fixture(scope="module")
def made(panel: pd.DataFrame, scores: pd.DataFrame, weights: pd.DataFrame) -> EstimatesTable:
    return coefficient_parts(panel, scores, INPUTS, weights)


def test_the_whole_is_the_coefficient_of_the_table_with_its_error(
    made: EstimatesTable, panel: pd.DataFrame
) -> None:
    tables = long_rows(all_columns(panel))
    whole = made.rows[made.rows["kind"] == "whole"]
    of_columns = whole[~whole["table"].isin(["8", "11"])]
    of_tables = of_columns.merge(tables, on=KEYS, suffixes=("", "_table"))
    assert len(of_tables) == len(of_columns) > 20
    assert {"3", "4"} <= set(of_tables.loc[of_tables["table"] == "4", "column"])
    for name, other in (("estimate", "estimate_table"), ("std_error", "dispersion"),
                        ("p_value", "p_value_table")):  # fmt: skip
        np.testing.assert_allclose(of_tables[name], of_tables[other], rtol=1e-8, atol=1e-12)


def test_indicators_and_dimensions_add_up(made: EstimatesTable) -> None:
    of = {kind: rows.groupby(KEYS)["estimate"].sum() for kind, rows in made.rows.groupby("kind")}
    scale = of["whole"].abs().clip(lower=1)
    assert ((of["indicator"] - of["whole"]).abs() <= 1e-12 * scale).all()
    whole_of_ami = of["whole"].loc[of["dimension"].index]
    assert ((of["dimension"] - whole_of_ami).abs() <= 1e-12 * scale.loc[whole_of_ami.index]).all()


def test_the_indirect_effect_of_table_8_is_split_with_errors_by_the_delta_method(
    made: EstimatesTable, panel: pd.DataFrame
) -> None:
    """Both equations at once by least squares with every dummy, their scores by province."""
    rows = panel.dropna(subset=["ami", "uic", "coagglo", *CONTROLS])
    dummies = [
        pd.get_dummies(rows["province"]),
        pd.get_dummies(rows["year"]).iloc[:, 1:],
    ]
    right = np.column_stack([rows[["coagglo", *CONTROLS]], *dummies]).astype(float)
    with_uic = np.column_stack([rows["uic"], right])
    scores, slopes = [], []
    for x, y in ((right, rows["uic"]), (with_uic, rows["ami"])):
        inverse = np.linalg.pinv(x)
        found = inverse @ y
        influence = inverse[0] * (y - x @ found)
        # Columns but for the provinces, whose dummies the factor does not count.
        k = x.shape[1] - rows["province"].nunique() + 1
        groups, n = rows["province"].nunique(), len(rows)
        factor = groups / (groups - 1) * (n - 1) / (n - k)
        scores.append(np.sqrt(factor) * influence.groupby(rows["province"]).sum())
        slopes.append(found[0])
    (a, b), (of_a, of_b) = slopes, scores
    own = made.rows[made.rows["table"] == "8"]
    whole = own[own["kind"] == "whole"].iloc[0]
    assert whole["term"] == "indirect" and whole["estimate"] == pytest.approx(a * b, rel=1e-9)
    expected = np.sqrt(((a * of_b + b * of_a) ** 2).sum())
    assert whole["std_error"] == pytest.approx(expected, rel=1e-8)
    parts = own[own["kind"] == "indicator"]
    assert parts["estimate"].sum() == pytest.approx(a * b, rel=1e-12)


def test_table_11_is_split_given_its_rho(
    made: EstimatesTable, panel: pd.DataFrame, weights: pd.DataFrame
) -> None:
    fitted = models(panel, weights).rows
    sdm = fitted[
        (fitted["weights"] == PAPER_MATRICES[0])
        & (fitted["estimator"] == "ml")
        & (fitted["model"] == "sdm")
        & (fitted["term"] == "coagglo")
    ].set_index("part")
    whole = made.rows[(made.rows["kind"] == "whole") & (made.rows["table"] == "11")]
    for row in whole.to_dict("records"):
        assert row["estimate"] == pytest.approx(sdm.loc[row["sample"], "estimate"], rel=1e-9)
        assert row["std_error"] > 0
    assert list(whole["sample"]) == ["main", "wx"]


def test_items_on_both_sides_are_found_and_what_is_left_without_them(
    made: EstimatesTable, panel: pd.DataFrame, scores: pd.DataFrame
) -> None:
    rows = made.rows.set_index([*KEYS, "kind", "component"]).sort_index()
    baseline = rows.loc[("4", "1", "all", "ami", "coagglo")]
    shared = baseline.loc["indicator"].query("shared_items != ''")["shared_items"].to_dict()
    assert shared == {"amt_1": "manufacturing", "amw_2": "employed"}
    others = scores[~scores["indicator"].isin(list(shared))]
    sums = others.groupby(["province", "year"])[["contribution", "overall_weight"]].sum()
    outcome = (sums["contribution"] / sums["overall_weight"]).rename("others").reset_index()
    alone = two_way_fe(panel.merge(outcome), "others", ["coagglo", *CONTROLS])
    index = baseline.loc[("index of the others", "")]
    assert index["estimate"] == pytest.approx(alone.params["coagglo"], rel=1e-9)
    assert index["std_error"] == pytest.approx(alone.std_errors["coagglo"], rel=1e-9)
    left = baseline.loc[("without shared items", "")]
    kept = baseline.loc["indicator"].drop(list(shared))["estimate"].sum()
    assert left["estimate"] == pytest.approx(kept, rel=1e-9)
    # gam has no indicator with an item of the right-hand side.
    assert "without shared items" not in rows.loc[("5", "4", "all", "gam", "coagglo")].index


def test_a_note_stands_under_each_table_that_shares_items(made: EstimatesTable) -> None:
    notes = {(table, column): note for table, column, note in made.notes}
    assert "in ami through amt_1 (manufacturing), amw_2 (employed)" in notes["4", "1"]
    assert ("5", "1") in notes and ("5", "4") not in notes and ("7", "2") not in notes


def test_scores_of_another_index_are_refused(
    panel: pd.DataFrame, scores: pd.DataFrame, weights: pd.DataFrame
) -> None:
    off = scores.assign(contribution=scores["contribution"] * 1.001)
    with pytest.raises(EstimationError, match="do not add up to ami"):
        coefficient_parts(panel, off, INPUTS, weights)
