"""Empty workbooks to type a yearbook into, which read back as `yearbook_table` without a mapping.

One workbook a yearbook, one sheet a table of it, made from the catalogue: nothing here knows an
item. How a sheet is understood belongs to `yearbooks.layouts.yearbook_table`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yearbooks.catalogue import Catalogue
from yearbooks.cells import FIRST_YEAR
from yearbooks.errors import YearbookError
from yearbooks.labels import match_key
from yearbooks.reference import reference_rows
from yearbooks.untrusted import put_text

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

# The rows of every sheet, from 1: two titles, two instructions, headings, units, then the body.
TITLES, INSTRUCTIONS, HEADINGS, UNITS, BODY = 1, 3, 5, 6, 7
# The columns: province, year, then a column an item.
PROVINCE, YEAR, FIGURES = 1, 2, 3

# Led by words that mark a note: any other text above a table belongs to its title.
_INSTRUCTIONS = (
    "说明：在空格中填数字，不详填“…”，未公布留空；单位可从列表中另选；可增加行，勿改表头。",
    "Note: type a number into each empty cell, … where it is not known, nothing where none was "
    "published; units can be chosen from their lists; rows may be added, headings must stay.",
)

# Where the lists of the validation stand. Very hidden, so that neither a person nor a reader takes
# it for a table.
_LISTS = "lists"
_MARKS = "marks"
_NOT_IN_SHEET_NAMES = re.compile(r"[\\/*?:\[\]]")


@dataclass(frozen=True)
class TemplateItem:
    """An item as a heading prints it; `unit` is the spelling that units.csv gives first."""

    label_zh: str
    label_en: str
    unit: str
    measure: str


@dataclass(frozen=True)
class TemplateYearbook:
    """A yearbook and, by table, the items it prints, in the order of items.csv."""

    code: str
    name: str
    name_zh: str
    tables: dict[str, list[TemplateItem]]


@dataclass(frozen=True)
class Templates:
    """What templates are made of: yearbooks, provinces, units and marks of the catalogue.

    provinces: full Chinese and English name. units: every spelling that can stand among headings,
    by what it measures.
    """

    yearbooks: tuple[TemplateYearbook, ...]
    provinces: tuple[tuple[str, str], ...]
    units: dict[str, list[str]]
    marks: list[str]

    @classmethod
    def of(cls, reference: Path) -> "Templates":
        """Reads the reference files. Raises `CatalogueError` where one cannot be used."""
        catalogue = Catalogue.load(reference)
        units: dict[str, list[str]] = {}
        first_spelling: dict[tuple[str, float], str] = {}
        for unit in catalogue.units.values():
            # "Unit" is a spelling of one too, but among headings it says that units stand below.
            if catalogue.role(unit.name) is None:
                units.setdefault(unit.measure, []).append(unit.name)
            first_spelling.setdefault((unit.measure, unit.factor), unit.name)
        yearbooks = {
            row["yearbook"]: TemplateYearbook(
                row["yearbook"], row["yearbook_name"], row["yearbook_name_zh"], {}
            )
            for _, row in reference_rows(reference / "yearbooks.csv", "yearbook")
        }
        for _, row in reference_rows(reference / "items.csv", "item_code", "label_zh", "label_en"):
            item = catalogue.items[match_key(row["item_code"])]
            kept_in = catalogue.units[match_key(item.canonical_unit)]
            yearbooks[item.yearbook].tables.setdefault(item.yearbook_table, []).append(
                TemplateItem(
                    row["label_zh"],
                    row["label_en"],
                    first_spelling[kept_in.measure, kept_in.factor],
                    item.measure,
                )
            )
        return cls(
            yearbooks=tuple(book for book in yearbooks.values() if book.tables),
            provinces=tuple(
                (row["province_zh_full"], row["province"])
                for _, row in reference_rows(
                    reference / "provinces.csv", "province", "province_zh_full"
                )
            ),
            units=units,
            marks=[
                row["mark"]
                for _, row in reference_rows(reference / "value_marks.csv", "mark")
                if row["mark"]
            ],
        )

    def named(self, name: str) -> TemplateYearbook:
        """The yearbook of a code or of an English or Chinese name.

        Raises `YearbookError`, naming those there are, for another name.
        """
        for book in self.yearbooks:
            if match_key(name) in map(match_key, (book.code, book.name, book.name_zh)):
                return book
        known = "; ".join(f"{book.code} ({book.name}, {book.name_zh})" for book in self.yearbooks)
        raise YearbookError(f"'{name}' is not a yearbook of the catalogue; expected {known}")

    def workbook(
        self, yearbook: TemplateYearbook, years: Sequence[int], edition: int, this_year: int
    ) -> "Workbook":
        """An empty workbook for an edition of a yearbook, with a row a province and year.

        A year after `this_year`, a figure that is neither number nor mark, and a unit that measures
        something else are refused by the spreadsheet program while one types.
        """
        from openpyxl import Workbook

        book = Workbook()
        if book.active is not None:
            book.remove(book.active)
        lists = {_MARKS: self.marks, **self.units}
        for table, items in yearbook.tables.items():
            sheet = book.create_sheet(_NOT_IN_SHEET_NAMES.sub("-", table)[:31])
            last_row = self._print(sheet, yearbook, table, years, edition)
            _arrange(sheet, len(items), last_row)
            _validate(sheet, items, last_row, lists, this_year)
        hidden = book.create_sheet(_LISTS)
        hidden.sheet_state = "veryHidden"
        for column, texts in enumerate(lists.values(), start=1):
            for row, text in enumerate(texts, start=1):
                put_text(hidden.cell(row, column), text)
        book.properties.title = f"{yearbook.name} {edition}"
        book.properties.creator = "ami template"
        return book

    def _print(
        self,
        sheet: "Worksheet",
        yearbook: TemplateYearbook,
        table: str,
        years: Sequence[int],
        edition: int,
    ) -> int:
        """Every text of a sheet; returns the last row of its body."""
        items = yearbook.tables[table]
        is_numbered = table[:1].isdigit()
        titles = (
            f"{f'表{table} ' if is_numbered else ''}{yearbook.name_zh} {edition}",
            f"{f'Table {table} ' if is_numbered else ''}{yearbook.name} {edition}",
        )
        for start, texts in ((TITLES, titles), (INSTRUCTIONS, _INSTRUCTIONS)):
            for row, text in enumerate(texts, start=start):
                put_text(sheet.cell(row, PROVINCE), text)
        put_text(sheet.cell(HEADINGS, PROVINCE), "地区\nRegion")
        put_text(sheet.cell(HEADINGS, YEAR), "年份\nYear")
        for column, item in enumerate(items, start=FIGURES):
            put_text(sheet.cell(HEADINGS, column), f"{item.label_zh}\n{item.label_en}")
            put_text(sheet.cell(UNITS, column), item.unit)
        row = BODY - 1
        for year in years:
            for chinese, english in self.provinces:
                row += 1
                put_text(sheet.cell(row, PROVINCE), f"{chinese} {english}")
                sheet.cell(row, YEAR).value = year
        put_text(sheet.cell(row + 1, PROVINCE), f"资料来源：{yearbook.name_zh} {edition}")
        put_text(sheet.cell(row + 2, PROVINCE), f"Source: {yearbook.name} {edition}")
        return row


def save(
    templates: Templates,
    yearbooks: Sequence[TemplateYearbook],
    folder: Path,
    years: Sequence[int],
    edition: int,
    this_year: int,
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Writes one workbook a yearbook into `folder`, as `<code>_<edition>.xlsx`.

    A template is typed into, so that an existing file is work: unless `overwrite`, `YearbookError`
    names those that exist and nothing is written. Raises it too for years or an edition that no
    figure can have, and for a folder that cannot be written.
    """
    if not years:
        raise YearbookError(
            "the last year comes before the first; expected years such as 2019-2021"
        )
    for year in (years[0], years[-1]):
        if not FIRST_YEAR <= year <= this_year:
            raise YearbookError(f"year {year}: expected a year from {FIRST_YEAR} to {this_year}")
    if edition < years[-1]:
        raise YearbookError(
            f"edition {edition} is older than its figures of {years[-1]}; expected {years[-1]} or "
            "later"
        )
    paths = [folder / f"{book.code}_{edition}.xlsx" for book in yearbooks]
    existing = [str(path) for path in paths if path.exists()]
    if existing and not overwrite:
        raise YearbookError(f"{', '.join(existing)}: exists already; --force writes it anew")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for book, path in zip(yearbooks, paths, strict=True):
            templates.workbook(book, years, edition, this_year).save(path)
    except OSError as error:
        raise YearbookError(f"{folder} cannot be written: {error.strerror}") from None
    return paths


def _arrange(sheet: "Worksheet", n_items: int, last_row: int) -> None:
    """How a sheet looks, what may be typed into, and how it prints."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    last_column = FIGURES + n_items - 1
    grey, yellow = (PatternFill("solid", fgColor=colour) for colour in ("E8ECF1", "FFF8DC"))
    open_to_all, line = Protection(locked=False), Side(style="thin", color="8A94A6")
    for column in range(1, last_column + 1):
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = {PROVINCE: 34, YEAR: 9}.get(column, 22)
        dimension.protection = open_to_all
        heading, unit = sheet.cell(HEADINGS, column), sheet.cell(UNITS, column)
        heading.font, heading.fill = Font(bold=True), grey
        heading.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        unit.fill = yellow if column >= FIGURES else grey
        unit.alignment = Alignment(horizontal="center")
        unit.border = Border(bottom=line)
        unit.protection = Protection(locked=column < FIGURES)
    for row in [*range(1, HEADINGS), *range(BODY, last_row + 3)]:
        for column in (PROVINCE, YEAR):
            sheet.cell(row, column).protection = open_to_all
    for column in (PROVINCE, YEAR):
        letter = get_column_letter(column)
        sheet.merge_cells(f"{letter}{HEADINGS}:{letter}{UNITS}")
    sheet.cell(TITLES, 1).font = Font(bold=True, size=14)
    sheet.cell(TITLES + 1, 1).font = Font(bold=True, size=12)
    for row in (INSTRUCTIONS, INSTRUCTIONS + 1, last_row + 1, last_row + 2):
        sheet.cell(row, 1).font = Font(italic=True, color="5A6472")
    longest = max(len(str(cell.value)) for cell in sheet[HEADINGS])
    sheet.row_dimensions[HEADINGS].height = 15 * (2 + longest // 20)
    sheet.freeze_panes = sheet.cell(BODY, FIGURES).coordinate
    # Against a slip of the hand only: no password, and all but the headings is open.
    sheet.protection.sheet = True
    for allowed in (
        "formatCells",
        "formatColumns",
        "formatRows",
        "insertRows",
        "deleteRows",
        "sort",
    ):
        setattr(sheet.protection, allowed, False)
    sheet.print_title_rows = f"{HEADINGS}:{UNITS}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _validate(
    sheet: "Worksheet",
    items: Sequence[TemplateItem],
    last_row: int,
    lists: dict[str, list[str]],
    this_year: int,
) -> None:
    """What a spreadsheet program lets a person type."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    def list_range(name: str) -> str:
        column = get_column_letter(list(lists).index(name) + 1)
        return f"{_LISTS}!${column}$1:${column}${len(lists[name])}"

    first = f"{get_column_letter(FIGURES)}{BODY}"
    figures = DataValidation(
        type="custom",
        # Exactly: MATCH would take * and ? for any text.
        formula1=f"OR(ISNUMBER({first}),SUMPRODUCT(--EXACT({first},{list_range(_MARKS)}))>0)",
        allow_blank=True,
        errorTitle="数字 Number",
        error="请填写数字、“…”，或留空。 A number, the mark … or nothing is expected.",
    )
    figures.add(f"{first}:{get_column_letter(FIGURES + len(items) - 1)}{last_row}")
    years = DataValidation(
        type="whole",
        operator="between",
        formula1=str(FIRST_YEAR),
        formula2=str(this_year),
        errorTitle="年份 Year",
        error=f"请填写{FIRST_YEAR}至{this_year}年。 A year from {FIRST_YEAR} to {this_year}.",
    )
    years.add(f"{get_column_letter(YEAR)}{BODY}:{get_column_letter(YEAR)}{last_row}")
    units: dict[str, DataValidation] = {}
    for column, item in enumerate(items, start=FIGURES):
        if item.measure not in units:
            units[item.measure] = DataValidation(
                type="list",
                formula1=list_range(item.measure),
                errorTitle="单位 Unit",
                error="请从列表中选择单位。 A unit from the list is expected.",
            )
        units[item.measure].add(f"{get_column_letter(column)}{UNITS}")
    for validation in (figures, years, *units.values()):
        validation.showErrorMessage = True
        sheet.add_data_validation(validation)
