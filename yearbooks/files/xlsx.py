"""Cells of .xlsx and .xlsm: an audit of the package, then openpyxl on what the audit let through.

openpyxl is given a package of our own making with rows, strings and number formats. It never sees
formulas, links, macros, comments, pictures or names: the first are untrusted, and in the others it
refuses files that spreadsheet programs open. Formats: ECMA-376, parts 1 and 2.
"""

import io
import posixpath
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from yearbooks.cells import Fault, Sheet
from yearbooks.errors import FileFault
from yearbooks.files.workbook_cells import (
    MAX_PARTS,
    MAX_RATIO,
    MAX_UNPACKED,
    RATIO_FROM,
    SAVE,
    SAVE_AS_XLSX,
    Found,
    Shown,
    Usage,
    finished_sheet,
    shown_figure,
    shown_moment,
    shown_text,
)
from yearbooks.files.xlsx_part import MAIN, OFFICE, PACKAGE, Part

_OFFICE_DOCUMENT = f"{OFFICE}/officeDocument"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_OTHER_ARCHIVES = {
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "content.xml": "an OpenDocument file (.ods or its kin)",
    "word/document.xml": "a text document (.docx)",
    "ppt/presentation.xml": "a presentation (.pptx)",
}


def read(content: bytes) -> tuple[Sheet, ...]:
    usage = Usage()
    with _package(content) as archive:
        parts = _Parts(archive, usage)
        listed = [(name, part) for name, part in parts.sheets() if part.kind == "worksheet"]
        strings, styles = parts.of_workbook("sharedStrings"), parts.of_workbook("styles")
    for name, part in listed:
        usage.add_extent(name, part.found)
    is_1904 = parts.workbook.is_1904
    formula_fault = Fault("formula_without_value", f"a formula with its stored result: {SAVE}")

    import openpyxl

    # It warns of the default cell styles, which are among what was cut out.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(
            _reduced_package([part for _, part in listed], strings, styles, is_1904),
            read_only=True,
            data_only=True,
            keep_links=False,
        )
        return tuple(
            finished_sheet(name, part.found, _texts(sheet, part.found), usage, formula_fault)
            for (name, part), sheet in zip(listed, book.worksheets, strict=True)
        )


def _package(content: bytes) -> zipfile.ZipFile:
    """The archive, its directory audited: what its parts claim to be, not yet what they are."""
    # Before zipfile makes an object of each entry.
    if content.count(b"PK\x01\x02") > MAX_PARTS:
        raise FileFault("unsafe_file", f"a workbook of no more than {MAX_PARTS:,} parts")
    archive = zipfile.ZipFile(io.BytesIO(content))
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    names = {info.filename.lower() for info in infos}
    for name, kind in _OTHER_ARCHIVES.items():
        if name in names:
            raise FileFault("unrecognised_layout", f"a workbook; this is {kind}: {SAVE_AS_XLSX}")
    if any(info.flag_bits & 1 for info in infos):
        raise FileFault(
            "unreadable_file", "a workbook without a password; this archive is locked: unlock it"
        )
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
        raise FileFault(
            "unreadable_file",
            f"parts compressed as spreadsheet programs do it (deflate): {SAVE}",
        )
    is_overlapping = any(
        info.header_offset + 30 + info.compress_size > following.header_offset
        for info, following in pairwise(infos)
    )
    if is_overlapping or len(names) < len(infos):
        raise FileFault(
            "unsafe_file", "parts each with a name and bytes of its own; some share them"
        )
    # zipfile never unpacks more than a part declares, so what is declared bounds what follows.
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise FileFault(
            "unsafe_file", f"a workbook that unpacks to no more than {MAX_UNPACKED // 2**20} MiB"
        )
    for info in infos:
        if info.file_size > max(RATIO_FROM, MAX_RATIO * info.compress_size):
            raise FileFault(
                "unsafe_file",
                f"parts that unpack to no more than {MAX_RATIO} times their size; "
                f"{info.filename!r} unpacks to {info.file_size:,} bytes "
                f"from {info.compress_size:,}",
            )
    return archive


class _Parts:
    """The parts of a package that the workbook refers to; others are not even unpacked.

    Themes, drawings, custom data and properties may be anything: programs open files whose are
    damaged or empty.
    """

    def __init__(self, archive: zipfile.ZipFile, usage: Usage) -> None:
        self._archive = archive
        self._usage = usage
        self._names = {info.filename.lower(): info for info in archive.infolist()}
        self._read: dict[str, Part] = {}
        main = [
            posixpath.normpath(posixpath.join("/", target))[1:]
            for kind, target in self._relationships("").values()
            if kind == _OFFICE_DOCUMENT
        ]
        self.name = main[0] if main else "xl/workbook.xml"
        workbook = self._part(self.name)
        if workbook is None or workbook.kind != "workbook":
            raise FileFault(
                "unrecognised_layout",
                "a workbook; this is a zip archive of something else: unpack it and hand in the "
                "files",
            )
        self.workbook = workbook
        self.targets = self._relationships(self.name)

    def _part(self, name: str) -> Part | None:
        """A part by name, read once; None where the package has none of that name."""
        info = self._names.get(name.lower())
        if info is None:
            return None
        if name.lower() not in self._read:
            part = Part(info.filename, self._usage)
            with self._archive.open(info) as stream:
                part.read(stream)
            self._read[name.lower()] = part
        return self._read[name.lower()]

    def _relationships(self, name: str) -> dict[str, tuple[str, str]]:
        folder, file = posixpath.split(name)
        part = self._part(posixpath.join(folder, "_rels", f"{file}.rels"))
        return part.targets if part is not None else {}

    def _target(self, target: str) -> Part | None:
        folder = posixpath.dirname(self.name)
        return self._part(posixpath.normpath(posixpath.join("/", folder, target))[1:])

    def of_workbook(self, kind: str) -> Part | None:
        """The part of a kind that the workbook has one of, if it has it."""
        targets = [target for of, target in self.targets.values() if of == f"{OFFICE}/{kind}"]
        if len(targets) > 1:
            raise FileFault("unreadable_file", f"one part of each kind; several {kind}: {SAVE}")
        return self._target(targets[0]) if targets else None

    def sheets(self) -> Iterator[tuple[str, Part]]:
        """The sheets that the workbook lists, but for very hidden ones, and their parts."""
        seen: set[str] = set()
        for name, state, relationship in self.workbook.sheets:
            target = self.targets.get(relationship, ("", ""))[1]
            part = self._target(target) if target else None
            if part is None or part.name in seen or name in seen:
                raise FileFault(
                    "unreadable_file",
                    f"each sheet with a name and a part of its own; sheet {name!r} has none: "
                    f"{SAVE}",
                )
            seen |= {part.name, name}
            if state != "veryHidden":
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
        "xl/strings.xml": f'<sst xmlns="{MAIN}"/>',
    }
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        if strings is not None:
            written["xl/strings.xml"] = strings.reduced()
        if styles is not None:
            written["xl/styles.xml"] = styles.reduced()
        for number, part in enumerate(listed):
            written[f"xl/s{number}.xml"] = part.reduced()
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
