"""Web pages, which many sites and programs save under the names of workbooks: their tables.

Here belongs what the tags say of where a text stands. Tags are told apart here, and not by
html.parser, which takes minutes for a page of 40 kilobytes that never closes its tags. Nothing is
run, fetched or laid out. Format: HTML as of whatwg.org, tables as in its chapter 4.9.12.
"""

import html
import re
from dataclasses import dataclass, field, replace

from yearbooks.cells import Fault, Sheet
from yearbooks.errors import FileFault
from yearbooks.files.workbook_cells import MAX_DEPTH, Found, Range, Shown, Usage, finished_sheet

NOTE = "the file is a web page, whatever its name says"
NAMES = (".html", ".htm", ".shtml")
_MAX_COLUMNS = 16_384
_MAX_SPAN = 1_000  # of columns, as HTML has it; of rows it has no more than 65,534

# Each alternative goes on to the end of the page where its own end is missing, and gives nothing
# back, so that a page is read in one pass whatever it holds.
_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)
    | <(?P<raw>script|style|title|textarea)\b.*?(?:</(?P=raw)[^>]*+(?:>|\Z)|\Z)
    | <[!?][^>]*+(?:>|\Z)
    | <(?P<name>/?[a-z][^\s/>]*+)
      (?P<attributes>(?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^>])*+)(?:>|\Z)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_SPAN = re.compile(r"""(?<![\w-])(col|row)span\s*+=\s*+["']?\s*+([0-9]{1,6})""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
# Python refuses to turn thousands of digits into a number; no character has a code of so many.
_NO_CHARACTER = re.compile(r"&#x?[0-9a-f]{8,}+;?", re.IGNORECASE)
_BREAK = "\n"
# Around these a line ends; rows and cells of tables are told apart below.
_BREAKING = re.compile(
    "/?(address|article|blockquote|body|br|center|dd|div|dl|dt|footer|form|h[1-6]|head|header|hr"
    "|html|li|main|ol|p|pre|section|ul)"
)


def recognises(text: str) -> bool:
    """True for anything in tags: XML, too, which then has no table."""
    return text.lstrip()[:1] == "<"


def sheet(text: str) -> Sheet:
    """The tables of a page and the lines of text around them, one below the other.

    A table inside a cell of another stands below that one. Rows are counted from the top, since
    a page shows no numbers. Raises `FileFault` where there is no table, or too much of anything.
    """
    usage = Usage()
    try:
        page = _Page(usage)
        page.read(text)
        if not any(block.cells for block in page.blocks if isinstance(block, _Table)):
            raise FileFault(
                "unreadable_file",
                "a table (this may be XML of another kind): open the file in a spreadsheet program "
                "and save it as .xlsx",
            )
        found, shown = _stacked(page.blocks)
        usage.add_extent("", found)
        no_formula = Fault("formula_without_value", "")
        return replace(finished_sheet("", found, shown, usage, no_formula), note=NOTE)
    except FileFault as fault:
        raise FileFault(fault.reason, f"{fault.expected}; {NOTE}") from None


@dataclass
class _Lines:
    """Lines of text outside of tables."""

    lines: list[str] = field(default_factory=list)


@dataclass
class _Cell:
    row: int
    column: int
    pieces: list[str] = field(default_factory=list)


@dataclass
class _Table:
    """A table: what stands above it (its caption), and its cells with the places they cover."""

    usage: Usage
    above: list[str] = field(default_factory=list)
    cells: list[_Cell] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    row: int = -1
    column: int = 0
    cell: _Cell | None = None
    _last_rows: dict[int, int] = field(default_factory=dict)  # by column, of the cell there

    def start_row(self) -> None:
        self.usage.add_element()
        self.cell = None
        self.row += 1
        self.column = 0

    def start_cell(self, attributes: str) -> None:
        if self.row < 0:
            self.start_row()
        spans = {side.lower(): int(number) for side, number in _SPAN.findall(attributes)}
        # A rowspan of 0 goes down to the end of the table, which nobody has seen yet.
        rows = spans.get("row", 1) or 2**20
        columns = min(max(spans.get("col", 1), 1), _MAX_SPAN)
        while self._last_rows.get(self.column, -1) >= self.row:
            self.usage.add_element()
            self.column += 1
        if self.column + columns > _MAX_COLUMNS:
            raise FileFault("too_large", f"a table of no more than {_MAX_COLUMNS:,} columns")
        self.cell = _Cell(self.row, self.column)
        self.cells.append(self.cell)
        self.usage.add_cell()
        last_row, last_column = self.row + rows - 1, self.column + columns - 1
        if rows > 1 or columns > 1:
            self.merged.append((self.row, self.column, last_row, last_column))
        for column in range(self.column, last_column + 1):
            self.usage.add_element()
            self._last_rows[column] = last_row
        self.column = last_column + 1

    def end_cell(self) -> None:
        self.cell = None


class _Page:
    """The blocks of a page in order: tables, and the lines around them."""

    def __init__(self, usage: Usage) -> None:
        self.blocks: list[_Lines | _Table] = []
        self._usage = usage
        self._open: list[_Table] = []
        self._line: list[str] = []

    def read(self, text: str) -> None:
        position = 0
        for match in _TAG.finditer(text):
            self._text(text[position : match.start()])
            position = match.end()
            if match["name"]:
                self._tag(match["name"].lower(), match["attributes"])
        self._text(text[position:])
        self._end_line()

    def _tag(self, name: str, attributes: str) -> None:
        self._usage.add_element()
        if _BREAKING.fullmatch(name):
            self._put(_BREAK)
        elif name == "table":
            self._end_line()
            if len(self._open) == MAX_DEPTH:
                raise FileFault("unsafe_file", f"tables in no more than {MAX_DEPTH} levels")
            self._open.append(_Table(self._usage))
            self.blocks.append(self._open[-1])
        elif not self._open:
            return
        elif name == "/table":
            self._end_line()
            self._open.pop()
        elif name == "tr":
            self._open[-1].start_row()
        elif name in ("td", "th"):
            self._open[-1].start_cell(attributes)
        elif name in ("/td", "/th", "/tr"):
            self._open[-1].end_cell()

    def _text(self, text: str) -> None:
        if text:
            plain = html.unescape(_NO_CHARACTER.sub("\ufffd", text))
            self._put(_BLANKS.sub(" ", plain))

    def _put(self, text: str) -> None:
        cell = self._open[-1].cell if self._open else None
        if cell is not None:
            cell.pieces.append(text)
        elif text == _BREAK:
            self._end_line()
        else:
            self._line.append(text)

    def _end_line(self) -> None:
        """Text of a table but of none of its cells is its caption, or shown above it."""
        line = _joined(self._line)
        self._line = []
        if not line:
            return
        self._usage.add_cell()
        if self._open:
            self._open[-1].above.append(line)
        elif self.blocks and isinstance(self.blocks[-1], _Lines):
            self.blocks[-1].lines.append(line)
        else:
            self.blocks.append(_Lines([line]))


def _joined(pieces: list[str]) -> str:
    return _BLANKS.sub(_one_blank, "".join(pieces)).strip(" \n")


def _one_blank(match: re.Match[str]) -> str:
    return _BREAK if _BREAK in match[0] else " "


def _stacked(blocks: list[_Lines | _Table]) -> tuple[Found, list[Shown]]:
    """The places of all cells once the blocks stand below each other, and their texts."""
    found = Found()
    shown: list[Shown] = []
    top = 1
    for block in blocks:
        lines = block.lines if isinstance(block, _Lines) else block.above
        cells = [((top + number, 0), line) for number, line in enumerate(lines)]
        top += len(lines)
        if isinstance(block, _Table):
            cells += [((top + each.row, each.column), _joined(each.pieces)) for each in block.cells]
            for first_row, left, last_row, right in block.merged:
                bottom = min(last_row, block.row)
                found.merged.append((top + first_row, left, top + bottom, right))
            top += block.row + 1
        for place, text in cells:
            found.filled.setdefault(place[0], []).append(place[1])
            shown.append((place, text, None))
    return found, shown
