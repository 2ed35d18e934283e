"""The `ami` command as a person runs it, in a home of the test's own."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from command import main

Ami = Callable[..., subprocess.CompletedProcess[str]]
AMI = Path(sys.executable).with_name("ami")


def run_ami(home: Path, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """The command's answer, once it has ended, which must be within `timeout` seconds."""
    process = start_ami(home, *arguments)
    stdout, stderr = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def run_ami_here(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command's answer without a process of its own, for what ends before it does any work."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        chdir(home),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setenv("AMI_HOME", str(home))
        patch.setattr(sys, "argv", ["ami", *arguments])
        main()
    code = int(ended.value.code or 0)
    return subprocess.CompletedProcess(arguments, code, stdout.getvalue(), stderr.getvalue())


def start_ami(
    home: Path, *arguments: str, start_new_session: bool = False
) -> subprocess.Popen[str]:
    """The command, running; with all that it starts in a session of its own if asked for."""
    return subprocess.Popen(
        [AMI, *arguments],
        env=os.environ | {"AMI_HOME": str(home), "COLUMNS": "200", "no_proxy": "127.0.0.1"},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=start_new_session,
    )
