"""What all readers share: the table of cells they return, and how a figure or a year is read.

A reader returns a frame with one row a cell and the columns `CELL_COLUMNS`, every text exactly as
printed and the empty string where the file is silent; `fault` is a `Fault` where the reader itself
sets the cell aside, else None. Nothing here knows a layout, and nothing
here says what a label means (that is the catalogue's).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from yearbooks.catalogue import Catalogue

FIRST_YEAR, LAST_YEAR = 1949, 2100

CELL_COLUMNS = (
    "source_row",
    "source_column",
    "item_printed",
    "province_printed",
    "year_printed",
    "value_printed",
    "unit_printed",
    "edition_printed",
    "yearbook_printed",
    "table_printed",
    "footnotes",
    "fault",
)

# Width only. NFKC would also turn a footnote sign into a digit: 12.3 and a raised 1, or a circled
# one, would read as 12.31.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0x00A0: " ",
    0x2212: "-",
}
_WHOLE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)"
_NUMBER = re.compile(rf"[+-]?(?:{_WHOLE}(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_YEAR = re.compile(r"([0-9]{4})(?:\.0+)? ?年?")


@dataclass(frozen=True)
class Fault:
    """Why a cell is set aside: a reason code of `raw.set_aside`, and what was expected in words."""

    reason: str
    expected: str


def cell_frame(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """The frame of cells from rows in the order of `CELL_COLUMNS`; texts stay Python objects."""
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS), dtype=object)


def whole_file(fault: Fault) -> pd.DataFrame:
    """The one row that stands for a file of which no cell could be read."""
    return cell_frame([[None] * (len(CELL_COLUMNS) - 1) + [fault]])


def half_width(text: str) -> str:
    """Full-width digits, signs and blanks as their plain forms, outer blanks gone."""
    return text.translate(_HALF_WIDTH).strip()


def read_value(text: str, catalogue: Catalogue) -> tuple[float | None, str | None] | None:
    """The figure in a cell, in its printed unit, or the meaning of the mark in its place.

    Returns (value, None), (None, mark) or None where the text is neither. Thousands may be parted
    by commas or blanks. `0.00` is a figure, a true zero: the yearbooks print a mark for what they
    do not know, and an empty cell is such a mark (`not_published`).
    """
    mark = catalogue.mark(text)
    if mark is not None:
        return None, mark
    number = half_width(text)
    if not _NUMBER.fullmatch(number):
        return None
    value = float(number.replace(",", "").replace(" ", ""))
    return (value, None) if math.isfinite(value) else None


def read_year(text: str) -> int | None:
    """A year from 1949 to 2100, with or without the sign for year; None where it is neither."""
    match = _YEAR.fullmatch(half_width(text))
    if match is None:
        return None
    year = int(match[1])
    return year if FIRST_YEAR <= year <= LAST_YEAR else None
