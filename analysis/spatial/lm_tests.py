"""Lagrange multiplier tests of spatial dependence in the residuals of a panel without it.

Here: LM tests against a spatial lag and spatial errors, and the forms robust to the other of the
two. Not here: the models themselves (`panel`), and tests between them (`model_tests`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from analysis.spatial.sample import AbsorbedEffects, refuse_dependent, spatial_sample


@dataclass(frozen=True)
class LMTest:
    """H0: no dependence of this kind; chi2(1)."""

    statistic: float
    p_value: float


@dataclass(frozen=True)
class LMTests:
    """Four tests on the residuals of one regression; those of a lag test rho, of errors lambda."""

    lag: LMTest
    error: LMTest
    robust_lag: LMTest
    robust_error: LMTest


def lm_tests(y: Any, X: Any, W: Any, *, effects: AbsorbedEffects = "pooled") -> LMTests:
    """LM and robust LM tests of a lag and of errors (Anselin, Le Gallo and Jayet 2008, sec. 19.4).

    lag = (e'Wy / s2)^2 / J and error = (e'We / s2)^2 / (T tr(W'W + W W)), with
    J = |M W X b|^2 / s2 + T tr(W'W + W W) and M the projection off X and the effects. y and X are
    freed of effects before they are lagged, as Elhorst (2014, sec. 3.4) and R's splm do.

    Parameters
    ----------
    y : array_like, (T, N)
        The outcome.
    X : array_like, (T, N, K)
        Regressors, without constant or dummies.
    W : array, sparse array, libpysal W or Graph without labels, SpatialAlgebra
        (N, N) weights, rows summing to one. A `SpatialAlgebra` has compared labels with the units,
        and several fits may share it.
    effects : {"pooled", "individual", "time", "twoway"}
        What the residuals are free of.

    Returns
    -------
    LMTests

    Raises
    ------
    EstimationError
        As `spatial_panel.fit`.
    NotIdentifiedError
        As `spatial_panel.fit`, and where W X b is a combination of X and the effects, as it is if
        all units are equally each other's neighbours: a lag and errors are one then.

    References
    ----------
    Anselin, Le Gallo and Jayet (2008), The Econometrics of Panel Data, sec. 19.4.
    Elhorst (2014), Spatial Econometrics, sec. 3.4.
    """
    sample = spatial_sample(y, X, W, effects, None)
    outcome, columns = sample.within(sample.y), sample.within(sample.X)
    flat = columns.reshape(outcome.size, -1)
    refuse_dependent(flat, sample.X.reshape(outcome.size, -1), sample.names)
    if effects == "pooled":
        # Lags of deviations from the mean have a mean.
        flat = np.column_stack([flat, np.ones(len(flat))])
    size = np.sqrt((flat**2).mean(axis=0))
    basis = np.linalg.qr(flat / size)[0]
    fitted = (basis @ (basis.T @ outcome.ravel())).reshape(outcome.shape)
    residuals = outcome - fitted
    sigma2 = float((residuals**2).mean())

    algebra = sample.algebra
    lag_score = float((residuals * algebra.lag(outcome)).sum()) / sigma2
    error_score = float((residuals * algebra.lag(residuals)).sum()) / sigma2
    W = algebra.W
    turned = float((W * W.T).sum())
    trace = sample.n_times * (float((W * W).sum()) + turned)
    lagged_fit = algebra.lag(fitted).ravel()
    beside = np.column_stack([flat, lagged_fit])
    labels = [*sample.names, "the constant"][: flat.shape[1]]
    refuse_dependent(beside, beside, [*labels, "the spatial lag of what the regressors predict"])
    lagged_fit = lagged_fit - basis @ (basis.T @ lagged_fit)
    information = float(lagged_fit @ lagged_fit) / sigma2 + trace
    share = trace / information
    return LMTests(
        lag=_test(lag_score**2 / information),
        error=_test(error_score**2 / trace),
        robust_lag=_test((lag_score - error_score) ** 2 / (information - trace)),
        robust_error=_test((error_score - share * lag_score) ** 2 / (trace * (1 - share))),
    )


def _test(statistic: float) -> LMTest:
    return LMTest(statistic, float(special.chdtrc(1, statistic)))
