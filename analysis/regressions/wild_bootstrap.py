"""Wild cluster bootstrap: p-values and confidence limits for few clusters.

Here: the test of one coefficient of a fixed-effects regression. Not here: the regression itself
(`fixed_effects`), and resampling of whole entities (`cluster_bootstrap`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from analysis.column_blocks import column_blocks
from analysis.design import design
from analysis.intervals import SEED, Interval, least_draws
from analysis.panel import CONSTANT, EstimationError, PanelSample, estimation_sample
from analysis.regressions.clustering import FixedEffectsResult
from analysis.regressions.fixed_effects import two_way_fe

WildWeights = Literal["auto", "rademacher", "webb"]

# What a cluster's residuals are multiplied by, each value as likely: mean 0, variance 1.
_VALUES = {
    "rademacher": np.array([-1.0, 1.0]),
    "webb": np.sqrt([1.5, 1.0, 0.5, 0.5, 1.0, 1.5]) * [-1, -1, -1, 1, 1, 1],
}
# Fewer clusters than this have too few sign patterns.
_FEW = 10
# Statistics that differ by less, relatively, are the same: draws that only change all signs, or
# scale all residuals alike, repeat the statistic of the data but for rounding.
_SAME = 1e-8
# Confidence limits are sought to this share of their distance from the estimate (at least of a
# standard error), as far as 2^20, a million, standard errors: farther out digits are lost.
_LIMIT = 1e-6
_FARTHEST = 20


@dataclass(frozen=True, eq=False)
class WildBootstrap:
    """Test of a zero coefficient.

    t_stat: the clustered t of `two_way_fe`.
    p_value_at: the p-value of the same test of any other value.
    reps: draws used: all patterns where `enumerated`.
    weights: `rademacher` or `webb`.
    draws: (reps,) t statistics of the bootstrap samples.
    """

    p_value: float
    p_value_at: Callable[[float], float]
    t_stat: float
    estimate: float
    std_error: float
    level: float
    reps: int
    weights: str
    enumerated: bool
    n_clusters: int
    draws: np.ndarray

    @cached_property
    def conf_int(self) -> Interval:
        """The values around the estimate that a test of this kind does not reject at 1 - level.

        Infinite where none in that direction is rejected. Sought when it is asked for: that takes
        some fifty tests, and most readers want the p-value alone.
        """
        lower, upper = (
            _limit(lambda b: self.p_value_at(b) > 1 - self.level, self.estimate, step)
            for step in (-self.std_error, self.std_error)
        )
        return Interval(lower, upper)


def wild_cluster_p(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    coefficient: str,
    *,
    entity: str = "province",
    time: str = "year",
    weights: WildWeights = "auto",
    reps: int = 9999,
    seed: int = SEED,
    impose_null: bool = True,
    level: float = 0.95,
    fit: FixedEffectsResult | None = None,
) -> WildBootstrap:
    """Test that the coefficient of one regressor of `two_way_fe` is zero, entities as clusters.

    Bootstrap samples are fitted values plus residuals, each cluster's residuals times one weight,
    from the regression without the coefficient (`impose_null`, WCR of Cameron, Gelbach and
    Miller 2008; otherwise WCU); their clustered t is compared in absolute value. Stata's
    `boottest` after `areg` or `reghdfe` does the same (Roodman et al. 2019), in its algorithm:
    with one matrix product for the scores of all draws. Time effects are dummies, entity effects
    absorbed, which is exact, for a weight is constant within its entity.

    `auto` weights: Rademacher (signs), but Webb's (2014) six points below 10 clusters, where
    signs give few distinct statistics. All patterns of weights are enumerated if they are no more
    than `reps`, at 9999 up to 13 clusters with signs and 5 with six points, and the p-value is
    the share of patterns whose |t| is at least that of the data, which are one of them. Otherwise
    `reps` are drawn and the data count as one draw more: (1 + count) / (1 + reps).

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    regressors : sequence of str
    coefficient : str
        The regressor that is tested.
    entity, time : str
        Columns of the keys; errors are clustered by entity.
    weights : {"auto", "rademacher", "webb"}
        What clusters' residuals are multiplied by.
    reps, seed : int
        How many draws, and where the generator starts.
    impose_null : bool
        Whether residuals are of the regression without the coefficient.
    level : float
        Of the intervals, a share of 1.
    fit : FixedEffectsResult, optional
        What `two_way_fe` finds for the same panel, outcome and regressors, where it is at hand.

    Returns
    -------
    WildBootstrap

    Raises
    ------
    EstimationError
        As `two_way_fe`, and for a coefficient that is not a regressor, unknown weights, too few
        reps, a fit of something else.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90.
    Webb (2014), Queen's Economics Department Working Paper 1315.
    Roodman, MacKinnon, Nielsen and Webb (2019), Stata Journal 19.
    """
    if coefficient not in regressors:
        raise EstimationError(
            f"coefficient '{coefficient}' is not among the regressors: {', '.join(regressors)}"
        )
    if weights not in get_args(WildWeights):
        raise EstimationError(f"weights '{weights}': expected {', '.join(get_args(WildWeights))}")
    if reps < least_draws(level):
        raise EstimationError(
            f"{reps} draws are too few for a test of level {level}: "
            f"reps must be {least_draws(level)} or more"
        )
    if fit is None:
        fit = two_way_fe(panel, outcome, regressors, entity=entity, time=time)
    sample = estimation_sample(
        panel, outcome, regressors, entity=entity, time=time, effects="twoway"
    )
    tested = _tested(sample, list(regressors), coefficient, fit)
    patterns, kind, enumerated = _patterns(fit.n_clusters, weights, reps, seed)
    drawn = _Draws(sample, tested, patterns, _VALUES[kind], impose_null)

    def p_value(hypothesis: float) -> float:
        t_stat = abs(tested.estimate - hypothesis) / tested.std_error
        return bootstrap_p(np.abs(drawn.statistics(hypothesis)), t_stat, enumerated=enumerated)

    return WildBootstrap(
        p_value=p_value(0.0),
        p_value_at=p_value,
        t_stat=float(fit.t_stats[coefficient]),
        estimate=tested.estimate,
        std_error=tested.std_error,
        level=level,
        reps=patterns.shape[1],
        weights=kind,
        enumerated=enumerated,
        n_clusters=fit.n_clusters,
        draws=drawn.statistics(0.0),
    )


class _Tested(NamedTuple):
    """The tested coefficient as a direction of the regression.

    basis: (n, K) orthonormal columns, the last of them the tested regressor less all the others.
    residual: (n,). size: the coefficient along that direction per unit of the coefficient.
    """

    basis: np.ndarray
    residual: np.ndarray
    size: float
    estimate: float
    std_error: float


def _tested(
    sample: PanelSample, regressors: list[str], coefficient: str, fit: FixedEffectsResult
) -> _Tested:
    """Raises EstimationError where the fit is of something else."""
    right_hand = design(sample, regressors, "twoway")
    x, y = right_hand.matrix, sample.values[[sample.outcome]].to_numpy()
    names = [name for name in x if name not in (coefficient, CONSTANT)]
    columns = sample.demeaned(x[[*names, coefficient]].to_numpy())
    basis, triangle = np.linalg.qr(columns)
    size = triangle[-1, -1] / right_hand.to_original.loc[coefficient, coefficient]
    y_within = sample.demeaned(y)[:, 0]
    along = basis.T @ y_within
    estimate, std_error = float(fit.params[coefficient]), float(fit.std_errors[coefficient])
    if not abs(along[-1] / size - estimate) <= _SAME * (abs(estimate) + std_error):
        raise EstimationError(
            f"the fit has {estimate:.6g} for {coefficient} where this regression has "
            f"{along[-1] / size:.6g}: it is of another panel or model"
        )
    return _Tested(basis, y_within - basis @ along, size, estimate, std_error)


@dataclass(frozen=True, eq=False)
class _Draws:
    """The clustered t of every draw, whatever the coefficient is under the null.

    patterns, values: as of `_patterns`.
    """

    sample: PanelSample
    tested: _Tested
    patterns: np.ndarray
    values: np.ndarray
    impose_null: bool

    def statistics(self, hypothesis: float) -> np.ndarray:
        """(draws,)."""
        if hypothesis and self.impose_null:
            # Residuals are linear in the hypothetical coefficient, and so are scores: those of the
            # fit, and the tested direction times how far the coefficient is from it.
            (free, along), ((square_free, mixed), (_, square_along)) = self._of_any
            away = self._away(hypothesis)
            score = free + away * along
            square = square_free + 2 * away * mixed + away**2 * square_along
        else:
            (score,), ((square,),) = self._of_zero
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(score / (self._factor * np.sqrt(np.maximum(square, 0.0))))

    @cached_property
    def _factor(self) -> float:
        """From the root of summed squares to the standard error, small-sample factor included.

        With the sign of `size`, for the orthonormal direction may point against the regressor.
        """
        tested = self.tested
        squares = (self.sample.summed(tested.basis[:, -1] * tested.residual) ** 2).sum()
        return float(tested.std_error * tested.size / np.sqrt(squares))

    def _away(self, hypothesis: float) -> float:
        """How far the hypothetical coefficient is from the fit, along the tested direction."""
        return (self.tested.estimate - hypothesis) * self.tested.size * self.impose_null

    @cached_property
    def _of_zero(self) -> tuple[np.ndarray, np.ndarray]:
        """What most readers ask alone, and at half the cost."""
        return self._sums([self.tested.residual + self._away(0.0) * self.tested.basis[:, -1]])

    @cached_property
    def _of_any(self) -> tuple[np.ndarray, np.ndarray]:
        return self._sums([self.tested.residual, self.tested.basis[:, -1]])

    def _sums(self, residuals: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Of m residuals in every draw the tested score, (m, draws), and the sums over clusters of
        products of two scores, (m, m, draws)."""
        basis, summed = self.tested.basis, self.sample.summed
        # Clusters' scores in a draw are own * weights - along (fitted' weights).
        own = np.stack([summed(basis[:, -1] * residual) for residual in residuals])
        along = summed(basis[:, -1:] * basis)
        fitted = [summed(basis * residual[:, None]) for residual in residuals]
        n_draws = self.patterns.shape[1]
        scores = np.empty((len(own), n_draws))
        products = np.empty((len(own), len(own), n_draws))
        for block in column_blocks(*self.patterns.shape):
            weights = self.values[self.patterns[:, block]]
            scores[:, block] = own @ weights
            each = np.stack(
                [
                    of[:, None] * weights - along @ (slopes.T @ weights)
                    for of, slopes in zip(own, fitted, strict=True)
                ]
            )
            products[:, :, block] = np.einsum("igb,jgb->ijb", each, each)
        return scores, products


def cluster_weights(
    n_clusters: int, weights: WildWeights, reps: int, seed: int
) -> tuple[np.ndarray, str, bool]:
    """Weights (n_clusters, draws), their kind, and whether they are all patterns there are."""
    patterns, kind, enumerated = _patterns(n_clusters, weights, reps, seed)
    return _VALUES[kind][patterns], kind, enumerated


def _patterns(
    n_clusters: int, weights: WildWeights, reps: int, seed: int
) -> tuple[np.ndarray, str, bool]:
    """`cluster_weights` as places among the values of their kind, of one byte each."""
    kind = kind_of_weights(n_clusters) if weights == "auto" else weights
    n_values = len(_VALUES[kind])
    if n_values**n_clusters <= reps:
        patterns = np.indices((n_values,) * n_clusters).reshape(n_clusters, -1)
        return patterns.astype(np.int8), kind, True
    rng = np.random.default_rng(seed)
    patterns = np.empty((n_clusters, reps), dtype=np.int8)
    for cluster in patterns:
        cluster[:] = rng.integers(n_values, size=reps)
    return patterns, kind, False


def kind_of_weights(n_clusters: int) -> WildWeights:
    """What `auto` means for so many clusters."""
    return "webb" if n_clusters < _FEW else "rademacher"


def bootstrap_p(draws: np.ndarray, statistic: float, *, enumerated: bool) -> float:
    """Share of draws not below the statistic, of which the data are one more unless enumerated.

    "Not below": a draw without any variance, which has no statistic, counts against significance.
    """
    count = int((~(draws < statistic * (1 - _SAME))).sum())
    return count / len(draws) if enumerated else (1 + count) / (1 + len(draws))


def _limit(accepted: Callable[[float], bool], start: float, step: float) -> float:
    """Where acceptance ends in the direction of `step`, one standard error; infinite if nowhere."""
    inner = 0.0
    for outer in (2.0**k for k in range(_FARTHEST + 1)):
        if not accepted(start + outer * step):
            break
        inner = outer
    else:
        return float(np.copysign(np.inf, step))
    while outer - inner > _LIMIT * max(1.0, inner):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if accepted(start + middle * step) else (inner, middle)
    return start + (inner + outer) / 2 * step
