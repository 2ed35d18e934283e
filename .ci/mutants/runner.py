"""Runs tests for `sample.py` in the project's Python: each lot in a fork that has the libraries.

Reads a list of tests a line, as JSON; answers a line with the first that failed, null where none
did, or an empty text where they came to no end.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
from typing import Any

import pytest

# Of the processor, for on a busy machine a sound test is slow, too; of a clock six times as many.
SECONDS = 600

# Loaded before the fork. Nothing of the project is: its files are spoilt after that.
LIBRARIES = (
    "aiosmtpd.controller", "duckdb", "hypothesis", "libpysal.weights", "linearmodels", "openpyxl",
    "pandas", "scipy.optimize", "scipy.sparse.linalg", "scipy.spatial", "scipy.special",
    "scipy.stats", "xlrd", "xlwt",
)  # fmt: skip


class FirstFailure:
    """Pytest plugin: the first test that failed, or the file that could not be collected."""

    def __init__(self) -> None:
        self.name: str | None = None

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid

    pytest_collectreport = pytest_runtest_logreport


def answer(tests: list[str], out: int) -> None:
    """In the fork: run the tests, and write the answer to `out`."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    signal.alarm(6 * SECONDS)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    watch = FirstFailure()
    options = ["-x", "-q", "-n", "0", "-m", "not slow", "-p", "no:cacheprovider"]
    code = pytest.main([*options, *tests], plugins=[watch])
    # No test at all, or a command that pytest does not take, is no test that passed.
    failed = watch.name or (f"pytest ends with {code}" if code else None)
    os.write(out, json.dumps(failed).encode())


def main() -> None:
    """Answer until the input ends."""
    for name in LIBRARIES:
        importlib.import_module(name)
    with open(os.devnull, "w") as silent, contextlib.redirect_stdout(silent):
        pytest.main(["--version", "--noconftest", "-c", os.devnull])  # its plugins, too
    for line in sys.stdin:
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                answer(json.loads(line), write)
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            found = pipe.read()
        os.waitpid(child, 0)
        print(found or json.dumps(""), flush=True)


if __name__ == "__main__":
    main()
