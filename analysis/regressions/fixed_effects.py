"""Fixed-effects regression with errors clustered by entity, by the convention of Stata.

Here: the estimator of eq. 1 of the paper (Table 4 column 1) and its result. Not here: which
columns and samples of the paper use it (`analysis.paper.columns`), and checks of the data
(`analysis.panel`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, special

from analysis.panel import CONSTANT, Effects, NotIdentifiedError, design, estimation_sample

# Standard error of a standardised slope, relative to the outcome's spread, that is only rounding:
# variances carry some 1e-16 of it, standard errors the root.
_NO_ERROR = 1e-7


@dataclass(frozen=True)
class Coefficient:
    """One estimate in the outcome's units per unit of its term."""

    estimate: float
    std_error: float
    t_stat: float
    p_value: float


@dataclass(frozen=True, eq=False)
class FixedEffectsResult:
    """A fitted regression; Series and `cov` are indexed by the regressors, in the order given.

    constant: the level of the first time, averaged over entities, at zero regressors: what
        `xtreg, fe` prints as _cons with i.time beside the regressors.
    cov: clustered covariance of the slopes, small-sample factor included.
    n_clusters: entities; p-values and intervals use t(n_clusters - 1).
    n_dropped: rows of the panel left out because a variable was missing in them.
    r2_within: share of the variation within entities that regressors and time dummies explain;
        not a number where there is none.
    """

    params: pd.Series
    std_errors: pd.Series
    t_stats: pd.Series
    p_values: pd.Series
    cov: pd.DataFrame
    constant: Coefficient
    n: int
    n_clusters: int
    n_dropped: int
    r2_within: float

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals of the slopes: columns lower and upper, by t(n_clusters - 1)."""
        reach = special.stdtrit(self.n_clusters - 1, (1 + level) / 2) * self.std_errors
        return pd.DataFrame({"lower": self.params - reach, "upper": self.params + reach})


def two_way_fe(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
    effects: Effects = "twoway",
) -> FixedEffectsResult:
    """Regress `outcome` on `regressors` with entity and time effects.

    y_it = x_it'b + a_i + d_t + e_it (eq. 1 of the paper), by least squares on deviations from the
    entities' means, with time effects as dummies. Covariance clustered by entity times
    G/(G-1) * (n-1)/(n-K), where K counts slopes, time dummies and the constant, not the absorbed
    entity effects. This equals Stata's `xtreg, fe vce(cluster)` with i.time, and
    `regress, vce(cluster)` where `effects` has no entity effects. The panel, one row per entity and
    time, need not be balanced.

    Raises EstimationError (a ValueError), and its kind NotIdentifiedError, with the reason in
    words; see `analysis.panel.estimation_sample` and `analysis.panel.design`.
    """
    sample = estimation_sample(panel, outcome, regressors, entity=entity, time=time)
    regressors = list(regressors)
    right_hand = design(sample, regressors, effects)

    columns = right_hand.matrix.to_numpy()
    y = sample.values[outcome].to_numpy()
    columns_within, y_within = sample.demeaned(columns), sample.demeaned(y[:, None])[:, 0]
    if effects in ("twoway", "entity"):
        # With the means, so that the constant is the level of the average entity.
        columns, y = columns_within + columns.mean(axis=0), y_within + y.mean()
    basis, triangle = np.linalg.qr(columns)
    to_params = linalg.solve_triangular(triangle, np.eye(len(triangle)))
    params = to_params @ (basis.T @ y)
    residuals = y - columns @ params

    within = (y_within**2).sum()
    r2_within = 1 - ((y_within - columns_within @ params) ** 2).sum() / within if within else np.nan

    n, n_clusters = len(y), len(sample.entities)
    scores = sample.summed(basis * residuals[:, None]) @ to_params.T
    factor = n_clusters / (n_clusters - 1) * (n - 1) / (n - len(params))
    names = right_hand.matrix.columns
    cov = pd.DataFrame(factor * scores.T @ scores, names, names)
    # As with two provinces and year effects, whose deviations mirror each other and cancel.
    vanishing = _NO_ERROR * sample.values[outcome].std()
    if not (np.diag(cov.loc[regressors, regressors]) > vanishing**2).all():
        raise NotIdentifiedError(
            f"no sampling error is left to estimate: {n_clusters} values of {entity} "
            f"are too few for clustered errors, or the regressors fit {outcome} exactly"
        )
    to_original = right_hand.to_original
    cov = to_original @ cov @ to_original.T
    table = pd.DataFrame({"estimate": to_original @ params, "std_error": np.sqrt(np.diag(cov))})
    table["t_stat"] = table["estimate"] / table["std_error"]
    table["p_value"] = 2 * special.stdtr(n_clusters - 1, -table["t_stat"].abs())

    slopes = table.loc[regressors]
    return FixedEffectsResult(
        params=slopes["estimate"],
        std_errors=slopes["std_error"],
        t_stats=slopes["t_stat"],
        p_values=slopes["p_value"],
        cov=cov.loc[regressors, regressors],
        constant=Coefficient(*map(float, table.loc[CONSTANT])),
        n=n,
        n_clusters=n_clusters,
        n_dropped=sample.n_dropped,
        r2_within=float(r2_within),
    )
