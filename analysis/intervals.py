"""Intervals of bootstrap draws: percentile, bias-corrected and BCa, as Stata has them.

Here: what becomes of draws, whichever bootstrap made them. Not here: the bootstraps
(`analysis.regressions`, `analysis.spatial`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from analysis.panel import EstimationError

# Of every bootstrap and simulation, so that a refresh finds what the last one found.
SEED = 20240117
# Draws wanted outside an interval, both ends together: an end found from fewer is chance.
_DRAWS_OUTSIDE = 10


class Interval(NamedTuple):
    """Confidence limits, in the units of the estimate."""

    lower: float
    upper: float


UNDEFINED = Interval(float("nan"), float("nan"))


@dataclass(frozen=True)
class BootstrapEffect:
    """An estimate with its bootstrap standard error and three intervals of one level.

    The draws behind it are those in which it is identified. Where so many of them have no bound
    that an end lies among these, the end is infinite, as `se` is from the first on.
    `bias_corrected` and `bca` are `UNDEFINED` where every draw lies on one side of the estimate;
    `bca` also where the effect is not identified without one of the entities.
    """

    estimate: float
    se: float
    percentile: Interval
    bias_corrected: Interval
    bca: Interval


def least_draws(level: float) -> int:
    """How many draws intervals of this level need at least. Raises EstimationError for no level."""
    if not 0 < level < 1:
        raise EstimationError(f"level {level}: expected a share between 0 and 1, such as 0.95")
    return math.ceil(_DRAWS_OUTSIDE / (1 - level) - 1e-6)


def bootstrap_effect(
    estimate: float, draws: np.ndarray, jackknife: np.ndarray, level: float
) -> BootstrapEffect:
    """Standard error and intervals from draws and leave-one-cluster-out estimates.

    The formulas of Stata's `estat bootstrap, percentile bc bca` (Efron and Tibshirani 1993,
    ch. 13-14), its quantiles included: the mean of two neighbours where reps x share is whole.
    Draws that are not numbers, resamples without an estimate, are left aside; infinite ones, in
    which the effect has no bound, are as far out as can be.

    Parameters
    ----------
    estimate : float
    draws : ndarray
        Estimates of the resamples.
    jackknife : ndarray
        Estimates without each cluster.
    level : float
        Of the intervals, a share of 1.

    Returns
    -------
    BootstrapEffect

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13 and 14.
    """
    draws = np.sort(draws[~np.isnan(draws)])
    below = float((draws <= estimate).mean())
    bias = float(special.ndtri(below)) if 0 < below < 1 else float("nan")
    shares = [
        interval_shares(0.0, 0.0, level),
        interval_shares(bias, 0.0, level),
        interval_shares(bias, acceleration(jackknife), level),
    ]
    intervals = [
        UNDEFINED if np.isnan(pair).any() else Interval(*(_quantile(draws, of) for of in pair))
        for pair in shares
    ]
    se = float(draws.std(ddof=1)) if np.isfinite(draws[[0, -1]]).all() else float("inf")
    return BootstrapEffect(float(estimate), se, *intervals)


def _quantile(ordered: np.ndarray, share: float) -> float:
    """Stata's, numpy's `averaged_inverted_cdf`, which cannot do infinite values."""
    place = len(ordered) * share
    at = max(math.ceil(place), 1)
    if at == place and at < len(ordered):
        return float((ordered[at - 1] + ordered[at]) / 2)
    return float(ordered[at - 1])


def interval_shares(bias: float, acceleration: float, level: float) -> tuple[float, float]:
    """Shares of draws below the ends of a BCa interval (Efron and Tibshirani 1993, eq. 14.10).

    bias 0 and acceleration 0 give the percentile interval, acceleration 0 the bias-corrected.
    """
    reach = float(special.ndtri((1 + level) / 2))
    low, high = (
        float(special.ndtr(bias + (bias + z) / (1 - acceleration * (bias + z))))
        for z in (-reach, reach)
    )
    return low, high


def acceleration(jackknife: np.ndarray) -> float:
    """Acceleration from leave-one-out estimates (Efron and Tibshirani 1993, eq. 14.15).

    Not a number where one of them is none, 0 where they are all the same.
    """
    deviation = jackknife.mean() - jackknife
    square = (deviation**2).sum()
    return float((deviation**3).sum() / (6 * square**1.5)) if square != 0 else 0.0
