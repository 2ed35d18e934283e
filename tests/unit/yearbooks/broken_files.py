"""Files as they should not be, made on the spot: each with what must become of it.

`FILES` is the table of docs/broken-files.md in code: the name of the file, what is wrong with it,
the reasons under which its cells are set aside, and how many cells land all the same.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

Rows = Sequence[Sequence[object]]

TITLE = "3-9 分地区生产总值 Gross Regional Product (2019年)"
UNIT_LINE = "单位：亿元 (100 million yuan)"
HEADER = ["地区 Region", "地区生产总值", "第二产业增加值"]
FIGURES: Rows = [
    ["北京 Beijing", 35371.3, 5715.1],
    ["天津 Tianjin", 14104.3, 4969.2],
    ["河北 Hebei", 35104.5, 13597.3],
]
SOUND: Rows = [[TITLE], [UNIT_LINE], HEADER, *FIGURES, ["资料来源：中国统计年鉴"]]
TIDY = "province,year,item,value,unit\n"


def xlsx(rows: Rows, *, title: str = "3-9", merged: Sequence[str] = ()) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def replaced(name: str, old: bytes, new: bytes, content: bytes | None = None) -> bytes:
    """A workbook in one part of which some bytes are replaced by others."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content or xlsx(SOUND))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.namelist():
            text = source.read(part)
            if part == name:
                assert old in text
                text = text.replace(old, new, 1)
            target.writestr(part, text)
    return out.getvalue()


def with_part(name: str, text: bytes, level: int | None = None) -> bytes:
    """A sound workbook with one more part in its package, compressed at this level."""
    out = io.BytesIO(xlsx(SOUND))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=level) as package:
        package.writestr(name, text)
    return out.getvalue()


@cache
def bomb() -> bytes:
    """Made once and at the quickest level, for it takes seconds."""
    return with_part("xl/media/image1.bin", bytes(1100 * 2**20), level=1)


def table(*rows: Sequence[object], header: Sequence[object] = HEADER) -> bytes:
    return xlsx([[TITLE], [UNIT_LINE], header, *rows])


def csv_table(*lines: str) -> bytes:
    return (TIDY + "\n".join(lines) + "\n").encode()


def text_table(note: str) -> bytes:
    """The sound table as lines of text, with a note of this text below it."""
    rows = [[TITLE], [UNIT_LINE], HEADER, *FIGURES, [note]]
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def locked(password: str) -> bytes:
    content = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx(SOUND))).encrypt(password, content)
    return content.getvalue()


@cache
def very_large() -> bytes:
    """More cells than any yearbook table has, in a few kilobytes of package."""
    columns = [get_column_letter(number) for number in range(1, 1001)]
    rows = "".join(
        f'<row r="{n}">'
        + "".join(f'<c r="{column}{n}"><v>1</v></c>' for column in columns)
        + "</row>"
        for n in range(1, 502)
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    ).encode()
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(SOUND))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.namelist():
            target.writestr(part, sheet if "sheet1" in part else source.read(part))
    return out.getvalue()


def many_merged_cells() -> bytes:
    return replaced(
        "xl/worksheets/sheet1.xml",
        b"</sheetData>",
        b'</sheetData><mergeCells count="1"><mergeCell ref="A20:XFD1048576"/></mergeCells>',
    )


ENTITY = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@dataclass(frozen=True)
class Broken:
    """A broken file, and its verdict: how many cells each reason sets aside, and how many land."""

    name: str
    what: str
    make: Callable[[], bytes]
    reasons: dict[str, int]
    landed: int = 0


FILES = (
    Broken("empty.csv", "an empty file", lambda: b"", {"empty_file": 1}),
    Broken(
        "encoding.csv",
        "a text in no encoding that is known",
        lambda: TIDY.encode() + b"\xff\xff\xfe,2019,GDP,1,\x81\n",
        {"unreadable_file": 1},
    ),
    Broken(
        "latin1.csv",
        "Chinese saved in an encoding that has no Chinese (question marks)",
        lambda: csv_table("??,2019,????,1,??"),
        {"unknown_item": 1},
    ),
    Broken(
        "truncated.xlsx",
        "a workbook cut off half way",
        lambda: xlsx(SOUND)[:2000],
        {"unreadable_file": 1},
    ),
    Broken(
        "web_page.xls",
        "a web page saved under the name of a workbook",
        lambda: b"<html><table><tr><td>Beijing</td><td>1</td></tr></table></html>",
        {"misnamed_web_page": 1},
    ),
    Broken(
        "stray_mark.csv",
        "a quotation mark that opens a note and never closes",
        lambda: text_table('"注：甲'),
        {},
        6,
    ),
    Broken(
        "stray_mark_in_row.csv",
        "a quotation mark that never closes in a row of figures",
        lambda: text_table("资料来源：甲").replace(b",35371.3,", b',"35371.3,'),
        {"unreadable_value": 2},
        4,
    ),
    Broken(
        "swallowed_rows.csv",
        "a quotation mark that closes in a later note, with rows of figures between",
        lambda: text_table('资料来源：甲"').replace(UNIT_LINE.encode(), b'"' + UNIT_LINE.encode()),
        {"unreadable_file": 1},
    ),
    Broken(
        "password.xlsx",
        "a workbook locked with a password of its own",
        lambda: locked("a word"),
        {"unreadable_file": 1},
    ),
    Broken(
        "endless_tags.html",
        "a web page of tags that never close",
        lambda: b"<table>" + b'<a "' * 200_000,
        {"unreadable_file": 1},
    ),
    Broken(
        "merged.xlsx",
        "merged cells across headings and provinces",
        lambda: xlsx(SOUND, merged=("B3:C3", "A4:A5")),
        {"duplicate_cell": 6},
    ),
    Broken(
        "province_twice.xlsx",
        "a province printed twice with different figures",
        lambda: table(*FIGURES, ["北京 Beijing", 1.0, 5715.1]),
        {"duplicate_cell": 3},
        5,
    ),
    Broken(
        "year_20l9.csv",
        "the year 20l9, with a letter",
        lambda: csv_table("北京,20l9,GDP,1,亿元", "天津,2019,GDP,2,亿元"),
        {"unreadable_year": 1},
        1,
    ),
    Broken(
        "thousands.csv",
        "thousands separators without quotation marks",
        lambda: csv_table("北京,2019,GDP,35,371.3,亿元", '天津,2019,GDP,"14,104.3",亿元'),
        {"ragged_row": 1},
        1,
    ),
    Broken(
        "full_width.csv",
        "full-width digits, signs and blanks",
        lambda: csv_table("　北　京,２０１９年,ＧＤＰ,３５，３７１．３,亿元"),
        {},
        1,
    ),
    Broken(
        "bomb.xlsx",
        "a zip bomb: a few megabytes that unpack to more than a gigabyte",
        bomb,
        {"unsafe_file": 1},
    ),
    Broken(
        "entity.xlsx",
        "a document type declaration with an external entity",
        lambda: replaced("xl/worksheets/sheet1.xml", b"<worksheet", ENTITY + b"<worksheet"),
        {"unsafe_file": 1},
    ),
    Broken(
        "merged_bomb.xlsx",
        "one merged cell over the rest of the sheet, 17 billion places",
        many_merged_cells,
        {},
        6,
    ),
    Broken("large.xlsx", "a very large sheet", very_large, {"too_large": 1}),
    Broken(
        "macro.xlsm",
        "a workbook with a macro, which is not run",
        lambda: with_part("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 no macro is ever run"),
        {},
        6,
    ),
    Broken(
        "formula.xlsx",
        "a formula whose result was never stored",
        lambda: table(*FIGURES[:2], ["河北 Hebei", "=B4+B5", 13597.3]),
        {"formula_without_value": 1},
        5,
    ),
    Broken(
        "two_items.xlsx",
        "two items under one heading",
        lambda: xlsx(
            [
                ["各地区主要指标 (2019年)"],
                [UNIT_LINE],
                ["地区", "地区生产总值\n第三产业增加值", "第二产业增加值"],
                *FIGURES,
            ]
        ),
        {"ambiguous_heading": 3},
        3,
    ),
    Broken(
        "dates.xlsx",
        "dates in the cells of years",
        lambda: xlsx(
            [
                ["province", "year", "item", "value", "unit"],
                ["北京", date(2019, 12, 31), "GDP", 1, "亿元"],
                ["天津", 2019, "GDP", 2, "亿元"],
            ]
        ),
        {"unreadable_year": 1},
        1,
    ),
    Broken(
        "cover.xlsx",
        "a sheet without any figure",
        lambda: xlsx([["中国统计年鉴"], ["目录"], ["3-9 分地区生产总值"]]),
        {"no_table": 1},
    ),
)


def write_all(folder: Path) -> None:
    """Every broken file, and a directory with the name of a file."""
    for broken in FILES:
        (folder / broken.name).write_bytes(broken.make())
    (folder / "folder.csv").mkdir()
