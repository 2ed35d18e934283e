"""Reader of the tables that the data site of the National Bureau of Statistics exports.

One item a file, provinces down, years across:

    数据库：分省年度数据
    指标：ITEM(UNIT)
    时间：2009-2020
    地区,2020年,2019年,...
    北京市,...
    注：footnote, continued on lines that begin with a blank
    数据来源：国家统计局

The same table saved as a sheet of a workbook is read alike. Each field under a heading is a cell,
empty or not. What is neither title nor note is a row of the table, so that a line we do not
understand is set aside cell by cell and never taken for a remark.
"""

import re
from itertools import zip_longest

from yearbooks.catalogue import Catalogue, match_key
from yearbooks.cells import Fault, Reading, Row, Sheet, cell_frame, is_ragged
from yearbooks.errors import FileFault

NAME = "nbs_export"

_FIRST_LINE = re.compile(r"\s*(?:数据库|指标)\s*[:：]")
_HEADING = re.compile(r"\s*(?:数据库|指标|时间)\s*[:：]")
_FIGURE = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?")
_TITLE = re.compile(r"\s*指标\s*[:：]\s*(?P<item>.*?)\s*")
_NOTE = re.compile(r"\s*(?:注\s*[0-9]*|数据来源|资料来源)\s*[:：]")
# The last brackets of the title hold the unit; earlier ones belong to the item's name.
_UNIT = re.compile(r"(?P<item>.*\S)\s*[(（](?P<unit>[^()（）]*)[)）]")
_HEADER = match_key("地区")


def recognises(sheet: Sheet, _: Catalogue) -> bool:
    """True where the first row with anything in it is a title line of the site."""
    return bool(sheet.rows) and bool(_FIRST_LINE.match(_line(sheet.rows[0][1])))


def read(sheet: Sheet, catalogue: Catalogue) -> Reading:
    """The cells of the table (see `yearbooks.cells`), all carrying the same unit and footnotes.

    Raises `FileFault` where the title or the header line is missing, where a second table follows
    in the same sheet, or where no row is below the header.
    """
    rows = sheet.rows
    lines = [_line(fields) for _, fields in rows]
    headers = [index for index, (_, fields) in enumerate(rows) if _is_header(fields)]
    titles = [match["item"] for line in lines if (match := _TITLE.fullmatch(line))]
    if not headers:
        raise FileFault(
            "unrecognised_layout", "a header line that begins with 地区 and goes on with years"
        )
    if len(titles) != 1 or len(headers) != 1:
        raise FileFault(
            "unrecognised_layout",
            f"one table a file, with one line 指标：ITEM(UNIT) and one header; "
            f"found {len(titles)} titles and {len(headers)} headers",
        )
    named = _UNIT.fullmatch(titles[0])
    item, unit = (named["item"], named["unit"].strip()) if named else (titles[0], "")

    top = headers[0]
    header_row, header = rows[top]
    body, notes = _parted(rows[top + 1 :], lines[top + 1 :], header)
    above = [row for row in rows[:top] if _has_figures(row[1])]
    notes = [
        line.strip()
        for (_, fields), line in zip(rows[:top], lines[:top], strict=True)
        if not _HEADING.match(line) and not _has_figures(fields)
    ] + notes
    if not body:
        raise FileFault("empty_file", "province rows below the header line")

    footnotes = "\n".join(notes)
    ragged = Fault("ragged_row", f"{len(header)} fields, each under a heading")
    cells: list[list[object]] = []
    for row, fields in [*above, *body]:
        is_misplaced = row < header_row or is_ragged(fields, header)
        columns = list(zip_longest(header, fields, fillvalue=""))
        for position, (year, value) in enumerate(columns[1:], start=1):
            if year.strip() or value.strip():
                place = (row, position)
                fault = ragged if is_misplaced else sheet.faults.get(place)
                where = [sheet.name, row, year or f"column {position + 1}"]
                printed = [item, fields[0], year, value, unit, "", "", "", footnotes]
                cells.append([*where, *printed, place in sheet.computed, NAME, fault])
    why = (
        "An export of the statistics bureau's data site: its title lines stand above row "
        f"{header_row}, which begins with 地区 and goes on with years."
    )
    return Reading(cell_frame(cells), (why,))


def _line(fields: list[str]) -> str:
    """A row of one text as it was typed: outside the table a comma is part of the sentence."""
    return ",".join(fields).rstrip(",")


def _is_header(fields: list[str]) -> bool:
    first, *others = map(match_key, fields)
    return first == _HEADER and any(others)


def _parted(
    rows: tuple[Row, ...], lines: list[str], header: list[str]
) -> tuple[list[Row], list[str]]:
    """Rows of the table, and footnotes.

    A footnote goes on over lines that begin with a blank, unless they hold figures: an indented
    row of figures is a row, whether or not it fits the header.
    """
    body: list[Row] = []
    notes: list[str] = []
    in_note = False
    for (line_number, fields), line in zip(rows, lines, strict=True):
        fits = any(field.strip() for field in fields[1:]) and not is_ragged(fields, header)
        goes_on = in_note and fields[0][:1].isspace() and not fits and not _has_figures(fields)
        in_note = goes_on or bool(_NOTE.match(line))
        if in_note:
            notes.append(line.strip())
        else:
            body.append((line_number, fields))
    return body, notes


def _has_figures(fields: list[str]) -> bool:
    """Whether a number stands in any field but the first, which names the row."""
    return any(_FIGURE.fullmatch(field.strip()) for field in fields[1:])
