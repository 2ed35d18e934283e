"""Which kind a file is, by its content alone; and what is special to Parquet."""

import io

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from open_documents import ods

from yearbooks.errors import FileFault
from yearbooks.files import kinds, parquet


def as_parquet(table: pa.Table | pd.DataFrame, **options: object) -> bytes:
    content = io.BytesIO()
    table = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table)
    pq.write_table(table, content, **options)
    return content.getvalue()


def test_the_kind_is_told_by_content() -> None:
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    for content, kind in {
        as_parquet(pd.DataFrame({"a": [1]})): "Parquet",
        book.getvalue(): "workbook (.xlsx)",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "workbook (.xls)",
        ods(""): "workbook (.ods)",
        "\n<!-- 网页 --><html>".encode("gb18030"): "web page",
        b"province,year": "text",
        b"a\0b": "text",
    }.items():
        assert kinds.kind_of(content) == kind


def test_columns_of_parquet_are_texts_but_for_lists() -> None:
    frame = pd.DataFrame({"a": pd.Categorical(["x", None]), "b": [1.5, None], "c": [[1], [2]]})
    (sheet,) = kinds.sheets(as_parquet(frame))
    assert sheet.rows == ((0, ["a", "b"]), (1, ["x", "1.5"]), (2, ["", ""]))


def test_a_text_that_stands_in_every_row_of_parquet_is_counted_before_it_is_written_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = as_parquet(pa.table({"a": ["x" * 100] * 1000, "b": range(1000)}))
    assert len(content) < 10_000
    (sheet,) = kinds.sheets(content)
    assert len(sheet.rows) == 1001
    monkeypatch.setattr(parquet, "MAX_CHARACTERS", 99_999)
    with pytest.raises(FileFault) as fault:
        kinds.sheets(content)
    assert fault.value.reason == "too_large"
    with pytest.raises(FileFault) as fault:
        parquet.sheet(content, 1999)
    assert fault.value.reason == "too_large"
