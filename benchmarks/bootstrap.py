"""The project's bootstraps against loops over linearmodels' fits of the same resamples.

`python -m benchmarks.bootstrap` makes SYNTHETIC panels of the paper's size, lets the project and
a loop estimate them, checks that both find the same in every draw that the loop did, and prints
time and peak memory as ratios to the project. A loop is timed over a few draws and its time
extrapolated. Here: the command, the loops and the comparison. Not here: the panels.
"""

import os
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from benchmarks.measure import Contestant, Run, in_own_process, ratio_table, timed
from benchmarks.panels import CONTROLS, make_panel

if TYPE_CHECKING:
    import pandas as pd

SEED = 20240117
DRAWS = {"mediation": 5000, "wild": 9999}
LEFT_OUT = 30  # rows, where the panel is unbalanced
TOLERANCE = 1e-10

PROJECT, LOOP = "project", "loop"
CASES = (
    ("mediation", "balanced"),
    ("mediation", "unbalanced"),
    ("wild", "balanced"),
)

WHAT_IS_MEASURED = f"""\
[bold]SYNTHETIC[/] panels throughout: 31 provinces x 19 years, seven controls, province
and year effects; unbalanced: {LEFT_OUT} rows left out at random.
  mediation  {DRAWS["mediation"]:,} resamples of whole provinces: indirect, direct, total effect
  wild       {DRAWS["wild"]:,} draws of the wild cluster bootstrap's t, null imposed
project: everything, from the frame to p-value or to all three intervals;
  checks, jackknife and confidence limits included.
loop: linearmodels' fits alone, two a draw for mediation, one with clustered
  errors for the wild bootstrap. Making the resamples is not counted, intervals
  are not made. Timed over a few draws, extrapolated to all.
Not included: starting Python, imports, and a first run that warms each up.
Linear algebra runs on one thread in both: matrices are small, and threads that
wait for a busy machine would measure the machine."""


class Disagreement(Exception):
    """Project and loop did not find the same: case and by how much."""


def panel_of(case: tuple[str, str]) -> "pd.DataFrame":
    """The panel of a case, the same in every process."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    panel = make_panel(rng)
    if case[1] == "balanced":
        return panel
    return panel.drop(index=rng.choice(panel.index, size=LEFT_OUT, replace=False))


def one_thread() -> None:
    """Hold linear algebra to one thread; before numpy is imported."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def with_project(case: tuple[str, str], n_compared: int) -> tuple[list[list[float]], Run]:
    """The first draws as the project finds them, and the run over all draws.

    For a process of its own, as `with_loop`.
    """
    one_thread()
    from analysis.regressions.mediation import bootstrap
    from analysis.regressions.wild_bootstrap import wild_cluster_p

    panel = panel_of(case)

    def mediation() -> list[list[float]]:
        result = bootstrap(
            panel, "treatment", "mediator", "outcome", CONTROLS, reps=DRAWS["mediation"], seed=SEED
        )
        return result.draws.iloc[:n_compared].to_numpy().tolist()

    def wild() -> list[list[float]]:
        result = wild_cluster_p(
            panel, "outcome", ["treatment", *CONTROLS], "treatment", reps=DRAWS["wild"], seed=SEED
        )
        result.conf_int  # noqa: B018  (sought when asked for, and counted here)
        return result.draws[:n_compared, None].tolist()

    work = {"mediation": mediation, "wild": wild}[case[0]]
    work()
    return timed(work)


def with_loop(case: tuple[str, str], n_draws: int) -> tuple[list[list[float]], Run]:
    """The first draws by refitting, and a run extrapolated to all draws."""
    one_thread()
    loop = {"mediation": _mediation_loop, "wild": _wild_loop}[case[0]]
    draws, run = loop(panel_of(case), n_draws)
    times = DRAWS[case[0]] / n_draws
    return draws, Run(run.seconds * times, run.peak_bytes, run.processor_seconds * times)


def _mediation_loop(panel: "pd.DataFrame", n_draws: int) -> tuple[list[list[float]], Run]:
    import pandas as pd
    from linearmodels.panel import PanelOLS

    from analysis.regressions.cluster_bootstrap import resampling_counts

    provinces = [rows for _, rows in panel.groupby("province")]
    counts = next(resampling_counts(len(provinces), n_draws + 1, SEED))
    resamples = [
        pd.concat(
            [
                rows.assign(province=f"{rows['province'].iloc[0]}, copy {copy}")
                for rows, n in zip(provinces, drawn, strict=True)
                for copy in range(n)
            ]
        ).set_index(["province", "year"])
        for drawn in counts
    ]

    def fit(resample: "pd.DataFrame") -> list[float]:
        first, second = (
            PanelOLS(
                resample[of],
                resample[[*on, *CONTROLS]],
                entity_effects=True,
                time_effects=True,
                check_rank=False,
            )
            .fit()
            .params
            for of, on in (("mediator", ["treatment"]), ("outcome", ["treatment", "mediator"]))
        )
        indirect, direct = first["treatment"] * second["mediator"], second["treatment"]
        return [indirect, direct, indirect + direct]

    fit(resamples[-1])
    return timed(lambda: [fit(resample) for resample in resamples[:n_draws]])


def _wild_loop(panel: "pd.DataFrame", n_draws: int) -> tuple[list[list[float]], Run]:
    import numpy as np
    from linearmodels.panel import PanelOLS

    from analysis.regressions.wild_bootstrap import cluster_weights

    n, n_clusters, n_years = len(panel), panel["province"].nunique(), panel["year"].nunique()
    weights, _, _ = cluster_weights(n_clusters, "auto", DRAWS["wild"], SEED)
    indexed = panel.set_index(["province", "year"])
    x = indexed[["treatment", *CONTROLS]]
    restricted = PanelOLS(
        indexed["outcome"], indexed[CONTROLS], entity_effects=True, time_effects=True
    ).fit()
    residual = restricted.resids
    base = indexed["outcome"] - residual
    code = panel["province"].astype("category").cat.codes.to_numpy()
    samples = [base + weights[code, draw] * residual for draw in range(n_draws + 1)]
    counted = x.shape[1] + n_years
    factor = np.sqrt(n_clusters / (n_clusters - 1) * (n - 1) / (n - counted))

    def fit(outcome: "pd.Series") -> list[float]:
        result = PanelOLS(outcome, x, entity_effects=True, time_effects=True, check_rank=False).fit(
            cov_type="clustered",
            cluster_entity=True,
            debiased=False,
            auto_df=False,
            count_effects=False,
        )
        return [result.params["treatment"] / result.std_errors["treatment"] / factor]

    fit(samples[-1])
    return timed(lambda: [fit(sample) for sample in samples[:n_draws]])


def largest_difference(ours: list[list[float]], theirs: list[list[float]]) -> float:
    """The largest absolute difference between two lists of draws. Raises `Disagreement`."""
    largest = 0.0
    for one, other in zip(ours, theirs, strict=True):
        for mine, refitted in zip(one, other, strict=True):
            # Not `>`: a NaN must not pass.
            if not abs(mine - refitted) <= TOLERANCE:
                raise Disagreement(f"{mine} where the loop finds {refitted}")
            largest = max(largest, abs(mine - refitted))
    return largest


def compare(case: tuple[str, str], n_draws: int, repetitions: int, console: Console) -> None:
    """Let project and loop run in turn, check that they agree, and print the ratios.

    Raises `Disagreement`.
    """
    runs: dict[str, list[Run]] = {PROJECT: [], LOOP: []}
    largest = 0.0
    with console.status("") as status:
        for repetition in range(repetitions):
            status.update(f"{' '.join(case)}, run {repetition + 1}")
            ours, run = in_own_process(with_project, case, n_draws)
            runs[PROJECT].append(run)
            theirs, run = in_own_process(with_loop, case, n_draws)
            runs[LOOP].append(run)
            largest = max(largest, largest_difference(ours, theirs))
    console.print(
        ratio_table(
            f"{case[0]}, {case[1]} SYNTHETIC panel: {DRAWS[case[0]]:,} draws",
            [Contestant(name, each) for name, each in runs.items()],
        )
    )
    console.print(
        f"Loop timed over {n_draws} draws and extrapolated. All {n_draws} agree:\n"
        f"largest difference {largest:.1e}, allowed {TOLERANCE:.0e}.\n"
    )


def main(
    draws: Annotated[int, typer.Option(min=2, help="Draws of each loop that are timed.")] = 20,
    repetitions: Annotated[
        int, typer.Option(min=1, help="Runs of each contestant; the median counts.")
    ] = 5,
) -> None:
    """Ratios of time and peak memory: the project's bootstraps and loops of fits."""
    console = Console()
    console.print(WHAT_IS_MEASURED, highlight=False)
    try:
        for case in CASES:
            compare(case, draws, repetitions, console)
    except Disagreement as error:
        console.print(f"[red]Project and loop disagree:[/] {error}")
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
