"""What a person is shown of tables and of tests of dbt."""

from pathlib import Path

import pandas as pd

from ami.dataset import Dataset
from ami.dbt_project import first_rows_of_tests, frame_of_tests
from ami.warehouse import Warehouse
from dagster_project.assets.metadata import preview


def test_a_preview_shows_markup_instead_of_obeying_it(tmp_path: Path) -> None:
    cells = ["<script>alert(1)</script> | x", "![a](http://example.org/b.png)", "two\nlines", None]
    table = preview(pd.DataFrame({"item": cells}), Dataset("mine", tmp_path, tmp_path)).md_str or ""
    assert len(table.splitlines()) == 2 + len(cells)
    for mark in ("<script>", "![a]", "](http"):
        assert mark not in table
    assert "&#60;script&#62;" in table


def test_a_preview_of_synthetic_data_says_so(tmp_path: Path) -> None:
    shown = preview(pd.DataFrame({"item": ["x"]}), Dataset("demo", tmp_path, tmp_path))
    assert "SYNTHETIC" in (shown.md_str or "")


def test_the_first_rows_of_a_failed_test_are_shown(tmp_path: Path) -> None:
    warehouse = Warehouse(Dataset("mine", tmp_path, tmp_path))
    warehouse.dataset.folder.mkdir(parents=True)
    rows = pd.DataFrame({"year": range(2000, 2020), "province": ["Tibet", None] * 10})
    warehouse.write("marts.panel", rows)
    query = "select * from marts.panel where year > 2010 order by year"
    failed = {"status": "fail", "compiled_code": query, "message": "Got 9 results", "failures": 9}
    results = [
        {"unique_id": "test.ami.late.1", **failed},
        {"unique_id": "test.ami.fine.2", **failed, "status": "pass", "failures": 0},
        {"unique_id": "test.ami.broken.3", **failed, "status": "error", "failures": None},
        {"unique_id": "model.ami.panel", **failed, "status": "success"},
    ]
    first_rows = first_rows_of_tests(warehouse, results)
    assert first_rows == {
        "test.ami.late.1": "year 2011; year 2012, province Tibet; year 2013; "
        "year 2014, province Tibet; year 2015"
    }
    audit = frame_of_tests(results, "marts", first_rows).set_index("check")
    assert list(audit.index) == ["broken", "fine", "late"]
    assert audit.loc["late", "first_rows"] == first_rows["test.ami.late.1"]
    assert list(audit["passed"]) == [False, True, False]
