"""What spatial estimators ask of a weights matrix, whichever way its determinants are found.

Here: ln|I - rho W|, traces of G = W (I - rho W)^-1, products with W and with (I - rho W)^-1. Not
here: how they are computed (`eigenvalues`, `factorised`), and which way suits a W (`algebra`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse

# Distance from the ends of the interval of rho, as a share of it, at which searches stop.
_MARGIN = 1e-6
# Units above which ||G||^2 is estimated, from this many random vectors.
_MOST_SOLUTIONS, _PROBES = 6000, 200
_BLOCK = 64


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

    def square_norm_of_g(self, rho: float) -> float:
        """tr(G'G) at one rho; from random vectors above some thousand units (Hutchinson 1989)."""
        if self.n_units <= _MOST_SOLUTIONS:
            return sum(float((block**2).sum()) for _, block in self.columns_of_g(rho))
        rng = np.random.default_rng(0)
        found = []
        for _ in range(0, _PROBES, _BLOCK):
            probes = rng.choice((-1.0, 1.0), size=(self.n_units, _BLOCK))
            found.append(((self.W @ self.solve(rho, probes)) ** 2).sum(axis=0))
        return float(np.concatenate(found).mean())

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
                yield place, self._solve_transposed(rho, dense(self.W[place].T))
            else:
                yield place, self.solve(rho, dense(self.W[:, place]))

    def _over_units(self, of: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
        moved = np.moveaxis(values, 1, 0)
        result = of(np.ascontiguousarray(moved).reshape(self.n_units, -1))
        return np.moveaxis(np.asarray(result).reshape(moved.shape), 0, 1)


def dense(part: Any) -> np.ndarray:
    """A part of W as an array."""
    return part.toarray() if sparse.issparse(part) else part
