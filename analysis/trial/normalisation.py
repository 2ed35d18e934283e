"""Values on one scale, on which 0 is poor and 1 is good.

Every function takes (units, times, indicators) and the indicators of which less is better, and
returns the same shape; NaN stays NaN. A constant scores as eq. 11 has it: 0 (under z, the mean).
SQL does the same in the macros of `index_recipes.sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from analysis.trial.indicators import pooled

# Percentiles of the pooled values between which goalposts stand.
GOALPOSTS = (5.0, 95.0)
_POOLED = (0, 1)


def between(
    values: np.ndarray, low: np.ndarray, high: np.ndarray, negative: np.ndarray
) -> np.ndarray:
    """Where values lie between two bounds (eq. 11, and 12 where less is better); 0 of no range."""
    constant = high - low <= 1e-9 * np.maximum(np.abs(low), np.abs(high))
    placed = np.where(negative, high - values, values - low) / np.where(constant, 1.0, high - low)
    return np.where(constant & ~np.isnan(values), 0.0, placed)


def bounds(values: np.ndarray, axes: tuple[int, ...] = _POOLED) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value over some axes, which are kept; NaN where there is none."""
    return (
        np.fmin.reduce(values, axis=axes, keepdims=True),
        np.fmax.reduce(values, axis=axes, keepdims=True),
    )


def minmax(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Eq. 11-12 over all units and times: the published scale."""
    return between(values, *bounds(values), negative)


def _minmax_year(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    return between(values, *bounds(values, (0,)), negative)


def _minmax_base(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Bounds of the first half of the times; later values may lie beyond 0 and 1."""
    base = values[:, : (values.shape[1] + 1) // 2]
    low, high = (
        np.where(np.isnan(b), p, b) for b, p in zip(bounds(base), bounds(values), strict=True)
    )
    return between(values, low, high, negative)


def _goalposts(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Between two percentiles; what lies beyond scores 0 or 1."""
    columns = [x[~np.isnan(x)] for x in pooled(values).T]
    nothing = np.full(len(GOALPOSTS), np.nan)
    posts = [np.percentile(x, GOALPOSTS) if len(x) else nothing for x in columns]
    low, high = np.array(posts).T
    return np.clip(between(values, low, high, negative), 0.0, 1.0)


def _zscore(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """0.5 + z / 10, the T-score over 100: positive unless five deviations below the mean."""
    n = (~np.isnan(values)).sum(axis=_POOLED)
    mean = np.nansum(values, axis=_POOLED) / np.maximum(n, 1)
    spread = np.sqrt(np.nansum((values - mean) ** 2, axis=_POOLED) / np.maximum(n - 1, 1))
    constant = spread <= 1e-9 * np.abs(mean)
    z = np.where(constant & ~np.isnan(values), 0.0, values - mean) / np.where(constant, 1, spread)
    return 0.5 + 0.1 * np.where(negative, -z, z)


def _share_below(values: np.ndarray) -> np.ndarray:
    """Of each column, the others that are smaller as a share of the others: SQL's percent_rank."""
    out = np.full(values.shape, np.nan)
    for j in range(values.shape[1]):
        known = ~np.isnan(values[:, j])
        x = values[known, j]
        out[known, j] = np.searchsorted(np.sort(x), x) / max(len(x) - 1, 1)
    return out


def _percentile(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    signed = np.where(negative, -values, values)
    return _share_below(pooled(signed)).reshape(values.shape)


def _rank(values: np.ndarray, negative: np.ndarray) -> np.ndarray:
    signed = np.where(negative, -values, values)
    return np.stack([_share_below(signed[:, t]) for t in range(signed.shape[1])], axis=1)


# The published scale first.
NORMALISATIONS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "minmax": minmax,
    "minmax_year": _minmax_year,
    "minmax_base": _minmax_base,
    "zscore": _zscore,
    "rank": _rank,
    "percentile": _percentile,
    "goalposts": _goalposts,
}
