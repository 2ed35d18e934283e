"""The `ami` command as a person runs it, in a home of the test's own.

In a process of its own where that is what is tested: how it starts, is stopped, or meets another.
Everything else runs in the process of the test, which has loaded by then what a command imports.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from unittest import mock

import pytest

from command import main

Ami = Callable[..., subprocess.CompletedProcess[str]]
AMI = Path(sys.executable).with_name("ami")
SURROUNDINGS = {"COLUMNS": "200", "no_proxy": "127.0.0.1"}


def run_ami(home: Path, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """The answer of a process of its own, which must end within `timeout` seconds."""
    process = start_ami(home, *arguments)
    stdout, stderr = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def run_ami_here(home: Path, *arguments: str, **added: str) -> subprocess.CompletedProcess[str]:
    """The answer in this process, with what is `added` to its environment."""
    with (
        mock.patch.dict(os.environ, SURROUNDINGS | {"AMI_HOME": str(home)} | added),
        mock.patch.object(sys, "argv", ["ami", *arguments]),
        chdir(home),
        printed() as said,
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = int(ended.value.code or 0)
    return subprocess.CompletedProcess(arguments, code, said.stdout, said.stderr)


@dataclass
class Printed:
    stdout: str = ""
    stderr: str = ""


@contextmanager
def printed() -> Iterator[Printed]:
    """What is printed until it ends, by descriptor too, for a refresh moves these."""
    found = Printed()
    with TemporaryFile() as out, TemporaryFile() as err:
        saved = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        # Of the descriptors, so that a logger that keeps its stream can write to it ever after.
        streams = [os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2)]
        try:
            with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
                yield found
        finally:
            for number, (stream, descriptor) in enumerate(zip(streams, saved, strict=True), 1):
                stream.flush()
                os.dup2(descriptor, number)
                os.close(descriptor)
            out.seek(0)
            err.seek(0)
            found.stdout, found.stderr = out.read().decode(), err.read().decode()


def start_ami(
    home: Path, *arguments: str, start_new_session: bool = False
) -> subprocess.Popen[str]:
    """The command, running; with all that it starts in a session of its own if asked for."""
    return subprocess.Popen(
        [AMI, *arguments],
        env=os.environ | SURROUNDINGS | {"AMI_HOME": str(home)},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=start_new_session,
    )
