"""Every estimate made: one after the other, or side by side in two processes.

Not here: which there are (`results_tables`), and where they are kept (`dagster_project`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from functools import cache

import pandas as pd

from analysis.estimate_tables import Estimate
from analysis.paper.estimable import EstimatesTable, remarks_on
from analysis.report.frames import ESTIMATES as PAPER_TABLES
from analysis.results_tables import ESTIMATES, REMARKS


def estimated(
    read: Callable[[str], pd.DataFrame],
    stands: Callable[[str], bool],
    said: Mapping[str, pd.DataFrame],
    second: Executor | None = None,
) -> Iterator[tuple[str, pd.DataFrame | None]]:
    """Every estimate and then `REMARKS`, by name; none where one stands and is not made again.

    read: of the warehouse's tables, among them each estimate before the next one is asked for, so
    that those that stand and those that were made are read alike. stands: asked of each when all
    that it needs are there. said: `REMARKS` on those that stand. second: another process, which
    makes some while this one makes others; without it they come in their order.
    """
    remarked: dict[str, Mapping[str, pd.DataFrame]] = {}
    each = _side_by_side(read, stands, second) if second else _in_order(read, stands)
    for estimate, made in each:
        if made is None:
            remarked[estimate.name] = {
                name: frame[frame["estimates_table"] == estimate.name]
                for name, frame in said.items()
            }
        else:
            remarked[estimate.name] = remarks_on(estimate.name, made)
        yield estimate.name, None if made is None else made.rows
    # The paper's tables first.
    order = sorted(ESTIMATES, key=lambda estimate: estimate.source != PAPER_TABLES)
    for name in REMARKS:
        pieces = [remarked[estimate.name][name] for estimate in order]
        yield name, pd.concat(pieces, ignore_index=True).astype("string")


def _in_order(
    read: Callable[[str], pd.DataFrame], stands: Callable[[str], bool]
) -> Iterator[tuple[Estimate, EstimatesTable | None]]:
    """Every estimate, none where it stands; as `estimated` has them."""
    frames: dict[str, pd.DataFrame] = {}
    for number, estimate in enumerate(ESTIMATES):
        if stands(estimate.name):
            yield estimate, None
            continue
        frames |= {name: read(name) for name in estimate.needs if name not in frames}
        made = estimate.make(*(frames[name] for name in estimate.needs))
        # Of thousands of units they are gigabytes.
        wanted = {name for later in ESTIMATES[number + 1 :] for name in later.needs}
        frames = {name: frame for name, frame in frames.items() if name in wanted}
        yield estimate, made


def _side_by_side(
    read: Callable[[str], pd.DataFrame], stands: Callable[[str], bool], second: Executor
) -> Iterator[tuple[Estimate, EstimatesTable | None]]:
    """Every estimate as soon as it is made, none where it stands; as `estimated` has them."""
    waiting = list(ESTIMATES)
    given: dict[Future[EstimatesTable], Estimate] = {}
    once = cache(read)

    def inputs(estimate: Estimate) -> list[pd.DataFrame]:
        return [once(name) for name in estimate.needs]

    while waiting or given:
        to_come = {estimate.source for estimate in (*waiting, *given.values())}
        ready = [estimate for estimate in waiting if to_come.isdisjoint(estimate.needs)]
        # Tables that ask alike stand together; from both ends, most of them are made in one place.
        for estimate in reversed(ready):
            waiting.remove(estimate)
            if stands(estimate.name):
                yield estimate, None
            else:
                given[_submitted(second, estimate.name, inputs(estimate))] = estimate
        ended = [future for future in given if future.done()]
        for future in ended:
            estimate = given.pop(future)
            if isinstance(future.exception(), BrokenExecutor):
                given[Future()] = estimate
            else:
                yield estimate, future.result()
        if ended or not given:
            continue
        # What the other has not begun is taken back.
        mine = next((future for future in reversed(given) if future.cancel()), None)
        if mine is not None:
            estimate = given.pop(mine)
            yield estimate, estimate.make(*inputs(estimate))
        elif not ready:  # Else one that stands may have been waited for.
            wait(given, return_when=FIRST_COMPLETED)


def _submitted(second: Executor, name: str, inputs: list[pd.DataFrame]) -> Future[EstimatesTable]:
    """An estimate to come; that of a process which has died, as for want of memory, none begins."""
    try:
        return second.submit(_made, name, inputs)
    except BrokenExecutor:
        return Future()


def _made(name: str, inputs: list[pd.DataFrame]) -> EstimatesTable:
    """An estimate by its name, for what makes some of them has no place of its own in a module."""
    return next(each for each in ESTIMATES if each.name == name).make(*inputs)
