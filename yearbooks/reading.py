"""Reads one file: its sheets, for each the layout that recognises it, and the cells of all.

What a file is belongs to `yearbooks.source`, what a layout looks like to its reader, and what the
cells mean to `yearbooks.resolution`.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Fault, Sheet, nothing_read
from yearbooks.errors import FileFault
from yearbooks.files import web_page
from yearbooks.layouts import nbs_export, nbs_service, tidy, yearbook_table
from yearbooks.mapping import FileMapping, SheetMapping
from yearbooks.source import Source

# The last one takes whatever the others do not, and says what it misses.
LAYOUTS = (nbs_service, nbs_export, tidy, yearbook_table)


# Sites hand such pages out, with figures that they have rounded and titles of their own.
_MISNAMED = Fault(
    "misnamed_web_page",
    "a workbook, a text file, or a web page with the name of one (.html); this is a web page under "
    "another name, so that a person should look at its figures first",
)


@dataclass(frozen=True)
class SheetReading:
    """How a sheet was read: by which layout and why, or the fault for which it was not.

    `name` is empty for a file without sheets, and for a fault of the whole file.
    """

    name: str
    reader: str | None
    why: tuple[str, ...]
    fault: Fault | None


@dataclass(frozen=True, eq=False)
class FileReading:
    """Every cell of a file as printed (see `yearbooks.cells`), and how each sheet was read.

    A sheet that could not be read is one cell with its fault, and so is such a file. `note` is what
    a person should know of the file when cells of it are refused.
    """

    cells: pd.DataFrame
    sheets: tuple[SheetReading, ...]
    note: str = ""

    @property
    def reader(self) -> str | None:
        """The layouts found in the file, by name."""
        return ", ".join(sorted({sheet.reader for sheet in self.sheets if sheet.reader})) or None

    def mixed(self, landed: pd.DataFrame) -> list[str]:
        """The sheets of yearbook tables of which some cells landed: what a mapping states of who is
        counted in such a sheet would hold for these too."""
        tables = {sheet.name for sheet in self.sheets if sheet.reader == yearbook_table.NAME}
        return sorted(tables & set(landed["source_sheet"]))


def read(source: Source, catalogue: Catalogue) -> FileReading:
    """Reads every sheet of a file; what cannot be read is said in the answer, never raised."""
    try:
        mapping = FileMapping.parse(source.mapping) if source.mapping is not None else None
        sheets = source.sheets
        if mapping is not None:
            mapping.refuse_unknown_sheets([sheet.name for sheet in sheets])
    except FileFault as fault:
        return unread(fault)
    found = []
    before: object = None
    for sheet in sheets:
        stated = mapping.sheet(sheet.name) if mapping else None
        cells, reading, before = _read_sheet(sheet, catalogue, stated, before)
        if sheet.note and not source.name.lower().endswith(web_page.NAMES):
            cells = cells.assign(
                fault=pd.Series([_MISNAMED] * len(cells), cells.index, dtype=object)
            )
        found.append((cells, reading))
    cells = pd.concat([cells for cells, _ in found], ignore_index=True)
    note = next((sheet.note for sheet in sheets if sheet.note), "")
    return FileReading(cells, tuple(reading for _, reading in found), note)


def unread(error: FileFault) -> FileReading:
    """The reading of a file of which nothing can be read."""
    fault = Fault(error.reason, error.expected)
    return FileReading(nothing_read(fault), (SheetReading("", None, (), fault),))


def _read_sheet(
    sheet: Sheet, catalogue: Catalogue, mapping: SheetMapping | None, before: object
) -> tuple[pd.DataFrame, SheetReading, object]:
    """The cells of a sheet, how it was read, and what the next sheet may go on with.

    A mapping that says where things stand speaks of a yearbook table; one that only states an item
    or a unit leaves the sheet to the layout that recognises it.
    """
    name = None
    try:
        if mapping is not None and mapping.states_places:
            layout = yearbook_table
        else:
            layout = next(layout for layout in LAYOUTS if layout.recognises(sheet, catalogue))
        name = layout.NAME
        reading = layout.read(sheet, catalogue, mapping, before)
    except FileFault as error:
        fault = Fault(error.reason, error.expected)
        return nothing_read(fault, sheet.name), SheetReading(sheet.name, name, (), fault), None
    return reading.cells, SheetReading(sheet.name, name, reading.why, None), reading.goes_on


@cache
def code_fingerprint() -> str:
    """Changes with the code of the readers: a newer version may understand more of an old file."""
    digest = hashlib.sha256()
    for module in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()
