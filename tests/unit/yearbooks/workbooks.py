"""Workbooks as a person would save them, for the tests that write the same table in many forms."""

import io
from collections.abc import Callable, Mapping, Sequence

import xlwt
from openpyxl import Workbook


def write_workbook(
    sheets: Mapping[str, Sequence[Sequence[str]]],
    kind: str,
    typed: Callable[[str], float | str | None],
) -> bytes:
    """The sheets as .xlsx or .xls (`kind`); `typed` is what a person types for a text."""
    content = io.BytesIO()
    if kind == "xlsx":
        book = Workbook()
        book.remove(book.worksheets[0])
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append([typed(text) for text in row])
        book.save(content)
    else:
        old_book = xlwt.Workbook()
        for name, rows in sheets.items():
            old_sheet = old_book.add_sheet(name)
            for position, row in enumerate(rows):
                for column, text in enumerate(row):
                    old_sheet.write(position, column, typed(text))
        old_book.save(content)
    return content.getvalue()
