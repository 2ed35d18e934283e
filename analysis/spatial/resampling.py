"""Spatial lag regressions of many simulated panels at once.

Here: outcomes drawn from a fitted model, and the fit of all of them together. Not here: what is
made of the draws (`analysis.spatial.rho_bootstrap`, `analysis.spatial.pathways`).

Draws are the last axis everywhere: values (T, N, R).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analysis.spatial.eigenvalues import Spectral
from analysis.spatial.likelihood import Concentrated, Estimator
from analysis.spatial.sample import AbsorbedEffects, without_effects

# Cells of a panel times draws worked on at once.
_BLOCK = 4_000_000


class Fits(NamedTuple):
    """rho (R,), coefficients of the fixed regressors (k, R) and of those that vary (q, R).

    at_end: (R,), whether the likelihood of a draw rises to the upper end of what rho may be, where
        I - rho W is singular; the coefficients are those beside it. At the lower end it falls.
    """

    rho: np.ndarray
    fixed: np.ndarray
    varying: np.ndarray
    at_end: np.ndarray


@dataclass(frozen=True, eq=False)
class LagRegression:
    """y = rho W y + fixed regressors + regressors that vary over draws + effects + e.

    fixed: (T, N, k), the same in every draw, spatial lags among them.
    algebra: with eigenvalues, or each draw would take factorisations.
    """

    fixed: np.ndarray
    algebra: Spectral
    effects: AbsorbedEffects
    estimator: Estimator

    @cached_property
    def likelihood(self) -> Concentrated:
        return Concentrated.of(self.algebra, self.fixed.shape[0], self.effects, self.estimator)

    @cached_property
    def design(self) -> tuple[np.ndarray, np.ndarray]:
        """Orthonormal columns (n, k), and the matrix from products with them to coefficients."""
        columns = without_effects(self.fixed, self.effects).reshape(-1, self.fixed.shape[2])
        size = np.sqrt((columns**2).mean(axis=0))
        basis, triangle = np.linalg.qr(columns / size)
        return basis, np.linalg.inv(triangle) / size[:, None]

    def fit(self, outcome: np.ndarray, varying: Sequence[np.ndarray] = ()) -> Fits:
        """Fit every draw of the outcome (T, N, R); each of `varying` is (T, N, R)."""
        basis, to_coefficients = self.design
        columns = [outcome, self.algebra.lag(outcome), *varying]
        flat = np.stack(
            [without_effects(one, self.effects).reshape(len(basis), -1) for one in columns]
        )
        along = basis.T @ flat  # (2 + q, k, R)
        products = np.einsum("anr,bnr->rab", flat, flat, optimize=True)
        products -= np.einsum("akr,bkr->rab", along, along, optimize=True)
        left, on_varying = products[:, :2, :2], np.zeros((outcome.shape[2], 0, 2))
        if varying:
            on_varying = np.linalg.solve(products[:, 2:, 2:], products[:, 2:, :2])
            left = left - products[:, :2, 2:] @ on_varying
        rho = self.likelihood.maxima(left[:, 0, 0], left[:, 0, 1], left[:, 1, 1])
        of = np.stack([np.ones_like(rho), -rho])
        of_varying = np.einsum("rqa,ar->qr", on_varying, of)
        remaining = along[0] - rho * along[1] - np.einsum("qkr,qr->kr", along[2:], of_varying)
        at_end = rho >= self.algebra.search_interval[1]
        return Fits(rho, to_coefficients @ remaining, of_varying, at_end)


def blocks_of(reps: int, cells: int) -> Iterator[int]:
    """Numbers of draws that add up to `reps`, each worked on at once; cells: of one panel."""
    size = max(1, _BLOCK // cells)
    for start in range(0, reps, size):
        yield min(size, reps - start)
