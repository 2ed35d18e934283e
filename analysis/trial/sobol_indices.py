"""Which choice moves an index: Sobol's sensitivity indices with bootstrap intervals.

Here: the design, and indices of any outputs of it. Not here: recipes and their scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.trial.recipes import sobol_points


@dataclass(frozen=True, eq=False)
class SobolIndices:
    """Every array is (choices, outputs), shares of an output's variance; NaN where it has none.

    first: what is explained by the choice alone. total: by it and all in which it takes part.
    lower and upper are the ends of percentile bootstrap intervals.
    """

    first: np.ndarray
    first_lower: np.ndarray
    first_upper: np.ndarray
    total: np.ndarray
    total_lower: np.ndarray
    total_upper: np.ndarray


def sobol_design(n: int, choices: int, seed: int) -> np.ndarray:
    """Points at which outputs are wanted, (n, choices + 2, choices) in the unit cube.

    First of the second axis is A, last is B, and between them A with each column of B in turn, from
    one scrambled Sobol sequence of twice as many dimensions. n: a power of two.
    """
    both = sobol_points(n, 2 * choices, seed)
    a, b = both[:, :choices], both[:, choices:]
    design = np.repeat(a[:, None], choices + 2, axis=1)
    design[:, -1] = b
    for i in range(choices):
        design[:, i + 1, i] = b[:, i]
    return design


def sobol_indices(
    outputs: np.ndarray, *, reps: int = 500, level: float = 0.9, seed: int = 0
) -> SobolIndices:
    """First-order and total indices of outputs at the points of `sobol_design`.

    First order by Saltelli et al. (2010), total by Jansen (1999), as SALib has them; the bootstrap
    resamples rows of the design.

    Parameters
    ----------
    outputs : ndarray
        (n, choices + 2, outputs), finite.
    reps : int
        Bootstrap samples.
    level : float
        Of the intervals, a share of 1.
    seed : int

    Raises
    ------
    ValueError
        Where an output is not finite.

    References
    ----------
    Saltelli et al. (2010), Computer Physics Communications 181, 259-270.
    """
    if not np.isfinite(outputs).all():
        raise ValueError("an output is not finite: sensitivity is of complete outputs")
    centred = outputs - outputs.mean(axis=(0, 1))
    n = len(outputs)
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=reps) / n
    first, total = _indices(centred, np.full((1, n), 1 / n))
    of_first, of_total = _indices(centred, draws)
    ends = [(1 - level) / 2, (1 + level) / 2]
    first_lower, first_upper = np.quantile(of_first, ends, axis=0)
    total_lower, total_upper = np.quantile(of_total, ends, axis=0)
    return SobolIndices(first[0], first_lower, first_upper, total[0], total_lower, total_upper)


def _indices(y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices, (samples, choices, outputs), of rows weighted anew, (samples, n)."""
    n, _, k = y.shape
    a, mixed, b = y[:, :1], y[:, 1:-1], y[:, -1:]

    def mean(values: np.ndarray) -> np.ndarray:
        return (weights @ values.reshape(n, -1)).reshape(len(weights), -1, k)

    variance = (mean(a**2) + mean(b**2)) / 2 - ((mean(a) + mean(b)) / 2) ** 2
    # Of an output that no recipe moves, rounding is all that is left.
    scale = np.where(variance > 1e-18, variance, np.nan)
    return mean(b * (mixed - a)) / scale, 0.5 * mean((a - mixed) ** 2) / scale
