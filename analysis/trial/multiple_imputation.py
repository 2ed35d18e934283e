"""Filled cells as draws of what they might have been, and estimates over such draws.

The model of yearly changes: between years with a figure a variable is a random walk with drift of
its own, independent between units. Given the figures at both ends of a gap it is a Brownian bridge
about the straight line, which is what the warehouse fills in; beyond the last figure it walks on
from there. Here: draws, and Rubin's rules. Not here: which cells were filled, what is estimated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats


class Pooled(NamedTuple):
    """An estimate over m draws by Rubin's rules.

    within, between: variance of the estimate given a draw, and over draws. df: Barnard and Rubin's.
    invented: share of the total variance that comes from not knowing the filled cells.
    """

    estimate: float
    std_error: float
    within: float
    between: float
    df: float
    invented: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        reach = float(stats.t.ppf((1 + level) / 2, self.df)) * self.std_error
        return self.estimate - reach, self.estimate + reach


def drawn_fills(
    values: np.ndarray, filled: np.ndarray, times: np.ndarray, m: int, seed: int
) -> Iterator[np.ndarray]:
    """Values with their filled cells drawn anew, m times; figures and open cells stay as they are.

    The variance of yearly changes is drawn, too, from its posterior under Jeffreys' prior, so that
    draws are proper. A draw keeps between the smallest and the largest value of its variable. A
    unit without any figure of a variable, and a variable with fewer than three changes, have
    nothing to draw from and stay as filled.

    Parameters
    ----------
    values : ndarray
        (units, times, variables), NaN where open.
    filled : ndarray
        The same shape, true where a value is no figure.
    times : ndarray
        (times,), in years.
    m : int
    seed : int

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, Wiley.
    """
    known = ~np.isnan(values) & ~filled
    years = np.asarray(times, dtype=float)
    sums, df = _changes(values, known, years)
    low, high = (end.reduce(values, axis=(0, 1)) for end in (np.fmin, np.fmax))
    before, after = _neighbours(known)
    has_before, has_after = before >= 0, after < len(years)
    drawn = filled & (has_before | has_after) & (df > 0)
    first = np.where(has_before, before, np.where(has_after, after, 0))
    last = np.where(has_after, after, first)
    gap = years[last] - years[first]
    place = np.where(gap > 0, (years[:, None] - years[first]) / np.where(gap > 0, gap, 1.0), 0.0)
    steps = np.sqrt(np.diff(years, prepend=years[0]))[:, None]
    rng = np.random.default_rng(seed)
    for _ in range(m):
        spread = np.sqrt(sums / rng.chisquare(np.maximum(df, 1)))
        walk = np.cumsum(rng.normal(size=values.shape) * steps, axis=1) * spread
        at_first, at_last = (np.take_along_axis(walk, end, axis=1) for end in (first, last))
        noise = walk - at_first - place * (at_last - at_first)
        yield np.where(drawn, np.clip(values + noise, low, high), values)


def pooled(estimates: np.ndarray, variances: np.ndarray, df: float) -> Pooled:
    """Rubin's rules with the degrees of freedom of Barnard and Rubin (1999).

    estimates, variances: (m,). df: of an estimate without any filled cell. Where draws do not
    differ the estimate has these and nothing is invented.

    Raises ValueError for fewer than two draws.

    References
    ----------
    Barnard and Rubin (1999), Biometrika 86, 948-955.
    """
    m = len(estimates)
    if m < 2:
        raise ValueError(f"{m} draws: what lies between draws takes two at the least")
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1))
    added = (1 + 1 / m) * between
    total = within + added
    invented = added / total if total > 0 else 0.0
    observed = (df + 1) / (df + 3) * df * (1 - invented)
    if invented > 0:
        from_draws = (m - 1) / invented**2
        joint = from_draws * observed / (from_draws + observed)
    else:
        joint = df
    return Pooled(float(np.mean(estimates)), total**0.5, within, between, joint, invented)


def _changes(
    values: np.ndarray, known: np.ndarray, years: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Squared yearly changes less the drift, summed, and their degrees of freedom, (variables,).

    Between neighbouring figures L years apart a change has L times the drift and the variance.
    """
    sums, df = np.zeros(values.shape[2]), np.zeros(values.shape[2])
    for j in range(values.shape[2]):
        unit, time = np.nonzero(known[:, :, j])
        same = np.diff(unit) == 0
        change, length = np.diff(values[unit, time, j])[same], np.diff(years[time])[same]
        if len(change) < 3:
            continue
        drift = change.sum() / length.sum()
        sums[j], df[j] = ((change - drift * length) ** 2 / length).sum(), len(change) - 1
    return sums, df


def _neighbours(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The last figure until each time and the first from it on: -1 and the number of times where
    there is none."""
    n = known.shape[1]
    place = np.arange(n)[:, None]
    before = np.maximum.accumulate(np.where(known, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, place, n)[:, ::-1], axis=1)[:, ::-1]
    return before, after
