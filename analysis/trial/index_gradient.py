"""How a figure made of the index moves with every value of every indicator, to first order.

Through the score of the value itself, through the bounds where it is the smallest or the largest,
and through the entropy weights, which all scores make. Not here: what is made of the index
(`analysis.paper.row_influence`).
"""

from __future__ import annotations

import numpy as np

from analysis.trial.normalisation import bounds, minmax
from analysis.trial.weighting import entropies, shared_out


def published_index(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Eq. 11-17 over all units and times, 0-100: (units, times); NaN where a value is missing."""
    scores = minmax(values, negative)
    return 100 * scores @ shared_out(1.0 - entropies(scores, (0, 1)))


def index_gradient(values: np.ndarray, negative: np.ndarray, by_index: np.ndarray) -> np.ndarray:
    """Derivatives by the values of a figure whose derivatives by the index are given.

    The chain rule backwards through eq. 17 (points), 13-16 (entropy weights) and 11-12 (scores).
    Where two values share a bound the derivative is that of the first moving away alone.

    Parameters
    ----------
    values : ndarray
        (units, times, indicators); a unit and time with a missing value is in no sum.
    negative : ndarray
        (indicators,), where less is better.
    by_index : ndarray
        (units, times), zero where the figure does not see the index.

    Returns
    -------
    ndarray
        (units, times, indicators); zero where a value is missing.
    """
    known = ~np.isnan(values).any(axis=-1)
    rows, outer = values[known], by_index[known]
    scores = minmax(rows[:, None], negative)[:, 0]
    n, total = len(rows), scores.sum(axis=0)
    utility = 1.0 - entropies(scores[:, None], (0, 1))
    weights = shared_out(utility)

    by_weight = 100 * outer @ scores
    by_utility = (by_weight - by_weight @ weights) / utility.sum()
    # A score of zero stays zero as its value moves: it is the bound.
    logs = np.log(np.where(scores > 0, scores, 1.0))
    spread = total > 0
    safe = np.where(spread, total, 1.0)
    mean_log = (scores * logs).sum(axis=0) / safe
    by_entropy_of = np.where(scores > 0, mean_log - logs, 0.0) / (safe * np.log(max(n, 2)))
    by_score = 100 * outer[:, None] * weights - by_utility * by_entropy_of * spread

    low, high = (bound[0, 0] for bound in bounds(rows[:, None]))
    width = np.where(high > low, high - low, 1.0)
    sign = np.where(negative, -1.0, 1.0)
    by_value = sign * by_score / width * (high > low)
    # A score from the worst bound up: the bounds move what lies between them.
    toward_low = np.where(negative, scores, -(1.0 - scores))
    toward_high = np.where(negative, 1.0 - scores, -scores)
    places = np.arange(rows.shape[1])
    for toward, at in ((toward_low, rows.argmin(axis=0)), (toward_high, rows.argmax(axis=0))):
        by_value[at, places] += (by_score * toward).sum(axis=0) / width * (high > low)

    found = np.zeros(values.shape)
    found[known] = by_value
    return found


def one_point(values: np.ndarray) -> np.ndarray:
    """A hundredth of the range of each indicator over all units and times, (indicators,)."""
    low, high = bounds(values)
    return np.ravel(high - low) / 100
