"""Lands the files of an inbox in schema `raw`: every cell read becomes one row, here or there.

A cell that is understood becomes a row of `raw.observations`, any other a row of `raw.set_aside`
with its reason; `raw.files` counts both. Rows are only ever added. Values stay as printed, in
their printed unit: conversion, editions and gaps are dbt's business.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.errors import FileFault, IntakeError, MomentaryFault
from yearbooks.inbox import listed
from yearbooks.reading import FileReading, code_fingerprint, read, unread
from yearbooks.resolution import resolve
from yearbooks.source import Source, file_name
from yearbooks.untrusted import visible

# What a reading of a file consists of, apart from the reasons for what was set aside.
READING = [
    *("item_code", "province_code", "year", "value", "mark", "unit"),
    *("yearbook", "yearbook_table", "edition"),
]

SCHEMA = """
create schema if not exists raw;

create table if not exists raw.files (
    dataset varchar not null,
    load_seq integer not null,
    source_file varchar not null,
    source_hash varchar not null,
    reader varchar,
    size_bytes bigint not null,
    cells_read bigint not null,
    cells_landed bigint not null,
    cells_set_aside bigint not null,
    catalogue_hash varchar not null,
    reading_hash varchar not null,
    loaded_at timestamp not null,
    primary key (dataset, load_seq)
);

create table if not exists raw.observations (
    dataset varchar not null,
    load_seq integer not null,
    source_file varchar not null,
    source_hash varchar not null,
    source_sheet varchar not null,
    source_row integer not null,
    source_column varchar not null,
    yearbook varchar,
    yearbook_table varchar,
    edition integer not null,
    edition_printed varchar,
    item_code varchar not null,
    item_printed varchar not null,
    province_code varchar not null,
    province_printed varchar not null,
    year integer not null,
    year_printed varchar,
    value_printed varchar not null,
    value double,
    mark varchar,
    is_computed boolean not null,
    unit varchar not null,
    unit_printed varchar not null,
    footnotes varchar,
    rule varchar,
    loaded_at timestamp not null,
    check ((value is null) <> (mark is null))
);

create table if not exists raw.set_aside (
    dataset varchar not null,
    load_seq integer not null,
    source_file varchar not null,
    source_hash varchar not null,
    source_sheet varchar not null,
    source_row integer,
    source_column varchar,
    item_printed varchar,
    province_printed varchar,
    year_printed varchar,
    value_printed varchar,
    unit_printed varchar,
    edition_printed varchar,
    yearbook_printed varchar,
    reason varchar not null,
    expected varchar not null,
    rule varchar,
    loaded_at timestamp not null
);

-- A warehouse made before workbooks were read lacks these. Its files had no sheets and no formulas;
-- years and editions as printed stay unknown until a file lands anew, and so does the rule by which
-- a cell was read. Its yearbooks, tables and editions may have been filled in for a silent file.
alter table raw.observations add column if not exists source_sheet varchar default '';
alter table raw.observations add column if not exists is_computed boolean default false;
alter table raw.observations add column if not exists year_printed varchar;
alter table raw.observations add column if not exists edition_printed varchar;
alter table raw.observations add column if not exists rule varchar;
alter table raw.observations alter column yearbook drop not null;
alter table raw.observations alter column yearbook_table drop not null;
alter table raw.set_aside add column if not exists source_sheet varchar default '';
alter table raw.set_aside add column if not exists edition_printed varchar;
alter table raw.set_aside add column if not exists yearbook_printed varchar;
alter table raw.set_aside add column if not exists rule varchar;
"""


@dataclass(frozen=True)
class FileResult:
    """What became of one file; `is_new` is False where the same content had landed before.

    The counts are those of the load in `raw.files`; `cells_computed` of those that landed are
    stored results of formulas. A file that could not be read at all counts as one cell, set aside;
    where an earlier load of it is there, that counts, and `not_now` says why it was not read.
    Raises `ArithmeticError` where the counts do not add up.
    """

    source_file: str
    load_seq: int
    reader: str | None
    is_new: bool
    cells_read: int
    cells_landed: int
    cells_set_aside: int
    cells_computed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    not_now: str = ""

    def __post_init__(self) -> None:
        accounted = self.cells_landed + self.cells_set_aside
        if not self.cells_read == accounted == self.cells_landed + sum(self.reasons.values()):
            raise ArithmeticError(
                f"{self.source_file}: {self.cells_read} cells read, but {self.cells_landed} landed "
                f"and {self.cells_set_aside} set aside ({self.reasons})"
            )


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
                "  no longer in the inbox, but still in the warehouse and counting: "
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
            before = _result(connection, dataset, load_before, is_new=False)
            return replace(before, not_now=str(fault))
        # Without content there is no hash of it: the empty bytes stand in, so that the same
        # failure is recorded once and the file lands as soon as it can be read.
        source, refused = Source(file_name(path), b""), unread(fault)

    context = hashlib.sha256(
        "/".join([catalogue.fingerprint, releases.fingerprint, code_fingerprint()]).encode()
        + (source.mapping or b"")
    ).hexdigest()
    same_content = content_before == source.hash
    is_settled = context_before == context and not _was_ahead(
        connection, dataset, load_before, loaded_at
    )
    if same_content and is_settled and refused is None:
        return _result(connection, dataset, load_before, is_new=False)

    found = refused or read(source, catalogue)
    observations, set_aside = resolve(
        found.cells, catalogue, loaded_at.year, releases.of(dataset, source.name)
    )
    reading = _hash(observations[READING], set_aside[["reason"]])
    if same_content and reading_before == reading:
        return _result(connection, dataset, load_before, is_new=False)
    connection.begin()
    try:
        (last,) = connection.execute(
            "select coalesce(max(load_seq), 0) from raw.files where dataset = ?", [dataset]
        ).fetchone() or (0,)
        load = {
            "dataset": dataset,
            "load_seq": last + 1,
            "source_file": source.name,
            "source_hash": source.hash,
            "loaded_at": loaded_at,
        }
        landed = _append(connection, "observations", observations.assign(**load))
        aside = _append(connection, "set_aside", set_aside.assign(**load))
        file = {
            "reader": found.reader,
            "size_bytes": len(source.content),
            "cells_read": len(found.cells),
            "cells_landed": landed,
            "cells_set_aside": aside,
            "catalogue_hash": context,
            "reading_hash": reading,
        }
        _append(connection, "files", pd.DataFrame([load | file]))
        result = _result(connection, dataset, last + 1, is_new=True)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    return result


def _was_ahead(
    connection: duckdb.DuckDBPyConnection, dataset: str, load_seq: int | None, now: datetime
) -> bool:
    """Whether a load has figures that were, or by the clock of now are, about years to come."""
    (found,) = connection.execute(
        "select exists (from raw.set_aside where dataset = $1 and load_seq = $2"
        " and reason = 'future_year')"
        " or exists (from raw.observations where dataset = $1 and load_seq = $2 and year > $3)",
        [dataset, load_seq, now.year],
    ).fetchone() or (False,)
    return bool(found)


def _hash(*frames: pd.DataFrame) -> str:
    """SHA-256 of what the frames say."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _append(connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> int:
    """Adds the frame's columns of the same name to `raw.<table>`; returns the rows added."""
    described = connection.execute(f"select * from raw.{table} limit 0").description
    names = [column[0] for column in described]
    connection.register("intake_rows", pa.Table.from_pandas(frame[names], preserve_index=False))
    try:
        added = connection.execute(
            f"insert into raw.{table} by name select * from intake_rows"
        ).fetchone()
    finally:
        connection.unregister("intake_rows")
    return int(added[0]) if added else 0


def _result(
    connection: duckdb.DuckDBPyConnection, dataset: str, load_seq: int, *, is_new: bool
) -> FileResult:
    """What the raw tables say about one load."""
    load = [dataset, load_seq]
    counts = connection.execute(
        "select source_file, load_seq, reader, cells_read, cells_landed, cells_set_aside "
        "from raw.files where dataset = ? and load_seq = ?",
        load,
    ).fetchone()
    assert counts is not None
    reasons = connection.execute(
        "select reason, count(*) from raw.set_aside where dataset = ? and load_seq = ? "
        "group by reason order by reason",
        load,
    ).fetchall()
    (computed,) = connection.execute(
        "select count(*) from raw.observations where dataset = ? and load_seq = ? and is_computed",
        load,
    ).fetchone() or (0,)
    name, load_seq, reader, read, landed, aside = counts
    return FileResult(name, load_seq, reader, is_new, read, landed, aside, computed, dict(reasons))
