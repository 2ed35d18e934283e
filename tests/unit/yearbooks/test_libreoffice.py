"""A table that LibreOffice writes in each of its kinds of file holds the same observations."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from yearbooks.catalogue import Catalogue
from yearbooks.files import kinds
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")

KINDS = {
    "xls": "workbook (.xls)",
    "xlsx": "workbook (.xlsx)",
    "ods": "workbook (.ods)",
    "html": "web page",
}
# Empty under a merged cell, as a program writes such a table to CSV.
TABLE: list[list[str | float]] = [
    ["3-9 分地区主要指标 Main Indicators by Region (2019年)", "", "", "", ""],
    [
        "地区\nRegion",
        "主要指标 (亿元)\nMain Indicators",
        "",
        "",
        "就业人员 (万人)\nEmployed",
    ],
    ["", "地区生产总值\nGross Regional Product", "第二产业增加值", "第三产业增加值", ""],
    ["北京 Beijing", 35371.28, 5715.06, 29542.53, 2190.1],
    ["天津 Tianjin", 14104.28, "…", 8949.87, 1384.9],
    ["河北 Hebei", 35104.5, 13597.26, 0.000125, "#"],
    ["山西 Shanxi", 17026.68, 7453.09, "-", 3497],
    ["注：总值见“表1”, a,b;c。", "", "", "", ""],
]
MERGED = ("A1:E1", "A2:A3", "B2:D2", "E2:E3")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table in each kind of file."""
    folder = tmp_path_factory.mktemp("libreoffice")
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "3-9"
    for row in TABLE:
        sheet.append([value if value != "" else None for value in row])
    for area in MERGED:
        sheet.merge_cells(area)
    # As many digits as a person needs to see them all in a web page.
    for cells in sheet["B4:E7"]:
        for cell in cells:
            cell.number_format = "0.######"
    book.save(folder / "table.xlsx")
    for kind in KINDS:
        # A profile of its own, so that it starts beside one that a person has open.
        subprocess.run(
            [
                str(SOFFICE),
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                *("--headless", "--convert-to", kind, "--outdir", folder / kind),
                folder / "table.xlsx",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    return folder


def observations(
    content: bytes, catalogue: Catalogue, name: str = "table.csv"
) -> tuple[list[tuple], list[tuple]]:
    landed, aside = resolve(read(Source(name, content), catalogue).cells, catalogue, 2026)
    columns = ["province_code", "item_code", "year", "value", "mark", "unit"]
    refused = ["province_printed", "item_printed", "value_printed", "reason"]
    return (
        sorted(landed[columns].astype(object).where(landed[columns].notna(), "").values.tolist()),
        sorted(aside[refused].fillna("").values.tolist()),
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_holds_the_same_observations(
    written: Path, catalogue: Catalogue, kind: str
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(TABLE)
    expected = observations(text.getvalue().encode(), catalogue)
    content = (written / kind / f"table.{kind}").read_bytes()
    assert kinds.kind_of(content) == KINDS[kind]
    found = observations(content, catalogue, f"table.{kind}")
    assert found == expected
    assert len(found[0]) > 10
