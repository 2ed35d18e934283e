"""The wild bootstrap of two-stage least squares, every bootstrap sample made and refitted."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis.panel import NotIdentifiedError
from analysis.regressions.iv import fe_2sls
from analysis.regressions.wild_iv import wild_2sls_p


def instrumented(seed: int, **shape: float) -> pd.DataFrame:
    panel = random_panel(seed, k=3, **shape).rename(columns={"x1": "w", "x2": "z1", "x3": "z2"})
    rng = np.random.default_rng(seed)
    error = rng.normal(size=len(panel))
    panel["x"] = 0.6 * panel["z1"] + 0.3 * panel["z2"] + error + rng.normal(size=len(panel))
    panel["y"] = 0.5 * panel["x"] + panel["w"] + 0.8 * error
    return panel


@pytest.mark.parametrize("instruments", [["z1"], ["z1", "z2"]])
@pytest.mark.parametrize("hypothesis", [0.0, 0.3])
def test_every_pattern_refitted(instruments: list[str], hypothesis: float) -> None:
    panel = instrumented(3, provinces=6, years=5, missing=0.1)
    found = wild_2sls_p(
        panel, "y", "x", instruments, ["w"], hypothesis=hypothesis, weights="rademacher"
    )
    fit = fe_2sls(panel, "y", ["x"], instruments, ["w"])
    assert found.enumerated and len(found.draws) == 64

    dummies = pd.get_dummies(panel[["province", "year"]].astype(str), dtype=float).to_numpy()
    included = np.column_stack([panel["w"], dummies])
    y, x = panel["y"].to_numpy(), panel["x"].to_numpy()
    codes = pd.factorize(panel["province"], sort=True)[0]
    every_z = np.column_stack([panel[instruments], included])
    project = every_z @ np.linalg.pinv(every_z)

    def t_stat(y: np.ndarray, x: np.ndarray) -> float:
        """Textbook 2SLS of y on x and what is included, clustered, without factor."""
        every_x = np.column_stack([x, included])
        predicted = project @ every_x
        inverse = np.linalg.pinv(predicted.T @ predicted)
        slopes = inverse @ predicted.T @ y
        scores = predicted * (y - every_x @ slopes)[:, None]
        sums = np.array([scores[codes == code].sum(axis=0) for code in range(6)])
        error = np.sqrt((inverse @ sums.T @ sums @ inverse)[0, 0])
        return float((slopes[0] - hypothesis) / error)

    at_null = y - hypothesis * x
    structural = at_null - included @ np.linalg.lstsq(included, at_null, rcond=None)[0]
    columns = np.column_stack([every_z, structural])
    first_stage = np.linalg.lstsq(columns, x, rcond=None)[0][:-1]
    predicted = every_z @ first_stage
    drawn = []
    for signs in product([-1.0, 1.0], repeat=6):
        weight = np.array(signs)[codes]
        drawn_x = predicted + weight * (x - predicted)
        drawn_y = at_null - structural + hypothesis * drawn_x + weight * structural
        drawn.append(t_stat(drawn_y, drawn_x))
    np.testing.assert_allclose(np.sort(found.draws), np.sort(drawn), rtol=1e-6, atol=1e-9)
    assert found.t_stat == pytest.approx(t_stat(y, x), rel=1e-8)
    assert found.p_value == np.mean(np.abs(drawn) >= abs(found.t_stat) * (1 - 1e-7))
    # All but the small-sample factor is the t of `fe_2sls`.
    fit = fe_2sls(panel, "y", ["x"], instruments, ["w"])
    n, k = fit.n, 1 + 1 + panel["year"].nunique() - 1 + 1
    factor = np.sqrt(6 / 5 * (n - 1) / (n - k))
    actual = (fit.params["x"] - hypothesis) / fit.std_errors["x"]
    assert found.t_stat == pytest.approx(actual * factor, rel=1e-8)


def test_it_refuses_what_two_stages_refuse_and_repeats_itself() -> None:
    panel = instrumented(4, provinces=12, years=6)
    one, two = (wild_2sls_p(panel, "y", "x", ["z1"], ["w"], reps=500) for _ in range(2))
    np.testing.assert_array_equal(one.draws, two.draws)
    assert (one.enumerated, one.weights) == (False, "rademacher")
    with pytest.raises(NotIdentifiedError):
        wild_2sls_p(panel.assign(z1=1.0), "y", "x", ["z1"], ["w"])
