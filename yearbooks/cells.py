"""What all readers share: the sheets they are given, the table of cells they return, and how a
figure or a year is read.

A reader returns a frame with one row a cell and the columns `CELL_COLUMNS`, every text exactly as
printed and the empty string where the file is silent; `rule` is the name of the rule by which the
layout read the cell; `fault` is a `Fault` where the reader itself sets the cell aside, else None.
Nothing here knows a layout, and nothing here says what a label means (that is the catalogue's).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from yearbooks.catalogue import Catalogue

FIRST_YEAR, LAST_YEAR = 1949, 2100

# Where a cell stands and what is printed there: what a person needs to find it again.
PRINTED_COLUMNS = (
    "source_sheet",
    "source_row",
    "source_column",
    "item_printed",
    "province_printed",
    "year_printed",
    "value_printed",
    "unit_printed",
    "edition_printed",
    "yearbook_printed",
)
CELL_COLUMNS = (
    *PRINTED_COLUMNS,
    "table_printed",
    "footnotes",
    "is_computed",
    "rule",
    "fault",
)

Row = tuple[int, list[str]]
Place = tuple[int, int]

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
    """Why a cell is set aside: a reason code of `raw.set_aside`, and what was expected in words.

    answers: what a mapping file may say to release it, where that is one of a few things.
    """

    reason: str
    expected: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook, or a whole text file (its name is then empty), as it was printed.

    rows: the rows that hold anything, in order: the number a person sees beside the row (the first
        line of it, in a text file), and its texts as the person's program shows them.
    merged: for each place that a merged cell covers, the place of the text it shows. A place is the
        number of a row and the position of a column, from 0.
    computed: places whose figure is the stored result of a formula.
    faults: places whose content cannot be taken for what was printed.
    note: what a person should know of the file when a cell of it is refused; empty for most.
    """

    name: str
    rows: tuple[Row, ...]
    merged: Mapping[Place, Place] = field(default_factory=dict)
    computed: frozenset[Place] = frozenset()
    faults: Mapping[Place, Fault] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, eq=False)
class Reading:
    """The cells a reader found in a sheet, and in words why it read the sheet as it did.

    goes_on: what a sheet after this one that is its continuation (续表) goes on with, for the same
    layout to understand.
    """

    cells: pd.DataFrame
    why: tuple[str, ...]
    goes_on: object = None


def cell_frame(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """The frame of cells from rows in the order of `CELL_COLUMNS`; texts stay Python objects."""
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS), dtype=object)


def nothing_read(fault: Fault, sheet: str = "") -> pd.DataFrame:
    """The one row that stands for a file, or a sheet of it, of which no cell could be read."""
    return cell_frame([[sheet, *[None] * (len(CELL_COLUMNS) - 4), False, "", fault]])


def is_ragged(fields: list[str], header: list[str]) -> bool:
    """Whether a row does not fit its header: another number of fields, or text under no heading.

    Such a row may be shifted (a thousands separator without quotation marks does that), so that
    none of its fields can be trusted.
    """
    if len(fields) != len(header):
        return True
    # Of millions of rows, nearly all have a heading over each field.
    return not all(map(str.strip, header)) and any(
        field.strip() and not heading.strip() for field, heading in zip(fields, header, strict=True)
    )


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


def column_position(letter: str) -> int:
    """The position of a column, from 0, by its letter."""
    position = 0
    for sign in letter.upper():
        position = position * 26 + ord(sign) - ord("A") + 1
    return position - 1


@cache
def column_letter(position: int) -> str:
    """The letter of a column by its position, from 0."""
    letter, rest = "", position + 1
    while rest:
        rest, sign = divmod(rest - 1, 26)
        letter = chr(ord("A") + sign) + letter
    return letter
