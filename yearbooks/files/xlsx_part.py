"""One part of an .xlsx: audited as it is read, and what is left of it for openpyxl.

Here belongs what the XML of a part may hold and what is cut out of it. Which parts a workbook has
and how they hang together is `yearbooks.files.xlsx`'s. Format: ECMA-376, part 1.
"""

import re
from collections.abc import Callable
from typing import IO
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from yearbooks.cells import column_letter, column_position
from yearbooks.errors import FileFault
from yearbooks.files.workbook_cells import (
    FIGURE,
    MAX_DEPTH,
    MAX_SHEETS,
    SAVE,
    Found,
    Range,
    Usage,
    too_many_sheets,
)

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_KINDS = {
    f"{MAIN} workbook": "workbook",
    f"{MAIN} worksheet": "worksheet",
    f"{MAIN} chartsheet": "no cells",
    f"{MAIN} dialogsheet": "no cells",
    "http://schemas.microsoft.com/office/excel/2006/main macrosheet": "no cells",
    f"{MAIN} sst": "strings",
    f"{MAIN} styleSheet": "styles",
    f"{PACKAGE}/relationships Relationships": "relationships",
}
# What openpyxl may see of a part: for an element, which of its children. All else is cut out.
_KEPT = {
    f"{MAIN} {parent}": frozenset(f"{MAIN} {child}" for child in children.split())
    for parent, children in {
        "worksheet": "sheetData",
        "sheetData": "row",
        "row": "c",
        "c": "v is",
        "is": "t r",
        "sst": "si",
        "si": "t r",
        "r": "t",
        "styleSheet": "cellXfs",
        "cellXfs": "xf",
    }.items()
}
_NOTHING: frozenset[str] = frozenset()
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


class Part:
    """One part of a package: audited as it is read, and what is left of it for openpyxl.

    kind: what its outermost element makes it; the empty string for a part that holds no cells.
    """

    def __init__(self, name: str, usage: Usage) -> None:
        self.name = name
        self.kind = ""
        self.found = Found()
        self.sheets: list[tuple[str, str, str]] = []  # name, state, relationship
        self.targets: dict[str, tuple[str, str]] = {}  # by key: kind, target
        self.is_1904 = False
        self._formats: dict[str, str] = {}
        self._used_formats: set[str] = set()
        self._usage = usage
        self._raw = bytearray()
        self._open: list[str] = []
        self._first_child = 0
        self._cuts: list[tuple[int, int]] = []
        self._cut_from = 0
        self._cut_depth = 0  # 0 where nothing is being cut
        self._is_cut_pending = False
        self._text: list[str] | None = None
        self._row = self._column = 0
        self._type = ""
        self._value: str | None = None
        self._formula: str | None = None
        self._is_inline = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def read(self, stream: IO[bytes]) -> None:
        """Reads the part whole, or as far as needed to see that it holds no cells."""
        while chunk := stream.read(2**16):
            self._raw += chunk
            self._parser.Parse(chunk)
            if self._open and not self.kind:
                return
        self._parser.Parse(b"", True)
        if self.kind and b"\0" in self._raw[:4]:
            raise FileFault("unreadable_file", f"parts in UTF-8; {self.name!r} is not: {SAVE}")

    def reduced(self) -> bytes:
        """The part without what was cut, and with its extent, which openpyxl would search for."""
        pieces = [bytes(self._raw[: self._first_child]), self._added().encode()]
        kept_from = self._first_child
        for start, end in self._cuts:
            pieces.append(bytes(self._raw[kept_from:start]))
            kept_from = end
        pieces.append(bytes(self._raw[kept_from:]))
        return b"".join(pieces)

    def _added(self) -> str:
        if self.kind == "worksheet" and self.found.filled:
            last = f"{column_letter(self.found.width - 1)}{self.found.last_row}"
            return f'<dimension xmlns="{MAIN}" ref="A1:{last}"/>'
        if self.kind == "styles" and self._used_formats:
            formats = "".join(
                f"<numFmt numFmtId={quoteattr(key)} formatCode={quoteattr(code)}/>"
                for key in sorted(self._used_formats)
                if (code := self._formats.get(key) or _undefined(int(key)))
            )
            return f'<numFmts xmlns="{MAIN}">{formats}</numFmts>'
        return ""

    def _refuse_doctype(self, *_: object) -> None:
        raise FileFault(
            "unsafe_file",
            f"a workbook without document type declarations; {self.name!r} holds one, which no "
            "spreadsheet program writes",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._end_cut()
        self._usage.add_element()
        depth = len(self._open)
        if depth == 0:
            self.kind = _KINDS.get(name, "")
            if name == f"{_STRICT} workbook":
                raise FileFault(
                    "unreadable_file",
                    "an ordinary workbook; this is a 'Strict Open XML Spreadsheet': save it as "
                    "'Excel Workbook (.xlsx)'",
                )
        elif depth == 1 and not self._first_child:
            self._first_child = self._parser.CurrentByteIndex
        elif depth > MAX_DEPTH:
            raise FileFault(
                "unsafe_file", f"elements in no more than {MAX_DEPTH} levels in {self.name!r}"
            )
        parent = self._open[-1] if depth else ""
        self._open.append(name)
        if depth and not self._cut_depth and name not in _KEPT.get(parent, _NOTHING):
            self._cut_depth = depth
            self._cut_from = self._parser.CurrentByteIndex
        handler = _HANDLERS.get((self.kind, name))
        if handler is not None:
            handler(self, attributes, parent)

    def _end(self, name: str) -> None:
        self._end_cut()
        self._open.pop()
        if self._cut_depth:
            if len(self._open) == self._cut_depth:
                self._cut_depth = 0
                self._is_cut_pending = True
        elif name == _CELL:
            self._end_cell()
        if self._text is not None and name in (_VALUE, _FORMULA):
            if name == _VALUE:
                self._value = "".join(self._text)
            else:
                self._formula = "".join(self._text)
            self._text = None

    def _end_cut(self) -> None:
        """What was cut ends where the next tag begins; only there does the parser say where."""
        if self._is_cut_pending:
            self._is_cut_pending = False
            self._cuts.append((self._cut_from, self._parser.CurrentByteIndex))

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _start_row(self, attributes: dict[str, str], parent: str) -> None:
        if self._cut_depth:
            raise self._disorder("a row outside the rows of the sheet")
        number = float(attributes.get("r", self._row + 1))
        if not self._row < number <= _LAST_ROW or number != int(number):
            raise self._disorder(f"row {attributes.get('r')} after row {self._row}")
        self._row, self._column = int(number), 0

    def _start_cell(self, attributes: dict[str, str], parent: str) -> None:
        if self._cut_depth:
            raise self._disorder(f"a cell outside a row, after row {self._row}")
        column = self._column + 1
        if "r" in attributes:
            number, column = _place(attributes["r"])
            if number != self._row:
                raise self._disorder(f"cell {attributes['r']} in row {self._row}")
        if column <= self._column:
            before, after = column_letter(self._column - 1), column_letter(column - 1)
            raise self._disorder(f"column {after} after {before} in row {self._row}")
        if column > _LAST_COLUMN:
            beyond = column_letter(column - 1)
            raise self._disorder(f"column {beyond}, beyond the last one, in row {self._row}")
        self._column = column
        self._type = attributes.get("t", "n")
        self._value = self._formula = None
        self._is_inline = False

    def _start_value(self, attributes: dict[str, str], parent: str) -> None:
        if parent == _CELL and self._value is None:
            self._text = []

    def _start_inline(self, attributes: dict[str, str], parent: str) -> None:
        self._is_inline = True

    def _start_formula(self, attributes: dict[str, str], parent: str) -> None:
        if parent != _CELL:
            return
        self._text = []
        if attributes.get("t") in ("array", "dataTable") and "ref" in attributes:
            self.found.arrays.append(_range(attributes["ref"]))

    def _end_cell(self) -> None:
        if not self._value and self._formula is None and not self._is_inline:
            return
        self._usage.add_cell()
        place = (self._row, self._column - 1)
        self.found.filled.setdefault(self._row, []).append(place[1])
        if self._formula is not None:
            # An empty text is a result; a bare empty value is what programs write that do not
            # calculate.
            is_stored = bool(self._value) or (self._type == "str" and self._value is not None)
            self.found.formulas[place] = None if is_stored else f"={self._formula}"
        if self._value:
            # Python would take 1_000 for a thousand, and -1 for the last string of all.
            is_number = self._type != "n" or FIGURE.fullmatch(self._value)
            if not is_number or (self._type == "s" and not re.fullmatch("[0-9]+", self._value)):
                raise FileFault(
                    "unreadable_file",
                    f"numbers as numbers are stored; cell {column_letter(place[1])}{place[0]} in "
                    f"{self.name!r} holds {self._value[:40]!r}: {SAVE}",
                )

    def _start_merged(self, attributes: dict[str, str], parent: str) -> None:
        self.found.merged.append(_range(attributes["ref"]))

    def _start_sheet(self, attributes: dict[str, str], parent: str) -> None:
        state, relationship = attributes.get("state", ""), attributes[f"{OFFICE} id"]
        self.sheets.append((attributes["name"], state, relationship))
        if len(self.sheets) > MAX_SHEETS:
            raise too_many_sheets()

    def _start_properties(self, attributes: dict[str, str], parent: str) -> None:
        self.is_1904 = attributes.get("date1904") in ("1", "true", "on")

    def _start_relationship(self, attributes: dict[str, str], parent: str) -> None:
        kind = attributes["Type"].rpartition("/")[2]
        self.targets[attributes["Id"]] = kind, attributes["Target"]

    def _start_string(self, attributes: dict[str, str], parent: str) -> None:
        self._usage.add_string()

    def _start_cell_format(self, attributes: dict[str, str], parent: str) -> None:
        self._usage.add_format(0)
        self._used_formats.add(attributes.get("numFmtId", "0"))

    def _start_number_format(self, attributes: dict[str, str], parent: str) -> None:
        code = attributes.get("formatCode", "")
        self._usage.add_format(len(code))
        if parent == _NUMBER_FORMATS:
            self._formats[attributes["numFmtId"]] = code

    def _disorder(self, what: str) -> FileFault:
        return FileFault(
            "unreadable_file",
            f"rows and cells in order, each once; {self.name!r} has {what}: {SAVE}",
        )


_CELL, _VALUE, _FORMULA, _NUMBER_FORMATS = (
    f"{MAIN} {element}" for element in ("c", "v", "f", "numFmts")
)
_HANDLERS: dict[tuple[str, str], Callable[[Part, dict[str, str], str], None]] = {
    ("worksheet", f"{MAIN} row"): Part._start_row,
    ("worksheet", _CELL): Part._start_cell,
    ("worksheet", _VALUE): Part._start_value,
    ("worksheet", _FORMULA): Part._start_formula,
    ("worksheet", f"{MAIN} is"): Part._start_inline,
    ("worksheet", f"{MAIN} mergeCell"): Part._start_merged,
    ("workbook", f"{MAIN} sheet"): Part._start_sheet,
    ("workbook", f"{MAIN} workbookPr"): Part._start_properties,
    ("relationships", f"{PACKAGE}/relationships Relationship"): Part._start_relationship,
    ("strings", f"{MAIN} si"): Part._start_string,
    ("styles", f"{MAIN} xf"): Part._start_cell_format,
    ("styles", f"{MAIN} numFmt"): Part._start_number_format,
}


def _place(reference: str) -> tuple[int, int]:
    """Row and column, both from 1, of a reference such as B7."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise FileFault("unreadable_file", f"a reference to a cell; found {reference[:40]!r}")
    return int(match[2]), column_position(match[1]) + 1


def _range(reference: str) -> Range:
    first, _, last = reference.partition(":")
    top, left = _place(first)
    bottom, right = _place(last or first)
    return top, left - 1, bottom, right - 1


def _undefined(key: int) -> str:
    """The code of a number format that is used but not defined, where openpyxl has none or another.

    Programs in Chinese leave some dates and times undefined (ECMA-376-1, 18.8.30).
    """
    if 27 <= key <= 36 or 50 <= key <= 58:
        return "yyyy-mm-dd"
    return "General" if key >= 164 else ""
