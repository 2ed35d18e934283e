"""Do 95 % intervals hold the truth in 95 of 100 samples of the paper's size?

`python -m benchmarks.coverage` draws SYNTHETIC panels of 31 provinces and 19 years with known
coefficients and counts, for fixed effects, instrumental variables and mediation, how often each
interval holds the truth. Here: the count. Not here: the panels (`benchmarks.panels`).
"""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bootstrap import one_thread
from benchmarks.panels import (
    CONTROLS,
    MEDIATOR_TO_OUTCOME,
    N_PROVINCES,
    N_YEARS,
    TREATMENT_TO_MEDIATOR,
    TREATMENT_TO_OUTCOME,
    make_panel,
)

SEED = 20240117
LEVEL = 0.95
REPS = 999
BATCH = 25

INDIRECT = TREATMENT_TO_MEDIATOR * MEDIATOR_TO_OUTCOME
TOTAL = TREATMENT_TO_OUTCOME + INDIRECT
# In the order of the table.
INTERVALS = (
    "fixed effects, t(G - 1)",
    "fixed effects, wild cluster bootstrap",
    "2SLS, t(G - 1)",
    "2SLS, Anderson-Rubin set",
    "indirect effect, Sobel",
    *(
        f"{effect} effect, {interval}"
        for effect in ("indirect", "direct", "total")
        for interval in ("percentile", "bias corrected", "BCa")
    ),
)


def covered(persistence: float, batch: int, n_panels: int) -> Counter[str]:
    """How many of a batch of panels each interval holds the truth in; for a process of its own."""
    one_thread()
    import numpy as np
    from scipy.special import ndtri

    from analysis.regressions.fixed_effects import two_way_fe
    from analysis.regressions.iv import fe_2sls
    from analysis.regressions.mediation import bootstrap, stepwise
    from analysis.regressions.wild_bootstrap import wild_cluster_p

    rng = np.random.default_rng([SEED, batch])
    roles = ("treatment", "mediator", "outcome", CONTROLS)
    structural = ["treatment", "mediator", *CONTROLS]
    held: Counter[str] = Counter(dict.fromkeys(INTERVALS, 0))
    for _ in range(n_panels):
        panel = make_panel(rng, persistence=persistence)
        seed = int(rng.integers(2**31))

        fit = two_way_fe(panel, "outcome", structural)
        lower, upper = fit.conf_int(LEVEL).loc["treatment"]
        held[INTERVALS[0]] += lower <= TREATMENT_TO_OUTCOME <= upper
        wild = wild_cluster_p(panel, "outcome", structural, "treatment", reps=REPS, seed=seed)
        held[INTERVALS[1]] += wild.conf_int.lower <= TREATMENT_TO_OUTCOME <= wild.conf_int.upper

        two_stage = fe_2sls(panel, "outcome_endogenous", ["treatment"], ["instrument"], CONTROLS)
        lower, upper = two_stage.conf_int(LEVEL).loc["treatment"]
        held[INTERVALS[2]] += lower <= TOTAL <= upper
        if two_stage.ar_confidence_set is None:
            raise RuntimeError("one endogenous regressor has a confidence set")
        held[INTERVALS[3]] += any(
            low <= TOTAL <= high for low, high in two_stage.ar_confidence_set.intervals
        )

        sobel = stepwise(panel, *roles).sobel
        held[INTERVALS[4]] += abs(sobel.estimate - INDIRECT) <= (
            ndtri((1 + LEVEL) / 2) * sobel.std_error
        )
        result = bootstrap(panel, *roles, reps=REPS, seed=seed, level=LEVEL)
        for name, effect, truth in (
            ("indirect", result.indirect, INDIRECT),
            ("direct", result.direct, TREATMENT_TO_OUTCOME),
            ("total", result.total, TOTAL),
        ):
            for kind, interval in (
                ("percentile", effect.percentile),
                ("bias corrected", effect.bias_corrected),
                ("BCa", effect.bca),
            ):
                held[f"{name} effect, {kind}"] += interval.lower <= truth <= interval.upper
    return held


def main(
    panels: Annotated[int, typer.Option(min=1, help="Samples drawn for each persistence.")] = 1000,
    persistence: Annotated[
        list[float] | None,
        typer.Option(
            min=0, max=0.95, help="AR(1) coefficient; may be repeated. Without it 0 and 0.6."
        ),
    ] = None,
) -> None:
    """Coverage of the project's intervals on SYNTHETIC panels of the paper's size."""
    console = Console()
    settings = persistence or [0.0, 0.6]
    batches = [min(BATCH, panels - start) for start in range(0, panels, BATCH)]
    table = Table(
        title=f"Coverage of {LEVEL:.0%} intervals, % of {panels:,} SYNTHETIC panels "
        f"({N_PROVINCES} x {N_YEARS})",
        title_justify="left",
        caption=f"Bootstraps of {REPS} draws. Simulation error at {LEVEL:.0%}: "
        f"{100 * (LEVEL * (1 - LEVEL) / panels) ** 0.5:.1f}.",
        caption_justify="left",
    )
    table.add_column("interval")
    held: list[Counter[str]] = []
    with (
        console.status("drawing panels"),
        ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as executor,
    ):
        for each in settings:
            table.add_column(f"AR {each:g}", justify="right")
            counts = executor.map(covered, [each] * len(batches), range(len(batches)), batches)
            held.append(sum(counts, Counter()))
    for interval in INTERVALS:
        table.add_row(interval, *(f"{100 * each[interval] / panels:.1f}" for each in held))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
