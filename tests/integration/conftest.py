"""Whole refreshes in a home of their own, through the command a person types."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.workspace import PROJECT_ROOT

Ami = Callable[..., subprocess.CompletedProcess[str]]
AMI = Path(sys.executable).with_name("ami")


def run_ami(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AMI, *arguments],
        env=os.environ | {"AMI_HOME": str(home), "COLUMNS": "200"},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home shared by the tests of one module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ami(home: Path) -> Ami:
    return lambda *arguments: run_ami(home, *arguments)


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("AMI_REAL_DATA", PROJECT_ROOT / "../shared/data/nbs")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real yearbook files at {folder}; set AMI_REAL_DATA to their folder")
    return folder
