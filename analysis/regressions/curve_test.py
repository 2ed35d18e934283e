"""Whether a whole specification curve could come of no effect at all.

Here: the joint test of Simonsohn, Simmons and Nelson (2020) for errors clustered by entity. Not
here: the fits (`crossed_fits`), the curve (`specification_curve`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from analysis.column_blocks import column_blocks
from analysis.regressions.crossed_fits import CrossedFit

_SIGNIFICANT = 0.05
# Sums of signed parts in another order differ by rounding alone.
_SAME = 1e-12


class CurveStatistic(NamedTuple):
    """A figure of a curve, and how often a curve without an effect has one as far from none."""

    observed: float
    p_value: float


class CurveTest(NamedTuple):
    """median: of the coefficients. significant: share of the sign that has more of them, at 5 %.

    mean_z: of the normal deviates of the p-values (Stouffer). Each is judged by its size.
    """

    median: CurveStatistic
    significant: CurveStatistic
    mean_z: CurveStatistic
    n_fits: int
    reps: int


def curve_test(
    fits: Sequence[CrossedFit], scales: Sequence[np.ndarray], *, reps: int = 499, seed: int = 0
) -> CurveTest:
    """The three tests of the curve's authors, with the null imposed on every fit.

    Each draw turns the residuals of whole entities round, the same entities in every fit, so that
    the dependence between fits is that of the data (wild cluster bootstrap, Rademacher signs,
    restricted residuals). Coefficients of a draw are exact; its errors leave the controls where
    they are, as a score bootstrap does (Kline and Santos 2012, Journal of Econometric Methods 1).

    Parameters
    ----------
    fits : sequence of CrossedFit
    scales : sequence of ndarray
        Of each fit (m,), by which its coefficients compare.
    reps : int
        Draws.
    seed : int

    Raises
    ------
    ValueError
        Without a fit.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214.
    """
    if not fits:
        raise ValueError("no specification is identified: there is no curve to test")
    parts = np.concatenate([fit.parts for fit in fits], axis=1)
    sizes = [len(fit.outcomes) for fit in fits]
    leverage = np.repeat(np.stack([fit.shares for fit in fits], axis=1), sizes, axis=1)
    factor = np.repeat([fit.factor for fit in fits], sizes)
    df = np.repeat([fit.n_clusters - 1 for fit in fits], sizes)
    scale = np.concatenate(list(scales))
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], size=(reps, len(parts)))
    signs = np.vstack([np.ones(len(parts)), signs])
    squares, across, own = (parts**2).sum(axis=0), parts * leverage, (leverage**2).sum(axis=0)
    critical = stats.t.ppf(1 - _SIGNIFICANT / 2, df)
    found = []
    for block in column_blocks(parts.shape[1], len(signs)):
        drawn = signs[block]
        estimates = drawn @ parts
        # Of each entity the score is its signed part less the estimate's share of x'x.
        variance = squares - 2 * estimates * (drawn @ across) + estimates**2 * own
        t_stat = estimates / np.sqrt(np.maximum(factor * variance, np.finfo(float).tiny))
        z = -np.sign(t_stat) * special.ndtri(special.stdtr(df, -np.abs(t_stat)))
        shares = [(side * t_stat > critical).mean(axis=1) for side in (1, -1)]
        median = np.median(estimates * scale, axis=1)
        found.append(np.stack([median, np.maximum(*shares), z.mean(axis=1)], axis=1))
    observed, *_ = statistics = np.concatenate(found)
    size = np.abs(statistics)
    beyond = (size[1:] >= size[0] * (1 - _SAME)).sum(axis=0)
    median, significant, mean_z = (
        CurveStatistic(float(value), float(p))
        for value, p in zip(observed, (1 + beyond) / (1 + reps), strict=True)
    )
    return CurveTest(median, significant, mean_z, n_fits=parts.shape[1], reps=reps)
