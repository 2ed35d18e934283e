"""Cross-sections of a panel, one value a unit, and their random orders: what Moran's I starts from.

Here: values and weights of the same units, every way in which they carry no statistic, random
orders and the p-values of what is found in them. Not here: the statistics (`moran`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from analysis.panel import EstimationError, NotIdentifiedError, checked_keys, finite, some
from analysis.spatial.weights_matrix import SpatialWeights

# The variance under randomisation divides by (n - 1)(n - 2)(n - 3).
_FEWEST = 4
_NO_SPREAD = 1e-9
# Orders that give the statistic found differ from it by rounding alone.
_ROUNDING = 1e-10


def by_unit(
    panel: pd.DataFrame, variable: str, weights: SpatialWeights, entity: str, time: str
) -> pd.DataFrame:
    """Times x units of the panel, floats, both sorted."""
    keys = checked_keys(panel, [variable], entity=entity, time=time)
    values = keys.assign(**{variable: finite(panel, variable, entity, time)})
    wide = values.pivot(index=time, columns=entity, values=variable)
    _refuse_unknown(wide.columns, weights)
    return wide


class CrossSection(NamedTuple):
    """Values (n,) and weights of the same units in the same, sorted order."""

    values: np.ndarray
    weights: SpatialWeights


def cross_section(values: pd.Series, weights: SpatialWeights) -> CrossSection:
    values = values.astype(float).sort_index()
    if not np.isfinite(values).all():
        unfit = values.index[~np.isfinite(values)]
        raise EstimationError(f"Moran's I needs finite numbers, found others at: {some(unfit)}")
    _refuse_unknown(values.index, weights)
    if len(values) < _FEWEST:
        raise NotIdentifiedError(
            f"{len(values)} units have a value; Moran's I needs {_FEWEST} or more"
        )
    if values.std(ddof=0) <= _NO_SPREAD * values.abs().mean():
        raise NotIdentifiedError("all units have the same value")
    return CrossSection(values.to_numpy(), weights.restricted(values.index))


def refuse_equal(pairs: csr_array, name: str) -> None:
    """Raise where every pair weighs the same: z'Wz is then -z'z / (n - 1) whatever z is."""
    n = pairs.shape[0]
    if pairs.nnz == n * (n - 1) and np.ptp(pairs.data) <= _ROUNDING * pairs.data.max():
        raise NotIdentifiedError(
            f"under weights '{name}' all {n} units are equally each other's neighbours: "
            f"Moran's I is {-1 / (n - 1):.3g} whatever their values"
        )


def _refuse_unknown(units: pd.Index, weights: SpatialWeights) -> None:
    if len(unknown := units.difference(weights.ids)):
        raise EstimationError(f"not among the units of weights '{weights.name}': {some(unknown)}")


def random_orders(n: int, permutations: int, seed: int, at_once: int) -> Iterator[np.ndarray]:
    """Random orders of n places, some at a time, (n, at most `at_once`); the same however many."""
    random = np.random.default_rng(seed)
    for start in range(0, permutations, at_once):
        orders = np.tile(np.arange(n), (min(at_once, permutations - start), 1))
        random.permuted(orders, axis=1, out=orders)
        yield np.ascontiguousarray(orders.T)


class Tails(NamedTuple):
    """How many random orders gave at least, and at most, what was found."""

    above: np.ndarray
    below: np.ndarray

    @classmethod
    def of(cls, drawn: np.ndarray, found: np.ndarray | float) -> Tails:
        """Of draws (draws, ...) and what was found, (...)."""
        above, below = drawn >= found - _ROUNDING, drawn <= found + _ROUNDING
        return cls(np.count_nonzero(above, axis=0), np.count_nonzero(below, axis=0))

    def two_sided(self, permutations: int) -> np.ndarray:
        """Twice the smaller tail, what is found counted among the draws; at most 1."""
        return np.minimum(1.0, 2 * (np.minimum(*self) + 1) / (permutations + 1))
