"""Cells of .ods, the workbooks of LibreOffice: one part of a package, read and audited in one pass.

Here belongs what the XML of the part says of cells. There is no library that is kept and would not
first unfold what the file says is repeated, a million rows at a time. Pictures, notes, charts,
links and recorded changes are passed over. Format: OpenDocument 1.3, part 3.
"""

import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from xml.parsers import expat

from yearbooks.cells import Fault, Place, Sheet
from yearbooks.errors import FileFault
from yearbooks.files.workbook_cells import (
    FIGURE,
    MAX_DEPTH,
    MAX_SHEETS,
    SAVE,
    SAVE_AS_XLSX,
    Found,
    Range,
    Shown,
    Usage,
    finished_sheet,
    shown_figure,
    shown_moment,
    too_many_sheets,
)

MEDIA_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_CONTENT, _STYLES, _MANIFEST = "content.xml", "styles.xml", "META-INF/manifest.xml"
_PREFIXES = {
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0": "number",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
}
_FORMATS = "number:number-style number:percentage-style number:currency-style"
_INLINE = "text:span text:a text:s text:tab text:line-break text:ruby text:ruby-base"
_ROWS = "table:table-row table:table-rows table:table-header-rows table:table-row-group"
_COLUMNS = (
    "table:table-column table:table-columns table:table-header-columns table:table-column-group"
)
# For an element, which of its children are looked at. All else is passed over with what is in it.
_KEPT = {
    parent: frozenset(children.split())
    for parents, children in {
        "office:document-content": "office:automatic-styles office:body",
        "office:document-styles": "office:automatic-styles office:styles",
        "office:automatic-styles office:styles": f"style:style {_FORMATS}",
        _FORMATS: "number:number style:map",
        "office:body": "office:spreadsheet",
        "office:spreadsheet": "table:table",
        "table:table": f"{_ROWS} {_COLUMNS}",
        _ROWS: _ROWS,
        _COLUMNS: _COLUMNS,
        "table:table-row": "table:table-cell table:covered-table-cell",
        "table:table-cell table:covered-table-cell": "text:p",
        f"text:p {_INLINE}": _INLINE,
    }.items()
    for parent in parents.split()
}
_ROOTS = frozenset(("office:document-content", "office:document-styles"))
_TELLING = frozenset(
    f"table:number-{kind}{side}-spanned" for kind in ("", "matrix-") for side in ("columns", "rows")
) | {"office:value-type", "table:formula"}
_LAST = 2**20  # row or column
_BLANKS = re.compile(r"[ \t\r\n]+")
_PLAIN, _PERCENTAGE, _DIVIDED = "General", "0%", "0,"


def recognises(archive: zipfile.ZipFile) -> bool:
    """True for any package of OpenDocument, whether or not it is a workbook."""
    return _MANIFEST in archive.namelist() and "mimetype" in archive.namelist()


def read(archive: zipfile.ZipFile) -> tuple[Sheet, ...]:
    if b"encryption-data" in archive.read(_MANIFEST):
        raise FileFault(
            "unreadable_file",
            "a workbook without a password; this one is locked: open it and save it without one",
        )
    usage = Usage()
    document = _Document(usage)
    for name in (_STYLES, _CONTENT):
        if name in archive.namelist():
            document.read(archive, name)
    if not document.is_workbook:
        raise FileFault(
            "unreadable_file",
            f"a workbook; this is an OpenDocument file of another kind: {SAVE_AS_XLSX}",
        )
    for page in document.pages:
        usage.add_extent(page.name, page.found)
    fault = Fault("formula_without_value", f"a formula with its stored result: {SAVE}")
    return tuple(
        finished_sheet(page.name, page.found, page.shown, usage, fault) for page in document.pages
    )


@dataclass
class _Page:
    """A sheet as far as it is read: the styles of its columns, its rows, and what is in them."""

    name: str
    found: Found = field(default_factory=Found)
    shown: list[Shown] = field(default_factory=list)
    columns: list[tuple[int, str]] = field(default_factory=list)  # last position, style
    row: int = 0

    def column_style(self, position: int) -> str:
        return next((style for last, style in self.columns if position <= last), "")


@dataclass
class _Cell:
    position: int
    repeated: int
    attributes: dict[str, str]
    paragraphs: list[list[str]] = field(default_factory=list)

    @property
    def says_anything(self) -> bool:
        """Not so of the blank cells, of which most sheets have a million."""
        return bool(self.paragraphs or self.attributes.keys() & _TELLING)


class _Document:
    """What the parts of a package say; each is read once."""

    def __init__(self, usage: Usage) -> None:
        self.pages: list[_Page] = []
        self.is_workbook = False
        self._usage = usage
        self._names: dict[str, str] = {}
        self._open: list[str] = []
        self._passed_over = 0  # levels
        self._style = ""
        self._parents: dict[str, tuple[str, ...]] = {}  # styles on which a style rests
        self._dividing: set[str] = set()  # styles that show thousands, and more, of a figure
        self._row: list[_Cell] = []
        self._row_repeated, self._row_style = 1, ""
        self._handlers: dict[str, Callable[[dict[str, str]], None]] = {
            "office:spreadsheet": self._start_spreadsheet,
            "table:table": self._start_table,
            "table:table-column": self._start_column,
            "table:table-row": self._start_row,
            "table:table-cell": self._start_cell,
            "table:covered-table-cell": self._start_cell,
            "text:p": lambda _: self._row[-1].paragraphs.append([]),
            "text:s": lambda each: self._put_text(" " * _count(each, "text:c")),
            "text:tab": lambda _: self._put_text("\t"),
            "text:line-break": lambda _: self._put_text("\n"),
            "style:style": self._start_style,
            "style:map": self._start_map,
            "number:number": self._start_number,
            **dict.fromkeys(_FORMATS.split(), self._start_style),
        }

    def read(self, archive: zipfile.ZipFile, name: str) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        with archive.open(name) as stream:
            parser.ParseFile(stream)

    def _refuse_doctype(self, *_: object) -> None:
        raise FileFault("unsafe_file", "a workbook without document type declarations")

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        self._usage.add_element()
        name = self._short(full_name)
        kept = _KEPT.get(self._open[-1], ()) if self._open else _ROOTS
        if self._passed_over or name not in kept:
            self._passed_over += 1
            return
        self._open.append(name)
        if len(self._open) > MAX_DEPTH:
            raise FileFault("unsafe_file", f"elements in no more than {MAX_DEPTH} levels")
        handler = self._handlers.get(name)
        if handler is not None:
            handler({self._short(key): value for key, value in attributes.items()})

    def _end(self, _: str) -> None:
        if self._passed_over:
            self._passed_over -= 1
        elif self._open.pop() == "table:table-row":
            self._end_row()

    def _characters(self, text: str) -> None:
        if not self._passed_over and self._open and self._open[-1].startswith("text:"):
            self._put_text(_BLANKS.sub(" ", text))

    def _put_text(self, text: str) -> None:
        self._usage.add_text(text)
        self._row[-1].paragraphs[-1].append(text)

    def _short(self, name: str) -> str:
        """A name with the usual prefix of its namespace; empty where it has another one."""
        if name not in self._names:
            namespace, _, local = name.rpartition(" ")
            prefix = _PREFIXES.get(namespace)
            self._names[name] = f"{prefix}:{local}" if prefix else ""
        return self._names[name]

    def _start_style(self, attributes: dict[str, str]) -> None:
        self._usage.add_format(0)
        self._style = attributes.get("style:name", "")
        parents = (attributes.get(f"style:{kind}-name") for kind in ("data-style", "parent-style"))
        self._parents[self._style] = tuple(parent for parent in parents if parent)

    def _start_map(self, attributes: dict[str, str]) -> None:
        """The format for some of the figures: those below zero, for instance."""
        self._parents[self._style] += (attributes.get("style:apply-style-name", ""),)

    def _start_number(self, attributes: dict[str, str]) -> None:
        if attributes.get("number:display-factor", "1") != "1":
            self._dividing.add(self._style)

    def _divides(self, style: str) -> bool:
        waiting, seen = [style], set[str]()
        while waiting:
            name = waiting.pop()
            if name in self._dividing:
                return True
            if name not in seen:
                seen.add(name)
                waiting += self._parents.get(name, ())
        return False

    def _start_spreadsheet(self, _: dict[str, str]) -> None:
        self.is_workbook = True

    def _start_table(self, attributes: dict[str, str]) -> None:
        self.pages.append(_Page(attributes.get("table:name", "")))
        if len(self.pages) > MAX_SHEETS:
            raise too_many_sheets()
        if any(page.name == self.pages[-1].name for page in self.pages[:-1]):
            raise FileFault("unreadable_file", f"each sheet with a name of its own: {SAVE}")

    def _start_column(self, attributes: dict[str, str]) -> None:
        columns = self.pages[-1].columns
        before = columns[-1][0] if columns else -1
        last = before + _count(attributes, "table:number-columns-repeated")
        columns.append((last, attributes.get("table:default-cell-style-name", "")))

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row = []
        self._row_repeated = _count(attributes, "table:number-rows-repeated")
        self._row_style = attributes.get("table:default-cell-style-name", "")

    def _start_cell(self, attributes: dict[str, str]) -> None:
        position = self._row[-1].position + self._row[-1].repeated if self._row else 0
        if position > _LAST:
            raise FileFault("too_large", f"a sheet of no more than {_LAST:,} columns")
        repeated = _count(attributes, "table:number-columns-repeated")
        self._row.append(_Cell(position, repeated, attributes))

    def _end_row(self) -> None:
        """Puts the cells of a row, and of those that repeat it, in their places."""
        page = self.pages[-1]
        first = page.row + 1
        page.row += self._row_repeated
        read = [(cell, *self._content(page, cell)) for cell in self._row if cell.says_anything]
        for row in range(first, page.row + 1) if read else ():
            for cell, text, fault in read:
                for position in range(cell.position, cell.position + cell.repeated):
                    self._put_cell(page, (row, position), cell.attributes, text, fault)

    def _put_cell(
        self, page: _Page, place: Place, attributes: dict[str, str], text: str, fault: Fault | None
    ) -> None:
        self._usage.add_element()
        page.found.merged += _spanned(place, attributes, "")
        page.found.arrays += _spanned(place, attributes, "matrix-")
        formula = attributes.get("table:formula")
        if not text and formula is None:
            return
        self._usage.add_cell()
        page.found.filled.setdefault(place[0], []).append(place[1])
        page.shown.append((place, text, fault))
        if formula is not None:
            is_stored = "office:value-type" in attributes
            formula = formula[formula.find("=") :]  # after the name of its language
            page.found.formulas[place] = None if is_stored else formula

    def _content(self, page: _Page, cell: _Cell) -> tuple[str, Fault | None]:
        """The text of a cell as it is shown, a figure as it is stored."""
        text = "\n".join(map("".join, cell.paragraphs))
        kind = cell.attributes.get("office:value-type", "")
        if kind in ("float", "currency", "percentage"):
            stored = cell.attributes.get("office:value", "")
            if not FIGURE.fullmatch(stored):
                raise FileFault(
                    "unreadable_file",
                    f"numbers as numbers are stored; a cell of {page.name!r} holds "
                    f"{stored[:40]!r}: {SAVE}",
                )
            shown_as = _PERCENTAGE if kind == "percentage" else _PLAIN
            style = cell.attributes.get("table:style-name") or self._row_style
            if self._dividing and self._divides(style or page.column_style(cell.position)):
                shown_as = _DIVIDED
            return shown_figure(float(stored), shown_as)
        if kind == "date":
            with suppress(ValueError):
                text = shown_moment(datetime.fromisoformat(cell.attributes["office:date-value"]))
        elif kind == "boolean":
            text = cell.attributes.get("office:boolean-value", "").upper()
        elif not text:
            text = cell.attributes.get("office:string-value", "")
        return text, None


def _spanned(place: Place, attributes: dict[str, str], kind: str) -> list[Range]:
    """The places over which a cell is merged, or its formula computes; none where it is alone."""
    columns, rows = (
        _count(attributes, f"table:number-{kind}{each}-spanned") for each in ("columns", "rows")
    )
    row, position = place
    return [(row, position, row + rows - 1, position + columns - 1)] if columns * rows > 1 else []


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= _LAST:
        raise FileFault(
            "unreadable_file", f"counts of rows and columns; found {text[:40]!r}: {SAVE}"
        )
    return int(text)
