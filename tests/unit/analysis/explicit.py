"""Spatial panels with every matrix written out: slow, plain, and nothing shared with `analysis`.

The data are one normal vector of N T numbers, y ~ N(mean, variance), whose mean and variance are
functions of the parameters; dummies are columns, lags are Kronecker products, inverses inverses.
"""

from collections.abc import Callable

import numpy as np
from scipy import optimize


def random_weights(rng: np.random.Generator, n: int, kind: str) -> np.ndarray:
    """Row-standardised W: `asymmetric` at random, or similar to a symmetric matrix."""
    if kind == "asymmetric":
        weights = rng.uniform(0.1, 1, (n, n)) * (rng.random((n, n)) < 0.6)
        weights += np.roll(np.eye(n), 1, axis=1)  # nobody without a neighbour
    else:
        points = rng.random((n, 2))
        distance = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
        weights = 1 / np.where(distance > 0, distance, 1)
        if kind == "product":
            weights = weights * rng.uniform(0.5, 2, n)
    np.fill_diagonal(weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def random_panel(
    rng: np.random.Generator, W: np.ndarray, n_times: int, k: int, rho: float
) -> tuple[np.ndarray, np.ndarray]:
    """y (T, N) and X (T, N, K) of an SDM with unit and time effects."""
    n = len(W)
    X = rng.normal(size=(n_times, n, k)) + rng.normal(size=(n, k))
    unit, time = rng.normal(size=n), rng.normal(size=(n_times, 1))
    mean = X @ rng.normal(size=k) + (W @ X) @ rng.normal(size=k) + unit + time
    errors = rng.normal(size=(n_times, n))
    return np.linalg.solve(np.eye(n) - rho * W, (mean + errors).T).T, X


def dummies(n_times: int, n: int, effects: str) -> np.ndarray:
    """Full-rank columns for the effects, the constant included, rows by time and then unit."""
    units = np.tile(np.eye(n), (n_times, 1))
    times = np.repeat(np.eye(n_times), n, axis=0)
    return {
        "pooled": np.ones((n_times * n, 1)),
        "individual": units,
        "time": times,
        "twoway": np.column_stack([units, times[:, 1:]]),
    }[effects]


def design(X: np.ndarray, W: np.ndarray, model: str, effects: str) -> np.ndarray:
    """Regressors, their lags in an SDM, and dummies, (N T, k)."""
    n_times, n, k = X.shape
    flat = X.reshape(n_times * n, k)
    lagged = np.kron(np.eye(n_times), W) @ flat
    columns = [flat, lagged] if model == "sdm" else [flat]
    return np.column_stack([*columns, dummies(n_times, n, effects)])


def moments(
    params: np.ndarray, Z: np.ndarray, W: np.ndarray, n_times: int, model: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of y; params: coefficients of Z, rho or lambda, sigma2."""
    coefficients, spatial, sigma2 = params[:-2], params[-2], params[-1]
    inverse = np.kron(np.eye(n_times), np.linalg.inv(np.eye(len(W)) - spatial * W))
    mean = Z @ coefficients
    return (mean if model == "sem" else inverse @ mean), sigma2 * inverse @ inverse.T


def loglik(y: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> float:
    """The normal density of y."""
    _, log_det = np.linalg.slogdet(variance)
    left = y.ravel() - mean
    return float(
        -0.5 * (len(left) * np.log(2 * np.pi) + log_det + left @ np.linalg.solve(variance, left))
    )


def maximum_likelihood(
    y: np.ndarray, Z: np.ndarray, W: np.ndarray, model: str, low: float
) -> np.ndarray:
    """All parameters at the maximum: a search over rho, least squares for the rest."""
    n_times, n = y.shape
    flat = y.ravel()

    def at(spatial: float) -> np.ndarray:
        filter_ = np.kron(np.eye(n_times), np.eye(n) - spatial * W)
        right = filter_ @ Z if model == "sem" else Z
        coefficients = np.linalg.lstsq(right, filter_ @ flat, rcond=None)[0]
        left = filter_ @ flat - right @ coefficients
        return np.concatenate([coefficients, [spatial, left @ left / len(left)]])

    def minus(spatial: float) -> float:
        return -loglik(y, *moments(at(spatial), Z, W, n_times, model))

    grid = np.linspace(low + 1e-3, 0.999, 60)
    best = int(np.argmin([minus(place) for place in grid]))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, 59)]
    found = optimize.minimize_scalar(
        minus, bounds=bounds, method="bounded", options={"xatol": 1e-10}
    )
    return at(float(found.x))


def expected_information(
    params: np.ndarray, moments_at: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """dm'V^-1 dm + tr(V^-1 dV V^-1 dV) / 2, by central differences, (p, p)."""
    _, variance = moments_at(params)
    inverse = np.linalg.inv(variance)
    slopes = []
    for i in range(len(params)):
        step = 1e-5 * max(1.0, abs(params[i]))
        up, down = params.copy(), params.copy()
        up[i], down[i] = params[i] + step, params[i] - step
        above, below = moments_at(up), moments_at(down)
        slopes.append(tuple((a - b) / (2 * step) for a, b in zip(above, below, strict=True)))
    spreads = [inverse @ of_variance for _, of_variance in slopes]
    p = len(params)
    information = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            information[i, j] = slopes[i][0] @ inverse @ slopes[j][0]
            information[i, j] += np.einsum("ab,ba->", spreads[i], spreads[j]) / 2
    return information


def hessian(value: Callable[[np.ndarray], float], params: np.ndarray) -> np.ndarray:
    """Second derivatives by central differences, (p, p)."""
    step = 1e-4 * np.maximum(1.0, np.abs(params))
    p = len(params)
    found = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            total = 0.0
            for a in (1, -1):
                for b in (1, -1):
                    moved = params.copy()
                    moved[i] += a * step[i]
                    moved[j] += b * step[j]
                    total += a * b * value(moved)
            found[i, j] = total / (4 * step[i] * step[j])
    return found


def effects(
    beta: np.ndarray, theta: np.ndarray, rho: float, W: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Direct, indirect and total effects from the whole matrix of partial derivatives."""
    n = len(W)
    inverse = np.linalg.inv(np.eye(n) - rho * W)
    found = []
    for own, lagged in zip(beta, theta, strict=True):
        partial = inverse @ (own * np.eye(n) + lagged * W)
        direct, total = np.trace(partial) / n, partial.sum() / n
        found.append((direct, total - direct, total))
    return tuple(np.array(found).T)
