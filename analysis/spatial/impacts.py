"""Direct, indirect and total effects of a spatial panel (LeSage and Pace 2009), with intervals.

Here: the effects as functions of the parameters, by the delta method and by simulation. Not here:
the covariance they rest on (`information`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import special

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial.fitted import SpatialFit

Inference = Literal["delta", "simulation"]

EFFECTS = ("direct", "indirect", "total")
EFFECT_COLUMNS = pd.Index(["estimate", "std_error", "z_stat", "p_value", "lower", "upper"])
DRAWS = 5000
# Share of simulated rho outside the interval that I - rho W allows above which draws mislead.
_MOST_OUTSIDE = 0.05


@dataclass(frozen=True, eq=False)
class SpatialEffects:
    """LeSage-Pace effects on the outcome of one more of a regressor in one unit.

    direct: on that unit, feedback through neighbours included; indirect: on all other units
    together; total: their sum, which is also what one more everywhere does in each unit, for W's
    rows add up to one; means over the unit that has more. Frames indexed by the regressors with
    estimate, std_error, z_stat, p_value, lower, upper.

    n_outside: simulated rho that were drawn again, as I - rho W is singular beyond its interval.
    """

    direct: pd.DataFrame
    indirect: pd.DataFrame
    total: pd.DataFrame
    inference: Inference
    level: float
    n_outside: int = 0

    def rows(self) -> pd.DataFrame:
        """All three in one frame with columns effect and term."""
        parts = [
            getattr(self, name).rename_axis("term").reset_index().assign(effect=name)
            for name in EFFECTS
        ]
        return pd.concat(parts, ignore_index=True)


def spatial_effects(
    result: SpatialFit,
    covariance: pd.DataFrame,
    inference: Inference,
    *,
    level: float,
    draws: int,
    seed: int,
) -> SpatialEffects:
    """Direct, indirect and total effects (LeSage and Pace 2009, ch. 2) of each regressor.

    direct = tr(S) / N, total = 1'S 1 / N, S = (I - rho W)^-1 (beta I + theta W); W's rows sum
    to one, so total = (beta + theta) / (1 - rho), and direct = beta + (rho beta + theta) g,
    g = tr(G) / N. In an SEM indirect effects are zero.

    delta: normal intervals by the derivatives. simulation: standard deviation and quantiles
    over `draws` of the parameters from their normal distribution, those with a rho for which
    I - rho W is singular drawn again; z is the estimate over that deviation. Both need tr(G)
    and tr(G^2) alone, no N x N matrix beyond `covariance`.

    Parameters
    ----------
    result : SpatialFit
    covariance : DataFrame
        Of its parameters.
    inference : {"delta", "simulation"}
    level : float
        Of the intervals, a share of 1.
    draws, seed : int
        Of the simulation.

    Returns
    -------
    SpatialEffects

    Raises
    ------
    EstimationError
        For another inference, level or number of draws.
    NotIdentifiedError
        Where more than a twentieth of the draws had to be drawn again.

    References
    ----------
    LeSage and Pace (2009), Introduction to Spatial Econometrics, ch. 2.
    """
    if inference not in get_args(Inference):
        raise EstimationError(f"inference '{inference}': expected {', '.join(get_args(Inference))}")
    if not 0 < level < 1 or draws < 100:
        raise EstimationError(
            f"level {level} and {draws} draws: expected a level between 0 and 1, 100 or more"
        )
    k = len(result.names)
    kept = [*range(len(result.beta) + len(result.theta)), *([] if result.lam is not None else [-2])]
    center = result.params.to_numpy()[kept]
    spread = covariance.to_numpy()[np.ix_(kept, kept)]
    estimates, jacobians = _effects_at(result, center)
    reach = float(special.ndtri((1 + level) / 2))
    n_outside = 0
    if inference == "delta":
        errors = [np.sqrt(np.einsum("ki,ij,kj->k", j, spread, j)) for j in jacobians]
        limits = [
            (estimate - reach * error, estimate + reach * error)
            for estimate, error in zip(estimates, errors, strict=True)
        ]
    else:
        simulated, n_outside = simulated_effects(result, center, spread, draws, seed)
        errors = [part.std(axis=0, ddof=1) for part in simulated]
        shares = [(1 - level) / 2, (1 + level) / 2]
        limits = [tuple(np.quantile(part, shares, axis=0)) for part in simulated]
    frames = []
    for estimate, error, (lower, upper) in zip(estimates, errors, limits, strict=True):
        z = np.divide(estimate, error, out=np.full(k, np.nan), where=error > 0)
        columns = np.column_stack([estimate, error, z, two_sided(z), lower, upper])
        frames.append(pd.DataFrame(columns, result.beta.index, EFFECT_COLUMNS))
    direct, indirect, total = frames
    return SpatialEffects(direct, indirect, total, inference, level, n_outside)


def _effects_at(
    result: SpatialFit, params: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Direct, indirect and total effects, each (K,), and their derivatives, (K, params)."""
    k = len(result.names)
    beta = params[:k]
    jacobian = np.zeros((3, k, len(params)))
    if result.model == "sem":
        jacobian[0, :, :k] = jacobian[2, :, :k] = np.eye(k)
        return [beta, np.zeros(k), beta], list(jacobian)
    theta = params[k : 2 * k] if result.model == "sdm" else np.zeros(k)
    rho = params[-1]
    first, second = result.sample.algebra.traces(np.array([rho]))
    g, g_slope = first[0] / result.sample.n_units, second[0] / result.sample.n_units
    multiplier = 1 / (1 - rho)
    direct = beta + (rho * beta + theta) * g
    total = (beta + theta) * multiplier
    jacobian[0, :, :k] = (1 + rho * g) * np.eye(k)
    jacobian[0, :, -1] = beta * g + (rho * beta + theta) * g_slope
    jacobian[2, :, :k] = multiplier * np.eye(k)
    jacobian[2, :, -1] = total * multiplier
    if result.model == "sdm":
        jacobian[0, :, k : 2 * k] = g * np.eye(k)
        jacobian[2, :, k : 2 * k] = multiplier * np.eye(k)
    jacobian[1] = jacobian[2] - jacobian[0]
    return [direct, total - direct, total], list(jacobian)


def simulated_effects(
    result: SpatialFit, center: np.ndarray, spread: np.ndarray, draws: int, seed: int
) -> tuple[list[np.ndarray], int]:
    """Effects of drawn parameters, each (draws, K), and how many were drawn again."""
    k = len(result.names)
    rng = np.random.default_rng(seed)
    low, high = result.sample.algebra.search_interval
    drawn = rng.multivariate_normal(center, spread, size=2 * draws, method="eigh")
    if result.model == "sem":
        beta = drawn[:draws, :k]
        return [beta, np.zeros_like(beta), beta], 0
    inside = (drawn[:, -1] > low) & (drawn[:, -1] < high)
    if inside.mean() < 1 - _MOST_OUTSIDE:
        raise NotIdentifiedError(
            f"{1 - inside.mean():.0%} of simulated rho lie outside {low:.3g} to {high:.3g}: "
            "take the delta method, or say that rho is not known well enough for effects"
        )
    taken = np.flatnonzero(inside)[:draws]
    drawn = drawn[taken]
    beta, rho = drawn[:, :k], drawn[:, -1]
    theta = drawn[:, k : 2 * k] if result.model == "sdm" else np.zeros_like(beta)
    g = result.sample.algebra.traces(rho)[0] / result.sample.n_units
    direct = beta + (rho[:, None] * beta + theta) * g[:, None]
    total = (beta + theta) / (1 - rho)[:, None]
    return [direct, total - direct, total], int(taken[-1]) + 1 - draws


def two_sided(z_stats: np.ndarray) -> np.ndarray:
    """Normal p-values."""
    return 2 * special.ndtr(-np.abs(z_stats))
