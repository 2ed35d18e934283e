"""How far instruments can be believed: rank, strength, Anderson-Rubin, overidentification.

Here: the tests of a two-stage regression with absorbed effects, errors clustered by entity, which
no library has. Not here: the regression (`iv`), and printed critical values (`stock_yogo`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import linalg, special

from analysis.panel import NotIdentifiedError, PanelSample
from analysis.regressions.clustering import NO_ERROR, small_sample_factor

# Smallest canonical correlation of instruments and endogenous regressors that is not rounding.
_NO_RELEVANCE = 2e-5
# Imaginary part below which a root may be real and rounded; a root too many does no harm.
_REAL = 1e-4
LEVEL = 0.95


@dataclass(frozen=True)
class ConfidenceSet:
    """Values that a test does not reject: disjoint closed intervals in rising order.

    intervals: pairs (lower, upper), infinite where the set has no bound; none if it is empty.
    """

    intervals: tuple[tuple[float, float], ...]
    level: float

    def __contains__(self, value: float) -> bool:
        return any(lower <= value <= upper for lower, upper in self.intervals)

    @property
    def bounded(self) -> bool:
        """Whether the set has a lower and an upper bound; an empty set has."""
        return all(np.isfinite(interval).all() for interval in self.intervals)

    def __str__(self) -> str:
        if not self.intervals:
            return f"empty at {self.level:.0%}: every value is rejected"
        if self.intervals == ((-np.inf, np.inf),):
            return f"the whole line at {self.level:.0%}: no value is rejected"
        return " or ".join(map(_in_words, self.intervals))


@dataclass(frozen=True)
class Identification:
    """Rank and strength of the first stages, as `iv.IVResult` has them."""

    kp_rk_lm: float
    kp_rk_lm_p: float
    kp_wald_f: float
    cragg_donald_f: float


@dataclass(frozen=True, eq=False)
class Moments:
    """What is left of a two-stage regression beside effects and exogenous regressors.

    controls: (n, K), orthonormal columns of what is partialled out. basis: (n, l), orthonormal
    columns of the instruments. x: (n, k), the endogenous regressors. y: (n,), the outcome.
    n_columns: of the first stage, year dummies and constant among them.
    n_absorbed: entity effects, which are not among these. Tests clustered by entity do not count
        them, as its errors do not, for they are nested in the clusters.
    Sums over clusters rely on the rows being sorted by entity, as a PanelSample's are.
    """

    sample: PanelSample
    controls: np.ndarray
    basis: np.ndarray
    x: pd.DataFrame
    y: np.ndarray
    n_columns: int
    n_absorbed: int

    @classmethod
    def of(
        cls,
        sample: PanelSample,
        controls: np.ndarray,
        instruments: np.ndarray,
        endogenous: pd.DataFrame,
        outcome: np.ndarray,
        n_absorbed: int,
    ) -> Moments:
        """Partial the controls, (n, columns), out of all else; entity effects are out already."""
        both = np.linalg.qr(np.column_stack([controls, instruments]))[0]
        beside, basis = np.split(both, [controls.shape[1]], axis=1)
        x = endogenous - beside @ (beside.T @ endogenous.to_numpy())
        y = outcome - beside @ (beside.T @ outcome)
        return cls(sample, beside, basis, x, y, both.shape[1], n_absorbed)

    @property
    def n_instruments(self) -> int:
        return self.basis.shape[1]

    @property
    def n_clusters(self) -> int:
        return len(self.sample.entities)

    @property
    def f_per_chi2(self) -> float:
        """From a clustered chi2 to the F of the first stage, of the rank and of Anderson-Rubin."""
        factor = small_sample_factor(self.n_clusters, len(self.y), self.n_columns)
        return 1 / (factor * self.n_instruments)

    def f_test(self, values: np.ndarray) -> tuple[float, float]:
        """F that no instrument has a slope in `values` (n,), and its p by F(l, G-1)."""
        f_stat = self.f_per_chi2 * self.wald(self.basis, values)
        return f_stat, float(special.fdtrc(self.n_instruments, self.n_clusters - 1, f_stat))

    def scores(self, basis: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """Sums over each cluster of the columns of `basis` times `residual`, (G, columns)."""
        return self.sample.summed(basis * residual[:, None])

    def wald(self, basis: np.ndarray, values: np.ndarray) -> float:
        """Clustered chi2 that `values` (n,) have no slope on orthonormal columns `basis` (n, m)."""
        moments = basis.T @ values
        return self.quadratic_form(moments, self.scores(basis, values - basis @ moments))

    def quadratic_form(self, moments: np.ndarray, scores: np.ndarray) -> float:
        """m' (S'S)^-1 m without forming S'S."""
        triangle = self.root(scores)
        return float(np.sum(linalg.solve_triangular(triangle, moments, trans="T") ** 2))

    def root(self, scores: np.ndarray) -> np.ndarray:
        """Upper triangular R with R'R = S'S, the clustered covariance of moments."""
        triangle = np.linalg.qr(scores)[1]
        size = np.linalg.norm(triangle, axis=0)
        if not (np.abs(np.diag(triangle)) > NO_ERROR * size).all():
            raise NotIdentifiedError(
                f"{self.n_clusters} values of {self.sample.entity} are too few for clustered "
                f"tests of {scores.shape[1]} instruments: their covariance is singular"
            )
        return triangle


def identification(data: Moments, instruments: list[str]) -> Identification:
    """Rank and strength of the first stages; raises NotIdentifiedError for no relevance.

    With orthonormal columns for the endogenous regressors too, the coefficients of the first
    stages are B'X, and their singular values the canonical correlations. That the last is zero is
    tested where it stands: `weakest`, the combination of endogenous regressors that is predicted
    worst, against the directions of the instruments that the better ones leave unused. This is
    the rk statistic of Kleibergen and Paap (2006), its covariance under the null (LM) or not.
    """
    endogenous = [str(name) for name in data.x.columns]
    x, n = data.x.to_numpy(), len(data.y)
    x_basis = np.linalg.qr(x / np.linalg.norm(x, axis=0))[0]
    directions, correlations, rotation = np.linalg.svd(data.basis.T @ x_basis)
    if correlations[-1] < _NO_RELEVANCE:
        raise NotIdentifiedError(
            f"given effects and exogenous regressors, {', '.join(instruments)} tell nothing of "
            + (endogenous[0] if len(endogenous) == 1 else f"{', '.join(endogenous)} separately")
        )
    weakest = x_basis @ rotation[-1]
    unused = data.basis @ directions[:, len(endogenous) - 1 :]
    rk_lm = data.quadratic_form(unused.T @ weakest, data.scores(unused, weakest))
    # Its theory has independent errors, of which no effect is nested in a cluster.
    strength = (n - data.n_columns - data.n_absorbed) / data.n_instruments
    return Identification(
        kp_rk_lm=rk_lm,
        kp_rk_lm_p=float(special.chdtrc(unused.shape[1], rk_lm)),
        kp_wald_f=data.f_per_chi2 * data.wald(unused, weakest),
        cragg_donald_f=float(strength * correlations[-1] ** 2 / (1 - correlations[-1] ** 2)),
    )


def anderson_rubin_set(data: Moments, estimate: float, std_error: float) -> ConfidenceSet:
    """Values b at which the Wald test of y - b x on the instruments is not above `critical`.

    With moments m(b) and scores S(b), both linear in b, the test does not reject where
    S'S - mm' / critical has no negative eigenvalue. Its determinant is a polynomial in b, whose
    roots are the eigenvalues of a linear pencil: all ends of the set are found, for any number of
    instruments. With one instrument it is the quadratic of Fieller (1954).

    estimate, std_error: origin and unit of b in the computation.
    """
    critical = special.fdtri(data.n_instruments, data.n_clusters - 1, LEVEL) / data.f_per_chi2
    size = np.linalg.norm(data.y)
    x = data.x.to_numpy()[:, 0]
    y, x = (data.y - estimate * x) / size, std_error * x / size
    y_moments, x_moments = data.basis.T @ y, data.basis.T @ x
    y_scores = data.scores(data.basis, y - data.basis @ y_moments)
    x_scores = data.scores(data.basis, x - data.basis @ x_moments)
    cross = np.outer(y_moments, x_moments) / critical - y_scores.T @ x_scores
    constant = y_scores.T @ y_scores - np.outer(y_moments, y_moments) / critical
    square = x_scores.T @ x_scores - np.outer(x_moments, x_moments) / critical

    def accepted(b: float) -> bool:
        moments, scores = y_moments - b * x_moments, y_scores - b * x_scores
        return not data.quadratic_form(moments, scores) > critical

    intervals: list[tuple[float, float]] = []
    for lower, upper in pairwise([-np.inf, *_real_roots(square, cross, constant), np.inf]):
        if not accepted(_between(lower, upper)):
            continue
        if intervals and intervals[-1][1] == lower:  # a root at which nothing changes
            lower = intervals.pop()[0]
        intervals.append((lower, upper))
    ends = (
        (float(estimate + std_error * a), float(estimate + std_error * b)) for a, b in intervals
    )
    return ConfidenceSet(tuple(ends), LEVEL)


def hansen_j(data: Moments, residual: np.ndarray) -> float:
    """Criterion of two-step GMM, weighted by the clustered covariance at `residual`.

    With effects and exogenous regressors partialled out: as moments of their own, year dummies
    are soon more than the clusters that must tell their covariance.
    """
    moments = data.basis.T @ np.column_stack([data.y, data.x])
    root = data.root(data.scores(data.basis, residual))
    whitened = linalg.solve_triangular(root, moments, trans="T")
    y_white, x_white = whitened[:, 0], whitened[:, 1:]
    return float(np.sum((y_white - x_white @ np.linalg.lstsq(x_white, y_white)[0]) ** 2))


def _real_roots(square: np.ndarray, cross: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """The b at which square b^2 + (cross + cross') b + constant is singular, in rising order."""
    one, zero = np.eye(len(square)), np.zeros_like(square)
    roots = linalg.eigvals(
        np.block([[zero, one], [-constant, -cross - cross.T]]), linalg.block_diag(one, square)
    )
    roots = roots[np.isfinite(roots)]
    return np.sort(roots.real[np.abs(roots.imag) <= _REAL * (1 + np.abs(roots))])


def _between(lower: float, upper: float) -> float:
    """A value inside the interval, well away from its ends."""
    if np.isfinite(lower) and np.isfinite(upper):
        return (lower + upper) / 2
    if np.isfinite(lower):
        return lower + 1 + abs(lower)
    return upper - 1 - abs(upper) if np.isfinite(upper) else 0.0


def _in_words(interval: tuple[float, float]) -> str:
    lower, upper = interval
    if np.isinf(lower):
        return f"{upper:.4g} and below"
    return f"{lower:.4g} and above" if np.isinf(upper) else f"{lower:.4g} to {upper:.4g}"
