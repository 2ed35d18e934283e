"""Section 5.6's regressions as tables: what is estimated on what, and in the keys of print."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from explicit import random_weights

from analysis.panel import NotIdentifiedError
from analysis.paper import balanced_panel, spatial_pathways, table_11
from analysis.paper.long_form import COLUMNS, beside_published
from analysis.spatial.sample import panel_arrays
from analysis.spatial.spatial_panel import fit
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import CONTROLS

VARIABLES = ("ami", "coagglo", "uic", "mi", "icc", *CONTROLS)
PROVINCES = [f"p{i:02d}" for i in range(20)]
YEARS = range(2001, 2010)
MAKERS = (
    table_11.models, table_11.tests, spatial_pathways.small_sample, spatial_pathways.pathways,
)  # fmt: skip


def weights(seed: int = 1) -> list[SpatialWeights]:
    rng = np.random.default_rng(seed)
    return [
        SpatialWeights(name, pd.Index(PROVINCES), random_weights(rng, len(PROVINCES), kind))
        for name, kind in (
            ("nested", "product"),
            ("economic_distance", "asymmetric"),
            ("contiguity", "symmetric"),
        )
    ]


def long(matrices: list[SpatialWeights]) -> pd.DataFrame:
    """As the table `spatial_weights` has them."""
    return pd.concat([matrix.long() for matrix in matrices], ignore_index=True)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    keys = pd.MultiIndex.from_product([PROVINCES, YEARS], names=["province_code", "year"])
    values = pd.DataFrame(rng.normal(size=(len(keys), len(VARIABLES))), keys, list(VARIABLES))
    values["uic"] += 0.5 * values["coagglo"]
    values["ami"] += values["coagglo"] + 0.6 * values["uic"]
    return values.reset_index().sample(frac=1, random_state=0)


@pytest.fixture(scope="module")
def models(panel: pd.DataFrame) -> pd.DataFrame:
    return table_11.models(panel, long(weights())).rows


@pytest.fixture(scope="module")
def tests(panel: pd.DataFrame) -> pd.DataFrame:
    return table_11.tests(panel, long(weights())).rows


def test_every_model_by_both_estimators_under_the_papers_matrices(
    panel: pd.DataFrame, models: pd.DataFrame
) -> None:
    places = models[["weights", "estimator", "model"]].drop_duplicates()
    assert len(places) == 2 * 2 * 3
    assert "contiguity" not in set(models["weights"])
    matrix = weights()[1]
    arrays = panel_arrays(
        panel, "ami", ["coagglo", *CONTROLS], entity="province_code", time="year", units=PROVINCES
    )
    result = fit(arrays.y, arrays.X, matrix.matrix, estimator="lee_yu", names=arrays.names)
    own = models[
        (models["weights"] == "economic_distance")
        & (models["estimator"] == "lee_yu")
        & (models["model"] == "sdm")
    ].set_index(["part", "term"])
    assert own.loc[("fit", "rho"), "estimate"] == pytest.approx(result.rho)
    assert own.loc[("fit", "loglik"), "estimate"] == pytest.approx(result.loglik)
    assert own.loc[("wx", "coagglo"), "std_error"] == pytest.approx(result.std_errors["W coagglo"])
    cluster = result.covariance("cluster").loc["W coagglo", "W coagglo"] ** 0.5
    assert own.loc[("wx", "coagglo"), "std_error_cluster"] == pytest.approx(cluster)
    indirect = result.effects().indirect.loc["coagglo"]
    row = own.loc[("indirect", "coagglo")]
    assert row["lower"] == pytest.approx(indirect["lower"])
    simulated = result.effects("simulation").indirect.loc["coagglo"]
    assert row["upper_simulated"] == pytest.approx(simulated["upper"])


def test_rows_of_table_11_stand_beside_those_of_print(
    models: pd.DataFrame, tests: pd.DataFrame
) -> None:
    rows = table_11.published_form(models, tests)
    assert list(rows.columns) == list(COLUMNS)
    published = pd.read_csv(
        "dbt/seeds/paper/published_estimates.csv", dtype={"table": str, "column": str}
    )
    beside = beside_published(rows, published)
    of_paper = published[published["table"].isin(["11", "5.6"])]
    ours = beside[beside["published_estimate"].notna()]
    # The paper's Hausman test is a sentence; all else that it prints of section 5.6 has our row.
    assert len(ours) == len(of_paper)
    row = ours[(ours["column"] == "4") & (ours["term"] == "coagglo")].iloc[0]
    own = models[
        (models["weights"] == "nested")
        & (models["estimator"] == "ml")
        & (models["model"] == "sdm")
        & (models["part"] == "indirect")
        & (models["term"] == "coagglo")
    ].iloc[0]
    assert row["dispersion"] == own["z_stat"]
    assert row["published_dispersion"] == 2.38
    assert table_11.published_form(models.head(0), tests.head(0)).empty
    # What was refused under the printed matrix may have been estimated under others.
    assert table_11.published_form(models[models["weights"] != "nested"], tests).empty


def test_lm_wald_lr_and_hausman_tests(tests: pd.DataFrame) -> None:
    of_one = tests[tests["weights"] == "nested"]
    assert len(of_one[of_one["test"].str.contains("lm_")]) == 16
    assert set(of_one.loc[of_one["estimator"] == "ml", "test"]) == {
        "wald_sar", "wald_sem", "lr_sar", "lr_sem", "hausman",
    }  # fmt: skip
    assert of_one["p_value"].between(0, 1).all()
    assert (of_one.loc[of_one["test"] == "hausman", "note"] == "F(16, 3)").all()
    assert table_11.as_printed(tests).sum() == 9


def test_too_few_provinces_for_a_hausman_test_keep_the_others(panel: pd.DataFrame) -> None:
    few = table_11.tests(panel[panel["province_code"] < "p12"], long(weights())).rows
    refused = few[few["test"] == "hausman"]
    assert refused["p_value"].isna().all() and len(few[few["p_value"].notna()]) == 2 * 24
    assert refused["note"].str.startswith("12 units are too few for a test of 16").all()


def test_what_31_provinces_can_say(panel: pd.DataFrame) -> None:
    rows = spatial_pathways.small_sample(panel, long(weights()), reps=299).rows
    assert len(rows) == 4
    assert (rows["reps"] == 299).all()
    assert (rows["bias"] == rows["mean"] - rows["truth"]).all()
    nested = rows[rows["weights"] == "nested"].set_index("estimator")
    assert nested.loc["ml", "bias"] < nested.loc["lee_yu", "bias"]
    assert nested["truth"].nunique() == 1


def test_pathways_under_the_first_matrix(panel: pd.DataFrame) -> None:
    table = spatial_pathways.pathways(panel, long(weights()), reps=299)
    rows = table.rows
    assert list(rows.groupby(["kind", "moderator"], sort=False).size()) == [9, 12, 12]
    assert set(rows["weights"]) == {"nested"}
    inside = rows["estimate"].between(rows["percentile_lower"], rows["percentile_upper"])
    assert inside.mean() > 0.8
    mediated = rows[(rows["of"] == "mediated") & (rows["reach"] == "own")].iloc[0]
    assert mediated["estimate"] == pytest.approx(0.3, abs=0.2)
    assert not table.not_estimable


def test_holes_in_the_map_close_in_words(panel: pd.DataFrame) -> None:
    matrix = weights()[0]
    spoilt = panel.copy()
    spoilt.loc[spoilt["province_code"] == "p03", "fdi"] = np.nan
    spoilt.loc[(spoilt["province_code"] == "p05") & (spoilt["year"] == 2004), "hcl"] = np.nan
    data = balanced_panel.balanced(spoilt, ("ami", "fdi", "hcl"), matrix)
    assert list(data.units) == [name for name in PROVINCES if name not in ("p03", "p05")]
    assert sorted(data.rows["year"].unique()) == list(YEARS)
    np.testing.assert_allclose(np.asarray(data.algebra.W).sum(axis=1), 1)
    assert data.notes == (
        "the largest balanced panel is estimated, 18 provinces x 9 years, 162 of 170 complete "
        "province-years; left out: p03, p05",
        "other balanced panels: 19 provinces x 8 years",
    )
    notes = table_11.models(spoilt, long([matrix])).notes
    assert ("11", "nested", data.notes[0]) in notes
    alone = panel.assign(ami=panel["ami"].where(panel["year"] == 2003))
    with pytest.raises(NotIdentifiedError, match="no two provinces share two years with ami"):
        balanced_panel.balanced(alone, ("ami",), matrix)
    assert balanced_panel.balanced(panel, ("ami",), matrix).notes == ()


def test_one_province_with_two_years_does_not_decide_the_sample() -> None:
    """31 provinces of which one has 2 of 19 years: 30 x 19, not 31 x 2."""
    ids = [f"{number:02d}" for number in range(31)]
    equal = SpatialWeights.standardised("nested", ids, np.ones((31, 31)) - np.eye(31))
    keys = pd.MultiIndex.from_product([ids, range(2003, 2022)], names=["province_code", "year"])
    panel = pd.DataFrame({"ami": 1.0}, keys).reset_index()
    late = (panel["province_code"] == "30") & (panel["year"] > 2004)
    data = balanced_panel.balanced(panel.assign(ami=panel["ami"].mask(late)), ("ami",), equal)
    assert list(data.units) == ids[:30] and len(data.rows) == 570
    assert data.notes == (
        "the largest balanced panel is estimated, 30 provinces x 19 years, 570 of 572 complete "
        "province-years; left out: 30",
        "other balanced panels: 31 provinces x 2 years",
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_balanced_panel_is_larger(seed: int) -> None:
    """Against every subset of six years of seven provinces."""
    rng = np.random.default_rng(seed)
    ids, years = [f"p{number}" for number in range(7)], range(2001, 2007)
    equal = SpatialWeights.standardised("nested", ids, np.ones((7, 7)) - np.eye(7))
    keys = pd.MultiIndex.from_product([ids, years], names=["province_code", "year"])
    there = pd.Series(rng.uniform(size=len(keys)) < 0.6, keys)
    panel = pd.DataFrame({"ami": np.where(there, 1.0, np.nan)}, keys).reset_index()
    wide = there.unstack()
    shapes = {
        (int(wide[list(of)].all(axis=1).sum()), n)
        for n in range(2, 7)
        for of in combinations(years, n)
    }
    sizes = [(provinces * n, provinces) for provinces, n in shapes if provinces > 1]
    data = balanced_panel.balanced(panel, ("ami",), equal)
    assert (len(data.rows), len(data.units)) == max(sizes)
    assert data.rows.groupby("year")["province_code"].nunique().eq(len(data.units)).all()


def test_what_the_data_cannot_carry_is_listed(panel: pd.DataFrame) -> None:
    without = panel.assign(fdi=np.nan).drop(columns="inf")
    for make in (table_11.models, table_11.tests, spatial_pathways.small_sample):
        table = make(without, long(weights()))
        assert table.rows.empty
        assert table.not_estimable[0].missing_variables == ("fdi", "inf")
    made = spatial_pathways.pathways(panel.drop(columns="mi"), long(weights()[:1]), reps=299)
    assert set(made.rows["moderator"]) == {"", "icc"}
    assert made.not_estimable[0].missing_variables == ("mi",)
    pd.testing.assert_series_equal(
        table_11.models(without, long(weights())).rows.dtypes,
        table_11.models(panel, long(weights()[:1])).rows.dtypes,
    )
    for make in MAKERS:
        nothing = make(panel, long(weights()[2:]))
        assert nothing.rows.empty
        assert nothing.not_estimable[0].reason == (
            "none of the paper's weights (nested, economic_distance) can be made"
        )


@pytest.mark.parametrize("n", [2, 5])
def test_a_refresh_goes_on_where_all_provinces_are_equal_neighbours(n: int) -> None:
    rng = np.random.default_rng(n)
    keys = pd.MultiIndex.from_product(
        [PROVINCES[:n], range(2001, 2041)], names=["province_code", "year"]
    )
    few = pd.DataFrame(rng.normal(size=(len(keys), len(VARIABLES))), keys, list(VARIABLES))
    equal = SpatialWeights.standardised("nested", PROVINCES[:n], np.ones((n, n)) - np.eye(n))
    for make in MAKERS:
        table = make(few.reset_index(), long([equal]))
        assert table.rows.empty
        assert "collinear, given the effects" in table.not_estimable[0].reason


def test_the_frame_that_the_effects_are_drawn_from(models: pd.DataFrame) -> None:
    frame = table_11.effects_frame(models, "nested")
    assert len(frame) == 3 * 2 * (1 + len(CONTROLS))
    assert (frame["lower"] < frame["upper"]).all()
