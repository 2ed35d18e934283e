"""Runs a piece of work in a process of its own and says how long it took and how much memory.

Here: measuring, and the table of ratios. Not here: what is measured.
"""

import multiprocessing
import os
import resource
import statistics
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import ParamSpec, TypeVar

from rich.table import Table

P = ParamSpec("P")
R = TypeVar("R")

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Run:
    """One run: seconds by the clock, peak resident memory of the process in bytes, and seconds of
    the processor over all threads, which depend less on what else the machine does."""

    seconds: float
    peak_bytes: int
    processor_seconds: float


@dataclass(frozen=True)
class Contestant:
    """The runs of one way of doing the work."""

    name: str
    runs: Sequence[Run]

    @property
    def seconds(self) -> float:
        """Median over the runs."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def processor_seconds(self) -> float:
        """Median over the runs."""
        return statistics.median(run.processor_seconds for run in self.runs)

    @property
    def peak_bytes(self) -> float:
        """Median over the runs."""
        return statistics.median(run.peak_bytes for run in self.runs)


def in_own_process(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`function(*args, **kwargs)` in a fresh interpreter that ends with it.

    Linux counts the memory of the starting process towards a child's peak, so whoever measures
    must stay small: heavy libraries belong inside `function`.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as executor:
        return executor.submit(function, *args, **kwargs).result()


def timed(work: Callable[[], R]) -> tuple[R, Run]:
    """The result of `work`, and its time and memory. Meant for a process of its own."""
    start, processor_start = perf_counter(), process_time()
    result = work()
    seconds, processor_seconds = perf_counter() - start, process_time() - processor_start
    # Kibibytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return result, Run(seconds, peak_bytes, processor_seconds)


def ratio_table(title: str, contestants: Sequence[Contestant]) -> Table:
    """Every contestant beside the first, to which the ratios are taken: below 1 is less than it."""
    reference = contestants[0]
    table = Table(
        title=title,
        title_justify="left",
        caption=f"Median of {len(reference.runs)} run(s); ratios to {reference.name}. "
        f"Load of the last quarter of an hour: {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores.",
        caption_justify="left",
    )
    table.add_column("contestant", no_wrap=True)
    for heading in (
        *("seconds", "min-max", "time ratio", "processor s", "processor ratio"),
        *("peak MiB", "memory ratio"),
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for contestant in contestants:
        times = [run.seconds for run in contestant.runs]
        table.add_row(
            contestant.name,
            f"{contestant.seconds:.3f}",
            f"{min(times):.3f}-{max(times):.3f}",
            f"{contestant.seconds / reference.seconds:.2f}",
            f"{contestant.processor_seconds:.3f}",
            f"{contestant.processor_seconds / reference.processor_seconds:.2f}",
            f"{contestant.peak_bytes / MEBIBYTE:,.0f}",
            f"{contestant.peak_bytes / reference.peak_bytes:.2f}",
        )
    return table
