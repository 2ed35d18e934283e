"""The coefficients that Tables 4 to 11 are about, estimated without the tests that go with them.

For whoever needs the same coefficients on many panels: a vintage with part of the news. Not here:
the tables with errors and tests (`tables_4_to_11`), estimators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

import numpy as np
import pandas as pd

from analysis.panel import NotIdentifiedError
from analysis.paper import indirect_effects, table_11
from analysis.paper.balanced_panel import balanced
from analysis.paper.estimable import without_values
from analysis.paper.fits import rows_used
from analysis.paper.long_form import KEY
from analysis.paper.matrices import matrices, spatial_weights
from analysis.paper.sensitivity import reduced_columns
from analysis.paper.specifications import (
    LAGGED_TREATMENT,
    MODERATOR_OF,
    STEPWISE,
    TABLE_4,
    Specification,
    reduced,
    specifications,
)
from analysis.regressions.iv import moments
from analysis.regressions.many_regressions import Model, estimate_many
from analysis.spatial.fitted import lagged_name
from analysis.spatial.impacts import EFFECTS
from analysis.variables import MEDIATOR, OUTCOME, TREATMENT

# Table, column, sample, outcome, term.
Key = tuple[str, str, str, str, str]
RHO = "rho"


def main_coefficients(
    panel: pd.DataFrame, capitals: pd.DataFrame, borders: pd.DataFrame
) -> pd.Series:
    """The coefficients of interest of Tables 4 to 11 and of the reduced Table 4.

    By the keys of the table `estimates`, whose figures they are to about ten digits. What the panel
    does not carry or identify is not there.

    Parameters
    ----------
    panel : DataFrame
        One row a province-year, in the columns of fct_panel.
    capitals, borders : DataFrame
        The seeds province_capitals and province_borders, of which Table 11 makes its weights.

    Returns
    -------
    Series
        Estimates, indexed by `KEY`.

    Raises
    ------
    EstimationError
        Where the panel is wrong, as `analysis.panel.estimation_sample`.
    """
    columns = [
        column
        for column in (*specifications(), *reduced_columns(panel))
        if not without_values(panel, column.variables)
    ]
    found = dict(_of_columns(panel, columns))
    found |= _indirect(found)
    if not without_values(panel, table_11.VARIABLES):
        with suppress(NotIdentifiedError):
            found |= _spatial(panel, capitals, borders)
    keys = pd.MultiIndex.from_tuples(list(found), names=KEY) if found else _no_keys()
    return pd.Series(list(found.values()), keys, dtype=float, name="estimate").dropna()


def is_main(rows: pd.DataFrame) -> pd.Series:
    """Which rows of the table `estimates` are coefficients of interest."""
    columns = [*specifications(), *(reduced(column, ()) for column in TABLE_4)]
    named = {(of.table, of.column, term) for of in columns for term in of.of_interest}
    named |= {(indirect_effects.TABLE, "effect", term) for term in indirect_effects.EFFECTS}
    named |= {(table_11.TABLE, column, TREATMENT) for column in table_11.PARTS.values()}
    named.add((table_11.TABLE, table_11.PARTS["main"], RHO))
    places = zip(rows["table"], rows["column"], rows["term"], strict=True)
    return pd.Series([place in named for place in places], rows.index, dtype=bool)


def _no_keys() -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[] for _ in KEY], names=KEY)


def _of_columns(
    panel: pd.DataFrame, columns: Iterable[Specification]
) -> Iterator[tuple[Key, float]]:
    """Tables 4 to 7, 9 and 10; columns that see the same rows together."""
    together: dict[tuple[str, str, bool], list[Specification]] = {}
    for column in columns:
        if column.instrument:
            with suppress(NotIdentifiedError):
                yield _key(column, column.of_interest[0]), _instrumented(panel, column)
            continue
        table = column.table if column.table in (STEPWISE, *MODERATOR_OF) else ""
        sees_lag = LAGGED_TREATMENT in column.regressors
        together.setdefault((table, column.sample, sees_lag), []).append(column)
    for alike in together.values():
        with suppress(NotIdentifiedError):
            rows = rows_used(panel, alike[0])
            terms = [(column, term) for column in alike for term in column.of_interest]
            models = [
                Model(
                    column.outcome,
                    term,
                    tuple(name for name in column.regressors if name != term),
                )
                for column, term in terms
            ]
            made = estimate_many(rows, models, {"": np.ones(len(rows), dtype=bool)})
            for (column, term), estimate in zip(terms, made["estimate"], strict=True):
                yield _key(column, term), float(estimate)


def _key(column: Specification, term: str) -> Key:
    return column.table, column.column, column.sample, column.outcome, term


def _instrumented(panel: pd.DataFrame, column: Specification) -> float:
    """b = z'y / z'x, everything else partialled out."""
    term, *controls = column.regressors
    data, _ = moments(
        rows_used(panel, column), column.outcome, [term], [LAGGED_TREATMENT], controls,
        entity="province", time="year", effects="twoway",
    )  # fmt: skip
    (x,), (z,) = data.x.to_numpy().T, data.basis.T
    return float(z @ data.y / (z @ x))


def _indirect(found: dict[Key, float]) -> dict[Key, float]:
    """Table 8: products and sums of coefficients of Table 7."""

    def of(column: str, outcome: str, term: str) -> float:
        return found.get((STEPWISE, column, "all", outcome, term), float("nan"))

    direct = of("4", OUTCOME, TREATMENT)
    indirect = of("3", MEDIATOR, TREATMENT) * of("4", OUTCOME, MEDIATOR)
    effects = {"indirect": indirect, "direct": direct, "total": direct + indirect}
    return {
        (indirect_effects.TABLE, "effect", "all", OUTCOME, name): value
        for name, value in effects.items()
    }


def _spatial(
    panel: pd.DataFrame, capitals: pd.DataFrame, borders: pd.DataFrame
) -> dict[Key, float]:
    """Table 11: coagglo at home, of the neighbours, its effects, and rho; none without weights."""
    found: dict[Key, float] = {}
    for matrix in matrices(spatial_weights(panel, capitals, borders).rows):
        if matrix.name != table_11.PRINTED_MATRIX:
            continue
        data = balanced(panel, table_11.VARIABLES, matrix)
        fit = table_11.fitted(data, "sdm", table_11.PRINTED_ESTIMATOR)
        effects = fit.effects()
        figures = {
            ("main", TREATMENT): fit.params[TREATMENT],
            ("wx", TREATMENT): fit.params[lagged_name(TREATMENT)],
            ("main", RHO): fit.params[RHO],
            **{
                (name, TREATMENT): getattr(effects, name).loc[TREATMENT, "estimate"]
                for name in EFFECTS
            },
        }
        for (part, term), value in figures.items():
            place = (table_11.TABLE, table_11.PARTS[part], part, OUTCOME, term)
            found[place] = float(value)
    return found
