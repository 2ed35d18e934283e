"""What carries each coefficient on the index: its parts by dimension and indicator, as a table.

Here: which indicators an outcome is the sum of, which raw items stand on both sides of an equation,
and the coefficient without them. Not here: how a coefficient is split
(`analysis.regressions.many_outcomes`, `analysis.spatial.outcomes_given_rho`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.paper import indirect_effects, table_11
from analysis.paper.balanced_panel import ENTITY, TIME, arrays_of, balanced
from analysis.paper.estimable import EstimatesTable, typed, without_values
from analysis.paper.fits import rows_used
from analysis.paper.matrices import matrices
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import reduced_columns
from analysis.paper.specifications import (
    BASELINE,
    Specification,
    specifications,
    stepwise_columns,
)
from analysis.regressions.iv import moments
from analysis.regressions.many_outcomes import (
    ManyOutcomes,
    many_outcomes,
    many_outcomes_2sls,
    through_mediator,
)
from analysis.regressions.one_coefficient import each_coefficient
from analysis.spatial.fitted import lagged_name
from analysis.spatial.outcomes_given_rho import outcomes_given_rho
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import DIMENSIONS, INDEX_VARIABLES, MEDIATOR, OUTCOME, TREATMENT

COLUMNS = types_of(
    "table", "column", "sample", "outcome", "term", "kind", "component", "estimate", "std_error",
    "p_value", "share_of_estimate", "shared_items",
)  # fmt: skip
# What a row is: the coefficient, its part by dimension or indicator, and what is left without the
# indicators that share an item with the right-hand side: their sum, and as an index by itself.
WHOLE, DIMENSION, INDICATOR = "whole", "dimension", "indicator"
NOT_SHARED, INDEX_OF_OTHERS = "without shared items", "index of the others"
# How far indicators may be from their sum, relative to its largest value: rounding.
_ADDS_UP = 1e-9
Row = dict[str, Any]


def coefficient_parts(
    panel: pd.DataFrame, scores: pd.DataFrame, inputs: pd.DataFrame, weights: pd.DataFrame
) -> EstimatesTable:
    """Each coefficient of interest on ami or a dimension as the sum over its indicators.

    Rows of a coefficient: the whole; each dimension; each indicator with the raw items that its
    formula shares with a variable of the right-hand side; without those indicators the sum of the
    others, and the coefficient of an index made of the others alone, their weights adding up to
    one. Of Table 8 the indirect effect, with errors by the delta method. Of Table 11 the
    coefficients of coagglo given rho. What is not estimable is listed where
    its table is, and not here.

    scores: fct_indicator_score. inputs: the seed formula_inputs. weights: the table
    `spatial_weights`.
    """
    items = _items(inputs)
    columns = [
        column
        for column in (*specifications(), *reduced_columns(panel))
        if column.outcome in INDEX_VARIABLES and not without_values(panel, column.variables)
    ]
    parts = {of: _Parts.of(panel, scores, of) for of in {column.outcome for column in columns}}
    rows: list[Row] = []
    for column in columns:
        with suppress(NotIdentifiedError):
            rows += _of_column(panel, parts[column.outcome], items, column)
    if not without_values(panel, table_11.VARIABLES):
        for matrix in matrices(weights):
            if matrix.name == table_11.PRINTED_MATRIX:
                with suppress(NotIdentifiedError):
                    rows += _spatial(panel, scores, items, matrix)
        with suppress(NotIdentifiedError):
            rows += _indirect(panel, parts[OUTCOME], items)
    return EstimatesTable(typed([pd.DataFrame(rows)] if rows else [], COLUMNS), _notes(rows))


def _notes(rows: list[Row]) -> tuple[tuple[str, str, str], ...]:
    """Under each column whose outcome is made of what a right-hand variable is made of too."""
    through: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        if row["kind"] == INDICATOR and row["shared_items"]:
            place = row["table"], row["column"], row["outcome"]
            through.setdefault(place, {})[row["component"]] = row["shared_items"]
    return tuple(
        (
            table,
            column,
            f"raw items stand on both sides, in {outcome} through "
            + ", ".join(f"{name} ({items})" for name, items in of.items())
            + ": the coefficient without them is under “What carries the headline”",
        )
        for (table, column, outcome), of in through.items()
    )


def _items(inputs: pd.DataFrame) -> Mapping[str, frozenset[str]]:
    """The raw items of each formula, by indicator or variable."""
    grouped = inputs.groupby("subject")["item_code"]
    return {str(subject): frozenset(items) for subject, items in grouped}


@dataclass(frozen=True, eq=False)
class _Parts:
    """What the indicators give to ami or a dimension.

    points, weights: by entity and year, a column an indicator. dimension_of: of each indicator.
    """

    points: pd.DataFrame
    weights: pd.DataFrame
    dimension_of: Mapping[str, str]

    @classmethod
    def of(
        cls, panel: pd.DataFrame, scores: pd.DataFrame, outcome: str, entity: str = "province"
    ) -> _Parts:
        """Raises EstimationError where they do not add up to the outcome."""
        points, weight = "contribution", "overall_weight"
        if outcome in DIMENSIONS:
            points, weight = "dimension_contribution", "individual_weight"
            scores = scores[scores["dimension"] == outcome]
        scores = scores[scores[points].notna()]
        keys = [entity, TIME]
        # An indicator without a score has given nothing to the sum, which is held against ami.
        given, weights = (
            scores.pivot(index=keys, columns="indicator", values=values).fillna(0.0)
            for values in (points, weight)
        )
        once = scores.drop_duplicates("indicator")
        dimension_of = dict(zip(once["indicator"], once["dimension"], strict=True))
        known = panel[panel[outcome].notna()].set_index(keys)[outcome]
        apart = (given.sum(axis=1).reindex(known.index) - known).abs()
        if not (apart <= _ADDS_UP * known.abs().max()).all():
            furthest = apart.reset_index(drop=True).fillna(np.inf).argmax()
            place = panel[panel[outcome].notna()].iloc[furthest]
            raise EstimationError(
                f"the indicators do not add up to {outcome} in {place[entity]} {place[TIME]}"
            )
        return cls(given, weights, {name: dimension_of[name] for name in map(str, given)})

    def outcomes(self, shared: Mapping[str, list[str]]) -> pd.DataFrame:
        """The points, and where some indicators share an item an index of the others.

        Their weights add up to one.
        """
        indicators = [name for name, both in shared.items() if not both]
        if not 0 < len(indicators) < len(shared):
            return self.points
        index = self.points[indicators].sum(axis=1) / self.weights[indicators].sum(axis=1)
        return self.points.assign(**{INDEX_OF_OTHERS: index})


def _of_column(
    panel: pd.DataFrame, parts: _Parts, items: Mapping[str, frozenset[str]], column: Specification
) -> list[Row]:
    shared = _shared(items, parts.dimension_of, column.variables)
    outcomes = parts.outcomes(shared)
    rows = rows_used(panel, column)
    if column.instrument:
        term, *controls = column.regressors
        data, _ = moments(
            rows, column.outcome, [term], [column.instrument], controls, entity="province",
            time="year", effects="twoway",
        )  # fmt: skip
        found = {term: many_outcomes_2sls(data, outcomes)}
    else:
        each = each_coefficient(rows, column.outcome, column.regressors, column.of_interest)
        found = {of.name: many_outcomes(of, outcomes) for of in each}
    return [
        column.place | {"term": term} | row
        for term, of in found.items()
        for row in _records(of, parts.dimension_of, shared)
    ]


def _indirect(panel: pd.DataFrame, parts: _Parts, items: Mapping[str, frozenset[str]]) -> list[Row]:
    """Table 8: the effect through the mediator, a of eq. 3 times b of eq. 4."""
    *_, of_mediator, of_outcome = stepwise_columns()
    rows = rows_used(panel, of_outcome)
    (first,) = each_coefficient(rows, MEDIATOR, of_mediator.regressors, [TREATMENT])
    (second,) = each_coefficient(rows, OUTCOME, of_outcome.regressors, [MEDIATOR])
    shared = _shared(items, parts.dimension_of, of_outcome.variables)
    found = through_mediator(first, many_outcomes(second, parts.outcomes(shared)))
    place = {"table": indirect_effects.TABLE, "column": "effect", "sample": "all"}
    place |= {"outcome": OUTCOME, "term": "indirect"}
    return [place | row for row in _records(found, parts.dimension_of, shared)]


def _spatial(
    panel: pd.DataFrame,
    scores: pd.DataFrame,
    items: Mapping[str, frozenset[str]],
    matrix: SpatialWeights,
) -> list[Row]:
    """Table 11: coagglo and W coagglo given rho, errors too."""
    data = balanced(panel, table_11.VARIABLES, matrix)
    fit = table_11.fitted(data, "sdm", table_11.PRINTED_ESTIMATOR)
    arrays = arrays_of(data, BASELINE.regressors)
    parts = _Parts.of(panel, scores, OUTCOME, ENTITY)
    names = list(parts.dimension_of)
    keys = pd.MultiIndex.from_product([arrays.times, arrays.units])
    of_rows = parts.points.swaplevel().reindex(keys).to_numpy()
    points = of_rows.reshape(len(arrays.times), len(arrays.units), -1)
    shared = _shared(items, names, BASELINE.variables)
    rows: list[Row] = []
    for part, coefficient in (("main", TREATMENT), ("wx", lagged_name(TREATMENT))):
        place = {
            "table": table_11.TABLE,
            "column": table_11.PARTS[part],
            "sample": part,
            "outcome": OUTCOME,
            "term": TREATMENT,
        }
        found = outcomes_given_rho(fit, points, names, coefficient)
        rows += [place | row for row in _records(found, parts.dimension_of, shared)]
    return rows


def _shared(
    items: Mapping[str, frozenset[str]], indicators: Iterable[str], variables: Iterable[str]
) -> dict[str, list[str]]:
    """By indicator the raw items that its formula shares with a variable of the equation.

    The outcome is one of them, and has no formula of its own.
    """
    nothing = frozenset[str]()
    of_right = nothing.union(*(items.get(name, nothing) for name in variables))
    return {name: sorted(items.get(name, nothing) & of_right) for name in indicators}


def _records(
    found: ManyOutcomes, dimension_of: Mapping[str, str], shared: Mapping[str, list[str]]
) -> list[Row]:
    """The rows of one coefficient."""
    sums: list[tuple[str, str, list[str]]] = [(WHOLE, "", list(shared))]
    present = [name for name in DIMENSIONS if name in dimension_of.values()]
    if len(present) > 1:
        sums += [
            (DIMENSION, name, [part for part, of in dimension_of.items() if of == name])
            for name in present
        ]
    sums += [(INDICATOR, name, [name]) for name in shared]
    if any(shared.values()):
        sums.append((NOT_SHARED, "", [name for name, both in shared.items() if not both]))
    if INDEX_OF_OTHERS in found.names:
        sums.append((INDEX_OF_OTHERS, "", [INDEX_OF_OTHERS]))
    pieces = found.of_sums([of for _, _, of in sums]).to_dict("records")
    whole = pieces[0]["estimate"]
    return [
        {
            "kind": kind,
            "component": component,
            "estimate": piece["estimate"],
            "std_error": piece["std_error"],
            "p_value": piece["p_value"],
            "share_of_estimate": piece["estimate"] / whole if whole else np.nan,
            "shared_items": ",".join(
                sorted({item for name in of for item in shared.get(name, ())})
            ),
        }
        for (kind, component, of), piece in zip(sums, pieces, strict=True)
    ]
