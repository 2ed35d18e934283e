"""Random series and calibration helpers of the demo generator: arrays in, arrays out.

Belongs here: deviates that are the same on every platform, autoregressive series, and the small
solver that brings a series to a wanted mean and spread. Does not belong here: anything that knows
a variable of the paper.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from demo.provinces import Geography

Array = npt.NDArray[np.float64]
QUANTILE = NormalDist().inv_cdf


class Draws:
    """Standard normal deviates from PCG64 through the normal quantile function, for `places`.

    numpy promises the bits of PCG64, not the stream of `Generator.normal`; uniforms through
    `statistics.NormalDist` keep the demo the same across numpy versions.
    """

    def __init__(self, seed: int, places: Geography) -> None:
        self.places = places
        self._generator = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, *shape: int) -> Array:
        """Uniform deviates in (0, 1)."""
        return np.asarray((np.floor(self._generator.random(shape) * 2.0**32) + 0.5) / 2.0**32)

    def normal(self, *shape: int) -> Array:
        """Standard normal deviates."""
        uniforms = self.uniform(*shape)
        return np.array([QUANTILE(u) for u in uniforms.ravel()]).reshape(shape)

    def series(self, provinces: int, years: int, phi: float, mix: Array | None = None) -> Array:
        """AR(1) series of unit stationary variance, shape (provinces, years).

        phi: autoregressive coefficient. mix: optional (provinces, provinces) matrix applied to
        the innovations of every year, which makes neighbours move together.
        """
        innovations = self.normal(provinces, years)
        if mix is not None:
            innovations = mix @ innovations
        values = np.empty((provinces, years))
        values[:, 0] = innovations[:, 0]
        for year in range(1, years):
            values[:, year] = (
                phi * values[:, year - 1] + np.sqrt(1 - phi * phi) * innovations[:, year]
            )
        return values

    def choose(self, n: int, size: int) -> npt.NDArray[np.intp]:
        """`size` different indices out of range(n), in random order."""
        return np.argsort(self.uniform(n), kind="stable")[:size]


def standardise(values: Array) -> Array:
    """Mean zero and standard deviation one (n in the denominator) over all cells."""
    return np.asarray((values - values.mean()) / values.std(), dtype=np.float64)


def with_moments(
    function: Callable[[float, float], Array],
    mean: float,
    spread: float,
    spread_of: Callable[[Array], float],
    centres: tuple[float, float],
    widths: tuple[float, float],
) -> Array:
    """`function(centre, width)` with the wanted mean and the wanted `spread_of` its values.

    Nested root finding: for every width the centre that gives the mean, then the width that gives
    the spread; the smallest of `widths` where even that spreads more than wanted. Raises
    ValueError where `centres` or `widths` do not bracket a solution.
    """

    def at(width: float) -> Array:
        centre = brentq(lambda c: float(function(c, width).mean()) - mean, *centres, xtol=1e-13)
        return function(float(centre), width)

    narrowest = at(widths[0])
    if spread_of(narrowest) >= spread:
        return narrowest
    return at(float(brentq(lambda width: spread_of(at(width)) - spread, *widths, xtol=1e-13)))
