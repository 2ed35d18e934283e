"""The paper's regressions as data, and their results as rows of the table `estimates`.

Here: which columns of the paper's tables are estimated, on what; rows in the long form of the
published table; our rows beside the published ones. Not here: estimators, files, page layout.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.fixed_effects import FixedEffectsResult, two_way_fe
from analysis.hausman import HausmanResult, hausman
from analysis.panel import CONSTANT, Effects, NotIdentifiedError

CONTROLS = ("pdgp", "fdi", "hcl", "gov", "inv", "str", "inf")
KEY = ["table", "column", "sample", "outcome", "term"]
# Stated, so that a table without rows has the types of one with rows.
_TYPES = {
    **dict.fromkeys(KEY, "str"),
    "estimate": "float64",
    "stars": "str",
    "dispersion": "float64",
    "dispersion_kind": "str",
    "statistic": "float64",
    "p_value": "float64",
    "n_clusters": "int64",
}
COLUMNS = list(_TYPES)
_STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


@dataclass(frozen=True)
class Specification:
    """One column of one table of the paper: `table` and `column` as printed there."""

    table: str
    column: str
    sample: str
    outcome: str
    regressors: tuple[str, ...]
    effects: Effects = "twoway"


BASELINE = Specification("4", "1", "all", "ami", ("coagglo", *CONTROLS))


@dataclass(frozen=True, eq=False)
class Estimated:
    """A specification's regression, with the tests that go with it by their term in `rows`.

    notes: what a reader of the table must know: rows left out, tests that are undefined or weak.
    """

    specification: Specification
    fit: FixedEffectsResult
    tests: dict[str, HausmanResult]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class NotEstimable:
    """Why a specification has no estimate: what is missing, or what the data do not identify.

    missing_variables: variables without any value in the panel.
    """

    table: str
    column: str
    missing_variables: tuple[str, ...]
    reason: str


def stars(p_value: float) -> str:
    """The paper's marks: *** below 1 %, ** below 5 %, * below 10 %."""
    return next((mark for level, mark in _STARS if p_value < level), "")


def estimate(panel: pd.DataFrame, specification: Specification) -> Estimated | NotEstimable:
    """Estimate one specification on a panel of one row per province and year.

    Where the data cannot carry it the answer is NotEstimable, never a smaller model in its
    place. Data that are wrong (duplicates, text, infinities) raise EstimationError.
    """
    outcome, regressors = specification.outcome, specification.regressors
    missing = tuple(
        name
        for name in (outcome, *regressors)
        if name not in panel.columns or panel[name].isna().all()
    )
    place = (specification.table, specification.column)
    if missing:
        return NotEstimable(*place, missing, f"without any value: {', '.join(missing)}")
    try:
        fit = two_way_fe(panel, outcome, regressors, effects=specification.effects)
    except NotIdentifiedError as error:
        return NotEstimable(*place, (), str(error))
    left_out = (f"{fit.n_dropped} province-years lack a variable and are left out",)
    return Estimated(specification, fit, {}, left_out if fit.n_dropped else ())


def baseline(panel: pd.DataFrame) -> Estimated | NotEstimable:
    """Table 4 column (1), with both Hausman tests of its province effects given year effects.

    A Hausman test that too few provinces leave undefined is a note, not a test.
    """
    result = estimate(panel, BASELINE)
    if isinstance(result, NotEstimable):
        return result
    tests, notes = {}, list(result.notes)
    for term, robust, name in (
        ("_hausman", False, "classical Hausman test"),
        ("_hausman_robust", True, "cluster-robust Hausman test"),
    ):
        try:
            test = tests[term] = hausman(
                panel,
                BASELINE.outcome,
                BASELINE.regressors,
                robust=robust,
                effects=BASELINE.effects,
            )
        except NotIdentifiedError as error:
            notes.append(f"{name}: {error}")
        else:
            notes += [f"{name}: {test.note}"] if test.note else []
    return Estimated(BASELINE, result.fit, tests, tuple(notes))


def rows(results: Iterable[Estimated | NotEstimable]) -> pd.DataFrame:
    """The table `estimates`: one row per table, column and term, in `COLUMNS`.

    Terms are the regressors, `constant`, and, led by an underscore, what stands below a column:
    `_n`, `_r2` (within), `_n_clusters`, `_n_dropped`, and for each test its statistic, `_p`
    (p-value) and `_df`; `statistic` and `p_value` of a test's row repeat them. `dispersion` is
    the clustered standard error. A NotEstimable has no rows.
    """
    records = [
        {**_place(result.specification), "n_clusters": result.fit.n_clusters, **record}
        for result in results
        if isinstance(result, Estimated)
        for record in _records(result)
    ]
    return pd.DataFrame(records, columns=COLUMNS).astype(_TYPES)


def beside_published(estimates: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Our rows with the paper's estimate, stars and dispersion beside them, where it prints one.

    published: the columns of the seed `published_estimates`; `table` and `column` are text in
    both. Raises ValueError if they are not, or if a row occurs twice.
    """
    for name, frame in (("estimates", estimates), ("published", published)):
        if not all(pd.api.types.is_string_dtype(frame[key]) for key in ("table", "column")):
            raise ValueError(f"{name}: columns 'table' and 'column' must be read as text")
    printed = published[[*KEY, "estimate", "stars", "dispersion"]].rename(
        columns={name: f"published_{name}" for name in ("estimate", "stars", "dispersion")}
    )
    return estimates.merge(printed, on=KEY, how="left", validate="one_to_one")


def _place(specification: Specification) -> dict[Hashable, Any]:
    return {
        "table": specification.table,
        "column": specification.column,
        "sample": specification.sample,
        "outcome": specification.outcome,
    }


def _records(result: Estimated) -> list[dict[Hashable, Any]]:
    fit = result.fit
    coefficients = pd.DataFrame(
        {
            "estimate": fit.params,
            "dispersion": fit.std_errors,
            "statistic": fit.t_stats,
            "p_value": fit.p_values,
        }
    )
    coefficients.loc[CONSTANT] = [
        fit.constant.estimate,
        fit.constant.std_error,
        fit.constant.t_stat,
        fit.constant.p_value,
    ]
    coefficients["stars"] = coefficients["p_value"].map(stars)
    coefficients["dispersion_kind"] = "clustered_se"
    records = coefficients.rename_axis("term").reset_index().to_dict("records")
    below: list[tuple[str, float]] = [
        ("_n", fit.n),
        ("_r2", fit.r2_within),
        ("_n_clusters", fit.n_clusters),
        ("_n_dropped", fit.n_dropped),
    ]
    for term, test in result.tests.items():
        records.append(
            {
                "term": term,
                "estimate": test.statistic,
                "stars": stars(test.p_value),
                "statistic": test.statistic,
                "p_value": test.p_value,
            }
        )
        below += [(f"{term}_p", test.p_value), (f"{term}_df", test.df)]
    records += [{"term": term, "estimate": value} for term, value in below]
    return records
