"""Which spatial panel model: tests between SDM, SAR and SEM, and fixed against random effects.

Here: likelihood-ratio and Wald tests, the random-effects model by maximum likelihood, and the
Hausman test. Not here: tests on residuals of a model without space (`lm_tests`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import optimize, special

from analysis.design import NOTHING_LEFT
from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial.fitted import SpatialModel, lagged_name
from analysis.spatial.likelihood import Concentrated, Estimator
from analysis.spatial.sample import (
    AbsorbedEffects,
    SpatialSample,
    refuse_dependent,
    spatial_sample,
    without_effects,
)
from analysis.spatial.spatial_panel import SpatialPanelResult, WaldTest, fit

# phi, the weight of entity means: 1 is no random effect, 0 fixed effects; logarithms are searched.
_LEAST_PHI = 1e-6


@dataclass(frozen=True)
class LRTest:
    """H0: the smaller model; chi2(df), statistic 2 (ln L - ln L0)."""

    statistic: float
    df: int
    p_value: float
    null: str


@dataclass(frozen=True)
class ModelTests:
    """Tests of the SDM against the SAR and against the SEM that it contains."""

    sar: LRTest | WaldTest
    sem: LRTest | WaldTest


def lr_tests(
    y: Any,
    X: Any,
    W: Any,
    *,
    effects: AbsorbedEffects = "twoway",
    estimator: Estimator = "ml",
    names: Sequence[str] | None = None,
) -> ModelTests:
    """Likelihood-ratio tests of the SDM against SAR (theta = 0) and SEM (theta + rho beta = 0).

    Arguments and errors as `spatial_panel.fit`. The three likelihoods are of one kind: of the data
    with explicit dummies, or of the transformed data.

    Parameters
    ----------
    y : array_like, (T, N)
        The outcome.
    X : array_like, (T, N, K)
        Regressors, without constant or dummies.
    W : array, sparse array, libpysal W or Graph without labels, SpatialAlgebra
        (N, N) weights, rows summing to one. A `SpatialAlgebra` has compared labels with the units,
        and several fits may share it.
    effects : {"twoway", "individual", "time", "pooled"}
        What is absorbed; `pooled` is a constant alone.
    estimator : {"ml", "lee_yu"}
        Direct maximum likelihood, or the transformation.
    names : sequence of str, optional
        Of the regressors; x1, x2 and so on if left out.

    Returns
    -------
    ModelTests

    Raises
    ------
    EstimationError
        As `spatial_panel.fit`.
    """
    W = spatial_sample(y, X, W, effects, names).algebra
    fits = {
        model: fit(y, X, W, model=model, effects=effects, estimator=estimator, names=names)
        for model in get_args(SpatialModel)
    }
    df = len(fits["sdm"].names)

    def against(model: SpatialModel, null: str) -> LRTest:
        # At a true zero rounding may leave a little below it.
        statistic = max(2 * (fits["sdm"].loglik - fits[model].loglik), 0.0)
        return LRTest(statistic, df, float(special.chdtrc(df, statistic)), null)

    return ModelTests(against("sar", "theta = 0"), against("sem", "theta + rho beta = 0"))


def wald_tests(result: SpatialPanelResult) -> ModelTests:
    """Wald tests of a fitted SDM against SAR and SEM; raises EstimationError for other models."""
    return ModelTests(result.wald("sar"), result.wald("sem"))


@dataclass(frozen=True, eq=False)
class RandomEffectsResult:
    """A spatial lag panel with random unit effects, by maximum likelihood.

    y = rho W y + X beta (+ W X theta) + a_i (+ time effects) + e, a_i and e normal.

    params, cov: beta, theta (`W x`), rho; cov from the expected information, variances
        concentrated out.
    sigma2: variance of e. phi2: sigma2 / (T variance of a_i + sigma2); 1 where no variance between
        units is found.
    """

    params: pd.Series
    cov: pd.DataFrame
    sigma2: float
    phi2: float
    loglik: float


@dataclass(frozen=True)
class SpatialHausman:
    """H0: unit effects are uncorrelated with the regressors; F(df, df_denominator)."""

    statistic: float
    df: int
    df_denominator: int
    p_value: float


def random_effects(
    y: Any,
    X: Any,
    W: Any,
    *,
    model: Literal["sdm", "sar"] = "sdm",
    effects: Literal["individual", "twoway"] = "individual",
    estimator: Estimator = "ml",
    names: Sequence[str] | None = None,
) -> RandomEffectsResult:
    """Random unit effects by maximum likelihood (Elhorst 2014, sec. 3.3.3).

    With `twoway` time effects stand beside them, fixed: as dummies (`ml`), or with one dimension
    of each cross-section left out (`lee_yu`), as in `analysis.spatial.spatial_panel.fit`.

    Parameters
    ----------
    y : array_like, (T, N)
        The outcome.
    X : array_like, (T, N, K)
        Regressors, without constant or dummies.
    W : array, sparse array, libpysal W or Graph without labels, SpatialAlgebra
        (N, N) weights, rows summing to one. A `SpatialAlgebra` has compared labels with the units,
        and several fits may share it.
    model : {"sdm", "sar"}
    effects : {"individual", "twoway"}
    estimator : {"ml", "lee_yu"}
        Direct maximum likelihood, or the transformation.
    names : sequence of str, optional
        Of the regressors; x1, x2 and so on if left out.

    Returns
    -------
    RandomEffectsResult

    Raises
    ------
    EstimationError
        As `fit`, and for another model or effects.

    References
    ----------
    Elhorst (2014), Spatial Econometrics, sec. 3.3.3.
    """
    if model not in ("sdm", "sar"):
        raise EstimationError(f"random effects in the model '{model}': expected sdm or sar")
    if effects not in ("individual", "twoway"):
        raise EstimationError(f"effects '{effects}': expected individual or twoway")
    sample = spatial_sample(y, X, W, effects, names)
    return _RandomEffects(sample, model, estimator).result


def hausman(
    y: Any,
    X: Any,
    W: Any,
    *,
    model: Literal["sdm", "sar"] = "sdm",
    effects: Literal["individual", "twoway"] = "twoway",
    estimator: Estimator = "lee_yu",
    names: Sequence[str] | None = None,
) -> SpatialHausman:
    """Fixed against random unit effects by Mundlak's regression in space (Debarsy 2012).

    Random effects with the unit means of X, in an SDM of W X too, beside them; Wald test that the
    means have no coefficients. Their variance is that of N means over time, of which the
    regression on q means leaves N - 1 - q: with that variance, and as F(q, N - 1 - q), the test
    holds its level with few units. Hausman's own form inverts the difference of two covariances,
    which is near-singular: of W X random effects know little more than fixed effects do.

    Parameters
    ----------
    y : array_like, (T, N)
        The outcome.
    X : array_like, (T, N, K)
        Regressors, without constant or dummies.
    W : array, sparse array, libpysal W or Graph without labels, SpatialAlgebra
        (N, N) weights, rows summing to one. A `SpatialAlgebra` has compared labels with the units,
        and several fits may share it.
    model : {"sdm", "sar"}
    effects : {"individual", "twoway"}
    estimator : {"ml", "lee_yu"}
        Direct maximum likelihood, or the transformation.
    names : sequence of str, optional
        Of the regressors; x1, x2 and so on if left out.

    Returns
    -------
    SpatialHausman

    Raises
    ------
    EstimationError
        As `random_effects`.
    NotIdentifiedError
        Where no regressor differs between units, or units are too few for their means.

    References
    ----------
    Debarsy (2012), Spatial Economic Analysis 7.
    """
    sample = spatial_sample(y, X, W, effects, names)
    means = sample.X.mean(axis=0)
    differ = np.flatnonzero(means.std(axis=0) > NOTHING_LEFT * sample.X.std(axis=(0, 1)))
    if not len(differ):
        raise NotIdentifiedError(f"no variation between units: {', '.join(sample.names)}")
    of_means = [f"mean of {sample.names[i]}" for i in differ]
    tested = of_means + [lagged_name(name) for name in of_means] * (model == "sdm")
    spare = sample.n_units - 1 - len(tested)
    if spare < 1:
        raise NotIdentifiedError(
            f"{sample.n_units} units are too few for a test of {len(tested)} of their means"
        )
    repeated = np.broadcast_to(means[:, differ], (*sample.y.shape, len(differ)))
    found = random_effects(
        y,
        np.concatenate([sample.X, repeated], axis=-1),
        sample.algebra,
        model=model,
        effects=effects,
        estimator=estimator,
        names=[*sample.names, *of_means],
    )
    covariance = found.cov.loc[tested, tested].to_numpy()
    size = np.sqrt(np.diag(covariance))
    z_stats = found.params[tested].to_numpy() / size
    wald = z_stats @ np.linalg.solve(covariance / np.outer(size, size), z_stats)
    # Maximum likelihood divides by all the means that it counts.
    counted = Concentrated.of(sample.algebra, 1, _time_effects(effects), estimator).n
    statistic = float(wald * spare / counted / len(tested))
    p_value = float(special.fdtrc(len(tested), spare, statistic))
    return SpatialHausman(statistic, len(tested), spare, p_value)


def _time_effects(effects: AbsorbedEffects) -> AbsorbedEffects:
    """The effects that stand beside random unit effects."""
    return "time" if effects == "twoway" else "pooled"


@dataclass(frozen=True, eq=False)
class _RandomEffects:
    """The likelihood of random unit effects, and its maximum.

    Deviations from a unit's mean have variance sigma2, means over time sigma2 / (T phi2): each
    regression is of deviations plus phi times the means.
    """

    sample: SpatialSample
    model: str
    estimator: Estimator

    @cached_property
    def likelihood(self) -> Concentrated:
        time = _time_effects(self.sample.effects)
        return Concentrated.of(self.sample.algebra, self.sample.n_times, time, self.estimator)

    @cached_property
    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """Deviations and repeated means of y, W y and the regressors, each (n, 2 + k)."""
        sample = self.sample
        columns = [sample.y[..., None], sample.wy[..., None], sample.X]
        columns += [sample.wx] if self.model == "sdm" else []
        both = np.concatenate(columns, axis=-1)
        both = without_effects(both, _time_effects(sample.effects))
        means = np.broadcast_to(both.mean(axis=0, keepdims=True), both.shape)
        flat = both.reshape(sample.y.size, -1), means.reshape(sample.y.size, -1)
        refuse_dependent(flat[0][:, 2:], flat[0][:, 2:], self.names)
        return flat[0] - flat[1], flat[1]

    @property
    def names(self) -> list[str]:
        own = list(self.sample.names)
        return own + [lagged_name(name) for name in own] if self.model == "sdm" else own

    def on(self, phi2: float) -> tuple[np.ndarray, np.ndarray]:
        """y and W y on the regressors: coefficients (k, 2) and residual products (2, 2)."""
        within, means = self.products
        products = within + phi2 * means
        size = np.sqrt(np.diag(products))
        products = products / np.outer(size, size)
        coefficients = np.linalg.solve(products[2:, 2:], products[2:, :2])
        left = products[:2, :2] - products[:2, 2:] @ coefficients
        return coefficients * size[:2] / size[2:, None], left * np.outer(size[:2], size[:2])

    @cached_property
    def products(self) -> tuple[np.ndarray, np.ndarray]:
        within, means = self.parts
        return within.T @ within, means.T @ means

    def rho(self, phi2: float) -> float:
        _, ((own, cross), (_, square)) = self.on(phi2)
        return self.likelihood.maximum(
            lambda rho: own - 2 * rho * cross + rho**2 * square,
            lambda rho: 2 * (rho * square - cross),
        )

    def loglik(self, phi2: float, rho: float) -> float:
        _, left = self.on(phi2)
        of = np.array([1.0, -rho])
        ssr = np.array([of @ left @ of])
        n_means = self.likelihood.n / self.sample.n_times
        value = self.likelihood.value(np.array([rho]), ssr)[0]
        return float(value + n_means / 2 * np.log(phi2))

    @cached_property
    def result(self) -> RandomEffectsResult:
        found = optimize.minimize_scalar(
            lambda log_phi2: -self.loglik(np.exp(log_phi2), self.rho(np.exp(log_phi2))),
            bounds=(np.log(_LEAST_PHI), 0.0),
            method="bounded",
            options={"xatol": 1e-9},
        )
        phi2 = float(np.exp(found.x))
        if self.loglik(1.0, self.rho(1.0)) >= -found.fun:
            phi2 = 1.0
        rho = self.rho(phi2)
        on, left = self.on(phi2)
        of = np.array([1.0, -rho])
        sigma2 = float(of @ left @ of) / self.likelihood.n
        names = [*self.names, "rho"]
        return RandomEffectsResult(
            params=pd.Series([*(on @ of), rho], index=names),
            cov=pd.DataFrame(
                self.covariance(phi2, rho, sigma2, on @ of), index=names, columns=names
            ),
            sigma2=sigma2,
            phi2=phi2,
            loglik=self.loglik(phi2, rho),
        )

    def covariance(
        self, phi2: float, rho: float, sigma2: float, coefficients: np.ndarray
    ) -> np.ndarray:
        """Inverse of the information of beta, theta and rho, both variances partialled out.

        The errors' covariance over time is the same for all units, so the traces are those of
        fixed effects: T tr(G G + G'G) for rho, and for each variance its own share of tr(G).
        """
        sample, likelihood = self.sample, self.likelihood
        within, means = self.parts
        columns = within[:, 2:] + np.sqrt(phi2) * means[:, 2:]
        k = len(sample.names)
        systematic = sample.X @ coefficients[:k]
        if self.model == "sdm":
            systematic = systematic + sample.wx @ coefficients[k:]
        lag = sample.algebra.lag(sample.algebra.unfiltered(rho, systematic))
        lag = without_effects(lag, _time_effects(sample.effects))
        lag = lag - (1 - np.sqrt(phi2)) * lag.mean(axis=0, keepdims=True)
        both = np.column_stack([columns, lag.ravel()])
        information = both.T @ both / sigma2
        first, second = (float(of[0]) for of in likelihood.traces(np.array([rho])))
        information[-1, -1] += second + likelihood.square_norm_of_g(rho)
        # Partialling out one variance of n / T means and one of n (T - 1) / T deviations: each
        # has information m / (2 s^4) and with rho tr / s^2, so 2 tr^2 / m, which sums to this.
        information[-1, -1] -= 2 * first**2 / likelihood.n
        size = np.sqrt(np.diag(information))
        return np.linalg.inv(information / np.outer(size, size)) / np.outer(size, size)
