"""Results as rows beside the published ones, and honest refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimates import (
    BASELINE,
    COLUMNS,
    Estimated,
    NotEstimable,
    baseline,
    beside_published,
    rows,
    stars,
)
from analysis.panel import EstimationError

PUBLISHED = Path(__file__).parents[3] / "dbt/seeds/paper/published_estimates.csv"
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


def test_baseline_specification_is_the_published_column(published: pd.DataFrame) -> None:
    column = published[(published["table"] == "4") & (published["column"] == "1")]
    terms = [term for term in column["term"] if term != "constant" and not term.startswith("_")]
    assert list(BASELINE.regressors) == terms
    assert set(column["outcome"]) == {BASELINE.outcome}
    assert set(column["sample"]) == {BASELINE.sample}


def test_baseline_recovers_planted_slopes(result: Estimated) -> None:
    # Eight 95 % intervals at once: widen to 99.4 %, Bonferroni.
    interval = result.fit.conf_int(1 - 0.05 / len(TRUE))
    truth = pd.Series(TRUE)
    assert ((interval["lower"] <= truth) & (truth <= interval["upper"])).all()


def test_rows(result: Estimated) -> None:
    table = rows([result])
    assert list(table.columns) == COLUMNS
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
