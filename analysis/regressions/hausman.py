"""Fixed or random effects: the classical Hausman test and its cluster-robust form.

Here: the tests behind the paper's choice of fixed effects. Not here: the regressions that are
reported (`analysis.regressions.fixed_effects`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from analysis.design import NOTHING_LEFT, Design, design
from analysis.panel import (
    Effects,
    EstimationError,
    NotIdentifiedError,
    PanelSample,
    estimation_sample,
    has_entity_effects,
    some,
)
from analysis.regressions.fixed_effects import two_way_fe


@dataclass(frozen=True)
class HausmanResult:
    """H0: the entity effects are uncorrelated with the regressors (random effects would do).

    statistic: chi2(df) for the classical test, F(df, G - 1) for the robust one.
    note: what the reader must know of this result; empty if nothing.
    """

    statistic: float
    df: int
    p_value: float
    method: str
    note: str = ""


def hausman(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    robust: bool = False,
    entity: str = "province",
    time: str = "year",
    effects: Effects = "entity",
) -> HausmanResult:
    """Test fixed against random entity effects, over the slopes of `regressors`.

    `effects="entity"` is the individual model; with "twoway" time dummies stand in both
    regressions, and are not compared: in a balanced panel both estimators give them the same
    information, so their covariance difference is singular (Wooldridge 2010, sec. 10.7.3).

    Classical: (b_FE - b_RE)' (V_FE - V_RE)^-1 (b_FE - b_RE), chi2(k), with Swamy-Arora random
    effects (unbalanced: Baltagi-Chang), each covariance with its own error variance, as R plm's
    `phtest` and Stata's `hausman`. The difference need not be positive definite in a sample; the
    inverse is taken all the same, as they do, and the note says so. Where this makes the
    statistic negative, which is no chi2, both covariances take the error variance of fixed
    effects (Stata's option sigmaless), which keeps it positive; the note says that too.

    Robust: the regression of Mundlak (1978): pooled y on x, the entity means of x, and time
    dummies if "twoway"; Wald test that the means' coefficients are zero with the covariance of
    `two_way_fe`, as F(k, G-1). It holds under heteroskedasticity and serial correlation. In a
    balanced panel it equals the same test in the random-effects regression. A regressor whose
    means do not differ between entities has no mean to test, and the note names it.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    regressors : sequence of str
    robust : bool
        Mundlak's form instead of the classical one.
    entity, time : str
        Columns of the keys; errors are clustered by entity.
    effects : {"entity", "twoway"}
        Whether year dummies stand in both regressions.

    Returns
    -------
    HausmanResult

    Raises
    ------
    EstimationError
        As `two_way_fe`.
    NotIdentifiedError
        As `two_way_fe`, and where entities are too few to compare means, or no regressor differs
        between them.

    References
    ----------
    Mundlak (1978), Econometrica 46.
    Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, sec. 10.7.3.
    """
    if not has_entity_effects(effects):
        raise EstimationError(f"effects '{effects}': a Hausman test needs entity or twoway")
    sample = estimation_sample(
        panel, outcome, regressors, entity=entity, time=time, effects=effects
    )
    within = design(sample, regressors, effects)
    if robust:
        return _mundlak(sample, outcome, list(regressors), effects)
    return _classical(sample, outcome, list(regressors), within)


def _classical(
    sample: PanelSample, outcome: str, regressors: list[str], within: Design
) -> HausmanResult:
    from linearmodels.panel import PanelOLS, RandomEffects

    y = sample.values[[outcome]]
    fixed = PanelOLS(y, within.matrix, entity_effects=True, check_rank=False).fit()
    try:
        random = RandomEffects(y, within.matrix, check_rank=False).fit(small_sample=True)
    except ValueError as error:
        raise NotIdentifiedError(
            f"the variance of random effects cannot be estimated from "
            f"{len(sample.entities)} values of {sample.entity}: {error}"
        ) from error

    # On standardised coefficients: the test does not depend on units, its numerics would.
    difference = (fixed.params - random.params)[regressors].to_numpy()
    fixed_cov = fixed.cov.loc[regressors, regressors].to_numpy()
    random_cov = random.cov.loc[regressors, regressors].to_numpy()
    found = _contrast(difference, fixed_cov, random_cov, fixed.s2, random.s2)
    return HausmanResult(
        statistic=found.statistic,
        df=found.df,
        p_value=float(special.chdtrc(found.df, found.statistic)),
        method="Hausman, fixed against Swamy-Arora random effects, chi2",
        note=f"{found.note}; prefer the robust test" if found.note else "",
    )


class _Contrast(NamedTuple):
    """d'(V_FE - V_RE)^-1 d, its degrees of freedom, and what its reader must know."""

    statistic: float
    df: int
    note: str


def _contrast(
    difference: np.ndarray,
    fixed_cov: np.ndarray,
    random_cov: np.ndarray,
    fixed_variance: float,
    random_variance: float,
) -> _Contrast:
    """The quadratic form of a Hausman test; coefficients on a common scale.

    The inverse is taken though the difference be indefinite. A negative statistic is taken again
    with the error variance of fixed effects in both covariances. The note says either.
    """
    statistic, df, definite = _quadratic_form(difference, fixed_cov, random_cov)
    notes = [] if definite else ["covariance difference not positive definite"]
    if statistic < 0:
        statistic, df, _ = _quadratic_form(
            difference, fixed_cov, random_cov * fixed_variance / random_variance
        )
        notes.append("statistic was negative, taken with the error variance of fixed effects")
    if df < len(difference):
        notes.append(f"covariance difference of rank {df}, generalised inverse")
    return _Contrast(statistic, df, "; ".join(notes))


def _quadratic_form(
    difference: np.ndarray, fixed_cov: np.ndarray, random_cov: np.ndarray
) -> tuple[float, int, bool]:
    """d'(V_FE - V_RE)^+ d, the rank of the difference, and whether it is positive definite."""
    variances, directions = np.linalg.eigh(fixed_cov - random_cov)
    usable = np.abs(variances) > 1e-10 * np.diag(fixed_cov).max()
    if not usable.any():
        raise NotIdentifiedError("fixed and random effects estimates do not differ measurably")
    statistic = (((directions.T @ difference) ** 2)[usable] / variances[usable]).sum()
    return float(statistic), int(usable.sum()), bool((variances[usable] > 0).all())


def _mundlak(
    sample: PanelSample, outcome: str, regressors: list[str], effects: Effects
) -> HausmanResult:
    between = sample.entity_means(regressors)
    differ = between.std(ddof=0) > NOTHING_LEFT * sample.values[regressors].std(ddof=0)
    if not differ.any():
        raise NotIdentifiedError(
            f"no variation between values of {sample.entity} that random effects could use: "
            f"{', '.join(regressors)}"
        )
    alike = differ.index[~differ]
    means = between.loc[:, differ].add_prefix("mean of ")
    k = len(means.columns)
    if len(sample.entities) < k + 2:
        # k means and a constant fit k + 1 entities without any error between them.
        raise NotIdentifiedError(
            f"{len(sample.entities)} values of {sample.entity} are too few "
            f"for a cluster-robust test of {k} means"
        )
    augmented = pd.concat([sample.values, means], axis=1).reset_index()
    fit = two_way_fe(
        augmented,
        outcome,
        [*regressors, *means.columns],
        entity=sample.entity,
        time=sample.time,
        effects="time" if effects == "twoway" else "none",
    )
    coefficients = fit.params[means.columns].to_numpy()
    covariance = fit.cov.loc[means.columns, means.columns].to_numpy()
    scale = np.sqrt(np.diag(covariance))
    t_stats = coefficients / scale
    correlation = covariance / np.outer(scale, scale)
    statistic = float(t_stats @ np.linalg.solve(correlation, t_stats)) / k
    return HausmanResult(
        statistic=statistic,
        df=k,
        p_value=float(special.fdtrc(k, fit.n_clusters - 1, statistic)),
        method="Mundlak, Wald test of the entity means, clustered by entity, F",
        note=f"no variation between entities: {some(alike)}" if len(alike) else "",
    )
