"""Where the numerics of spatial panels could be inexact without a word."""

import numpy as np
import pytest
from scipy import sparse

from analysis.spatial.algebra import spatial_algebra
from analysis.spatial.impacts import simulated_effects
from analysis.spatial.spatial_panel import fit


@pytest.fixture(scope="module")
def large() -> sparse.csr_array:
    """W of 500 units on a ring, each with three neighbours ahead and two behind."""
    n_units, ahead = 500, (1, 2, 3, -1, -2)
    place = np.arange(n_units)
    columns = np.concatenate([(place + step) % n_units for step in ahead])
    cells = (np.tile(place, len(ahead)), columns)
    return sparse.csr_array((np.full(len(columns), 1 / len(ahead)), cells), shape=(n_units,) * 2)


@pytest.mark.parametrize("ends", [(0.3, 0.3), (0.7, 0.95), (0.8, 0.995), (-0.9, 0.9)])
def test_traces_of_a_large_w_are_exact_however_far_rho_spread(
    large: sparse.csr_array, ends: tuple[float, float]
) -> None:
    algebra = spatial_algebra(large)
    assert not algebra.is_cheap
    eigenvalues = np.fft.fft(large[[0]].toarray()[0])  # W is circulant
    rho = np.linspace(*ends, 9)
    of_g = eigenvalues / (1 - np.multiply.outer(rho, eigenvalues))
    size = np.abs(of_g).sum(axis=-1)
    first, second = algebra.traces(rho)
    assert np.abs(first - of_g.sum(axis=-1).real).max() / size.max() < 1e-8
    assert (np.abs(second - (of_g**2).sum(axis=-1).real) / (np.abs(of_g) ** 2).sum(-1)).max() < 1e-6
    # What was asked about before does not change the answer.
    alone = spatial_algebra(large).traces(rho[4:5])
    again = algebra.traces(rho[4:5])
    assert again[1] == pytest.approx(alone[1], rel=1e-6)


def test_a_rho_that_is_no_number_has_no_trace(large: sparse.csr_array) -> None:
    first, second = spatial_algebra(large).traces(np.array([0.2, np.nan]))
    assert np.isfinite([first[0], second[0]]).all()
    assert np.isnan([first[1], second[1]]).all()


def test_draws_that_are_drawn_again_are_counted_up_to_the_last_that_is_used() -> None:
    rng = np.random.default_rng(8)
    n_units = 10
    W = (np.ones((n_units, n_units)) - np.eye(n_units)) / (n_units - 1)
    X = rng.standard_normal((3, n_units, 1))
    y = X[..., 0] + rng.standard_normal((3, n_units))
    result = fit(y, X, W, model="sar", effects="pooled")
    spread = np.diag([1e-4, 1e-4])
    center = np.array([1.0, 0.98])  # two standard deviations from the singularity at one
    simulated, n_outside = simulated_effects(result, center, spread, 4000, 1)
    assert all(len(part) == 4000 for part in simulated)
    # 4000 kept, of which 2.3 % as many were outside.
    assert n_outside == pytest.approx(4000 * 0.0233, rel=0.25)
