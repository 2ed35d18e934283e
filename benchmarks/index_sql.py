"""The project's index SQL against the same computation in polars, in pandas and in numpy.

`python -m benchmarks.index_sql` makes SYNTHETIC indicator values for a number of units, lets every
contestant compute weights, scores, contributions and the index from them, checks that all of them
agree, and prints time and peak memory as ratios to the SQL. Here: the command, the synthetic
values and the comparison of results. Not here: how a contestant computes, and how it is measured.
"""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.index_contestants import (
    DBT_PROJECT,
    THREADS,
    IndexSql,
    LongTable,
    Save,
    render_index_sql,
    with_sql,
)
from benchmarks.index_peers import with_numpy, with_pandas, with_polars
from benchmarks.measure import Contestant, Run, in_own_process, ratio_table, timed

N_PROVINCES = 31
N_COUNTIES = 25_000  # x 19 years x 21 indicators: 9,975,000 rows
YEARS = range(2003, 2022)
SEED = 20240117
# Of the larger figure, or of one hundredth where both are smaller: scores run from 0 to 1.
TOLERANCE = 1e-9
_SMALL = 0.01

CONTESTANTS = ("SQL", "polars", "pandas", "numpy")
KEYS = {
    "index": ("province_code", "year"),
    "scores": ("province_code", "year", "indicator"),
    "weights": ("indicator",),
}

WHAT_IS_MEASURED = f"""\
[bold]SYNTHETIC[/] units throughout: no figure here says anything about China.
Included: reading the long table from Parquet; entropies, weights, contributions,
  dimensions, index and rank of every unit and year. A second table also counts
  writing every result to Parquet, scores of all indicators among them.
  SQL     the dbt models as dbt compiles them, DuckDB with {THREADS} threads; tables are
          written to a DuckDB file, and marts are sorted, as in a refresh
  polars  lazy queries on the long table, streaming engine with {THREADS} threads; results
          stay in memory, unsorted
  pandas  grouped transforms on the long table; results stay in memory, unsorted
  numpy   the long table laid out as matrices and back; results stay in memory
Not included: starting Python, imports, dbt's own work, and one first run on
  {N_PROVINCES} units that warms each process up.
Peak memory: resident set of the whole process, libraries included. Each run has
  a process of its own."""


class Disagreement(Exception):
    """Two contestants did not compute the same: table, column and by how much."""


def make_long_table(folder: Path, n_units: int) -> LongTable:
    """Synthetic values of the project's indicators for `n_units` units and every year of `YEARS`.

    Log-normal, each indicator with a spread of its own so that entropies differ. About one unit and
    year in a hundred lacks one indicator and so has no index; one value in twenty is interpolated.
    Units and years stand in no order, their indicators together, as dbt leaves the model.
    """
    import numpy as np
    import pandas as pd

    folder.mkdir()
    indicators = pd.read_csv(DBT_PROJECT / "seeds" / "reference" / "indicators.csv")
    rng = np.random.default_rng(SEED)
    n_unit_years = n_units * len(YEARS)
    shape = (n_unit_years, len(indicators))
    value = 10.0 * np.exp(rng.standard_normal(shape) * np.linspace(0.2, 1.0, len(indicators)))
    lacking = np.flatnonzero(rng.random(n_unit_years) < 0.01)
    value[lacking, rng.integers(len(indicators), size=len(lacking))] = np.nan
    is_interpolated = (rng.random(shape) < 0.05) & ~np.isnan(value)
    unit, year = np.divmod(rng.permutation(n_unit_years), len(YEARS))

    units = pd.Index([f"{code:06d}" for code in range(1, n_units + 1)])
    indicator = np.tile(np.arange(len(indicators)), n_unit_years)
    values = pd.DataFrame(
        {
            "province_code": pd.Categorical.from_codes(np.repeat(unit, len(indicators)), units),
            "year": np.repeat(year + YEARS.start, len(indicators)).astype("int32"),
            "indicator": pd.Categorical.from_codes(indicator, indicators["indicator"]),
            "value": value.ravel(),
            "is_interpolated": is_interpolated.ravel(),
            "is_edge_filled": False,
            "is_bridged": False,
            "max_gap_length": np.where(np.isnan(value), np.nan, is_interpolated).ravel(),
        }
    )
    long_table = LongTable(folder, n_rows=len(values))
    values.to_parquet(long_table.values)
    indicators.astype({"dimension": "category"}).to_parquet(long_table.indicators)
    provinces = pd.DataFrame({"province_code": units, "province": "Synthetic unit " + units})
    provinces.to_parquet(long_table.provinces)
    limits = pd.read_csv(DBT_PROJECT / "seeds" / "reference" / "limits.csv")
    limits.to_parquet(long_table.limits)
    return long_table


def run_once(
    contestant: str,
    index_sql: IndexSql,
    warm_up: LongTable,
    long_table: LongTable,
    results: Path,
) -> tuple[Run, Run]:
    """One run in the process this is called in, measured until the index is there, and until all
    tables are in `results`."""

    def compute(source: LongTable, workspace: str) -> Save:
        if contestant == "SQL":
            return with_sql(index_sql, source, Path(workspace))
        peers = {"polars": with_polars, "pandas": with_pandas, "numpy": with_numpy}
        return peers[contestant](source)

    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        compute(warm_up, first)(Path(first))
        save, computed = timed(partial(compute, long_table, second))
        results.mkdir(exist_ok=True)
        _, saved = timed(partial(save, results))
    written = Run(
        computed.seconds + saved.seconds,
        saved.peak_bytes,
        computed.processor_seconds + saved.processor_seconds,
    )
    return computed, written


def largest_difference(expected: Path, actual: Path) -> float:
    """The largest relative difference between any two figures of two contestants' tables.

    Every column of `actual` is compared. Raises `Disagreement` where rows, missing values, texts or
    flags differ at all, or figures by more than `TOLERANCE`.
    """
    import duckdb

    duckdb.execute("set enable_progress_bar = false")
    largest = 0.0
    for table, keys in KEYS.items():
        files = [str(folder / f"{table}.parquet") for folder in (expected, actual)]
        compared = duckdb.read_parquet(files[1])
        differences = [
            f"max({_difference(name, str(kind))}) as {name}"
            for name, kind in zip(compared.columns, compared.types, strict=True)
            if name not in keys
        ]
        found = duckdb.sql(
            f"select {', '.join(differences)} from read_parquet('{files[0]}') as l "
            f"full join read_parquet('{files[1]}') as r using ({', '.join(keys)})"
        )
        for name, difference in zip(found.columns, found.fetchall()[0], strict=True):
            # Not `>`: a NaN must not pass.
            if not difference <= TOLERANCE:
                raise Disagreement(f"{table}.{name}: a difference of {difference}")
            largest = max(largest, difference)
    return largest


def _difference(column: str, kind: str) -> str:
    """SQL: 0 where two rows l and r hold the same, null in both included; infinite where only one
    holds a figure, or where what is no figure differs."""
    unlike = "cast('inf' as double)"
    is_figure = kind not in ("VARCHAR", "BOOLEAN")
    size = f"greatest(abs(l.{column}), abs(r.{column}), {_SMALL})"
    distance = f"coalesce(abs(l.{column} - r.{column}) / {size}, {unlike})" if is_figure else unlike
    return f"case when l.{column} is not distinct from r.{column} then 0.0 else {distance} end"


def compare(index_sql: IndexSql, n_units: int, repetitions: int, console: Console) -> None:
    """Make the values, let every contestant run, check that they agree, and print the ratios.

    Raises `Disagreement`.
    """
    runs: dict[str, list[tuple[Run, Run]]] = {contestant: [] for contestant in CONTESTANTS}
    results: dict[str, Path] = {}
    with TemporaryDirectory() as name, console.status("") as status:
        folder = Path(name)
        status.update(f"making SYNTHETIC values of {n_units:,} units")
        warm_up, long_table = (
            in_own_process(make_long_table, Path(folder, size), n)
            for size, n in (("warm_up", N_PROVINCES), ("measured", n_units))
        )
        # In turn, so that what else the machine does meets all of them alike.
        for repetition in range(repetitions):
            for contestant in CONTESTANTS:
                status.update(f"{n_units:,} units, run {repetition + 1}: {contestant}")
                results[contestant] = folder / contestant
                run = in_own_process(
                    run_once, contestant, index_sql, warm_up, long_table, results[contestant]
                )
                runs[contestant].append(run)
        reference, *peers = CONTESTANTS
        status.update(f"{n_units:,} units: comparing results")
        difference = max(
            in_own_process(largest_difference, results[reference], results[peer]) for peer in peers
        )
    size = f"{n_units:,} SYNTHETIC units x {len(YEARS)} years: {long_table.n_rows:,} rows"
    for place, title in enumerate((size, f"{size}, every table written to Parquet")):
        contestants = [
            Contestant(contestant, [run[place] for run in runs[contestant]])
            for contestant in CONTESTANTS
        ]
        console.print(ratio_table(title, contestants))
    console.print(f"All agree: largest difference {difference:.1e}, allowed {TOLERANCE:.0e}.\n")


def main(
    units: Annotated[
        list[int] | None,
        typer.Option(
            min=2,
            help="Number of synthetic units; may be repeated. "
            f"Without it {N_PROVINCES} and {N_COUNTIES}.",
        ),
    ] = None,
    repetitions: Annotated[
        int, typer.Option(min=1, help="Runs of each contestant; the median counts.")
    ] = 5,
) -> None:
    """Ratios of time and peak memory: the index in the project's SQL and in its peers."""
    console = Console()
    console.print(WHAT_IS_MEASURED, highlight=False)
    with console.status("dbt compiles the index"):
        index_sql = in_own_process(render_index_sql)
    console.print(f"Models: {', '.join(index_sql.models)}\n", highlight=False)
    try:
        for n_units in units or [N_PROVINCES, N_COUNTIES]:
            compare(index_sql, n_units, repetitions, console)
    except Disagreement as error:
        console.print(f"[red]Contestants disagree:[/] {error}")
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
