"""The paper's regressions as data, and their results as rows of the table `estimates`.

Here: which columns of Tables 4 to 7, 9 and 10 are estimated, on which rows; rows in the long form
of the published table; our rows beside the published ones. Not here: estimators, effects with
bootstrap intervals and robustness (`analysis.paper.indirect_effects`), files, page layout.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import pandas as pd

from analysis.panel import CONSTANT, EstimationError, NotIdentifiedError, lagged
from analysis.regressions.clustering import FixedEffectsResult
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.hausman import hausman
from analysis.regressions.iv import IVResult, fe_2sls
from analysis.regressions.mediation import stepwise
from analysis.regressions.moderation import complete_rows, product_name, regressions, with_products
from analysis.regressions.weak_instruments import ConfidenceSet
from analysis.regressions.wild_bootstrap import wild_cluster_p

CONTROLS = ("pdgp", "fdi", "hcl", "gov", "inv", "str", "inf")
TREATMENT, MEDIATOR, OUTCOME = "coagglo", "uic", "ami"
DIMENSIONS = ("amt", "amm", "amw", "gam", "ame")
LAGGED_TREATMENT = f"L.{TREATMENT}"
# The moderator of each table of moderated mediation.
MODERATORS = {"9": "mi", "10": "icc"}
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
    "wild_p_value": "float64",
    "n_clusters": "int64",
}
COLUMNS = list(_TYPES)
_STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


def _whole(panel: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=panel.index)


def _region(name: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda panel: panel["region"] == name


# The rows of each sample, by the name it has in the published estimates.
SAMPLES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "all": _whole,
    "2016-2021": lambda panel: panel["year"].between(2016, 2021),
    **{name: _region(name) for name in ("east", "central", "west", "northeast")},
    "clusters": lambda panel: panel["has_national_cluster"].astype(bool),
    "no_clusters": lambda panel: ~panel["has_national_cluster"].astype(bool),
}


@dataclass(frozen=True)
class Specification:
    """One column of one table of the paper: `table` and `column` as printed there.

    of_interest: the regressors that the column is about; they get a wild bootstrap p-value.
    """

    table: str
    column: str
    sample: str
    outcome: str
    regressors: tuple[str, ...]
    of_interest: tuple[str, ...] = (TREATMENT,)


BASELINE = Specification("4", "1", "all", OUTCOME, (TREATMENT, *CONTROLS))
FIRST_STAGE = Specification(
    "4", "2", "all", TREATMENT, (LAGGED_TREATMENT, *CONTROLS), (LAGGED_TREATMENT,)
)
SECOND_STAGE = replace(BASELINE, column="3")
EG = Specification("4", "4", "all", OUTCOME, ("eg", *CONTROLS), ("eg",))
CENTRES = replace(BASELINE, column="5", sample="2016-2021", outcome="center")
BY_DIMENSION = [
    replace(BASELINE, table="5", column=str(number), outcome=outcome)
    for number, outcome in enumerate(DIMENSIONS, start=1)
]
BY_SAMPLE = [
    replace(BASELINE, table="6", column=str(number), sample=sample)
    for number, sample in enumerate(
        ("east", "central", "west", "northeast", "clusters", "no_clusters"), start=1
    )
]


def stepwise_columns() -> list[Specification]:
    """Table 7, eq. 1 to 4."""
    return _steps("7", [
        (OUTCOME, (TREATMENT,)),
        (OUTCOME, (MEDIATOR,)),
        (MEDIATOR, (TREATMENT,)),
        (OUTCOME, (TREATMENT, MEDIATOR)),
    ])  # fmt: skip


def moderated_columns(table: str) -> list[Specification]:
    """Table 9 or 10, eq. 5 to 9."""
    moderator = MODERATORS[table]
    first, second = product_name(TREATMENT, moderator), product_name(MEDIATOR, moderator)
    return _steps(table, [
        (OUTCOME, (TREATMENT, moderator, first)),
        (MEDIATOR, (TREATMENT, moderator)),
        (MEDIATOR, (TREATMENT, moderator, first)),
        (OUTCOME, (MEDIATOR, moderator)),
        (OUTCOME, (MEDIATOR, moderator, second)),
    ])  # fmt: skip


def specifications() -> list[Specification]:
    """Every column of Tables 4 to 7, 9 and 10, as `all_columns` estimates them."""
    moderated = [column for table in MODERATORS for column in moderated_columns(table)]
    return [
        *(BASELINE, FIRST_STAGE, SECOND_STAGE, EG, CENTRES),
        *(*BY_DIMENSION, *BY_SAMPLE),
        *stepwise_columns(),
        *moderated,
    ]


def _steps(table: str, steps: list[tuple[str, tuple[str, ...]]]) -> list[Specification]:
    return [
        Specification(table, str(number), "all", outcome, (*regressors, *CONTROLS), regressors)
        for number, (outcome, regressors) in enumerate(steps, start=1)
    ]


class Statistic(NamedTuple):
    """A test or another figure below a column; without a p-value it is a figure alone."""

    statistic: float
    p_value: float = float("nan")
    df: int | None = None


@dataclass(frozen=True, eq=False)
class Estimated:
    """A specification's regression, with the tests that go with it by their term in `rows`.

    wild: wild cluster bootstrap p-values of the coefficients of interest.
    notes: what a reader of the table must know: rows left out, tests that are undefined or weak.
    """

    specification: Specification
    fit: FixedEffectsResult
    tests: Mapping[str, Statistic] = field(default_factory=dict)
    wild: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotEstimable:
    """Why a specification has no estimate: what is missing, or what the data do not identify.

    missing_variables: variables without any value in the sample.
    """

    table: str
    column: str
    missing_variables: tuple[str, ...]
    reason: str


Result = Estimated | NotEstimable


class Remarked(Protocol):
    """A table of results with its notes (table, column, words) and what it has no row of."""

    @property
    def notes(self) -> Sequence[tuple[str, str, str]]: ...

    @property
    def not_estimable(self) -> Sequence[NotEstimable]: ...


def stars(p_value: float) -> str:
    """The paper's marks: *** below 1 %, ** below 5 %, * below 10 %."""
    return next((mark for level, mark in _STARS if p_value < level), "")


def all_columns(panel: pd.DataFrame) -> list[Result]:
    """Every column of Tables 4 to 7, 9 and 10, in their order.

    panel: one row per province and year, in the columns of fct_panel.
    """
    return [
        baseline(panel),
        *instrumented(panel),
        *(estimate(panel, specification) for specification in (EG, CENTRES)),
        *(estimate(panel, specification) for specification in (*BY_DIMENSION, *BY_SAMPLE)),
        *mediated(panel),
        *(column for table in MODERATORS for column in moderated(panel, table)),
    ]


def in_sample(panel: pd.DataFrame, sample: str) -> pd.DataFrame:
    """The rows of a sample of `SAMPLES`."""
    try:
        return panel[SAMPLES[sample](panel)]
    except KeyError as error:
        raise EstimationError(f"sample '{sample}': no column or sample {error}") from None


def without_values(panel: pd.DataFrame, variables: Iterable[str]) -> tuple[str, ...]:
    """The variables that have no value in the panel, in their order."""
    return tuple(
        name for name in variables if name not in panel.columns or panel[name].isna().all()
    )


def estimate(panel: pd.DataFrame, specification: Specification) -> Result:
    """Estimate one specification on the rows of its sample.

    Where the data cannot carry it the answer is NotEstimable, never a smaller model in its
    place. Data that are wrong (duplicates, text, infinities) raise EstimationError.
    """
    rows_of_sample = in_sample(panel, specification.sample)

    def fit() -> list[FixedEffectsResult]:
        outcome, regressors = specification.outcome, specification.regressors
        return [two_way_fe(rows_of_sample, outcome, regressors)]

    variables = (specification.outcome, *specification.regressors)
    (result,) = _together(rows_of_sample, [specification], variables, fit, lambda: rows_of_sample)
    return result


def baseline(panel: pd.DataFrame) -> Result:
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
            test = hausman(
                panel,
                BASELINE.outcome,
                BASELINE.regressors,
                robust=robust,
                effects="twoway",
            )
        except NotIdentifiedError as error:
            notes.append(f"{name}: {error}")
        else:
            tests[term] = Statistic(test.statistic, test.p_value, test.df)
            notes += [f"{name}: {test.note}"] if test.note else []
    return replace(result, tests=tests, notes=tuple(notes))


def instrumented(panel: pd.DataFrame) -> list[Result]:
    """Table 4 columns (2) and (3): coagglo by its lag, and ami by coagglo so predicted."""
    if TREATMENT in panel:
        panel = panel.assign(**{LAGGED_TREATMENT: lagged(panel, TREATMENT)})
    found: list[IVResult] = []

    def fit() -> list[FixedEffectsResult]:
        iv = fe_2sls(panel, OUTCOME, [TREATMENT], [LAGGED_TREATMENT], CONTROLS)
        found.append(iv)
        return [iv.first_stage[TREATMENT], iv]

    variables = (OUTCOME, TREATMENT, *CONTROLS)
    columns = _together(
        panel,
        [FIRST_STAGE, SECOND_STAGE],
        variables,
        fit,
        # The first stage is on the rows in which the outcome has a value too.
        lambda: panel[panel[OUTCOME].notna()],
    )
    if not found:
        return columns
    first, second = columns
    assert isinstance(second, Estimated)
    (iv,) = found
    stage = iv.first_stage[TREATMENT]
    tests = {
        "_first_stage_f": Statistic(stage.f_stat, stage.f_p_value, stage.f_df),
        "_kp_rk_lm": Statistic(iv.kp_rk_lm, iv.kp_rk_lm_p, 1),
        "_kp_wald_rk_f": Statistic(iv.kp_wald_f),
        "_cragg_donald_f": Statistic(iv.cragg_donald_f),
        **{
            f"_stock_yogo_{size}pct": Statistic(value) for size, value in iv.stock_yogo.size.items()
        },
        "_anderson_rubin_wald": Statistic(iv.ar_chi2, iv.ar_chi2_p, 1),
        "_anderson_rubin_f": Statistic(iv.ar_f, iv.ar_p, 1),
    }
    notes = second.notes
    if (ar_set := iv.ar_confidence_set) is not None:
        tests |= _ends(ar_set)
        notes += (f"Anderson-Rubin confidence set of {TREATMENT}: {ar_set}",)
    return [first, replace(second, tests=tests, notes=notes)]


def mediated(panel: pd.DataFrame) -> list[Result]:
    """Table 7, its four columns on one sample."""

    def fit() -> list[FixedEffectsResult]:
        steps = stepwise(panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS)
        return [steps.total, steps.mediator_alone, steps.mediator, steps.outcome]

    def used() -> pd.DataFrame:
        rows_used, _ = complete_rows(
            panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS, entity="province", time="year"
        )
        return rows_used

    variables = (OUTCOME, TREATMENT, MEDIATOR, *CONTROLS)
    return _together(panel, stepwise_columns(), variables, fit, used)


def moderated(panel: pd.DataFrame, table: str) -> list[Result]:
    """Table 9 or 10, its five columns on one sample, moderator and products standardised."""
    moderator = MODERATORS[table]

    def fit() -> list[FixedEffectsResult]:
        of = regressions(panel, TREATMENT, MEDIATOR, OUTCOME, moderator, CONTROLS)
        return [of.total, of.mediator, of.moderated_mediator, of.outcome, of.moderated_outcome]

    def used() -> pd.DataFrame:
        rows_used, _ = complete_rows(
            panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS, moderator,
            entity="province", time="year",
        )  # fmt: skip
        return with_products(rows_used, TREATMENT, MEDIATOR, moderator, "standardise")

    variables = (OUTCOME, TREATMENT, MEDIATOR, moderator, *CONTROLS)
    return _together(panel, moderated_columns(table), variables, fit, used)


def rows(results: Iterable[Result]) -> pd.DataFrame:
    """The table `estimates`: one row per table, column and term, in `COLUMNS`.

    Terms are the regressors, `constant`, and, led by an underscore, what stands below a column:
    `_n`, `_r2` (within), `_n_clusters`, `_n_dropped`, and for each test its statistic, `_p`
    (p-value) and `_df`; `statistic` and `p_value` of a test's row repeat them. `dispersion` is
    the clustered standard error, `p_value` by t(G-1), `wild_p_value` by the wild cluster
    bootstrap, for the coefficients of interest. A NotEstimable has no rows.
    """
    return as_rows(
        {**_place(result.specification), "n_clusters": result.fit.n_clusters, **record}
        for result in results
        if isinstance(result, Estimated)
        for record in _records(result)
    )


def as_rows(records: Iterable[Mapping[Hashable, Any]]) -> pd.DataFrame:
    """Records in the columns and types of the table `estimates`."""
    return pd.DataFrame(list(records), columns=COLUMNS).astype(_TYPES)


def remarks(results: Iterable[Result], others: Iterable[Remarked]) -> dict[str, pd.DataFrame]:
    """The tables `notes` and `not_estimable` of regressions and of tables beside them."""
    results, others = list(results), list(others)
    notes = [
        (result.specification.table, result.specification.column, note)
        for result in results
        if isinstance(result, Estimated)
        for note in result.notes
    ]
    refused = [result for result in results if isinstance(result, NotEstimable)]
    for other in others:
        notes.extend(other.notes)
        refused.extend(other.not_estimable)
    missing = [(of.table, of.column, ",".join(of.missing_variables), of.reason) for of in refused]
    columns: dict[str, tuple[list[Any], list[str]]] = {
        "notes": (notes, ["table", "column", "note"]),
        "not_estimable": (missing, ["table", "column", "missing_variables", "reason"]),
    }
    return {
        name: pd.DataFrame(found, columns=names, dtype="string")
        for name, (found, names) in columns.items()
    }


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


def _together(
    panel: pd.DataFrame,
    specifications: list[Specification],
    variables: Sequence[str],
    fit: Callable[[], Sequence[FixedEffectsResult]],
    used: Callable[[], pd.DataFrame],
) -> list[Result]:
    """Columns that are estimated together, with their wild bootstrap p-values.

    used: the rows that the regressions see, products among their columns.
    """
    reason, missing = "", without_values(panel, variables)
    if missing:
        reason = f"without any value: {', '.join(missing)}"
    else:
        try:
            fits = fit()
        except NotIdentifiedError as error:
            reason = str(error)
    if reason:
        return [NotEstimable(of.table, of.column, missing, reason) for of in specifications]
    rows_used = used()
    return [
        _estimated(rows_used, specification, result)
        for specification, result in zip(specifications, fits, strict=True)
    ]


def _estimated(
    rows_used: pd.DataFrame, specification: Specification, fit: FixedEffectsResult
) -> Estimated:
    notes = []
    if fit.n_dropped:
        notes.append(f"{fit.n_dropped} province-years lack a variable and are left out")
    wild = {}
    # Two-stage least squares has the Anderson-Rubin test in its place.
    for term in () if isinstance(fit, IVResult) else specification.of_interest:
        try:
            wild[term] = wild_cluster_p(
                rows_used,
                specification.outcome,
                specification.regressors,
                term,
                fit=fit,
            ).p_value
        except NotIdentifiedError as error:
            notes.append(f"wild bootstrap of {term}: {error}")
    return Estimated(specification, fit, wild=wild, notes=tuple(notes))


def _ends(confidence_set: ConfidenceSet) -> dict[str, Statistic]:
    """The ends of each interval of a set, numbered from 1; infinite where it has none."""
    return {
        f"_ar_set_{number}_{name}": Statistic(end)
        for number, interval in enumerate(confidence_set.intervals, start=1)
        for name, end in zip(("lower", "upper"), interval, strict=True)
    }


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
    coefficients["wild_p_value"] = pd.Series(result.wild, dtype=float)
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
        if pd.isna(test.p_value):
            below.append((term, test.statistic))
            continue
        records.append(
            {
                "term": term,
                "estimate": test.statistic,
                "stars": stars(test.p_value),
                "statistic": test.statistic,
                "p_value": test.p_value,
            }
        )
        below.append((f"{term}_p", test.p_value))
        below += [] if test.df is None else [(f"{term}_df", test.df)]
    records += [{"term": term, "estimate": value} for term, value in below]
    return records
