"""Mediation and moderation with spillovers: beyond the paper, which names them as its limit.

Here: the indirect path through a mediator where treatment, mediator and outcome all spill over,
and spillovers that depend on a moderator, with bootstrap intervals. Not here: the same without
space (`analysis.regressions.mediation` and `moderation`), and the models (`spatial_panel`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.intervals import SEED, BootstrapEffect, bootstrap_effect, least_draws
from analysis.levels import LEVELS, level_values
from analysis.panel import EstimationError
from analysis.spatial.eigenvalues import Spectral, with_eigenvalues
from analysis.spatial.likelihood import Estimator
from analysis.spatial.resampling import Fits, LagRegression, blocks_of
from analysis.spatial.sample import AbsorbedEffects, SpatialSample
from analysis.spatial.spatial_panel import SpatialPanelResult, fit

REACHES = ("own", "spillover", "total")
PATHS = ("mediated", "unmediated", "both")
# No leave-one-out estimates are made of units: without one W is another.
_NO_JACKKNIFE = np.array([np.nan])


@dataclass(frozen=True, eq=False)
class SpatialMediation:
    """Effects of one unit more of the treatment in one unit, by path and by reach.

    effects: path (`mediated`, through the mediator; `unmediated`; `both`, their sum) and reach
        (`own` unit; `spillover`, all other units together; `total`, both, which is also what one
        more everywhere does in each) to effect, means over the unit that has more.
    mediator, outcome: the two SDM that they are made of.
    n_at_end: draws in which the likelihood of a rho rises to the end of what it may be. Effects
        have no bound there: such a draw is infinite, and counts.
    """

    effects: dict[tuple[str, str], BootstrapEffect]
    mediator: SpatialPanelResult
    outcome: SpatialPanelResult
    reps: int
    n_at_end: int


@dataclass(frozen=True, eq=False)
class ModeratedSpillovers:
    """Effects of the treatment where the moderator is low, average and high everywhere.

    effects: level (of `analysis.levels.LEVELS`) and reach to effect.
    slopes: reach to the change of the effect per standard deviation of the moderator.
    """

    effects: dict[tuple[str, str], BootstrapEffect]
    slopes: dict[str, BootstrapEffect]
    fit: SpatialPanelResult
    reps: int
    n_at_end: int


def spatial_mediation(
    outcome: Any,
    treatment: Any,
    mediator: Any,
    controls: Any,
    W: Any,
    *,
    effects: AbsorbedEffects = "twoway",
    estimator: Estimator = "lee_yu",
    reps: int = 4999,
    level: float = 0.95,
    seed: int = SEED,
) -> SpatialMediation:
    """The indirect path through a mediator in space: two SDM, and products of their multipliers.

    m = rho_m W m + a x + a_w W x + ... and y = rho_y W y + c x + c_w W x + b m + b_w W m + ...:
    mediated = (I - rho_y W)^-1 (b I + b_w W) (I - rho_m W)^-1 (a I + a_w W), unmediated =
    (I - rho_y W)^-1 (c I + c_w W). All are functions of W, so that the mean of a diagonal is a
    mean over eigenvalues, and a row sum is the function at one.

    Intervals by a wild bootstrap of whole units: one random sign for a unit's errors in all times
    and in both equations, which keeps heteroskedasticity, correlation over time and between the
    equations; the mediator drawn enters the outcome drawn.

    Parameters
    ----------
    outcome, treatment, mediator : array_like, (T, N)
    controls : array_like, (T, N, K)
    W : as in `fit`, of at most 1,500 units
    effects : {"twoway", "individual", "time", "pooled"}
        What is absorbed; `pooled` is a constant alone.
    estimator : {"ml", "lee_yu"}
        Direct maximum likelihood, or the transformation.
    reps : int
    level : float
        Of the intervals, a share of 1.
    seed : int

    Returns
    -------
    SpatialMediation

    Raises
    ------
    EstimationError
        As `fit`, and for too few draws for the level.
    """
    _enough(reps, level)
    x, m = np.asarray(treatment, dtype=float), np.asarray(mediator, dtype=float)
    own = _stacked([x], controls)
    of_mediator = _Equation(fit(m, own, W, effects=effects, estimator=estimator))
    W = of_mediator.sample.algebra
    of_outcome = _Equation(
        fit(outcome, _stacked([x, m], controls), W, effects=effects, estimator=estimator)
    )
    algebra = with_eigenvalues(W)
    # Treatment and its lag are first, then mediator and its lag, then the controls'.
    k = own.shape[2]
    beside = [i for i in range(k + 1) if i != 1]
    first_stage = of_mediator.regression(algebra, range(k))
    second_stage = of_outcome.regression(algebra, beside)
    point = of_outcome.result
    b, b_w = point.beta.iloc[1], point.theta.iloc[1]
    rng = np.random.default_rng(seed)
    draws: list[np.ndarray] = []
    n_at_end = 0
    for size in blocks_of(reps, m.size * 8):
        signs = rng.choice((-1.0, 1.0), size=(m.shape[1], size))
        m_drawn = of_mediator.drawn(signs)
        wm_drawn = algebra.lag(m_drawn)
        base = point.systematic - b * m - b_w * of_outcome.sample.wx[..., 1]
        systematic = base[..., None] + b * m_drawn + b_w * wm_drawn
        y_drawn = of_outcome.drawn(signs, systematic)
        first = first_stage.fit(m_drawn)
        second = second_stage.fit(y_drawn, [m_drawn, wm_drawn])
        draws.append(_paths(algebra, first, second, k))
        n_at_end += int((first.at_end | second.at_end).sum())
    first, second = _as_fits(of_mediator.result, range(k), ()), _as_fits(point, beside, (1,))
    estimates = _paths(algebra, first, second, k)
    found = _summarised(estimates[..., 0], np.concatenate(draws, axis=-1), level)
    return SpatialMediation(
        effects={
            (path, reach): found[i][j]
            for i, path in enumerate(PATHS)
            for j, reach in enumerate(REACHES)
        },
        mediator=of_mediator.result,
        outcome=point,
        reps=reps,
        n_at_end=n_at_end,
    )


def moderated_spillovers(
    outcome: Any,
    treatment: Any,
    moderator: Any,
    controls: Any,
    W: Any,
    *,
    effects: AbsorbedEffects = "twoway",
    estimator: Estimator = "lee_yu",
    reps: int = 4999,
    level: float = 0.95,
    seed: int = SEED,
) -> ModeratedSpillovers:
    """Effects of one unit of a treatment at home and on others, by the level of a moderator.

    An SDM with the treatment x, the standardised moderator z, and x z (x less its mean), all with
    their lags. Where z is the same in all units, effects are those of
    (I - rho W)^-1 ((beta + beta_xz z) I + (theta + theta_xz z) W).

    Parameters
    ----------
    outcome, treatment, moderator : array_like, (T, N)
    controls : array_like, (T, N, K)
    W : as in `fit`, of at most 1,500 units
    effects : {"twoway", "individual", "time", "pooled"}
        What is absorbed; `pooled` is a constant alone.
    estimator : {"ml", "lee_yu"}
        Direct maximum likelihood, or the transformation.
    reps : int
    level : float
        Of the intervals, a share of 1.
    seed : int

    Returns
    -------
    ModeratedSpillovers

    Raises
    ------
    EstimationError
        As `spatial_mediation`.
    """
    _enough(reps, level)
    x, z = np.asarray(treatment, dtype=float), np.asarray(moderator, dtype=float)
    z = (z - z.mean()) / z.std()
    levels = level_values(z)
    X = _stacked([x, z, (x - x.mean()) * z], controls)
    equation = _Equation(fit(outcome, X, W, effects=effects, estimator=estimator))
    algebra = with_eigenvalues(equation.sample.algebra)
    k = X.shape[2]
    regression = equation.regression(algebra, range(k))
    rng = np.random.default_rng(seed)
    draws, n_at_end = [], 0
    for size in blocks_of(reps, x.size * 6):
        signs = rng.choice((-1.0, 1.0), size=(x.shape[1], size))
        fits = regression.fit(equation.drawn(signs))
        draws.append(_levels(algebra, fits, levels, k))
        n_at_end += int(fits.at_end.sum())
    estimates = _levels(algebra, _as_fits(equation.result, range(k), ()), levels, k)
    found = _summarised(estimates[..., 0], np.concatenate(draws, axis=-1), level)
    return ModeratedSpillovers(
        effects={
            (name, reach): found[i][j]
            for i, name in enumerate(LEVELS)
            for j, reach in enumerate(REACHES)
        },
        slopes=dict(zip(REACHES, found[len(LEVELS)], strict=True)),
        fit=equation.result,
        reps=reps,
        n_at_end=n_at_end,
    )


@dataclass(frozen=True, eq=False)
class _Equation:
    """A fitted SDM as something that outcomes are drawn from."""

    result: SpatialPanelResult

    @property
    def sample(self) -> SpatialSample:
        return self.result.sample

    def drawn(self, signs: np.ndarray, systematic: np.ndarray | None = None) -> np.ndarray:
        """Outcomes (T, N, R) with the errors' signs (N, R) turned; effects left at zero."""
        if systematic is None:
            systematic = self.result.systematic[..., None]
        errors = self.result.residuals[..., None] * signs
        return self.sample.algebra.unfiltered(self.result.spatial, systematic + errors)

    def regression(self, algebra: Spectral, kept: Sequence[int] | range) -> LagRegression:
        """On some of the regressors and their lags: own ones first, in the order of `kept`."""
        places = list(kept)
        return LagRegression(
            np.concatenate([self.sample.X[..., places], self.sample.wx[..., places]], axis=-1),
            algebra,
            self.sample.effects,
            self.result.estimator,
        )


def _as_fits(
    result: SpatialPanelResult, fixed: Sequence[int] | range, varying: Sequence[int]
) -> Fits:
    """The estimates in the form of a single draw."""
    beta, theta = result.beta.to_numpy(), result.theta.to_numpy()
    own, lagged = list(fixed), list(varying)
    return Fits(
        np.array([result.spatial]),
        np.concatenate([beta[own], theta[own]])[:, None],
        np.concatenate([beta[lagged], theta[lagged]])[:, None],
        np.zeros(1, dtype=bool),
    )


def _paths(algebra: Spectral, mediator: Fits, outcome: Fits, k: int) -> np.ndarray:
    """Effects (paths, reaches, R); the treatment is the first of k regressors in both."""
    a, a_w, c, c_w = (of.fixed[i] for of in (mediator, outcome) for i in (0, k))
    b, b_w = outcome.varying
    through = _product(_multiplier(mediator.rho, a, a_w), _multiplier(outcome.rho, b, b_w))
    beside = _multiplier(outcome.rho, c, c_w)
    mediated, unmediated = (_reach(algebra, of) for of in (through, beside))
    either = mediator.at_end | outcome.at_end
    return np.stack(
        [
            _without_bound(mediated, either),
            _without_bound(unmediated, outcome.at_end),
            _without_bound(mediated + unmediated, either),
        ]
    )


def _levels(algebra: Spectral, of: Fits, levels: np.ndarray, k: int) -> np.ndarray:
    """Effects (levels and the slope, reaches, R); treatment first, product third of k."""
    beta, theta, beta_product, theta_product = (
        of.fixed[0],
        of.fixed[k],
        of.fixed[2],
        of.fixed[k + 2],
    )
    found = [
        _reach(algebra, _multiplier(of.rho, beta + z * beta_product, theta + z * theta_product))
        for z in levels
    ]
    slope = _reach(algebra, _multiplier(of.rho, beta_product, theta_product))
    return np.stack([_without_bound(effect, of.at_end) for effect in (*found, slope)])


Function = Callable[[np.ndarray], np.ndarray]


def _multiplier(rho: np.ndarray, own: np.ndarray, lagged: np.ndarray) -> Function:
    """(own + lagged w) / (1 - rho w) as a function of eigenvalues w (m,), to (R, m)."""
    return lambda w: (own[:, None] + np.outer(lagged, w)) / (1 - np.outer(rho, w))


def _product(one: Function, other: Function) -> Function:
    return lambda w: one(w) * other(w)


def _reach(algebra: Spectral, of: Function) -> np.ndarray:
    """Own, spillover and total effect of a function of W, (3, R)."""
    own = algebra.mean_diagonal(of)
    total = of(np.ones(1))[:, 0]
    return np.stack([own, total - own, total])


def _without_bound(reached: np.ndarray, at_end: np.ndarray) -> np.ndarray:
    """Effects (3, R), infinite in draws with a rho at its end, with the sign that they have there.

    I - rho W is singular there along W's eigenvalue of one, in which all three have a part.
    """
    return np.where(at_end, np.copysign(np.inf, reached), reached)


def _summarised(
    estimates: np.ndarray, draws: np.ndarray, level: float
) -> list[list[BootstrapEffect]]:
    """Each effect with its intervals, in the order of the first two axes."""
    return [
        [
            bootstrap_effect(float(estimates[i, j]), draws[i, j], _NO_JACKKNIFE, level)
            for j in range(draws.shape[1])
        ]
        for i in range(draws.shape[0])
    ]


def _stacked(columns: Sequence[np.ndarray], controls: Any) -> np.ndarray:
    others = np.asarray(controls, dtype=float)
    if others.ndim != 3 or any(one.shape != others.shape[:2] for one in columns):
        shapes = ", ".join(str(one.shape) for one in [*columns, others])
        raise EstimationError(f"shapes {shapes}: expected (T, N) each, and (T, N, K) of controls")
    return np.concatenate([one[..., None] for one in columns] + [others], axis=-1)


def _enough(reps: int, level: float) -> None:
    if reps < least_draws(level):
        raise EstimationError(f"{reps} draws: a level of {level} needs {least_draws(level)}")
