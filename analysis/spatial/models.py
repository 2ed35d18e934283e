"""Spatial panel regressions: SAR, SEM and SDM with fixed effects, and their effects.

Here: `fit`, its result, covariances, and direct, indirect and total effects. Not here: checks of
the data (`sample`), W (`weights`, `algebra`), the search for rho (`likelihood`), tests between
models and random effects (`specification`).

Any panel will do, outside this warehouse too:

    from analysis.spatial.algebra import spatial_algebra
    from analysis.spatial.models import fit, panel_arrays

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

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial.likelihood import Concentrated, Estimator
from analysis.spatial.sample import (
    Effects,
    PanelArrays,
    SpatialSample,
    absorbs,
    panel_arrays,
    refuse_dependent,
    spatial_sample,
)

__all__ = [
    "PanelArrays",
    "SpatialEffects",
    "SpatialPanelResult",
    "WaldTest",
    "fit",
    "panel_arrays",
]

Model = Literal["sdm", "sar", "sem"]
Covariance = Literal["expected", "observed", "cluster"]
Inference = Literal["delta", "simulation"]

SIGMA2 = "sigma2"
EFFECTS = ("direct", "indirect", "total")
EFFECT_COLUMNS = pd.Index(["estimate", "std_error", "z_stat", "p_value", "lower", "upper"])
SEED = 20240117
_DRAWS = 5000
# Share of simulated rho outside the interval that I - rho W allows above which draws mislead.
_MOST_OUTSIDE = 0.05


@dataclass(frozen=True)
class WaldTest:
    """H0: the restrictions hold; chi2(df)."""

    statistic: float
    df: int
    p_value: float
    null: str


@dataclass(frozen=True, eq=False)
class SpatialEffects:
    """LeSage-Pace effects of one unit more of a regressor everywhere at home, on the outcome.

    direct: on the own unit, feedback through neighbours included; indirect: on all other units
    together; total: their sum; means over units. Frames indexed by the regressors with estimate,
    std_error, z_stat, p_value, lower, upper.

    n_outside: simulated rho that were drawn again, as I - rho W is singular beyond its interval.
    """

    direct: pd.DataFrame
    indirect: pd.DataFrame
    total: pd.DataFrame
    inference: Inference
    covariance: Covariance
    level: float
    n_outside: int = 0

    def rows(self) -> pd.DataFrame:
        """All three in one frame with columns effect and term."""
        parts = [
            getattr(self, name).rename_axis("term").reset_index().assign(effect=name)
            for name in EFFECTS
        ]
        return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, eq=False)
class SpatialPanelResult:
    """A fitted spatial panel; Series are indexed by the regressors, in the order given.

    y = rho W y + X beta + W X theta + effects + e (SDM; theta = 0 in SAR), or
    y = X beta + effects + u, u = lam W u + e (SEM).

    rho, lam: the spatial coefficient; the one that the model lacks is None.
    beta, theta: of X and of W X; theta is empty but in SDM.
    sigma2: ssr / (N T) for `ml`, ssr / (degrees of freedom that the effects leave) for `lee_yu`.
    loglik: of the data for `ml`, of the transformed data for `lee_yu`: not to be compared.
    cov, std_errors, z_stats, p_values: of all parameters, from the expected information; theta is
        named `W x`, then rho or lambda, then sigma2. See `covariance` for others. Normal p-values.
    r2_within: share of the variation that effects leave which lags, regressors and W y explain.
    r2_reduced: squared correlation of that variation with what X alone predicts, spillovers
        included (I - rho W)^-1 (X beta + W X theta).
    residuals: (T, N), effects taken out.
    norm_std_error: error of the estimated tr(G'G) behind `cov`; 0 where it is exact (see
        `analysis.spatial.algebra`).
    """

    model: Model
    estimator: Estimator
    names: tuple[str, ...]
    spatial: float
    beta: pd.Series
    theta: pd.Series
    sigma2: float
    loglik: float
    r2_within: float
    r2_reduced: float
    residuals: np.ndarray
    sample: SpatialSample
    likelihood: Concentrated

    @property
    def rho(self) -> float | None:
        return None if self.model == "sem" else self.spatial

    @property
    def lam(self) -> float | None:
        return self.spatial if self.model == "sem" else None

    @property
    def spatial_name(self) -> str:
        return "lambda" if self.model == "sem" else "rho"

    @property
    def n(self) -> int:
        """Observations, N T."""
        return self.sample.y.size

    @cached_property
    def params(self) -> pd.Series:
        """All parameters in one Series, named as `cov`."""
        lagged = map(lagged_name, self.theta.index)
        values = [*self.beta, *self.theta, self.spatial, self.sigma2]
        return pd.Series(values, index=[*self.names, *lagged, self.spatial_name, SIGMA2])

    @cached_property
    def cov(self) -> pd.DataFrame:
        return self._covariance("expected")

    @cached_property
    def std_errors(self) -> pd.Series:
        return pd.Series(np.sqrt(np.diag(self.cov)), index=self.params.index)

    @cached_property
    def z_stats(self) -> pd.Series:
        return self.params / self.std_errors

    @cached_property
    def p_values(self) -> pd.Series:
        return pd.Series(_two_sided(self.z_stats.to_numpy()), index=self.z_stats.index)

    @cached_property
    def norm_std_error(self) -> float:
        return self.likelihood.norm(self.spatial).std_error

    def covariance(self, kind: Covariance) -> pd.DataFrame:
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
            raise EstimationError(
                f"covariance '{kind}': expected {', '.join(get_args(Covariance))}"
            )
        return self.cov if kind == "expected" else self._covariance(kind)

    def _covariance(self, kind: Covariance) -> pd.DataFrame:
        inverse = _inverse(_information(self, expected=kind == "expected"))
        if kind == "cluster":
            inverse = inverse @ _score_variance(self) @ inverse
        names = self.params.index
        return pd.DataFrame(inverse, index=names, columns=names)

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
        draws: int = _DRAWS,
        seed: int = SEED,
    ) -> SpatialEffects:
        """Direct, indirect and total effects (LeSage and Pace 2009, ch. 2) of each regressor.

        direct = tr(S) / N, total = 1'S 1 / N, S = (I - rho W)^-1 (beta I + theta W); W's rows sum
        to one, so total = (beta + theta) / (1 - rho), and direct = beta + (rho beta + theta) g,
        g = tr(G) / N. In an SEM indirect effects are zero.

        delta: normal intervals by the derivatives. simulation: standard deviation and quantiles
        over `draws` of the parameters from their normal distribution, those with a rho for which
        I - rho W is singular drawn again; z is the estimate over that deviation. Both need tr(G)
        and tr(G^2) alone, no N x N matrix beyond `covariance`.

        Raises EstimationError for another inference, level or number of draws; NotIdentifiedError
        where more than a twentieth of the draws had to be drawn again.
        """
        if inference not in get_args(Inference):
            raise EstimationError(
                f"inference '{inference}': expected {', '.join(get_args(Inference))}"
            )
        if not 0 < level < 1 or draws < 100:
            raise EstimationError(
                f"level {level} and {draws} draws: expected a level between 0 and 1, 100 or more"
            )
        k = len(self.names)
        kept = [*range(len(self.beta) + len(self.theta)), *([] if self.lam is not None else [-2])]
        center = self.params.to_numpy()[kept]
        spread = self.covariance(covariance).to_numpy()[np.ix_(kept, kept)]
        estimates, jacobians = self._effects_at(center)
        reach = float(special.ndtri((1 + level) / 2))
        n_outside = 0
        if inference == "delta":
            errors = [np.sqrt(np.einsum("ki,ij,kj->k", j, spread, j)) for j in jacobians]
            limits = [
                (estimate - reach * error, estimate + reach * error)
                for estimate, error in zip(estimates, errors, strict=True)
            ]
        else:
            simulated, n_outside = self._simulated(center, spread, draws, seed)
            errors = [part.std(axis=0, ddof=1) for part in simulated]
            shares = [(1 - level) / 2, (1 + level) / 2]
            limits = [tuple(np.quantile(part, shares, axis=0)) for part in simulated]
        frames = []
        for estimate, error, (lower, upper) in zip(estimates, errors, limits, strict=True):
            z = np.divide(estimate, error, out=np.full(k, np.nan), where=error > 0)
            columns = np.column_stack([estimate, error, z, _two_sided(z), lower, upper])
            frames.append(pd.DataFrame(columns, self.beta.index, EFFECT_COLUMNS))
        direct, indirect, total = frames
        return SpatialEffects(direct, indirect, total, inference, covariance, level, n_outside)

    def _effects_at(self, params: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Direct, indirect and total effects, each (K,), and their derivatives, (K, params)."""
        k = len(self.names)
        beta = params[:k]
        jacobian = np.zeros((3, k, len(params)))
        if self.model == "sem":
            jacobian[0, :, :k] = jacobian[2, :, :k] = np.eye(k)
            return [beta, np.zeros(k), beta], list(jacobian)
        theta = params[k : 2 * k] if self.model == "sdm" else np.zeros(k)
        rho = params[-1]
        first, second = self.sample.algebra.traces(np.array([rho]))
        g, g_slope = first[0] / self.sample.n_units, second[0] / self.sample.n_units
        multiplier = 1 / (1 - rho)
        direct = beta + (rho * beta + theta) * g
        total = (beta + theta) * multiplier
        jacobian[0, :, :k] = (1 + rho * g) * np.eye(k)
        jacobian[0, :, -1] = beta * g + (rho * beta + theta) * g_slope
        jacobian[2, :, :k] = multiplier * np.eye(k)
        jacobian[2, :, -1] = total * multiplier
        if self.model == "sdm":
            jacobian[0, :, k : 2 * k] = g * np.eye(k)
            jacobian[2, :, k : 2 * k] = multiplier * np.eye(k)
        jacobian[1] = jacobian[2] - jacobian[0]
        return [direct, total - direct, total], list(jacobian)

    def _simulated(
        self, center: np.ndarray, spread: np.ndarray, draws: int, seed: int
    ) -> tuple[list[np.ndarray], int]:
        """Effects of drawn parameters, each (draws, K), and how many were drawn again."""
        k = len(self.names)
        rng = np.random.default_rng(seed)
        low, high = self.sample.algebra.search_interval
        drawn = rng.multivariate_normal(center, spread, size=2 * draws, method="eigh")
        if self.model == "sem":
            beta = drawn[:draws, :k]
            return [beta, np.zeros_like(beta), beta], 0
        inside = (drawn[:, -1] > low) & (drawn[:, -1] < high)
        if inside.mean() < 1 - _MOST_OUTSIDE:
            raise NotIdentifiedError(
                f"{1 - inside.mean():.0%} of simulated rho lie outside {low:.3g} to {high:.3g}: "
                "take the delta method, or say that rho is not known well enough for effects"
            )
        taken = np.flatnonzero(inside)[:draws]
        drawn = drawn[taken]
        beta, rho = drawn[:, :k], drawn[:, -1]
        theta = drawn[:, k : 2 * k] if self.model == "sdm" else np.zeros_like(beta)
        g = self.sample.algebra.traces(rho)[0] / self.sample.n_units
        direct = beta + (rho[:, None] * beta + theta) * g[:, None]
        total = (beta + theta) / (1 - rho)[:, None]
        return [direct, total - direct, total], int(taken[-1]) + 1 - draws


def fit(
    y: Any,
    X: Any,
    W: Any,
    *,
    model: Model = "sdm",
    effects: Effects = "twoway",
    estimator: Estimator = "ml",
    names: Sequence[str] | None = None,
) -> SpatialPanelResult:
    """Fit a spatial panel with fixed effects by maximum likelihood.

    y: (T, N). X: (T, N, K), without constant or dummies. W: (N, N), rows summing to one: an array,
    a scipy sparse array, a libpysal W or Graph without labels, or a `SpatialAlgebra`, which has
    compared labels with the units and which several fits share.

    Everything is lagged first and then freed of effects, which is what explicit dummies do; the
    other order differs where the columns of W do not sum to one. `ml` is exact maximum likelihood
    with the dummies as parameters (R spatialreg on dummies); its rho is biased downwards where N
    or T are small. `lee_yu` is the transformation estimator of Lee and Yu (2010, J. Econometrics
    154), without that bias. Without effects both are one.

    Raises EstimationError, in words, for unusable W, shapes and values, and NotIdentifiedError for
    regressors that effects absorb or that depend on each other, their lags in W included.
    """
    for given, allowed in ((model, Model), (estimator, Estimator)):
        if given not in get_args(allowed):
            raise EstimationError(f"'{given}': expected {', '.join(get_args(allowed))}")
    sample = spatial_sample(y, X, W, effects, names)
    likelihood = Concentrated.of(sample.algebra, sample.n_times, effects, estimator)
    columns = _regressors(sample, model)
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
    predicted = _systematic(sample, beta, theta)
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


def lagged_name(name: str) -> str:
    """What W x is called."""
    return f"W {name}"


def _regressors(sample: SpatialSample, model: Model) -> np.ndarray:
    """X, in an SDM W X too, without effects, (n, k)."""
    own = sample.own_columns
    return np.column_stack([own, sample.lagged_columns]) if model == "sdm" else own


def _systematic(sample: SpatialSample, beta: pd.Series, theta: pd.Series) -> np.ndarray:
    """X beta + W X theta, (T, N)."""
    found = sample.X @ beta.to_numpy()
    return found + sample.wx @ theta.to_numpy() if len(theta) else found


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


def _information(result: SpatialPanelResult, *, expected: bool) -> np.ndarray:
    """Information of beta, theta, the spatial coefficient and sigma2, (p, p).

    The effects are concentrated out. For `lee_yu` it is that of the transformed data.
    """
    sample, sigma2 = result.sample, result.sigma2
    residuals = result.residuals.ravel()
    columns = _regressors(sample, result.model)
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
        information[k, k] = linear + second + result.likelihood.norm(result.spatial).square
        information[k, k + 1] = information[k + 1, k] = first / sigma2
    else:
        information[k, k] = lag @ lag / sigma2 + second
        information[k, k + 1] = information[k + 1, k] = lag @ residuals / sigma2**2
    information[k + 1, k + 1] = result.likelihood.n / (2 * sigma2**2)
    return information


def _expected_lag(result: SpatialPanelResult) -> np.ndarray:
    """What effects leave of G (X beta + W X theta), the part of W y without errors, (T, N).

    The dummies' own part vanishes: G maps what is constant over time, or over units, to the same.
    """
    sample = result.sample
    systematic = _systematic(sample, result.beta, result.theta)
    return sample.within(sample.algebra.lag(sample.algebra.unfiltered(result.spatial, systematic)))


def _score_variance(result: SpatialPanelResult) -> np.ndarray:
    """Variance of the score where units are independent, G/(G-1) included, (p, p)."""
    sample, sigma2 = result.sample, result.sigma2
    residuals = result.residuals
    n_units = sample.n_units
    columns = _regressors(sample, result.model)
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


def _two_sided(z_stats: np.ndarray) -> np.ndarray:
    return 2 * special.ndtr(-np.abs(z_stats))
