"""Dagster's history of runs and checks as files: SQLite databases in the DAGSTER_HOME of a dataset.

No figure depends on them, so that damage to them must never stop a refresh. What Dagster keeps in
them is Dagster's business.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from ami import atomic
from ami.dataset import Dataset

# Without these Dagster does not start; a damaged file of a single run hides that run alone.
INDISPENSABLE = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


FORMER_STORAGE = "dagster_project.storage"
# DuckDB allows one writing process, so one run at a time.
SETTINGS = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def prepare(dataset: Dataset) -> dict[str, str]:
    """Make the DAGSTER_HOME of a dataset, telemetry and forms off; return it as environment.

    A dagster.yaml that is there stays as it is, for whoever keeps the history elsewhere says so in
    it; but one that names the storage of versions before this one, whose files Dagster reads.
    """
    dataset.dagster_home.mkdir(parents=True, exist_ok=True)
    settings = dataset.dagster_home / "dagster.yaml"
    if not settings.is_file() or FORMER_STORAGE in settings.read_text(encoding="utf-8"):
        atomic.write_text(settings, SETTINGS)
    return {"DAGSTER_HOME": str(dataset.dagster_home)}


def leave_writing_to_the_system(connection: object, _: object) -> None:
    """Let a connection to a history not wait for the disk; for SQLAlchemy's event `connect`.

    A refresh writes some thousand events, each a transaction. What a process has written stays when
    it is killed; when the machine stops, a damaged history is set aside.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = off")


def set_damaged_aside(dagster_home: Path) -> Path | None:
    """Move a history that Dagster cannot open to a folder beside it, and return that folder."""
    if not any(_is_damaged(dagster_home / name) for name in INDISPENSABLE):
        return None
    aside = next(path for path in _names_beside(dagster_home) if not path.exists())
    dagster_home.rename(aside)
    return aside


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database as of one moment, also while Dagster writes to it.

    Raises `sqlite3.Error` where it is damaged.
    """
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)


def _is_damaged(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path)) as database:
            return database.execute("pragma quick_check(1)").fetchone() != ("ok",)
    except sqlite3.OperationalError:  # In use, or on a disk that is full: not damaged.
        return False
    except sqlite3.DatabaseError:
        return True


def _names_beside(folder: Path) -> Iterator[Path]:
    return (folder.with_name(f"{folder.name}.damaged-{number}") for number in count(1))
