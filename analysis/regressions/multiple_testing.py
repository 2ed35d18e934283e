"""Families of tests: p-values that allow for how many coefficients were looked at.

Here: the step-down of Romano and Wolf over draws of the wild cluster bootstrap. Not here: which
coefficients make a family (`analysis.paper.joint_nulls`), tests of one joint null (`joint_tests`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.intervals import SEED
from analysis.panel import EstimationError
from analysis.regressions.joint_tests import REPS, NullModel
from analysis.regressions.one_coefficient import OneCoefficient
from analysis.regressions.wild_bootstrap import cluster_weights, kind_of_weights

# p-values that differ by less, relatively, are the same.
_SAME = 1e-8


@dataclass(frozen=True, eq=False)
class Family:
    """p-values of zero coefficients tested together, each (S,), in their order.

    p_values: each by itself, by the wild cluster bootstrap. adjusted: by Romano and Wolf's
    step-down: rejecting those below 5 % rejects any true null in at most 5 % of samples.
    ranks: (S, 1 + draws), how rare each statistic is, the data first: a share of draws.
    """

    p_values: np.ndarray
    adjusted: np.ndarray
    ranks: np.ndarray

    def part(self, members: Sequence[int]) -> Family:
        """The family of some of its tests, adjusted for these alone."""
        ranks = self.ranks[list(members)]
        return Family(self.p_values[list(members)], stepped_down(ranks), ranks)


def family(coefficients: Sequence[OneCoefficient], *, reps: int = REPS, seed: int = SEED) -> Family:
    """Romano-Wolf p-values of zero coefficients, of regressions with entities in common.

    In a draw every entity has one weight in all regressions, so that the draws depend on each
    other as the estimates do; residuals are of each coefficient's null (WCR). Regressions of few
    entities get Webb's weights, the others their signs. Statistics of regressions with three
    clusters and with thirty are not comparable, so each is replaced by the share of its own draws
    that it does not exceed, and the smallest of these is compared (the balanced form, minP of
    Westfall and Young 1993); R's wildrwolf and Stata's rwolf2 compare the largest t (maxT).

    Parameters
    ----------
    coefficients : sequence of OneCoefficient
        Of `one_coefficient.each_coefficient`.
    reps, seed : int
        How many draws, and where the generator starts.

    Returns
    -------
    Family

    Raises
    ------
    EstimationError
        For no coefficients.

    References
    ----------
    Romano and Wolf (2005), Journal of the American Statistical Association 100, algorithm 4.
    Clarke, Romano and Wolf (2020), Stata Journal 20.
    Westfall and Young (1993), Resampling-Based Multiple Testing.
    """
    if not coefficients:
        raise EstimationError("a family of tests needs a coefficient")
    labels = pd.Index([])
    for of in coefficients:
        labels = labels.union(of.sample.entities)
    weights, _, _ = cluster_weights(len(labels), "webb", reps, seed)
    signs = np.sign(weights).astype(np.int8)
    ranks = np.empty((len(coefficients), 1 + weights.shape[1]))
    for place, of in enumerate(coefficients):
        drawn = weights if kind_of_weights(of.n_clusters) == "webb" else signs
        own = drawn[labels.get_indexer(of.sample.entities)]
        both = np.column_stack([np.ones(of.n_clusters, own.dtype), own])
        ranks[place] = _rareness(NullModel.of_one(of).wald(both))
    return Family(ranks[:, 0], stepped_down(ranks), ranks)


def stepped_down(ranks: np.ndarray) -> np.ndarray:
    """Adjusted p-values (S,) of p-values (S, 1 + draws), the data's first.

    The smallest is compared with the smallest of all in every draw, the next with the smallest of
    those that are left, and no p-value is below one of a smaller.
    """
    order = np.argsort(ranks[:, 0], kind="stable")
    smallest = np.minimum.accumulate(ranks[order][::-1], axis=0)[::-1]
    steps = (smallest <= ranks[order, :1] * (1 + _SAME)).mean(axis=1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def _rareness(statistics: np.ndarray) -> np.ndarray:
    """Of each statistic the share of all that are not below it, one without a value as infinite."""
    known = np.where(np.isnan(statistics), np.inf, statistics)
    ordered = np.sort(known)
    return 1 - np.searchsorted(ordered, known * (1 - _SAME), side="left") / len(known)
