"""Reader of tidy tables, CSV or Parquet: one row a figure, columns named in the first row.

Required: province, year, item, value, unit. Optional: edition, yearbook, table, footnote. Case and
order of the names do not matter. Each row is one cell; other columns are not read.
"""

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from yearbooks.catalogue import match_key
from yearbooks.cells import Fault, cell_frame
from yearbooks.errors import FileFault
from yearbooks.source import Row, Source, delimiter_of, is_ragged

NAME = "tidy"
REQUIRED = ("province", "year", "item", "value", "unit")
KNOWN = (*REQUIRED, "edition", "yearbook", "table", "footnote")


def recognises(source: Source) -> bool:
    """True for Parquet, and for text whose first row names at least two required columns.

    Two, so that a table that lacks a column is told which one it lacks.
    """
    if source.is_parquet:
        return True
    names = {match_key(name.strip('"')) for name in _first_line(source).split(_delimiter(source))}
    return len(names.intersection(REQUIRED)) >= 2


def read(source: Source) -> pd.DataFrame:
    """The cells of the table (see `yearbooks.cells`).

    `source_row` is the line of the file, in Parquet the number of the record. Raises `FileFault`
    where a required column is missing, a column is named twice, or no row follows the header.
    """
    header, rows = _parquet(source) if source.is_parquet else _csv(source)
    columns = _columns(source.name, header)
    if not rows:
        raise FileFault("empty_file", "rows below the header")

    def text(fields: list[str], name: str) -> str:
        position = columns.get(name, len(fields))
        return fields[position] if position < len(fields) else ""

    ragged = Fault("ragged_row", f"{len(header)} fields, each under a heading")
    value_column = header[columns["value"]]
    cells: list[list[object]] = []
    for line_number, fields in rows:
        cells.append(
            [
                line_number,
                value_column,
                text(fields, "item"),
                text(fields, "province"),
                text(fields, "year"),
                text(fields, "value"),
                text(fields, "unit"),
                text(fields, "edition"),
                text(fields, "yearbook"),
                text(fields, "table"),
                text(fields, "footnote"),
                ragged if is_ragged(fields, header) else None,
            ]
        )
    return cell_frame(cells)


def _columns(file: str, header: list[str]) -> dict[str, int]:
    """The position of each column that this reader knows."""
    names = [match_key(name) for name in header]
    known = [name for name in names if name in KNOWN]
    missing = [name for name in REQUIRED if name not in known]
    if missing:
        raise FileFault(
            "missing_column",
            f"the columns {', '.join(REQUIRED)} in {file}; {', '.join(missing)} missing",
        )
    if len(known) != len(set(known)):
        raise FileFault("unrecognised_layout", f"each column of {file} named once")
    return {name: names.index(name) for name in known}


def _first_line(source: Source) -> str:
    return io.StringIO(source.text.lstrip(), newline=None).readline()


def _delimiter(source: Source) -> str:
    return delimiter_of(_first_line(source))


def _csv(source: Source) -> tuple[list[str], list[Row]]:
    (_, header), *rows = source.rows(_delimiter(source))
    return header, rows


def _parquet(source: Source) -> tuple[list[str], list[Row]]:
    """Columns as text, null as the empty string; numbers in the shortest form that reads back."""
    try:
        file = pq.ParquetFile(io.BytesIO(source.content))
        names = [name for name in file.schema_arrow.names if match_key(name) in KNOWN]
        table = file.read(columns=names)
        columns = [column.cast(pa.string()).fill_null("").to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError) as error:
        raise FileFault(
            "unreadable_file", f"a whole Parquet file of plain columns; {error}"
        ) from None
    records = zip(*columns, strict=True)
    return names, [(number, list(record)) for number, record in enumerate(records, start=1)]
