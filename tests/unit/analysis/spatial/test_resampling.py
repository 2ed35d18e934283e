"""Many panels at once against `fit` one by one; bootstraps against known truths."""

import numpy as np
import pytest
from explicit import random_panel, random_weights
from scipy import optimize
from test_algebra import neighbours

from analysis.panel import EstimationError
from analysis.spatial.algebra import spatial_algebra
from analysis.spatial.eigenvalues import with_eigenvalues
from analysis.spatial.pathways import moderated_spillovers, spatial_mediation
from analysis.spatial.resampling import LagRegression, blocks_of
from analysis.spatial.rho_bootstrap import rho_bootstrap
from analysis.spatial.spatial_panel import fit


@pytest.mark.parametrize("estimator", ["ml", "lee_yu"])
@pytest.mark.parametrize("effects", ["pooled", "individual", "time", "twoway"])
def test_every_draw_is_fitted_as_by_itself(estimator: str, effects: str) -> None:
    rng = np.random.default_rng(1)
    W = neighbours(12, 3).toarray()
    _, X = random_panel(rng, W, 8, 2, 0.2)
    varying = [rng.normal(size=(8, 12, 4)) for _ in range(2)]
    outcomes = np.stack([random_panel(rng, W, 8, 2, 0.2)[0] for _ in range(4)], axis=-1)
    first = fit(outcomes[..., 0], X, W, effects=effects)
    fixed = np.concatenate([first.sample.X, first.sample.wx], axis=-1)
    algebra = with_eigenvalues(first.sample.algebra)
    regression = LagRegression(fixed, algebra, effects, estimator)
    found = regression.fit(outcomes)
    with_more = LagRegression(X, algebra, effects, estimator).fit(outcomes, varying)
    for i in range(4):
        one = fit(outcomes[..., i], X, W, effects=effects, estimator=estimator)
        assert found.rho[i] == pytest.approx(one.rho, abs=1e-9)
        np.testing.assert_allclose(found.fixed[:, i], [*one.beta, *one.theta], atol=1e-8)
        more = np.concatenate([X, varying[0][..., i, None], varying[1][..., i, None]], axis=-1)
        other = fit(outcomes[..., i], more, W, model="sar", effects=effects, estimator=estimator)
        assert with_more.rho[i] == pytest.approx(other.rho, abs=1e-9)
        np.testing.assert_allclose(with_more.fixed[:, i], other.beta.iloc[:2], atol=1e-8)
        np.testing.assert_allclose(with_more.varying[:, i], other.beta.iloc[2:], atol=1e-8)


def test_a_draw_without_a_top_lies_at_the_end_that_its_likelihood_rises_to() -> None:
    rng = np.random.default_rng(2)
    W = random_weights(rng, 5, "symmetric")
    X = rng.normal(size=(8, 5, 1))
    algebra = spatial_algebra(W)
    regression = LagRegression(X, algebra, "twoway", "lee_yu")
    trending = np.cumsum(rng.normal(size=(8, 5, 1)), axis=0)
    explosive = np.linalg.solve(np.eye(5) - 1.6 * W, trending[..., 0].T).T[..., None]
    found = regression.fit(explosive)
    assert found.at_end.all()
    assert found.rho == algebra.search_interval[1]


def reached(
    W: np.ndarray, parts: list[tuple[float, float, float]], at_end: bool
) -> tuple[float, float, float]:
    """Own, spillover and total of a product of (I - rho W)^-1 (own I + lagged W), dense.

    at_end: whether a rho is so near to one that only the sign says something.
    """
    eye = np.eye(len(W))
    whole = eye
    for rho, own, lagged in parts:
        whole = np.linalg.solve(eye - rho * W, (own * eye + lagged * W) @ whole)
    own, total = np.trace(whole) / len(W), whole.sum() / len(W)
    found = own, total - own, total
    return tuple(np.copysign(np.inf, found)) if at_end else found


def one_draw(
    y: np.ndarray, columns: list[np.ndarray], W: np.ndarray
) -> tuple[float, np.ndarray, bool]:
    """rho, coefficients and whether rho is at its end: a search, with every dummy written out."""
    n_times, n = y.shape
    dummies = [np.kron(np.eye(n_times), np.ones((n, 1))), np.kron(np.ones((n_times, 1)), np.eye(n))]
    Z = np.column_stack([*(one.ravel() for one in columns), *dummies])
    both = np.column_stack([y.ravel(), (y @ W.T).ravel()])
    on = np.linalg.lstsq(Z, both)[0]
    left = both - Z @ on
    low = 1 / np.linalg.eigvals(W).real.min()
    margin = 1e-6 * (1 - low)

    def minus(rho: float) -> float:
        _, log_det = np.linalg.slogdet(np.eye(n) - rho * W)
        ssr = ((left @ [1, -rho]) ** 2).sum()
        free = (n_times - 1) * (n - 1)
        return free / 2 * np.log(ssr) - (n_times - 1) * (log_det - np.log(1 - rho))

    near_one = 1 - np.geomspace(0.1, margin, 60)
    grid = np.concatenate([np.linspace(low + margin, 0.9, 300)[:-1], near_one])
    best = int(np.argmin([minus(rho) for rho in grid]))
    at_end = best == len(grid) - 1
    rho = grid[best]
    if not at_end:
        rho = optimize.minimize_scalar(
            minus, bounds=grid[[best - 1, best + 1]], method="bounded", options={"xatol": 1e-10}
        ).x
    return rho, (on @ [1, -rho])[: len(columns)], at_end


@pytest.mark.slow
def test_draws_at_an_end_count_as_effects_without_bound() -> None:
    """Six units, a rho of .8: in every tenth draw the likelihood rises to one."""
    rng = np.random.default_rng(4)
    W = random_weights(rng, 6, "symmetric")
    y, x, m, control = mediation_panel(rng, W, 8, rho=(0.8, 0.2))
    reps = 400
    found = spatial_mediation(y, x, m, control, W, reps=reps, seed=3)

    signs = np.random.default_rng(3).choice((-1.0, 1.0), size=(6, reps))
    own = [x, control[..., 0]]
    with_lags = [*own, *(one @ W.T for one in own)]
    first, second = found.mediator, found.outcome
    inverse = [np.linalg.inv(np.eye(6) - of.rho * W) for of in (first, second)]
    of_m = [*first.beta, *first.theta]
    # The outcome's: treatment, mediator, control.
    (c, b, d), (c_w, b_w, d_w) = second.beta, second.theta
    effects, n_at_end = [], 0
    for turned in signs.T:
        mean = sum(beta * one for beta, one in zip(of_m, with_lags, strict=True))
        m_drawn = (mean + first.residuals * turned) @ inverse[0].T
        mean = sum(
            beta * one
            for beta, one in zip(
                (c, d, c_w, d_w, b, b_w), (*with_lags, m_drawn, m_drawn @ W.T), strict=True
            )
        )
        y_drawn = (mean + second.residuals * turned) @ inverse[1].T
        rho_m, (a, _, a_w, _), end_m = one_draw(m_drawn, with_lags, W)
        rho_y, on_y, end_y = one_draw(y_drawn, [*with_lags, m_drawn, m_drawn @ W.T], W)
        through = [(rho_m, a, a_w), (rho_y, *on_y[4:])]
        n_at_end += end_m | end_y
        effects.append(reached(W, through, end_m | end_y))
    assert found.n_at_end == n_at_end > reps / 20
    for i, reach in enumerate(("own", "spillover", "total")):
        ordered = np.sort([effect[i] for effect in effects])
        ends = [(ordered[at - 1] + ordered[at]) / 2 for at in (10, 390)]
        assert found.effects["mediated", reach].percentile == pytest.approx(ends, rel=1e-4)
        assert np.isinf(ends).any()
    # Without them the interval would end, as if they had never been drawn.
    finite = np.array([effect for effect in effects if np.isfinite(effect).all()])
    assert np.isfinite(np.quantile(finite, [0.025, 0.975], axis=0)).all()
    assert found.effects["mediated", "own"].se == np.inf


@pytest.mark.slow
def test_the_bootstrap_finds_the_bias_of_direct_maximum_likelihood() -> None:
    rng = np.random.default_rng(3)
    W = random_weights(rng, 31, "product")
    y, X = random_panel(rng, W, 19, 2, 0.3)
    fits = {name: fit(y, X, W, estimator=name) for name in ("ml", "lee_yu")}
    direct, transformed = rho_bootstrap(
        fits["lee_yu"], {name: result.rho for name, result in fits.items()}, reps=999
    )
    # A third of it is bias here: a dense W leaves little but the common effects to see rho by.
    assert direct.bias < -0.15
    assert abs(transformed.bias) < 0.06
    assert direct.truth == transformed.truth == fits["lee_yu"].rho
    assert direct.interval.lower < 0.3 < direct.interval.upper
    assert transformed.interval.lower < 0.3 < transformed.interval.upper
    assert transformed.std_error == pytest.approx(fits["lee_yu"].std_errors["rho"], rel=0.35)
    again = rho_bootstrap(fits["lee_yu"], {"ml": fits["ml"].rho}, reps=999)[0]
    np.testing.assert_array_equal(again.draws, direct.draws)


def mediation_panel(
    rng: np.random.Generator, W: np.ndarray, n_times: int, rho: tuple[float, float] = (0.3, 0.2)
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """a = .8, a_w = .5; b = 1, b_w = .4, c = .6, c_w = .2; rho of mediator and outcome."""
    n = len(W)
    x, control = rng.normal(size=(n_times, n)), rng.normal(size=(n_times, n, 1))
    first, second = (np.linalg.inv(np.eye(n) - one * W) for one in rho)
    m = (0.8 * x + 0.5 * x @ W.T + control[..., 0] + 0.5 * rng.normal(size=x.shape)) @ first.T
    y = 0.6 * x + 0.2 * x @ W.T + m + 0.4 * m @ W.T + 0.5 * rng.normal(size=x.shape)
    return y @ second.T, x, m, control


def test_spatial_mediation_multiplies_matrices_and_finds_the_planted_paths() -> None:
    rng = np.random.default_rng(4)
    W = random_weights(rng, 40, "symmetric")
    y, x, m, control = mediation_panel(rng, W, 25)
    found = spatial_mediation(y, x, m, control, W, reps=499)
    eye = np.eye(40)

    def effects(a: float, a_w: float, rho_m: float, b: float, b_w: float, c: float, c_w: float,
                rho_y: float) -> dict[tuple[str, str], float]:  # fmt: skip
        first = np.linalg.inv(eye - rho_m * W) @ (a * eye + a_w * W)
        second = np.linalg.inv(eye - rho_y * W)
        parts = {"mediated": second @ (b * eye + b_w * W) @ first,
                 "unmediated": second @ (c * eye + c_w * W)}  # fmt: skip
        parts["both"] = parts["mediated"] + parts["unmediated"]
        reached = {}
        for path, matrix in parts.items():
            own, total = np.trace(matrix) / 40, matrix.sum() / 40
            reached |= {
                (path, "own"): own,
                (path, "spillover"): total - own,
                (path, "total"): total,
            }
        return reached

    one, two = found.mediator, found.outcome
    at_estimates = effects(
        one.beta.iloc[0], one.theta.iloc[0], one.rho, two.beta.iloc[1], two.theta.iloc[1],
        two.beta.iloc[0], two.theta.iloc[0], two.rho,
    )  # fmt: skip
    planted = effects(0.8, 0.5, 0.3, 1.0, 0.4, 0.6, 0.2, 0.2)
    for key, effect in found.effects.items():
        assert effect.estimate == pytest.approx(at_estimates[key], rel=1e-9)
        assert abs(effect.estimate - planted[key]) < 4 * effect.se, key
        low, high = effect.percentile
        assert low < effect.estimate < high
    assert found.n_at_end == 0


def test_moderated_effects_are_those_of_a_fit_on_raw_products() -> None:
    """A skewed moderator far from zero: effects at its percentiles, whatever is centred."""
    rng = np.random.default_rng(5)
    W = neighbours(60, 5).toarray()
    x, z = rng.normal(1, 2, size=(12, 60)), 5 + rng.exponential(2, size=(12, 60))
    control = rng.normal(size=(12, 60, 1))
    mean = 0.8 * x + 0.4 * x @ W.T + 0.5 * x * z + 0.2 * (x * z) @ W.T + control[..., 0]
    y = (mean + rng.normal(size=x.shape)) @ np.linalg.inv(np.eye(60) - 0.3 * W).T
    found = moderated_spillovers(y, x, z, control, W, reps=999)

    raw = fit(y, np.stack([x, z, x * z, control[..., 0]], axis=-1), W, estimator="lee_yu")
    left = np.eye(60) - raw.rho * W

    def reach(own: float, lagged: float) -> tuple[float, float, float]:
        change = np.linalg.solve(left, own * np.eye(60) + lagged * W)
        home, everything = np.trace(change) / 60, change.sum() / 60
        return home, everything - home, everything

    (beta, _, beta_xz, _), (theta, _, theta_xz, _) = raw.beta, raw.theta
    for name, share in (("16th percentile", 0.16), ("median", 0.5), ("84th percentile", 0.84)):
        at = np.quantile(z, share)
        expected = reach(beta + beta_xz * at, theta + theta_xz * at)
        got = [found.effects[name, of].estimate for of in ("own", "spillover", "total")]
        assert got == pytest.approx(expected, rel=1e-5)
    expected = reach(beta_xz * z.std(), theta_xz * z.std())
    slopes = [found.slopes[of] for of in ("own", "spillover", "total")]
    assert [of.estimate for of in slopes] == pytest.approx(expected, rel=1e-5)
    # Covers the planted .5, in own units of x and per standard deviation of z.
    planted = np.linalg.solve(np.eye(60) - 0.3 * W, 0.5 * np.eye(60) + 0.2 * W)
    assert abs(slopes[0].estimate - z.std() * np.trace(planted) / 60) < 4 * slopes[0].se
    # As wide as the delta method of the same model says, for independent errors.
    delta = found.fit.effects().direct.iloc[2]
    assert slopes[0].estimate == pytest.approx(delta["estimate"], rel=1e-9)
    assert slopes[0].se == pytest.approx(delta["std_error"], rel=0.3)


def test_too_few_draws_and_large_sparse_weights_are_refused() -> None:
    rng = np.random.default_rng(6)
    W = random_weights(rng, 10, "symmetric")
    y, X = random_panel(rng, W, 5, 1, 0.2)
    result = fit(y, X, W)
    with pytest.raises(EstimationError, match=r"a level of 0\.95 needs 200"):
        rho_bootstrap(result, {"ml": 0.2}, reps=100)
    with pytest.raises(EstimationError, match=r"a level of 0\.95 needs 200"):
        spatial_mediation(y, X[..., 0], y, X, W, reps=10)
    with pytest.raises(EstimationError, match="needs a model with a spatial lag"):
        rho_bootstrap(fit(y, X, W, model="sem"), {"ml": 0.2})
    sparse_W = neighbours(1600, 6)
    y, X = random_panel(rng, sparse_W.toarray(), 3, 1, 0.2)
    large = fit(y, X, sparse_W)
    with pytest.raises(EstimationError, match="too large for its eigenvalues"):
        rho_bootstrap(large, {"ml": large.rho})


def test_blocks_add_up() -> None:
    assert sum(blocks_of(999, 589)) == 999
    assert list(blocks_of(3, 10**9)) == [1, 1, 1]
