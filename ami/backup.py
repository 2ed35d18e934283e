"""A dataset in one file, and back from it: what `ami backup` and `ami restore` do.

The archive is a plain .tar.gz that any program opens. Its last member, the manifest, names every
other one with its SHA-256, so that a shortened archive shows. Nothing is replaced before all of an
archive is unpacked aside and verified; then it is swapped in as a refresh is. What is in a
warehouse belongs to others.
"""

import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import duckdb
from filelock import FileLock, Timeout

from ami import atomic, run_history
from ami.dataset import Dataset, DatasetError
from ami.warehouse import IN_USE, read_through
from yearbooks import raw

# Raised when an older `ami` could no longer restore what this one writes.
FORMAT = 1

DATABASE, RESULTS, INBOX, HISTORY, STATE = (
    "warehouse.duckdb",
    "results",
    "inbox",
    "dagster",
    "state",
)
MANIFEST = "manifest.json"
# In the folder of a dataset, what a refresh makes anew, and what has a place of its own above.
NOT_STATE = ("build.duckdb*", "warehouse.duckdb*", "results", "dbt", "dagster*", "inbox", "*.lock")
NOT_STATE += ("publishing.json", ".*")


class BackupError(ValueError):
    """What cannot be backed up or restored, said in words for the person who asked."""


class InUse(RuntimeError):
    """The dataset is being refreshed at this moment."""


@dataclass
class Manifest:
    """What an archive holds: sha256 and bytes by member, and what a person should know of it."""

    dataset: str
    published_at: str
    created_at: str
    inbox: str
    format: int = FORMAT
    versions: dict[str, str] = field(default_factory=dict)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def count(self, part: str) -> int:
        """How many files of one part there are."""
        return sum(PurePosixPath(name).parts[0] == part for name in self.members)


@dataclass(frozen=True)
class Restored:
    """What a restore put in place, and what it has to say about the inbox."""

    dataset: Dataset
    manifest: Manifest
    remarks: tuple[str, ...]


def back_up(dataset: Dataset, place: Path | None) -> tuple[Path, Manifest]:
    """Write the last good state of `dataset` to a new archive, also while a refresh runs.

    `place` is the file, or a folder that is given a file named by dataset and time; without it, the
    folder `backups` beside the warehouse. Raises `BackupError` where there is nothing good to back
    up or the file exists, `OSError` where the disk does not take it; a half archive never stays.
    """
    if not dataset.folder.is_dir():
        raise BackupError(f"dataset '{dataset.name}' has no warehouse yet")
    now = datetime.now(UTC)
    target = place or dataset.home / "backups"
    if place is None:
        target.mkdir(exist_ok=True)
    if target.is_dir():
        target = target / f"{dataset.name}-{now:%Y%m%dT%H%M%SZ}.tar.gz"
    if target.exists():
        raise BackupError(f"{target} exists; name a file that does not")
    new = atomic.staged(target)
    try:
        # Refreshes go on; their publishing waits until what is published now is copied.
        with dataset.publishing, tarfile.open(new, "w:gz", compresslevel=6) as archive:
            atomic.recover(dataset.journal)
            manifest = _write(archive, dataset, now)
        atomic.put(new, target)
    finally:
        atomic.remove(new)
    return target, manifest


def _write(archive: tarfile.TarFile, dataset: Dataset, now: datetime) -> Manifest:
    _refuse_unreadable(dataset)
    manifest = Manifest(
        dataset=dataset.name,
        published_at=_moment(dataset.database.stat().st_mtime),
        created_at=_moment(now.timestamp()),
        inbox="" if dataset.synthetic else str(dataset.inbox),
        versions=_versions(),
    )
    _add(archive, manifest, DATABASE, dataset.database)
    for path in _files(dataset.results):
        _add(archive, manifest, f"{RESULTS}/{path.relative_to(dataset.results).as_posix()}", path)
    for path in _files(dataset.folder):
        name = path.relative_to(dataset.folder)
        if _is_state(name.parts[0]):
            _add(archive, manifest, f"{STATE}/{name.as_posix()}", path)
    _add_history(archive, manifest, dataset.dagster_home)
    if not dataset.synthetic:
        _add_inbox(archive, manifest, dataset.inbox)
    text = json.dumps(vars(manifest), indent=1).encode("ascii")
    member = tarfile.TarInfo(MANIFEST)
    member.size = len(text)
    archive.addfile(member, io.BytesIO(text))
    return manifest


def _refuse_unreadable(dataset: Dataset) -> None:
    if not dataset.database.is_file():
        raise BackupError(f"dataset '{dataset.name}' has no warehouse yet")
    try:
        with duckdb.connect(str(dataset.database), read_only=True) as connection:
            read_through(connection)
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise BackupError(
            f"{dataset.database} is damaged, so that a backup would be worth nothing ({first_line})"
        ) from None


def _add_history(archive: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "copy.db")
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            if path.name.endswith(("-wal", "-shm", "-journal")):
                continue
            try:
                if path.suffix == ".db":
                    atomic.remove(copy)
                    run_history.copy_database(path, copy)
                    _add(archive, manifest, f"{HISTORY}/{name}", copy)
                else:
                    _add(archive, manifest, f"{HISTORY}/{name}", path)
            except FileNotFoundError:  # A run that goes on tidies up.
                continue
            except sqlite3.Error as error:
                manifest.remarks.append(f"left out of the history of runs: {name} ({error})")


def _add_inbox(archive: tarfile.TarFile, manifest: Manifest, inbox: Path) -> None:
    try:
        paths = sorted(path for path in inbox.iterdir() if _is_plain(path))
    except OSError as error:
        manifest.remarks.append(f"the inbox {inbox} cannot be read: {error.strerror}")
        return
    for path in paths:
        try:
            before = path.stat()
            _add(archive, manifest, f"{INBOX}/{path.name}", path)
        except PermissionError as error:
            manifest.remarks.append(f"left out of the inbox: {path.name} ({error.strerror})")
            continue
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            manifest.remarks.append(f"changed while it was copied: {path.name}")


def _add(archive: tarfile.TarFile, manifest: Manifest, name: str, path: Path) -> None:
    with path.open("rb") as file:
        member = archive.gettarinfo(arcname=name, fileobj=file)
        member.uname = member.gname = ""
        reader = _Hashed(file)
        archive.addfile(member, reader)  # type: ignore[arg-type]
    manifest.members[name] = {"sha256": reader.digest.hexdigest(), "bytes": member.size}


class _Hashed:
    """A file that hashes what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self.file.read(size)
        self.digest.update(content)
        return content


def restore(archive: Path, home: Path, expected: str | None, *, force: bool) -> Restored:
    """Put the dataset of an archive in place below `home`.

    Raises `BackupError`, with nothing changed, where the archive is none, damaged, of a newer
    version or another dataset than `expected`, where the dataset exists and `force` is not given,
    and where it is being refreshed; `OSError` where the disk does not take it.
    """
    warehouses = home / "warehouse"
    warehouses.mkdir(parents=True, exist_ok=True)
    with FileLock(warehouses / ".restore.lock"):
        aside = warehouses / ".restoring"
        atomic.remove(aside)
        try:
            aside.mkdir()
            manifest = _unpack(archive, aside)
            if expected is not None and manifest.dataset != expected:
                raise BackupError(
                    f"{archive} holds the dataset '{manifest.dataset}', not '{expected}'; to look "
                    "at it beside the present one, restore it with another AMI_HOME"
                )
            try:
                dataset = Dataset(manifest.dataset, Path(manifest.inbox), home)
            except DatasetError as error:
                raise _damaged(archive, str(error)) from None
            _refuse_newer(archive, aside, manifest)
            with _locked(dataset):
                if not force and (dataset.database.exists() or dataset.results.exists()):
                    raise BackupError(
                        f"dataset '{dataset.name}' exists; to replace it by the backup of "
                        f"{manifest.published_at}, add --force"
                    )
                return _swap_in(aside, dataset, manifest)
        finally:
            atomic.remove(aside)


@contextmanager
def _locked(dataset: Dataset) -> Iterator[None]:
    dataset.folder.mkdir(exist_ok=True)
    try:
        with dataset.lock.acquire():
            yield
    except Timeout:
        raise InUse(IN_USE.format(dataset.name)) from None


def _unpack(archive: Path, aside: Path) -> Manifest:
    """Unpack everything to `aside`, and return the manifest that all of it agrees with."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                name = PurePosixPath(member.name)
                if not member.isreg() or not _is_ours(name) or member.name in found:
                    raise BackupError(
                        f"{archive} was not written by ami backup: it holds {member.name!r}; "
                        "nothing was restored"
                    )
                members.extract(member, aside, set_attrs=False, filter="data")
                os.utime(aside / name, (member.mtime, member.mtime))
                with (aside / name).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                found[member.name] = {"sha256": digest, "bytes": member.size}
            # To the end of the file, where gzip keeps its own sum.
            while members.fileobj.read(2**20):
                pass
    except FileNotFoundError:
        raise BackupError(f"there is no file {archive}") from None
    except IsADirectoryError:
        raise BackupError(f"{archive} is a folder: name the file that ami backup wrote") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(archive, str(error)) from None
    found.pop(MANIFEST, None)
    try:
        manifest = Manifest(**json.loads((aside / MANIFEST).read_text(encoding="ascii")))
    except FileNotFoundError:
        raise _damaged(archive, "its end is missing") from None
    except (ValueError, TypeError):
        raise _damaged(archive, "its manifest is none of this version") from None
    if manifest.format > FORMAT:
        raise BackupError(
            f"{archive} was written by a newer version (ami {manifest.versions.get('ami')}): "
            "upgrade, then restore it"
        )
    if wrong := {name for name in found | manifest.members
                 if found.get(name) != manifest.members.get(name)}:  # fmt: skip
        raise _damaged(archive, f"not as the manifest says: {', '.join(sorted(wrong)[:3])}")
    if DATABASE not in found:
        raise _damaged(archive, "it holds no database")
    return manifest


def _refuse_newer(archive: Path, aside: Path, manifest: Manifest) -> None:
    """Refuse a database of a newer DuckDB, or with raw columns that this version would drop."""
    known = _raw_columns(duckdb.connect(), create=True)
    try:
        with duckdb.connect(str(aside / DATABASE), read_only=True) as connection:
            unknown = _raw_columns(connection) - known
            read_through(connection)
    except duckdb.Error as error:
        made_by = manifest.versions.get("duckdb")
        raise BackupError(
            f"the database in {archive}, made by DuckDB {made_by}, cannot be read by DuckDB "
            f"{duckdb.__version__} ({str(error).splitlines()[0]})"
        ) from None
    if unknown:
        raise BackupError(
            f"{archive} was written by a newer version (ami {manifest.versions.get('ami')}), which "
            f"keeps more: {', '.join(sorted(unknown))}; upgrade, then restore it"
        )


def _raw_columns(connection: duckdb.DuckDBPyConnection, *, create: bool = False) -> set[str]:
    if create:
        connection.execute(raw.SCHEMA)
    rows = connection.execute(
        "select table_name || '.' || column_name from duckdb_columns() where schema_name = 'raw'"
    ).fetchall()
    return {name for (name,) in rows}


def _swap_in(aside: Path, dataset: Dataset, manifest: Manifest) -> Restored:
    dataset.finish_publication()
    remarks = list(manifest.remarks)
    parts = {aside / DATABASE: dataset.database, aside / RESULTS: dataset.results}
    if (aside / HISTORY).is_dir():
        parts[aside / HISTORY] = dataset.dagster_home
    if (aside / STATE).is_dir():
        parts |= {path: dataset.folder / path.name for path in (aside / STATE).iterdir()}
    if (aside / INBOX).is_dir():
        if dataset.inbox.is_dir():
            remarks += _differences(dataset.inbox, manifest)
        else:
            copy = dataset.folder / INBOX
            parts[aside / INBOX] = copy
            (aside / STATE).mkdir(exist_ok=True)
            atomic.write_text(aside / STATE / dataset.inbox_file.name, f"{copy}\n")
            parts[aside / STATE / dataset.inbox_file.name] = dataset.inbox_file
            remarks.append(
                f"the inbox {dataset.inbox} is not here: its files are in {copy}, and a refresh "
                "reads them there"
            )
    (aside / RESULTS).mkdir(exist_ok=True)
    dataset.results.parent.mkdir(exist_ok=True)
    try:
        for part, target in parts.items():
            atomic.remove(atomic.staged(target))
            shutil.move(part, atomic.staged(target))
        with dataset.publishing:
            atomic.remove(dataset.database.with_suffix(".duckdb.wal"))
            atomic.commit(dataset.journal, parts.values())
    except OSError:
        if not dataset.journal.exists():
            atomic.discard(parts.values())
        raise
    return Restored(dataset, manifest, tuple(remarks))


def _differences(inbox: Path, manifest: Manifest) -> Iterator[str]:
    """In which files an inbox that is there, and stays as it is, is not that of the backup."""
    for name, member in manifest.members.items():
        path = PurePosixPath(name)
        if path.parts[0] != INBOX:
            continue
        here = inbox / path.name
        try:
            with here.open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == member["sha256"]
        except OSError:
            same = False
        if not same:
            what = "is another file now" if here.exists() else "is not in the inbox any more"
            yield f"{path.name} {what}; as it was, it is in the archive as {name}"


def _is_ours(name: PurePosixPath) -> bool:
    if name.is_absolute() or ".." in name.parts:
        return False
    if len(name.parts) == 1:
        return name.name in (DATABASE, MANIFEST)
    if name.parts[0] == STATE:
        return _is_state(name.parts[1])
    return name.parts[0] in (RESULTS, HISTORY) or (name.parts[0] == INBOX and len(name.parts) == 2)


def _is_state(name: str) -> bool:
    return not any(PurePosixPath(name).match(pattern) for pattern in NOT_STATE)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if _is_plain(path))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _versions() -> dict[str, str]:
    return {
        "ami": version("ami-warehouse"),
        "duckdb": duckdb.__version__,
        "python": platform.python_version(),
    }


def _moment(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="seconds")


def _damaged(archive: Path, why: str) -> BackupError:
    return BackupError(f"{archive} is damaged or no backup of ami: {why}; nothing was restored")
