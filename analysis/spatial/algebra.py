"""The algebra of a weights matrix: the check that W is usable, and the way to its determinants.

Three ways, all exact but for rounding: eigenvalues from a symmetric or from a general solver
(`eigenvalues`), or one factorisation a rho for a sparse W of some hundred units or more and for
any of thousands (`factorised`). Not here: how W is made (`weights`), and likelihoods.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from analysis.panel import EstimationError, some
from analysis.spatial.eigenvalues import MOST_UNITS, decomposed, symmetrising_scale
from analysis.spatial.factorised import Factorised
from analysis.spatial.operations import SpatialAlgebra
from analysis.spatial.unit_order import in_order

# Units from which a sparse W is factorised, and the share of its cells that counts as sparse.
_LARGE, _SPARSE = 165, 0.05
_ROW_SUM_TOLERANCE = 1e-8


def spatial_algebra(W: Any, units: Sequence[Any] | None = None) -> SpatialAlgebra:
    """The algebra of a weights matrix: dense, scipy sparse, or a libpysal W or Graph.

    Parameters
    ----------
    W : array, sparse array, libpysal W or Graph, SpatialAlgebra
    units : sequence, optional
        Labels in the order of the data. A W or Graph is put into it by its own labels; rows of an
        array are in it already.

    Returns
    -------
    SpatialAlgebra

    Raises
    ------
    EstimationError
        In words, where W is not square, has cells that are no numbers or are negative, a diagonal
        that is not zero, units without neighbours, rows that do not sum to 1, or labels that
        cannot be compared with the units.
    """
    if isinstance(W, SpatialAlgebra):
        return W
    matrix = _checked(in_order(W, units), units)
    n_units = matrix.shape[0]
    if isinstance(matrix, np.ndarray):
        cells = matrix
    elif n_units >= _LARGE and matrix.nnz <= _SPARSE * n_units**2:
        return Factorised(matrix)
    else:
        cells = matrix.toarray()
    scale = symmetrising_scale(cells)
    if scale is None and n_units > MOST_UNITS:
        return Factorised(cells)
    return decomposed(cells, scale)


def _checked(W: Any, units: Sequence[Any] | None) -> np.ndarray | sparse.csr_array:
    """W as an array or CSR of finite, non-negative weights, rows summing to 1."""
    if sparse.issparse(W):
        matrix = sparse.csr_array(W, dtype=float)
        matrix.sum_duplicates()
        values = matrix.data
    else:
        try:
            matrix = np.asarray(W, dtype=float)
        except (TypeError, ValueError):
            raise EstimationError(
                f"W is a {type(W).__name__}: expected an array, a scipy sparse array or a "
                "libpysal W or Graph"
            ) from None
        values = matrix
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        shape = " x ".join(map(str, matrix.shape))
        raise EstimationError(f"W is {shape}: expected one row and one column a unit")
    if matrix.shape[0] < 2:
        raise EstimationError("W has one unit: expected at least two")

    def shown(places: np.ndarray) -> str:
        return some(units[i] if units is not None else f"unit {i}" for i in places)

    if not np.isfinite(values).all():
        raise EstimationError("W has cells that are not finite numbers")
    if (values < 0).any():
        raise EstimationError("W has negative weights: expected zero or more")
    if len(own := np.flatnonzero(matrix.diagonal())):
        raise EstimationError(f"units that are neighbours of themselves in W: {shown(own)}")
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    if len(islands := np.flatnonzero(sums == 0)):
        raise EstimationError(f"units without neighbours in W: {shown(islands)}")
    if len(off := np.flatnonzero(np.abs(sums - 1) > _ROW_SUM_TOLERANCE)):
        raise EstimationError(
            f"rows of W that do not sum to 1: {shown(off)}; divide each row by its sum first"
        )
    return matrix
