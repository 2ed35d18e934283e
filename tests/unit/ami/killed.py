"""Ends a piece of work like a power cut would: at each change it makes to the disk, one by one."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator

# What Python itself reports before it does it (docs.python.org/3/library/audit_events.html).
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def kill_at_each_change(
    prepare: Callable[[], None], work: Callable[[], None], step: int = 1
) -> Iterator[int]:
    """For n = 1, 1 + step, ...: prepare, then do the work, killed just before its nth change.

    Yields n after each kill, to look at what is left. Ends once the work ends by itself.
    """
    at = 1
    while True:
        prepare()
        child = os.fork()
        if child == 0:
            _work_killed_at(at, work)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            return
        assert status == -signal.SIGKILL, f"ended by itself with {status}"
        yield at
        at += step


def _work_killed_at(at: int, work: Callable[[], None]) -> None:
    changes = 0

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal changes
        is_writing = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if event in CHANGES or is_writing:
            changes += 1
            if changes == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
