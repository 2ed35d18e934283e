"""Tests between models, and random effects against one normal vector with explicit matrices."""

import numpy as np
import pytest
from explicit import design, expected_information, loglik, random_panel, random_weights
from scipy import optimize, stats
from test_algebra import neighbours

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial.lm_tests import lm_tests
from analysis.spatial.model_tests import hausman, lr_tests, random_effects, wald_tests
from analysis.spatial.spatial_panel import fit


def small(
    seed: int, n: int = 7, n_times: int = 5, rho: float = 0.3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    W = random_weights(rng, n, "asymmetric")
    y, X = random_panel(rng, W, n_times, 2, rho)
    return y, X, W


def moments(
    params: np.ndarray, Z: np.ndarray, W: np.ndarray, n_times: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of y; params: coefficients, rho, sigma2, sigma2_unit."""
    coefficients, (rho, sigma2, sigma2_unit) = params[:-3], params[-3:]
    n = len(W)
    inverse = np.kron(np.eye(n_times), np.linalg.inv(np.eye(n) - rho * W))
    of_times = sigma2 * np.eye(n_times) + sigma2_unit * np.ones((n_times, n_times))
    return inverse @ (Z @ coefficients), inverse @ np.kron(of_times, np.eye(n)) @ inverse.T


@pytest.mark.parametrize(("effects", "dummies"), [("individual", "pooled"), ("twoway", "time")])
@pytest.mark.parametrize("model", ["sdm", "sar"])
def test_random_effects_equal_explicit_maximum_likelihood(
    model: str, effects: str, dummies: str
) -> None:
    y, X, W = small(8)
    result = random_effects(y, X, W, model=model, effects=effects)
    Z = design(X, W, model, dummies)
    n_times, k = len(y), len(result.params) - 1

    def minus(at: np.ndarray) -> float:
        """-ln L with the coefficients concentrated out; at: rho, ln sigma2, ln sigma2_unit."""
        params = np.concatenate([np.zeros(Z.shape[1]), [at[0]], np.exp(at[1:])])
        _, variance = moments(params, Z, W, n_times)
        mean_of = np.kron(np.eye(n_times), np.linalg.inv(np.eye(len(W)) - at[0] * W)) @ Z
        weighted = np.linalg.solve(variance, np.column_stack([mean_of, y.ravel()]))
        coefficients = np.linalg.solve(mean_of.T @ weighted[:, :-1], mean_of.T @ weighted[:, -1])
        return -loglik(y, mean_of @ coefficients, variance)

    sigma2_unit = result.sigma2 * (1 / result.phi2 - 1) / n_times
    start = np.array([result.params["rho"], np.log(result.sigma2), np.log(sigma2_unit)])
    found = optimize.minimize(minus, start + 0.05, method="Nelder-Mead",
                              options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000})  # fmt: skip
    assert result.loglik == pytest.approx(-found.fun, abs=1e-7)
    np.testing.assert_allclose(start, found.x, atol=2e-5)

    right = design(X, W, model, dummies)
    filtered = (y.ravel() - result.params["rho"] * (y @ W.T).ravel()) - right[
        :, :k
    ] @ result.params.iloc[:k]
    of_dummies = np.linalg.lstsq(right[:, k:], filtered, rcond=None)[0]
    params = np.concatenate(
        [
            result.params.iloc[:k],
            of_dummies,
            [result.params["rho"], result.sigma2, sigma2_unit],
        ]
    )
    information = expected_information(params, lambda at: moments(at, Z, W, n_times))
    kept = [*range(k), len(params) - 3]
    covariance = np.linalg.inv(information)[np.ix_(kept, kept)]
    np.testing.assert_allclose(result.cov, covariance, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize(("effects", "dummies"), [("individual", "pooled"), ("twoway", "time")])
@pytest.mark.parametrize("model", ["sdm", "sar"])
def test_hausman_is_the_wald_test_of_means_in_explicit_maximum_likelihood(
    model: str, effects: str, dummies: str
) -> None:
    y, X, W = small(8)
    n_times, n, k = X.shape
    Z = design(np.concatenate([X, np.broadcast_to(X.mean(axis=0), X.shape)], axis=-1), W, model,
               dummies)  # fmt: skip

    def params(at: np.ndarray) -> np.ndarray:
        _, variance = moments(np.array([*np.zeros(Z.shape[1]), *at]), Z, W, n_times)
        mean_of = np.kron(np.eye(n_times), np.linalg.inv(np.eye(n) - at[0] * W)) @ Z
        weighted = np.linalg.solve(variance, mean_of)
        coefficients = np.linalg.lstsq(mean_of.T @ weighted, weighted.T @ y.ravel())[0]
        return np.concatenate([coefficients, at])

    def minus(at: np.ndarray) -> float:
        full = params(np.array([at[0], *np.exp(at[1:])]))
        return -loglik(y, *moments(full, Z, W, n_times))

    top = optimize.minimize(minus, [0.2, 0.0, -1.0], method="Nelder-Mead",
                            options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}).x  # fmt: skip
    full = params(np.array([top[0], *np.exp(top[1:])]))
    information = expected_information(full, lambda at: moments(at, Z, W, n_times))
    # X, means, and in an SDM their lags, come first; dummies, rho and variances after.
    tested = [*range(k, 2 * k), *(range(3 * k, 4 * k) if model == "sdm" else ())]
    block = np.linalg.pinv(information)[np.ix_(tested, tested)]
    wald = full[tested] @ np.linalg.solve(block, full[tested])
    spare = n - 1 - len(tested)

    test = hausman(y, X, W, model=model, effects=effects, estimator="ml")
    assert (test.df, test.df_denominator) == (len(tested), spare)
    assert test.statistic == pytest.approx(wald * spare / n / len(tested), rel=1e-3)
    assert test.p_value == pytest.approx(stats.f(len(tested), spare).sf(test.statistic))


@pytest.mark.parametrize("estimator", ["ml", "lee_yu"])
def test_hausman_moves_by_a_thousandth_where_the_data_do(estimator: str) -> None:
    # As many provinces, years and regressors as in the paper, dense weights. Here the form with a
    # difference of covariances jumps between 335 and 469 (lee_yu), and is -379 (ml).
    rng = np.random.default_rng(15)
    W = random_weights(rng, 31, "product")
    y, X = random_panel(rng, W, 19, 8, 0.3)
    y += rng.normal(size=31)
    one = hausman(y, X, W, estimator=estimator).statistic
    for _ in range(3):
        moved = y * (1 + 1e-3 * rng.normal(size=y.shape))
        other = hausman(moved, X, W, estimator=estimator).statistic
        assert other == pytest.approx(one, rel=0.02)


def test_hausman_says_what_it_cannot_test() -> None:
    y, X, W = small(8)
    with pytest.raises(NotIdentifiedError, match="7 units are too few for a test of 6 of their"):
        hausman(y, np.concatenate([X, X[..., :1] ** 2], axis=-1), W)
    flat = X - X.mean(axis=0)
    with pytest.raises(NotIdentifiedError, match="no variation between units: x1, x2"):
        hausman(y, flat, W)
    one_flat = np.concatenate([X[..., :1], flat[..., 1:]], axis=-1)
    assert hausman(y, one_flat, W, model="sar").df == 1


def test_without_variance_between_units_random_effects_are_pooled() -> None:
    rng = np.random.default_rng(1)
    W = random_weights(rng, 8, "asymmetric")
    X = rng.normal(size=(6, 8, 1))
    errors = rng.normal(size=(6, 8))
    errors -= errors.mean(axis=0)  # less than nothing between units
    y = np.linalg.solve(np.eye(8) - 0.3 * W, (X[..., 0] + errors).T).T
    result = random_effects(y, X, W, model="sar")
    pooled = fit(y, X, W, model="sar", effects="pooled")
    assert result.phi2 == 1
    assert result.params["rho"] == pytest.approx(pooled.rho, abs=1e-6)
    assert result.loglik == pytest.approx(pooled.loglik)


@pytest.mark.slow
def test_hausman_has_its_size_and_finds_correlated_effects() -> None:
    rng = np.random.default_rng(2)
    W = neighbours(30, 4).toarray()
    inverse = np.linalg.inv(np.eye(30) - 0.3 * W)
    rejected = {0.0: 0, 1.0: 0}
    reps = 80
    for correlation in rejected:
        for _ in range(reps):
            X = rng.normal(size=(6, 30, 1)) + rng.normal(size=(30, 1))
            unit = rng.normal(size=30) + correlation * X[..., 0].mean(axis=0)
            y = (X[..., 0] + unit + rng.normal(size=(6, 30))) @ inverse.T
            test = hausman(y, X, W, model="sar", effects="individual")
            rejected[correlation] += test.p_value < 0.05
    # A true .05 has a standard error of .025 in 80 draws; three of them above.
    assert rejected[0.0] / reps < 0.125
    assert rejected[1.0] / reps > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["ml", "lee_yu"])
def test_hausman_has_its_size_where_there_are_as_few_units_as_provinces(estimator: str) -> None:
    # The form with a difference of covariances rejects .42 (ml) and .18 (lee_yu) of these.
    rng = np.random.default_rng(4)
    W = random_weights(rng, 31, "product")
    inverse, rejected, reps = np.linalg.inv(np.eye(31) - 0.3 * W), 0, 80
    for _ in range(reps):
        X = rng.normal(size=(31, 8)) + 0.7 * rng.normal(size=(19, 31, 8))
        errors = rng.normal(size=31) + rng.normal(size=(19, 1)) + rng.normal(size=(19, 31))
        y = (0.5 * X.sum(axis=-1) + 0.2 * (X.sum(axis=-1) @ W.T) + errors) @ inverse.T
        rejected += hausman(y, X, W, estimator=estimator).p_value < 0.05
    assert rejected / reps < 0.125


def test_wald_and_likelihood_ratio_agree_in_large_samples_and_have_their_size() -> None:
    rng = np.random.default_rng(6)
    W = neighbours(25, 4).toarray()
    inverse = np.linalg.inv(np.eye(25) - 0.4 * W)
    rejected, reps = 0, 80
    for _ in range(reps):
        X = rng.normal(size=(20, 25, 2))
        y = (X.sum(axis=-1) + rng.normal(size=(20, 25))) @ inverse.T  # a SAR
        ratio = lr_tests(y, X, W, estimator="lee_yu")
        rejected += ratio.sar.p_value < 0.05
    assert rejected / reps < 0.13
    wald = wald_tests(fit(y, X, W, estimator="lee_yu"))
    assert wald.sar.statistic == pytest.approx(ratio.sar.statistic, abs=1.0)
    assert wald.sem.statistic == pytest.approx(ratio.sem.statistic, rel=0.3)
    assert ratio.sem.p_value < 1e-6


def test_lm_tests_have_their_size_and_find_the_right_alternative() -> None:
    rng = np.random.default_rng(9)
    W = random_weights(rng, 49, "symmetric")
    eye = np.eye(49)
    reps = 200
    p_values = {name: np.empty((reps, 4)) for name in ("none", "lag", "error")}
    for i in range(reps):
        X = rng.normal(size=(10, 49, 1))
        errors = rng.normal(size=(10, 49))
        outcomes = {
            "none": X[..., 0] + errors,
            "lag": (X[..., 0] + errors) @ np.linalg.inv(eye - 0.5 * W).T,
            "error": X[..., 0] + errors @ np.linalg.inv(eye - 0.5 * W).T,
        }
        for name, y in outcomes.items():
            tests = lm_tests(y, X, W, effects="pooled")
            p_values[name][i] = [
                test.p_value
                for test in (tests.lag, tests.error, tests.robust_lag, tests.robust_error)
            ]
    rejected = {name: (found < 0.05).mean(axis=0) for name, found in p_values.items()}
    assert (rejected["none"] < 0.11).all(), rejected
    assert rejected["lag"][0] > 0.9
    assert rejected["error"][1] > 0.9
    assert rejected["lag"][2] > rejected["lag"][3] + 0.3
    assert rejected["error"][3] > rejected["error"][2] + 0.3


@pytest.mark.parametrize("n", [2, 20])
@pytest.mark.parametrize("effects", ["time", "twoway"])
def test_lm_tests_of_equal_neighbours_are_refused(n: int, effects: str) -> None:
    rng = np.random.default_rng(n)
    W = (np.ones((n, n)) - np.eye(n)) / (n - 1)
    for _ in range(2):  # whatever the data, what errors lag by is -1 / (n - 1)
        e = rng.normal(size=(19, n))
        e -= e.mean(axis=1, keepdims=True)
        assert (e * (e @ W.T)).sum() / (e**2).sum() == pytest.approx(-1 / (n - 1))
    with pytest.raises(NotIdentifiedError, match="the spatial lag of what the regressors predict"):
        lm_tests(rng.normal(size=(19, n)), rng.normal(size=(19, n, 2)), W, effects=effects)


def test_unknown_choices() -> None:
    y, X, W = small(4)
    with pytest.raises(EstimationError, match="random effects in the model 'sem'"):
        random_effects(y, X, W, model="sem")
    with pytest.raises(EstimationError, match="expected individual or twoway"):
        hausman(y, X, W, effects="time")
