"""Moran's I of the paper's variables under its weights, as tables.

Here: which variables are looked at, in which years; what the data cannot carry. Not here: the
statistic (`analysis.spatial.moran`), the matrices (`matrices`), the spatial panels (`table_11`).
"""

from __future__ import annotations

import pandas as pd

from analysis.panel import NotIdentifiedError
from analysis.paper.estimable import EstimatesTable, NotEstimable, lacking, typed, without_values
from analysis.paper.matrices import MATRICES, TABLE, matrices
from analysis.spatial import moran
from analysis.variables import OUTCOME, TREATMENT

VARIABLES = (TREATMENT, OUTCOME)
# Stated, so that a table without rows has the types of one with rows.
_MORAN_TYPES = {
    **dict.fromkeys(("variable", "weights"), "str"),
    **dict.fromkeys(("year", "n"), "int64"),
    **dict.fromkeys(("moran_i", "expectation"), "float64"),
    **{
        f"{figure}_{under}": "float64"
        for under in ("normality", "randomisation")
        for figure in ("variance", "z", "p")
    },
    **dict.fromkeys(("p_permutation", "lower", "upper"), "float64"),
    "permutations": "int64",
    **dict.fromkeys(("missing", "reason"), "str"),
}
_LOCAL_TYPES = {
    **dict.fromkeys(("variable", "weights"), "str"),
    "year": "int64",
    **dict.fromkeys(("province_code", "province"), "str"),
    **dict.fromkeys(("value", "z", "lag", "local_i"), "float64"),
    "quadrant": "str",
    **dict.fromkeys(("p", "p_fdr"), "float64"),
    **dict.fromkeys(("cluster", "cluster_fdr"), "str"),
    "permutations": "int64",
    "missing": "str",
}


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
        moran.by_year(panel, variable, matrix)
        for variable in _known(panel)
        for matrix in matrices(weights)
    ]
    return EstimatesTable(typed(rows, _MORAN_TYPES), not_estimable=_unknown(panel, "Moran's I"))


def local_moran(
    panel: pd.DataFrame,
    weights: pd.DataFrame,
    *,
    permutations: int = moran.PERMUTATIONS,
) -> EstimatesTable:
    """Local Moran's I of coagglo and ami in the last year that has them, under every matrix.

    Columns: variable, weights, year, province_code, province, the columns of
    `moran.LocalMoran.rows`, permutations and missing (provinces without a value, comma-joined).
    """
    names = panel.drop_duplicates("province_code").set_index("province_code")["province"]
    found, refused = [], list(_unknown(panel, "local Moran's I"))
    for variable in _known(panel):
        for matrix in matrices(weights):
            try:
                of = moran.local(panel, variable, matrix, permutations=permutations)
            except NotIdentifiedError as error:
                column = f"local Moran's I of {variable}, {matrix.name}"
                refused.append(NotEstimable(TABLE, column, (), str(error)))
                continue
            rows = of.rows.assign(permutations=of.permutations, missing=",".join(of.missing))
            rows.insert(1, "province", rows["province_code"].map(names))
            for place, name in enumerate(("variable", "weights", "year")):
                rows.insert(place, name, getattr(of, name))
            found.append(rows)
    return EstimatesTable(typed(found, _LOCAL_TYPES), not_estimable=tuple(refused))


def leading(local: pd.DataFrame, variable: str) -> pd.DataFrame:
    """Of the table local_moran the rows of a variable, under the first of `MATRICES` there is."""
    rows = local[local["variable"] == variable]
    held = set(rows["weights"])
    first = next((name for name in MATRICES if name in held), "")
    return rows[rows["weights"] == first]


def _known(panel: pd.DataFrame) -> list[str]:
    lacking = without_values(panel, VARIABLES)
    return [name for name in VARIABLES if name not in lacking]


def _unknown(panel: pd.DataFrame, what: str) -> tuple[NotEstimable, ...]:
    return tuple(
        NotEstimable(TABLE, f"{what} of {name}", (name,), lacking([name]))
        for name in without_values(panel, VARIABLES)
    )
