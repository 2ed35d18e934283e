"""The columns of Tables 4 to 7, 9 and 10 estimated, with the tests that stand below them.

Here: from a panel to a regression for each column, or to the reason why it has none. Not here:
which columns there are (`specifications`), estimators (`analysis.regressions`), the form in which
results are stored (`long_form`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import pandas as pd

from analysis.panel import NotIdentifiedError, lagged
from analysis.paper.estimable import NotEstimable, attempted, left_out
from analysis.paper.specifications import (
    BASELINE,
    BY_DIMENSION,
    BY_SAMPLE,
    FIRST_STAGE,
    LAGGED_TREATMENT,
    MODERATOR_OF,
    SECOND_STAGE,
    STEPWISE,
    TABLE_4,
    Specification,
    in_sample,
    moderated_columns,
    stepwise_columns,
)
from analysis.regressions.clustering import FixedEffectsResult
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.hausman import hausman
from analysis.regressions.iv import IVResult, fe_2sls
from analysis.regressions.mediation import stepwise
from analysis.regressions.moderation import complete_rows, regressions, with_products
from analysis.regressions.weak_instruments import ConfidenceSet
from analysis.regressions.wild_bootstrap import wild_cluster_p
from analysis.standing import index_variable
from analysis.variables import CONTROLS, MEDIATOR, OUTCOME, TREATMENT


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


Result = Estimated | NotEstimable


def all_columns(panel: pd.DataFrame) -> list[Result]:
    """Every column of Tables 4 to 7, 9 and 10, in their order.

    panel: one row per province and year, in the columns of fct_panel.
    """
    return [
        *table_4(panel),
        *(estimate(panel, specification) for specification in (*BY_DIMENSION, *BY_SAMPLE)),
        *mediated(panel),
        *(column for table in MODERATOR_OF for column in moderated(panel, table)),
    ]


def table_4(panel: pd.DataFrame, columns: Sequence[Specification] = TABLE_4) -> list[Result]:
    """The five columns of Table 4, as the paper has them or reduced."""
    first, second, third, *others = columns
    return [
        baseline(panel, first),
        *instrumented(panel, second, third),
        *(estimate(panel, specification) for specification in others),
    ]


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
    (result,) = _together(rows_of_sample, [specification], variables, fit)
    return result


def rows_used(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """The rows that a column's regression sees, its lag or its products among their columns.

    Raises as `analysis.panel.estimation_sample`.
    """
    moderator = MODERATOR_OF.get(specification.table)
    if moderator or specification.table == STEPWISE:
        sample = complete_rows(
            panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS, moderator, entity="province", time="year"
        )
        rows = sample.rows()
        if moderator:
            return with_products(rows, TREATMENT, MEDIATOR, moderator, "standardise")
        return rows
    if LAGGED_TREATMENT in (*specification.regressors, specification.instrument):
        panel = panel.assign(**{LAGGED_TREATMENT: lagged(panel, TREATMENT)})
        # Both stages are on the rows in which the outcome has a value.
        return panel[panel[index_variable(panel)].notna()]
    return in_sample(panel, specification.sample)


def baseline(panel: pd.DataFrame, specification: Specification = BASELINE) -> Result:
    """Table 4 column (1), with both Hausman tests of its province effects given year effects.

    A Hausman test that too few provinces leave undefined is a note, not a test.
    """
    result = estimate(panel, specification)
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
                specification.outcome,
                specification.regressors,
                robust=robust,
                effects="twoway",
            )
        except NotIdentifiedError as error:
            notes.append(f"{name}: {error}")
        else:
            tests[term] = Statistic(test.statistic, test.p_value, test.df)
            notes += [f"{name}: {test.note}"] if test.note else []
    return replace(result, tests=tests, notes=tuple(notes))


def instrumented(
    panel: pd.DataFrame,
    first: Specification = FIRST_STAGE,
    second: Specification = SECOND_STAGE,
) -> list[Result]:
    """Table 4 columns (2) and (3): coagglo by its lag, and ami by coagglo so predicted."""
    treatment, *controls = second.regressors
    if TREATMENT in panel:
        panel = panel.assign(**{LAGGED_TREATMENT: lagged(panel, TREATMENT)})
    found: list[IVResult] = []

    def fit() -> list[FixedEffectsResult]:
        iv = fe_2sls(panel, second.outcome, [treatment], [LAGGED_TREATMENT], controls)
        found.append(iv)
        return [iv.first_stage[treatment], iv]

    columns = _together(
        panel,
        [first, second],
        (second.outcome, *second.regressors),
        fit,
    )
    if not found:
        return columns
    of_treatment, of_outcome = columns
    assert isinstance(of_outcome, Estimated)
    (iv,) = found
    stage = iv.first_stage[treatment]
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
    notes = of_outcome.notes
    if (ar_set := iv.ar_confidence_set) is not None:
        tests |= _ends(ar_set)
        notes += (f"Anderson-Rubin confidence set of {treatment}: {ar_set}",)
    return [of_treatment, replace(of_outcome, tests=tests, notes=notes)]


def mediated(panel: pd.DataFrame) -> list[Result]:
    """Table 7, its four columns on one sample."""

    def fit() -> list[FixedEffectsResult]:
        steps = stepwise(panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS)
        return [steps.total, steps.mediator_alone, steps.mediator, steps.outcome]

    variables = (OUTCOME, TREATMENT, MEDIATOR, *CONTROLS)
    return _together(panel, stepwise_columns(), variables, fit)


def moderated(panel: pd.DataFrame, table: str) -> list[Result]:
    """Table 9 or 10, its five columns on one sample, moderator and products standardised."""
    moderator = MODERATOR_OF[table]

    def fit() -> list[FixedEffectsResult]:
        of = regressions(panel, TREATMENT, MEDIATOR, OUTCOME, moderator, CONTROLS)
        return [of.total, of.mediator, of.moderated_mediator, of.outcome, of.moderated_outcome]

    variables = (OUTCOME, TREATMENT, MEDIATOR, moderator, *CONTROLS)
    return _together(panel, moderated_columns(table), variables, fit)


def _together(
    panel: pd.DataFrame,
    specifications: list[Specification],
    variables: Sequence[str],
    fit: Callable[[], Sequence[FixedEffectsResult]],
) -> list[Result]:
    """Columns that are estimated together, on the same rows, with wild bootstrap p-values."""

    def found() -> list[Result]:
        fits = fit()
        used = rows_used(panel, specifications[0])
        return [
            _estimated(used, specification, result)
            for specification, result in zip(specifications, fits, strict=True)
        ]

    table, columns = specifications[0].table, [of.column for of in specifications]
    return [*attempted(panel, variables, table, columns, found)]


def _estimated(
    used: pd.DataFrame, specification: Specification, fit: FixedEffectsResult
) -> Estimated:
    notes = left_out(fit)
    wild = {}
    # Two-stage least squares has the Anderson-Rubin test in its place.
    for term in () if isinstance(fit, IVResult) else specification.of_interest:
        try:
            wild[term] = wild_cluster_p(
                used,
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
