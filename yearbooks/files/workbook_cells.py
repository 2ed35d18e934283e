"""What both kinds of workbook share: the limits on what is read, and how a stored value is shown.

Here belongs what happens to a cell once it is known where it stands and what is stored in it. How
a file stores it is `yearbooks.files.xlsx`'s and `yearbooks.files.xls`'s.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property, lru_cache

from yearbooks.cells import Fault, Place, Row, Sheet, column_letter
from yearbooks.errors import FileFault

# A yearbook of a hundred sheets has 100,000 cells. Each limit is several times what the largest
# yearbook needs; together they keep the worst file they let through to a minute and a gigabyte.
MAX_CELLS = 500_000  # with content, in a workbook; openpyxl takes ten microseconds a cell
MAX_SHEETS = 1_000
MAX_ROWS = 2_500_000  # sum of the last rows of all sheets: libraries count up to a far row
MAX_AREA = 5_000_000  # rows with content times columns: rows of a sheet all have one width
MAX_COVERED = 500_000  # places under merged cells
MAX_CHARACTERS = 50_000_000  # of all texts: one string may stand in every cell
MAX_FORMATS = 65_536  # Excel allows 65,490 cell formats
MAX_FORMAT_LENGTH = 1_024  # Excel allows 255; libraries match patterns in quadratic time
MAX_STRINGS = MAX_CELLS  # in the table of texts that cells share
MAX_ELEMENTS = 3_000_000  # of XML, or records of an .xls: blank cells count too
MAX_DEPTH = 64  # of XML; a workbook has about eight levels
MAX_PARTS = 10_000  # of a package
MAX_UNPACKED = 128 * 2**20  # bytes of all parts of a package
MAX_RATIO = 200  # of a part beyond RATIO_FROM bytes; sheets of blank cells reach about 60
RATIO_FROM = 2**20

SAVE = "open the file in a spreadsheet program, save it, and hand in the saved file"
SAVE_AS_XLSX = "open the file in a spreadsheet program and save it as .xlsx"

# A figure as workbooks store it; Python would take 1_000 for a thousand.
FIGURE = re.compile(
    r"\s*[+-]?(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]+)?\s*"
)

Range = tuple[int, int, int, int]  # first row, first position, last row, last position
Shown = tuple[Place, str, Fault | None]


@dataclass
class Found:
    """What the audit found in a sheet.

    filled: by number of the row, in order, the positions of cells that hold a value or a formula.
    formulas: for each formula, its text if no result is stored with it, else None.
    arrays: ranges of which one formula computes each cell.
    """

    filled: dict[int, list[int]] = field(default_factory=dict)
    formulas: dict[Place, str | None] = field(default_factory=dict)
    arrays: list[Range] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)

    @cached_property
    def last_row(self) -> int:
        return max(self.filled, default=0)

    @cached_property
    def width(self) -> int:
        return max((positions[-1] for positions in self.filled.values()), default=-1) + 1


@dataclass
class Usage:
    """What a workbook has used of the limits; each method raises `FileFault` beyond one."""

    cells: int = 0
    rows: int = 0
    area: int = 0
    covered: int = 0
    characters: int = 0
    strings: int = 0
    formats: int = 0
    elements: int = 0

    def add_cell(self) -> None:
        self.cells += 1
        if self.cells > MAX_CELLS:
            raise FileFault("too_large", f"a workbook of no more than {MAX_CELLS:,} filled cells")

    def add_element(self) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise FileFault(
                "too_large",
                f"a workbook of no more than {MAX_ELEMENTS:,} cells, blank ones and all else that "
                "is stored included: delete formatted rows and columns without figures",
            )

    def add_string(self) -> None:
        self.strings += 1
        if self.strings > MAX_STRINGS:
            raise too_many_strings()

    def add_format(self, length: int) -> None:
        self.formats += 1
        if self.formats > MAX_FORMATS or length > MAX_FORMAT_LENGTH:
            raise FileFault(
                "too_large",
                f"no more than {MAX_FORMATS:,} cell formats, none longer than "
                f"{MAX_FORMAT_LENGTH:,} characters",
            )

    def add_text(self, text: str) -> None:
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            raise FileFault(
                "too_large", f"a workbook of no more than {MAX_CHARACTERS:,} characters"
            )

    def add_extent(self, name: str, found: Found) -> None:
        self.rows += found.last_row
        self.area += len(found.filled) * found.width
        if self.rows > MAX_ROWS or self.area > MAX_AREA:
            raise FileFault(
                "too_large",
                f"sheets that end where their tables end; sheet {name!r} reaches to row "
                f"{found.last_row:,} and column {column_letter(found.width - 1)}: delete what "
                "stands far off",
            )

    def add_covered(self, name: str, places: int) -> None:
        self.covered += places
        if self.covered > MAX_COVERED:
            raise FileFault(
                "too_large",
                f"merged cells and array formulas over no more than {MAX_COVERED:,} places; sheet "
                f"{name!r} goes beyond: unmerge the large ones",
            )


def finished_sheet(
    name: str,
    found: Found,
    shown: Iterable[Shown],
    usage: Usage,
    formula_fault: Fault,
) -> Sheet:
    """A sheet from the texts of its filled cells, in order of rows."""
    faults: dict[Place, Fault] = {}
    texts: dict[int, list[str]] = {}
    for place, text, fault in shown:
        formula = found.formulas.get(place)
        if formula is not None:
            text, fault = formula, formula_fault
        usage.add_text(text)
        if not text or text.isspace():
            continue
        number, position = place
        if number not in texts:
            texts[number] = [""] * found.width
        texts[number][position] = text
        if fault is not None:
            faults[place] = fault

    width = max((_length(row) for row in texts.values()), default=0)
    rows: tuple[Row, ...] = tuple((number, row[:width]) for number, row in texts.items())
    merged = _covered(found.merged, name, found, usage)
    for place, shown_place in merged.items():
        number, position = place
        if number in texts and texts[number][position]:
            faults[place] = Fault(
                "unreadable_value",
                f"a cell in sight; this text is hidden under the merged cell that begins at "
                f"{column_letter(shown_place[1])}{shown_place[0]}: unmerge it",
            )
    arrays = _covered(found.arrays, name, found, usage)
    computed = frozenset(found.formulas) | frozenset(arrays)
    return Sheet(name, rows, merged, computed, faults)


def _length(row: Sequence[str]) -> int:
    """The length of a row up to its last filled cell."""
    return next(length for length in range(len(row), 0, -1) if row[length - 1])


def _covered(ranges: Iterable[Range], name: str, found: Found, usage: Usage) -> dict[Place, Place]:
    """For each place of the ranges but their first, that first place; outside the sheet's extent
    there is nothing to cover."""
    places: dict[Place, Place] = {}
    for top, left, last_row, last_column in ranges:
        bottom, right = min(last_row, found.last_row), min(last_column, found.width - 1)
        if top > bottom or left > right:
            continue
        usage.add_covered(name, (bottom - top + 1) * (right - left + 1))
        for number in range(top, bottom + 1):
            for position in range(left, right + 1):
                if (number, position) != (top, left):
                    places.setdefault((number, position), (top, left))
    return places


_ESCAPED_BREAK = re.compile(r"_x000([9AaDd])_")


def shown_text(text: str) -> str:
    """A text as the cell shows it: line breaks as one character, those that XML escapes too."""
    if "_x000" in text:
        text = _ESCAPED_BREAK.sub(lambda match: chr(int(match[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _number(value: float) -> str:
    """15 significant digits, as many as spreadsheet programs show; an exponent only far from 1."""
    try:
        text = format(value, ".15g")
    except OverflowError:
        return str(value)
    if "e" in text and 1e-9 <= abs(value) < 1e21:
        return format(Decimal(text), "f")
    return text


def shown_figure(value: float, number_format: str) -> tuple[str, Fault | None]:
    """A figure under its number format: only a percentage changes it, nothing rounds it."""
    is_percentage, is_scaled = _effect(number_format, (value < 0) + 2 * (value == 0))
    if is_percentage:
        return _number(value * 100) + "%", None
    if is_scaled and value:
        return _number(value), Fault(
            "unreadable_value",
            f"a figure shown as it is stored; the number format '{number_format}' shows it divided "
            "by thousands: give the cell a plain number format and check its unit",
        )
    return _number(value), None


# Text in quotation marks, an escaped or a padding sign, and what stands in square brackets.
_NOT_CODE = re.compile(r'"[^"]*"?|[\\!_*].|\[[^\]]*\]')
_SCALING = re.compile(r"[0#?],+(?![,0#?])")


@lru_cache(maxsize=1024)
def _effect(number_format: str, section: int) -> tuple[bool, bool]:
    """Whether the section (0 positive, 1 negative, 2 zero) shows a percentage or thousands."""
    sections = _NOT_CODE.sub("", number_format).split(";")
    code = sections[section if section < len(sections) else 0]
    return "%" in code, bool(_SCALING.search(code))


def shown_moment(value: object) -> str:
    """A date in ISO form, with the time of day if it has any; a time or a duration alone."""
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def too_many_strings() -> FileFault:
    return FileFault("too_large", f"a workbook of no more than {MAX_STRINGS:,} texts")


def too_many_sheets() -> FileFault:
    return FileFault("too_large", f"a workbook of no more than {MAX_SHEETS:,} sheets")
