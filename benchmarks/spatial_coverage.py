"""Bias of rho and coverage of 95 % intervals of rho and of the effects, in small and larger panels.

`python -m benchmarks.spatial_coverage` draws SYNTHETIC spatial Durbin panels of 31 or 300 units and
19 years with known coefficients, fits each directly and by the Lee-Yu transformation, and says
how far rho is from the truth and how often each interval holds it. Here: the count. Not here: the
panels (`benchmarks.panels`).
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from multiprocessing import get_context
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bootstrap import one_thread
from benchmarks.panels import (
    N_YEARS,
    SPATIAL_BETA,
    SPATIAL_THETA,
    knn_weights,
    make_spatial_panel,
    nested_weights,
)

if TYPE_CHECKING:
    import numpy as np

    from analysis.spatial.impacts import Inference
    from analysis.spatial.information import Covariance

SEED = 20240117
LEVEL = 0.95
DRAWS = 1000  # of each simulated interval
ESTIMATORS = ("ml", "lee_yu")
WEIGHTS = {"knn": knn_weights, "nested": nested_weights}
# Errors and the covariances that are asked about them.
ERRORS = {"alike": (0.0, 0.0), "unlike": (0.5, 0.5)}  # persistence, spread over units
COVARIANCES: "dict[str, tuple[Covariance, ...]]" = {
    "alike": ("expected",),
    "unlike": ("expected", "cluster"),
}
# The effects are those of the first regressor.
INFERENCES: "tuple[Inference, ...]" = ("delta", "simulation")


class Setting(NamedTuple):
    """What a batch of panels has in common."""

    weights: str
    n_units: int
    rho: float
    errors: str


@dataclass
class Found:
    """What one estimator found in the panels of a setting."""

    rho: list[float] = field(default_factory=list)
    # By interval: whether it held the truth in each panel.
    held: dict[str, list[bool]] = field(default_factory=dict)
    # Panels without a top of the likelihood, and covariances too wide for simulated effects.
    n_refused: int = 0
    n_without_draws: int = 0

    def note(self, interval: str, is_held: bool) -> None:
        self.held.setdefault(interval, []).append(bool(is_held))


def true_effects(W: "np.ndarray", rho: float) -> dict[str, float]:
    """Direct and indirect effect of the first regressor by the explicit inverse."""
    import numpy as np

    effect = np.linalg.solve(
        np.eye(len(W)) - rho * W, SPATIAL_BETA[0] * np.eye(len(W)) + SPATIAL_THETA[0] * W
    )
    direct = float(np.trace(effect)) / len(W)
    return {"direct": direct, "indirect": float(effect.sum()) / len(W) - direct}


def counted(setting: Setting, n_panels: int) -> dict[str, Found]:
    """Bias and coverage of each estimator; for a process of its own.

    W is drawn once for a number of units, the panels anew.
    """
    one_thread()
    import numpy as np
    from scipy.special import ndtri

    from analysis.panel import NotIdentifiedError
    from analysis.spatial.algebra import spatial_algebra
    from analysis.spatial.spatial_panel import fit

    W = WEIGHTS[setting.weights](np.random.default_rng([SEED, setting.n_units]), setting.n_units)
    algebra = spatial_algebra(W)
    truth = true_effects(np.asarray(algebra.lag(np.eye(setting.n_units))).T, setting.rho)
    persistence, spread = ERRORS[setting.errors]
    rng = np.random.default_rng([SEED, setting.n_units, round(100 * setting.rho)])
    reach = float(ndtri((1 + LEVEL) / 2))
    found = {estimator: Found() for estimator in ESTIMATORS}
    for _ in range(n_panels):
        y, x = make_spatial_panel(rng, algebra, setting.rho, persistence=persistence, spread=spread)
        for estimator, of in found.items():
            try:
                result = fit(y, x, algebra, estimator=estimator)
            except NotIdentifiedError:
                of.n_refused += 1
                continue
            of.rho.append(result.spatial)
            for covariance in COVARIANCES[setting.errors]:
                error = result.covariance(covariance).loc["rho", "rho"] ** 0.5
                of.note(f"rho, {covariance}", abs(result.spatial - setting.rho) <= reach * error)
                for inference in INFERENCES:
                    try:
                        effects = result.effects(
                            inference, covariance=covariance, level=LEVEL, draws=DRAWS
                        )
                    except NotIdentifiedError:
                        of.n_without_draws += 1
                        continue
                    for effect, value in truth.items():
                        lower, upper = getattr(effects, effect).to_numpy()[0, -2:]
                        of.note(f"{effect}, {covariance}, {inference}", lower <= value <= upper)
    return found


def rho_table(found: dict[Setting, dict[str, Found]], errors: str) -> Table:
    """Mean, bias and coverage of rho and coverage of effects, a row a setting and estimator."""
    import numpy as np

    intervals = list(
        dict.fromkeys(
            name
            for setting, each in found.items()
            if setting.errors == errors
            for of in each.values()
            for name in of.held
        )
    )
    table = Table(
        title=f"SYNTHETIC panels, errors {errors}: rho, and coverage of {LEVEL:.0%} intervals in %",
        title_justify="left",
        caption="In brackets the simulation's standard error of the bias; of a coverage it is the "
        "square root of c (100 - c) / panels.",
        caption_justify="left",
    )
    headings = ("W", "N", "rho", "estimator", "panels", "refused", "no draws", "mean", "bias", "sd")
    for heading in (*headings, *intervals):
        table.add_column(heading.replace(", ", "\n"), justify="right", no_wrap=True)
    for setting, each in found.items():
        if setting.errors != errors:
            continue
        for estimator, of in each.items():
            rho = np.array(of.rho)
            sd = rho.std(ddof=1) if len(rho) > 1 else np.nan
            table.add_row(
                setting.weights,
                str(setting.n_units),
                f"{setting.rho:g}",
                estimator,
                str(len(rho)),
                str(of.n_refused),
                str(of.n_without_draws),
                f"{rho.mean():.3f}",
                f"{rho.mean() - setting.rho:+.3f} ({sd / len(rho) ** 0.5:.3f})",
                f"{sd:.3f}",
                *(f"{100 * np.mean(of.held[name]):.1f}" for name in intervals),
            )
    return table


def main(
    panels: Annotated[int, typer.Option(min=2, help="Panels of each setting.")] = 1000,
    units: Annotated[
        list[int] | None, typer.Option(min=10, help="N; may be repeated. Without it 31 and 300.")
    ] = None,
    rho: Annotated[
        list[float] | None, typer.Option(help="May be repeated. Without it 0, .2 and .4.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="At once.")] = 1,
) -> None:
    """Bias of rho, and coverage of its intervals and of those of the effects."""
    settings = [
        Setting(weights, n_units, each, errors)
        for errors, n_units, weights, each in product(
            ERRORS, units or [31, 300], WEIGHTS, rho or [0.0, 0.2, 0.4]
        )
    ]
    console = Console(width=200)
    with (
        console.status("drawing panels"),
        ProcessPoolExecutor(processes, get_context("spawn")) as executor,
    ):
        counts = executor.map(counted, settings, [panels] * len(settings))
        found = dict(zip(settings, counts, strict=True))
    console.print(
        f"Two-way effects, {N_YEARS} times, four regressors and their lags, effects of the first "
        f"(beta {SPATIAL_BETA[0]}, theta {SPATIAL_THETA[0]});\n"
        "errors alike: independent standard normal; unlike: AR(1) with .5 within units, whose "
        "spread differs (log-normal, .5)."
    )
    for errors in ERRORS:
        console.print(rho_table(found, errors))


if __name__ == "__main__":
    typer.run(main)
