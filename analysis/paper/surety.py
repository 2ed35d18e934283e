"""How sure each main coefficient is: one row a coefficient and measure, beside its clustered error.

Here: which measures are taken of which columns of Tables 4 to 7, 9 and 10, of the reduced Table 4,
and of the variables behind them. Not here: what is asked of several coefficients at once
(`joint_nulls`), the instrumented column (`instrument`), the measures (`analysis.regressions`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from analysis.panel import NotIdentifiedError
from analysis.paper.estimable import EstimatesTable, typed
from analysis.paper.fits import rows_used
from analysis.paper.instrument import instrument
from analysis.paper.joint_nulls import (
    Placed,
    Row,
    adjusted,
    equality,
    is_of_a_family,
    leads_or_reason,
)
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import reduced_columns
from analysis.paper.specifications import BASELINE, Specification, specifications
from analysis.regressions.one_coefficient import (
    Inference,
    OneCoefficient,
    clustered,
    conley,
    driscoll_kraay,
    each_coefficient,
    effective_clusters,
    jackknife,
    randomisation,
)
from analysis.regressions.residual_tests import cips, pesaran_cd, wooldridge_serial
from analysis.spatial.weights import great_circle
from analysis.variables import PANEL_VARIABLES

COLUMNS = types_of(
    "table", "column", "sample", "outcome", "term", "measure", "estimate", "std_error",
    "statistic", "p_value", "critical_5", "lower", "upper", "direct_effect", "n", "n_clusters",
    "reason",
)  # fmt: skip
# Under which the tests of variables stand.
UNIT_ROOTS = "unit roots"


def surety(
    panel: pd.DataFrame,
    estimates: pd.DataFrame,
    reduced_table_4: pd.DataFrame,
    capitals: pd.DataFrame,
) -> EstimatesTable:
    """Every measure of every coefficient of interest that the tables of estimates have.

    Two-stage least squares has measures of its own (`instrument`); beside the coefficients stand
    families of tests, equality between samples, and leads (`joint_nulls`). What a column does not
    identify keeps its row, with the reason. capitals: the seed province_capitals.
    """
    places = great_circle(capitals)
    names = dict(zip(panel["province_code"], panel["province"], strict=True))
    distances = places.rename(index=names, columns=names)
    rows: list[Row] = []
    of_families: list[Placed] = []
    columns = pd.concat([estimates, reduced_table_4], ignore_index=True)
    for specification in (*specifications(), *reduced_columns(panel)):
        own = columns[
            (columns["table"] == specification.table) & (columns["column"] == specification.column)
        ].set_index("term")
        if own.empty:
            continue
        if specification.instrument:
            rows += instrument(panel, specification)
            continue
        used = rows_used(panel, specification)
        place = specification.place
        outcome, regressors = specification.outcome, specification.regressors
        bridgeless = _without_bridges(panel, specification)
        for of in each_coefficient(used, outcome, regressors, specification.of_interest):
            term = of.name
            measured = [
                *_asymptotic(own, term),
                *_measured(of, distances),
                bridgeless(term),
            ]
            of_all = {"term": term, "estimate": of.estimate, "n": len(of.x)}
            of_all |= {"n_clusters": of.n_clusters}
            rows += [place | of_all | row for row in measured]
            if is_of_a_family(specification):
                of_families.append((place | of_all, of))
        rows += [
            place | {"n": len(of.x), "n_clusters": of.n_clusters} | row for row in _of_residuals(of)
        ]
        if specification == BASELINE:
            rows += leads_or_reason(panel)
    rows += [*adjusted(of_families), *equality(of_families), *_unit_roots(panel)]
    rows = [{"column": "", "sample": "all", "reason": ""} | row for row in rows]
    return EstimatesTable(typed([pd.DataFrame(rows)] if rows else [], COLUMNS))


def _asymptotic(column: pd.DataFrame, term: str) -> Iterator[Row]:
    """What the column itself has: its clustered error, its wild bootstrap."""
    own = column.loc[term]
    yield {
        "measure": "clustered",
        "std_error": own["dispersion"],
        "statistic": own["statistic"],
        "p_value": own["p_value"],
    }
    yield {"measure": "wild_bootstrap", "p_value": own["wild_p_value"]}


def _measured(of: OneCoefficient, distances: pd.DataFrame) -> Iterator[Row]:
    yield {"measure": "effective_clusters", "statistic": effective_clusters(of)}
    measures: dict[str, Callable[[], Inference]] = {
        "jackknife": lambda: jackknife(of),
        "driscoll_kraay": lambda: driscoll_kraay(of),
        "conley": lambda: conley(of, distances),
        "randomisation": lambda: randomisation(of),
    }
    for name, measure in measures.items():
        yield _found(name, measure, of.estimate)


def _found(name: str, measure: Callable[[], Inference], estimate: float) -> Row:
    try:
        found = measure()
    except NotIdentifiedError as error:
        return {"measure": name, "reason": str(error)}
    return {"measure": name} | _of_estimate(estimate, found)


def _without_bridges(panel: pd.DataFrame, specification: Specification) -> Callable[[str], Row]:
    """Of each term the coefficient on the rows none of whose variables was filled across a break.

    One fit for all terms of a column.
    """
    variables, texts = specification.variables, panel["bridged_variables"]
    bridged = [text for text in texts.unique() if not variables.isdisjoint(text.split(","))]
    kept = panel[~texts.isin(bridged)]
    empty: Row = {"measure": "without_bridges"}
    if len(kept) == len(panel):
        return lambda _: empty | {"reason": "no variable of it rests on a bridge"}
    outcome, regressors = specification.outcome, specification.regressors
    try:
        used = rows_used(kept, specification)
        found = {
            of.name: (of, clustered(of))
            for of in each_coefficient(used, outcome, regressors, specification.of_interest)
        }
    except NotIdentifiedError as error:
        empty |= {"estimate": float("nan"), "n": 0, "n_clusters": 0, "reason": str(error)}
        return lambda _: empty

    def row(term: str) -> Row:
        of, inference = found[term]
        size = {"n": len(of.x), "n_clusters": of.n_clusters}
        return empty | {"estimate": of.estimate} | size | _of_estimate(of.estimate, inference)

    return row


def _of_estimate(estimate: float, found: Inference) -> Row:
    return {
        "std_error": found.std_error,
        "statistic": estimate / found.std_error,
        "p_value": found.p_value,
    }


def _of_residuals(of: OneCoefficient) -> Iterator[Row]:
    tests = {
        "pesaran_cd": lambda: pesaran_cd(of.residual, of.sample),
        "serial_correlation": lambda: wooldridge_serial(of.sample),
    }
    for name, make in tests.items():
        try:
            test = make()
        except NotIdentifiedError as error:
            yield {"term": "residuals", "measure": name, "reason": str(error)}
        else:
            yield {"term": "residuals", "measure": name, **test._asdict()}


def _unit_roots(panel: pd.DataFrame) -> Iterator[Row]:
    for name in PANEL_VARIABLES:
        if panel[name].isna().all():
            continue
        row = {"table": UNIT_ROOTS, "outcome": name, "term": name, "measure": "cips"}
        row |= {"n": int(panel[name].notna().sum()), "n_clusters": panel["province"].nunique()}
        try:
            test = cips(panel[panel[name].notna()], name)
        except NotIdentifiedError as error:
            yield row | {"reason": str(error)}
        else:
            yield row | {"statistic": test.statistic, "critical_5": test.critical_5}
