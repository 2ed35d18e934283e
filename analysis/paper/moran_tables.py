"""Moran's I of the paper's variables under its weights, as tables.

Here: which variables are looked at, in which years; what the data cannot carry. Not here: the
statistic (`analysis.spatial.moran`), the matrices (`matrices`), the spatial panels (`table_11`).
"""

from __future__ import annotations

import pandas as pd

from analysis.panel import NotIdentifiedError
from analysis.paper.estimable import EstimatesTable, NotEstimable, lacking, typed, without_values
from analysis.paper.matrices import MATRICES, TABLE, matrices
from analysis.paper.result_columns import types_of
from analysis.spatial import moran
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.standing import in_standing_years, index_variable
from analysis.variables import INDICES, OUTCOME, TREATMENT

VARIABLES = (TREATMENT, OUTCOME)
# Stated, so that a table without rows has the types of one with rows.
MORAN_COLUMNS = types_of(
    "variable", "weights", "year", "n", "moran_i", "expectation", "variance_normality",
    "z_normality", "p_normality", "variance_randomisation", "z_randomisation",
    "p_randomisation", "p_permutation", "lower", "upper", "permutations", "missing",
    "reason",
)  # fmt: skip
LOCAL_COLUMNS = types_of(
    "variable", "weights", "year", "province_code", "province", "value", "z", "lag",
    "local_i", "quadrant", "p", "p_fdr", "cluster", "cluster_fdr", "permutations", "missing",
)  # fmt: skip


def morans_i(
    panel: pd.DataFrame,
    weights: pd.DataFrame,
    *,
    permutations: int = moran.PERMUTATIONS,
) -> EstimatesTable:
    """Moran's I of coagglo and ami in every year under every matrix, as `moran.by_year` has it.

    weights: the table that `matrices.spatial_weights` makes.
    """
    rows = [
        moran.by_year(_on(panel, matrix), variable, matrix, permutations=permutations)
        for variable in _known(panel)
        for matrix in matrices(weights)
    ]
    return EstimatesTable(typed(rows, MORAN_COLUMNS), not_estimable=_unknown(panel, "Moran's I"))


def local_moran(
    panel: pd.DataFrame,
    weights: pd.DataFrame,
    *,
    permutations: int = moran.PERMUTATIONS,
) -> EstimatesTable:
    """Local Moran's I of coagglo and the index in the last year that has them, under every matrix.

    Of the index in the last year that stands.

    Columns: variable, weights, year, province_code, province, the columns of
    `moran.LocalMoran.rows`, permutations and missing (provinces without a value, comma-joined).
    """
    names = panel.drop_duplicates("province_code").set_index("province_code")["province"]
    found, refused = [], list(_unknown(panel, "local Moran's I"))
    for variable in _known(panel):
        rows_used = panel if variable == TREATMENT else in_standing_years(panel)
        for matrix in matrices(weights):
            try:
                of = moran.local(
                    _on(rows_used, matrix), variable, matrix, permutations=permutations
                )
            except NotIdentifiedError as error:
                column = f"local Moran's I of {variable}, {matrix.name}"
                refused.append(NotEstimable(TABLE, column, (), str(error)))
                continue
            rows = of.rows.assign(permutations=of.permutations, missing=",".join(of.missing))
            rows.insert(1, "province", rows["province_code"].map(names))
            for place, name in enumerate(("variable", "weights", "year")):
                rows.insert(place, name, getattr(of, name))
            found.append(rows)
    return EstimatesTable(typed(found, LOCAL_COLUMNS), not_estimable=tuple(refused))


def leading(local: pd.DataFrame, variable: str) -> pd.DataFrame:
    """Of the table local_moran the rows of a variable, under the first of `MATRICES` there is.

    The index may be the partial one: its rows are those of `ami`.
    """
    names = INDICES if variable == OUTCOME else (variable,)
    rows = local[local["variable"].isin(names)]
    held = set(rows["weights"])
    first = next((name for name in MATRICES if name in held), "")
    return rows[rows["weights"] == first]


def _on(panel: pd.DataFrame, matrix: SpatialWeights) -> pd.DataFrame:
    """The provinces on the map of a matrix, which a note of `spatial_weights` says."""
    return panel[panel["province_code"].isin(matrix.ids)]


def _looked_at(panel: pd.DataFrame) -> tuple[str, str]:
    return TREATMENT, index_variable(panel)


def _known(panel: pd.DataFrame) -> list[str]:
    missing = without_values(panel, _looked_at(panel))
    return [name for name in _looked_at(panel) if name not in missing]


def _unknown(panel: pd.DataFrame, what: str) -> tuple[NotEstimable, ...]:
    return tuple(
        NotEstimable(TABLE, f"{what} of {name}", (name,), lacking(panel, [name]))
        for name in without_values(panel, _looked_at(panel))
    )
