"""Wild bootstrap for two-stage least squares: few clusters and instruments that may be weak.

Here: the test of one instrumented coefficient. Not here: the Anderson-Rubin test by the wild
bootstrap, which is `joint_tests.all_zero` of the instruments in the regression of y - b x.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.column_blocks import column_blocks
from analysis.intervals import SEED
from analysis.panel import Effects
from analysis.regressions.iv import moments
from analysis.regressions.joint_tests import REPS
from analysis.regressions.weak_instruments import Moments
from analysis.regressions.wild_bootstrap import WildWeights, bootstrap_p, cluster_weights


@dataclass(frozen=True, eq=False)
class WildIV:
    """Test that an instrumented coefficient has a hypothetical value.

    t_stat: clustered, without small-sample factor, as `draws` (reps,), those of the bootstrap
    samples: all patterns of `weights` where `enumerated`.
    """

    p_value: float
    t_stat: float
    draws: np.ndarray
    weights: str
    enumerated: bool
    n_clusters: int


def wild_2sls_p(
    panel: pd.DataFrame,
    outcome: str,
    endogenous: str,
    instruments: Sequence[str],
    exogenous: Sequence[str],
    *,
    hypothesis: float = 0.0,
    entity: str = "province",
    time: str = "year",
    effects: Effects = "twoway",
    weights: WildWeights = "auto",
    reps: int = REPS,
    seed: int = SEED,
) -> WildIV:
    """Test one endogenous regressor of `fe_2sls` by the wild restricted efficient bootstrap (WRE).

    Bootstrap samples are made of two equations: the structural one at the hypothesis, and the
    first stage, estimated efficiently, with the structural residuals among its regressors. Each
    cluster's residuals of both are times one weight, so that they stay correlated as they are.
    Every sample's clustered t of the difference from the hypothesis is compared in absolute value,
    p counted as `wild_cluster_p` does. Equals Stata's `boottest` after `ivregress 2sls,
    vce(cluster)`, and after commands that absorb the entities.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome, endogenous : str
    instruments, exogenous : sequence of str
    hypothesis : float
        Value of the coefficient that is tested.
    entity, time : str
        Columns of the keys; errors are clustered by entity.
    effects : {"twoway", "entity", "time", "none"}
        Which levels are taken out.
    weights, reps, seed
        As `wild_cluster_p`.

    Returns
    -------
    WildIV

    Raises
    ------
    EstimationError, NotIdentifiedError
        As `fe_2sls`.

    References
    ----------
    Davidson and MacKinnon (2010), Journal of Business and Economic Statistics 28, section 3.
    Finlay and Magnusson (2019), Journal of Applied Econometrics 34 (clusters).
    """
    data, _ = moments(
        panel, outcome, [endogenous], instruments, exogenous, entity=entity, time=time,
        effects=effects,
    )  # fmt: skip
    t_stats = _t_stats(data, hypothesis)
    drawn, kind, enumerated = cluster_weights(data.n_clusters, weights, reps, seed)
    draws = t_stats(drawn)
    # Weights of one give the data back.
    (t_stat,) = t_stats(np.ones((data.n_clusters, 1)))
    return WildIV(
        p_value=bootstrap_p(np.abs(draws), abs(t_stat), enumerated=enumerated),
        t_stat=float(t_stat),
        draws=draws,
        weights=kind,
        enumerated=enumerated,
        n_clusters=data.n_clusters,
    )


def _t_stats(data: Moments, hypothesis: float) -> Callable[[np.ndarray], np.ndarray]:
    """The t of the bootstrap samples as a function of the weights (clusters, draws)."""
    basis, sample = data.basis, data.sample
    x = data.x.to_numpy()[:, 0]
    structural = data.y - hypothesis * x
    first_stage = np.linalg.lstsq(np.column_stack([basis, structural]), x)[0][:-1]
    predicted = basis @ first_stage
    left = x - predicted

    both = (structural, left)
    # In a draw clusters' scores of weighted values on an instrument are own * weights - beside
    # (projected' weights).
    own = [sample.summed(basis * values[:, None]) for values in both]
    projected = [sample.summed(data.controls * values[:, None]) for values in both]
    beside = [sample.summed(column[:, None] * data.controls) for column in basis.T]
    of_predicted = sample.summed(basis * predicted[:, None])

    def t_stats(weights: np.ndarray) -> np.ndarray:
        found = np.empty(weights.shape[1])
        for block in column_blocks(*weights.shape):
            found[block] = of_block(weights[:, block])
        return found

    def of_block(weights: np.ndarray) -> np.ndarray:
        slopes = first_stage[:, None] + own[1].T @ weights
        numerator = (slopes * (own[0].T @ weights)).sum(axis=0)
        away = numerator / (slopes**2).sum(axis=0)
        along = [of.T @ weights for of in projected]
        total = np.zeros_like(weights)
        for k, slope in enumerate(slopes):
            of_structural, of_left = (
                own[i][:, k, None] * weights - beside[k] @ along[i] for i in (0, 1)
            )
            total += slope * (of_structural - away * (of_predicted[:, k, None] + of_left))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(numerator / np.sqrt((total**2).sum(axis=0)))

    return t_stats
