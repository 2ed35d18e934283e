"""Weights that name their units: put into the order of the data, or refused."""

import numpy as np
import pandas as pd
import pytest
from explicit import random_panel, random_weights
from libpysal.graph import Graph
from libpysal.weights import full2W

from analysis.panel import EstimationError
from analysis.spatial.algebra import spatial_algebra
from analysis.spatial.sample import panel_arrays
from analysis.spatial.spatial_panel import fit

IDS = [f"p{i:02d}" for i in range(12)]
# The same units, in the order in which a shapefile happens to hold them.
TURNED = [IDS[i] for i in np.random.default_rng(1).permutation(12)]


@pytest.fixture(scope="module")
def W() -> np.ndarray:
    return random_weights(np.random.default_rng(5), 12, "asymmetric")


@pytest.fixture(scope="module")
def frame(W: np.ndarray) -> pd.DataFrame:
    y, X = random_panel(np.random.default_rng(6), W, 8, 1, 0.4)
    keys = pd.MultiIndex.from_product([range(2001, 2009), IDS], names=["year", "province"])
    return pd.DataFrame({"y": y.ravel(), "x": X.ravel()}, keys).reset_index()


def labelled(W: np.ndarray, kind: str) -> Graph:
    """W of IDS as libpysal has it, its rows in the order TURNED."""
    places = [IDS.index(name) for name in TURNED]
    weights = full2W(W[np.ix_(places, places)], ids=TURNED)
    return weights if kind == "W" else Graph.from_W(weights)


@pytest.mark.parametrize("kind", ["W", "Graph"])
def test_labelled_weights_give_what_the_array_in_order_gives(
    W: np.ndarray, frame: pd.DataFrame, kind: str
) -> None:
    arrays = panel_arrays(frame, "y", ["x"], entity="province", time="year")
    right = fit(arrays.y, arrays.X, W)
    found = fit(arrays.y, arrays.X, spatial_algebra(labelled(W, kind), arrays.units))
    np.testing.assert_allclose(found.params, right.params, rtol=1e-9)
    # As they come the rows are of other units, and so are the estimates.
    unordered = fit(arrays.y, arrays.X, labelled(W, kind).sparse)
    assert not np.allclose(unordered.params, right.params, rtol=0.02)


def test_labels_that_nothing_compares_are_refused(W: np.ndarray, frame: pd.DataFrame) -> None:
    arrays = panel_arrays(frame, "y", ["x"], entity="province", time="year")
    with pytest.raises(EstimationError, match=r"W names its units \(.*\) and the data do not"):
        fit(arrays.y, arrays.X, labelled(W, "W"))
    for units, words in (
        ([*IDS[:-1], "p99"], "units that W does not have: p99"),
        (IDS[:-1], "units of W that are not among those of the data: p11"),
        ([*IDS, IDS[0]], "units named twice: p00"),
    ):
        with pytest.raises(EstimationError, match=words):
            spatial_algebra(labelled(W, "W"), units)


def test_numbers_from_zero_are_places(W: np.ndarray) -> None:
    unnamed = full2W(W)
    for units in (None, IDS, range(12)):
        np.testing.assert_allclose(spatial_algebra(unnamed, units).W, W)
    np.testing.assert_allclose(spatial_algebra(unnamed, range(11, -1, -1)).W, W[::-1, ::-1])
