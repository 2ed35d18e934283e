"""Table 11 under weights that the sample cannot have moved, as a table in the columns of it.

The paper's W is made of the mean incomes of the years that are estimated, which ami may have moved.
Here: W from distances alone, and from the incomes of the first year, the panel beginning after it.
Not here: the paper's matrices (`matrices`), the models under them (`table_11`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import get_args

import pandas as pd

from analysis.panel import EstimationError
from analysis.paper.balanced_panel import TIME, balanced
from analysis.paper.estimable import (
    EstimatesTable,
    estimated_table,
    joined,
    typed,
    without_values,
)
from analysis.paper.matrices import distances_between, matrices
from analysis.paper.table_11 import MODEL_COLUMNS, TABLE, VARIABLES, fitted, model_rows
from analysis.spatial.likelihood import Estimator
from analysis.spatial.weights import mean_gdp_per_capita, nested
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import OUTCOME

GEOGRAPHY, BEFORE = "inverse_distance", "nested_of_first_year"
_INCOME = "pdgp"


def other_weights(
    panel: pd.DataFrame, weights: pd.DataFrame, capitals: pd.DataFrame
) -> EstimatesTable:
    """The spatial Durbin model of ami under each such matrix, by both estimators.

    weights: the table `spatial_weights`. capitals: the seed province_capitals. A model that
    is not identified is listed as not estimable.
    """

    def of(matrix: SpatialWeights, rows: pd.DataFrame) -> EstimatesTable:
        data = balanced(rows, VARIABLES, matrix)
        pieces = [model_rows(fitted(data, "sdm", of)) for of in get_args(Estimator)]
        found = pd.concat(pieces, ignore_index=True)
        notes = tuple((TABLE, matrix.name, note) for note in data.notes)
        return EstimatesTable(found.assign(weights=matrix.name, outcome=OUTCOME), notes)

    if without_values(panel, VARIABLES):
        # Listed once, with the paper's matrices.
        return EstimatesTable(typed([], MODEL_COLUMNS))
    parts = [
        estimated_table(
            panel, VARIABLES, (TABLE, matrix.name), MODEL_COLUMNS, partial(of, matrix, rows)
        )
        for matrix, rows in _with_rows(panel, weights, capitals)
    ]
    return joined(parts, MODEL_COLUMNS)


def _with_rows(
    panel: pd.DataFrame, weights: pd.DataFrame, capitals: pd.DataFrame
) -> Iterator[tuple[SpatialWeights, pd.DataFrame]]:
    """Each matrix with the rows that are estimated under it."""
    yield from ((matrix, panel) for matrix in matrices(weights) if matrix.name == GEOGRAPHY)
    first = panel.loc[panel[_INCOME].notna(), TIME].min()
    gdp = mean_gdp_per_capita(panel[panel[TIME] == first]).dropna()
    known = capitals[capitals["province_code"].isin(gdp.index)]
    if len(known) > 1:
        try:
            matrix = nested(distances_between(known), gdp[known["province_code"]], name=BEFORE)
        except EstimationError:  # Of places that are one: listed once, with the paper's matrices.
            return
        yield matrix, panel[panel[TIME] > first]
