"""Reader of the tables that the data site of the National Bureau of Statistics exports.

Title lines, then a table of two of the three: provinces, years, items. A title line states the
third, or nobody does (the site in use since 2026 leaves out the line of the item):

    数据库：分省年度数据
    指标：ITEM(UNIT)
    时间：2009-2020
    地区,2020年,2019年,...
    北京市,...
    注：footnote, continued on lines that begin with a blank
    数据来源：国家统计局

The same table in English, or saved as a sheet of a workbook, is read alike. Each field under a
heading is a cell, empty or not. What is neither title nor note is a row of the table, so that a
line we do not understand is set aside cell by cell and never taken for a remark.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Fault, Reading, Row, Sheet, cell_frame, is_ragged, read_year
from yearbooks.errors import FileFault
from yearbooks.layouts.axis import Places, not_provinces
from yearbooks.layouts.naming import MAPPING, scoped
from yearbooks.layouts.titles import Titles
from yearbooks.layouts.words import Words
from yearbooks.mapping import SheetMapping
from yearbooks.observed_units import OF_CITIES, OF_OTHERS
from yearbooks.reference import ANNUAL, ITEM, REGION, YEAR

NAME = "nbs_export"

# The rule by which a cell has its item.
TITLE_LINE, LABEL = "nbs_title_line", "nbs_label"

# What a title line states, in both languages.
_LINES = {
    "database": r"数据库|Database",
    ITEM: r"指标|Indicators?",
    YEAR: r"时间|Time|Year",
    REGION: r"地区|Regions?",
}
_LINE = re.compile(
    "|".join(rf"\s*(?:{words})\s*[:：]\s*(?P<{kind}>.*?)\s*" for kind, words in _LINES.items()),
    re.IGNORECASE,
)
_FIRST_LINE = re.compile(rf"\s*(?:{_LINES['database']}|{_LINES[ITEM]})\s*[:：]", re.IGNORECASE)
_FIGURE = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?")
_NOTE = re.compile(
    r"\s*(?:注\s*[0-9]*|数据来源|资料来源|Notes?\s*[0-9]*|Data Sources?|Sources?)\s*[:：]",
    re.IGNORECASE,
)
# The last brackets of a label hold the unit; earlier ones belong to the item's name.
LAST_BRACKETS = re.compile(r"(?P<item>.*\S)\s*[(（](?P<unit>[^()（）]*)[)）]")


def recognises(sheet: Sheet, _: Catalogue) -> bool:
    """True where the first row with anything in it is a title line of the site."""
    return bool(sheet.rows) and bool(_FIRST_LINE.match(_line(sheet.rows[0][1])))


def read(
    sheet: Sheet,
    catalogue: Catalogue,
    mapping: SheetMapping | None = None,
    before: object = None,
) -> Reading:
    """The cells of the table (see `yearbooks.cells`), all carrying the same footnotes.

    Raises `FileFault` where the header line is missing, where a second table follows in the same
    sheet, or where no row is below the header.
    """
    return _Export.of(sheet, catalogue, mapping or SheetMapping()).reading()


@dataclass
class _Export:
    """One export: what its title lines state, its header, its rows and its notes."""

    sheet: Sheet
    catalogue: Catalogue
    mapping: SheetMapping
    stated: dict[str, str]
    header: Row
    body: list[Row]
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, sheet: Sheet, catalogue: Catalogue, mapping: SheetMapping) -> "_Export":
        rows = sheet.rows
        lines = [_line(fields) for _, fields in rows]
        heads = (REGION, ITEM, YEAR)
        headers = [
            index
            for index, (_, fields) in enumerate(rows)
            if catalogue.role(fields[0].strip()) in heads and any(map(str.strip, fields[1:]))
        ]
        if not headers:
            raise FileFault(
                "unrecognised_layout",
                "below the title lines a header line of provinces (地区), items (指标) or years "
                "(时间), and what stands beside them",
            )
        if len(headers) > 1:
            numbers = " and ".join(str(rows[index][0]) for index in headers)
            raise FileFault(
                "unrecognised_layout",
                f"one table a file; rows {numbers} each begin one: part them into files",
            )
        top = headers[0]
        body, notes = _parted(rows[top + 1 :], lines[top + 1 :], rows[top][1])
        stated: dict[str, str] = {}
        for index, (row, fields) in enumerate(rows[:top]):
            found = _LINE.fullmatch(lines[index])
            if found and not _has_figures(fields):
                kind = found.lastgroup or ""
                if stated.setdefault(kind, found[kind]) != found[kind]:
                    raise FileFault(
                        "unrecognised_layout",
                        f"one line of each kind above the table; row {row} is a second one",
                    )
            elif _has_figures(fields):
                body.insert(0, rows[index])
            else:
                notes.insert(0, lines[index].strip())
        if not body:
            raise FileFault("empty_file", "rows of figures below the header line")
        return cls(sheet, catalogue, mapping, stated, rows[top], body, notes)

    def reading(self) -> Reading:
        header_row, header = self.header
        down = self.catalogue.role(header[0].strip()) or REGION
        across = self._across(down)
        whole = self._database_fault() or self._places_fault(down, across)
        footnotes = "\n".join(self.notes)
        cells: list[list[object]] = []
        for row, fields in self.body:
            is_misplaced = row < header_row or is_ragged(fields, header)
            columns = list(zip_longest(header, fields, fillvalue=""))
            for position, (heading, value) in enumerate(columns[1:], start=1):
                if not (heading.strip() or value.strip()):
                    continue
                place = (row, position)
                labels = {down: fields[0].strip(), across: heading.strip()}
                item, unit, rule = self._item(labels)
                province = labels.get(REGION) or self.mapping.province or self._line(REGION)
                year = labels.get(YEAR) or self.mapping.year or self._line(YEAR)
                fault = (
                    Fault("ragged_row", f"{len(header)} fields, each under a heading")
                    if is_misplaced
                    else self.sheet.faults.get(place) or whole or _province_fault(province)
                )
                column = heading.strip() or f"column {position + 1}"
                where = [self.sheet.name, row, column]
                printed = [item, province, year, value.strip(), unit]
                book = [self.mapping.edition or "", self.mapping.yearbook or "", "", footnotes]
                is_computed = place in self.sheet.computed
                cells.append([*where, *printed, *book, is_computed, rule, fault])
        why = (
            "An export of the statistics bureau's data site: its title lines stand above row "
            f"{header_row}, which begins with {header[0].strip()}."
        )
        return Reading(cell_frame(cells), (why,))

    def _line(self, kind: str) -> str:
        return self.stated.get(kind, "")

    def _across(self, down: str) -> str:
        """What goes across: years, provinces or items."""
        headings = [text for text in map(str.strip, self.header[1][1:]) if text]
        if down != YEAR and any(map(read_year, headings)):
            return YEAR
        if down != REGION and any(map(self.catalogue.province, headings)):
            return REGION
        return YEAR if down == ITEM else ITEM

    def _database_fault(self) -> Fault | None:
        """Why nothing of the database is a figure of a province and of a whole year."""
        name = self._line("database")
        database = self.catalogue.database(name)
        if database is None:
            is_of_cities = bool(Titles(Words(self.catalogue)).cities_in(name))
            return not_provinces(f"the database is {name} (cities)") if is_of_cities else None
        if database.level in (OF_CITIES, OF_OTHERS):
            whose = "cities" if database.level == OF_CITIES else "other places"
            return not_provinces(f"the database is {name} ({whose})")
        if database.frequency != ANNUAL:
            return Fault(
                "not_annual",
                f"figures of whole years; the database is {name} ({database.frequency})",
            )
        return None

    def _places_fault(self, down: str, across: str) -> Fault | None:
        """Why the places of the table are not the provinces whose names they have."""
        labels: Sequence[str] = ()
        if down == REGION:
            labels = [fields[0] for _, fields in self.body]
        elif across == REGION:
            labels = self.header[1][1:]
        return Places(self.catalogue).others(labels)

    def _item(self, labels: dict[str, str]) -> tuple[str, str, str]:
        """Item and unit as printed or stated, and the rule."""
        if ITEM in labels:
            rule, printed = LABEL, labels[ITEM]
        else:
            rule, printed = TITLE_LINE, self._line(ITEM)
        if self.mapping.item and ITEM not in labels:
            rule, printed = MAPPING, self.mapping.item
        item, unit = self._parted_unit(printed)
        item = scoped(item, self.mapping.scope, self.catalogue)
        return item, unit or self.mapping.unit or "", rule

    def _parted_unit(self, printed: str) -> tuple[str, str]:
        """A label without its unit, where it has one, and the unit."""
        match = LAST_BRACKETS.fullmatch(printed)
        if match is None:
            return printed, ""
        is_item = self.catalogue.item(match["item"]) is not None
        is_unit = self.catalogue.unit(match["unit"].strip()) is not None
        return (match["item"], match["unit"].strip()) if is_unit or is_item else (printed, "")


def _province_fault(province: str) -> Fault | None:
    if province:
        return None
    return Fault(
        "province_not_stated",
        "the province (省份) of the figures, in a line 地区： above the table or in its rows; the "
        "file does not say it",
    )


def _line(fields: list[str]) -> str:
    """A row of one text as it was typed: outside the table a comma is part of the sentence."""
    return ",".join(fields).rstrip(",\t ")


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
