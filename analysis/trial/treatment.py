"""What is done to values before they are put on a scale: gaps, and outliers.

Every function takes and returns (units, times, indicators) and leaves its input as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from analysis.trial.indicators import IndicatorArrays

# Gaps of more years than this stay open under `gap_limit`.
LONGEST_GAP = 1
# From which skewness and kurtosis together an indicator has outliers (Groeneveld and Meeden 1984,
# as in the JRC's handbook), and the share of its values that are drawn in at the most.
SKEWNESS, KURTOSIS, MOST = 2.0, 3.5, 0.05
_POWERS = np.arange(1, 5)


def _nearest(data: IndicatorArrays) -> np.ndarray:
    """Filled values are those of the nearest time with a figure, of two the earlier."""
    known = ~(data.filled | np.isnan(data.values))
    times = np.array(data.times)
    distance = np.abs(times[:, None] - times).astype(float)
    # (units, indicators, times, times): how far each time is from each that has a figure.
    far = np.where(known.transpose(0, 2, 1)[:, :, None, :], distance, np.inf)
    source = far.argmin(axis=-1).transpose(0, 2, 1)
    nearest = np.take_along_axis(data.values, source, axis=1)
    is_found = np.isfinite(far.min(axis=-1)).transpose(0, 2, 1)
    return np.where(data.filled, np.where(is_found, nearest, np.nan), data.values)


def _open(longest: int) -> Callable[[IndicatorArrays], np.ndarray]:
    def opened(data: IndicatorArrays) -> np.ndarray:
        return np.where(data.filled & (data.gap_length > longest), np.nan, data.values)

    return opened


# As the warehouse filled them; nearest figure; open; open where the gap is long.
IMPUTATIONS: Mapping[str, Callable[[IndicatorArrays], np.ndarray]] = {
    "linear": lambda data: data.values,
    "nearest": _nearest,
    "none": lambda data: np.where(data.filled, np.nan, data.values),
    "gap_limit": _open(LONGEST_GAP),
}


def skewness_kurtosis(values: np.ndarray) -> tuple[float, float]:
    """Sample skewness and excess kurtosis, adjusted for n (Joanes and Gill's G1 and G2).

    (0, 0) for a constant or fewer than four values.
    """
    n = len(values)
    if n < 4:
        return 0.0, 0.0
    x = values - values.mean()
    square = (x**2).sum()
    if np.sqrt(square / n) <= 1e-9 * np.abs(values).max():
        return 0.0, 0.0
    return _adjusted(n, square, (x**3).sum(), (x**4).sum())


def _adjusted(n: int, square: float, cube: float, fourth: float) -> tuple[float, float]:
    """Skewness and excess kurtosis from sums of powers of deviations from the mean."""
    skewness = np.sqrt(n) * cube / square**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
    raw = n * fourth / square**2
    kurtosis = ((n + 1) * (raw - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return float(skewness), float(kurtosis)


def has_outliers(values: np.ndarray) -> bool:
    """Whether skewness and kurtosis are both beyond what a composite indicator should carry."""
    return _beyond(*skewness_kurtosis(values))


def _beyond(skewness: float, kurtosis: float) -> bool:
    return abs(skewness) >= SKEWNESS and kurtosis >= KURTOSIS


def winsorised_to_shape(values: np.ndarray, most: int) -> np.ndarray:
    """The extremes of the heavier tail set to the next value until `has_outliers` says no.

    values: (n,) without NaN. most: values drawn in at the most; where that is not enough what has
    been drawn in stays so. Values tied at an extreme are drawn in together, as COINr does.
    """
    n, in_order = len(values), np.sort(values)
    skewness, kurtosis = skewness_kurtosis(in_order)
    # Sums of powers follow each value that is drawn in, so that none is taken again over all.
    z = (in_order - in_order.mean()) / (in_order.std() or 1.0)
    sums = np.array([(z**power).sum() for power in _POWERS])
    low, high = 0, n - 1
    while _beyond(skewness, kurtosis) and low + n - 1 - high < most:
        if skewness >= 0:
            end, high = high, int(np.searchsorted(in_order, in_order[high], "left")) - 1
            moved, to = n - 1 - high, high
        else:
            end, low = low, int(np.searchsorted(in_order, in_order[low], "right"))
            moved, to = low, low
        sums += moved * (z[to] ** _POWERS - z[end] ** _POWERS)
        first, second, third, fourth = sums / n
        square = second - first**2
        skewness, kurtosis = _adjusted(
            n,
            n * square,
            n * (third - 3 * first * square - first**3),
            n * (fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4),
        )
    return np.clip(values, in_order[low], in_order[high])


def log_from_minimum(values: np.ndarray) -> np.ndarray:
    """ln(x - min + range / 100), the logarithm that takes any values (COINr's `log_CT`)."""
    low, high = values.min(), values.max()
    return np.log(values - low + 0.01 * (high - low))


def _of_outlying(treat: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
    """The same with the indicators that have outliers treated, over all units and times."""
    out = values.copy()
    for j in range(values.shape[-1]):
        known = ~np.isnan(values[..., j])
        if has_outliers(values[known, j]):
            out[known, j] = treat(values[known, j])
    return out


OUTLIERS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda values: values,
    "winsorised": lambda values: _of_outlying(
        lambda x: winsorised_to_shape(x, int(MOST * len(x))), values
    ),
    "log": lambda values: _of_outlying(log_from_minimum, values),
}
