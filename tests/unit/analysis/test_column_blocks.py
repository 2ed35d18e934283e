"""Draws made a few at a time are those made all at once."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis import column_blocks
from analysis.regressions.joint_tests import NullModel
from analysis.regressions.one_coefficient import each_coefficient, randomisation
from analysis.regressions.wild_bootstrap import cluster_weights, wild_cluster_p
from analysis.regressions.wild_iv import wild_2sls_p

PROVINCES, REPS = 14, 300


def _wald(panel: pd.DataFrame) -> np.ndarray:
    (of,) = each_coefficient(panel, "y", ["x1", "x2"], ["x1"])
    return NullModel.of_one(of).wald(cluster_weights(PROVINCES, "webb", REPS, 1)[0])


DRAWS: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "wild_cluster_p": lambda panel: wild_cluster_p(panel, "y", ["x1", "x2"], "x1", reps=REPS).draws,
    "wild_2sls_p": lambda panel: wild_2sls_p(panel, "y", "x1", ["x3"], ["x2"], reps=REPS).draws,
    "wald": _wald,
    "randomisation": lambda panel: np.array([
        randomisation(of, reps=REPS).p_value
        for of in each_coefficient(panel.assign(y=panel["x3"]), "y", ["x1", "x2"], ["x1", "x2"])
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_the_same_in_blocks_of_any_size(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = random_panel(1, provinces=PROVINCES, years=5, k=3, missing=0.0)
    at_once = DRAWS[name](panel)
    monkeypatch.setattr(column_blocks, "_CELLS", PROVINCES * 11)
    assert DRAWS[name](panel) == pytest.approx(at_once, rel=1e-12)


def test_blocks_are_all_columns_in_order_one_at_the_least() -> None:
    places = np.arange(40)
    for n_rows in (1, column_blocks._CELLS // 7, 10 * column_blocks._CELLS):
        blocks = [places[block] for block in column_blocks.column_blocks(n_rows, 40)]
        assert np.concatenate(blocks).tolist() == places.tolist()
        assert all(0 < len(block) <= max(1, column_blocks._CELLS // n_rows) for block in blocks)
