"""A dataset in one file: what `ami backup` does. What is in a warehouse belongs to others."""

import hashlib
import io
import platform
import sqlite3
import tarfile
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import duckdb

from ami import atomic, run_history
from ami.archive import (
    DATABASE,
    HISTORY,
    INBOX,
    MANIFEST,
    RESULTS,
    STATE,
    BackupError,
    Manifest,
    is_plain,
    is_state,
    moment,
    plain_files,
)
from ami.dataset import Dataset
from ami.warehouse import read_through, reading


def back_up(dataset: Dataset, place: Path | None) -> tuple[Path, Manifest]:
    """Write the last good state of `dataset` to a new archive, also while a refresh runs.

    `place` is the file, or a folder that is given a file named by dataset and time; without it, the
    folder `backups` beside the warehouse. Raises `DatasetError` where there is nothing to back up,
    `WarehouseError` where it is damaged, `BackupError` where the file exists, `OSError` where the
    disk does not take it; a half archive never stays.
    """
    if not dataset.journal.is_file():  # Else a publication is carried to its end below.
        dataset.to_read()
    target = place or dataset.home / "backups"
    if place is None:
        target.mkdir(exist_ok=True)
    if target.is_dir():
        target = target / f"{dataset.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    if target.exists():
        raise BackupError(f"{target} exists; name a file that does not")
    new = atomic.staged(target)
    try:
        # Refreshes go on; their publishing waits until what is published now is copied.
        with dataset.publishing, tarfile.open(new, "w:gz", compresslevel=6) as archive:
            atomic.recover(dataset.journal)
            manifest = _write(archive, dataset)
        atomic.put(new, target)
    finally:
        atomic.remove(new)
    return target, manifest


def _write(archive: tarfile.TarFile, dataset: Dataset) -> Manifest:
    # A backup of a damaged one would be worth nothing.
    with reading(dataset.database) as connection:
        read_through(connection)
    manifest = Manifest(
        dataset=dataset.name,
        published_at=moment(dataset.database.stat().st_mtime),
        inbox="" if dataset.is_demo else str(dataset.inbox),
        versions=_versions(),
    )
    _add(archive, manifest, DATABASE, dataset.database)
    for path in plain_files(dataset.results):
        _add(archive, manifest, f"{RESULTS}/{path.relative_to(dataset.results).as_posix()}", path)
    for path in plain_files(dataset.folder):
        name = path.relative_to(dataset.folder)
        if is_state(name.parts[0]):
            _add(archive, manifest, f"{STATE}/{name.as_posix()}", path)
    _add_history(archive, manifest, dataset.dagster_home)
    if not dataset.is_demo:
        _add_inbox(archive, manifest, dataset.inbox)
    text = manifest.to_json().encode("ascii")
    member = tarfile.TarInfo(MANIFEST)
    member.size = len(text)
    archive.addfile(member, io.BytesIO(text))
    return manifest


def _add_history(archive: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "copy.db")
        for path in plain_files(folder):
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
        paths = sorted(path for path in inbox.iterdir() if is_plain(path))
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
        archive.addfile(member, reader)
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


def _versions() -> dict[str, str]:
    return {
        "ami": version("ami-warehouse"),
        "duckdb": duckdb.__version__,
        "python": platform.python_version(),
    }
