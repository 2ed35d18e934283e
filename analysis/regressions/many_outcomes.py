"""One coefficient of many outcomes at once, with the covariance between them.

Least squares and two-stage least squares are linear in the outcome: the coefficient of a sum is the
sum of the coefficients of its parts, and its error follows from their covariance. Not here: which
parts an outcome has (`analysis.paper.coefficient_parts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.panel import EstimationError, PanelSample, some
from analysis.regressions.clustering import small_sample_factor, t_p_value
from analysis.regressions.one_coefficient import OneCoefficient
from analysis.regressions.weak_instruments import Moments


@dataclass(frozen=True, eq=False)
class ManyOutcomes:
    """A regressor's coefficient for each of m outcomes.

    names: of the outcomes. estimates: (m,). scores: (G, m), what each cluster does to them, with
    the root of the small-sample factor.
    """

    names: tuple[str, ...]
    estimates: np.ndarray
    scores: np.ndarray

    @property
    def n_clusters(self) -> int:
        return len(self.scores)

    def of_sums(self, sums: Sequence[Sequence[str]]) -> pd.DataFrame:
        """The coefficient of each sum of some outcomes: estimate, std_error, p_value by t(G - 1).

        That of no outcomes is zero, without an error.
        """
        place = {name: j for j, name in enumerate(self.names)}
        member = np.zeros((len(sums), len(self.names)))
        for row, of in enumerate(sums):
            member[row, [place[name] for name in of]] = 1.0
        estimate = member @ self.estimates
        error = np.sqrt(((self.scores @ member.T) ** 2).sum(axis=0))
        t_stat = np.divide(estimate, error, out=np.full(len(sums), np.nan), where=error > 0)
        p_value = t_p_value(t_stat, self.n_clusters)
        return pd.DataFrame({"estimate": estimate, "std_error": error, "p_value": p_value})


def many_outcomes(of: OneCoefficient, outcomes: pd.DataFrame) -> ManyOutcomes:
    """A coefficient of `two_way_fe` for other outcomes, on the rows of its own.

    b = x'y / x'x, x and y less effects and the other regressors. Errors are clustered by entity,
    with the factor of `two_way_fe`, from the scores x (y - b x) / x'x, which add up as the outcomes
    do.

    Parameters
    ----------
    of : OneCoefficient
    outcomes : DataFrame
        A column an outcome, indexed by entity and time.

    Returns
    -------
    ManyOutcomes

    Raises
    ------
    EstimationError
        Where an outcome lacks a value that is needed.
    """
    return _solved(of.sample, of.others, of.x, of.x, of.factor, outcomes)


def many_outcomes_2sls(of: Moments, outcomes: pd.DataFrame) -> ManyOutcomes:
    """The coefficient of a just identified `fe_2sls` for other outcomes; the rest as there.

    b = z'y / z'x with z the instrument, less effects and exogenous regressors as x and y are.

    Parameters
    ----------
    of : Moments
        Of `analysis.regressions.iv.moments`, one endogenous regressor and one instrument.
    outcomes : DataFrame
        As in `many_outcomes`; raises as it does.
    """
    (x,), (z,) = of.x.to_numpy().T, of.basis.T
    factor = small_sample_factor(of.n_clusters, len(x), of.controls.shape[1] + 1)
    return _solved(of.sample, of.controls, x, z, float(factor), outcomes)


def through_mediator(first: OneCoefficient, second: ManyOutcomes) -> ManyOutcomes:
    """A product of a coefficient with another's for many outcomes, a b_m, on the same rows.

    Of mediation: first, of the treatment on the mediator; second, of the mediator on the outcomes.
    To first order a b_m moves as a times b_m does and b_m times a (the delta method, with the
    covariance between the two that Sobel's error leaves out).

    Raises EstimationError where the two are not of as many clusters.
    """
    if first.n_clusters != second.n_clusters:
        raise EstimationError(
            f"{first.n_clusters} and {second.n_clusters} clusters: not of the same rows"
        )
    own = np.sqrt(first.factor) * first.sample.summed(first.scores)
    scores = first.estimate * second.scores + np.outer(own, second.estimates)
    return ManyOutcomes(second.names, first.estimate * second.estimates, scores)


def _solved(
    sample: PanelSample,
    others: np.ndarray,
    x: np.ndarray,
    z: np.ndarray,
    factor: float,
    outcomes: pd.DataFrame,
) -> ManyOutcomes:
    """others: (n, K) orthonormal columns, of which x and z (n,) are free already."""
    y = sample.demeaned(_of_rows(outcomes, sample))
    y -= others @ (others.T @ y)
    row_weights = z / (z @ x)
    estimates = row_weights @ y
    scores = sample.summed(row_weights[:, None] * (y - x[:, None] * estimates))
    names = tuple(map(str, outcomes))
    return ManyOutcomes(names, estimates, np.sqrt(factor) * scores)


def _of_rows(outcomes: pd.DataFrame, sample: PanelSample) -> np.ndarray:
    """The outcomes on the rows of the sample, (n, m)."""
    keys = pd.MultiIndex.from_arrays(
        [sample.entities[sample.entity_codes], sample.times[sample.time_codes]]
    )
    values = outcomes.reindex(keys).to_numpy(dtype=float)
    if len(lacking := keys[np.isnan(values).any(axis=1)]):
        raise EstimationError(f"an outcome has no value where it is needed: {some(lacking)}")
    return values
