"""What each step of a refresh costs with more units: the way from files to the report.

`python -m benchmarks.whole_way` (`--units`) generates SYNTHETIC prefectures, every so many of the
333, or, of more units, counties, and does the work of each step once, without what Dagster adds to
it, in a process of its own for each number of units. Each step is said as it ends. Here: the steps.
Not here: how they are wired (`dagster_project`).
"""

import os
import resource
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import in_own_process

if TYPE_CHECKING:
    import pandas as pd

    from ami.warehouse import Warehouse

UNITS = (31, 333, 2_800)
NAME = "prefectures"
progress = Console(stderr=True)


def steps(n_units: int) -> tuple[dict[str, float], float, float]:
    """Seconds of the processor by step, those of all by the clock, and the peak of memory in MiB.

    Making the files is not counted.
    """
    from ami.dataset import Dataset
    from ami.warehouse import Warehouse
    from command.refresh import seldom_collected
    from demo.generate import write_prefectures
    from demo.prefectures import counties, prefectures
    from demo.provinces import Geography

    levels = prefectures().levels
    some = Geography(levels[:: max(1, len(levels) // n_units)][:n_units])
    if n_units > some.n:
        some = counties(n_units)
    spent: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        write_prefectures(Path(folder), some)
        warehouse = Warehouse(Dataset(NAME, Path(folder, "inbox"), Path(folder)))
        start = perf_counter()
        with warehouse.held(), seldom_collected():
            for name, work in _work(warehouse):
                before, clock_before = process_time(), perf_counter()
                work()
                spent[name] = process_time() - before
                by_clock = perf_counter() - clock_before
                progress.print(
                    f"{n_units} units, {name}: {spent[name]:.1f} s ({by_clock:.1f} by the clock), "
                    f"{_peak():,.0f} MiB"
                )
        clock = perf_counter() - start
    return spent, clock, _peak()


def _peak() -> float:
    """Of memory so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _work(warehouse: "Warehouse") -> Iterator[tuple[str, Callable[[], object]]]:
    """Each step in its order; what it needs of the ones before stands in the warehouse."""
    import pandas as pd

    from ami import cell_moves, dbt_project
    from ami.dates import today_in_china
    from ami.landing import land_files
    from ami.shortfall import assess
    from analysis.estimate_tables import ESTIMATES_SCHEMA
    from analysis.estimating import estimated
    from analysis.report.frames import VINTAGE
    from analysis.report.inputs import ReportInputs
    from analysis.report.page import NEEDS, render
    from analysis.results_tables import ESTIMATES, REMARKS
    from dagster_project.assets.models import LAYERS, model_keys
    from expectations import Layer, checks, tables_needed, validate

    dataset = warehouse.dataset
    warehouse.begin()

    def land() -> None:
        with warehouse.connect() as connection:
            land_files(dataset, connection)

    yield "intake", land
    manifest = dbt_project.read_manifest()
    keys, dbt = model_keys(manifest), dbt_project.Dbt(dataset)
    layers: tuple[Layer, ...] = ("clean", "marts")
    for layer in layers:

        def build(of: str = layer) -> None:
            results = dbt.build(LAYERS[of].split())
            warehouse.write(f"audit.{of}_tests", dbt_project.frame_of_tests(results, of, {}))
            if of == "clean":
                name = dataset.build_database.stem
                recipe = dbt_project.frame_of_recipe(results, manifest, name)
                warehouse.write("audit.recipe", recipe)

        yield f"{layer} models (dbt)", build
        frames = {
            name: warehouse.read(".".join(keys[name].path))
            for name in (
                *tables_needed(layer, manifest),
                *(check.frame for check in checks(layer, manifest)),
            )
        }

        def gate(of: Layer = layer, frames: "Mapping[str, pd.DataFrame]" = frames) -> None:
            report = validate(
                of,
                manifest,
                frames,
                dataset=NAME,
                synthetic=True,
                is_demo=False,
                units=dataset.units,
            )
            warehouse.write(f"audit.{of}_expectations", report.frame())

        yield f"{layer} gate", gate

    def moves() -> None:
        with warehouse.connect() as connection:
            cell_moves.make_cell_moves(connection)

    yield "what raw cells move", moves
    made = estimated(warehouse.read, lambda _: False, {})

    def estimate() -> None:
        name, frame = next(made)
        warehouse.write(f"{ESTIMATES_SCHEMA}.{name}", frame)

    for name in (*(each.name for each in ESTIMATES), *REMARKS):
        yield name, estimate

    def needs() -> None:
        with warehouse.connect() as connection:
            found = assess(connection, dataset, today_in_china())
        for name, frame in found.frames().items():
            warehouse.write(f"audit.{name}", frame)

    yield "needs", needs
    warehouse.write(VINTAGE, pd.DataFrame({"said": ["none is kept here"]}))
    there = warehouse.tables()
    inputs = ReportInputs(
        NAME,
        synthetic=True,
        made_at=datetime.now().astimezone(),
        options=dataset.options,
        frames={table: warehouse.read(table) for table in NEEDS if table in there},
        units=dataset.units,
    )
    yield "report", lambda: render(inputs)


def main(
    units: Annotated[
        list[int] | None, typer.Option(help="Numbers of units; may be repeated.")
    ] = None,
) -> None:
    """Print seconds of the processor by step, one column a number of units."""
    # As `ami` has it: threads of linear algebra that wait for a core cost more than they give.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sizes = units or list(UNITS)
    runs = {n_units: in_own_process(steps, n_units) for n_units in sizes}
    table = Table("step", *(f"{n_units} units" for n_units in sizes), title="seconds, processor")
    for step in runs[sizes[0]][0]:
        table.add_row(step, *(f"{runs[n_units][0][step]:.1f}" for n_units in sizes))
    table.add_row("together", *(f"{sum(spent.values()):.0f}" for spent, _, _ in runs.values()))
    table.add_row("by the clock", *(f"{clock:.0f}" for _, clock, _ in runs.values()))
    table.add_row("peak, MiB", *(f"{peak:,.0f}" for _, _, peak in runs.values()))
    Console(width=100).print(table)


if __name__ == "__main__":
    typer.run(main)
