"""What moves a unit's score from one time to the next: its own figures, or the scale they are on.

Bounds and entropy weights run over all times at hand, so that a new time moves them under every
score. Here: an exact decomposition of the change from the index as it stood with the times until
one to the index as it stands with the next. Not here: the frozen index, which is SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np

from analysis.trial.indicators import IndicatorArrays
from analysis.trial.normalisation import between, bounds
from analysis.trial.weighting import entropies, shared_out


@dataclass(frozen=True, eq=False)
class ScoreChanges:
    """Every array is (units, times - 1), points of the index; NaN where a time has no score.

    change: from the last score with the data until one time to the last with those until the next.
    own, of_bounds, of_weights: what of it comes from the unit's own figures, from moved smallest
    and largest values, and from moved weights; they add up to `change`.
    """

    change: np.ndarray
    own: np.ndarray
    of_bounds: np.ndarray
    of_weights: np.ndarray


def score_changes(data: IndicatorArrays) -> ScoreChanges:
    """The published recipe as each time would have seen it, and its change in three parts.

    Each part is the mean over the six orders in which figures, bounds and weights can be changed
    one after the other (Shapley; Shorrocks 2013, Journal of Economic Inequality 11): no order is
    preferred, and nothing is left over.
    """
    seen = [_Scale.until(data, t) for t in range(len(data.times))]
    changes = []
    for t, (old, new) in enumerate(pairwise(seen)):
        parts = np.zeros((3, len(data.units)))
        figures = (data.values[:, t], data.values[:, t + 1])
        for order in permutations(range(3)):
            state = [0, 0, 0]
            before = _score(figures[0], old, old)
            for part in order:
                state[part] = 1
                after = _score(figures[state[0]], (old, new)[state[1]], (old, new)[state[2]])
                parts[part] += (after - before) / 6
                before = after
        changes.append([parts.sum(axis=0), *parts])
    stacked = np.array(changes).reshape(-1, 4, len(data.units)).transpose(1, 2, 0)
    return ScoreChanges(*stacked)


@dataclass(frozen=True, eq=False)
class _Scale:
    """Bounds, (indicators,), and weights with the data until some time."""

    low: np.ndarray
    high: np.ndarray
    weights: np.ndarray
    negative: np.ndarray

    @classmethod
    def until(cls, data: IndicatorArrays, t: int) -> _Scale:
        values = data.values[:, : t + 1]
        low, high = (np.squeeze(end, axis=(0, 1)) for end in bounds(values))
        scores = between(values, low, high, data.negative)
        weights = shared_out(1.0 - entropies(scores, (0, 1)))
        return cls(low, high, weights, data.negative)


def _score(values: np.ndarray, bounds_of: _Scale, weights_of: _Scale) -> np.ndarray:
    scores = between(values, bounds_of.low, bounds_of.high, bounds_of.negative)
    return np.asarray(100.0 * (scores @ weights_of.weights))
