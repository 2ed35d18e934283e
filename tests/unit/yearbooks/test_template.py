"""A template reads back: whatever is typed into it is what the reader finds, for every item."""

import dataclasses
import io
import re
from pathlib import Path

import openpyxl
import pytest
from inboxes import ROOT
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from yearbooks.blank_workbooks import BODY, FIGURES, HEADINGS, UNITS, YEAR, Templates, save
from yearbooks.catalogue import Catalogue
from yearbooks.errors import YearbookError
from yearbooks.labels import match_key
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

REFERENCE = ROOT / "dbt" / "seeds" / "reference"
THIS_YEAR = 2026
YEARS = range(2020, 2022)
TEMPLATES = Templates.of(REFERENCE)
CODES = [book.code for book in TEMPLATES.yearbooks]

Observation = tuple[str, str, int, float | None, str | None, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every template, for two years."""
    folder = tmp_path_factory.mktemp("templates")
    save(TEMPLATES, TEMPLATES.yearbooks, folder, YEARS, 2022, THIS_YEAR)
    return folder


def tables(book: Workbook) -> list[Worksheet]:
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]


def observations(book: Workbook, catalogue: Catalogue) -> tuple[set[Observation], list[str]]:
    """What lands of a workbook, and the reasons for what does not."""
    file = io.BytesIO()
    book.save(file)
    cells = read(Source("template.xlsx", file.getvalue()), catalogue).cells
    landed, aside = resolve(cells, catalogue, THIS_YEAR)
    columns = ["item_code", "province_code", "year", "value", "mark", "unit"]
    rows = landed[columns].astype(object).where(landed[columns].notna(), None)
    found = set(rows.itertuples(index=False, name=None))
    assert len(found) == len(landed)
    return found, list(aside["reason"])


@pytest.mark.parametrize("code", CODES)
def test_what_is_typed_in_any_unit_of_the_list_reads_back(
    folder: Path, catalogue: Catalogue, code: str
) -> None:
    yearbook = TEMPLATES.named(code)
    rounds = max(len(TEMPLATES.units[item.measure]) for t in yearbook.tables.values() for item in t)
    # Each turn types over all that the one before has typed.
    book = load_workbook(folder / f"{code}_2022.xlsx")
    for turn in range(rounds):
        typed: set[Observation] = set()
        for sheet, items in zip(tables(book), yearbook.tables.values(), strict=True):
            for column, item in enumerate(items, start=FIGURES):
                units = TEMPLATES.units[item.measure]
                unit = units[turn % len(units)]
                sheet.cell(UNITS, column).value = unit
                found = catalogue.item(item.label_zh)
                known = catalogue.unit(unit)
                assert found is not None and known is not None
                row = BODY
                for year in YEARS:
                    for chinese, _ in TEMPLATES.provinces:
                        place = catalogue.province(chinese)
                        assert place is not None
                        value, mark = (row * 7 - 40) * 1.25 + column, None
                        if row % 11 == turn % 11:
                            value, mark = None, "not_available"
                        sheet.cell(row, column).value = "…" if mark else value
                        typed.add((found.code, place.code, year, value, mark, known.name))
                        row += 1
        landed, reasons = observations(book, catalogue)
        assert reasons == []
        assert landed == typed


def test_every_item_of_the_catalogue_has_its_column(folder: Path, catalogue: Catalogue) -> None:
    printed = {
        (book.code, catalogue.item(sheet.cell(HEADINGS, column).value))
        for book in TEMPLATES.yearbooks
        for sheet in tables(load_workbook(folder / f"{book.code}_2022.xlsx"))
        for column in range(FIGURES, sheet.max_column + 1)
    }
    assert printed == {(item.yearbook, item) for item in catalogue.items.values()}


def test_an_empty_template_says_that_nothing_was_published(
    folder: Path, catalogue: Catalogue
) -> None:
    landed, reasons = observations(load_workbook(folder / "cstsy_2022.xlsx"), catalogue)
    assert reasons == []
    assert {(value, mark) for _, _, _, value, mark, _ in landed} <= {(None, "not_published")}


def test_edition_and_table_are_read_from_the_sheet(folder: Path, catalogue: Catalogue) -> None:
    source = Source.open(folder / "cisy_2022.xlsx")
    landed, _ = resolve(read(source, catalogue).cells, catalogue, THIS_YEAR)
    stated = landed[["yearbook", "yearbook_table", "edition"]].drop_duplicates()
    assert stated.values.tolist() == [["cisy", "2-1", 2022]]


def test_the_lists_are_hidden_and_offer_only_units_that_convert(
    folder: Path, catalogue: Catalogue
) -> None:
    for path in folder.iterdir():
        book = load_workbook(path)
        lists = book["lists"]
        assert lists.sheet_state == "veryHidden"
        for sheet in tables(book):
            validations = sheet.data_validations.dataValidation
            for validation in validations:
                if validation.type != "list":
                    continue
                first, last = re.findall(r"\$([A-Z]+\$[0-9]+)", validation.formula1)
                offered = [
                    catalogue.unit(cell.value)
                    for (cell,) in lists[f"{first}:{last}".replace("$", "")]
                ]
                for area in validation.sqref.ranges:
                    for row, column in area.cells:
                        unit = catalogue.unit(sheet.cell(row, column).value)
                        assert unit in offered
                        assert {each and each.measure for each in offered} == {
                            unit and unit.measure
                        }


def test_every_cell_to_be_filled_is_validated_and_open_the_headings_are_not(folder: Path) -> None:
    sheet = tables(load_workbook(folder / "cesy_2022.xlsx"))[0]
    kinds = {
        kind: {
            place
            for validation in sheet.data_validations.dataValidation
            if validation.type == kind and validation.showErrorMessage
            for area in validation.sqref.ranges
            for place in area.cells
        }
        for kind in ("custom", "whole", "list")
    }
    rows = range(BODY, BODY + 31 * len(YEARS))
    columns = range(FIGURES, sheet.max_column + 1)
    assert kinds["custom"] == {(row, column) for row in rows for column in columns}
    assert kinds["whole"] == {(row, YEAR) for row in rows}
    assert kinds["list"] == {(UNITS, column) for column in columns}
    assert sheet.protection.sheet
    assert all(sheet.cell(HEADINGS, column).protection.locked for column in columns)
    assert not any(sheet.cell(UNITS, column).protection.locked for column in columns)


def test_a_label_that_looks_like_a_formula_is_a_text(catalogue: Catalogue) -> None:
    book = TEMPLATES.named("miit")
    (table, items), *_ = book.tables.items()
    sly = dataclasses.replace(items[0], label_zh='=HYPERLINK("http://127.0.0.1")', unit="=1+1")
    named = dataclasses.replace(book, name_zh="=1+1", tables={table: [sly]})
    file = io.BytesIO()
    TEMPLATES.workbook(named, YEARS, 2022, THIS_YEAR).save(file)
    for sheet in load_workbook(io.BytesIO(file.getvalue())).worksheets:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_an_existing_file_is_never_written_over_unless_told_to(tmp_path: Path) -> None:
    books = [TEMPLATES.named("csy"), TEMPLATES.named("miit")]
    mine = tmp_path / "miit_2022.xlsx"
    mine.write_text("typed for a week")
    with pytest.raises(YearbookError, match=r"miit_2022\.xlsx: exists already"):
        save(TEMPLATES, books, tmp_path, YEARS, 2022, THIS_YEAR)
    assert mine.read_text() == "typed for a week"
    assert list(tmp_path.iterdir()) == [mine]
    save(TEMPLATES, books, tmp_path, YEARS, 2022, THIS_YEAR, overwrite=True)
    assert openpyxl.load_workbook(mine).sheetnames == ["list", "lists"]


@pytest.mark.parametrize(
    ("years", "edition", "words"),
    [
        (range(2021, 2021), 2022, "the last year comes before the first"),
        (range(1900, 1902), 2022, "year 1900: expected a year from 1949 to 2026"),
        (range(2026, 2028), 2028, "year 2027"),
        (range(2020, 2022), 2020, "edition 2020 is older than its figures of 2021"),
    ],
)
def test_years_that_no_figure_can_have_are_refused(
    tmp_path: Path, years: range, edition: int, words: str
) -> None:
    with pytest.raises(YearbookError, match=words):
        save(TEMPLATES, TEMPLATES.yearbooks, tmp_path, years, edition, THIS_YEAR)
    assert list(tmp_path.iterdir()) == []


def test_a_yearbook_has_several_names(catalogue: Catalogue) -> None:
    for name in ("clsy", "中国劳动统计年鉴", "china labour statistical yearbook"):
        assert TEMPLATES.named(name).code == catalogue.yearbook(name) == "clsy"
    with pytest.raises(YearbookError, match=r"'nosuch' is not a yearbook of the catalogue.*csy"):
        TEMPLATES.named("nosuch")


def test_the_unit_printed_is_the_one_the_item_is_kept_in(catalogue: Catalogue) -> None:
    for book in TEMPLATES.yearbooks:
        for items in book.tables.values():
            for item in items:
                known = catalogue.item(item.label_zh)
                assert known is not None
                assert catalogue.unit(item.unit) == catalogue.unit(known.canonical_unit)
                assert match_key(item.unit) in map(match_key, TEMPLATES.units[item.measure])
