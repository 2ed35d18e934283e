"""The provinces and years that spatial panels can be estimated on, for the paper's variables.

Here: what is left of the panel where a hole in the map is not allowed, and the way through all
matrices of the paper. Not here: what is estimated (`table_11`, `spatial_pathways`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from analysis.panel import NotIdentifiedError, some
from analysis.paper.estimable import (
    EstimatesTable,
    NotEstimable,
    estimated_table,
    joined,
    lacking,
    typed,
    without_values,
)
from analysis.paper.matrices import PAPER_MATRICES, matrices
from analysis.spatial.algebra import spatial_algebra
from analysis.spatial.operations import SpatialAlgebra
from analysis.spatial.sample import PanelArrays, panel_arrays
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import OUTCOME

ENTITY, TIME = "province_code", "year"


@dataclass(frozen=True, eq=False)
class Balanced:
    """The provinces and years that a spatial panel can be estimated on, and their weights.

    rows: complete in every variable for every unit of W in every year that is kept.
    """

    rows: pd.DataFrame
    algebra: SpatialAlgebra
    units: pd.Index
    notes: tuple[str, ...]


def balanced(panel: pd.DataFrame, variables: Sequence[str], weights: SpatialWeights) -> Balanced:
    """What is left of a panel where a hole in the map is not allowed.

    Provinces without a single complete year leave the map: W is restricted to the others and its
    rows are standardised again. Then only years stay in which every province left is complete.
    The notes say what went. Raises NotIdentifiedError where fewer than two years remain.
    """
    complete = panel[panel[list(variables)].notna().all(axis=1)]
    units = weights.ids[weights.ids.isin(set(complete[ENTITY]))]
    notes = []
    if len(gone := weights.ids.difference(units)):
        notes.append(f"provinces without a complete year are not on the map: {some(gone)}")
        weights = weights.restricted(units)
    complete = complete[complete[ENTITY].isin(set(units))]
    per_year = complete.groupby(TIME)[ENTITY].nunique()
    years = per_year.index[per_year == len(units)]
    if len(years) < 2:
        words = ", ".join(variables)
        raise NotIdentifiedError(
            f"{len(years)} years have {words} in every province: a spatial panel needs two or more"
        )
    if len(gaps := per_year.index.difference(years)):
        notes.append(f"years in which a province lacks a variable are left out: {some(gaps)}")
    rows = complete[complete[TIME].isin(set(years))]
    return Balanced(rows, spatial_algebra(weights.matrix), units, tuple(notes))


def arrays_of(data: Balanced, regressors: Sequence[str]) -> PanelArrays:
    """The outcome and some regressors as arrays, units in the order of W."""
    return panel_arrays(
        data.rows, OUTCOME, regressors, entity=ENTITY, time=TIME, units=list(data.units)
    )


def by_matrix(
    panel: pd.DataFrame,
    weights: pd.DataFrame,
    variables: Sequence[str],
    table: str,
    types: Mapping[str, str],
    find: Callable[[SpatialWeights], tuple[Sequence[pd.DataFrame], Sequence[str]]],
) -> EstimatesTable:
    """What `find` gives, rows and notes, for each of the paper's matrices.

    weights: the table that `matrices.spatial_weights` makes, or a part of it. A matrix that the
    dataset cannot make is listed among the weights already.
    """

    def of(matrix: SpatialWeights) -> EstimatesTable:
        pieces, notes = find(matrix)
        rows = pd.concat(pieces, ignore_index=True).assign(weights=matrix.name)
        return EstimatesTable(rows, tuple((table, matrix.name, note) for note in notes))

    if missing := without_values(panel, variables):
        refused = NotEstimable(table, "every column", missing, lacking(panel, missing))
        return EstimatesTable(typed([], types), not_estimable=(refused,))
    parts = [
        estimated_table(panel, variables, (table, matrix.name), types, partial(of, matrix))
        for matrix in matrices(weights)
        if matrix.name in PAPER_MATRICES
    ]
    return joined(parts, types)
