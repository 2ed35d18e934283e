"""Sheets made of a few rows, and what becomes of them; every figure is invented."""

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Place, Sheet
from yearbooks.layouts.yearbook_table import read
from yearbooks.mapping import SheetMapping
from yearbooks.resolution import resolve

Rows = list[list[str]]
Merge = tuple[int, int, int, int]


def sheet(rows: Rows, *merged: Merge, name: str = "") -> Sheet:
    """A workbook's sheet; `merged` holds first and last row (from 1), first and last column (0)."""
    width = max(map(len, rows))
    covered: dict[Place, Place] = {
        (row, column): (top, left)
        for top, bottom, left, right in merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (row, column) != (top, left)
    }
    padded = ((number, [*row, *[""] * (width - len(row))]) for number, row in enumerate(rows, 1))
    return Sheet(name, tuple((number, texts) for number, texts in padded if any(texts)), covered)


def read_rows(
    rows: Rows, catalogue: Catalogue, *merged: Merge, name: str = "2020", **stated: str
) -> tuple[dict[tuple[str, str], float], dict[str, str]]:
    """What lands, {(item, province): value}, and what is expected of the rest by reason.

    stated: what a mapping file states of the sheet.
    """
    mapping = SheetMapping(**stated) if stated else None  # type: ignore[arg-type]
    reading = read(sheet(rows, *merged, name=name), catalogue, mapping)
    landed, aside = resolve(reading.cells, catalogue, 2026)
    figures = {
        (row.item_code, row.province_code): row.value for row in landed.itertuples(index=False)
    }
    return figures, dict(zip(aside["reason"], aside["expected"], strict=True))
