"""Homes in which a whole refresh was run once, for every test that only reads them.

And which files come first.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from alert_servers import http_server
from ami_command import run_ami_here
from filelock import FileLock

# Before numpy is imported: threads of linear algebra would take the core of the other worker.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The files that take a minute or more, the longest first, so that none is begun when the others are
# done. Of the first three the second alone reads a shared home: where both workers asked for it at
# once, one would wait for the refresh of the other; and without real files the first is skipped.
FIRST = (
    "test_composition_real.py",
    "test_gate.py",
    "test_refresh_faults.py",
    "test_vintages_real.py",
    "test_dbt.py",
    "test_ui.py",
    "test_watch.py",
    "test_other_units.py",
)

Share = Callable[[str, Callable[[Path], None]], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of `FIRST` before the others, which stay in the order of their folders."""
    ranks = {name: rank for rank, name in enumerate(FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


@pytest.fixture(scope="session")
def share(tmp_path_factory: pytest.TempPathFactory) -> Share:
    """A folder of this test run by its name, filled by the first worker that asks for it."""
    base = tmp_path_factory.getbasetemp()
    of_all_workers = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def shared(name: str, fill: Callable[[Path], None]) -> Path:
        folder = of_all_workers / name
        filled = folder.with_suffix(".filled")
        with FileLock(folder.with_suffix(".lock")):
            if not filled.exists():
                folder.mkdir()
                fill(folder)
                filled.touch()
        return folder

    return shared


@pytest.fixture(scope="session")
def demo_home(share: Share) -> Path:
    """A home in which the demo was refreshed; not to be written to.

    `said.txt` has what was printed, `told.json` what came over a webhook meanwhile.
    """

    def refresh(home: Path) -> None:
        settings = home / "alerts.toml"
        with http_server() as server:
            settings.write_text(f'webhook.url = "{server.url()}"\n', encoding="utf-8")
            answer = run_ami_here(home, "refresh")
        settings.unlink()
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "report.html" in answer.stdout
        assert "SYNTHETIC" in answer.stdout
        (home / "said.txt").write_text(answer.stdout, encoding="utf-8")
        told = [request.body for request in server.received]
        (home / "told.json").write_text(json.dumps(told), encoding="utf-8")

    return share("demo", refresh)
