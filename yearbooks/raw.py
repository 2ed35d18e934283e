"""The tables of schema `raw`: every cell that was read is a row of one of them, for good.

Rows are only ever added. A cell that is understood becomes a row of `raw.observations`, any other a
row of `raw.set_aside` with its reason; `raw.files` counts both. Values stay as printed, in their
printed unit: conversion, editions and gaps are dbt's business.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

# What each row of a load repeats of it.
LOAD = ("dataset", "load_seq", "source_file", "source_hash", "loaded_at")

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
    check ((value is null) <> (mark is null)),
    check (value is null or isfinite(value))
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


def record(
    connection: duckdb.DuckDBPyConnection,
    file: dict[str, Any],
    observations: pd.DataFrame,
    set_aside: pd.DataFrame,
) -> FileResult:
    """Writes one load, whole or not at all.

    `file` has the columns of `raw.files` that are not counted here: dataset, source_file,
    source_hash, loaded_at, reader, size_bytes, cells_read, catalogue_hash, reading_hash.
    Raises `ArithmeticError`, with nothing written, should a cell be lost.
    """
    dataset = file["dataset"]
    connection.begin()
    try:
        (last,) = connection.execute(
            "select coalesce(max(load_seq), 0) from raw.files where dataset = ?", [dataset]
        ).fetchone() or (0,)
        file = file | {"load_seq": last + 1}
        load = {name: file[name] for name in LOAD}
        landed = _append(connection, "observations", observations.assign(**load))
        aside = _append(connection, "set_aside", set_aside.assign(**load))
        counted = {"cells_landed": landed, "cells_set_aside": aside}
        _append(connection, "files", pd.DataFrame([file | counted]))
        recorded = result(connection, dataset, last + 1, is_new=True)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    return recorded


def was_ahead(
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


def result(
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
