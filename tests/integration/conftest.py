"""Homes, the command and real files for the tests that run whole refreshes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ami_command import Ami, run_ami_here

from ami.dataset import PROJECT_ROOT


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home shared by the tests of one module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ami(home: Path) -> Ami:
    return lambda *arguments: run_ami_here(home, *arguments)


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("AMI_REAL_DATA", PROJECT_ROOT / "../shared/data/nbs")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real yearbook files at {folder}; set AMI_REAL_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def nbs_home(share: Callable[[str, Callable[[Path], None]], Path], real_data: Path) -> Path:
    """A home in which the real files were refreshed as dataset `nbs`; not to be written to."""

    def refresh(home: Path) -> None:
        answer = run_ami_here(home, "refresh", "--dataset", "nbs", "--inbox", str(real_data))
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "9,982 cells read = 9,982 landed + 0 set aside" in answer.stdout
        assert "SYNTHETIC" not in answer.stdout
        (home / "said.txt").write_text(answer.stdout, encoding="utf-8")

    return share("nbs", refresh)
