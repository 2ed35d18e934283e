"""A large weights matrix: determinants by factorising I - rho W at each rho that is asked for.

Here: sparse factors, O(N^1.5) for neighbours in a plane, and traces as derivatives of a polynomial
through a few determinants; nothing N x N is formed for a sparse W. Not here: smaller matrices
(`eigenvalues`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from scipy import linalg, sparse
from scipy.sparse import linalg as sparse_linalg

from analysis.spatial.operations import SpatialAlgebra

# Polynomial through the determinants: on a window a fifth as wide as the distance to the nearest
# singularity each node gains a digit, and more nodes would only amplify rounding.
_NODES, _WINDOW = 10, 0.2


class Factorised(SpatialAlgebra):
    """A W of which determinants are found one rho at a time.

    Its interval of rho is (-1, 1), in which I - rho W is invertible whatever W: the smallest
    eigenvalue, which would say how far below -1 it goes, is not reliably found in a large W.
    """

    is_cheap = False
    lower = -1.0

    def __init__(self, W: np.ndarray | sparse.csr_array) -> None:
        super().__init__(W)
        self._windows: list[tuple[float, float, list[np.ndarray]]] = []
        self._factored: tuple[float, Any] | None = None

    def log_det(self, rho: np.ndarray) -> np.ndarray:
        return np.array([self._log_det(float(one)) for one in np.atleast_1d(rho)])

    def traces(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rho = np.asarray(rho, dtype=float)
        # The unit eigenvalue, the nearest singularity, is known: the polynomials are of the rest.
        first, second = 1 / (1 - rho), 1 / (1 - rho) ** 2
        left = np.isfinite(rho)
        while left.any():
            start, end, slopes = self._window(float(rho[left].min()), float(rho[left].max()))
            here = left & (start <= rho) & (rho <= end)
            place, stretch = (2 * rho[here] - start - end) / (end - start), 2 / (end - start)
            for order, trace in enumerate((first, second), start=1):
                trace[here] -= chebyshev.chebval(place, slopes[order - 1]) * stretch**order
            left &= ~here
        return first, second

    def solve(self, rho: float, values: np.ndarray) -> np.ndarray:
        return self._factor(rho).solve(np.ascontiguousarray(values))

    def _solve_transposed(self, rho: float, values: np.ndarray) -> np.ndarray:
        return self._factor(rho).solve(np.ascontiguousarray(values), trans="T")

    def _window(self, low: float, high: float) -> tuple[float, float, list[np.ndarray]]:
        """Ends and both derivatives of a polynomial that holds low, and high where one reaches it.

        Draws of rho may spread so far, or come so near to the unit, that one would not be exact.
        """
        for window in self._windows:
            if window[0] <= low <= window[1]:
                return window
        middle = (low + high) / 2
        if (high - low) / 2 > 0.99 * self._reach(middle):
            # The middle of the window that begins a little below low.
            middle = (low + 0.9 * _WINDOW) / (1 + (0.9 if low > -0.9 * _WINDOW else -0.9) * _WINDOW)
        start, end = middle - self._reach(middle), middle + self._reach(middle)
        nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
        rho = middle + (end - start) / 2 * nodes
        values = self.log_det(rho) - np.log(1 - rho)
        coefficients = chebyshev.chebfit(nodes, values, _NODES - 1)
        self._windows.append((start, end, [chebyshev.chebder(coefficients, m) for m in (1, 2)]))
        return self._windows[-1]

    def _reach(self, middle: float) -> float:
        """How far to each side of a rho one polynomial is exact."""
        return _WINDOW * min(self.upper - middle, middle - self.lower)

    def _log_det(self, rho: float) -> float:
        factor = self._factor(rho)
        return float(np.log(np.abs(factor.U.diagonal())).sum())

    def _factor(self, rho: float) -> Any:
        if self._factored is None or self._factored[0] != rho:
            self._factored = rho, self._factorise(rho)
        return self._factored[1]

    def _factorise(self, rho: float) -> Any:
        if sparse.issparse(self.W):
            return self._pattern.factor(rho)
        return _DenseFactor(np.eye(self.n_units) - rho * self.W)

    @cached_property
    def _pattern(self) -> _Pattern:
        return _Pattern(self.W)


class _Pattern:
    """I - rho W for any rho, its units in an order in which few cells fill up."""

    def __init__(self, W: sparse.csr_array) -> None:
        n_units = W.shape[0]
        # Which cells fill up does not depend on rho.
        factor = _splu(sparse.csc_array(sparse.eye_array(n_units) - 0.5 * W), "MMD_AT_PLUS_A", 0.0)
        self.place = factor.perm_c
        cells = W.tocoo()
        rows = np.concatenate([self.place, self.place[cells.row]])
        columns = np.concatenate([self.place, self.place[cells.col]])
        weights = np.concatenate([np.zeros(n_units), cells.data])
        self._matrix = sparse.csc_array((weights, (rows, columns)), shape=W.shape)
        column = np.repeat(np.arange(n_units), np.diff(self._matrix.indptr))
        self._weights, self._is_diagonal = self._matrix.data, self._matrix.indices == column

    def factor(self, rho: float) -> _SparseFactor:
        self._matrix.data = self._is_diagonal - rho * self._weights
        # Rows of W sum to one: below |rho| = 1 the diagonal dominates and needs no pivoting.
        factor = _splu(self._matrix, "NATURAL", 0.0 if abs(rho) < 1 else 1.0)
        return _SparseFactor(factor, self.place)


def _splu(matrix: sparse.csc_array, order: str, pivoting: float) -> Any:
    return sparse_linalg.splu(
        matrix, permc_spec=order, diag_pivot_thresh=pivoting, options={"SymmetricMode": True}
    )


@dataclass(frozen=True)
class _SparseFactor:
    """The factors of a sparse matrix; place: where each of its rows and columns was put."""

    factor: Any
    place: np.ndarray

    @property
    def U(self) -> sparse.csc_array:
        return self.factor.U

    def solve(self, values: np.ndarray, trans: str = "N") -> np.ndarray:
        placed = np.empty_like(values)
        placed[self.place] = values
        return self.factor.solve(placed, trans=trans)[self.place]


class _DenseFactor:
    """The factors of a dense matrix with the names that scipy gives to sparse ones."""

    def __init__(self, matrix: np.ndarray) -> None:
        self._factors = linalg.lu_factor(matrix, overwrite_a=True)

    @property
    def U(self) -> np.ndarray:
        return self._factors[0]

    def solve(self, values: np.ndarray, trans: str = "N") -> np.ndarray:
        return linalg.lu_solve(self._factors, values, trans=int(trans == "T"))
