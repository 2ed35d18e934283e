"""Workbooks: what a person sees in a cell is what is read, and no file does any harm."""

import hashlib
import io
import random
import struct
import subprocess
import sys
import textwrap
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
import xlrd
import xlwt
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher
from hypothesis import given, settings
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation

from yearbooks.cells import Sheet
from yearbooks.errors import FileFault
from yearbooks.files import compound, locked, package, workbook, workbook_cells, xls, xlsx_part

ROOT = Path(__file__).parents[3]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Value = str | int | float | bool | None | date | time | datetime | CellRichText
Grid = list[list[Value]]


def saved(book: openpyxl.Workbook | xlwt.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_xlsx(grid: Grid, formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in grid:
        book.active.append(row)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    return saved(book)


def as_xls(grid: Grid, number_format: str = "General") -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet")
    style = xlwt.easyxf(num_format_str=number_format)
    for row, values in enumerate(grid):
        for column, value in enumerate(values):
            if value is not None:
                sheet.write(row, column, value, style)
    return saved(book)


def relationships(*each: tuple[str, str, str]) -> str:
    """A part of relationships: of each its key, kind and target."""
    written = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for key, kind, target in each
    )
    package_relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{package_relations}">{written}</Relationships>'


def as_package(*sheets: str, **parts: str | bytes) -> bytes:
    """A package made by hand: the children of each worksheet, then other parts by path."""
    numbers = range(len(sheets))
    kinds = {"xl/strings.xml": "sharedStrings", "xl/styles.xml": "styles"}
    written: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relationships(("b", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        + "".join(f'<sheet name="S{n}" sheetId="{n + 1}" r:id="i{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relationships(
            *((f"i{n}", "worksheet", f"sheet{n}.xml") for n in numbers),
            *((kind, kind, f"/{part}") for part, kind in kinds.items() if part in parts),
        ),
        **{
            f"xl/sheet{n}.xml": f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>'
            for n, sheet in enumerate(sheets)
        },
        **parts,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in written.items():
            archive.writestr(name, text)
    return file.getvalue()


SHARED = (
    f'<sst xmlns="{MAIN}"><si><t xml:space="preserve"> a </t></si><si><r><rPr><sz val="x"/></rPr>'
    "<t>地区</t></r><r><t>生产</t></r><rPh sb='0' eb='1'><t>diqu</t></rPh></si></sst>"
)


def cells(*rows: str) -> str:
    return f"<sheetData>{''.join(rows)}</sheetData>"


def only(content: bytes) -> Sheet:
    (sheet,) = workbook.sheets(content)
    return sheet


def texts(content: bytes) -> list[list[str]]:
    return [row for _, row in only(content).rows]


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(FileFault) as fault:
        workbook.sheets(content)
    return fault.value.reason, fault.value.expected


# What a person sees


def test_texts_stand_as_they_are_with_their_line_breaks() -> None:
    grid: Grid = [["地区\nRegion", " 其中：", "１２．３"], ["“a”, b;\t<c> & d", None, "x"]]
    expected = [["地区\nRegion", " 其中：", "１２．３"], ["“a”, b;\t<c> & d", "", "x"]]
    assert texts(as_xlsx(grid)) == texts(as_xls(grid)) == expected


def test_rich_text_is_joined_and_readings_above_it_are_left_out() -> None:
    rich = CellRichText("地区", TextBlock(InlineFont(b=True), "生产"), "总值")
    assert texts(as_xlsx([[rich]])) == [["地区生产总值"]]
    row = '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
    content = as_package(cells(row), **{"xl/strings.xml": SHARED})
    assert texts(content) == [["地区生产", " a ", "地区生产"]]


@pytest.mark.parametrize(
    ("stored", "shown"), [("a_x000D_\nb", "a\nb"), ("a_x000a_b", "a\nb"), ("_x4E00_", "_x4E00_")]
)
def test_escaped_line_breaks_are_line_breaks_and_nothing_else_is(stored: str, shown: str) -> None:
    row = f'<row r="1"><c r="A1" t="str"><v>{stored}</v></c></row>'
    assert texts(as_package(cells(row))) == [[shown]]


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (12.34, "0.0", "12.34"),
        (36102.6, "#,##0", "36102.6"),
        (0.1 + 0.2, "General", "0.3"),
        (2020, "General", "2020"),
        (1e15, "General", "1000000000000000"),
        (1.5e-7, "General", "0.00000015"),
        (1e300, "General", "1e+300"),
        (-0.5, "0.00_);[Red](0.00)", "-0.5"),
        (0.35, "0%", "35%"),
        (0.07, "0.0%", "7%"),
        (-0.1234, "0.0%;-0.0%", "-12.34%"),
        (0.35, '0.00"%"', "0.35"),
        (0.35, r"0.00\%", "0.35"),
        (5, '0;-0;"–";@', "5"),
        (0.5, "0%;0;0", "50%"),
        (-0.5, "0%;0;0", "-0.5"),
        (0, "0%;0;0", "0"),
        (0.5, "0;0%;0", "0.5"),
        (-0.5, "0;0%;0", "-50%"),
        (0, "0;0;0%", "0%"),
        # Without a section of its own a value is shown by the first.
        (-0.5, "0%", "-50%"),
        (0, "0%;0", "0%"),
        (12345, "0;0,", "12345"),
        (-12345, "0,;0", "-12345"),
        (0, "0,", "0"),
        (True, "General", "TRUE"),
        (False, "0%", "FALSE"),
    ],
)
def test_figures_stand_as_stored_and_percentages_as_such(
    value: Value, number_format: str, shown: str
) -> None:
    for content in (
        as_xlsx([["x", value]], {"B1": number_format}),
        as_xls([["x", value]], number_format),
    ):
        assert texts(content) == [["x", shown]]
        assert only(content).faults == {}


@pytest.mark.parametrize("number_format", ["#,##0,", "0.0,,", r"0\.0,", "0!.0,"])
def test_a_figure_that_its_format_divides_is_set_aside(number_format: str) -> None:
    for content in (
        as_xlsx([["x", 12345]], {"B1": number_format}),
        as_xls([["x", 12345]], number_format),
    ):
        sheet = only(content)
        assert sheet.rows == ((1, ["x", "12345"]),)
        assert sheet.faults[1, 1].reason == "unreadable_value"
        assert number_format in sheet.faults[1, 1].expected


@pytest.mark.parametrize(
    ("value", "number_format"), [(12345, "0,;0;0"), (-12345, "0;0,;0"), (-12345, "0,")]
)
def test_the_section_of_the_sign_says_whether_its_format_divides(
    value: float, number_format: str
) -> None:
    for content in (
        as_xlsx([[value]], {"A1": number_format}),
        as_xls([[value]], number_format),
    ):
        assert only(content).faults[1, 0].reason == "unreadable_value"


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (date(2020, 12, 31), "yyyy", "2020-12-31"),
        (date(2020, 1, 1), 'yyyy"年"', "2020-01-01"),
        (datetime(2020, 1, 1, 12, 30), "yyyy-mm-dd hh:mm", "2020-01-01 12:30:00"),
        (time(8, 15), "hh:mm", "08:15:00"),
        (2020, "yyyy", "1905-07-12"),
        (1e9, "yyyy", "#VALUE!"),
    ],
)
def test_a_date_is_a_date_and_never_a_year(value: Value, number_format: str, shown: str) -> None:
    assert texts(as_xlsx([[value]], {"A1": number_format})) == [[shown]]
    assert texts(as_xls([[value]], number_format)) == [[shown]]


def test_dates_are_dates_under_the_formats_that_chinese_programs_leave_undefined() -> None:
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="57"/><xf numFmtId="10"/>'
        '<xf numFmtId="199"/></cellXfs></styleSheet>'
    )
    row = '<row><c s="0"><v>43831</v></c><c s="1"><v>0.5</v></c><c s="2"><v>43831</v></c></row>'
    content = as_package(cells(row), **{"xl/styles.xml": styles})
    assert texts(content) == [["2020-01-01", "50%", "43831"]]


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active["A1"] = date(2020, 1, 1)
    assert texts(saved(book)) == [["2020-01-01"]]


def test_errors_stand_as_they_are() -> None:
    assert texts(as_xlsx([["#DIV/0!", "#N/A"]])) == [["#DIV/0!", "#N/A"]]
    book = xlwt.Workbook()
    book.add_sheet("a").row(0).set_cell_error(0, "#DIV/0!")
    assert texts(saved(book)) == [["#DIV/0!"]]


def test_rows_are_those_that_hold_anything_and_reach_to_the_last_filled_column() -> None:
    grid: Grid = [[None], [None, "a"], [], ["b", " ", None, "\n"], [None, None, 1], ["  "]]
    expected = ((2, ["", "a", ""]), (4, ["b", "", ""]), (5, ["", "", "1"]))
    assert only(as_xlsx(grid)).rows == only(as_xls(grid)).rows == expected


def test_a_place_under_a_merged_cell_shows_the_text_of_its_first() -> None:
    expected = {(1, 1): (1, 0), (2, 0): (1, 0), (2, 1): (1, 0)}
    book = openpyxl.Workbook()
    book.active["A1"], book.active["C3"] = "wide", 1
    book.active.merge_cells("A1:B2")
    assert only(saved(book)).merged == expected
    old = xlwt.Workbook()
    sheet = old.add_sheet("a")
    sheet.write_merge(0, 1, 0, 1, "wide")
    sheet.write(2, 2, 1)
    assert only(saved(old)).merged == expected


def test_a_text_hidden_under_a_merged_cell_is_set_aside() -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    sheet = only(as_package(cells(row) + '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'))
    assert sheet.rows == ((1, ["1", "2"]),)
    assert {place: fault.reason for place, fault in sheet.faults.items()} == {
        (1, 1): "unreadable_value"
    }
    assert "A1" in sheet.faults[1, 1].expected


def test_hidden_sheets_rows_and_columns_are_read_and_very_hidden_sheets_are_not() -> None:
    book = openpyxl.Workbook()
    old = xlwt.Workbook()
    for title, state, visibility in (
        ("seen", "visible", 0),
        ("hidden", "hidden", 1),
        ("lists", "veryHidden", 2),
        ("last", "visible", 0),
    ):
        sheet = book.create_sheet(title)
        sheet["B2"] = title
        sheet.sheet_state = state
        sheet.row_dimensions[2].hidden = sheet.column_dimensions["B"].hidden = True
        page = old.add_sheet(title)
        page.visibility = visibility
        page.write(1, 1, title)
        page.row(1).hidden = page.col(1).hidden = True
    book.remove(book["Sheet"])
    expected = [(title, ((2, ["", title]),)) for title in ("seen", "hidden", "last")]
    for content in (saved(book), saved(old)):
        assert [(sheet.name, sheet.rows) for sheet in workbook.sheets(content)] == expected


def test_sheets_of_charts_are_left_out_and_a_workbook_of_nothing_else_is_empty() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.create_chartsheet("chart")
    assert [sheet.name for sheet in workbook.sheets(saved(book))] == ["Sheet"]
    book.active.sheet_state = "veryHidden"
    book.active = 1
    assert refused(saved(book))[0] == "empty_file"


def test_parts_to_which_the_workbook_does_not_lead_are_not_looked_at() -> None:
    parts = {
        "customXml/item1.xml": b"\xff\xfe",
        "xl/theme/theme1.xml": "<!DOCTYPE a><",
        "a.xml": "",
    }
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    assert texts(as_package(cells(row), **parts)) == [["1"]]


def test_what_surrounds_the_cells_is_never_looked_at() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.active["A1"].comment = Comment("a remark", "somebody")
    book.active["A1"].hyperlink = "https://example.org/"
    book.active.add_data_validation(DataValidation(type="list", formula1='"a,b"', sqref="A1"))
    content = saved(book)
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            # openpyxl by itself gives up on each of these, of which spreadsheet programs make
            # nothing.
            part = part.replace(b'type="list"', b'type="lost"').replace(
                b"<pageMargins", b'<pageMargins odd="1"'
            )
            if name == "xl/styles.xml":
                part = part.replace(b'<family val="2"', b'<family val="200"')
            new.writestr(name, part)
        new.writestr("xl/vbaProject.bin", b"macros")
        new.writestr("xl/externalLinks/externalLink1.xml", "<externalLink/>")
    with pytest.raises((TypeError, ValueError)):
        openpyxl.load_workbook(broken)
    assert texts(broken.getvalue()) == [["x"]]


def test_packages_of_other_programs_are_read() -> None:
    prefixed = (
        f'\ufeff<x:worksheet xmlns:x="{MAIN}"><x:sheetPr/><x:sheetData><x:row><x:c><x:f>1</x:f>'
        "<x:v>1</x:v></x:c></x:row></x:sheetData><x:pageSetup/></x:worksheet>"
    )
    parts = {
        "xl/sheet0.xml": prefixed,
        "xl/_rels/workbook.xml.rels": relationships(("i0", "worksheet", "/XL/Sheet0.xml")),
        "_rels/.rels": relationships(("b", "officeDocument", "/xl/workbook.xml")),
    }
    assert texts(as_package("", **parts)) == [["1"]]


# Formulas


def test_the_stored_result_of_a_formula_is_taken_and_flagged() -> None:
    row = (
        '<row r="1"><c r="A1"><f>1+1</f><v>3</v></c><c r="B1" t="str"><f>"a"</f><v>b</v></c>'
        '<c r="C1" t="str"><f>""</f><v></v></c><c r="D1"><v>4</v></c></row>'
    )
    sheet = only(as_package(cells(row)))
    assert sheet.rows == ((1, ["3", "b", "", "4"]),)
    assert sheet.computed == {(1, 0), (1, 1), (1, 2)}
    assert not sheet.faults


def test_every_cell_of_an_array_formula_is_computed() -> None:
    row = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:B1">C1:D1</f><v>1</v></c><c r="B1"><v>2</v></c>'
        '<c r="C1"><v>1</v></c></row>'
    )
    assert only(as_package(cells(row))).computed == {(1, 0), (1, 1)}


def test_a_formula_without_a_stored_result_shows_the_formula_and_is_set_aside() -> None:
    sheet = only(as_xlsx([[1, 2, "=SUM(A1:B1)"]]))
    assert sheet.rows == ((1, ["1", "2", "=SUM(A1:B1)"]),)
    assert sheet.computed == {(1, 2)}
    assert sheet.faults[1, 2].reason == "formula_without_value"
    assert "save it" in sheet.faults[1, 2].expected
    sheet = only(as_xls([[1, 2, xlwt.Formula("SUM(A1:B1)")]]))
    assert sheet.rows == ((1, ["1", "2", "="]),)
    assert sheet.computed == {(1, 2)}
    assert sheet.faults[1, 2].reason == "formula_without_value"


def test_the_stored_result_of_a_formula_is_taken_from_an_old_workbook() -> None:
    content = as_xls([[1, 2, xlwt.Formula("SUM(A1:B1)")]])
    empty = struct.pack("<Q", 0xFFFF000000000003)
    assert content.count(empty) == 1
    sheet = only(content.replace(empty, struct.pack("<d", 3.5)))
    assert sheet.rows == ((1, ["1", "2", "3.5"]),)
    assert sheet.computed == {(1, 2)}
    assert not sheet.faults


# What is not a workbook


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ("word/document.xml", ".docx"),
        ("ppt/presentation.xml", ".pptx"),
        ("xl/workbook.bin", ".xlsb"),
        ("tables/a.csv", "zip archive"),
    ],
)
def test_an_archive_of_something_else_is_told_what_it_is(part: str, word: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(part, "<a/>")
    reason, expected = refused(file.getvalue())
    assert reason == "unreadable_file"
    assert word in expected


@pytest.mark.parametrize(
    ("stream", "reason", "word"),
    [
        ("EncryptedPackage", "unreadable_file", "password"),
        ("WordDocument", "unreadable_file", ".doc"),
        ("Contents", "unreadable_file", "something else"),
    ],
)
def test_a_compound_file_of_something_else_is_told_what_it_is(
    stream: str, reason: str, word: str
) -> None:
    name, other = ("Workbook".encode("utf-16-le"), stream.encode("utf-16-le"))
    content = as_xls([[1]]).replace(
        name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2),
        other.ljust(64, b"\0") + struct.pack("<H", len(other) + 2),
    )
    found = refused(content)
    assert found[0] == reason
    assert word in found[1]


def locked_records(stream: bytes, password: str) -> bytes:
    """The records of an .xls locked as Excel 97 does (RC4 of 40 bits, [MS-OFFCRYPTO] 2.3.6)."""
    salt = bytes(range(16))

    def keystream(block: int, count: int) -> bytes:
        digest = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
        digest = hashlib.md5((digest + salt) * 16).digest()[:5]
        key = hashlib.md5(digest + struct.pack("<I", block)).digest()
        return Cipher(ARC4(key), mode=None).encryptor().update(b"\0" * count)

    verifier = bytes(16)
    lock = xored(verifier + hashlib.md5(verifier).digest(), keystream(0, 32))
    body = struct.pack("<HHH", 1, 1, 1) + salt + lock
    (first,) = struct.unpack_from("<H", stream, 2)
    record = struct.pack("<HH", 0x2F, len(body)) + body
    plain = bytearray(stream[: 4 + first] + record + stream[4 + first :])
    stands = bytearray(len(plain))  # 1 for each byte that is never locked
    position = 0
    while position + 4 <= len(plain):
        code, length = struct.unpack_from("<HH", plain, position)
        if code == 0x85:  # where a sheet begins; the record of the lock moved it
            (start,) = struct.unpack_from("<I", plain, position + 4)
            struct.pack_into("<I", plain, position + 4, start + len(record))
        clear = {0x809: length, 0x2F: length, 0x85: 4}.get(code, 0)
        stands[position : position + 4 + clear] = b"\1" * (4 + clear)
        position += 4 + length
    blocks = -(-len(plain) // 1024)
    key = b"".join(keystream(block, 1024) for block in range(blocks))
    return bytes(
        byte if is_clear else byte ^ mask
        for byte, is_clear, mask in zip(plain, stands, key, strict=False)
    )


def xored(first: bytes, second: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(first, second, strict=True))


def locked_xls(grid: Grid, password: str) -> bytes:
    stream = compound.Compound(as_xls(grid)).stream("workbook")
    return compound.written({"Workbook": locked_records(stream, password)})


def locked_xlsx(grid: Grid, password: str) -> bytes:
    content = io.BytesIO()
    OOXMLFile(io.BytesIO(as_xlsx(grid))).encrypt(password, content)
    return content.getvalue()


@pytest.mark.parametrize("lock", [locked_xls, locked_xlsx])
def test_a_workbook_with_the_password_that_all_programs_know_is_read(
    lock: Callable[[Grid, str], bytes],
) -> None:
    grid: Grid = [["地区", "生产总值"], ["北京", 1.5]]
    assert texts(lock(grid, locked.PASSWORD)) == [["地区", "生产总值"], ["北京", "1.5"]]
    reason, expected = refused(lock(grid, "secret"))
    assert reason == "unreadable_file"
    assert "remove the password" in expected


def test_what_was_locked_is_audited_like_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (lock([[1, 2]], locked.PASSWORD) for lock in (locked_xls, locked_xlsx))
    monkeypatch.setattr(workbook_cells, "MAX_CELLS", 1)
    for content in (old, new):
        assert refused(content)[0] == "too_large"
    monkeypatch.setattr(locked, "MAX_LOCKED", 1000)
    monkeypatch.setattr(locked, "MAX_DESCRIPTION", 1000)
    assert refused(old)[0] == "too_large"
    assert refused(new)[0] == "unsafe_file"


def test_a_workbook_locked_otherwise_asks_for_its_password_to_be_removed() -> None:
    content = bytearray(as_xls([[1]]))
    # The record of the user's name becomes a lock of a kind that nobody knows.
    at = content.index(struct.pack("<HH", 0x5C, 0x70))
    content[at : at + 2] = struct.pack("<H", 0x2F)
    package_locked = bytearray(as_package(cells()))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        package_locked[package_locked.index(mark) + offset] |= 1
    for each in (content, package_locked):
        reason, expected = refused(bytes(each))
        assert reason == "unreadable_file"
        assert "password" in expected


@pytest.mark.parametrize("length", [4096, 4097, 5_000_000])
def test_a_compound_file_holds_what_was_written_into_it(length: int) -> None:
    streams = {"Workbook": random.Random(length).randbytes(length), "Other": b"x" * 5000}
    read = compound.Compound(compound.written(streams))
    assert {name: read.stream(name.lower()) for name in streams} == streams
    assert "nothing" not in read


def test_a_strict_workbook_is_told_so() -> None:
    strict = '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'
    reason, expected = refused(as_package(**{"xl/workbook.xml": strict}))
    assert reason == "unreadable_file"
    assert "Strict" in expected


# What does harm


def test_a_document_type_declaration_is_refused_in_any_part_of_the_workbook() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    for part in ("xl/strings.xml", "xl/workbook.xml", "xl/sheet0.xml", "_rels/.rels"):
        reason, expected = refused(as_package(cells(), **{part: bomb}))
        assert reason == "unsafe_file"
        assert part in expected


def test_zip_bombs_are_refused_before_they_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    small_but_dense = as_package(cells(), **{"xl/media/a.bin": b"\0" * 2_000_000})
    reason, expected = refused(small_but_dense)
    assert reason == "unsafe_file"
    assert "xl/media/a.bin" in expected
    monkeypatch.setattr(package, "MAX_UNPACKED", 10_000)
    noise = random.Random(1).randbytes(20_000)
    reason, expected = refused(as_package(cells(), **{"xl/media/a.bin": noise}))
    assert reason == "unsafe_file"


def test_a_part_that_unpacks_to_more_than_it_declares_is_cut_off_there() -> None:
    content = bytearray(as_package(cells() + " " * 100_000))
    name = b"xl/sheet0.xml"
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(name))
    (size,) = struct.unpack_from("<I", content, at + 24)
    assert size > 100_000
    struct.pack_into("<I", content, at + 24, 200)
    assert refused(bytes(content))[0] == "unreadable_file"


def test_parts_that_share_a_name_or_bytes_are_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = io.BytesIO(as_package(cells()))
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("XL/workbook.xml", "<a/>")
    assert refused(file.getvalue())[0] == "unsafe_file"
    content = bytearray(as_package(cells(), cells()))
    entries = [at for at in range(len(content)) if content[at : at + 4] == b"PK\x01\x02"]
    content[entries[-1] + 42 : entries[-1] + 46] = content[entries[-2] + 42 : entries[-2] + 46]
    assert refused(bytes(content))[0] == "unsafe_file"


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        ("<a>" * 100 + "</a>" * 100, "unsafe_file"),
        (cells('<row r="2"/><row r="1"/>'), "unreadable_file"),
        (cells('<row r="1048577"/>'), "unreadable_file"),
        (cells('<row r="1"><c r="A2"/></row>'), "unreadable_file"),
        (cells('<row r="1"><c r="B1"/><c r="B1"/></row>'), "unreadable_file"),
        (cells('<row r="1"><c r="XFE1"/></row>'), "unreadable_file"),
        (cells('<row r="1"><c r="A1"><v>1_000</v></c></row>'), "unreadable_file"),
        (cells('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>'), "unreadable_file"),
        (cells('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), "unreadable_file"),
        (cells("<row><row/></row>"), "unreadable_file"),
        (cells("<row/><a><row/></a>"), "unreadable_file"),
        (cells("<row>"), "unreadable_file"),
        ('<mergeCells><mergeCell ref="A"/></mergeCells>', "unreadable_file"),
    ],
)
def test_a_sheet_in_disorder_is_refused_and_loses_nothing(sheet: str, reason: str) -> None:
    assert refused(as_package(sheet))[0] == reason


def test_one_part_cannot_be_many_sheets() -> None:
    book = as_package(cells(), cells())
    relations = zipfile.ZipFile(io.BytesIO(book)).read("xl/_rels/workbook.xml.rels")
    twice = relations.replace(b"sheet1.xml", b"sheet0.xml").decode()
    assert (
        refused(as_package(cells(), cells(), **{"xl/_rels/workbook.xml.rels": twice}))[0]
        == "unreadable_file"
    )
    missing = relations.replace(b"sheet1.xml", b"sheet9.xml").decode()
    reason, expected = refused(
        as_package(cells(), cells(), **{"xl/_rels/workbook.xml.rels": missing})
    )
    assert reason == "unreadable_file"
    assert "'S1'" in expected


def test_a_cell_beyond_the_last_column_is_refused_by_its_row() -> None:
    last, beyond = (f'<row r="4"><c r="{cell}4"><v>1</v></c></row>' for cell in ("XFD", "XFE"))
    assert only(as_package(cells(last))).rows == ((4, [""] * 16_383 + ["1"]),)
    reason, expected = refused(as_package(cells(beyond)))
    assert reason == "unreadable_file"
    assert "column XFE, beyond the last one, in row 4" in expected


def test_a_cell_in_the_last_corner_costs_nothing() -> None:
    sheet = only(
        as_package(
            cells(
                '<row r="1"><c r="A1"><v>1</v></c></row>',
                '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
            )
        )
    )
    assert [number for number, _ in sheet.rows] == [1, 1_048_576]
    assert [len(row) for _, row in sheet.rows] == [16_384, 16_384]
    assert (sheet.rows[0][1][0], sheet.rows[1][1][-1]) == ("1", "2")


def test_a_cell_merged_over_the_whole_sheet_covers_no_more_than_the_table() -> None:
    merge = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    sheet = only(as_package(cells('<row r="2"><c r="B2"><v>2</v></c></row>') + merge))
    assert set(sheet.merged) == {(1, 1), (2, 0), (2, 1)}
    reason, expected = refused(
        as_package(cells('<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>') + merge)
    )
    assert reason == "too_large"
    assert "'S0'" in expected


FAR = '<row r="900000"><c r="C900000"><v>1</v></c></row>'
ROW = '<row r="1"><c r="A1" t="str"><v>ab</v></c><c r="B1" t="str"><v>cd</v></c></row>'


@pytest.mark.parametrize(
    ("limit", "value", "content"),
    [
        ("MAX_CELLS", 1, as_package(cells(ROW))),
        ("MAX_CELLS", 1, as_xls([[1, 2]])),
        ("MAX_SHEETS", 1, as_package(cells(), cells())),
        ("MAX_ROWS", 899_999, as_package(cells(FAR))),
        ("MAX_ROWS", 2, as_xls([[], [], [1]])),
        ("MAX_AREA", 1, as_package(cells(ROW))),
        ("MAX_AREA", 1, as_xls([[1, 2]])),
        ("MAX_CHARACTERS", 3, as_package(cells(ROW))),
        ("MAX_CHARACTERS", 3, as_xls([["ab", "cd"]])),
        ("MAX_ELEMENTS", 8, as_package(cells(ROW))),
        ("MAX_ELEMENTS", 40, as_xls([["ab", "cd"]])),
        ("MAX_STRINGS", 1, as_package(cells(), **{"xl/strings.xml": SHARED})),
        ("MAX_STRINGS", 1, as_xls([["ab", "cd"]])),
        ("MAX_FORMATS", 1, as_xlsx([[1, 2]], {"A1": "0.0"})),
        ("MAX_FORMATS", 10, as_xls([[1, 2]], "0.0")),
        ("MAX_FORMAT_LENGTH", 2, as_xlsx([[1]], {"A1": "0.0000"})),
        ("MAX_FORMAT_LENGTH", 2, as_xls([[1]], "0.0000")),
    ],
)
def test_each_limit_is_kept_and_named(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, content: bytes
) -> None:
    workbook.sheets(content)
    for module in (workbook_cells, xls, xlsx_part):
        monkeypatch.setattr(module, limit, value, raising=False)
    assert refused(content)[0] == "too_large"


def test_too_many_parts_are_refused_before_their_directory_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(package, "MAX_PARTS", 3)
    assert refused(as_package(cells()))[0] == "unsafe_file"


def as_compound(directory_entries: Iterable[tuple[str, int, int, int, int, int, int]]) -> bytes:
    """A compound file of one table sector, the directory, and four sectors of zeros."""
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBxIII", 2 * len(name) + 2, kind, left, right, child)
        + b"\0" * 36
        + struct.pack("<III", start, size, 0)
        for name, kind, left, right, child, start, size in directory_entries
    )
    sectors = -(-len(entries) // 512)
    end = 0xFFFFFFFE
    table = [0xFFFFFFFD, *range(2, sectors + 1), end, sectors + 1]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10
    header += struct.pack("<8I", 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    body = struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
    return header + body + entries.ljust(512 * sectors, b"\0") + b"\0" * 2048


NONE = 0xFFFFFFFF


def test_a_directory_that_doubles_at_each_step_is_refused_at_once() -> None:
    # Each entry has the next one on either side: 2 ** 40 visits for who does not look back.
    entries = [("Root Entry", 5, NONE, NONE, 1, 0, 0)]
    entries += [(f"s{n}", 2, n + 1, n + 1, NONE, 0, 0) for n in range(1, 41)]
    reason, expected = refused(as_compound(entries))
    assert reason == "unreadable_file"
    assert "loops" in expected


def test_a_chain_that_comes_back_to_itself_is_refused_at_once() -> None:
    sector = 2  # the sector after the table and the directory; its successor is itself
    entries = [
        ("Root Entry", 5, NONE, NONE, 1, 0, 0),
        ("Workbook", 2, NONE, NONE, NONE, sector, 8192),
    ]
    reason, expected = refused(as_compound(entries))
    assert reason == "unreadable_file"
    assert "chains" in expected


def test_strings_that_would_be_read_backwards_for_ever_are_refused() -> None:
    content = as_xls([["a" * 30]])
    at = content.index(struct.pack("<H", 0xFC), content.index(b"\x85\0"))
    (length,) = struct.unpack_from("<H", content, at + 2)
    # The only string says that what is spoken above it is minus its own length long.
    body = struct.pack("<iiHBi", 2**18, 2**18, 1, 4, -8) + b"a"
    changed = content[: at + 4] + body.ljust(length, b"\0") + content[at + 4 + length :]
    reason, expected = refused(changed)
    assert reason == "unreadable_file"
    assert "strings" in expected


# Kinds of record by [MS-XLS] 2.3: cells and what xlrd needs to show them; those that it must not
# see, of the book and of a sheet; and what begins and ends either.
BEGINS, ENDS = 0x809, 0x0A
NAME, SUPBOOK, EXTERNSHEET, FONT, PALETTE, STYLE = 0x18, 0x1AE, 0x17, 0x31, 0x92, 0x293
ROW_OF_CELLS, COLINFO, NOTE, HLINK, OBJECT, TEXT_OBJECT = 0x208, 0x7D, 0x1C, 0x1B8, 0x5D, 0x1B6
FIGURE, FIGURES = 0x203, 0xBD


def record(code: int, body: bytes) -> bytes:
    return struct.pack("<HH", code, len(body)) + body


def records(stream: bytes) -> list[tuple[int, int, bytes]]:
    """Place, kind and body of each record."""
    found, at = [], 0
    while at + 4 <= len(stream):
        code, length = struct.unpack_from("<HH", stream, at)
        found.append((at, code, stream[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def old_stream(values: Grid) -> bytes:
    return compound.Compound(as_xls(values)).stream("workbook")


def with_records(stream: bytes, of_book: bytes, of_sheet: bytes) -> bytes:
    """A workbook of one sheet with more records before the end of the book and of the sheet."""
    first_end, last_end = (at for at, code, _ in records(stream) if code == ENDS)
    changed = bytearray(
        stream[:first_end] + of_book + stream[first_end:last_end] + of_sheet + stream[last_end:]
    )
    (bound,) = (at for at, code, _ in records(stream) if code == 0x85)
    (start,) = struct.unpack_from("<I", changed, bound + 4)
    struct.pack_into("<I", changed, bound + 4, start + len(of_book))
    return bytes(changed)


@pytest.mark.parametrize(
    ("of_book", "of_sheet"),
    [
        *([code, None] for code in (NAME, SUPBOOK, EXTERNSHEET, FONT, PALETTE, STYLE)),
        *([None, code] for code in (ROW_OF_CELLS, COLINFO, NOTE, HLINK, OBJECT, TEXT_OBJECT)),
    ],
)
def test_records_that_no_figure_needs_are_blotted_out(
    of_book: int | None, of_sheet: int | None
) -> None:
    spoilt = [record(code, b"\xff" * 3) if code else b"" for code in (of_book, of_sheet)]
    stream = with_records(old_stream([["x", 1.5]]), *spoilt)
    assert texts(compound.written({"Workbook": stream})) == [["x", "1.5"]]


def test_xlrd_would_stumble_over_what_is_blotted_out() -> None:
    xlrd.open_workbook(file_contents=old_stream([["x", 1.5]]), formatting_info=True)
    for code in (NAME, FONT, PALETTE):
        stream = with_records(old_stream([["x", 1.5]]), record(code, b"\xff" * 3), b"")
        with pytest.raises((struct.error, AssertionError, IndexError, xlrd.XLRDError)):
            xlrd.open_workbook(file_contents=stream, formatting_info=True, logfile=io.StringIO())


def test_cells_of_a_chart_inside_a_sheet_are_none_of_the_sheet() -> None:
    stream = old_stream([["x", 1.5]])
    (begin,) = (body for _, code, body in records(stream)[:1])
    cell = record(FIGURE, struct.pack("<HHHd", 7, 7, 15, 99.0))
    chart = record(BEGINS, begin) + cell + record(ENDS, b"")
    assert texts(compound.written({"Workbook": with_records(stream, b"", chart)})) == [["x", "1.5"]]
    # Two begin, of which xlrd by itself takes the first end for that of both.
    nested = record(BEGINS, begin) + chart + cell + record(ENDS, b"")
    later = record(FIGURE, struct.pack("<HHHd", 9, 0, 15, 98.0))
    both = with_records(stream, b"", nested + later)
    assert texts(compound.written({"Workbook": both})) == [["x", "1.5"], ["98", ""]]
    # The same cell outside of a chart is read.
    outside = with_records(stream, b"", cell)
    assert only(compound.written({"Workbook": outside})).rows[-1] == (8, [""] * 7 + ["99"])


def several(first: int, last: int, count: int) -> bytes:
    """Figures of row 3 from one column to another, [MS-XLS] 2.4.175."""
    figure = struct.pack("<HI", 15, 7 << 2 | 2)
    return record(FIGURES, struct.pack("<HH", 2, first) + figure * count + struct.pack("<H", last))


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (record(FIGURE, struct.pack("<HHHd", 2, 255, 15, 7.0)), ["7"]),
        (several(253, 255, 3), ["7", "7", "7"]),
        (record(FIGURE, struct.pack("<HHHd", 2, 256, 15, 7.0)), None),
        (several(254, 256, 3), None),
        (several(255, 254, 0), None),
        (several(253, 255, 2), None),
        (several(253, 255, 4), None),
    ],
)
def test_an_old_sheet_ends_at_its_256th_column(cell: bytes, shown: list[str] | None) -> None:
    stream = with_records(old_stream([["x", 1.5]]), b"", cell)
    content = compound.written({"Workbook": stream})
    if shown is None:
        reason, expected = refused(content)
        assert reason == "unreadable_file"
        assert "cells inside the sheet; row 3 goes beyond" in expected
    else:
        number, row = only(content).rows[-1]
        assert (number, row) == (3, [""] * (256 - len(shown)) + shown)


def test_one_stretch_of_records_cannot_be_many_sheets() -> None:
    book = xlwt.Workbook()
    for name in "abc":
        book.add_sheet(name).write(0, 0, name)
    content = bytearray(saved(book))
    entries = [at for at in range(len(content)) if content[at : at + 4] == b"\x85\0\x09\0"]
    assert len(entries) == 3
    content[entries[2] + 4 : entries[2] + 8] = content[entries[0] + 4 : entries[0] + 8]
    reason, expected = refused(bytes(content))
    assert reason == "unreadable_file"
    assert "overlap" in expected


def test_nothing_is_printed_and_no_library_is_loaded_before_it_is_needed() -> None:
    script = """
        import sys
        from yearbooks.files import workbook
        assert not {"openpyxl", "xlrd"} & set(sys.modules)
        workbook.sheets(sys.stdin.buffer.read())
        assert "xlrd" in sys.modules
    """
    # A length that is no multiple of a sector is what xlrd remarks on.
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        input=as_xls([[1]]) + b"\0",
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


# Properties

# What both libraries can write, and what does not look like something else to openpyxl: a formula,
# an error, or an escaped sign.
TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=("Cs", "Cc", "Cn"))
    | st.just("\n"),
    max_size=12,
).filter(lambda text: text[:1] not in ("=", "#") and "_x" not in text)
NUMBER = st.integers(-(10**9), 10**9) | st.floats(-1e12, 1e12, allow_subnormal=False).map(
    lambda value: float(format(value, ".15g"))
)
GRID = st.lists(st.lists(st.none() | TEXT | NUMBER, max_size=6), max_size=8)


def as_read(content: bytes) -> dict[tuple[int, int], str]:
    return {
        (number, position): text
        for number, row in only(content).rows
        for position, text in enumerate(row)
        if text
    }


@settings(max_examples=60, deadline=None)
@given(GRID, st.sampled_from([as_xlsx, as_xls]))
def test_any_grid_reads_back(grid: Grid, write: Callable[[Grid], bytes]) -> None:
    read = as_read(write(grid))
    written = {
        (number, position): value
        for number, row in enumerate(grid, start=1)
        for position, value in enumerate(row)
        if value is not None and str(value).strip()
    }
    assert read.keys() == written.keys()
    for place, value in written.items():
        if isinstance(value, str):
            assert read[place] == value
        else:
            assert float(read[place]) == value


REASONS = {"unreadable_file", "unsafe_file"}


def survives(content: bytes) -> None:
    with suppress(FileFault):
        workbook.sheets(content)


def parts_of_an_example() -> dict[str, bytes]:
    book = openpyxl.Workbook()
    book.active.append(["地区", 1, 2.5, "=A1", True])
    book.active.append(["北京", date(2020, 1, 1), 0.35])
    book.active["C2"].number_format = "0.0%"
    book.active.merge_cells("A3:B4")
    book.create_sheet("b")["C3"] = "x"
    with zipfile.ZipFile(io.BytesIO(saved(book))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    del parts["xl/theme/theme1.xml"]
    parts["xl/sharedStrings.xml"] = SHARED.encode()
    shared = b'<c r="D3" t="s"><v>1</v></c></row>'
    last_row = parts["xl/worksheets/sheet2.xml"].rindex(b"</row>")
    parts["xl/worksheets/sheet2.xml"] = (
        parts["xl/worksheets/sheet2.xml"][:last_row]
        + shared
        + parts["xl/worksheets/sheet2.xml"][last_row + len(b"</row>") :]
    )
    return parts


def zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def old_example() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for column, value in enumerate(["地区" * 20, 1, 2.5, xlwt.Formula("A1"), True]):
        sheet.write(0, column, value)
    sheet.write_merge(1, 2, 0, 1, "北京")
    book.add_sheet("b").write(2, 2, "x")
    return saved(book)


PARTS = parts_of_an_example()
OLD = old_example()
# Where there is something to damage: half of an .xls is padding.
DENSE = [at for at, byte in enumerate(OLD) if at >= 8 and (byte or OLD[at - 1])]


def damaged(content: bytes, places: Sequence[int], chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        changed[chance.choice(places)] = chance.choice([0, 1, 4, 127, 255, chance.randrange(256)])
    return bytes(changed)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_damage_to_an_old_workbook_ends_in_sheets_or_a_fault(chance: random.Random) -> None:
    survives(damaged(OLD, DENSE, chance))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(PARTS)), st.randoms(use_true_random=False))
def test_any_damage_to_a_part_ends_in_sheets_or_a_fault(name: str, chance: random.Random) -> None:
    part = PARTS[name]
    survives(zipped({**PARTS, name: damaged(part, range(len(part)), chance)}))


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_damage_to_a_package_ends_in_sheets_or_a_fault(chance: random.Random) -> None:
    content = zipped(PARTS, zipfile.ZIP_DEFLATED)
    survives(damaged(content, range(4, len(content)), chance))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([zipped(PARTS), OLD]), st.floats(0, 0.95))
def test_the_beginning_of_a_workbook_is_refused(example: bytes, share: float) -> None:
    assert refused(example[: 8 + int(share * (len(example) - 8))])[0] in REASONS


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]),
    st.binary(max_size=200),
)
def test_any_bytes_after_the_mark_of_a_workbook_are_refused(mark: bytes, noise: bytes) -> None:
    assert workbook.recognises(mark + noise)
    assert refused(mark + noise)[0] in REASONS
