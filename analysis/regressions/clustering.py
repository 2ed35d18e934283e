"""Errors clustered by entity by the convention of Stata: its factor, its t, and what is reported.

Here: the one place of the small-sample factor and of p-values by t(G - 1), and the result that
every regression of this room has. Not here: the regressions (`fixed_effects`, `iv`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.design import Design
from analysis.panel import CONSTANT, NotIdentifiedError, PanelSample

# Standard error of a standardised slope, relative to the outcome's spread, that is only rounding:
# variances carry some 1e-16 of it, standard errors the root.
NO_ERROR = 1e-7


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
    singletons: entity and time of rows left out because their own effect absorbs them.
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
    singletons: tuple[tuple[Any, Any], ...]
    r2_within: float

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals of the slopes: columns lower and upper, by t(n_clusters - 1)."""
        reach = t_quantile((1 + level) / 2, self.n_clusters) * self.std_errors
        return pd.DataFrame({"lower": self.params - reach, "upper": self.params + reach})


def small_sample_factor(n_clusters: Any, n: Any, n_coefficients: Any) -> Any:
    """G/(G-1) * (n-1)/(n-K), by which Stata multiplies a clustered covariance.

    n_coefficients: K, slopes, time dummies and the constant; entity effects, which are nested in
    the clusters, are not counted.
    """
    return n_clusters / (n_clusters - 1) * (n - 1) / (n - n_coefficients)


def t_p_value(t_stats: Any, n_clusters: Any) -> Any:
    """Two-sided p-values by t(G - 1)."""
    return 2 * special.stdtr(n_clusters - 1, -np.abs(t_stats))


def t_quantile(share: float, n_clusters: Any) -> Any:
    """The quantile of t(G - 1) below which `share` lies."""
    return special.stdtrit(n_clusters - 1, share)


def no_error_left(sample: PanelSample) -> NotIdentifiedError:
    """The refusal where clusters show no sampling variation, by formula or by resampling."""
    return NotIdentifiedError(
        f"no sampling error is left to estimate: {len(sample.entities)} values of {sample.entity} "
        f"are too few for clustered errors, or the regressors fit {sample.outcome} exactly"
    )


def reported(
    sample: PanelSample,
    right_hand: Design,
    slopes: list[str],
    params: pd.Series,
    sandwich: pd.DataFrame,
) -> dict[str, Any]:
    """The fields of a `FixedEffectsResult` but r2_within, in the variables' own units.

    params, sandwich: of columns of the design, all that the regression counts; the sandwich is
    without small-sample factor. Raises NotIdentifiedError where no sampling error is left.
    """
    n, n_clusters = len(sample.values), len(sample.entities)
    cov = sandwich * small_sample_factor(n_clusters, n, len(params))
    # As with two provinces and year effects, whose deviations mirror each other and cancel.
    vanishing = NO_ERROR * sample.values[sample.outcome].std()
    if not (np.diag(cov.loc[slopes, slopes]) > vanishing**2).all():
        raise no_error_left(sample)
    to_original = right_hand.to_original.loc[params.index, params.index]
    cov = to_original @ cov @ to_original.T
    table = pd.DataFrame({"estimate": to_original @ params, "std_error": np.sqrt(np.diag(cov))})
    table["t_stat"] = table["estimate"] / table["std_error"]
    table["p_value"] = t_p_value(table["t_stat"], n_clusters)
    of_slopes = table.loc[slopes]
    return {
        "params": of_slopes["estimate"],
        "std_errors": of_slopes["std_error"],
        "t_stats": of_slopes["t_stat"],
        "p_values": of_slopes["p_value"],
        "cov": cov.loc[slopes, slopes],
        "constant": Coefficient(*map(float, table.loc[CONSTANT])),
        "n": n,
        "n_clusters": n_clusters,
        "n_dropped": sample.n_dropped,
        "singletons": sample.singletons,
    }
