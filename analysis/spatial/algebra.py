"""What spatial estimators need of a weights matrix: determinants, traces and solutions.

Here: the check that W is usable, ln|I - rho W|, traces of G = W (I - rho W)^-1, products with W
and with (I - rho W)^-1. Not here: how W is made (`analysis.spatial.weights`), and likelihoods.

Three ways to the determinant, all exact but for rounding. A W that is similar to a symmetric
matrix (row-standardised symmetric distances, contiguity, product forms) has real eigenvalues, from
a symmetric solver; another small one has complex eigenvalues, from a general one; a sparse one of
some hundred units or more is factorised at each rho that is asked for, O(N^1.5) for neighbours in
a plane, and the traces are derivatives of a polynomial through a few of these determinants.
Nothing N x N is formed then.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from scipy import linalg, sparse
from scipy.sparse import csgraph
from scipy.sparse import linalg as sparse_linalg

from analysis.panel import EstimationError, some
from analysis.spatial.unit_order import in_order

# Units from which a sparse W is factorised, and the share of its cells that counts as sparse.
_LARGE, _SPARSE = 200, 0.05
# Units from which general eigenvalues, 25 N^3 operations, cost more than a factorisation a rho.
_TOO_LARGE_FOR_EIGENVALUES = 1500
_ROW_SUM_TOLERANCE = 1e-8
_SIMILARITY_TOLERANCE = 1e-9
# Distance from the ends of the interval of rho, as a share of it, at which searches stop.
_MARGIN = 1e-6
# Polynomial through the determinants: on a window a fifth as wide as the distance to the nearest
# singularity each node gains a digit, and more nodes would only amplify rounding.
_NODES, _WINDOW = 10, 0.2
# Units above which ||G||^2 is estimated, from this many random vectors.
_MOST_SOLUTIONS, _PROBES = 6000, 200
_BLOCK = 64


class Norm(NamedTuple):
    """tr(G'G), the squared norm of the column sums of G, and the standard error of the first.

    The error is zero where the trace is exact.
    """

    square: float
    of_column_sums: float
    std_error: float


class SpatialAlgebra(ABC):
    """W of N units and what depends on rho through I - rho W.

    lower, upper: the interval around zero in which I - rho W is invertible.
    """

    def __init__(self, W: np.ndarray | sparse.csr_array) -> None:
        self.W = W
        self.n_units: int = W.shape[0]
        self.upper = 1.0

    lower: float
    # Whether determinants of many rho cost little.
    is_cheap: bool

    @property
    def search_interval(self) -> tuple[float, float]:
        """The interval of rho without its ends, at which the likelihood falls to nothing."""
        margin = _MARGIN * (self.upper - self.lower)
        return self.lower + margin, self.upper - margin

    @abstractmethod
    def log_det(self, rho: np.ndarray) -> np.ndarray:
        """ln|I - rho W| for each rho, (m,) to (m,)."""

    @abstractmethod
    def traces(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """tr(G) and tr(G^2) for each rho, (m,) to two of (m,)."""

    @abstractmethod
    def with_eigenvalues(self) -> Spectral:
        """The same W with its eigenvalues, for work that needs determinants of very many rho.

        Raises EstimationError where W has too many units.
        """

    @abstractmethod
    def solve(self, rho: float, values: np.ndarray) -> np.ndarray:
        """(I - rho W)^-1 times each column of values, (N, m)."""

    @abstractmethod
    def _solve_transposed(self, rho: float, values: np.ndarray) -> np.ndarray:
        """(I - rho W')^-1 times each column of values, (N, m)."""

    def lag(self, values: np.ndarray) -> np.ndarray:
        """W times the units' axis, the second, of values (T, N) or (T, N, K)."""
        return self._over_units(lambda columns: self.W @ columns, values)

    def unfiltered(self, rho: float, values: np.ndarray) -> np.ndarray:
        """(I - rho W)^-1 times the units' axis, the second, of values (T, N) or (T, N, K)."""
        return self._over_units(lambda columns: self.solve(rho, columns), values)

    def norm(self, rho: float) -> Norm:
        """tr(G'G) at one rho; from random vectors above some thousand units (Hutchinson 1989)."""
        of_column_sums = float((self.column_sums_of_g(rho) ** 2).sum())
        if self.n_units <= _MOST_SOLUTIONS:
            square = sum(float((block**2).sum()) for _, block in self.columns_of_g(rho))
            return Norm(square, of_column_sums, 0.0)
        rng = np.random.default_rng(0)
        found = []
        for _ in range(0, _PROBES, _BLOCK):
            probes = rng.choice((-1.0, 1.0), size=(self.n_units, _BLOCK))
            found.append(((self.W @ self.solve(rho, probes)) ** 2).sum(axis=0))
        each = np.concatenate(found)
        return Norm(float(each.mean()), of_column_sums, float(each.std(ddof=1) / len(each) ** 0.5))

    def column_sums_of_g(self, rho: float) -> np.ndarray:
        """1'G, (N,)."""
        ones = np.ones((self.n_units, 1))
        return (self.W.T @ self._solve_transposed(rho, ones))[:, 0]

    def columns_of_g(
        self, rho: float, *, transposed: bool = False
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """The columns of G, or of G', some at a time: their places and values, (N, some)."""
        for start in range(0, self.n_units, _BLOCK):
            place = slice(start, min(start + _BLOCK, self.n_units))
            # W commutes with (I - rho W)^-1, so its columns may be the right-hand sides.
            if transposed:
                yield place, self._solve_transposed(rho, _dense(self.W[place].T))
            else:
                yield place, self.solve(rho, _dense(self.W[:, place]))

    def _over_units(self, of: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
        moved = np.moveaxis(values, 1, 0)
        result = of(np.ascontiguousarray(moved).reshape(self.n_units, -1))
        return np.moveaxis(np.asarray(result).reshape(moved.shape), 0, 1)


def _dense(part: Any) -> np.ndarray:
    return part.toarray() if sparse.issparse(part) else part


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
        # Eigenvalues come in conjugate pairs: the absolute values have the determinant.
        return np.log(np.abs(1 - np.multiply.outer(rho, self.eigenvalues))).sum(axis=-1)

    def traces(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        of_g = self.eigenvalues / (1 - np.multiply.outer(rho, self.eigenvalues))
        return of_g.sum(axis=-1).real, (of_g**2).sum(axis=-1).real

    def mean_diagonal(self, of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Mean diagonal of functions of W, from their values at eigenvalues, the last axis."""
        return of(self.eigenvalues).mean(axis=-1).real

    def with_eigenvalues(self) -> Spectral:
        return self

    def solve(self, rho: float, values: np.ndarray) -> np.ndarray:
        return linalg.lu_solve(self._factor(rho), values)

    def _solve_transposed(self, rho: float, values: np.ndarray) -> np.ndarray:
        return linalg.lu_solve(self._factor(rho), values, trans=1)

    def _factor(self, rho: float) -> Any:
        if self._factored is None or self._factored[0] != rho:
            self._factored = rho, linalg.lu_factor(np.eye(self.n_units) - rho * self.W)
        return self._factored[1]

    _factored: tuple[float, Any] | None = None


class _Factorised(SpatialAlgebra):
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

    def with_eigenvalues(self) -> Spectral:
        if self.n_units > _TOO_LARGE_FOR_EIGENVALUES:
            raise EstimationError(
                f"W of {self.n_units:,} units is too large for its eigenvalues: pass "
                f"{_TOO_LARGE_FOR_EIGENVALUES:,} units or fewer"
            )
        return self._spectral

    @cached_property
    def _spectral(self) -> Spectral:
        dense = _dense(self.W)
        return _decomposed(dense, _symmetrising_scale(dense))

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


def spatial_algebra(W: Any, units: Sequence[Any] | None = None) -> SpatialAlgebra:
    """The algebra of a weights matrix: dense, scipy sparse, or a libpysal W or Graph.

    units: labels in the order of the data. A W or Graph is put into it by its own labels; rows of
        an array are in it already.

    Raises EstimationError, in words, where W is not square, has cells that are no numbers or are
    negative, a diagonal that is not zero, units without neighbours, rows that do not sum to 1, or
    labels that cannot be compared with the units.
    """
    if isinstance(W, SpatialAlgebra):
        return W
    matrix = _checked(in_order(W, units), units)
    n_units = matrix.shape[0]
    if isinstance(matrix, np.ndarray):
        dense = matrix
    elif n_units >= _LARGE and matrix.nnz <= _SPARSE * n_units**2:
        return _Factorised(matrix)
    else:
        dense = matrix.toarray()
    scale = _symmetrising_scale(dense)
    if scale is None and n_units > _TOO_LARGE_FOR_EIGENVALUES:
        return _Factorised(dense)
    return _decomposed(dense, scale)


def _decomposed(W: np.ndarray, scale: np.ndarray | None) -> Spectral:
    """W with its eigenvalues, by the symmetric solver where a scale makes it symmetric."""
    if scale is None:
        return Spectral(W, linalg.eigvals(W))
    symmetric = W * (scale[:, None] / scale[None, :])
    return Spectral(W, linalg.eigvalsh((symmetric + symmetric.T) / 2))


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


def _symmetrising_scale(W: np.ndarray) -> np.ndarray | None:
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
