"""Cells of .xls: an audit of the records of the workbook, then xlrd on what is left of them.

xlrd is given the stream of records with all but cells, strings and number formats blotted out. It
never sees formulas' names, links, macros, comments or pictures. Format: [MS-XLS].
"""

import os
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from yearbooks.cells import Fault, Sheet, column_letter
from yearbooks.errors import FileFault
from yearbooks.files.compound import Compound, broken
from yearbooks.files.locked import unlocked_records
from yearbooks.files.workbook_cells import (
    MAX_SHEETS,
    MAX_STRINGS,
    SAVE_AS_XLSX,
    Found,
    Shown,
    Usage,
    finished_sheet,
    shown_figure,
    shown_moment,
    shown_text,
    too_many_sheets,
    too_many_strings,
)

_OTHER_STREAMS = {
    "worddocument": "a text document (.doc)",
    "powerpoint document": "a presentation (.ppt)",
}
_BOF, _EOF, _CONTINUE = 0x809, 0x0A, 0x3C
_BOUNDSHEET, _SST, _XF, _FORMAT = 0x85, 0xFC, 0xE0, 0x41E
_CODEPAGE, _DATEMODE = 0x42, 0x22
_NUMBER, _LABEL, _BOOLERR, _RK, _MULRK, _RSTRING, _LABELSST, _FORMULA_CELL, _STRING = (
    *(0x203, 0x204, 0x205, 0x27E, 0xBD, 0xD6, 0xFD, 0x06),
    0x207,
)
_MERGED = 0xE5
_CELLS = frozenset((_NUMBER, _LABEL, _BOOLERR, _RK, _RSTRING, _LABELSST, _FORMULA_CELL))
# Shared formulas, arrays and tables: xlrd must step over them to a formula's text.
_KEPT_IN_SHEET = _CELLS | {_BOF, _EOF, _MULRK, _STRING, 0x4BC, 0x221, 0x236}
_KEPT_IN_BOOK = frozenset((_BOF, _EOF, _BOUNDSHEET, _SST, _XF, _FORMAT, _CODEPAGE, _DATEMODE))
_BLOT = struct.pack("<H", 0xFFFF)  # a kind of record nobody knows, and so passes over


def read(compound: Compound) -> tuple[Sheet, ...]:
    usage = Usage()
    stream = _workbook_stream(compound)
    kept, found_in_sheets = _audited(stream, usage)
    formula_fault = Fault(
        "formula_without_value",
        "a formula with its stored result; none is stored, or an empty text, which .xls does not "
        f"tell apart: {SAVE_AS_XLSX}",
    )

    import xlrd

    # xlrd tells what it thinks of a file to the standard output otherwise.
    with open(os.devnull, "w") as nowhere:
        book = xlrd.open_workbook(
            file_contents=kept,
            logfile=nowhere,
            formatting_info=True,
            ragged_rows=True,
            on_demand=True,
        )
        sheets: list[Sheet] = []
        # Before xlrd makes a list of every row down to the last.
        names = book.sheet_names()
        for index, found in found_in_sheets.items():
            usage.add_extent(names[index], found)
        for index, found in found_in_sheets.items():
            sheet = book.sheet_by_index(index)
            texts = _texts(book, sheet, found)
            sheets.append(finished_sheet(sheet.name, found, texts, usage, formula_fault))
            book.unload_sheet(index)
        return tuple(sheets)


def _workbook_stream(compound: Compound) -> bytes:
    """The records of the workbook in a compound file, unlocked."""
    for name, kind in _OTHER_STREAMS.items():
        if name in compound:
            raise FileFault("unreadable_file", f"a workbook; this is {kind}")
    for name in ("workbook", "book"):
        if name in compound:
            return unlocked_records(compound.stream(name))
    raise FileFault(
        "unreadable_file",
        "a workbook (.xls); this compound file holds something else",
    )


def _audited(stream: bytes, usage: Usage) -> tuple[bytes, dict[int, Found]]:
    """The stream with all blotted out that xlrd need not see, and what is in each worksheet, by
    its number among the worksheets; very hidden ones are left out."""
    kept = bytearray(stream)
    version = struct.unpack_from("<H", stream, 4)[0] if len(stream) >= 8 else 0
    if stream[:2] != struct.pack("<H", _BOF) or version not in (0x500, 0x600):
        raise FileFault("unreadable_file", f"a workbook of Excel 5 to 2003: {SAVE_AS_XLSX}")
    starts: list[tuple[int, int]] = []  # where a worksheet starts, its number
    strings: list[bytes] = []
    is_string = False
    worksheets = end = 0
    for position, code, body in _kept_records(stream, 0, kept, _KEPT_IN_BOOK, usage):
        end = position + 4 + len(body)
        if code == _BOUNDSHEET:
            start, visibility, kind = struct.unpack_from("<IBB", body)
            if kind == 0:
                if visibility & 3 != 2:
                    starts.append((start, worksheets))
                worksheets += 1
                if worksheets > MAX_SHEETS:
                    raise too_many_sheets()
        elif code in (_XF, _FORMAT):
            usage.add_format(len(body) if code == _FORMAT else 0)
        elif code == _SST and strings:
            raise broken("one table of strings")
        elif code == _SST or (code == _CONTINUE and is_string):
            strings.append(body)
        is_string = code == _SST or (code == _CONTINUE and is_string)
    _check_strings(strings)
    found: dict[int, Found] = {}
    for start, number in sorted(starts):
        if start < end:
            raise broken("sheets that do not overlap")
        found[number], end = _sheet_records(stream, start, kept, usage)
    return bytes(kept), dict(sorted(found.items()))


def _kept_records(
    stream: bytes, position: int, kept: bytearray, codes: frozenset[int], usage: Usage
) -> Iterator[tuple[int, int, bytes]]:
    """The records from one beginning to its end, and all but the kinds named blotted out.

    What begins inside (a chart) is blotted out, too, and not told of.
    """
    depth = 0
    is_kept = False
    while True:
        if position + 4 > len(stream):
            raise broken("records up to an end; it breaks off")
        code, length = struct.unpack_from("<HH", stream, position)
        body = stream[position + 4 : position + 4 + length]
        if len(body) < length:
            raise broken("whole records; it breaks off")
        usage.add_element()
        if code == _BOF:
            depth += 1
        elif depth == 0:
            raise broken("sheets that begin where the workbook says")
        # A continuation belongs to the record before it.
        is_kept = depth == 1 and (is_kept if code == _CONTINUE else code in codes)
        if not is_kept:
            kept[position : position + 2] = _BLOT
        if depth == 1:
            yield position, code, body
        if code == _EOF:
            depth -= 1
            if depth == 0:
                return
        position += 4 + length


def _sheet_records(stream: bytes, start: int, kept: bytearray, usage: Usage) -> tuple[Found, int]:
    """What is in a worksheet, and where in the stream it ends."""
    found = Found()
    places: dict[int, set[int]] = {}
    end = start
    for position, code, body in _kept_records(stream, start, kept, _KEPT_IN_SHEET, usage):
        end = position + 4 + len(body)
        if code == _MERGED:
            for offset in range(2, len(body) - 7, 8):
                top, bottom, left, right = struct.unpack_from("<4H", body, offset)
                usage.add_element()
                found.merged.append((top + 1, left, bottom + 1, right))
        if code not in _CELLS and code != _MULRK:
            continue
        row, first = struct.unpack_from("<HH", body)
        last = struct.unpack("<H", body[-2:])[0] if code == _MULRK else first
        if not first <= last <= 255 or (code == _MULRK and len(body) != 6 * (last - first) + 12):
            raise broken(f"cells inside the sheet; row {row + 1} goes beyond")
        if code == _LABELSST and struct.unpack_from("<i", body, 6)[0] < 0:
            raise broken("strings that are numbered from 0")
        for position_in_row in range(first, last + 1):
            usage.add_cell()
            columns = places.setdefault(row + 1, set())
            if position_in_row in columns:
                raise broken(f"each cell once; {column_letter(first)}{row + 1} is there twice")
            columns.add(position_in_row)
        if code == _FORMULA_CELL:
            is_empty = body[6] == 3 and body[12:14] == b"\xff\xff"
            found.formulas[row + 1, first] = "=" if is_empty else None
    found.filled = {number: sorted(columns) for number, columns in sorted(places.items())}
    return found, end


def _check_strings(records: Sequence[bytes]) -> None:
    """Walks the table of strings as xlrd will: where it would go backwards, it might for ever."""
    if not records:
        return
    (count,) = struct.unpack_from("<i", records[0], 4)
    if count > MAX_STRINGS:
        raise too_many_strings()
    index, position = 0, 8
    data = records[0]
    for _ in range(count):
        left, options = struct.unpack_from("<HB", data, position)
        position += 3
        runs = phonetic = 0
        if options & 8:
            (runs,) = struct.unpack_from("<H", data, position)
            position += 2
        if options & 4:
            (phonetic,) = struct.unpack_from("<i", data, position)
            position += 4
        if phonetic < 0:
            raise broken("strings that follow each other")
        while True:
            width = 1 + (options & 1)
            available = min((len(data) - position) // width, left)
            position += available * width
            left -= available
            if left == 0:
                break
            index += 1
            data = records[index]
            options, position = data[0], 1
        for _ in range(runs):
            if position == len(data):
                index, position = index + 1, 0
                data = records[index]
            position += 4
        position += phonetic
        if position >= len(data):
            position -= len(data)
            index += 1
            data = records[index] if index < len(records) else b""


def _texts(book: Any, sheet: Any, found: Found) -> Iterator[Shown]:
    from xlrd import biffh

    for number, positions in found.filled.items():
        for position in positions:
            kind = sheet.cell_type(number - 1, position)
            value = sheet.cell_value(number - 1, position)
            place = (number, position)
            if isinstance(value, str):
                yield place, shown_text(value), None
            elif kind == biffh.XL_CELL_BOOLEAN:
                yield place, "TRUE" if value else "FALSE", None
            elif kind == biffh.XL_CELL_ERROR:
                yield place, biffh.error_text_from_code.get(value, "#VALUE!"), None
            elif kind == biffh.XL_CELL_DATE:
                yield place, _date(value, book.datemode), None
            else:
                key = book.xf_list[sheet.cell_xf_index(number - 1, position)].format_key
                number_format = book.format_map.get(key)
                yield place, *shown_figure(value, number_format.format_str if number_format else "")


def _date(value: float, datemode: int) -> str:
    """As openpyxl has it, so that a table reads the same in both kinds of workbook."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH, from_excel

    try:
        return shown_moment(from_excel(value, CALENDAR_MAC_1904 if datemode else WINDOWS_EPOCH))
    except (OverflowError, ValueError):
        return "#VALUE!"
