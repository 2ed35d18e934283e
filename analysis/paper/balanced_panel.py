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
# Provinces and years.
BalancedPanel = tuple[frozenset[str], frozenset[int]]


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
    """The largest balanced panel: the provinces and years that keep most province-years.

    A hole in the map is not allowed, so that one province with few years costs either itself or
    every year that it lacks. Of panels of one size the one with more provinces is taken. W is
    restricted to the provinces left, its rows standardised again. The notes say what was chosen,
    what went, and which other balanced panels there are. Raises NotIdentifiedError where no two
    provinces share two complete years.
    """
    complete = panel[panel[list(variables)].notna().all(axis=1)]
    complete = complete[complete[ENTITY].isin(weights.ids)]
    panels = _balanced_panels(complete)
    if not panels:
        words = ", ".join(variables)
        raise NotIdentifiedError(
            f"no two provinces share two years with {words}: a spatial panel needs as many"
        )
    provinces, years = panels[0]
    units = weights.ids[weights.ids.isin(provinces)]
    rows = complete[complete[ENTITY].isin(provinces) & complete[TIME].isin(years)]
    gone = [
        *weights.ids.difference(units),
        *sorted(set(panel[TIME]).difference(years)),
    ]
    notes = []
    if gone:
        weights = weights.restricted(units)
        notes.append(
            f"the largest balanced panel is estimated, {_shape(panels[0])}, {len(rows)} of "
            f"{len(complete)} complete province-years; left out: {some(gone)}"
        )
    if len(panels) > 1:
        notes.append(f"other balanced panels: {some(_shape(other) for other in panels[1:])}")
    return Balanced(rows, spatial_algebra(weights.matrix), units, tuple(notes))


def _balanced_panels(complete: pd.DataFrame) -> list[BalancedPanel]:
    """Balanced panels that no other has both more provinces and more years than, largest first.

    The years of a balanced panel that cannot grow are those that some provinces have in common, so
    that these intersections are all there is to look at.
    """
    years_of = {str(unit): frozenset(of) for unit, of in complete.groupby(ENTITY)[TIME]}
    shared: set[frozenset[int]] = set()
    for own in set(years_of.values()):
        shared |= {own, *(own & years for years in shared)}
    found = [
        (frozenset(unit for unit, own in years_of.items() if own >= years), years)
        for years in shared
        if len(years) > 1
    ]
    found.sort(key=lambda of: (-len(of[1]), -len(of[0]), sorted(of[1])))
    largest: list[BalancedPanel] = []
    most = 1
    for provinces, years in found:  # From the longest on: each has to have more provinces.
        if len(provinces) > most:
            most = len(provinces)
            largest.append((provinces, years))
    return sorted(largest, key=lambda of: (len(of[0]) * len(of[1]), len(of[0])), reverse=True)


def _shape(panel: BalancedPanel) -> str:
    return f"{len(panel[0])} provinces x {len(panel[1])} years"


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

    weights: the table that `matrices.spatial_weights` makes, or a part of it, where is listed why
    the dataset cannot make a matrix.
    """

    def of(matrix: SpatialWeights) -> EstimatesTable:
        pieces, notes = find(matrix)
        rows = pd.concat(pieces, ignore_index=True).assign(weights=matrix.name)
        return EstimatesTable(rows, tuple((table, matrix.name, note) for note in notes))

    if missing := without_values(panel, variables):
        refused = NotEstimable(table, "every column", missing, lacking(panel, missing))
        return EstimatesTable(typed([], types), not_estimable=(refused,))
    of_paper = [matrix for matrix in matrices(weights) if matrix.name in PAPER_MATRICES]
    if not of_paper:
        words = f"none of the paper's weights ({', '.join(PAPER_MATRICES)}) can be made"
        return EstimatesTable(
            typed([], types), not_estimable=(NotEstimable(table, "every column", (), words),)
        )
    parts = [
        estimated_table(panel, variables, (table, matrix.name), types, partial(of, matrix))
        for matrix in of_paper
    ]
    return joined(parts, types)
