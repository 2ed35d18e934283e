"""What each coefficient of interest of Tables 4 to 11 rests on, as a table.

Here: every such coefficient without each province, and, where it is of one least-squares
regression, without the fewest province-years found that turn it. Not here: how these are found
(`analysis.regressions.influence`).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from analysis.panel import NotIdentifiedError
from analysis.paper import table_11
from analysis.paper.balanced_panel import ENTITY, balanced
from analysis.paper.estimable import EstimatesTable, typed, without_values
from analysis.paper.fits import rows_used
from analysis.paper.matrices import matrices
from analysis.paper.result_columns import types_of
from analysis.paper.specifications import (
    FIRST_STAGE,
    LAGGED_TREATMENT,
    Specification,
    specifications,
    stepwise_columns,
)
from analysis.regressions.deletions import Deletions
from analysis.regressions.influence import LEVEL, MOST_ROWS, Rows, influence
from analysis.regressions.maximum_influence import SIGN, SIGNIFICANCE, FirstOrder
from analysis.spatial.impacts import EFFECTS
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import CONTROLS, MEDIATOR, OUTCOME, TREATMENT

COLUMNS = types_of(
    "table", "column", "sample", "term", "estimate", "p_value", "lowest", "lowest_without",
    "highest", "highest_without", "sign_provinces", "significance_provinces", "sign_rows",
    "significance_rows",
)  # fmt: skip
# Up to so many provinces Table 11, a likelihood of its own each time, is fitted without each.
EACH_REFITTED = 500
# Estimate and p-value, which is not a number where there is no test.
Figures = tuple[float, float]
_NAN = float("nan")


def dependence(panel: pd.DataFrame, weights: pd.DataFrame) -> EstimatesTable:
    """Each coefficient of interest without each province, and the rows that decide it.

    Rows: lowest and highest estimate without a province, which one; the provinces without which
    alone the sign is another or 5 % is crossed; and so the fewest province-years found, together,
    of Tables 4 to 7, 9 and 10 but for the instrumented column: one after the other by exact
    deletion, of many province-years those that do to first order and when tried. p-values by
    t(G - 1), of Table 11 by the normal; Table 8's indirect effect has none here. Of more than
    `EACH_REFITTED` provinces Table 11 is not fitted without each, which a note says. What is not
    estimable is listed where its table is, and not here.
    """
    records = [record for column in specifications() for record in _of_column(panel, column)]
    records += _indirect(panel)
    notes: tuple[tuple[str, str, str], ...] = ()
    for matrix in matrices(weights):
        if matrix.name == table_11.PRINTED_MATRIX:
            records += _spatial(panel, matrix)
            if len(matrix.ids) > EACH_REFITTED:
                words = f"not fitted without each of {len(matrix.ids):,} provinces: too many models"
                notes = ((table_11.TABLE, "dependence", words),)
    return EstimatesTable(typed([pd.DataFrame(records)] if records else [], COLUMNS), notes)


def _of_column(panel: pd.DataFrame, column: Specification) -> list[dict[Hashable, Any]]:
    if without_values(panel, column.variables | {TREATMENT, *CONTROLS}):
        return []
    records = []
    for term in column.of_interest:
        place = _place(column.table, column.column, column.sample, term)
        with suppress(NotIdentifiedError):
            if column.instrument:
                records.append(place | _instrumented(rows_used(panel, FIRST_STAGE)))
                continue
            rows = rows_used(panel, column)
            of = influence(rows, column.outcome, column.regressors, term)
            turned = {SIGN: of.sign_rows, SIGNIFICANCE: of.significance_rows}
            if None in turned.values():
                turned = _to_first_order(rows, column, term)
            decided = {f"{turns}_rows": _named(found or ()) for turns, found in turned.items()}
            records.append(place | _range((of.estimate, of.p_value), of.without) | decided)
    return records


def _to_first_order(rows: pd.DataFrame, column: Specification, term: str) -> dict[str, Rows | None]:
    """The rows that to first order turn the coefficient, where they do and are few enough."""
    others = (name for name in column.regressors if name != term)
    regression = Deletions.of_panel(rows, column.outcome, (term, *others))
    keys = regression.sample.rows()[["province", "year"]]
    first_order = FirstOrder.of(regression)
    turned: dict[str, Rows | None] = {}
    for turns in (SIGN, SIGNIFICANCE):
        found = first_order.proposed(turns)
        if found and found.holds and len(found.rows) <= MOST_ROWS * len(keys):
            places = keys.iloc[np.sort(found.rows)]
            turned[turns] = tuple(places.itertuples(index=False, name=None))
        else:
            turned[turns] = None
    return turned


def _instrumented(rows: pd.DataFrame) -> dict[Hashable, Any]:
    """Table 4 (3), by the reduced form and the first stage on the rows of both."""
    rows = rows[rows[TREATMENT].notna()]
    first, reduced = (
        Deletions.of_panel(rows, outcome, (LAGGED_TREATMENT, *CONTROLS))
        for outcome in (TREATMENT, OUTCOME)
    )

    return _range(reduced.instrumented(first, []), reduced.instrumented_without_each_entity(first))


def _indirect(panel: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Table 8: the product of two coefficients of Table 7, without each province."""
    if without_values(panel, (OUTCOME, TREATMENT, MEDIATOR, *CONTROLS)):
        return []
    try:
        rows = rows_used(panel, stepwise_columns()[0])
        a = Deletions.of_panel(rows, MEDIATOR, (TREATMENT, *CONTROLS))
        b = Deletions.of_panel(rows, OUTCOME, (MEDIATOR, TREATMENT, *CONTROLS))
    except NotIdentifiedError:
        return []

    without = a.without_each_entity()
    without = without.assign(
        estimate=without["estimate"] * b.without_each_entity()["estimate"], p_value=_NAN
    )
    indirect = a.without([])[0] * b.without([])[0]
    return [_place("8", "effect", "all", "indirect") | _range((indirect, _NAN), without)]


def _spatial(panel: pd.DataFrame, matrix: SpatialWeights) -> list[dict[Hashable, Any]]:
    """Table 11: coagglo and rho, W being among the provinces left."""
    if without_values(panel, table_11.VARIABLES):
        return []

    def of(units: pd.Index) -> dict[tuple[str, str], Figures]:
        data = balanced(panel, table_11.VARIABLES, matrix.restricted(units))
        fit = table_11.fitted(data, "sdm", table_11.PRINTED_ESTIMATOR)
        effects = fit.effects()
        found = {
            ("main", TREATMENT): TREATMENT,
            ("wx", TREATMENT): f"W {TREATMENT}",
            ("main", "rho"): "rho",
        }
        return {place: (fit.params[name], fit.p_values[name]) for place, name in found.items()} | {
            (name, TREATMENT): tuple(getattr(effects, name).loc[TREATMENT, ["estimate", "p_value"]])
            for name in EFFECTS
        }

    try:
        units = balanced(panel, table_11.VARIABLES, matrix).units
        full = of(units)
    except NotIdentifiedError:
        return []
    without: dict[str, dict[tuple[str, str], Figures]] = {}
    for unit in units if len(units) <= EACH_REFITTED else ():
        with suppress(NotIdentifiedError):
            without[unit] = of(units.drop(unit))
    names = panel.drop_duplicates(ENTITY).set_index(ENTITY)["province"]
    records = []
    for (part, term), figures in full.items():
        each = [(names[unit], *found[part, term]) for unit, found in without.items()]
        frame = pd.DataFrame(each, columns=["left_out", "estimate", "p_value"])
        place = _place(table_11.TABLE, table_11.PARTS[part], part, term)
        records.append(place | _range(figures, frame))
    return records


def _place(table: str, column: str, sample: str, term: str) -> dict[Hashable, Any]:
    return {"table": table, "column": column, "sample": sample, "term": term}


def _range(figures: Figures, without: pd.DataFrame) -> dict[Hashable, Any]:
    """Lowest and highest without a province, and the provinces without which it turns.

    The estimate alone where it is known without none.
    """
    estimate, p_value = figures
    if without.empty:
        return {"estimate": estimate, "p_value": p_value}
    known = without[without["estimate"].notna()]
    turned = known[np.sign(known["estimate"]) == -np.sign(estimate)]
    tested = known[known["p_value"].notna()] if pd.notna(p_value) else known.head(0)
    crossed = tested[(tested["p_value"] < LEVEL) != (p_value < LEVEL)]
    found: dict[Hashable, Any] = {
        "estimate": estimate,
        "p_value": p_value,
        "sign_provinces": ", ".join(map(str, turned["left_out"])),
        "significance_provinces": ", ".join(map(str, crossed["left_out"])),
    }
    if len(known):
        ordered = known.sort_values("estimate", kind="stable")
        for name, row in (("lowest", ordered.iloc[0]), ("highest", ordered.iloc[-1])):
            found |= {name: row["estimate"], f"{name}_without": row["left_out"]}
    return found


def _named(rows: Sequence[tuple[Any, Any]]) -> str:
    return ", ".join(f"{province} {year}" for province, year in rows)
