"""A weights matrix with all its eigenvalues: determinants and traces of many rho at once.

Here: eigenvalues, from a symmetric solver where W is similar to a symmetric matrix, as
row-standardised symmetric distances, contiguity and product forms are, from a general one
otherwise. Not here: matrices of thousands of units (`factorised`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import csgraph

from analysis.panel import NotIdentifiedError
from analysis.spatial.operations import SpatialAlgebra, dense

# Units from which general eigenvalues, 25 N^3 operations, cost more than a factorisation a rho.
MOST_UNITS = 1500
_SIMILARITY_TOLERANCE = 1e-9


class Spectral(SpatialAlgebra):
    """W with all its eigenvalues."""

    is_cheap = True

    def __init__(self, W: np.ndarray, eigenvalues: np.ndarray) -> None:
        super().__init__(W)
        self.eigenvalues = eigenvalues
        real = eigenvalues.real[np.abs(eigenvalues.imag) < 1e-9]
        smallest = float(real.min())
        # Without a negative real eigenvalue nothing but the radius of convergence ends it.
        self.lower = 1 / smallest if smallest < -1e-9 else -1.0

    def log_det(self, rho: np.ndarray) -> np.ndarray:
        if np.isrealobj(self.eigenvalues):
            return np.log(np.abs(1 - np.multiply.outer(rho, self.eigenvalues))).sum(axis=-1)
        # They come in conjugate pairs, of which one and its absolute value have the determinant.
        upper = self.eigenvalues[self.eigenvalues.imag >= 0]
        away = 1 - np.multiply.outer(rho, upper)
        square = away.real**2 + away.imag**2
        return np.log(square) @ np.where(upper.imag > 0, 1.0, 0.5)

    def traces(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        of_g = self.eigenvalues / (1 - np.multiply.outer(rho, self.eigenvalues))
        return of_g.sum(axis=-1).real, (of_g**2).sum(axis=-1).real

    def mean_diagonal(self, of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Mean diagonal of functions of W, from their values at eigenvalues, the last axis."""
        return of(self.eigenvalues).mean(axis=-1).real

    def solve(self, rho: float, values: np.ndarray) -> np.ndarray:
        return linalg.lu_solve(self._factor(rho), values)

    def _solve_transposed(self, rho: float, values: np.ndarray) -> np.ndarray:
        return linalg.lu_solve(self._factor(rho), values, trans=1)

    def _factor(self, rho: float) -> Any:
        if self._factored is None or self._factored[0] != rho:
            self._factored = rho, linalg.lu_factor(np.eye(self.n_units) - rho * self.W)
        return self._factored[1]

    _factored: tuple[float, Any] | None = None


def with_eigenvalues(algebra: SpatialAlgebra) -> Spectral:
    """The same W with its eigenvalues, for work that needs determinants of very many rho.

    Raises NotIdentifiedError, so that it is listed, where W has too many units.
    """
    if isinstance(algebra, Spectral):
        return algebra
    if algebra.n_units > MOST_UNITS:
        raise NotIdentifiedError(
            f"W of {algebra.n_units:,} units is too large for its eigenvalues: pass "
            f"{MOST_UNITS:,} units or fewer"
        )
    cells = dense(algebra.W)
    return decomposed(cells, symmetrising_scale(cells))


def decomposed(W: np.ndarray, scale: np.ndarray | None) -> Spectral:
    """W with its eigenvalues, by the symmetric solver where a scale makes it symmetric."""
    if scale is None:
        return Spectral(W, linalg.eigvals(W))
    symmetric = W * (scale[:, None] / scale[None, :])
    return Spectral(W, linalg.eigvalsh((symmetric + symmetric.T) / 2))


def symmetrising_scale(W: np.ndarray) -> np.ndarray | None:
    """d with diag(d) W diag(d)^-1 symmetric, (N,); None where there is none.

    That is d_i^2 w_ij = d_j^2 w_ji for every pair, so along any tree of neighbours d follows from
    its root; whether it holds for the other pairs has then to be seen.
    """
    if ((W > 0) != (W.T > 0)).any():
        return None
    graph = sparse.csr_array(W)
    n_parts, part = csgraph.connected_components(graph, directed=False)
    log_scale = np.zeros(len(W))
    for number in range(n_parts):
        root = int(np.flatnonzero(part == number)[0])
        order, before = csgraph.breadth_first_order(graph, root, directed=False)
        for unit in order[1:]:
            parent = before[unit]
            log_scale[unit] = log_scale[parent] + 0.5 * np.log(W[parent, unit] / W[unit, parent])
    scale = np.exp(log_scale - log_scale.mean())
    scaled = W * (scale[:, None] / scale[None, :])
    if np.abs(scaled - scaled.T).max() > _SIMILARITY_TOLERANCE * scaled.max():
        return None
    return scale
