"""The project's spatial Durbin panel against spreg's `ML_LagFE` and StatsPAI's `spatial_panel`.

`python -m benchmarks.spatial_panel` makes SYNTHETIC panels, lets each fit the same model with unit
and time effects, checks that they find the same where both are right, prints time and memory as
ratios to the project, and says how the project's own cost grows to tens of thousands of units.
Here: the command, the peers and the comparison. Not here: the panels (`benchmarks.panels`).

StatsPAI takes part where it is installed (`make peers`).
"""

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from math import log
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bootstrap import one_thread
from benchmarks.measure import MEBIBYTE, in_own_process, timed
from benchmarks.panels import N_YEARS, knn_weights, make_spatial_panel, nested_weights

if TYPE_CHECKING:
    import numpy as np

SEED = 20240117
RHO = 0.3
# spreg searches rho to 1e-7; what depends on it is as exact.
TOLERANCE = 1e-5
SMALL = 31
# Units and weights of each comparison, and how often the work is done in one process.
# About 165 the project changes from all eigenvalues to a factorisation a rho, which both cost most.
CASES = (
    (31, "knn", 21),
    (31, "nested", 21),
    (100, "knn", 11),
    (165, "knn", 11),
    (300, "knn", 7),
    (300, "nested", 7),
    (2800, "knn", 1),
)
GROWTH = (1000, 2000, 5000, 10_000, 20_000)
WEIGHTS = {"knn": knn_weights, "nested": nested_weights}
PROJECT, SPREG, STATSPAI = "project", "spreg", "StatsPAI"
# StatsPAI's eigenvalues of 2,800 units take minutes.
MOST_UNITS = {STATSPAI: 300}

WHAT_IS_MEASURED = f"""\
[bold]SYNTHETIC[/] panels: {N_YEARS} times, 4 regressors and their spatial lags, unit and time
effects; W of the 6 nearest (knn, sparse) or inverse distance x income (nested, dense).
project: fit, standard errors from the expected information, and direct,
  indirect and total effects with standard errors and intervals, checks included.
spreg: ML_LagFE with lags and time dummies as regressors, the one way in which it
  is exact for both effects; fit, standard errors, multipliers (full); its effects
  have no standard errors, and those that it prints count W x as a regressor.
StatsPAI: spatial_panel, two-way, lag before demeaning, observed information;
  fit and standard errors: it has no effects of panels. Up to {MOST_UNITS[STATSPAI]} units.
Not included: starting Python, imports, making W in each one's form, and a first
run on {SMALL} units. Seconds are the processor's, on one thread; elapsed are the
clock's, which on a busy machine measure the machine. Memory: resident, whole and
over what was there before the work, libraries loaded."""


class Disagreement(Exception):
    """Two contestants did not find the same: who, what and by how much."""


class Work(NamedTuple):
    """Each time that the work was done, and resident bytes before it and at most.

    seconds: of the processor, which do not count the time that other work has it, as a clock on
    the wall does; all run on one thread.
    """

    seconds: list[float]
    elapsed: list[float]
    before: int
    peak: int


@dataclass
class Contestant:
    """The runs of one way of doing the work."""

    name: str
    runs: list[Work]
    found: dict[str, list[float]]

    @property
    def seconds(self) -> float:
        """Median over all runs."""
        return statistics.median(second for run in self.runs for second in run.seconds)

    @property
    def elapsed(self) -> float:
        """Median over all runs, by the clock."""
        return statistics.median(second for run in self.runs for second in run.elapsed)

    @property
    def peak(self) -> float:
        return statistics.median(run.peak for run in self.runs)

    @property
    def over_imports(self) -> float:
        return statistics.median(max(run.peak - run.before, 0) for run in self.runs)


def panel_of(n_units: int, weights: str) -> "tuple[np.ndarray, np.ndarray, Any]":
    """y, X and W of a case, the same in every process."""
    import numpy as np

    from analysis.spatial.algebra import spatial_algebra

    rng = np.random.default_rng([SEED, n_units])
    W = WEIGHTS[weights](rng, n_units)
    y, X = make_spatial_panel(rng, spatial_algebra(W), RHO)
    return y, X, W


def project_work(n_units: int, weights: str) -> Callable[[], dict[str, list[float]]]:
    """What the project does, panel and W in hand."""
    from analysis.spatial.spatial_panel import fit

    y, X, W = panel_of(n_units, weights)

    def work() -> dict[str, list[float]]:
        result = fit(y, X, W)
        errors = result.std_errors
        effects = result.effects()
        return {
            "coefficients": result.params.to_numpy()[:-1].tolist(),
            "standard errors": errors.to_numpy()[:-1].tolist(),
            "direct effects": effects.direct.to_numpy()[:, 0].tolist(),
            "total effects": effects.total.to_numpy()[:, 0].tolist(),
        }

    return work


def spreg_work(n_units: int, weights: str) -> Callable[[], dict[str, list[float]]]:
    """The same by spreg: lags and dummies by hand.

    Its own `slx_lags` would lag the dummies too, and fails with a list of what to lag; demeaning
    over time beforehand is another model, as W is applied to demeaned y.
    """
    import contextlib
    import io
    import warnings

    import numpy as np
    from libpysal.weights import W as PysalW
    from scipy import sparse
    from spreg import ML_LagFE

    warnings.filterwarnings("ignore", module="spreg|libpysal")
    y, X, W = panel_of(n_units, weights)
    matrix = sparse.csr_array(W)
    rows = [slice(*ends) for ends in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)]
    pysal = PysalW(
        {i: matrix.indices[row].tolist() for i, row in enumerate(rows)},
        {i: matrix.data[row].tolist() for i, row in enumerate(rows)},
        silence_warnings=True,
    )
    n_times, _, k = X.shape
    lags = np.stack([matrix @ x for x in X])
    dummies = np.kron(np.eye(n_times)[:, 1:], np.ones((n_units, 1)))
    columns = np.column_stack([X.reshape(-1, k), lags.reshape(-1, k), dummies])
    names = [f"x{i}" for i in range(columns.shape[1])]
    kept = [*range(2 * k), -1]

    def work() -> dict[str, list[float]]:
        with contextlib.redirect_stdout(io.StringIO()):
            fitted = ML_LagFE(
                y.reshape(-1, 1), columns, pysal, spat_impacts="full", name_y="y", name_x=names
            )
        found = fitted.betas.ravel()[kept]
        beta, theta, rho = found[:k], found[k:-1], found[-1]
        own, _, whole = fitted.sp_multipliers["full"]
        return {
            "coefficients": found.tolist(),
            "standard errors": np.asarray(fitted.std_err)[kept].tolist(),
            "direct effects": (beta * own + theta * (own - 1) / rho).tolist(),
            "total effects": ((beta + theta) * whole).tolist(),
        }

    return work


def statspai_work(n_units: int, weights: str) -> Callable[[], dict[str, list[float]]]:
    """The same by StatsPAI, without effects."""
    import numpy as np
    import pandas as pd
    from scipy import sparse
    from statspai.spatial.panel import spatial_panel

    y, X, W = panel_of(n_units, weights)
    n_times, _, k = X.shape
    names = [f"x{i}" for i in range(k)]
    panel = pd.DataFrame(X.reshape(-1, k), columns=names).assign(
        y=y.ravel(),
        unit=np.tile(np.arange(n_units), n_times),
        time=np.repeat(np.arange(n_times), n_units),
    )
    matrix = sparse.csr_matrix(W)

    def work() -> dict[str, list[float]]:
        fitted = spatial_panel(
            panel,
            f"y ~ {' + '.join(names)}",
            entity="unit",
            time="time",
            W=matrix,
            model="sdm",
            effects="twoways",
            twoways_lag="within",
            vce="oim",
        )
        return {"coefficients": fitted.params.tolist()}

    return work


WORK = {PROJECT: project_work, SPREG: spreg_work, STATSPAI: statspai_work}


def done(name: str, n_units: int, weights: str, times: int) -> tuple[dict[str, list[float]], Work]:
    """What a contestant finds, and its cost; for a process of its own."""
    one_thread()
    WORK[name](SMALL, weights)()
    work = WORK[name](n_units, weights)
    before = resident_bytes()
    seconds, elapsed = [], []
    for _ in range(times):
        start = process_time()
        found, run = timed(work)
        seconds.append(process_time() - start)
        elapsed.append(run.seconds)
    return found, Work(seconds, elapsed, before, run.peak_bytes)


def resident_bytes() -> int:
    """Memory of this process now; 0 where the system does not say, so that all counts as new."""
    state = Path("/proc/self/statm")
    if not state.exists():
        return 0
    return int(state.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def alone(n_units: int) -> tuple[dict[str, float], Work]:
    """Seconds of each step of the project at one size; for a process of its own."""
    one_thread()
    from analysis.spatial.spatial_panel import fit

    project_work(SMALL, "knn")()
    y, X, W = panel_of(n_units, "knn")
    before = resident_bytes()
    start = process_time()
    result, run = timed(lambda: fit(y, X, W))
    steps, elapsed = {"fit": process_time() - start}, run.seconds
    for step, work in (
        ("standard errors", lambda: result.std_errors),
        ("effects, delta", lambda: result.effects("delta")),
        ("effects, simulation", lambda: result.effects("simulation")),
    ):
        start = process_time()
        _, run = timed(work)
        steps[step] = process_time() - start
        elapsed += run.seconds
    return steps, Work([sum(steps.values())], [elapsed], before, run.peak_bytes)


def largest_difference(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> float:
    """The largest absolute difference of what both have."""
    return max(
        abs(mine - other)
        for what, values in theirs.items()
        for mine, other in zip(ours[what], values, strict=True)
    )


def compare(
    n_units: int, weights: str, times: int, repetitions: int, names: list[str], console: Console
) -> None:
    """Let all run in turn, check that they agree, print the ratios. Raises `Disagreement`."""
    contestants = [Contestant(name, [], {}) for name in names]
    with console.status("") as status:
        for repetition in range(repetitions):
            for each in contestants:
                status.update(f"{n_units:,} {weights}, run {repetition + 1}, {each.name}")
                each.found, work = in_own_process(done, each.name, n_units, weights, times)
                each.runs.append(work)
    console.print(_table(n_units, weights, contestants))
    ours = contestants[0]
    for peer in contestants[1:]:
        difference = largest_difference(ours.found, peer.found)
        console.print(f"{peer.name}: {', '.join(peer.found)}: largest difference {difference:.1e}.")
        # StatsPAI takes the real parts of eigenvalues, which are complex in W of the nearest.
        is_exact = peer.name == SPREG or weights == "nested"
        # Not `>`: a NaN must not pass.
        if is_exact and not difference <= TOLERANCE:
            raise Disagreement(f"{peer.name}, {n_units} {weights}: by {difference}")
    console.print()


def _table(n_units: int, weights: str, contestants: list[Contestant]) -> Table:
    reference = contestants[0]
    table = Table(
        title=f"{n_units:,} SYNTHETIC units x {N_YEARS} times, W {weights}",
        title_justify="left",
        caption=f"Medians of {len(reference.runs)} process(es); ratios to {reference.name}.",
        caption_justify="left",
    )
    table.add_column("contestant", no_wrap=True)
    for heading in ("seconds", "min-max", "elapsed", "peak MiB", "over imports"):
        table.add_column(heading, justify="right", no_wrap=True)
        if heading != "seconds":
            table.add_column("ratio", justify="right", no_wrap=True)
    for each in contestants:
        seconds = [second for run in each.runs for second in run.seconds]
        table.add_row(
            each.name,
            f"{each.seconds:.4f}",
            f"{min(seconds):.4f}-{max(seconds):.4f}",
            f"{each.seconds / reference.seconds:.1f}",
            f"{each.elapsed:.4f}",
            f"{each.elapsed / reference.elapsed:.1f}",
            f"{each.peak / MEBIBYTE:,.0f}",
            f"{each.peak / reference.peak:.1f}",
            f"{each.over_imports / MEBIBYTE:,.1f}",
            # Below a mebibyte it is the allocator's rounding.
            f"{each.over_imports / reference.over_imports:.1f}"
            if reference.over_imports > MEBIBYTE
            else "",
        )
    return table


def growth(sizes: list[int], console: Console) -> None:
    """How the project's own cost grows with N."""
    with console.status("the project alone"):
        found = [in_own_process(alone, size) for size in sizes]
    table = Table(title="The project alone, W knn, SYNTHETIC", title_justify="left")
    for heading in ("N", *found[0][0], "all", "elapsed", "peak MiB", "over imports"):
        table.add_column(heading, justify="right", no_wrap=True)
    for size, (steps, work) in zip(sizes, found, strict=True):
        table.add_row(
            f"{size:,}",
            *(f"{seconds:.2f}" for seconds in [*steps.values(), *work.seconds, *work.elapsed]),
            f"{work.peak / MEBIBYTE:,.0f}",
            f"{(work.peak - work.before) / MEBIBYTE:,.0f}",
        )
    console.print(table)
    if len(sizes) > 1:
        across = [log(size) for size in sizes]
        for what, values in (
            ("seconds of the fit", [steps["fit"] for steps, _ in found]),
            ("seconds of all", [work.seconds[0] for _, work in found]),
            ("memory over imports", [max(work.peak - work.before, 1) for _, work in found]),
        ):
            slope = statistics.linear_regression(across, [log(value) for value in values]).slope
            console.print(f"{what} grow as N^{slope:.2f}")


def main(
    repetitions: Annotated[
        int, typer.Option(min=1, help="Processes of each contestant; 2,800 units once.")
    ] = 5,
    most: Annotated[int, typer.Option(min=31, help="Largest N that peers are asked for.")] = 2800,
    largest: Annotated[int, typer.Option(min=31, help="Largest N of the project alone.")] = 20_000,
) -> None:
    """Ratios of time and memory: the project's spatial panel, spreg's and StatsPAI's."""
    console = Console(width=120)
    console.print(WHAT_IS_MEASURED, highlight=False)
    has_statspai = find_spec("statspai") is not None
    if not has_statspai:
        console.print("StatsPAI is not installed: left out.\n")
    try:
        for n_units, weights, times in CASES:
            if n_units > most:
                continue
            names = [PROJECT, SPREG]
            if has_statspai and n_units <= MOST_UNITS[STATSPAI]:
                names.append(STATSPAI)
            once = 1 if times == 1 else repetitions
            compare(n_units, weights, times, once, names, console)
    except Disagreement as error:
        console.print(f"[red]Disagreement:[/] {error}")
        raise typer.Exit(1) from None
    growth([*(size for size in GROWTH if size < largest), largest], console)


if __name__ == "__main__":
    typer.run(main)
