"""Rows that release cells: which are refused and in what words, which file they concern, and what
landing makes of them. Every figure is invented.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from inboxes import Raw

from yearbooks.accepted import CORRECTIONS, READINGS, AcceptedReading, Releases, printed_text
from yearbooks.catalogue import Catalogue
from yearbooks.errors import CatalogueError

REFERENCE = Path(__file__).parents[3] / "dbt" / "seeds" / "reference"

READING = {
    "dataset": "test",
    "source_file": "tidy.csv",
    "source_sheet": "",
    "field": "province",
    "as_printed": "Capital",
    "read_as": "Beijing",
    "reason": "its own word for it",
    "accepted_by": "A. N. Other",
    "accepted_on": "2024-09-01",
}
CORRECTION = {
    "dataset": "test",
    "item_code": "gdp_100m_yuan",
    "province_code": "110000",
    "year": "2020",
    "edition": "2021",
    "value_as_printed": "l2",
    "value_used": "12",
    "unit": "亿元",
    "reason": "a letter for a digit",
    "corrected_by": "A. N. Other",
    "corrected_on": "2024-09-01",
}
ROW = "Beijing,2020,GDP,l2,亿元"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two files as the project has them, to be added to."""
    folder = tmp_path / "reference"
    folder.mkdir()
    for name in (READINGS, CORRECTIONS):
        header = (REFERENCE / name).read_text(encoding="utf-8").splitlines()[0]
        (folder / name).write_text(header + "\n", encoding="utf-8")
    return folder


def add(folder: Path, row: dict[str, str]) -> None:
    path = folder / (READINGS if "read_as" in row else CORRECTIONS)
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join(row.values()) + "\n")


def test_the_files_of_the_project_load(catalogue: Catalogue) -> None:
    Releases.load(REFERENCE, catalogue)


def test_rows_concern_their_dataset_and_file(folder: Path, catalogue: Catalogue) -> None:
    for row in (READING, READING | {"source_file": "b.csv", "read_as": "Tianjin"}, CORRECTION):
        add(folder, row)
    releases = Releases.load(folder, catalogue)
    mine = releases.of("test", "tidy.csv")
    assert mine.readings == (AcceptedReading("", "province", "Capital", "Beijing"),)
    assert dict(mine.corrections) == {("gdp_100m_yuan", "110000", 2020, 2021, "l2"): 2}
    assert releases.of("test", "other.csv").readings == ()
    assert not releases.of("other", "tidy.csv").readings
    assert not releases.of("other", "tidy.csv").corrections


def test_the_reading_of_a_sheet_comes_after_that_of_all_sheets(
    folder: Path, catalogue: Catalogue
) -> None:
    for row in (READING | {"source_sheet": "b", "read_as": "Tianjin"}, READING):
        add(folder, row)
    found = Releases.load(folder, catalogue).of("test", "tidy.csv").readings
    assert [reading.source_sheet for reading in found] == ["", "b"]


@pytest.mark.parametrize("row", [READING, CORRECTION])
def test_any_row_changes_the_fingerprint(
    folder: Path, catalogue: Catalogue, row: dict[str, str]
) -> None:
    before = Releases.load(folder, catalogue).fingerprint
    assert Releases.load(folder, catalogue).fingerprint == before
    add(folder, row)
    assert Releases.load(folder, catalogue).fingerprint != before


@pytest.mark.parametrize(
    ("row", "column", "text", "expected"),
    [
        (READING, "field", "value", "one of item, unit, province, year, edition"),
        (READING, "as_printed", "", "the text printed for the province"),
        (READING, "read_as", "Atlantis", "a name of province_names.csv"),
        (READING | {"field": "item"}, "read_as", "Sunshine", "a label of item_aliases.csv"),
        (READING | {"field": "unit"}, "read_as", "公顷", "a unit of units.csv"),
        (READING | {"field": "year"}, "read_as", "20l9", "a year from 1949 to 2100"),
        (READING | {"field": "edition"}, "read_as", "soon", "a year from 1949 to 2100"),
        (READING, "dataset", "", "must not be empty"),
        (READING, "source_file", " ", "must not be empty"),
        (READING, "reason", "", "must not be empty"),
        (READING, "accepted_by", "", "must not be empty"),
        (READING, "accepted_on", "", "a date such as"),
        (READING, "accepted_on", "1.9.2024", "a date such as"),
        (CORRECTION, "item_code", "sunshine_hours", "an item of items.csv"),
        (CORRECTION, "item_code", "GDP", "an item of items.csv"),
        (CORRECTION, "province_code", "000000", "one of the provinces"),
        (CORRECTION, "province_code", "Beijing", "one of the provinces"),
        (CORRECTION, "year", "2020年", "a year from 1949 to 2100"),
        (CORRECTION, "edition", "", "must not be empty"),
        (CORRECTION, "unit", "", "must not be empty"),
        (CORRECTION, "unit", "公顷", "a unit of units.csv for yuan"),
        (CORRECTION, "unit", "万人", "a unit of units.csv for yuan"),
        (CORRECTION, "value_used", "1 000", "a number without separators"),
        (CORRECTION, "value_used", "nan", "a number without separators"),
        (CORRECTION, "value_used", "1e999", "a number without separators"),
        (CORRECTION, "reason", "", "must not be empty"),
        (CORRECTION, "corrected_by", "", "must not be empty"),
        (CORRECTION, "corrected_on", "2024-13-01", "a date such as"),
    ],
)
def test_a_row_that_says_too_little_or_nothing_known_is_refused(
    folder: Path,
    catalogue: Catalogue,
    row: dict[str, str],
    column: str,
    text: str,
    expected: str,
) -> None:
    add(folder, row | {column: text})
    name = READINGS if "read_as" in row else CORRECTIONS
    with pytest.raises(CatalogueError, match=rf"{name}, row 2, column {column}: .*{expected}"):
        Releases.load(folder, catalogue)


@pytest.mark.parametrize(
    "row",
    [
        READING | {"field": "unit", "as_printed": "", "read_as": "100 million yuan"},
        READING | {"field": "year", "as_printed": "", "read_as": "2019年"},
        READING | {"field": "edition", "as_printed": "", "read_as": "2020"},
        READING | {"field": "province", "read_as": "香港"},
        CORRECTION | {"value_used": "", "value_as_printed": ""},
        CORRECTION | {"value_used": "-1.5e3", "unit": "万元"},
    ],
)
def test_rows_that_say_enough_are_taken(
    folder: Path, catalogue: Catalogue, row: dict[str, str]
) -> None:
    add(folder, row)
    found = Releases.load(folder, catalogue).of("test", "tidy.csv")
    assert len(found.readings) + len(found.corrections) == 1


@pytest.mark.parametrize(
    ("row", "other", "expected"),
    [
        (READING, {"as_printed": " Capital", "read_as": "Tianjin"}, "one reading; row 2 has one"),
        (CORRECTION, {"value_as_printed": "x"}, "row 2 is one"),
    ],
)
def test_two_rows_about_one_thing_are_refused(
    folder: Path, catalogue: Catalogue, row: dict[str, str], other: dict[str, str], expected: str
) -> None:
    add(folder, row)
    add(folder, row | other)
    with pytest.raises(CatalogueError, match=rf"row 3, .*{expected}"):
        Releases.load(folder, catalogue)


def test_a_comma_without_quotation_marks_is_told(folder: Path, catalogue: Catalogue) -> None:
    add(folder, CORRECTION | {"value_as_printed": "1,000"})
    with pytest.raises(CatalogueError, match="row 2: more fields than the header"):
        Releases.load(folder, catalogue)


@pytest.mark.parametrize("name", [READINGS, CORRECTIONS])
def test_a_missing_file_or_column_is_named(folder: Path, catalogue: Catalogue, name: str) -> None:
    (folder / name).write_text("dataset,note\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"{name}, row 1: expected the columns"):
        Releases.load(folder, catalogue)
    (folder / name).unlink()
    with pytest.raises(CatalogueError, match=f"{name} is missing"):
        Releases.load(folder, catalogue)


def test_blanks_are_those_that_dbt_trims() -> None:
    signs = [chr(code) for code in range(1, 0x3100)]
    trimmed = duckdb.connect().execute("select trim(unnest(?))", [signs]).fetchall()
    assert [printed_text(sign) for sign in signs] == [text for (text,) in trimmed]


class TestLanding:
    def test_a_correction_releases_its_cell_and_taken_away_sets_it_aside_again(
        self, raw: Raw, tidy: Callable[..., Path], folder: Path
    ) -> None:
        tidy([ROW, "Tianjin,2020,GDP,5,亿元"])
        raw.land()
        assert raw.reasons() == ["unreadable_value"]
        without = Releases.load(folder, raw.catalogue)
        add(folder, CORRECTION)
        raw.releases = Releases.load(folder, raw.catalogue)
        (file,) = raw.land().new_files
        assert (file.load_seq, file.cells_landed, file.cells_set_aside) == (2, 2, 0)
        assert raw.values()[1] == ("110000", 2020, None, "unreadable")
        assert raw.land().new_files == ()
        raw.releases = without
        (file,) = raw.land().new_files
        assert (file.load_seq, file.cells_landed, file.cells_set_aside) == (3, 1, 1)

    def test_an_accepted_reading_releases_its_cells_and_the_text_stays(
        self, raw: Raw, tidy: Callable[..., Path], folder: Path
    ) -> None:
        rows = ["Capital,2O20,GDP,1,亿元", "Capital,2019,GDP,2,亿元"]
        tidy(rows)
        tidy(rows, name="other.csv")
        for row in (READING, READING | {"field": "year", "as_printed": "2O20", "read_as": "2020"}):
            add(folder, row)
        raw.releases = Releases.load(folder, raw.catalogue)
        raw.land()
        assert raw.values() == [("110000", 2020, 1.0, None), ("110000", 2019, 2.0, None)]
        landed = raw.table("observations")
        assert list(landed["province_printed"]) == ["Capital", "Capital"]
        assert list(landed["year_printed"]) == ["2O20", "2019"]
        assert set(landed["source_file"]) == {"tidy.csv"}
        assert raw.reasons() == ["unknown_province", "unknown_province"]
