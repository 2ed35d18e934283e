"""Whether indicators belong together, and what each counts for in the end.

Functions of scores, (rows, indicators) without NaN. Not here: which of these figures is too high or
too low (rows of `limits`), tables (`analysis.paper.trial_tables`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats


class BartlettTest(NamedTuple):
    """chi2 with df degrees of freedom, and its p-value."""

    statistic: float
    df: int
    p_value: float


def cronbach_alpha(scores: np.ndarray) -> float:
    """Cronbach's (1951) alpha of the columns as they are; NaN of fewer than two or of constants."""
    k = scores.shape[1]
    if k < 2:
        return float("nan")
    covariance = np.cov(scores, rowvar=False)
    total = covariance.sum()
    return float(k / (k - 1) * (1 - np.trace(covariance) / total)) if total > 0 else float("nan")


def bartlett_sphericity(correlation: np.ndarray, n: int) -> BartlettTest:
    """Bartlett's (1951) test that n rows come from uncorrelated columns.

    correlation: (k, k). NaN where it is singular.
    """
    k = len(correlation)
    df = k * (k - 1) // 2
    sign, log_determinant = np.linalg.slogdet(correlation)
    if sign <= 0:
        return BartlettTest(float("nan"), df, float("nan"))
    statistic = -(n - 1 - (2 * k + 5) / 6) * log_determinant
    return BartlettTest(float(statistic), df, float(stats.chi2.sf(statistic, df)))


def kaiser_meyer_olkin(correlation: np.ndarray) -> tuple[float, np.ndarray]:
    """Kaiser's (1970) measure of sampling adequacy: over all, and of each column, (k,).

    Squared correlations as a share of these and of squared partial correlations. NaN where the
    correlation matrix is singular, for then there are no partial ones.
    """
    k = len(correlation)
    if np.linalg.matrix_rank(correlation, hermitian=True) < k:
        return float("nan"), np.full(k, np.nan)
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = (inverse / np.outer(scale, scale)) ** 2
    simple = correlation**2
    off = ~np.eye(k, dtype=bool)
    simple_sum, partial_sum = (simple * off).sum(axis=0), (partial * off).sum(axis=0)
    each = simple_sum / (simple_sum + partial_sum)
    return float(simple_sum.sum() / (simple_sum.sum() + partial_sum.sum())), each


def correlation_ratio(index: np.ndarray, score: np.ndarray) -> float:
    """The share of the index's variance that one indicator explains, in whatever form.

    It is the importance an indicator has, which its weight is not (Paruolo, Saisana and Saltelli
    2013, J. R. Stat. Soc. A 176, 609-634). By groups of neighbouring scores, as many as the square
    root of the rows: Kelley's (1935) epsilon squared, which does not grow with the number of
    groups; not below 0. Equal scores share a group.

    index, score: (rows,). NaN of a constant index.
    """
    n = len(index)
    order = stats.rankdata(score)
    group = np.unique(np.floor((order - 0.5) * int(np.sqrt(n)) / n), return_inverse=True)[1]
    count = np.bincount(group)
    mean = np.bincount(group, index) / count
    total = ((index - index.mean()) ** 2).sum()
    if total == 0 or len(count) == n:
        return float("nan")
    within = ((index - mean[group]) ** 2).sum()
    return float(max(0.0, 1.0 - within / total * (n - 1) / (n - len(count))))


def rank_correlation(scores: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each pair, (k, k); 0 with a constant.

    One figure written in two ways (liabilities over equity and over assets) has 1 or -1.
    """
    ranked = stats.rankdata(scores, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(np.atleast_2d(np.corrcoef(ranked, rowvar=False)))
