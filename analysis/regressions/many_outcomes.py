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

from analysis.design import design
from analysis.panel import CONSTANT, EstimationError, PanelSample, estimation_sample, some
from analysis.regressions.clustering import small_sample_factor, t_p_value


@dataclass(frozen=True, eq=False)
class ManyOutcomes:
    """A regressor's coefficient for each of m outcomes.

    names: of the outcomes. estimates: (m,). cov: (m, m), clustered, small-sample factor included.
    """

    names: tuple[str, ...]
    estimates: np.ndarray
    cov: np.ndarray
    n_clusters: int

    def of_sums(self, sums: Sequence[Sequence[str]]) -> pd.DataFrame:
        """The coefficient of each sum of some outcomes: estimate, std_error, p_value by t(G - 1).

        That of no outcomes is zero, without an error.
        """
        place = {name: j for j, name in enumerate(self.names)}
        member = np.zeros((len(sums), len(self.names)))
        for row, of in enumerate(sums):
            member[row, [place[name] for name in of]] = 1.0
        estimate = member @ self.estimates
        error = np.sqrt(np.maximum(np.einsum("sm,mk,sk->s", member, self.cov, member), 0.0))
        t_stat = np.divide(estimate, error, out=np.full(len(sums), np.nan), where=error > 0)
        p_value = t_p_value(t_stat, self.n_clusters)
        return pd.DataFrame({"estimate": estimate, "std_error": error, "p_value": p_value})


def many_outcomes(
    panel: pd.DataFrame,
    outcomes: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    coefficients: Sequence[str],
    *,
    instrument: str | None = None,
    entity: str = "province",
    time: str = "year",
) -> dict[str, ManyOutcomes]:
    """Some coefficients of one `two_way_fe`, or of a just identified `fe_2sls`, for many outcomes.

    b = w'y with w = z / z'x, where x is the regressor and z its instrument (itself, without one),
    both less effects and the other regressors. Errors are clustered by entity, with the factor of
    `two_way_fe`, from the scores w (y - b x), which add up as the outcomes do.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcomes : DataFrame
        A column an outcome, indexed by entity and time.
    outcome : str
        The column of the panel whose rows with a value are used.
    regressors, coefficients : sequence of str
        The right-hand side, and those of it that are wanted.
    instrument : str, optional
        The only instrument, of the only coefficient.
    entity, time : str
        Columns of the keys.

    Returns
    -------
    dict of ManyOutcomes
        By coefficient.

    Raises
    ------
    EstimationError
        Where an outcome lacks a value that is needed, and as `two_way_fe`.
    NotIdentifiedError
        As `two_way_fe`.
    """
    instruments = [] if instrument is None else [instrument]
    columns = [*regressors, *instruments]
    sample = estimation_sample(panel, outcome, columns, entity=entity, time=time, effects="twoway")
    right_hand = design(sample, columns, "twoway").matrix.drop(columns=[CONSTANT, *instruments])
    place = {str(name): j for j, name in enumerate(right_hand)}
    within = sample.demeaned(right_hand.to_numpy())
    raw = sample.values[[*coefficients, *instruments]].to_numpy()
    values = sample.demeaned(np.column_stack([raw, _of_rows(outcomes, sample)]))
    n_clusters = len(sample.entities)
    factor = small_sample_factor(n_clusters, len(within), within.shape[1] + 1)
    found = {}
    for j, name in enumerate(coefficients):
        basis = np.linalg.qr(np.delete(within, place[name], axis=1))[0]
        left = values - basis @ (basis.T @ values)
        x, y = left[:, j], left[:, raw.shape[1] :]
        z = left[:, -1 - outcomes.shape[1]] if instruments else x
        row_weights = z / (z @ x)
        estimates = row_weights @ y
        scores = sample.summed(row_weights[:, None] * (y - x[:, None] * estimates))
        found[name] = ManyOutcomes(
            tuple(map(str, outcomes)), estimates, factor * scores.T @ scores, n_clusters
        )
    return found


def _of_rows(outcomes: pd.DataFrame, sample: PanelSample) -> np.ndarray:
    """The outcomes on the rows of the sample, (n, m)."""
    keys = pd.MultiIndex.from_arrays(
        [sample.entities[sample.entity_codes], sample.times[sample.time_codes]]
    )
    values = outcomes.reindex(keys).to_numpy(dtype=float)
    if len(lacking := keys[np.isnan(values).any(axis=1)]):
        raise EstimationError(f"an outcome has no value where it is needed: {some(lacking)}")
    return values
