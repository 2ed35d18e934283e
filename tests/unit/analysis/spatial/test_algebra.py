"""Determinants, traces and solutions against explicit inverses."""

import numpy as np
import pytest
from explicit import random_weights
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from analysis.panel import EstimationError
from analysis.spatial.algebra import spatial_algebra
from analysis.spatial.eigenvalues import with_eigenvalues
from analysis.spatial.factorised import Factorised
from analysis.spatial.operations import SpatialAlgebra

RHO = np.array([-0.7, 0.0, 0.35, 0.9])


def neighbours(n: int, k: int, seed: int = 0) -> sparse.csr_array:
    """The k nearest of random points: not symmetric."""
    points = np.random.default_rng(seed).random((n, 2))
    distance = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    near = np.argsort(distance, axis=1)[:, 1 : k + 1]
    places = np.repeat(np.arange(n), k), near.ravel()
    return sparse.csr_array((np.full(n * k, 1 / k), places), shape=(n, n))


def grid(side: int) -> sparse.csr_array:
    """Squares that touch their four neighbours: similar to a symmetric matrix."""
    line = sparse.diags_array([np.ones(side - 1)] * 2, offsets=[-1, 1])
    touch = sparse.csr_array(sparse.kronsum(line, line))
    return sparse.csr_array(sparse.diags_array(1 / touch.sum(axis=1)) @ touch)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 12),
    kind=st.sampled_from(["asymmetric", "symmetric", "product"]),
)
def test_everything_equals_explicit_matrices(seed: int, n: int, kind: str) -> None:
    W = random_weights(np.random.default_rng(seed), n, kind)
    _compare(spatial_algebra(W), W, 1e-9)


@pytest.mark.parametrize("matrix", [neighbours(520, 6), grid(23)], ids=["nearest", "grid"])
def test_a_large_sparse_matrix_too(matrix: sparse.csr_array) -> None:
    algebra = spatial_algebra(matrix)
    assert isinstance(algebra, Factorised)
    _compare(algebra, matrix.toarray(), 1e-6)


def test_a_large_dense_matrix_that_is_not_similar_to_a_symmetric_one() -> None:
    W = random_weights(np.random.default_rng(3), 60, "asymmetric")
    _compare(Factorised(W), W, 1e-6)


def _compare(algebra: SpatialAlgebra, W: np.ndarray, tolerance: float) -> None:
    n = len(W)
    for rho in RHO:
        if rho <= algebra.lower:
            continue
        inverse = np.linalg.inv(np.eye(n) - rho * W)
        G = W @ inverse
        sign, log_det = np.linalg.slogdet(np.eye(n) - rho * W)
        assert sign == 1
        at = np.array([rho])
        assert algebra.log_det(at)[0] == pytest.approx(log_det, abs=1e-9)
        first, second = algebra.traces(at)
        assert first[0] == pytest.approx(np.trace(G), rel=tolerance, abs=1e-9)
        assert second[0] == pytest.approx(np.trace(G @ G), rel=tolerance, abs=1e-9)
        assert algebra.square_norm_of_g(rho) == pytest.approx((G**2).sum(), rel=1e-9)
        np.testing.assert_allclose(algebra.column_sums_of_g(rho), G.sum(axis=0), atol=1e-9)
        columns = np.concatenate([part for _, part in algebra.columns_of_g(rho)], axis=1)
        np.testing.assert_allclose(columns, G, atol=1e-11)
        rows = np.concatenate(
            [part for _, part in algebra.columns_of_g(rho, transposed=True)], axis=1
        )
        np.testing.assert_allclose(rows, G.T, atol=1e-11)
        values = np.random.default_rng(0).normal(size=(3, n, 2))
        solved = np.einsum("ij,tjk->tik", inverse, values)
        np.testing.assert_allclose(algebra.unfiltered(rho, values), solved, atol=1e-10)
        np.testing.assert_allclose(algebra.lag(values[..., 0]), values[..., 0] @ W.T, atol=1e-12)


def test_a_function_of_W_has_the_mean_diagonal_of_the_matrix() -> None:
    W = random_weights(np.random.default_rng(8), 9, "asymmetric")
    algebra = with_eigenvalues(spatial_algebra(W))
    found = algebra.mean_diagonal(lambda w: (2 + w) / (1 - 0.3 * w) / (1 + 0.2 * w))
    eye = np.eye(9)
    matrix = (2 * eye + W) @ np.linalg.inv(eye - 0.3 * W) @ np.linalg.inv(eye + 0.2 * W)
    assert found == pytest.approx(np.trace(matrix) / 9)


def test_a_factorised_matrix_has_its_eigenvalues_where_they_can_be_had() -> None:
    algebra = spatial_algebra(neighbours(300, 6))
    assert isinstance(algebra, Factorised)
    at = np.array([-0.4, 0.6])
    np.testing.assert_allclose(with_eigenvalues(algebra).log_det(at), algebra.log_det(at))
    with pytest.raises(EstimationError, match="too large for its eigenvalues: pass 1,500 units"):
        with_eigenvalues(spatial_algebra(neighbours(1600, 6)))


@pytest.mark.parametrize("matrix", [neighbours(200, 6), grid(14)], ids=["nearest", "grid"])
def test_the_interval_of_rho_ends_where_the_determinant_vanishes(matrix: sparse.csr_array) -> None:
    dense = matrix.toarray()
    algebra = spatial_algebra(dense)
    for end in (algebra.lower, algebra.upper):
        assert abs(np.linalg.slogdet(np.eye(len(dense)) - end * dense)[1]) > 25
    inside = np.linspace(algebra.lower, algebra.upper, 40)[1:-1]
    assert all(np.linalg.slogdet(np.eye(len(dense)) - rho * dense)[0] == 1 for rho in inside)


def test_real_eigenvalues_where_W_is_similar_to_a_symmetric_matrix() -> None:
    rng = np.random.default_rng(4)

    def kind_of_eigenvalues(W: np.ndarray) -> str:
        return with_eigenvalues(spatial_algebra(W)).eigenvalues.dtype.kind

    for kind in ("symmetric", "product"):
        assert kind_of_eigenvalues(random_weights(rng, 20, kind)) == "f"
    assert kind_of_eigenvalues(random_weights(rng, 20, "asymmetric")) == "c"
    apart = np.kron(np.eye(2), np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]))
    assert kind_of_eigenvalues(apart) == "f"


def test_random_vectors_find_the_norm_of_many_units(monkeypatch: pytest.MonkeyPatch) -> None:
    algebra = spatial_algebra(neighbours(900, 6))
    exact = algebra.square_norm_of_g(0.4)
    monkeypatch.setattr("analysis.spatial.operations._MOST_SOLUTIONS", 100)
    estimated = algebra.square_norm_of_g(0.4)
    # 256 vectors: one standard error is about a two-hundredth of the norm.
    assert estimated != exact
    assert estimated == pytest.approx(exact, rel=0.02)


def test_names_of_units_in_errors() -> None:
    W = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]])
    with pytest.raises(EstimationError, match="without neighbours in W: Hainan"):
        spatial_algebra(W, ["Beijing", "Hebei", "Hainan"])


@pytest.mark.parametrize(
    ("W", "words"),
    [
        ("nothing", "W is a str"),
        (np.zeros(3), "W is 3: expected"),
        (np.zeros((1, 1)), "one unit"),
        (np.array([[0, np.nan], [1, 0]]), "not finite"),
        (sparse.csr_array(np.array([[0, 2.0], [1, 0]])), "do not sum to 1: unit 0"),
    ],
)
def test_what_is_no_weights_matrix(W: object, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        spatial_algebra(W)
