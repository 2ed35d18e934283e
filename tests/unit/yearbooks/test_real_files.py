"""The real folder, if it is there: every cell of every file is accounted for, in any layout."""

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from inboxes import NO_RELEASES
from workbooks import write_workbook

from yearbooks.catalogue import Catalogue
from yearbooks.intake import IntakeReport, land
from yearbooks.source import Source

ROOT = Path(__file__).parents[3]
REAL_DATA = Path(os.environ.get("AMI_REAL_DATA", ROOT / ".." / "shared" / "data" / "nbs"))

pytestmark = pytest.mark.skipif(
    not REAL_DATA.is_dir(), reason=f"no real files at {REAL_DATA}: set AMI_REAL_DATA to try them"
)

Grid = list[list[str]]
Figures = dict[tuple[str, str, int], tuple[float | None, str | None]]


def landed(folder: Path, catalogue: Catalogue) -> tuple[IntakeReport, pd.DataFrame]:
    with duckdb.connect() as connection:
        report = land(folder, "nbs", connection, catalogue, NO_RELEASES)
        assert land(folder, "nbs", connection, catalogue, NO_RELEASES).new_files == ()
        return report, connection.table("raw.observations").df()


@pytest.fixture(scope="module")
def real(catalogue: Catalogue) -> tuple[IntakeReport, pd.DataFrame]:
    return landed(REAL_DATA, catalogue)


def test_all_real_files_land_whole(real: tuple[IntakeReport, pd.DataFrame]) -> None:
    report, observations = real
    assert len(report.files) == 22
    assert {file.reader for file in report.files} == {"nbs_export"}
    # 31 provinces in every file, so that the number of cells is a multiple of 31.
    assert all(file.cells_read % 31 == 0 for file in report.files)
    # Nothing in these files has to be set aside: no foreign rows, no unreadable figures.
    assert (report.cells_read, report.cells_landed, report.cells_set_aside) == (9_982, 9_982, 0)
    assert observations["item_code"].nunique() == 22
    assert observations["province_code"].nunique() == 31
    assert observations["mark"].dropna().tolist() == ["not_published"] * 96


def as_printed(observations: pd.DataFrame) -> Figures:
    """The figures that a table states; a blank cell of one layout has no place in another."""
    rows = observations[observations["mark"].isna()]
    keys = zip(rows["item_code"], rows["province_code"], rows["year"], strict=True)
    figures = dict(zip(keys, zip(rows["value"], rows["unit"], strict=True), strict=True))
    assert len(figures) == len(rows)
    return figures


def as_exports(observations: pd.DataFrame) -> dict[str, dict[str, Grid]]:
    """The exports as they are, each a sheet of one workbook."""
    sheets: dict[str, Grid] = {}
    for index, path in enumerate(sorted(REAL_DATA.glob("*.csv"))):
        (sheet,) = Source.open(path).sheets
        sheets[f"{index} {path.stem}"[:31].replace("/", "-")] = [row for _, row in sheet.rows]
    return {"exports": sheets}


def as_year_sheets(observations: pd.DataFrame) -> dict[str, dict[str, Grid]]:
    """Provinces down, items across with their units; a workbook a yearbook, a sheet a year."""
    books: dict[str, dict[str, Grid]] = defaultdict(dict)
    for (book, year), table in observations.groupby(["yearbook", "year"]):
        heads = table.drop_duplicates("item_code")
        wide = table.pivot(index="province_printed", columns="item_code", values="value_printed")
        grid: Grid = [
            ["各地区主要指标"],
            ["地区", *heads["item_printed"]],
            ["", *(f"({unit})" for unit in heads["unit_printed"])],
        ]
        grid += [
            [province, *row]
            for province, row in zip(
                wide.index, wide[heads["item_code"]].fillna("").to_numpy().tolist(), strict=True
            )
        ]
        books[book][f"{year}年"] = [*grid, ["资料来源：国家统计局"]]
    return books


def as_items_down(observations: pd.DataFrame) -> dict[str, dict[str, Grid]]:
    """Items down with a column of units, provinces across; the year in the title."""
    books: dict[str, dict[str, Grid]] = defaultdict(dict)
    for (book, year), table in observations.groupby(["yearbook", "year"]):
        wide = table.pivot(
            index=["item_printed", "unit_printed"],
            columns="province_printed",
            values="value_printed",
        )
        grid: Grid = [[f"各地区主要指标（{year}年）"], ["指标", "计量单位", *wide.columns]]
        grid += [
            [item, unit, *row]
            for (item, unit), row in zip(
                wide.index, wide.fillna("").to_numpy().tolist(), strict=True
            )
        ]
        books[book][f"表{len(books[book]) + 1}"] = grid
    return books


def figure_or_text(text: str) -> float | str | None:
    """As a person would type it: figures as numbers, nothing into blank cells."""
    try:
        return float(text)
    except ValueError:
        return text or None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xlsx", "xls"])
@pytest.mark.parametrize("lay_out", [as_exports, as_year_sheets, as_items_down])
def test_the_same_figures_written_as_workbooks_read_back_the_same(
    tmp_path: Path,
    catalogue: Catalogue,
    real: tuple[IntakeReport, pd.DataFrame],
    lay_out: Callable[[pd.DataFrame], dict[str, dict[str, Grid]]],
    kind: str,
) -> None:
    books = {item.code: item.yearbook for item in catalogue.items.values()}
    observations = real[1].assign(yearbook=lambda rows: rows["item_code"].map(books))
    # A year of which nothing was published has no sheet.
    printed = observations.groupby(["yearbook", "year"])["value"].transform("count") > 0
    for name, sheets in lay_out(observations[printed]).items():
        (tmp_path / f"{name}.{kind}").write_bytes(write_workbook(sheets, kind, figure_or_text))
    report, again = landed(tmp_path, catalogue)
    assert report.cells_set_aside == 0, report.summary()
    assert as_printed(again) == as_printed(observations)
