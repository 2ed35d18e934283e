"""A coefficient of a spatial panel for many outcomes at once, given rho.

With rho held, y - rho W y is linear in y, and so are the coefficients. Not here: the same without
space (`analysis.regressions.many_outcomes`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.panel import EstimationError
from analysis.regressions.many_outcomes import ManyOutcomes
from analysis.spatial.fitted import SpatialFit


def outcomes_given_rho(
    fit: SpatialFit, outcomes: np.ndarray, names: Sequence[str], coefficient: str
) -> ManyOutcomes:
    """A coefficient of X or W X in a SAR or SDM for other outcomes, with the rho of the fit.

    Errors are clustered by unit, times G/(G-1), and take rho as known: for the fit's own outcome
    they are without what rho adds.

    Parameters
    ----------
    fit : SpatialFit
    outcomes : ndarray, (T, N, m)
    names : sequence of str
        Of the outcomes.
    coefficient : str
        A regressor, or `W x`.

    Returns
    -------
    ManyOutcomes

    Raises
    ------
    EstimationError
        For a model without rho, and a coefficient that the model lacks.
    """
    if fit.rho is None:
        raise EstimationError("an SEM has no rho to be given")
    sample, columns = fit.sample, fit.regressors
    place = list(fit.params.index)[: columns.shape[1]]
    if coefficient not in place:
        raise EstimationError(f"not a coefficient of {', '.join(place)}: {coefficient}")
    lagged = np.stack([sample.algebra.lag(of) for of in np.moveaxis(outcomes, -1, 0)], axis=-1)
    y = sample.within(outcomes - fit.rho * lagged).reshape(len(columns), -1)
    inverse = np.linalg.pinv(columns)
    estimates = inverse @ y
    row_weights = inverse[place.index(coefficient)]
    scores = row_weights[:, None] * (y - columns @ estimates)
    by_unit = scores.reshape(sample.n_times, sample.n_units, -1).sum(axis=0)
    factor = sample.n_units / (sample.n_units - 1)
    return ManyOutcomes(
        tuple(names),
        estimates[place.index(coefficient)],
        np.sqrt(factor) * by_unit,
    )
