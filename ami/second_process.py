"""A second process beside this one, for work that need not wait for it: how it begins and ends.

Python computes on one core in a process. Not here: what is worth giving away.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context, parent_process
from threading import Thread


@contextmanager
def second_process() -> Iterator[Executor | None]:
    """What makes in a process of its own, one after the other, what it is given.

    None where no core is idle. What it is given and gives back is pickled. It begins with the first
    of it and ends here, with what it is at; after Ctrl-C and at the latest with this process,
    however that ends.
    """
    n_cores = os.cpu_count() or 1
    if n_cores < 2 or os.getloadavg()[0] >= n_cores:
        yield None
        return
    # A fork would have the locks of threads that it has not: of Dagster's, DuckDB's and dbt's.
    context = get_context("spawn")
    executor = ProcessPoolExecutor(1, mp_context=context, initializer=_end_with_the_first)
    is_patient = True
    try:
        yield executor
    except KeyboardInterrupt:
        is_patient = False
        raise
    finally:
        executor.shutdown(wait=is_patient, cancel_futures=True)


def load(module: str) -> None:
    """Import what work to come will need; a module itself cannot be sent back."""
    import_module(module)


def _end_with_the_first() -> None:
    # Ctrl-C reaches both, and the first says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_wait_for_its_end, daemon=True).start()


def _wait_for_its_end() -> None:
    """One that was killed can tell nobody, and an executor would wait for work for ever."""
    first = parent_process()
    if first is not None:
        first.join()
        os._exit(1)
