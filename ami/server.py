"""The Dagster UI and its daemon as long as a person or a service wants them, on loopback alone.

Here is only how the processes start and end. What the daemon does, if it is to watch, is said by
the sensors and schedules of `dagster_project`. Imports no Dagster: it runs in processes of its own.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from ami import run_history
from ami.dataset import Dataset, DatasetError

WATCH_VARIABLE = "AMI_WATCH"
SECONDS_BETWEEN_LOOKS = 30
LOOPBACK = "127.0.0.1"
# Dagster itself waits this long for each of its two processes.
SECONDS_TO_END = 60 + 60


def is_watched() -> bool:
    """Whether `ami watch` started this process."""
    return WATCH_VARIABLE in os.environ


def seconds_between_looks() -> int:
    """Between two looks at the inbox, which `ami watch` may set."""
    return int(os.environ.get(WATCH_VARIABLE) or SECONDS_BETWEEN_LOOKS)


@contextmanager
def reserved(dataset: Dataset, port: int) -> Iterator[None]:
    """The right to be the one UI and daemon of `dataset`, at `port`.

    Two daemons would start the same runs. Raises `DatasetError` where another has the right or
    something else listens at the port.
    """
    dataset.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(dataset.folder / "daemon.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise DatasetError(
            f"the UI of dataset '{dataset.name}' is already open (ami ui or ami watch): use that "
            "one, or end it first"
        ) from None
    with lock:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except (OSError, OverflowError) as error:
                raise DatasetError(
                    f"port {port} cannot be used ({error}); name another with --port"
                ) from None
        yield


def serve(dataset: Dataset, port: int, every: int | None) -> bool:
    """Run UI and daemon until Ctrl-C or SIGTERM; whether that is what ended them.

    `every`: the seconds between two looks at the inbox; None: it is not watched. What Dagster says
    goes to `dataset.daemon_log`. A refresh that
    the daemon has started goes on to its end by itself.
    """
    environment = os.environ | {"AMI_DATASET": dataset.name} | run_history.prepare(dataset)
    if every is not None:
        environment[WATCH_VARIABLE] = str(every)
    # `dagster dev` advises its successor at every start; that is nothing a user can act on.
    environment["PYTHONWARNINGS"] = "ignore::FutureWarning"
    # Both, and first: a shell starts what it puts into the background with Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    dagster_script = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
    with (
        dataset.daemon_log.open("wb") as log,
        # A session of its own: Ctrl-C must reach Dagster once, through us, and no run of it.
        subprocess.Popen(
            [dagster_script, *arguments, "-m", "dagster_project.definitions"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as dagster,
    ):
        try:
            dagster.wait()
        except KeyboardInterrupt:
            dagster.send_signal(signal.SIGINT)
            dagster.wait(SECONDS_TO_END)
            return True
    return False


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
