"""Homes, the command and real files for the tests that run whole refreshes."""

import os
from pathlib import Path

import pytest
from ami_command import Ami, run_ami

from dagster_project.workspace import PROJECT_ROOT


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home shared by the tests of one module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ami(home: Path) -> Ami:
    return lambda *arguments: run_ami(home, *arguments)


@pytest.fixture(scope="module")
def refreshed(ami: Ami, home: Path) -> Path:
    """A home in which the demo was refreshed once."""
    answer = ami("refresh")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "report.html" in answer.stdout
    assert "SYNTHETIC" in answer.stdout
    return home


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("AMI_REAL_DATA", PROJECT_ROOT / "../shared/data/nbs")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real yearbook files at {folder}; set AMI_REAL_DATA to their folder")
    return folder
