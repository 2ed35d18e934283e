"""Lands the files of an inbox in schema `raw`: every cell read becomes one row, here or there.

Whether a file says anything new is decided here; how the rows are kept is `yearbooks.raw`'s.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.errors import FileFault, IntakeError, MomentaryFault
from yearbooks.inbox import listed
from yearbooks.raw import SCHEMA, FileResult, record, result, was_ahead
from yearbooks.reading import FileReading, code_fingerprint, read, unread
from yearbooks.resolution import resolve
from yearbooks.source import Source, file_name
from yearbooks.untrusted import visible

# What a reading of a file consists of, apart from the reasons for what was set aside.
READING = [
    *("item_code", "province_code", "year", "value", "mark", "unit"),
    *("yearbook", "yearbook_table", "edition"),
]


@dataclass(frozen=True)
class IntakeReport:
    """The outcome of one `land`: a result for each file, and the names not taken for yearbooks.

    `no_longer_there` are files that landed once and are not in the inbox now: their figures count.
    """

    dataset: str
    loaded_at: datetime
    files: tuple[FileResult, ...]
    not_yearbooks: tuple[str, ...]
    no_longer_there: tuple[str, ...]

    @property
    def new_files(self) -> tuple[FileResult, ...]:
        """The files that this run landed."""
        return tuple(file for file in self.files if file.is_new)

    @property
    def cells_read(self) -> int:
        return sum(file.cells_read for file in self.new_files)

    @property
    def cells_landed(self) -> int:
        return sum(file.cells_landed for file in self.new_files)

    @property
    def cells_set_aside(self) -> int:
        return sum(file.cells_set_aside for file in self.new_files)

    def summary(self) -> str:
        """Plain text for a person: the arithmetic of the run, then of each file."""
        lines = [
            f"{self.dataset}: {len(self.new_files)} of {len(self.files)} files new; "
            + _arithmetic(self.cells_read, self.cells_landed, self.cells_set_aside)
        ]
        for file in self.files:
            counts = _arithmetic(file.cells_read, file.cells_landed, file.cells_set_aside)
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in file.reasons.items())
            lines.append(
                f"  {visible(file.source_file)}: {'' if file.is_new else 'landed before; '}"
                f"load {file.load_seq}, {counts}" + (f" ({reasons})" if reasons else "")
            )
            if file.not_now:
                lines.append(
                    f"    could not be read now; what it said before counts: {file.not_now}"
                )
            if file.cells_computed:
                lines.append(
                    f"    {file.cells_computed:,} of the figures are results of formulas, "
                    "as stored in the file"
                )
        if self.no_longer_there:
            lines.append(
                "  no longer in the inbox, but still in the warehouse, and counted: "
                + ", ".join(map(visible, self.no_longer_there))
            )
        if self.not_yearbooks:
            names = ", ".join(map(visible, self.not_yearbooks))
            lines.append(f"  not taken for yearbooks: {names}")
        return "\n".join(lines)


def _arithmetic(read: int, landed: int, aside: int) -> str:
    return f"{read:,} cells read = {landed:,} landed + {aside:,} set aside"


def land(
    inbox: Path,
    dataset: str,
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    releases: Releases,
    *,
    loaded_at: datetime | None = None,
) -> IntakeReport:
    """Reads each file of `inbox`, by name, and adds its cells to schema `raw`.

    What `yearbooks.inbox` takes for no yearbook is left alone and reported. The layout is
    recognised by content. Each file is one transaction; a file that cannot be read is
    one row of `raw.set_aside` and does not stop the others. A file whose content is that of its
    last load adds nothing, unless its cells now mean something else because the catalogue, a
    release, its mapping file, a reader or the year of figures still to come has changed; in that
    case, as when its content changed, it lands beside the old with the next `load_seq`. A file that
    cannot be read at this moment is set aside only where it never landed.
    `loaded_at` is the time of the whole run, now if not given.

    Raises `IntakeError` where the inbox is missing, is no folder or has no yearbook in it, and
    `ArithmeticError`, with that file rolled back, should a cell ever get lost.
    """
    files, not_yearbooks = listed(inbox)
    if not files:
        raise IntakeError(
            f"inbox {inbox} holds no yearbook files: expected workbooks (.xlsx, .xls), CSV or "
            "Parquet, directly in the folder"
            + (f"; found only {', '.join(map(visible, not_yearbooks))}" if not_yearbooks else "")
        )
    moment = (loaded_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    connection.execute(SCHEMA)
    results = tuple(
        _land_file(path, dataset, connection, catalogue, releases, moment) for path in files
    )
    landed = connection.execute(
        "select distinct source_file from raw.files where dataset = ? order by source_file",
        [dataset],
    ).fetchall()
    present = {result.source_file for result in results}
    return IntakeReport(
        dataset=dataset,
        loaded_at=moment,
        files=results,
        not_yearbooks=tuple(not_yearbooks),
        no_longer_there=tuple(name for (name,) in landed if name not in present),
    )


def _land_file(
    path: Path,
    dataset: str,
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    releases: Releases,
    loaded_at: datetime,
) -> FileResult:
    refused: FileReading | None = None
    last_load = connection.execute(
        "select load_seq, source_hash, catalogue_hash, reading_hash from raw.files "
        "where dataset = ? and source_file = ? order by load_seq desc limit 1",
        [dataset, file_name(path)],
    ).fetchone()
    load_before, content_before, context_before, reading_before = last_load or (None,) * 4
    try:
        source = Source.open(path)
    except FileFault as fault:
        # A load of its own would make what it says later the newer of two files.
        if isinstance(fault, MomentaryFault) and last_load:
            before = result(connection, dataset, load_before, is_new=False)
            return replace(before, not_now=str(fault))
        # Without content there is no hash of it: the empty bytes stand in, so that the same
        # failure is recorded once and the file lands as soon as it can be read.
        source, refused = Source(file_name(path), b""), unread(fault)

    context = hashlib.sha256(
        "/".join([catalogue.fingerprint, releases.fingerprint, code_fingerprint()]).encode()
        + (source.mapping or b"")
    ).hexdigest()
    same_content = content_before == source.hash
    is_settled = context_before == context and not was_ahead(
        connection, dataset, load_before, loaded_at
    )
    if same_content and is_settled and refused is None:
        return result(connection, dataset, load_before, is_new=False)

    found = refused or read(source, catalogue)
    observations, set_aside = resolve(
        found.cells, catalogue, loaded_at.year, releases.of(dataset, source.name)
    )
    reading = _hash(observations[READING], set_aside[["reason"]])
    if same_content and reading_before == reading:
        return result(connection, dataset, load_before, is_new=False)
    file = {
        "dataset": dataset,
        "source_file": source.name,
        "source_hash": source.hash,
        "loaded_at": loaded_at,
        "reader": found.reader,
        "size_bytes": len(source.content),
        "cells_read": len(found.cells),
        "catalogue_hash": context,
        "reading_hash": reading,
    }
    return record(connection, file, observations, set_aside)


def _hash(*frames: pd.DataFrame) -> str:
    """SHA-256 of what the frames say."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()
