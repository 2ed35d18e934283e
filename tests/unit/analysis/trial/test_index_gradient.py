"""Derivatives of what is made of the index against the index built again with one value moved."""

import numpy as np
import pytest

from analysis.trial.index_gradient import index_gradient, one_point, published_index


def indicators(missing: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    values = np.exp(rng.normal(size=(5, 6, 4)))
    values[..., 3] = 7.0  # A constant has no weight, and gives nothing.
    if missing:
        values[2, 1, 0] = np.nan
    return values, np.array([False, True, False, False])


@pytest.mark.parametrize("missing", [False, True])
def test_every_derivative_is_that_of_the_index_built_again(missing: bool) -> None:
    values, negative = indicators(missing)
    known = ~np.isnan(values).any(axis=-1)
    whole = np.where(known[..., None], values, np.nan)
    outer = np.random.default_rng(1).normal(size=values.shape[:2]) * known

    def figure(moved: np.ndarray) -> float:
        return float(np.nansum(outer * published_index(moved, negative)))

    found = index_gradient(whole, negative, outer)
    assert (found[~known] == 0).all() and (found[..., 3] == 0).all()
    extremes = 0
    for place in np.argwhere(known):
        for m in range(3):
            step = np.zeros(values.shape)
            step[*place, m] = 1e-6
            numeric = (figure(whole + step) - figure(whole - step)) / 2e-6
            column = whole[..., m]
            extremes += whole[*place, m] in (np.nanmin(column), np.nanmax(column))
            assert found[*place, m] == pytest.approx(numeric, rel=1e-5, abs=1e-6)
    assert extremes == 6


def test_a_point_is_a_hundredth_of_the_range() -> None:
    values, _ = indicators(missing=True)
    ranges = np.nanmax(values, axis=(0, 1)) - np.nanmin(values, axis=(0, 1))
    np.testing.assert_allclose(one_point(values), ranges / 100)
