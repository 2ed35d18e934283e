"""Spatial panel regressions: SAR, SEM and SDM with fixed effects.

Here: `fit` and its result. Not here: checks of the data (`sample`), W (`weights`, `algebra`), the
search for rho (`likelihood`), covariances (`information`), direct, indirect and total effects
(`impacts`), tests between models and random effects (`model_tests`).

Any panel will do, outside this warehouse too:

    from analysis.spatial.algebra import spatial_algebra
    from analysis.spatial.spatial_panel import fit
    from analysis.spatial.sample import panel_arrays

    arrays = panel_arrays(frame, "logc", ["logp", "logy"], entity="state", time="year")
    W = spatial_algebra(W, arrays.units)     # a libpysal W; rows of an array are in this order
    result = fit(arrays.y, arrays.X, W, names=arrays.names)
    result.effects(inference="simulation").indirect
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import linalg, special

from analysis.intervals import SEED
from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial.fitted import (
    SpatialFit,
    SpatialModel,
    lagged_name,
    regressors,
    systematic,
)
from analysis.spatial.impacts import (
    DRAWS,
    Inference,
    SpatialEffects,
    spatial_effects,
    two_sided,
)
from analysis.spatial.information import Covariance, covariance
from analysis.spatial.likelihood import Concentrated, Estimator
from analysis.spatial.sample import (
    AbsorbedEffects,
    SpatialSample,
    refuse_dependent,
    spatial_sample,
)


@dataclass(frozen=True)
class WaldTest:
    """H0: the restrictions hold; chi2(df)."""

    statistic: float
    df: int
    p_value: float
    null: str


@dataclass(frozen=True, eq=False)
class SpatialPanelResult(SpatialFit):
    """A fitted spatial panel with what follows from it.

    cov, std_errors, z_stats, p_values: of all parameters, from the expected information; theta is
        named `W x`, then rho or lambda, then sigma2. See `covariance` for others. Normal p-values.
    """

    @cached_property
    def cov(self) -> pd.DataFrame:
        return covariance(self, "expected")

    @cached_property
    def std_errors(self) -> pd.Series:
        return pd.Series(np.sqrt(np.diag(self.cov)), index=self.params.index)

    @cached_property
    def z_stats(self) -> pd.Series:
        return self.params / self.std_errors

    @cached_property
    def p_values(self) -> pd.Series:
        return pd.Series(two_sided(self.z_stats.to_numpy()), index=self.z_stats.index)

    def covariance(self, kind: Covariance) -> pd.DataFrame:
        """Covariance of the parameters: see `analysis.spatial.information.covariance`."""
        return self.cov if kind == "expected" else covariance(self, kind)

    def wald(self, null: Literal["sar", "sem"] | Sequence[str]) -> WaldTest:
        """Wald test that an SDM is a SAR (theta = 0) or an SEM (theta + rho beta = 0).

        Or that the parameters named in a list are zero. Covariance from the expected information.
        Raises EstimationError for names that are no parameters and for models but the SDM.
        """
        place = {str(name): i for i, name in enumerate(self.params.index)}
        k = len(self.names)
        if isinstance(null, str):
            if self.model != "sdm" or null not in ("sar", "sem"):
                raise EstimationError(
                    f"a Wald test of '{null}' in the model {self.model}: expected sar or sem in sdm"
                )
            words = {"sar": "theta = 0", "sem": "theta + rho beta = 0"}[null]
            restriction = self.theta.to_numpy()
            jacobian = np.zeros((k, len(place)))
            jacobian[:, k : 2 * k] = np.eye(k)
            if null == "sem":
                restriction = restriction + self.spatial * self.beta.to_numpy()
                jacobian[:, :k] = self.spatial * np.eye(k)
                jacobian[:, place["rho"]] = self.beta
        else:
            if unknown := [name for name in null if name not in place]:
                raise EstimationError(f"no parameters: {', '.join(unknown)}")
            words = f"{', '.join(null)} = 0"
            restriction = self.params[list(null)].to_numpy()
            jacobian = np.eye(len(place))[[place[name] for name in null]]
        variance = jacobian @ self.cov.to_numpy() @ jacobian.T
        statistic = float(restriction @ np.linalg.solve(variance, restriction))
        df = len(restriction)
        return WaldTest(statistic, df, float(special.chdtrc(df, statistic)), words)

    def effects(
        self,
        inference: Inference = "delta",
        *,
        covariance: Covariance = "expected",
        level: float = 0.95,
        draws: int = DRAWS,
        seed: int = SEED,
    ) -> SpatialEffects:
        """Effects of each regressor: see `analysis.spatial.impacts.spatial_effects`."""
        return spatial_effects(
            self, self.covariance(covariance), inference, level=level, draws=draws, seed=seed
        )


def fit(
    y: Any,
    X: Any,
    W: Any,
    *,
    model: SpatialModel = "sdm",
    effects: AbsorbedEffects = "twoway",
    estimator: Estimator = "ml",
    names: Sequence[str] | None = None,
) -> SpatialPanelResult:
    """Fit a spatial panel with fixed effects by maximum likelihood.

    Everything is lagged first and then freed of effects, which is what explicit dummies do; the
    other order differs where the columns of W do not sum to one. `ml` is exact maximum likelihood
    with the dummies as parameters (R spatialreg on dummies); its rho is biased downwards where N
    or T are small. `lee_yu` is the transformation estimator of Lee and Yu (2010, J. Econometrics
    154), without that bias. Without effects both are one.

    Parameters
    ----------
    y : array_like, (T, N)
        The outcome.
    X : array_like, (T, N, K)
        Regressors, without constant or dummies.
    W : array, sparse array, libpysal W or Graph without labels, SpatialAlgebra
        (N, N) weights, rows summing to one. A `SpatialAlgebra` has compared labels with the units,
        and several fits may share it.
    model : {"sdm", "sar", "sem"}
    effects : {"twoway", "individual", "time", "pooled"}
        What is absorbed; `pooled` is a constant alone.
    estimator : {"ml", "lee_yu"}
        Direct maximum likelihood, or the transformation.
    names : sequence of str, optional
        Of the regressors; x1, x2 and so on if left out.

    Returns
    -------
    SpatialPanelResult

    Raises
    ------
    EstimationError
        In words, for unusable W, shapes and values.
    NotIdentifiedError
        For regressors that effects absorb or that depend on each other, their lags in W included.

    References
    ----------
    Lee and Yu (2010), Journal of Econometrics 154.
    """
    for given, allowed in ((model, SpatialModel), (estimator, Estimator)):
        if given not in get_args(allowed):
            raise EstimationError(f"'{given}': expected {', '.join(get_args(allowed))}")
    sample = spatial_sample(y, X, W, effects, names)
    likelihood = Concentrated.of(sample.algebra, sample.n_times, effects, estimator)
    columns = regressors(sample, model)
    outcome, lagged = sample.within(sample.y).ravel(), sample.within(sample.wy).ravel()
    if not (outcome**2).sum() > 1e-14 * (sample.y**2).sum():
        raise NotIdentifiedError("absorbed by the effects: the outcome")
    raw = [sample.X.reshape(outcome.size, -1)]
    raw += [sample.wx.reshape(outcome.size, -1)] if model == "sdm" else []
    labels = [*sample.names, *(map(lagged_name, sample.names) if model == "sdm" else ())]
    refuse_dependent(columns, np.column_stack(raw), labels)
    solve = _error_model if model == "sem" else _lag_model
    spatial, coefficients = solve(sample, likelihood, columns, outcome, lagged)

    residuals = outcome - spatial * lagged - columns @ coefficients
    if model == "sem":
        residuals += spatial * sample.lagged_columns @ coefficients
    ssr = float(residuals @ residuals)
    if not ssr > 1e-20 * (outcome @ outcome):
        raise NotIdentifiedError("the regressors fit the outcome exactly: no error is left")
    k = len(sample.names)
    index = pd.Index(sample.names)
    beta = pd.Series(coefficients[:k], index=index)
    theta = pd.Series(coefficients[k:], index=index if model == "sdm" else index[:0])
    residuals = residuals.reshape(sample.y.shape)
    predicted = systematic(sample, beta, theta)
    if model != "sem":
        predicted = sample.algebra.unfiltered(spatial, predicted)
    correlation = np.corrcoef(outcome, sample.within(predicted).ravel())[0, 1]
    return SpatialPanelResult(
        model=model,
        estimator=estimator,
        names=sample.names,
        spatial=spatial,
        beta=beta,
        theta=theta,
        sigma2=ssr / likelihood.n,
        loglik=float(likelihood.value(np.array([spatial]), np.array([ssr]))[0]),
        r2_within=1 - ssr / float(outcome @ outcome),
        r2_reduced=float(correlation**2),
        residuals=residuals,
        sample=sample,
        likelihood=likelihood,
    )


def _lag_model(
    sample: SpatialSample,
    likelihood: Concentrated,
    columns: np.ndarray,
    outcome: np.ndarray,
    lagged: np.ndarray,
) -> tuple[float, np.ndarray]:
    """rho, and the coefficients of y - rho W y on the columns."""
    both = np.column_stack([outcome, lagged])
    size = np.sqrt((columns**2).mean(axis=0))
    # Columns that depend on each other are refused before: no need of singular values.
    basis, triangle = np.linalg.qr(columns / size)
    along = basis.T @ both
    on = linalg.solve_triangular(triangle, along) / size[:, None]
    left = both - basis @ along
    (own, cross), (_, square) = left.T @ left
    rho = likelihood.maximum(
        lambda rho: own - 2 * rho * cross + rho**2 * square,
        lambda rho: 2 * (rho * square - cross),
    )
    return rho, on[:, 0] - rho * on[:, 1]


def _error_model(
    sample: SpatialSample,
    likelihood: Concentrated,
    columns: np.ndarray,
    outcome: np.ndarray,
    lagged: np.ndarray,
) -> tuple[float, np.ndarray]:
    """lambda, and the coefficients of (I - lambda W) y on (I - lambda W) X."""
    size = np.sqrt((columns**2).mean(axis=0))
    own = np.column_stack([outcome, columns / size])
    lag = np.column_stack([lagged, sample.lagged_columns / size])
    products = own.T @ own, own.T @ lag + lag.T @ own, lag.T @ lag

    def parts(lam: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        filtered = products[0] - lam * products[1] + lam**2 * products[2]
        slope = -products[1] + 2 * lam * products[2]
        coefficients = np.linalg.solve(filtered[1:, 1:], filtered[1:, 0])
        return filtered, slope, np.concatenate([[1.0], -coefficients])

    def ssr(lam: float) -> float:
        filtered, _, of = parts(lam)
        return float(of @ filtered @ of)

    def ssr_slope(lam: float) -> float:
        # The coefficients minimise ssr, so their own change adds nothing.
        _, slope, of = parts(lam)
        return float(of @ slope @ of)

    lam = likelihood.maximum(ssr, ssr_slope)
    return lam, -parts(lam)[2][1:] / size
