"""The bootstraps' benchmarks compare the same draws, on panels whose truth is what they say."""

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.iv import fe_2sls
from benchmarks import bootstrap, coverage, error_sizes
from benchmarks.measure import in_own_process
from benchmarks.panels import (
    CONTROLS,
    MEDIATOR_TO_OUTCOME,
    TREATMENT_TO_MEDIATOR,
    TREATMENT_TO_OUTCOME,
    make_panel,
)

pytestmark = pytest.mark.slow


def test_the_panels_have_the_coefficients_that_they_say() -> None:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(25):
        panel = make_panel(rng)
        second = two_way_fe(panel, "outcome", ["treatment", "mediator", *CONTROLS]).params
        columns = ("outcome_endogenous", ["treatment"], ["instrument"], CONTROLS)
        found.append(
            [
                two_way_fe(panel, "mediator", ["treatment", *CONTROLS]).params["treatment"],
                second["treatment"],
                second["mediator"],
                fe_2sls(panel, *columns).params["treatment"],
            ]
        )
    total = TREATMENT_TO_OUTCOME + TREATMENT_TO_MEDIATOR * MEDIATOR_TO_OUTCOME
    truth = [TREATMENT_TO_MEDIATOR, TREATMENT_TO_OUTCOME, MEDIATOR_TO_OUTCOME, total]
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - truth) < 3.5 * error).all()
    assert (error < 0.06).all()


def test_a_difference_is_found() -> None:
    assert bootstrap.largest_difference([[1.0, 2.0]], [[1.0, 2.0 + 1e-12]]) < 1e-11
    for wrong in (2.0 + 1e-9, float("nan")):
        with pytest.raises(bootstrap.Disagreement):
            bootstrap.largest_difference([[1.0, 2.0]], [[1.0, wrong]])
    with pytest.raises(ValueError):
        bootstrap.largest_difference([[1.0]], [[1.0], [2.0]])


def test_the_command_compares_in_one_run_and_prints_ratios() -> None:
    app = Typer()
    app.command()(bootstrap.main)
    outcome = CliRunner().invoke(app, ["--draws", "2", "--repetitions", "1"])
    assert outcome.exit_code == 0, outcome.output
    for name, kind in bootstrap.CASES:
        assert f"{name}, {kind} SYNTHETIC panel" in outcome.output
    assert outcome.output.count("All 2 agree") == len(bootstrap.CASES)


def test_coverage_counts_every_interval_once_a_panel() -> None:
    held = in_own_process(coverage.covered, 0.3, 0, 3)
    assert list(held) == list(coverage.INTERVALS)
    assert all(0 <= count <= 3 for count in held.values())
    # Three panels in which most 95 % intervals miss would be an error, not chance.
    assert sum(held.values()) > 0.7 * 3 * len(held)


def test_sizes_are_of_panels_without_an_effect_and_with_few_effective_clusters() -> None:
    found = error_sizes.p_values(6, heavy=True)

    measures = {"clustered", "jackknife", "wild_bootstrap", "driscoll_kraay", "conley"}
    assert set(found) == measures | {"randomisation", "effective_clusters"}
    assert 4 < np.median(found.pop("effective_clusters")) < 12
    assert all(len(values) == 6 and 0 < min(values) <= 1 for values in found.values())
    # No effect: most p-values are far from nothing.
    assert np.median(found["jackknife"]) > 0.05
