"""A dataset from one file: what `ami restore` does.

Nothing is replaced before all of an archive is unpacked aside and verified; then it is swapped in
as a refresh is.
"""

import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from ami import atomic
from ami.archive import (
    DATABASE,
    FORMAT,
    HISTORY,
    INBOX,
    MANIFEST,
    RESULTS,
    STATE,
    BackupError,
    Manifest,
    is_ours,
)
from ami.dataset import Dataset, DatasetError
from ami.warehouse import IN_USE, read_through
from yearbooks import raw


class InUse(RuntimeError):
    """The dataset is being refreshed at this moment."""


@dataclass(frozen=True)
class Restored:
    """What a restore put in place, and what it has to say about the inbox."""

    dataset: Dataset
    manifest: Manifest
    remarks: tuple[str, ...]


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
    found = _extract(archive, aside)
    found.pop(MANIFEST, None)
    try:
        manifest = Manifest.from_json((aside / MANIFEST).read_text(encoding="ascii"))
    except FileNotFoundError:
        raise _damaged(archive, "its end is missing") from None
    except (ValueError, TypeError):
        raise _damaged(archive, "its manifest is not of this version") from None
    if manifest.format > FORMAT:
        raise BackupError(
            f"{archive} was written by a newer version (ami {manifest.versions.get('ami')}): "
            "upgrade, then restore it"
        )
    names = found | manifest.members
    if wrong := [name for name in names if found.get(name) != manifest.members.get(name)]:
        raise _damaged(archive, f"not as the manifest says: {', '.join(sorted(wrong)[:3])}")
    if DATABASE not in found:
        raise _damaged(archive, "it holds no database")
    return manifest


def _extract(archive: Path, aside: Path) -> dict[str, dict[str, Any]]:
    """Unpack to `aside`; what was found, in the form of the manifest's `members`."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                name = PurePosixPath(member.name)
                if not member.isreg() or not is_ours(name) or member.name in found:
                    raise BackupError(
                        f"{archive} was not written by ami backup: it holds {member.name!r}; "
                        "nothing was restored"
                    )
                members.extract(member, aside, set_attrs=False, filter="data")
                os.utime(aside / name, (member.mtime, member.mtime))
                with (aside / name).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                found[member.name] = {"sha256": digest, "bytes": member.size}
            assert members.fileobj is not None
            # To the end of the file, where gzip keeps its own sum.
            while members.fileobj.read(2**20):
                pass
    except FileNotFoundError:
        raise BackupError(f"there is no file {archive}") from None
    except IsADirectoryError:
        raise BackupError(f"{archive} is a folder: name the file that ami backup wrote") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(archive, str(error)) from None
    return found


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
            what = "is another file now" if here.exists() else "is no longer in the inbox"
            yield f"{path.name} {what}; as it was, it is in the archive as {name}"


def _damaged(archive: Path, why: str) -> BackupError:
    return BackupError(f"{archive} is damaged or not a backup of ami: {why}; nothing was restored")
