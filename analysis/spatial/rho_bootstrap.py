"""How far from the truth rho falls in samples of this size: a parametric bootstrap.

Here: bias and interval of rho where the fitted model is the truth. Not here: the estimators
(`analysis.spatial.spatial_panel`), and the simulations over many truths (`benchmarks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np

from analysis.intervals import SEED, Interval, least_draws
from analysis.panel import EstimationError
from analysis.spatial.eigenvalues import with_eigenvalues
from analysis.spatial.likelihood import Estimator
from analysis.spatial.resampling import Fits, LagRegression, blocks_of
from analysis.spatial.spatial_panel import SpatialPanelResult


@dataclass(frozen=True, eq=False)
class RhoBootstrap:
    """What an estimator finds in panels drawn from a fitted model, whose rho is `truth`.

    mean, std_error, bias: of its rho over the draws; bias is mean - truth.
    interval: for the true rho, the estimate less the quantiles of its deviations (basic
        bootstrap), from the estimator's own `estimate` in the data: it moves against the bias.
    n_at_end: draws whose likelihood rises to the end of what rho may be: they count as that end.
    draws: (reps,).
    """

    estimator: Estimator
    truth: float
    estimate: float
    mean: float
    std_error: float
    bias: float
    interval: Interval
    level: float
    n_at_end: int
    draws: np.ndarray


def rho_bootstrap(
    truth: SpatialPanelResult,
    estimates: dict[Estimator, float],
    *,
    reps: int = 999,
    level: float = 0.95,
    seed: int = SEED,
) -> list[RhoBootstrap]:
    """Draw panels from a fitted SAR or SDM, normal errors, and fit each by both estimators.

    Parameters
    ----------
    truth : SpatialPanelResult
        The fit whose coefficients, rho and sigma2 the panels are drawn from.
    estimates : dict
        rho of the data by each estimator to be examined. Both see the same panels.
    reps : int
    level : float
        Of the intervals, a share of 1.
    seed : int

    Returns
    -------
    list of RhoBootstrap

    Raises
    ------
    EstimationError
        For an SEM, an unknown estimator, or too few draws for the level.
    """
    if truth.model == "sem":
        raise EstimationError("the bootstrap of rho needs a model with a spatial lag of y")
    if unknown := set(estimates) - set(get_args(Estimator)):
        raise EstimationError(f"estimators {sorted(unknown)}: expected {get_args(Estimator)}")
    if reps < least_draws(level):
        raise EstimationError(f"{reps} draws: a level of {level} needs {least_draws(level)}")
    sample = truth.sample
    fixed = sample.X
    if truth.model == "sdm":
        fixed = np.concatenate([sample.X, sample.wx], axis=-1)
    systematic = fixed @ np.concatenate([truth.beta, truth.theta])
    algebra = with_eigenvalues(sample.algebra)
    regressions = {
        estimator: LagRegression(fixed, algebra, sample.effects, estimator)
        for estimator in estimates
    }
    rng = np.random.default_rng(seed)
    found: dict[Estimator, list[Fits]] = {estimator: [] for estimator in estimates}
    for size in blocks_of(reps, sample.y.size):
        errors = truth.sigma2**0.5 * rng.standard_normal((*sample.y.shape, size))
        drawn = sample.algebra.unfiltered(truth.spatial, systematic[..., None] + errors)
        for estimator, regression in regressions.items():
            found[estimator].append(regression.fit(drawn))
    return [
        _summary(estimator, truth.spatial, estimate, found[estimator], level)
        for estimator, estimate in estimates.items()
    ]


def _summary(
    estimator: Estimator, truth: float, estimate: float, fits: list[Fits], level: float
) -> RhoBootstrap:
    draws = np.concatenate([of.rho for of in fits])
    low, high = np.quantile(draws - truth, [(1 - level) / 2, (1 + level) / 2])
    mean = float(draws.mean())
    return RhoBootstrap(
        estimator=estimator,
        truth=truth,
        estimate=estimate,
        mean=mean,
        std_error=float(draws.std(ddof=1)),
        bias=mean - truth,
        interval=Interval(estimate - float(high), estimate - float(low)),
        level=level,
        n_at_end=sum(int(of.at_end.sum()) for of in fits),
        draws=draws,
    )
