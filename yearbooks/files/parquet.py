"""Parquet files: their columns as texts, below a row of their names."""

import io

import pyarrow as pa
import pyarrow.compute as pc

from yearbooks.cells import Sheet
from yearbooks.errors import FileFault

MARK = b"PAR1"
MAX_CHARACTERS = 50_000_000  # one text may stand in every row, and costs nothing in the file


def sheet(content: bytes, max_fields: int) -> Sheet:
    """The plain columns of a file as texts, below a row of their names, numbered 0.

    Null is the empty string, numbers are in the shortest form that reads back. Columns of lists and
    records, which no cell could show, are left out. Raises `FileFault` where the file is damaged or
    too large.
    """
    # Slow to load, and few files are of this kind.
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        plain = [each.name for each in file.schema_arrow if not pa.types.is_nested(each.type)]
        if file.metadata.num_rows * len(plain) > max_fields:
            raise FileFault("too_large", f"a table of no more than {max_fields:,} fields")
        # As dictionaries, so that no text is written out before it is known how often.
        table = pq.ParquetFile(io.BytesIO(content), read_dictionary=plain).read(columns=plain)
        if sum(map(_characters, table.columns)) > MAX_CHARACTERS:
            raise FileFault("too_large", f"a table of no more than {MAX_CHARACTERS:,} characters")
        columns = [column.cast(pa.string()).fill_null("").to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError) as error:
        raise FileFault(
            "unreadable_file", f"a whole Parquet file of plain columns; {error}"
        ) from None
    records = zip(*columns, strict=True)
    rows = ((number, list(row)) for number, row in enumerate(records, 1))
    return Sheet("", ((0, list(table.column_names)), *rows))


def _characters(column: pa.ChunkedArray) -> int:
    """How long the texts of a column are together, in bytes."""
    return sum(
        pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
        for chunk in column.chunks
        if pa.types.is_dictionary(chunk.type) and not pa.types.is_primitive(chunk.type.value_type)
    )
