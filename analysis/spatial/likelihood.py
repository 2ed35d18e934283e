"""The likelihood of a spatial panel in its one spatial parameter, and where it is highest.

Here: what the direct and the transformation estimator of Lee and Yu (2010) share and where they
differ, and the search over rho. Not here: what is regressed on what (`spatial_panel`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize

from analysis.panel import NotIdentifiedError
from analysis.spatial.operations import SpatialAlgebra
from analysis.spatial.sample import AbsorbedEffects, absorbs

Estimator = Literal["ml", "lee_yu"]
# Places at which the likelihood is looked at before the search, where that costs little: it may
# have two tops.
_GRID = 121
_NEWTON_STEPS = 40
# Share of the interval to which a top is searched by values, before the root of the slope is.
_NEAR = 0.015


@dataclass(frozen=True, eq=False)
class Concentrated:
    """ln L(rho) = m ln|I - rho W| - n/2 (ln(2 pi ssr(rho) / n) + 1), all else concentrated out.

    Direct maximum likelihood (`ml`) counts every time and unit: m = T, n = N T, exactly the
    likelihood with explicit dummies. The transformation estimator (`lee_yu`) leaves out the
    dimensions that effects use up: m = T - 1 for individual effects, and for time effects one
    unit, with it the unit eigenvalue of W: ln|I - rho W| - ln(1 - rho), N - 1 units.

    has_unit: whether the unit eigenvalue counts.
    """

    algebra: SpatialAlgebra
    m: int
    n: int
    has_unit: bool

    @classmethod
    def of(
        cls, algebra: SpatialAlgebra, n_times: int, effects: AbsorbedEffects, estimator: Estimator
    ) -> Concentrated:
        individual, time = absorbs(effects) if estimator == "lee_yu" else (False, False)
        m, units = n_times - individual, algebra.n_units - time
        return cls(algebra, m, m * units, not time)

    def log_det(self, rho: np.ndarray) -> np.ndarray:
        """m ln|I - rho W|, without the unit eigenvalue where that does not count."""
        found = self.algebra.log_det(rho)
        return self.m * (found if self.has_unit else found - np.log(1 - rho))

    def traces(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """m tr(G) and m tr(G^2): minus the first and the second derivative of `log_det`."""
        first, second = self.algebra.traces(rho)
        if not self.has_unit:
            first, second = first - 1 / (1 - rho), second - 1 / (1 - rho) ** 2
        return self.m * first, self.m * second

    def square_norm_of_g(self, rho: float) -> float:
        """m tr(G'G), over the dimensions that count."""
        square = self.algebra.square_norm_of_g(rho)
        if not self.has_unit:
            square -= float((self.algebra.column_sums_of_g(rho) ** 2).sum()) / self.algebra.n_units
        return self.m * square

    def value(self, rho: np.ndarray, ssr: np.ndarray) -> np.ndarray:
        """ln L where the sum of squared residuals is `ssr`."""
        return self.log_det(rho) - self.n / 2 * (np.log(2 * np.pi * ssr / self.n) + 1)

    def maximum(
        self,
        ssr: Callable[[float], float],
        ssr_slope: Callable[[float], float],
    ) -> float:
        """The rho of the highest likelihood. Raises NotIdentifiedError where it has no top."""

        def value(rho: float) -> float:
            return float(self.value(np.array([rho]), np.array([ssr(rho)]))[0])

        def slope(rho: float) -> float:
            first, _ = self.traces(np.array([rho]))
            return float(-first[0] - self.n / 2 * ssr_slope(rho) / ssr(rho))

        low, high = interval = self.algebra.search_interval
        if self.algebra.is_cheap:
            grid = search_grid(low, high)
            best = int(np.argmax(self.value(grid, np.array([ssr(float(rho)) for rho in grid]))))
            low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
            if slope(low) >= 0 >= slope(high):
                return float(optimize.brentq(slope, low, high, xtol=1e-14))
        reach = _NEAR * (high - low)
        before = optimize.minimize_scalar(
            lambda rho: -value(rho), bounds=(low, high), method="bounded", options={"xatol": reach}
        ).x
        # The top of a curve is known to half the digits that the root of its slope is.
        is_rising = slope(before) > 0
        while True:
            after = min(before + reach, high) if is_rising else max(before - reach, low)
            if (slope(after) > 0) != is_rising:
                return float(optimize.brentq(slope, before, after, xtol=1e-14))
            if after in (low, high):
                raise NotIdentifiedError(
                    "the likelihood of the spatial coefficient rises to the end of what it may be, "
                    f"{interval[0]:.4g} to {interval[1]:.4g}: too few units or times for this model"
                )
            before, reach = after, 2 * reach

    def maxima(self, y: np.ndarray, y_wy: np.ndarray, wy: np.ndarray) -> np.ndarray:
        """The same for many samples at once, where ssr = y - 2 rho y_wy + rho^2 wy, all (m,).

        Each is the highest place of a grid, then improved by Newton steps that stay between its
        neighbours. Where the likelihood is highest at an end of `search_interval`, that end.
        """
        low, high = self.algebra.search_interval
        grid = search_grid(low, high)
        quadratic = y[:, None] - 2 * np.outer(y_wy, grid) + np.outer(wy, grid**2)
        top = np.argmax(self.log_det(grid) - self.n / 2 * np.log(quadratic), axis=1)
        best = np.clip(top, 1, len(grid) - 2)
        rho, start, end = grid[best], grid[best - 1], grid[best + 1]
        for _ in range(_NEWTON_STEPS):
            first, second = self.traces(rho)
            ssr = y - 2 * rho * y_wy + rho**2 * wy
            ssr_slope = 2 * (rho * wy - y_wy)
            slope = -first - self.n / 2 * ssr_slope / ssr
            curvature = -second - self.n / 2 * (2 * wy / ssr - (ssr_slope / ssr) ** 2)
            start, end = np.where(slope > 0, rho, start), np.where(slope > 0, end, rho)
            # Where the curve is not yet rounded like a top, half the interval is the next step.
            newton = rho - slope / np.where(curvature < 0, curvature, -np.inf)
            inside = (newton > start) & (newton < end) & (curvature < 0)
            step = np.where(inside, newton, (start + end) / 2) - rho
            rho = rho + step
            if np.abs(step).max() < 1e-12:
                break
        return np.select([top < best, top > best], [low, high], rho)


def search_grid(low: float, high: float) -> np.ndarray:
    """Places between the ends of an interval, closer to each other near its ends and near zero."""
    angle = np.linspace(0, np.pi, _GRID)
    return np.unique(
        np.concatenate(
            [
                (low + high) / 2 - (high - low) / 2 * np.cos(angle),
                np.linspace(max(low, -0.995), min(high, 0.995), _GRID),
            ]
        )
    )
