"""What stands aside is found, filtered, exported without acting, and read from any version."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from inboxes import NO_RELEASES
from openpyxl import load_workbook

from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.errors import CatalogueError, YearbookError
from yearbooks.intake import land
from yearbooks.remedies import release
from yearbooks.set_aside import COLUMNS, WHAT_TO_DO, Filters, Quarantine


def held_in(database: Path, dataset: str) -> Quarantine:
    with duckdb.connect(str(database), read_only=True) as connection:
        return Quarantine.of(connection, dataset)


FORMULA = "=cmd|' /C calc'!A0"
Tidy = Callable[..., Path]


@pytest.fixture
def database(tidy: Tidy, inbox: Path, tmp_path: Path, catalogue: Catalogue) -> Path:
    """Two files; six cells stand aside, three land."""
    tidy(
        [
            "Beijing,2021,Gross Regional Prodcut,1,亿元",
            "北京,2021,GDP,12..5,亿元",
            "河北,2020,GDP,3,亿元",
            "海北省,2020,就业人员,4,万人",
            f"河北,2020,{FORMULA},-5,万人",
        ],
        name="a.csv",
    )
    tidy(
        [
            "山西,2019,GDP,6,亿元",
            "山西,2018,GDP,7,亿元",
            "山西,20l9,就业人员,8,万人",
            "山西,2018,就业人员,-9,万桶",
        ],
        name="b.csv",
    )
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        land(inbox, "mine", connection, catalogue, NO_RELEASES)
    return path


def values(held: Quarantine) -> list[str]:
    return list(held.cells["value_printed"])


def test_all_that_stands_aside_is_listed_with_its_place(database: Path) -> None:
    held = held_in(database, "mine")
    assert values(held) == ["1", "12..5", "4", "-5", "8", "-9"]
    assert list(held.cells["source_row"]) == ["2", "3", "5", "6", "4", "5"]
    assert list(held.cells.columns) == list(COLUMNS)
    assert held_in(database, "other").cells.empty


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(reason="unknown_item"), ["1", "-5"]),
        (Filters(file="B.CSV"), ["8", "-9"]),
        (Filters(sheet="no such sheet"), []),
        (Filters(item="employed_10k_persons"), ["4", "8", "-9"]),
        (Filters(item="prodcut"), ["1"]),
        (Filters(province="110000"), ["1", "12..5"]),
        (Filters(province="海北"), ["4"]),
        (Filters(year="2021年"), ["1", "12..5"]),
        (Filters(year="20l9"), ["8"]),
        (Filters(year="2020", item="就业人员"), ["4"]),
    ],
)
def test_filters(
    database: Path, catalogue: Catalogue, filters: Filters, expected: list[str]
) -> None:
    assert values(held_in(database, "mine").filtered(filters, catalogue)) == expected


def test_a_reason_that_nobody_gives_is_answered_with_those_there_are(
    database: Path, catalogue: Catalogue
) -> None:
    with pytest.raises(YearbookError, match=r"'nonsense' is not a reason.*unknown_item, unkno"):
        held_in(database, "mine").filtered(Filters(reason="nonsense"), catalogue)


def test_the_sums_add_up_to_the_cells(database: Path) -> None:
    held = held_in(database, "mine")
    assert held.by_reason()["cells"].sum() == held.by_file()["cells"].sum() == 6
    assert held.by_reason().loc[0, ["reason", "cells", "files"]].tolist() == ["unknown_item", 2, 1]
    assert held.by_file().values.tolist()[1] == ["b.csv", 2, "unknown_unit 1, unreadable_year 1"]


def test_only_the_newest_load_of_a_file_counts(
    database: Path, tidy: Tidy, inbox: Path, catalogue: Catalogue
) -> None:
    tidy(["山西,2019,GDP,6,亿元", "山西,2018,煤,7,万吨"], name="b.csv")
    with duckdb.connect(str(database)) as connection:
        land(inbox, "mine", connection, catalogue, NO_RELEASES)
    assert values(held_in(database, "mine")) == ["1", "12..5", "4", "-5", "7"]


def test_an_export_to_csv_holds_every_text_and_no_formula(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    held_in(database, "mine").export(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["value_printed"] for row in rows] == ["1", "12..5", "4", "-5", "8", "-9"]
    assert rows[3]["item_printed"] == "'" + FORMULA
    assert all(row["expected"] and row[WHAT_TO_DO] for row in rows)


def test_an_export_to_a_workbook_holds_every_text_as_a_text(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    held = held_in(database, "mine")
    held.export(path)
    header, *rows = load_workbook(path).active.iter_rows()
    assert [cell.value for cell in header] == [*COLUMNS, WHAT_TO_DO]
    for row, cell in zip(rows, held.cells.to_dict("records"), strict=True):
        texts = ["" if each.value is None else str(each.value) for each in row]
        assert dict(zip(COLUMNS, texts, strict=False)) == cell
        assert {each.data_type for each in row} <= {"s", "n"}
    assert rows[3][4].value == FORMULA


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("out.txt", "named .csv or .xlsx"),
        ("there.csv", "exists; name a file that does not"),
        ("no/such/folder.xlsx", "cannot be written: No such file"),
    ],
)
def test_an_export_that_cannot_be_is_answered_in_words(
    database: Path, tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(YearbookError, match=words):
        held_in(database, "mine").export(tmp_path / name)
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_a_warehouse_of_an_earlier_version_lacks_columns(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        for column in ("source_sheet", "edition_printed", "yearbook_printed"):
            connection.execute(f"alter table raw.set_aside drop column {column}")
    held = held_in(database, "mine")
    assert values(held) == ["1", "12..5", "4", "-5", "8", "-9"]
    assert set(held.cells["source_sheet"]) == {""}


def test_reading_changes_nothing(database: Path) -> None:
    before = database.read_bytes()
    held_in(database, "mine")
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.glob("*.wal")] == []


@pytest.mark.parametrize(
    ("printed", "read_as"),
    [
        ("Gross Regional Prodcut", "gdp_100m_yuan"),
        ("海北省", "130000"),
        ("20l9", "2019"),
        ("万桶", "万人"),
    ],
)
def test_the_row_that_is_offered_releases_the_cell(
    database: Path, inbox: Path, catalogue: Catalogue, tmp_path: Path, printed: str, read_as: str
) -> None:
    cells = held_in(database, "mine").cells
    columns = ["item_printed", "province_printed", "year_printed", "unit_printed"]
    cell = cells[(cells[columns] == printed).any(axis=1)].iloc[0].to_dict()
    row = release(cell, "mine", catalogue, date(2026, 1, 2), None)
    assert row is not None and row.file == "accepted_readings.csv"

    filled = dict(row.fields) | {
        "read_as": read_as,
        "reason": "a slip of the pen",
        "accepted_by": "me",
    }
    reference = tmp_path / "reference"
    reference.mkdir()
    corrections = "dataset,item_code,province_code,year,edition,value_as_printed,value_used,unit"
    (reference / "corrections.csv").write_text(f"{corrections},reason,corrected_by,corrected_on\n")
    accepted = reference / "accepted_readings.csv"
    with pytest.raises(CatalogueError, match="must not be empty"):
        accepted.write_text(f"{row.header}\n{row.text}\n", encoding="utf-8")
        Releases.load(reference, catalogue)
    with accepted.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(filled))
        writer.writeheader()
        writer.writerow(filled)
    with duckdb.connect(str(database)) as connection:
        land(inbox, "mine", connection, catalogue, Releases.load(reference, catalogue))
    left = values(held_in(database, "mine"))
    assert cell["value_printed"] not in left and len(left) == 5


def test_the_row_for_a_figure_names_its_cell(database: Path, catalogue: Catalogue) -> None:
    held = held_in(database, "mine")
    cell = held.cells[held.cells["value_printed"] == "12..5"].iloc[0].to_dict()
    edition = held.editions[cell["source_file"]]
    row = release(cell, "mine", catalogue, date(2026, 1, 2), edition)
    assert row is not None and row.file == "corrections.csv"
    assert row.text == f"mine,gdp_100m_yuan,110000,2021,{edition},12..5,,亿元,,,2026-01-02"
