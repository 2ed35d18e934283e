"""What an archive of `ami backup` is: the names of its members, and the manifest that lists them.

A plain .tar.gz that any program opens. Its last member, the manifest, names every other one with
its SHA-256, so that a shortened archive shows.
"""

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Self

# Raised when an older `ami` could no longer restore what this one writes.
FORMAT = 1

DATABASE = "warehouse.duckdb"
RESULTS = "results"
INBOX = "inbox"
HISTORY = "dagster"
STATE = "state"
MANIFEST = "manifest.json"
# In the folder of a dataset, what a refresh makes anew, and what has a place of its own above.
NOT_STATE = (
    *("build.duckdb*", "warehouse.duckdb*", "results", "dbt", "dagster*", "inbox"),
    *("*.lock", "publishing.json", ".*"),
)


class BackupError(ValueError):
    """What cannot be backed up or restored, said in words for the person who asked."""


@dataclass
class Manifest:
    """What an archive holds: sha256 and bytes by member, and what a person should know of it."""

    dataset: str
    published_at: str
    inbox: str
    format: int = FORMAT
    versions: dict[str, str] = field(default_factory=dict)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises `ValueError` or `TypeError` for what is no manifest.

        What earlier versions have written besides is passed over.
        """
        known = {each.name for each in fields(cls)}
        return cls(
            **{name: value for name, value in dict(json.loads(text)).items() if name in known}
        )

    def to_json(self) -> str:
        return json.dumps(vars(self), indent=1)

    def count(self, part: str) -> int:
        """How many files of one part there are."""
        return sum(PurePosixPath(name).parts[0] == part for name in self.members)

    @property
    def has_history(self) -> bool:
        """Whether the history of runs is in it; that on a server of PostgreSQL is not."""
        return any(name.startswith(f"{HISTORY}/") and name.endswith(".db") for name in self.members)


def is_ours(name: PurePosixPath) -> bool:
    """Whether a member of this name can be of an archive that `ami backup` wrote."""
    if name.is_absolute() or ".." in name.parts:
        return False
    if len(name.parts) == 1:
        return name.name in (DATABASE, MANIFEST)
    if name.parts[0] == STATE:
        return is_state(name.parts[1])
    return name.parts[0] in (RESULTS, HISTORY) or (name.parts[0] == INBOX and len(name.parts) == 2)


def is_state(name: str) -> bool:
    """Whether a file or folder of this name in a dataset's folder is kept as it is."""
    return not any(PurePosixPath(name).match(pattern) for pattern in NOT_STATE)


def plain_files(folder: Path) -> list[Path]:
    """Every file below a folder, but for links."""
    return sorted(path for path in folder.rglob("*") if is_plain(path))


def is_plain(path: Path) -> bool:
    """Whether it is a file, and no link to one."""
    return path.is_file() and not path.is_symlink()


def moment(timestamp: float) -> str:
    """A point in time as the manifest has it."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="seconds")
