"""What the estimators and weights take with as many units as China has counties, and more.

`python -m benchmarks.many_units` works on SYNTHETIC units and prints seconds of the processor and
peak memory of each piece of work, each in a process of its own. Here: the work. Not here: the
spatial panel, which has peers of its own (`spatial_panel`), and how a run is measured.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import MEBIBYTE, Run, in_own_process, timed

if TYPE_CHECKING:
    import pandas as pd

    from analysis.trial.indicators import IndicatorArrays

SIZES = (2_800, 25_000)
N_YEARS = 10
NEIGHBOURS = 6
CUT_OFF_KM = 100
CONTROLS = ["control_1", "control_2", "control_3", "control_4"]
# As many as the paper's index has, in as many dimensions.
N_INDICATORS, N_DIMENSIONS = 21, 5
SEED = 20241126


def places(n_units: int) -> "pd.DataFrame":
    """Units at random between 20 and 50 degrees north, 80 and 130 degrees east."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(SEED)
    return pd.DataFrame(
        {
            "province_code": [f"{unit:06}" for unit in range(n_units)],
            "latitude": rng.uniform(20, 50, n_units),
            "longitude": rng.uniform(80, 130, n_units),
        }
    )


def weights(n_units: int) -> Callable[[], object]:
    """Nearest, nested, and inverse distance within a cut-off, into long form and back."""
    import numpy as np
    import pandas as pd

    from analysis.spatial import weights as made_from
    from analysis.spatial.near_distances import near_distances
    from analysis.spatial.weights_matrix import SpatialWeights

    points = places(n_units)
    income = pd.Series(np.random.default_rng(1).lognormal(size=n_units), points["province_code"])

    def work() -> list[SpatialWeights]:
        near = near_distances(points, k=NEIGHBOURS)
        within = near_distances(points, within_km=CUT_OFF_KM)
        joined = within.index[np.diff(within.km.indptr) > 0]
        made = [
            made_from.nearest(near, NEIGHBOURS),
            made_from.nested(near, income),
            made_from.inverse_distance(
                near_distances(points[points["province_code"].isin(joined)], within_km=CUT_OFF_KM)
            ),
        ]
        return [SpatialWeights.from_long(each.long(), each.name) for each in made]

    return work


def moran(n_units: int, scope: str) -> Callable[[], object]:
    """Moran's I of one year with its 9,999 permutations, six nearest neighbours."""
    import numpy as np

    from analysis.spatial.moran import global_moran, local
    from analysis.spatial.near_distances import near_distances
    from analysis.spatial.weights import nearest

    points = places(n_units)
    W = nearest(near_distances(points, k=NEIGHBOURS), NEIGHBOURS)
    values = np.random.default_rng(2).standard_normal(n_units)
    panel = points.assign(year=2020, value=values)
    if scope == "local":
        return lambda: local(panel, "value", W)
    return lambda: global_moran(panel.set_index("province_code")["value"], W)


def panel_of(n_units: int) -> "pd.DataFrame":
    """Balanced, with effects of units in every variable, mediation and controls."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(n_units), N_YEARS)
    years = np.tile(np.arange(2010, 2010 + N_YEARS), n_units)
    panel = pd.DataFrame({"province": [f"{unit:06}" for unit in units], "year": years})

    def noise() -> np.ndarray:
        return rng.standard_normal(len(panel)) + rng.standard_normal(n_units)[units]

    for control in CONTROLS:
        panel[control] = noise()
    panel["treatment"] = panel["control_1"] + noise()
    panel["mediator"] = 0.3 * panel["treatment"] + panel["control_2"] + noise()
    panel["outcome"] = 0.5 * panel["mediator"] + 0.2 * panel["treatment"] + noise()
    return panel


def mediation(n_units: int) -> Callable[[], object]:
    """Effects and all three intervals from 5,000 resamples and the jackknife."""
    from analysis.regressions.mediation import bootstrap

    panel = panel_of(n_units)
    return lambda: bootstrap(panel, "treatment", "mediator", "outcome", CONTROLS)


def wild(n_units: int) -> Callable[[], object]:
    """The p-value of one coefficient from 9,999 draws, the regression itself included."""
    from analysis.regressions.wild_bootstrap import wild_cluster_p

    panel = panel_of(n_units)
    return lambda: wild_cluster_p(panel, "outcome", ["treatment", *CONTROLS], "treatment")


def indicators_of(n_units: int) -> "IndicatorArrays":
    """Log-normal figures with effects of units, one in twenty filled."""
    import numpy as np

    from analysis.trial.indicators import IndicatorArrays

    rng = np.random.default_rng(4)
    shape = (n_units, N_YEARS, N_INDICATORS)
    filled = rng.random(shape) < 0.05
    return IndicatorArrays(
        units=tuple(f"{unit:06}" for unit in range(n_units)),
        times=tuple(range(2010, 2010 + N_YEARS)),
        names=tuple(f"indicator_{number}" for number in range(N_INDICATORS)),
        dimensions=tuple(f"dimension_{number % N_DIMENSIONS}" for number in range(N_INDICATORS)),
        values=np.exp(rng.standard_normal(shape) + rng.standard_normal((n_units, 1, N_INDICATORS))),
        filled=filled,
        gap_length=np.where(filled, rng.integers(1, 4, shape), 0),
        negative=np.arange(N_INDICATORS) % 7 == 0,
    )


def recipes(n_units: int, n_recipes: int) -> Callable[[], object]:
    """Intervals of every score and rank over sampled recipes of the index."""
    from analysis.paper.trial_tables import sampled
    from analysis.trial.rank_uncertainty import rank_uncertainty

    data = indicators_of(n_units)
    return lambda: rank_uncertainty(data, sampled(data, n_recipes))


WORK: dict[str, Callable[[int], Callable[[], object]]] = {
    f"weights of {NEIGHBOURS} nearest, nested, within {CUT_OFF_KM} km, long form and back": weights,
    "global Moran's I, 9,999 permutations": lambda n: moran(n, "global"),
    "local Moran's I, 9,999 permutations": lambda n: moran(n, "local"),
    f"mediation, 5,000 draws, {N_YEARS} years": mediation,
    f"wild bootstrap, 9,999 draws, {N_YEARS} years": wild,
    f"1,024 recipes of the index, {N_YEARS} years": lambda n: recipes(n, 1_024),
    f"4,096 recipes of the index, {N_YEARS} years": lambda n: recipes(n, 4_096),
}


def run_once(name: str, n_units: int) -> Run:
    """One run, in the process this is called in; on one thread."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    _, run = timed(WORK[name](n_units))
    return run


def main(
    units: Annotated[
        list[int] | None,
        typer.Option(min=50, help=f"Units; may be repeated. Without it {SIZES[0]} and {SIZES[1]}."),
    ] = None,
) -> None:
    """Seconds and memory of what works on many units."""
    console = Console()
    table = Table(title="SYNTHETIC units; one run each", title_justify="left")
    for heading in ("units", "work", "processor s", "clock s", "peak MiB"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for n_units in units or SIZES:
        for name in WORK:
            with console.status(f"{n_units:,} units: {name}"):
                run = in_own_process(run_once, name, n_units)
            table.add_row(
                f"{n_units:,}",
                name,
                f"{run.processor_seconds:.1f}",
                f"{run.seconds:.1f}",
                f"{run.peak_bytes / MEBIBYTE:,.0f}",
            )
    console.print(table)
    console.print(f"Load of the last quarter of an hour: {os.getloadavg()[2]:.1f}.")


if __name__ == "__main__":
    typer.run(main)
