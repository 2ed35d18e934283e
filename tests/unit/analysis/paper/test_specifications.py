"""Results as rows beside the published ones, and honest refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.panel import EstimationError, lagged
from analysis.paper.estimable import NotEstimable, remarks_on
from analysis.paper.fits import Estimated, baseline, estimate, instrumented, mediated, moderated
from analysis.paper.long_form import COLUMNS, as_table, beside_published, rows, stars
from analysis.paper.specifications import (
    BASELINE,
    BY_DIMENSION,
    BY_SAMPLE,
    CENTRES,
    EG,
    FIRST_STAGE,
    SECOND_STAGE,
    Specification,
    in_sample,
    moderated_columns,
    stepwise_columns,
)
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.iv import fe_2sls

SEEDS = Path(__file__).parents[4] / "dbt/seeds"
PUBLISHED = SEEDS / "paper/published_estimates.csv"
SPECIFICATIONS = [
    BASELINE, FIRST_STAGE, SECOND_STAGE, EG, CENTRES, *BY_DIMENSION, *BY_SAMPLE,
    *stepwise_columns(), *moderated_columns("9"), *moderated_columns("10"),
]  # fmt: skip
TRUE = dict(zip(BASELINE.regressors, (0.8, 2.1, 0.1, 0.0, -0.1, -0.15, 0.0, 2.1), strict=True))


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """SYNTHETIC panel of the paper's shape with known slopes."""
    rng = np.random.default_rng(11)
    index = pd.MultiIndex.from_product([range(31), range(2003, 2022)], names=["province", "year"])
    panel = pd.DataFrame(index=index).reset_index()
    effect = rng.normal(scale=5, size=31)[panel["province"]]
    for name in BASELINE.regressors:
        panel[name] = rng.normal(size=len(panel)) + 0.2 * effect
    slopes = np.array(list(TRUE.values()))
    noise = rng.normal(size=len(panel))
    return panel.assign(ami=panel[list(TRUE)] @ slopes + effect + noise)


@pytest.fixture(scope="module")
def full(panel: pd.DataFrame) -> pd.DataFrame:
    """SYNTHETIC panel with the real provinces and every variable of the specifications."""
    rng = np.random.default_rng(12)
    provinces = pd.read_csv(SEEDS / "reference/provinces.csv")
    full = panel.assign(
        region=provinces["region"].to_numpy()[panel["province"]],
        has_national_cluster=provinces["has_national_cluster"].to_numpy()[panel["province"]],
        uic=0.3 * panel["coagglo"] + rng.normal(size=len(panel)),
        mi=rng.normal(size=len(panel)),
        center=rng.integers(4, size=len(panel)),
    )
    full["province"] = provinces["province"].to_numpy()[panel["province"]]
    # Persistent, so that its lag says something of it.
    full["coagglo"] += full.groupby("province")["coagglo"].shift(fill_value=0.0)
    return full


@pytest.fixture(scope="module")
def result(panel: pd.DataFrame) -> Estimated:
    result = baseline(panel)
    assert isinstance(result, Estimated)
    return result


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED, dtype={"table": str, "column": str})


@pytest.mark.parametrize(
    ("p_value", "expected"),
    [
        (0.0, "***"),
        (0.0099, "***"),
        (0.01, "**"),
        (0.05, "*"),
        (0.0999, "*"),
        (0.1, ""),
        (1.0, ""),
        (float("nan"), ""),
    ],
)
def test_stars(p_value: float, expected: str) -> None:
    assert stars(p_value) == expected


def test_specifications_are_the_columns_that_the_paper_prints(published: pd.DataFrame) -> None:
    printed = published[published["table"].isin({"4", "5", "6", "7", "9", "10"})]
    columns = {}
    for place, column in printed.groupby(["table", "column"], sort=False):
        terms = [term for term in column["term"] if term != "constant" and term[0] != "_"]
        ((sample, outcome),) = set(zip(column["sample"], column["outcome"], strict=True))
        columns[place] = sample, outcome, terms
    ours = {
        (of.table, of.column): (of.sample, of.outcome, list(of.regressors)) for of in SPECIFICATIONS
    }
    assert ours == columns
    assert all(set(of.of_interest) <= set(of.regressors) for of in SPECIFICATIONS)


@pytest.mark.parametrize(
    "specification", [each for each in SPECIFICATIONS if each.table == "6" or each is CENTRES],
    ids=lambda each: each.sample,
)  # fmt: skip
def test_samples_have_as_many_rows_as_the_paper_prints(
    specification: Specification, full: pd.DataFrame, published: pd.DataFrame
) -> None:
    place = (published["table"] == specification.table) & (
        published["column"] == specification.column
    )
    (n,) = published.loc[place & (published["term"] == "_n"), "estimate"]
    assert len(in_sample(full, specification.sample)) == n


def test_a_sample_without_its_column_is_said(panel: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="sample 'east': no column or sample 'region'"):
        in_sample(panel, "east")


def test_a_column_is_estimated_on_its_sample_alone(full: pd.DataFrame) -> None:
    result = estimate(full, BY_SAMPLE[3])
    assert isinstance(result, Estimated)
    northeast = full[full["region"] == "northeast"]
    alone = two_way_fe(northeast, "ami", BY_SAMPLE[3].regressors)
    pd.testing.assert_series_equal(result.fit.params, alone.params)
    # Three clusters of six points: all 216 patterns, of which one is the data and one its mirror.
    assert round(result.wild["coagglo"] * 216, 6) in range(2, 217)


def test_instrument_is_the_lag_of_the_treatment(
    full: pd.DataFrame, published: pd.DataFrame
) -> None:
    columns = instrumented(full)
    first, second = columns
    assert isinstance(first, Estimated) and isinstance(second, Estimated)
    with_lag = full.assign(before=lagged(full, "coagglo"))
    alone = fe_2sls(with_lag, "ami", ["coagglo"], ["before"], SECOND_STAGE.regressors[1:])
    assert first.fit.n == second.fit.n == 558
    assert second.fit.params["coagglo"] == pytest.approx(alone.params["coagglo"], rel=1e-12)
    assert first.fit.params["L.coagglo"] == pytest.approx(
        alone.first_stage["coagglo"].params["before"], rel=1e-12
    )
    assert set(first.wild) == {"L.coagglo"} and not second.wild

    table = rows(columns)
    of_second = table[table["column"] == "3"].set_index("term")["estimate"]
    assert of_second["_kp_wald_rk_f"] == alone.kp_wald_f
    assert of_second["_anderson_rubin_wald_p"] == alone.ar_chi2_p
    assert alone.ar_confidence_set is not None
    assert alone.ar_confidence_set.intervals[0] == (
        of_second["_ar_set_1_lower"], of_second["_ar_set_1_upper"]
    )  # fmt: skip
    printed = published[(published["table"] == "4") & published["column"].isin(["2", "3"])]
    assert set(printed["term"]) <= set(table["term"])


@pytest.mark.slow
def test_mediation_and_moderation_columns_stand_as_printed(
    full: pd.DataFrame, published: pd.DataFrame
) -> None:
    columns = [*mediated(full), *moderated(full, "9")]
    both = beside_published(rows(columns), published)
    printed = published[published["table"].isin(["7", "9"])]
    assert both["published_estimate"].notna().sum() == len(printed)
    with_wild = both[both["wild_p_value"].notna()]
    assert set(with_wild["term"]) == {"coagglo", "uic", "mi", "coagglo*mi", "uic*mi"}
    assert with_wild["wild_p_value"].between(0, 1).all()


def test_columns_estimated_together_are_refused_together(full: pd.DataFrame) -> None:
    columns = [*mediated(full.assign(uic=np.nan)), *moderated(full.drop(columns="mi"), "9")]
    assert {(each.table, each.column) for each in columns if isinstance(each, NotEstimable)} == {
        *(("7", str(number)) for number in range(1, 5)),
        *(("9", str(number)) for number in range(1, 6)),
    }
    tables = remarks_on("estimates", as_table(columns))
    assert tables["not_estimable"]["missing_variables"].tolist() == ["uic"] * 4 + ["mi"] * 5
    assert tables["notes"].empty


def test_baseline_recovers_planted_slopes(result: Estimated) -> None:
    # Eight 95 % intervals at once: widen to 99.4 %, Bonferroni.
    interval = result.fit.conf_int(1 - 0.05 / len(TRUE))
    truth = pd.Series(TRUE)
    assert ((interval["lower"] <= truth) & (truth <= interval["upper"])).all()


def test_rows(result: Estimated) -> None:
    table = rows([result])
    assert list(table.columns) == list(COLUMNS)
    by_term = table.set_index("term")
    assert by_term.index.is_unique
    assert list(by_term.index[:9]) == [*BASELINE.regressors, "constant"]
    slope = by_term.loc["coagglo"]
    assert slope["estimate"] == result.fit.params["coagglo"]
    assert slope["dispersion"] == result.fit.std_errors["coagglo"]
    assert slope["dispersion_kind"] == "clustered_se"
    assert slope["statistic"] == pytest.approx(slope["estimate"] / slope["dispersion"])
    assert slope["stars"] == stars(slope["p_value"]) == "***"
    assert by_term.loc["constant", "estimate"] == result.fit.constant.estimate
    assert by_term.loc["_n", "estimate"] == 589
    assert by_term.loc["_r2", "estimate"] == result.fit.r2_within
    assert by_term.loc["_n_clusters", "estimate"] == 31
    assert (by_term["n_clusters"] == 31).all()
    for term in ("_hausman", "_hausman_robust"):
        assert by_term.loc[term, "estimate"] == result.tests[term].statistic
        assert by_term.loc[f"{term}_p", "estimate"] == result.tests[term].p_value
        assert by_term.loc[f"{term}_df", "estimate"] == 8


def test_rows_of_nothing_keep_their_columns(result: Estimated, published: pd.DataFrame) -> None:
    nothing = rows([NotEstimable("4", "1", ("ami",), "without any value: ami")])
    assert nothing.empty
    pd.testing.assert_series_equal(nothing.dtypes, rows([result]).dtypes)
    assert beside_published(nothing, published).empty


def test_beside_published(result: Estimated, published: pd.DataFrame) -> None:
    both = beside_published(rows([result]), published).set_index("term")
    assert both.loc["coagglo", "published_estimate"] == 0.767
    assert both.loc["coagglo", "published_stars"] == "***"
    assert both.loc["inf", "published_dispersion"] == 0.773
    assert both.loc["_r2", "published_estimate"] == 0.527
    assert np.isnan(both.loc["_hausman", "published_estimate"])
    with pytest.raises(ValueError, match="published: columns 'table' and 'column'"):
        beside_published(rows([result]), pd.read_csv(PUBLISHED))


def test_absent_variables_are_reported_not_replaced(panel: pd.DataFrame) -> None:
    result = baseline(panel.drop(columns="inf").assign(gov=np.nan))
    assert result == NotEstimable("4", "1", ("gov", "inf"), "without any value: gov, inf")


def test_data_that_do_not_identify_the_model_are_reported(panel: pd.DataFrame) -> None:
    result = baseline(panel.assign(hcl=panel["province"] + 1.0))
    assert isinstance(result, NotEstimable)
    assert result.missing_variables == ()
    assert result.reason == "absorbed by the province and year effects: hcl"


def test_wrong_data_raise(panel: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="more than once"):
        baseline(pd.concat([panel, panel.iloc[[0]]]))


def test_notes_tell_of_dropped_rows_and_undefined_tests(panel: pd.DataFrame) -> None:
    few = panel[panel["province"] < 5].copy()
    few.iloc[0, few.columns.get_loc("fdi")] = np.nan
    result = baseline(few)
    assert isinstance(result, Estimated)
    assert result.tests == {}
    assert result.notes[0] == "1 province-years lack a variable and are left out"
    assert [note.split(":")[0] for note in result.notes[1:]] == [
        "classical Hausman test",
        "cluster-robust Hausman test",
    ]


def test_notes_tell_what_the_tests_that_were_computed_rest_on(panel: pd.DataFrame) -> None:
    means = panel.groupby("province")["gov"].transform("mean")
    result = baseline(panel.assign(gov=panel["gov"] - means))
    assert isinstance(result, Estimated)
    assert {term: test.df for term, test in result.tests.items()} == {
        "_hausman": 7, "_hausman_robust": 7,
    }  # fmt: skip
    assert result.notes == (
        "classical Hausman test: covariance difference not positive definite; statistic was "
        "negative, taken with the error variance of fixed effects; covariance difference of rank "
        "7, generalised inverse; prefer the robust test",
        "cluster-robust Hausman test: no variation between entities: gov",
    )
