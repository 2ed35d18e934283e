"""Covariances of a spatial panel's parameters: expected, observed, and clustered by unit.

Here: information of the concentrated likelihood and the variance of its score. Not here: the
likelihood itself (`likelihood`), and what is tested with the covariance (`spatial_panel`,
`impacts`).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.panel import EstimationError
from analysis.spatial.fitted import SpatialFit
from analysis.spatial.sample import absorbs

Covariance = Literal["expected", "observed", "cluster"]


def covariance(result: SpatialFit, kind: Covariance) -> pd.DataFrame:
    """Covariance of the parameters.

    expected: inverse of the expected information, what Elhorst's and LeSage's programs print.
    observed: inverse of the negative Hessian at the maximum.
    cluster: H^-1 S H^-1 G/(G-1), H observed, S the variance of the score where units are
        independent of each other and their errors otherwise arbitrary: heteroskedastic, and
        correlated over time. The score of rho is a quadratic form in the errors; its variance
        is the sum over units of squares of what is linear and of what is the unit's own, and
        over pairs of (M_ij^2 + M_ij M_ji), M = G o (E'E) / sigma2, G less its column means
        where there are time effects, which sums of scores by unit leave out. Needs all of G:
        N solutions, twice.

    Raises EstimationError for another kind.
    """
    if kind not in get_args(Covariance):
        raise EstimationError(f"covariance '{kind}': expected {', '.join(get_args(Covariance))}")
    inverse = _inverse(_information(result, expected=kind == "expected"))
    if kind == "cluster":
        inverse = inverse @ _score_variance(result) @ inverse
    names = result.params.index
    return pd.DataFrame(inverse, index=names, columns=names)


def _information(result: SpatialFit, *, expected: bool) -> np.ndarray:
    """Information of beta, theta, the spatial coefficient and sigma2, (p, p).

    The effects are concentrated out. For `lee_yu` it is that of the transformed data.
    """
    sample, sigma2 = result.sample, result.sigma2
    residuals = result.residuals.ravel()
    columns = result.regressors
    first, second = (found[0] for found in result.likelihood.traces(np.array([result.spatial])))
    if result.model == "sem":
        lagged_columns = sample.lagged_columns
        lag = sample.within(sample.wy).ravel() - lagged_columns @ result.beta.to_numpy()
        columns = columns - result.spatial * lagged_columns
        cross = np.zeros(columns.shape[1])
        if not expected:
            cross = lagged_columns.T @ residuals + columns.T @ lag
    else:
        lag = sample.within(sample.wy).ravel()
        if expected:
            lag = _expected_lag(result).ravel()
        cross = columns.T @ lag
    k = columns.shape[1]
    information = np.empty((k + 2, k + 2))
    information[:k, :k] = columns.T @ columns / sigma2
    information[:k, k] = information[k, :k] = cross / sigma2
    information[:k, k + 1] = information[k + 1, :k] = 0.0
    if expected:
        linear = 0.0 if result.model == "sem" else lag @ lag / sigma2
        information[k, k] = linear + second + result.likelihood.square_norm_of_g(result.spatial)
        information[k, k + 1] = information[k + 1, k] = first / sigma2
    else:
        information[k, k] = lag @ lag / sigma2 + second
        information[k, k + 1] = information[k + 1, k] = lag @ residuals / sigma2**2
    information[k + 1, k + 1] = result.likelihood.n / (2 * sigma2**2)
    return information


def _expected_lag(result: SpatialFit) -> np.ndarray:
    """What effects leave of G (X beta + W X theta), the part of W y without errors, (T, N).

    The dummies' own part vanishes: G maps what is constant over time, or over units, to the same.
    """
    sample = result.sample
    without_errors = sample.algebra.unfiltered(result.spatial, result.systematic)
    return sample.within(sample.algebra.lag(without_errors))


def _score_variance(result: SpatialFit) -> np.ndarray:
    """Variance of the score where units are independent, G/(G-1) included, (p, p)."""
    sample, sigma2 = result.sample, result.sigma2
    residuals = result.residuals
    n_units = sample.n_units
    columns = result.regressors
    if result.model == "sem":
        columns = columns - result.spatial * sample.lagged_columns
        linear = np.zeros(n_units)
    else:
        linear = (_expected_lag(result) * residuals).sum(axis=0)
    k = columns.shape[1]
    squares = (residuals**2).sum(axis=0)
    own_g, pairs = np.empty(n_units), 0.0
    algebra = sample.algebra
    # Residuals that sum to zero in each time know nothing of the mean of G's columns, which in a
    # dense W is most of each cell.
    means = np.zeros(n_units)
    if absorbs(sample.effects)[1]:
        means = algebra.column_sums_of_g(result.spatial) / n_units
    for (place, g), (_, g_turned) in zip(
        algebra.columns_of_g(result.spatial),
        algebra.columns_of_g(result.spatial, transposed=True),
        strict=True,
    ):
        g, g_turned = g - means[place], g_turned - means[:, None]
        number = np.arange(place.start, place.stop)
        own_g[place] = g[number, number - place.start]
        g[number, number - place.start] = g_turned[number, number - place.start] = 0.0
        products = residuals.T @ residuals[:, place] / sigma2
        pairs += float((g * (g + g_turned) * products**2).sum())
    scores = np.empty((n_units, k + 2))
    by_unit = columns.reshape(*sample.y.shape, k) * residuals[..., None]
    scores[:, :k] = by_unit.sum(axis=0) / sigma2
    scores[:, k] = (linear + own_g * (squares - squares.mean())) / sigma2
    scores[:, k + 1] = (squares - squares.mean()) / (2 * sigma2**2)
    variance = scores.T @ scores
    variance[k, k] += pairs
    return variance * n_units / (n_units - 1)


def _inverse(information: np.ndarray) -> np.ndarray:
    """The inverse of a positive definite matrix, scaled first."""
    size = np.sqrt(np.diag(information))
    return np.linalg.inv(information / np.outer(size, size)) / np.outer(size, size)
