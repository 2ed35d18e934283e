"""What an inspection says of a file is what a refresh does with it."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from inboxes import ROOT, Raw, nbs_lines
from openpyxl import Workbook

from yearbooks.accepted import AcceptedReading, FileReleases
from yearbooks.catalogue import Catalogue
from yearbooks.errors import FileFault
from yearbooks.inspection import Inspection, SetAsideCells, inspect
from yearbooks.reference import PROVINCE
from yearbooks.remedies import suggestions
from yearbooks.source import Source

THIS_YEAR = 2026
NOTHING = FileReleases()
HEADER = "province,year,item,value,unit,edition"


def looked_into(catalogue: Catalogue, *lines: str, releases: FileReleases = NOTHING) -> Inspection:
    source = Source("tidy.csv", "\n".join([HEADER, *lines, ""]).encode())
    return inspect(source, catalogue, releases, THIS_YEAR)


def problem(found: Inspection, reason: str) -> SetAsideCells:
    (one,) = [each for each in found.problems if each.reason == reason]
    return one


ROWS = [
    "北京,2021,GDP,1,亿元,2022",
    "北京,2020,GDP,20000,万元,2022",
    "天津,2021,GDP,…,亿元,2022",
    "全国,2021,GDP,9,亿元,2022",
    "天津,2021,GPD,3,亿元,2022",
    "深圳市,2021,GDP,4,亿元,2022",
    "天津,2020,就业人员,5,万户,2022",
    "天津,20l9,就业人员,6,万人,2022",
    "台湾,2019,就业人员,7,万人,2022",
]


def test_the_counts_are_those_of_a_refresh(raw: Raw, catalogue: Catalogue) -> None:
    content = "\n".join([HEADER, *ROWS]).encode()
    (raw.inbox / "tidy.csv").write_bytes(content)
    raw.land()
    found = inspect(Source("tidy.csv", content), catalogue, NOTHING, THIS_YEAR)
    assert (found.cells, found.landed, found.set_aside) == (9, 4, 5)
    assert found.landed == len(raw.table("observations"))
    assert sorted(raw.reasons()) == sorted(
        each.reason for each in found.problems for _ in range(each.count)
    )
    (sheet,) = found.sheets
    assert (sheet.reading.reader, sheet.landed, sheet.set_aside) == ("tidy", 4, 5)
    assert sheet.reading.why


def test_items_and_units_as_printed_and_as_understood(catalogue: Catalogue) -> None:
    items = {
        (item.printed, item.unit_printed): item for item in looked_into(catalogue, *ROWS).items
    }
    gdp = items["GDP", "亿元"]
    assert (gdp.code, gdp.measure, gdp.factor) == ("gdp_100m_yuan", "yuan", 1e8)
    assert (gdp.years, gdp.provinces, gdp.landed, gdp.set_aside) == ((2021,), 2, 3, 1)
    unknown = items["GPD", "亿元"]
    assert (unknown.code, unknown.landed, unknown.set_aside) == (None, 0, 1)
    assert items["就业人员", "万户"].unit is None
    assert items["就业人员", "万人"].years == (2019,)


def test_provinces_missing_and_unknown(catalogue: Catalogue) -> None:
    found = looked_into(catalogue, *ROWS)
    codes = {each.code for each in catalogue.provinces.values() if each.kind == PROVINCE}
    assert (found.provinces, found.expected_provinces) == (2, 31)
    assert set(found.missing) == codes - {"110000", "120000"}
    assert found.unknown_provinces == ("深圳市",)
    assert found.has_national


def test_the_first_figures_are_those_that_would_land(catalogue: Catalogue) -> None:
    figures = looked_into(catalogue, *ROWS).first_figures
    assert [(each.row, each.value, each.mark, each.unit) for each in figures] == [
        (2, 1.0, None, "亿元"),
        (3, 20000.0, None, "万元"),
        (5, 9.0, None, "亿元"),
    ]
    assert {(each.year, each.edition) for each in figures} == {(2021, 2022), (2020, 2022)}
    (mark,) = looked_into(catalogue, ROWS[2]).first_figures
    assert (mark.value, mark.mark) == (None, "not_available")


def test_a_unit_that_changes_between_years_is_told(catalogue: Catalogue) -> None:
    (change,) = looked_into(catalogue, *ROWS).unit_changes
    assert change.item_code == "gdp_100m_yuan"
    assert change.units == (("万元", (2020,)), ("亿元", (2021,)))
    assert looked_into(catalogue, *ROWS[2:4]).unit_changes == ()


def test_a_problem_has_places_and_what_was_expected(catalogue: Catalogue) -> None:
    found = looked_into(catalogue, *ROWS)
    unknown = problem(found, "unknown_item")
    assert unknown.expected == ("a label of item_aliases.csv",)
    (place,) = unknown.places
    assert (place.row, place.column, place.text) == (6, "value", "GPD")
    assert problem(found, "unreadable_year").places[0].text == "20l9"
    assert problem(found, "unreadable_year").texts == ()
    many = looked_into(catalogue, *[f"北京,2021,x{n},1,亿元,2022" for n in range(40)])
    (unknown,) = many.problems
    assert (unknown.count, unknown.distinct, len(unknown.places)) == (40, 40, 5)


def test_accepted_readings_apply(catalogue: Catalogue) -> None:
    releases = FileReleases(readings=(AcceptedReading("", "item", "GPD", "gdp_100m_yuan"),))
    row = "天津,2021,GPD,3,亿元,2022"
    assert looked_into(catalogue, row).landed == 0
    found = looked_into(catalogue, row, releases=releases)
    assert found.landed == 1
    assert (found.items[0].printed, found.items[0].code) == ("GPD", "gdp_100m_yuan")


def test_results_of_formulas_are_counted(catalogue: Catalogue) -> None:
    lines = nbs_lines(["北京市,1,2"], header="地区,2020年,2019年").splitlines()
    plain = inspect(Source("a.csv", "\n".join(lines).encode()), catalogue, NOTHING, THIS_YEAR)
    assert plain.computed == 0
    # Written by hand: openpyxl stores no results.
    book = Workbook()
    for row, line in enumerate(lines, start=1):
        for column, text in enumerate(line.split(","), start=1):
            book.active.cell(row, column).value = int(text) if text.isdigit() else text
    book.active["B5"] = "=1+0"
    file = io.BytesIO()
    book.save(file)
    found = inspect(
        Source("a.xlsx", with_result(file.getvalue(), "1+0", "1")), catalogue, NOTHING, THIS_YEAR
    )
    assert (found.kind, found.landed, found.computed) == ("workbook (.xlsx)", 2, 1)


def with_result(content: bytes, formula: str, result: str) -> bytes:
    """The workbook with a stored result for a formula, as a spreadsheet program saves it."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            for empty in ("<v></v>", "<v/>", "<v />"):
                part = part.replace(f"<f>{formula}</f>{empty}", f"<f>{formula}</f><v>{result}</v>")
            new.writestr(name, part)
    return changed.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty_file"), (b"\0\1\2", "unreadable_file"), (b"PAR1 no more", "unreadable_file")],
)
def test_a_file_of_which_nothing_is_read_is_one_problem(
    catalogue: Catalogue, content: bytes, reason: str
) -> None:
    found = inspect(Source("x", content), catalogue, NOTHING, THIS_YEAR)
    assert (found.cells, found.landed, found.items, found.first_figures) == (1, 0, (), ())
    assert [(each.reason, each.count) for each in found.problems] == [(reason, 1)]
    assert found.missing == ()


def test_a_file_that_may_not_be_opened_is_one_problem(catalogue: Catalogue) -> None:
    refused = FileFault("unsafe_file", "a file, not a link")
    found = inspect(Source("link", b""), catalogue, NOTHING, THIS_YEAR, refused)
    assert found.kind == "not opened"
    assert problem(found, "unsafe_file").expected == ("a file, not a link",)


def test_a_suggestion_is_never_applied(catalogue: Catalogue) -> None:
    found = looked_into(catalogue, "北京,2021,地区生产总植,1,亿元,2022")
    (unknown,) = problem(found, "unknown_item").texts
    assert unknown.suggestions[0].row.text == "地区生产总植,gdp_100m_yuan,"
    assert found.landed == 0
    assert catalogue.item("地区生产总植") is None


@pytest.fixture
def reference_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "dbt" / "seeds" / "reference", tmp_path / "reference"))


@pytest.mark.parametrize(
    ("file", "field", "text"),
    [
        ("item_aliases.csv", "item", "地区生产总植"),
        ("units.csv", "unit", "100 milion yuan"),
        ("province_names.csv", "province", "Inner Mongola"),
    ],
)
def test_the_row_that_is_suggested_makes_the_text_known(
    catalogue: Catalogue, reference_copy: Path, file: str, field: str, text: str
) -> None:
    row = suggestions(field, text, catalogue)[0].row
    path = reference_copy / file
    header = path.read_text(encoding="utf-8-sig").splitlines()[0]
    assert (row.file, row.header) == (file, header)
    with path.open("a", encoding="utf-8") as reference:
        reference.write(f"{row.text}\n")
    grown = Catalogue.load(reference_copy)
    look_up = {"item": grown.item, "unit": grown.unit, "province": grown.province}[field]
    assert look_up(text) is not None
