"""Cells of .xlsx and .xlsm: an audit of the package, then openpyxl on what the audit let through.

openpyxl is given a package of our own making with rows, strings and number formats. It never sees
formulas, links, macros, comments, pictures or names: the first are untrusted, and in the others it
refuses files that spreadsheet programs open. Parts to which the workbook does not lead are not even
read. Formats: ECMA-376, parts 1 and 2.
"""

import io
import posixpath
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from yearbooks.cells import Fault, Sheet
from yearbooks.errors import FileFault
from yearbooks.files.workbook_cells import (
    SAVE,
    Found,
    Shown,
    Usage,
    finished_sheet,
    shown_figure,
    shown_moment,
    shown_text,
)
from yearbooks.files.xlsx_part import MAIN, OFFICE, PACKAGE, Part

_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def read(archive: zipfile.ZipFile) -> tuple[Sheet, ...]:
    usage = Usage()
    parts = _Parts(archive, usage)
    book = parts.only("workbook", parts.related(""), "officeDocument")
    if book is None:
        raise FileFault(
            "unreadable_file",
            "a workbook; this is a zip archive of something else: unpack it and hand in the files",
        )
    related = parts.related(book.name)
    strings = parts.only("strings", related, "sharedStrings")
    styles = parts.only("styles", related, "styles")
    listed = list(_listed_sheets(book, related, parts))
    for name, part in listed:
        usage.add_extent(name, part.found)
    formula_fault = Fault("formula_without_value", f"a formula with its stored result: {SAVE}")

    import openpyxl

    # It warns of the default cell styles, which are among what was cut out.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reduced = openpyxl.load_workbook(
            _reduced_package([part for _, part in listed], strings, styles, book.is_1904),
            read_only=True,
            data_only=True,
            keep_links=False,
        )
        return tuple(
            finished_sheet(name, part.found, _texts(sheet, part.found), usage, formula_fault)
            for (name, part), sheet in zip(listed, reduced.worksheets, strict=True)
        )


class _Related(NamedTuple):
    """A relationship of a part: its key, what kind of part it leads to, and where that stands."""

    key: str
    kind: str
    path: str


class _Parts:
    """The parts of a package, each read where a relationship leads to it."""

    def __init__(self, archive: zipfile.ZipFile, usage: Usage) -> None:
        self._archive = archive
        self._usage = usage
        # Capital and small letters are one in the names of parts (ECMA-376-2, 6.2.2.3).
        self._names = {name.lower(): name for name in archive.namelist()}

    def part(self, path: str) -> Part | None:
        name = self._names.get(path.lower())
        if name is None:
            return None
        part = Part(name, self._usage)
        with self._archive.open(name) as stream:
            part.read(stream)
        return part

    def related(self, name: str) -> list[_Related]:
        """The relationships of a part, or of the package itself, whose name is empty."""
        folder, file = posixpath.split(name)
        part = self.part(posixpath.join(folder, "_rels", f"{file}.rels"))
        return [
            _Related(key, kind, posixpath.normpath(posixpath.join("/", folder, target))[1:])
            for key, (kind, target) in (part.targets if part else {}).items()
        ]

    def only(self, kind: str, related: Sequence[_Related], relationship: str) -> Part | None:
        """The one part of its kind; None where no relationship leads to one."""
        paths = {each.path for each in related if each.kind == relationship}
        if not paths:
            return None
        part = self.part(paths.pop())
        if paths or part is None or part.kind != kind:
            raise FileFault("unreadable_file", f"one part of each kind; not so the {kind}: {SAVE}")
        return part


def _listed_sheets(
    book: Part, related: Sequence[_Related], parts: _Parts
) -> Iterator[tuple[str, Part]]:
    """The sheets of cells that the workbook lists, but for very hidden ones, and their parts."""
    paths = {each.key: each.path for each in related}
    seen: set[str] = set()
    for name, state, key in book.sheets:
        path = paths.get(key, "")
        part = None if path in seen or name in seen else parts.part(path)
        if part is None or not part.kind:
            raise FileFault(
                "unreadable_file",
                f"each sheet with a name and a part of its own; sheet {name!r} has none: {SAVE}",
            )
        seen |= {path, name}
        if state != "veryHidden" and part.kind == "worksheet":
            yield name, part


def _reduced_package(
    listed: Sequence[Part], strings: Part | None, styles: Part | None, is_1904: bool
) -> io.BytesIO:
    """A workbook of nothing but the listed sheets' cells, their strings and number formats."""
    numbers = range(len(listed))
    written: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/strings.xml" ContentType="{_TYPES}.sharedStrings+xml"/></Types>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f'<workbookPr date1904="{int(is_1904)}"/><sheets>'
        + "".join(f'<sheet name="s{n}" sheetId="{n + 1}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="s{n}.xml"/>'
            for n in numbers
        )
        + "</Relationships>",
        "xl/strings.xml": strings.reduced() if strings else f'<sst xmlns="{MAIN}"/>',
        **{f"xl/s{number}.xml": part.reduced() for number, part in enumerate(listed)},
    }
    if styles:
        written["xl/styles.xml"] = styles.reduced()
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, text in written.items():
            archive.writestr(name, text)
    return package


def _texts(sheet: Any, found: Found) -> Iterator[Shown]:
    if not found.filled:
        return
    rows = sheet.iter_rows(max_row=found.last_row, max_col=found.width)
    for number, row in enumerate(rows, start=1):
        for position in found.filled.get(number, ()):
            cell = row[position]
            value = cell.value
            place = (number, position)
            if value is None:
                yield place, "", None
            elif isinstance(value, str):
                yield place, shown_text(value), None
            elif isinstance(value, bool):
                yield place, str(value).upper(), None
            elif isinstance(value, (int, float)):
                yield place, *shown_figure(value, cell.number_format)
            else:
                yield place, shown_moment(value), None
