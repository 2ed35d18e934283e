"""The entropy codes that circulate, so that who compares weights knows why they differ.

Each is what some published script does with a panel under the name of the entropy method. Here:
overall and individual weights by each, and how far the two are from proportional. Not here: the
index, which is the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.trial.indicators import IndicatorArrays
from analysis.trial.normalisation import between, bounds, minmax
from analysis.trial.weighting import entropies

SHIFTS = (0.0001, 0.001, 0.01, 1.0)


@dataclass(frozen=True, eq=False)
class EntropyCode:
    """name, what it does, and utilities (groups, indicators) of scores.

    Weights are taken in each group and then averaged.
    """

    words: str
    utilities: Callable[[IndicatorArrays], np.ndarray]


def _shifted(shift: float) -> Callable[[IndicatorArrays], np.ndarray]:
    return lambda data: _pooled(minmax(data.values, data.negative) + shift)


def _pooled(scores: np.ndarray) -> np.ndarray:
    return 1.0 - entropies(scores, (0, 1))[None]


def _grouped(axis: int, *, own_bounds: bool) -> Callable[[IndicatorArrays], np.ndarray]:
    """Utilities over the units of each time (axis 0), or the times of each unit (axis 1)."""

    def found(data: IndicatorArrays) -> np.ndarray:
        axes = (axis,) if own_bounds else (0, 1)
        scores = between(data.values, *bounds(data.values, axes), data.negative)
        return 1.0 - entropies(scores, (axis,))

    return found


def _shares(data: IndicatorArrays) -> np.ndarray:
    """P of eq. 13 over the pool."""
    scores = minmax(data.values, data.negative)
    total = np.nansum(scores, axis=(0, 1))
    return scores / np.where(total > 0, total, np.nan)


def _information(shares: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return -np.nansum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=axes)


def _unit_over_times(data: IndicatorArrays) -> np.ndarray:
    """Shares of the pool, entropy of each unit over ln T, mean entropy."""
    of_units = _information(_shares(data), (1,)) / np.log(len(data.times))
    return 1.0 - of_units.mean(axis=0)[None]


def _n_of_unit(data: IndicatorArrays) -> np.ndarray:
    """Shares and sum over the pool, divided by ln T: an entropy above one, utilities below zero."""
    return 1.0 - (_information(_shares(data), (0, 1)) / np.log(len(data.times)))[None]


def _raw_shares(data: IndicatorArrays) -> np.ndarray:
    """Shares of the values themselves, the reciprocal where less is better; no min-max."""
    values = np.where(data.negative, 1.0 / data.values, data.values)
    return _pooled(values)


# Ours first.
CODES: Mapping[str, EntropyCode] = {
    "pooled": EntropyCode("Eq. 11-16 over all province-years, 0 ln 0 = 0: ours.", _shifted(0.0)),
    **{
        f"shift_{shift:g}": EntropyCode(
            f"The same with {shift:g} added to every score, so that no logarithm is of zero.",
            _shifted(shift),
        )
        for shift in SHIFTS
    },
    "by_year": EntropyCode(
        "Pooled scores; shares, entropy over ln N and both weights in each year; mean over years.",
        _grouped(0, own_bounds=False),
    ),
    "by_year_own_bounds": EntropyCode(
        "The same with minimum and maximum of each year.", _grouped(0, own_bounds=True)
    ),
    "by_province": EntropyCode(
        "Pooled scores; shares, entropy over ln T and both weights in each province; mean over "
        "provinces.",
        _grouped(1, own_bounds=False),
    ),
    "by_province_own_bounds": EntropyCode(
        "The same with minimum and maximum of each province.", _grouped(1, own_bounds=True)
    ),
    "unit_over_times": EntropyCode(
        "Shares of the pool, summed within each province and divided by ln T; mean entropy.",
        _unit_over_times,
    ),
    "n_of_unit": EntropyCode(
        "Shares and sum over the pool, n counted within a province (Stata's by: _N): entropies "
        "above one, utilities below zero.",
        _n_of_unit,
    ),
    "raw_shares": EntropyCode(
        "Shares of the values themselves, the reciprocal where less is better.", _raw_shares
    ),
}


def code_weights(utilities: np.ndarray, dimensions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Overall and individual weights, (indicators,) each: eq. 16 in each group, then the mean.

    Groups in which a sum has nothing to share give it no weight.
    """
    of = pd.get_dummies(pd.Series(list(dimensions)), dtype=float).to_numpy()
    within = utilities @ of @ of.T
    total = np.broadcast_to(utilities.sum(axis=1, keepdims=True), utilities.shape)
    return tuple(  # type: ignore[return-value]
        pd.DataFrame(utilities / np.where(sums == 0, np.nan, sums)).mean().to_numpy()
        for sums in (total, within)
    )


def disproportion(
    overall: np.ndarray, individual: np.ndarray, dimensions: Sequence[str]
) -> np.ndarray:
    """How far overall over individual weight is from its mean in the dimension, relative to it.

    (indicators,), 0 where the two are proportional within the dimension.
    """
    ratio = pd.Series(overall / individual)
    return np.abs(ratio / ratio.groupby(list(dimensions)).transform("mean") - 1.0).to_numpy()
