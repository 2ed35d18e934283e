"""Two-stage least squares with fixed effects, errors clustered by entity, by Stata's convention.

Here: the estimator of Table 4 columns (2) and (3), its first stages, and the tests that tell
whether to believe it: rank, weak instruments, Anderson-Rubin, overidentification. Not here:
making instruments (`analysis.panel.lagged` for lags), checks of the data (`analysis.panel`), and
printed critical values (`analysis.regressions.stock_yogo`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg, special

from analysis.panel import (
    CONSTANT,
    Design,
    Effects,
    EstimationError,
    NotIdentifiedError,
    PanelSample,
    design,
    estimation_sample,
)
from analysis.regressions.fixed_effects import Coefficient, FixedEffectsResult
from analysis.regressions.stock_yogo import StockYogo, stock_yogo

# Smallest canonical correlation of instruments and endogenous regressors that is not rounding.
_NO_RELEVANCE = 2e-5
# Sampling error, relative to the spread of the left-hand side, that is only rounding.
_NO_ERROR = 1e-7
# Imaginary part below which a root may be real and rounded; a root too many does no harm.
_REAL = 1e-4
_LEVEL = 0.95


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


@dataclass(frozen=True, eq=False)
class FirstStage(FixedEffectsResult):
    """An endogenous regressor on instruments and exogenous regressors: `two_way_fe` of these.

    f_stat, f_p_value: clustered Wald test that all instruments have coefficient zero, as
        F(f_df, n_clusters - 1); with one instrument the square of its t.
    partial_r2: share of what effects and exogenous regressors leave that instruments explain.
    """

    f_stat: float
    f_p_value: float
    f_df: int
    partial_r2: float


@dataclass(frozen=True, eq=False)
class IVResult(FixedEffectsResult):
    """Two-stage least squares; Series and `cov` by endogenous, then exogenous regressors.

    r2_within: 1 - SSR / variation within entities, from structural residuals; may be negative.
    first_stage: by endogenous regressor.
    kp_rk_lm, kp_rk_lm_p: H0: the instruments do not identify all endogenous regressors,
        chi2(instruments - endogenous + 1).
    kp_wald_f, cragg_donald_f: strength of the instruments, every effect counted as a dummy.
    stock_yogo: critical values made for cragg_donald_f, and by custom held against kp_wald_f.
    ar_chi2, ar_f, ar_p: H0: all endogenous coefficients are zero, valid however weak the
        instruments; ar_p is by F(instruments, n_clusters - 1), ar_chi2_p by chi2(instruments).
    ar_confidence_set: coefficients that this test (as F, 5 %) does not reject; None with several
        endogenous regressors, whose joint set is no union of intervals.
    hansen_j, hansen_j_p: H0: the instruments agree, chi2(instruments - endogenous); None if the
        model is just identified.
    """

    first_stage: dict[str, FirstStage]
    kp_rk_lm: float
    kp_rk_lm_p: float
    kp_wald_f: float
    cragg_donald_f: float
    stock_yogo: StockYogo
    ar_chi2: float
    ar_chi2_p: float
    ar_f: float
    ar_p: float
    ar_confidence_set: ConfidenceSet | None
    hansen_j: float | None
    hansen_j_p: float | None


def fe_2sls(
    panel: pd.DataFrame,
    outcome: str,
    endogenous: Sequence[str],
    instruments: Sequence[str],
    exogenous: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
    effects: Effects = "twoway",
) -> IVResult:
    """Regress `outcome` on `endogenous`, by `instruments`, and `exogenous`, with effects.

    y = X b + W c + a_i + d_t + e, E[Z'e] = 0, by two-stage least squares; `exogenous` may be
    empty. Time effects are dummies and entity effects are absorbed, exactly so in unbalanced
    panels. Errors are clustered by `entity`, times G/(G-1) * (n-1)/(n-K), K as in `two_way_fe`.

    Equals Stata's `ivreg2 y w (x = z), cluster(entity) small` with `effects="none"`, where `time`
    need only tell the rows of an entity apart; with entity effects coefficients and errors are
    those of `xtivreg2, fe cluster(entity) small`. kp_rk_lm: Kleibergen and Paap (2006).
    kp_wald_f and cragg_donald_f are those of `ivreg2` with every dummy written out, entities'
    included: (n - L - s) / (n - L) times what demeaned data give, s dummies beside L columns.
    ar_chi2 and hansen_j are those of `ivreg2`; ar_f counts coefficients as the errors do.

    Raises EstimationError for a column in two roles and too few instruments; NotIdentifiedError
    for instruments without relevance, or too many for the clusters; further as
    `analysis.panel.estimation_sample` and `analysis.panel.design`, which see all columns at once.
    """
    _check_roles(outcome, endogenous=endogenous, instruments=instruments, exogenous=exogenous)
    endogenous, instruments, exogenous = list(endogenous), list(instruments), list(exogenous)
    # In this order a column that depends on others is named as an instrument of the exogenous
    # ones, or as an endogenous regressor of which the instruments leave nothing.
    columns = [*exogenous, *instruments, *endogenous]
    sample = estimation_sample(panel, outcome, columns, entity=entity, time=time)
    data = _Data(sample, design(sample, columns, effects), effects in ("twoway", "entity"))
    if data.n_clusters <= len(instruments):
        raise NotIdentifiedError(
            f"{data.n_clusters} values of {entity} are too few for clustered tests of "
            f"{len(instruments)} instruments: there must be more clusters than instruments"
        )

    controls = [name for name in data.names if name not in {*endogenous, *instruments}]
    stage = [*controls, *instruments]
    stage_basis = np.linalg.qr(data.standardised(stage))[0]
    control_basis, basis = stage_basis[:, : len(controls)], stage_basis[:, len(controls) :]
    raw = data.in_units([*endogenous, outcome])
    beside_controls = raw - control_basis @ (control_basis.T @ raw)
    x, y = beside_controls[:, :-1], beside_controls[:, -1]
    identification = _identification(data, basis, x, endogenous, instruments)

    slopes = [*endogenous, *exogenous]
    fit = _regression(data, outcome, [*controls, *endogenous], stage_basis, slopes)
    f_per_chi2 = 1 / (data.small_sample(len(stage)) * len(instruments))
    first_stage = {}
    for name, values in zip(endogenous, x.T, strict=True):
        f_stat = f_per_chi2 * data.wald(basis, values)
        first_stage[name] = FirstStage(
            **_regression(data, name, stage, stage_basis, [*instruments, *exogenous]),
            f_stat=f_stat,
            f_p_value=float(special.fdtrc(len(instruments), data.n_clusters - 1, f_stat)),
            f_df=len(instruments),
            partial_r2=float(np.sum((basis.T @ values) ** 2) / (values @ values)),
        )

    ar_chi2 = data.wald(basis, y)
    ar_set, hansen_j, hansen_j_p = None, None, None
    if len(endogenous) == 1:
        about = fit["params"].iloc[0], fit["std_errors"].iloc[0]
        critical = special.fdtri(len(instruments), data.n_clusters - 1, _LEVEL) / f_per_chi2
        ar_set = _confidence_set(data, basis, y, x[:, 0], about, critical)
    if (overidentified := len(instruments) - len(endogenous)) > 0:
        residual = y - x @ fit["params"][endogenous].to_numpy()
        hansen_j = _hansen_j(data, basis, y, x, residual)
        hansen_j_p = float(special.chdtrc(overidentified, hansen_j))
    return IVResult(
        **fit,
        **identification,
        first_stage=first_stage,
        stock_yogo=stock_yogo(len(endogenous), len(instruments)),
        ar_chi2=ar_chi2,
        ar_chi2_p=float(special.chdtrc(len(instruments), ar_chi2)),
        ar_f=f_per_chi2 * ar_chi2,
        ar_p=float(special.fdtrc(len(instruments), data.n_clusters - 1, f_per_chi2 * ar_chi2)),
        ar_confidence_set=ar_set,
        hansen_j=hansen_j,
        hansen_j_p=hansen_j_p,
    )


class _Data:
    """The rows as least squares sees them: entity effects gone, grand means kept for the constant.

    Sums over clusters rely on the rows being sorted by entity, as a PanelSample's are.
    """

    def __init__(self, sample: PanelSample, right_hand: Design, absorbed: bool) -> None:
        self.sample = sample
        self.names = [str(name) for name in right_hand.matrix]
        self.n, self.n_clusters = len(sample.values), len(sample.entities)
        self.n_absorbed = (self.n_clusters - 1) * absorbed
        self._absorbed = absorbed
        self._matrix = self._without_effects(right_hand.matrix.to_numpy())
        self._to_original = right_hand.to_original.to_numpy()
        self._sample = sample

    def standardised(self, names: list[str]) -> np.ndarray:
        """Columns of the design, (n, names)."""
        return self._matrix[:, self._positions(names)]

    def to_original(self, names: list[str]) -> np.ndarray:
        """Map from coefficients on these columns of the design to the variables' units."""
        return self._to_original[np.ix_(self._positions(names), self._positions(names))]

    def _positions(self, names: list[str]) -> list[int]:
        return [self.names.index(name) for name in names]

    def in_units(self, names: list[str]) -> np.ndarray:
        """Variables in their own units, (n, names)."""
        return self._without_effects(self.sample.values[names].to_numpy())

    def _without_effects(self, values: np.ndarray) -> np.ndarray:
        return self.sample.demeaned(values) + values.mean(axis=0) if self._absorbed else values

    def small_sample(self, n_coefficients: int) -> float:
        """Stata's factor of a clustered covariance; absorbed effects are not in the count."""
        clusters = self.n_clusters / (self.n_clusters - 1)
        return clusters * (self.n - 1) / (self.n - n_coefficients)

    def scores(self, basis: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """Sums over each cluster of the columns of `basis` times `residual`, (G, columns)."""
        return self._sample.summed(basis * residual[:, None])

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
        if not (np.abs(np.diag(triangle)) > _NO_ERROR * size).all():
            raise NotIdentifiedError(
                f"{self.n_clusters} values of {self.sample.entity} are too few for clustered "
                f"tests of {scores.shape[1]} instruments: their covariance is singular"
            )
        return triangle


def _regression(
    data: _Data, outcome: str, terms: list[str], stage_basis: np.ndarray, slopes: list[str]
) -> dict[str, Any]:
    """Fields of a FixedEffectsResult: `outcome` on `terms`, projected on the first stage's columns.

    Terms that are among these columns are their own projection, so this is least squares too.
    """
    y, x = data.in_units([outcome])[:, 0], data.standardised(terms)
    basis, triangle = np.linalg.qr(stage_basis @ (stage_basis.T @ x))
    coefficients = linalg.solve_triangular(triangle, basis.T @ y)
    residual = y - x @ coefficients
    root = linalg.solve_triangular(triangle, data.scores(basis, residual).T)
    covariance = data.small_sample(len(terms)) * root @ root.T

    kept = [terms.index(name) for name in [*slopes, CONSTANT]]
    vanishing = _NO_ERROR * data.sample.values[outcome].std()
    if not (np.diag(covariance)[kept[:-1]] > vanishing**2).all():
        raise NotIdentifiedError(
            f"no sampling error is left to estimate: {data.n_clusters} values of "
            f"{data.sample.entity} are too few for clustered errors, "
            f"or the regressors fit {outcome} exactly"
        )
    to_original = data.to_original(terms)[kept]
    estimate = to_original @ coefficients
    covariance = to_original @ covariance @ to_original.T
    std_error = np.sqrt(np.diag(covariance))
    t_stat = estimate / std_error
    p_value = 2 * special.stdtr(data.n_clusters - 1, -np.abs(t_stat))
    unexplained, variation = data.sample.demeaned(np.column_stack([residual, y])).T
    within = variation @ variation
    return {
        "params": pd.Series(estimate[:-1], slopes, name="estimate"),
        "std_errors": pd.Series(std_error[:-1], slopes, name="std_error"),
        "t_stats": pd.Series(t_stat[:-1], slopes, name="t_stat"),
        "p_values": pd.Series(p_value[:-1], slopes, name="p_value"),
        "cov": pd.DataFrame(covariance[:-1, :-1], slopes, slopes),
        "constant": Coefficient(
            *(float(column[-1]) for column in (estimate, std_error, t_stat, p_value))
        ),
        "n": data.n,
        "n_clusters": data.n_clusters,
        "n_dropped": data.sample.n_dropped,
        "r2_within": float(1 - unexplained @ unexplained / within) if within > 0 else float("nan"),
    }


def _identification(
    data: _Data, basis: np.ndarray, x: np.ndarray, endogenous: list[str], instruments: list[str]
) -> dict[str, Any]:
    """Rank and strength of the first stages; basis (n, instruments) orthonormal.

    With orthonormal columns for the endogenous regressors too, the coefficients of the first
    stages are B'X, and their singular values the canonical correlations. That the last is zero is
    tested where it stands: `weakest`, the combination of endogenous regressors that is predicted
    worst, against the directions of the instruments that the better ones leave unused. This is
    the rk statistic of Kleibergen and Paap (2006), its covariance under the null (LM) or not.
    """
    x_basis = np.linalg.qr(x / np.linalg.norm(x, axis=0))[0]
    directions, correlations, rotation = np.linalg.svd(basis.T @ x_basis)
    if correlations[-1] < _NO_RELEVANCE:
        raise NotIdentifiedError(
            f"given effects and exogenous regressors, {', '.join(instruments)} tell nothing of "
            + (endogenous[0] if len(endogenous) == 1 else f"{', '.join(endogenous)} separately")
        )
    weakest = x_basis @ rotation[-1]
    unused = basis @ directions[:, len(endogenous) - 1 :]
    rk_lm = data.quadratic_form(unused.T @ weakest, data.scores(unused, weakest))
    n_columns = len(data.names) - len(endogenous) + data.n_absorbed
    strength = (data.n - n_columns) / len(instruments)
    clusters = (data.n_clusters - 1) / data.n_clusters
    return {
        "kp_rk_lm": rk_lm,
        "kp_rk_lm_p": float(special.chdtrc(unused.shape[1], rk_lm)),
        "kp_wald_f": strength * clusters * data.wald(unused, weakest) / (data.n - 1),
        "cragg_donald_f": float(strength * correlations[-1] ** 2 / (1 - correlations[-1] ** 2)),
    }


def _confidence_set(
    data: _Data,
    basis: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    about: tuple[float, float],
    critical: float,
) -> ConfidenceSet:
    """Values b at which the Wald test of y - b x on the instruments is not above `critical`.

    With moments m(b) and scores S(b), both linear in b, the test does not reject where
    S'S - mm' / critical has no negative eigenvalue. Its determinant is a polynomial in b, whose
    roots are the eigenvalues of a linear pencil: all ends of the set are found, for any number of
    instruments. With one instrument it is the quadratic of Fieller (1954).

    about: the estimate and its error, origin and unit of b in the computation.
    """
    origin, unit = about
    size = np.linalg.norm(y)
    y, x = (y - origin * x) / size, unit * x / size
    y_moments, x_moments = basis.T @ y, basis.T @ x
    y_scores = data.scores(basis, y - basis @ y_moments)
    x_scores = data.scores(basis, x - basis @ x_moments)
    cross = np.outer(y_moments, x_moments) / critical - y_scores.T @ x_scores
    constant = y_scores.T @ y_scores - np.outer(y_moments, y_moments) / critical
    square = x_scores.T @ x_scores - np.outer(x_moments, x_moments) / critical
    one, zero = np.eye(len(square)), np.zeros_like(square)
    roots = linalg.eigvals(
        np.block([[zero, one], [-constant, -cross - cross.T]]), linalg.block_diag(one, square)
    )
    roots = roots[np.isfinite(roots)]
    ends = np.sort(roots.real[np.abs(roots.imag) <= _REAL * (1 + np.abs(roots))])

    intervals: list[tuple[float, float]] = []
    for lower, upper in pairwise([-np.inf, *ends, np.inf]):
        b = _between(lower, upper)
        if data.quadratic_form(y_moments - b * x_moments, y_scores - b * x_scores) > critical:
            continue
        if intervals and intervals[-1][1] == lower:  # a root at which nothing changes
            lower = intervals.pop()[0]
        intervals.append((lower, upper))
    return ConfidenceSet(
        tuple((float(origin + unit * a), float(origin + unit * b)) for a, b in intervals), _LEVEL
    )


def _between(lower: float, upper: float) -> float:
    """A value inside the interval, well away from its ends."""
    if np.isfinite(lower) and np.isfinite(upper):
        return (lower + upper) / 2
    if np.isfinite(lower):
        return lower + 1 + abs(lower)
    return upper - 1 - abs(upper) if np.isfinite(upper) else 0.0


def _hansen_j(
    data: _Data, basis: np.ndarray, y: np.ndarray, x: np.ndarray, residual: np.ndarray
) -> float:
    """Criterion of two-step GMM, weighted by the clustered covariance at `residual`."""
    moments = basis.T @ np.column_stack([y, x])
    whitened = linalg.solve_triangular(data.root(data.scores(basis, residual)), moments, trans="T")
    y_white, x_white = whitened[:, 0], whitened[:, 1:]
    return float(np.sum((y_white - x_white @ np.linalg.lstsq(x_white, y_white)[0]) ** 2))


def _check_roles(outcome: str, **columns: Sequence[str]) -> None:
    role_of = {outcome: "the outcome"}
    for role, names in columns.items():
        if isinstance(names, str):
            raise EstimationError(f"{role} must be a list of column names, not '{names}'")
        for name in names:
            if role_of.setdefault(name, role) != role:
                raise EstimationError(f"{name} is named as both {role_of[name]} and {role}")
    endogenous, instruments = columns["endogenous"], columns["instruments"]
    if not endogenous:
        raise EstimationError("no endogenous regressors: this is a case for two_way_fe")
    if len(instruments) < len(endogenous):
        raise EstimationError(
            f"under-identified: {len(endogenous)} endogenous regressors "
            f"({', '.join(endogenous)}) need as many instruments, "
            f"found {len(instruments)}{': ' if instruments else ''}{', '.join(instruments)}"
        )


def _in_words(interval: tuple[float, float]) -> str:
    lower, upper = interval
    if np.isinf(lower):
        return f"{upper:.4g} and below"
    return f"{lower:.4g} and above" if np.isinf(upper) else f"{lower:.4g} to {upper:.4g}"
