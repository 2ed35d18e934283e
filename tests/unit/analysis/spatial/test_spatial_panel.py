"""The spatial panel against explicit matrices on small random panels, W mostly not symmetric.

Tolerances: estimates 1e-6 (the explicit search stops at about half the digits), covariances 1e-5
(their derivatives are differences).
"""

import numpy as np
import pandas as pd
import pytest
from explicit import (
    design,
    effects,
    expected_information,
    hessian,
    loglik,
    maximum_likelihood,
    moments,
    random_panel,
    random_weights,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats
from test_algebra import neighbours

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial.sample import panel_arrays
from analysis.spatial.spatial_panel import SpatialPanelResult, fit

MODELS = ("sdm", "sar", "sem")
EFFECTS = ("pooled", "individual", "time", "twoway")


def small(seed: int, kind: str = "asymmetric", rho: float = 0.3) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    W = random_weights(rng, 6, kind)
    y, X = random_panel(rng, W, 5, 2, rho)
    return y, X, W


def explicit_params(result: SpatialPanelResult, Z: np.ndarray) -> np.ndarray:
    """The result's parameters with those of the dummies, as `explicit.moments` takes them."""
    y, W = result.sample.y, result.sample.algebra.W
    slopes = np.concatenate([result.beta, result.theta])
    k = len(slopes)
    filter_ = np.kron(np.eye(len(y)), np.eye(len(W)) - result.spatial * W)
    right = filter_ @ Z if result.model == "sem" else Z
    left = filter_ @ y.ravel() - right[:, :k] @ slopes
    of_dummies = np.linalg.lstsq(right[:, k:], left, rcond=None)[0]
    return np.concatenate([slopes, of_dummies, [result.spatial, result.sigma2]])


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["asymmetric", "symmetric", "product"]),
    rho=st.floats(-0.6, 0.7),
    model=st.sampled_from(MODELS),
    effects_=st.sampled_from(EFFECTS),
)
def test_maximum_likelihood_equals_explicit_dummies(
    seed: int, kind: str, rho: float, model: str, effects_: str
) -> None:
    y, X, W = small(seed, kind, rho)
    result = fit(y, X, W, model=model, effects=effects_)
    Z = design(X, W, model, effects_)
    low = max(result.sample.algebra.lower, -8)
    expected = maximum_likelihood(y, Z, W, model, low)
    k = len(result.beta) + len(result.theta)
    found = np.concatenate([result.beta, result.theta, [result.spatial, result.sigma2]])
    np.testing.assert_allclose(found, expected[[*range(k), -2, -1]], rtol=2e-6, atol=2e-6)
    value = loglik(y, *moments(expected, Z, W, len(y), model))
    assert result.loglik == pytest.approx(value, abs=1e-8)
    assert result.loglik >= value - 1e-9


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("effects_", EFFECTS)
def test_covariances_are_those_of_all_parameters_with_explicit_dummies(
    model: str, effects_: str
) -> None:
    y, X, W = small(7)
    result = fit(y, X, W, model=model, effects=effects_)
    Z = design(X, W, model, effects_)
    params = explicit_params(result, Z)
    k = len(result.beta) + len(result.theta)
    kept = [*range(k), len(params) - 2, len(params) - 1]

    def moments_at(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return moments(at, Z, W, len(y), model)

    expected = np.linalg.inv(expected_information(params, moments_at))[np.ix_(kept, kept)]
    np.testing.assert_allclose(result.cov, expected, rtol=1e-5, atol=1e-7)
    observed = np.linalg.inv(-hessian(lambda at: loglik(y, *moments_at(at)), params))
    np.testing.assert_allclose(
        result.covariance("observed"), observed[np.ix_(kept, kept)], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("estimator", ["ml", "lee_yu"])
def test_the_likelihood_is_flat_at_the_estimate(model: str, estimator: str) -> None:
    """Its slope in rho, by differences of ln L with everything else concentrated out."""
    y, X, W = small(10)
    result = fit(y, X, W, model=model, estimator=estimator)
    sample, likelihood = result.sample, result.likelihood
    outcome, lagged = sample.within(sample.y).ravel(), sample.within(sample.wy).ravel()
    own, lag = (sample.within(part).reshape(outcome.size, -1) for part in (sample.X, sample.wx))

    def value(rho: float) -> float:
        left, right = outcome - rho * lagged, np.column_stack([own, lag])
        if model != "sdm":
            right = own - rho * lag if model == "sem" else own
        left = left - right @ np.linalg.lstsq(right, left, rcond=None)[0]
        return float(likelihood.value(np.array([rho]), np.array([left @ left]))[0])

    step = 1e-5
    slope = (value(result.spatial + step) - value(result.spatial - step)) / (2 * step)
    assert abs(slope) < 1e-5
    assert value(result.spatial) == pytest.approx(result.loglik, abs=1e-9)
    first, second = likelihood.traces(np.array([0.2]))
    around = likelihood.log_det(np.array([0.2 - step, 0.2, 0.2 + step]))
    assert (around[2] - around[0]) / (2 * step) == pytest.approx(-first[0], rel=1e-7)
    curvature = (around[2] - 2 * around[1] + around[0]) / step**2
    assert curvature == pytest.approx(-second[0], rel=1e-3)


@pytest.mark.parametrize("effects_", ["individual", "time", "twoway"])
def test_lee_yu_is_maximum_likelihood_on_data_freed_of_effects_by_orthonormal_rows(
    effects_: str,
) -> None:
    """F'y ~ N(F'Zb..., ...) with F the eigenvectors of the demeaning that have eigenvalue one."""
    y, X, W = small(3)
    n_times, n = y.shape

    def rows(size: int) -> np.ndarray:
        value, vector = np.linalg.eigh(np.eye(size) - np.ones((size, size)) / size)
        return vector[:, value > 0.5].T

    over_time = rows(n_times) if effects_ != "time" else np.eye(n_times)
    over_units = rows(n) if effects_ != "individual" else np.eye(n)
    small_w = over_units @ W @ over_units.T
    new_y = over_time @ y @ over_units.T
    new_x = np.einsum("st,tnk,un->suk", over_time, X, over_units)
    Z = np.column_stack(
        [part.reshape(new_y.size, -1) for part in (new_x, np.einsum("un,tnk->tuk", small_w, new_x))]
    )
    result = fit(y, X, W, effects=effects_, estimator="lee_yu")
    expected = maximum_likelihood(new_y, Z, small_w, "sdm", -2.0)
    np.testing.assert_allclose(result.params, expected, rtol=1e-6, atol=1e-6)

    def moments_at(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return moments(at, Z, small_w, len(new_y), "sdm")

    assert result.loglik == pytest.approx(loglik(new_y, *moments_at(expected)), abs=1e-8)
    covariance = np.linalg.inv(expected_information(expected, moments_at))
    np.testing.assert_allclose(result.cov, covariance, rtol=1e-5, atol=1e-7)


def test_without_effects_both_estimators_are_one() -> None:
    y, X, W = small(5)
    direct, transformed = (fit(y, X, W, effects="pooled", estimator=e) for e in ("ml", "lee_yu"))
    pd.testing.assert_series_equal(direct.params, transformed.params)
    pooled = fit(y, X, W, effects="pooled")
    pd.testing.assert_series_equal(direct.params, pooled.params)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["asymmetric", "product"]),
    model=st.sampled_from(MODELS),
)
def test_effects_equal_the_matrix_of_partial_derivatives(seed: int, kind: str, model: str) -> None:
    y, X, W = small(seed, kind)
    result = fit(y, X, W, model=model)
    theta = result.theta.to_numpy() if model == "sdm" else np.zeros(2)
    expected = effects(result.beta.to_numpy(), theta, result.rho or 0.0, W)
    found = result.effects()
    for name, values in zip(("direct", "indirect", "total"), expected, strict=True):
        np.testing.assert_allclose(getattr(found, name)["estimate"], values, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_delta_errors_are_the_slopes_of_the_effects_times_the_covariance(model: str) -> None:
    y, X, W = small(13)
    result = fit(y, X, W, model=model)
    k = 2

    def of(params: np.ndarray) -> np.ndarray:
        theta = params[k : 2 * k] if model == "sdm" else np.zeros(k)
        rho = 0.0 if model == "sem" else params[-2]
        return np.concatenate(effects(params[:k], theta, rho, W))

    params = result.params.to_numpy()
    slopes = np.empty((3 * k, len(params)))
    for i in range(len(params)):
        step = np.zeros(len(params))
        step[i] = 1e-6
        slopes[:, i] = (of(params + step) - of(params - step)) / 2e-6
    for kind in ("expected", "observed", "cluster"):
        covariance = result.covariance(kind).to_numpy()
        expected = np.sqrt(np.einsum("ki,ij,kj->k", slopes, covariance, slopes))
        rows = result.effects(covariance=kind).rows()
        np.testing.assert_allclose(rows["std_error"], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("inference", ["delta", "simulation"])
def test_p_values_are_two_sided_tails_of_the_normal(model: str, inference: str) -> None:
    y, X, W = small(13)
    result = fit(y, X, W, model=model)
    expected = 2 * stats.norm.sf(np.abs(result.params / np.sqrt(np.diag(result.cov))))
    np.testing.assert_allclose(result.p_values, expected, rtol=1e-9)
    rows = result.effects(inference).rows()
    known = rows["std_error"] > 0
    # The indirect effects of an SEM are zero by construction: nothing is tested.
    assert list(rows["effect"][~known]) == ["indirect", "indirect"] * (model == "sem")
    assert rows.loc[~known, ["z_stat", "p_value"]].isna().all(axis=None)
    z_stats = rows["estimate"][known] / rows["std_error"][known]
    np.testing.assert_allclose(
        rows["p_value"][known], 2 * stats.norm.sf(np.abs(z_stats)), rtol=1e-9
    )
    assert rows["p_value"][known].max() > 0.05


def test_simulated_effects_agree_with_the_delta_method_where_errors_are_small() -> None:
    rng = np.random.default_rng(2)
    W = random_weights(rng, 30, "symmetric")
    y, X = random_panel(rng, W, 40, 2, 0.3)
    result = fit(y, X, W)
    delta, simulated = (result.effects(kind).rows() for kind in ("delta", "simulation"))
    np.testing.assert_allclose(simulated["std_error"], delta["std_error"], rtol=0.06)
    spread = delta["std_error"]
    assert ((simulated["lower"] - delta["lower"]).abs() < 0.2 * spread).all()
    assert ((simulated["upper"] - delta["upper"]).abs() < 0.2 * spread).all()
    again = result.effects("simulation").rows()
    pd.testing.assert_frame_equal(simulated, again)


@pytest.mark.parametrize("model", ["sdm", "sem"])
def test_the_cluster_covariance_of_the_score_over_all_sign_patterns(model: str) -> None:
    """Turn each unit's errors by a sign: over all patterns the variance of the score's quadratic
    form and linear part, at fixed parameters, is what the sandwich estimates between pairs."""
    y, X, W = small(17)
    result = fit(y, X, W, model=model, effects="pooled")
    n = len(W)
    G = W @ np.linalg.inv(np.eye(n) - result.spatial * W)
    E = result.residuals
    linear = np.zeros_like(E)
    if model == "sdm":
        linear = result.sample.within(result.sample.wy) - result.sample.within(E @ G.T)
    scores = []
    for pattern in range(2**n):
        signs = np.array([1 if pattern >> i & 1 else -1 for i in range(n)])
        turned = E * signs
        scores.append(((linear + turned @ G.T) * turned).sum() / result.sigma2)
    # Own terms do not turn with signs: their spread over units is added by the sandwich.
    squares = (E**2).sum(axis=0)
    own = (np.diag(G) * (squares - squares.mean())) / result.sigma2
    unit = (linear * E).sum(axis=0) / result.sigma2
    expected = np.var(scores) + 2 * (unit * own).sum() + (own**2).sum()
    bread = np.linalg.inv(result.covariance("observed").to_numpy())
    meat = bread @ result.covariance("cluster").to_numpy() @ bread * (n - 1) / n
    k = len(result.params) - 2
    assert meat[k, k] == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_cluster_errors_hold_where_those_of_the_information_do_not() -> None:
    """Errors correlated over time and of different size by unit: the spread of the estimates."""
    rng = np.random.default_rng(5)
    W = neighbours(40, 4).toarray()
    n, n_times = 40, 6
    x = rng.normal(size=(n_times, n, 1)) + 2 * rng.normal(size=(1, n, 1))
    size = np.exp(rng.normal(scale=0.5, size=n))
    inverse = np.linalg.inv(np.eye(n) - 0.3 * W)
    estimates, cluster, plain = [], [], []
    for _ in range(200):
        errors = size * (rng.normal(size=(n_times, n)) + 1.5 * rng.normal(size=n))
        y = (x[..., 0] + errors) @ inverse.T
        result = fit(y, x, W, model="sar", effects="time", estimator="lee_yu")
        estimates.append(result.params[["x1", "rho"]].to_numpy())
        for kind, found in (("cluster", cluster), ("expected", plain)):
            found.append(np.diag(result.covariance(kind))[[0, 1]])
    true = np.var(estimates, axis=0)
    robust, simple = np.mean(cluster, axis=0) / true, np.mean(plain, axis=0) / true
    assert ((robust > 0.75) & (robust < 1.35)).all(), robust
    assert simple[0] < 0.6, simple


def test_dense_sparse_and_libpysal_weights_are_one() -> None:
    from libpysal.graph import Graph
    from libpysal.weights import WSP

    y, X, W = small(19, "symmetric")
    expected = fit(y, X, W)
    graph = Graph.from_sparse(sparse.coo_array(W))
    for other in (sparse.csr_array(W), sparse.coo_matrix(W), graph, WSP(sparse.csr_matrix(W))):
        np.testing.assert_allclose(fit(y, X, other).params, expected.params, rtol=1e-12)


def test_a_large_sparse_W_gives_what_its_dense_form_gives() -> None:
    rng = np.random.default_rng(23)
    W = neighbours(510, 5)
    y, X = random_panel(rng, W.toarray(), 2, 2, 0.4)
    for model in ("sdm", "sem"):
        large = fit(y, X, W, model=model)
        dense = fit(y, X, W.toarray(), model=model)
        assert type(large.sample.algebra) is not type(dense.sample.algebra)
        np.testing.assert_allclose(large.params, dense.params, rtol=1e-7)
        assert large.loglik == pytest.approx(dense.loglik, abs=1e-7)
        for kind in ("expected", "observed", "cluster"):
            np.testing.assert_allclose(
                large.covariance(kind), dense.covariance(kind), rtol=1e-5, atol=1e-10
            )
        for inference in ("delta", "simulation"):
            columns = ["estimate", "std_error", "lower", "upper"]
            np.testing.assert_allclose(
                large.effects(inference).rows()[columns],
                dense.effects(inference).rows()[columns],
                rtol=1e-4, atol=1e-7,
            )  # fmt: skip


# Of 306 alone the likelihood rises to the end of what rho may be, whatever the factor.
@given(
    seed=st.integers(0, 1000).filter(lambda seed: seed != 306),
    factor=st.sampled_from([1e-6, 1e9]),
)
@settings(max_examples=8, deadline=None)
def test_units_and_order_do_not_matter(seed: int, factor: float) -> None:
    y, X, W = small(seed)
    result = fit(y, X, W)
    rescaled = fit(y, X * factor, W)
    assert rescaled.spatial == pytest.approx(result.spatial, abs=1e-9)
    np.testing.assert_allclose(rescaled.beta * factor, result.beta, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        rescaled.z_stats.iloc[:4], result.z_stats.iloc[:4], rtol=1e-5, atol=1e-7
    )
    order = np.random.default_rng(seed).permutation(6)
    turned = fit(y[:, order], X[:, order], W[np.ix_(order, order)])
    np.testing.assert_allclose(turned.params, result.params, rtol=1e-7, atol=1e-8)
    for kind in ("expected", "cluster"):
        np.testing.assert_allclose(
            turned.covariance(kind), result.covariance(kind), rtol=1e-5, atol=1e-8
        )


def test_wald_tests_of_named_parameters_and_of_smaller_models() -> None:
    y, X, W = small(29)
    result = fit(y, X, W)
    one = result.wald(["x1"])
    assert one.statistic == pytest.approx(result.z_stats["x1"] ** 2)
    assert one.df == 1
    assert one.p_value == pytest.approx(result.p_values["x1"], rel=1e-9)
    both = result.wald(["x1", "W x2"])
    assert (both.df, both.p_value) == (2, pytest.approx(stats.chi2.sf(both.statistic, 2)))
    assert result.wald("sar").statistic == pytest.approx(result.wald(["W x1", "W x2"]).statistic)
    slope = np.zeros((2, 6))
    slope[:, :2] = result.spatial * np.eye(2)
    slope[:, 2:4] = np.eye(2)
    slope[:, 4] = result.beta
    gap = result.theta.to_numpy() + result.spatial * result.beta.to_numpy()
    variance = slope @ result.cov.to_numpy() @ slope.T
    assert result.wald("sem").statistic == pytest.approx(gap @ np.linalg.solve(variance, gap))
    with pytest.raises(EstimationError, match="no parameters: x9"):
        result.wald(["x9"])
    with pytest.raises(EstimationError, match="in the model sar"):
        fit(y, X, W, model="sar").wald("sem")


def test_the_share_explained_and_the_residuals() -> None:
    y, X, W = small(31)
    result = fit(y, X, W)
    assert 0 < result.r2_within < 1
    assert 0 <= result.r2_reduced <= 1
    np.testing.assert_allclose(result.residuals.sum(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(result.residuals.sum(axis=1), 0, atol=1e-9)
    assert (result.rho, result.lam) == (result.spatial, None)
    assert fit(y, X, W, model="sem").rho is None


def frame_of(y: np.ndarray, X: np.ndarray) -> pd.DataFrame:
    n_times, n = y.shape
    return pd.DataFrame(
        {
            "region": np.tile([f"r{i}" for i in range(n)], n_times),
            "year": np.repeat(np.arange(2000, 2000 + n_times), n),
            "y": y.ravel(),
            "a": X[..., 0].ravel(),
            "b": X[..., 1].ravel(),
        }
    )


def test_a_frame_in_any_order_gives_the_arrays() -> None:
    y, X, _ = small(37)
    frame = frame_of(y, X).sample(frac=1, random_state=1)
    arrays = panel_arrays(frame, "y", ["a", "b"], entity="region", time="year")
    np.testing.assert_array_equal(arrays.y, y)
    np.testing.assert_array_equal(arrays.X, X)
    order = [f"r{i}" for i in (3, 1, 0, 2, 5, 4)]
    turned = panel_arrays(frame, "y", ["a", "b"], entity="region", time="year", units=order)
    np.testing.assert_array_equal(turned.y, y[:, [3, 1, 0, 2, 5, 4]])
    assert list(turned.units) == order


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.iloc[1:], "not balanced: 1 of 30 pairs .* lack a row or a value: r0 2000"),
        (lambda f: f.assign(a=f["a"].where(f.index != 3)), "not balanced: .* r3 2000"),
        (lambda f: pd.concat([f, f.iloc[:1]]), "more than once"),
        (lambda f: f.assign(region=f["region"].replace("r1", "x")), "that W does not have: x"),
    ],
)
def test_a_frame_that_is_no_balanced_panel(spoil: object, words: str) -> None:
    y, X, _ = small(41)
    units = [f"r{i}" for i in range(6)]
    with pytest.raises(EstimationError, match=words):
        panel_arrays(
            spoil(frame_of(y, X)), "y", ["a", "b"], entity="region", time="year", units=units
        )  # type: ignore[operator]


def spoilt(what: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, X, W = small(43)
    y, X, W = y.copy(), X.copy(), W.copy()
    if what == "missing":
        y[2, 3] = np.nan
    elif what == "infinite":
        X[0, 1, 1] = np.inf
    elif what == "flat":
        X = X.reshape(-1, 2)
    elif what == "shape":
        X = X[:, :5]
    elif what == "rectangular":
        W = W[:, :5]
    elif what == "size":
        W = W[:5, :5] / W[:5, :5].sum(axis=1, keepdims=True)
    elif what == "unstandardised":
        W[1] *= 2
    elif what == "island":
        W[4] = 0
    elif what == "negative":
        W[0, 1] -= 1
        W[0, 2] += 1
    elif what == "self":
        W[2] = 0
        W[2, 2] = 1
    elif what == "collinear":
        X = np.concatenate([X, X[..., :1] + X[..., 1:]], axis=-1)
    elif what == "lag":
        X = np.concatenate([X, (W @ X[..., :1])], axis=-1)
    elif what == "absorbed":
        X[..., 1] = X[:1, :, 1]
    elif what == "few":
        y, X = y[:2], np.random.default_rng(0).normal(size=(2, 6, 6))
    elif what == "exact":
        y = np.linalg.solve(np.eye(6) - 0.3 * W, X[..., 0].T).T
    elif what == "constant":
        y = np.broadcast_to(np.arange(6.0), y.shape)
    return y, X, W


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("missing", r"y has 1 values that are not finite numbers: 2 3, .*every unit at every time"),
        ("infinite", r"X has 1 values that are not finite numbers: 0 1 1"),
        ("flat", r"X has 2 dimensions .* \(T, N, K\)"),
        ("shape", "X is 5 x 5 x 2 where y is 5 x 6"),
        ("rectangular", "W is 6 x 5"),
        ("size", "W is 5 x 5, but y has 6 units"),
        ("unstandardised", "rows of W that do not sum to 1: unit 1; divide"),
        ("island", "units without neighbours in W: unit 4"),
        ("negative", "negative weights"),
        ("self", "neighbours of themselves in W: unit 2"),
        ("collinear", "collinear, given the effects: x3 is a combination of x1, x2"),
        ("lag", "collinear, given the effects: W x1 is a combination of x3"),
        ("absorbed", "absorbed by the effects: x2"),
        ("few", "12 observations are too few for 12 coefficients"),
        ("exact", "fit the outcome exactly"),
        ("constant", "absorbed by the effects: the outcome"),
    ],
)
def test_unfit_data_are_refused_in_words(what: str, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        fit(*spoilt(what))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "slx"}, "'slx': expected sdm, sar, sem"),
        ({"effects": "both"}, "effects 'both': expected pooled, individual"),
        ({"estimator": "gmm"}, "'gmm': expected ml, lee_yu"),
        ({"names": ["a"]}, "2 regressors need as many different names"),
        ({"names": ["a", "a"]}, "2 regressors need as many different names"),
    ],
)
def test_unknown_choices_are_refused_by_name(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        fit(*small(47), **arguments)


def test_unknown_inferences_and_covariances() -> None:
    result = fit(*small(53))
    with pytest.raises(EstimationError, match="expected delta, simulation"):
        result.effects("bootstrap")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="expected expected, observed, cluster"):
        result.covariance("robust")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="between 0 and 1"):
        result.effects(level=95)


def test_a_single_cross_section_needs_no_effects() -> None:
    rng = np.random.default_rng(59)
    W = random_weights(rng, 30, "asymmetric")
    y, X = random_panel(rng, W, 1, 1, 0.3)
    assert len(fit(y, X, W, effects="pooled").params) == 4
    with pytest.raises(EstimationError, match="at least two times"):
        fit(y, X, W, effects="individual")
    with pytest.raises(NotIdentifiedError, match="2 observations are too few for 2 coefficients"):
        fit(y[:, :2], X[:, :2], np.array([[0.0, 1], [1, 0]]), effects="pooled")
