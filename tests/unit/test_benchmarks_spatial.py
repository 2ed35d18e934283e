"""The spatial benchmarks compare the same model, on panels whose truth is what they say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from analysis.spatial.algebra import spatial_algebra
from analysis.spatial.spatial_panel import fit
from benchmarks import spatial_coverage, spatial_panel
from benchmarks.panels import (
    SPATIAL_BETA,
    SPATIAL_THETA,
    knn_weights,
    make_spatial_panel,
    nested_weights,
)
from benchmarks.spatial_coverage import Setting

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("weights", [knn_weights, nested_weights])
def test_the_panels_have_the_coefficients_that_they_say(
    weights: Callable[[np.random.Generator, int], Any],
) -> None:
    rng = np.random.default_rng(3)
    algebra = spatial_algebra(weights(rng, 60))
    truth = np.array([*SPATIAL_BETA, *SPATIAL_THETA, 0.4])
    found = []
    for _ in range(12):
        y, x = make_spatial_panel(rng, algebra, 0.4)
        found.append(fit(y, x, algebra, estimator="lee_yu").params.iloc[:-1])
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - truth) < 4 * error + 0.01).all()
    assert (error < 0.1).all()


def test_errors_have_the_persistence_and_the_spread_that_they_say() -> None:
    rng = np.random.default_rng(4)
    algebra = spatial_algebra(knn_weights(rng, 200))
    y, x = make_spatial_panel(rng, algebra, 0.0, persistence=0.5, spread=0.5, n_times=60)
    systematic = x @ np.array(SPATIAL_BETA) + algebra.lag(x) @ np.array(SPATIAL_THETA)
    errors = y - systematic
    errors -= errors.mean(axis=0)
    errors -= errors.mean(axis=1, keepdims=True)
    correlation = (errors[1:] * errors[:-1]).sum(axis=0) / (errors**2).sum(axis=0)
    assert abs(correlation.mean() - 0.5) < 0.07  # a few hundredths low, as the mean is taken out
    assert abs(np.log(errors.std(axis=0)).std(ddof=1) - 0.5) < 0.1


def test_a_difference_is_found() -> None:
    ours = {"coefficients": [1.0, 2.0], "total effects": [3.0]}
    assert spatial_panel.largest_difference(ours, {"coefficients": [1.0, 2.0 + 1e-9]}) < 1e-8
    assert spatial_panel.largest_difference(ours, ours | {"total effects": [3.1]}) > 0.09
    with pytest.raises(ValueError):
        spatial_panel.largest_difference(ours, {"coefficients": [1.0]})


def test_the_command_compares_in_one_run_and_prints_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    # StatsPAI takes part where it is installed; here nothing depends on whether it is.
    monkeypatch.setattr(spatial_panel, "find_spec", lambda _: None)
    monkeypatch.setattr(spatial_panel, "CASES", ((31, "nested", 2),))
    app = Typer()
    app.command()(spatial_panel.main)
    outcome = CliRunner().invoke(app, ["--repetitions", "1", "--largest", "520"])
    assert outcome.exit_code == 0, outcome.output
    assert "31 SYNTHETIC units x 19 times, W nested" in outcome.output
    for words in ("project", "spreg", "direct effects", "largest difference", "left out", "520"):
        assert words in outcome.output


def test_true_effects_are_those_of_the_neumann_series() -> None:
    W = knn_weights(np.random.default_rng(5), 12).toarray()
    own = SPATIAL_BETA[0] * np.eye(12) + SPATIAL_THETA[0] * W
    effect = sum(np.linalg.matrix_power(0.4 * W, power) for power in range(80)) @ own
    found = spatial_coverage.true_effects(W, 0.4)
    assert found["direct"] == pytest.approx(effect.trace() / 12)
    assert found["indirect"] == pytest.approx((effect.sum() - effect.trace()) / 12)


def test_coverage_counts_every_interval_once_a_panel() -> None:
    # In this process: `one_thread` changes the environment alone.
    setting = Setting("knn", 15, 0.2, "unlike")
    found = spatial_coverage.counted(setting, 6)
    assert list(found) == list(spatial_coverage.ESTIMATORS)
    for of in found.values():
        assert len(of.rho) + of.n_refused == 6
        assert len(of.held) == 2 * (1 + 2 * 2)
        assert {len(held) for held in of.held.values()} == {len(of.rho)}
        # Six panels in which most 95 % intervals of effects miss would be an error, not chance.
        direct = [held for name, held in of.held.items() if name.startswith("direct")]
        assert np.mean(direct) > 0.6
    table = spatial_coverage.rho_table({setting: found}, "unlike")
    assert table.row_count == 2
