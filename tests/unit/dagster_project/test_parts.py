"""The small parts around the graph: lineage of columns, previews, workspaces, publishing."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from dagster_project.dbt import dbt_test_results, first_rows_of_tests, project_vars
from dagster_project.lineage import Column, column_sources, columns_made_from
from dagster_project.preview import preview
from dagster_project.warehouse import Warehouse
from dagster_project.workspace import (
    EDITION_POLICIES,
    Dataset,
    WorkspaceError,
    find_dataset,
    has_inbox,
    remember_edition_policy,
    remember_inbox,
)


def test_columns_are_followed_through_ctes_joins_and_windows() -> None:
    columns = {
        "raw": {"employed": {"province": "VARCHAR", "year": "INTEGER", "persons": "DOUBLE"}},
        "reference": {"provinces": {"province": "VARCHAR", "region": "VARCHAR"}},
    }
    query = """
        with shares as (
            select
                employed.province,
                provinces.region,
                persons / sum(persons) over (partition by year) as share
            from build.raw.employed as employed
            inner join build.reference.provinces as provinces
                on employed.province = provinces.province
        )

        select region, max(share) as top_share, 1 as one from shares group by region
    """
    assert column_sources(query, columns) == {
        "region": {Column("reference", "provinces", "region")},
        "top_share": {Column("raw", "employed", "persons"), Column("raw", "employed", "year")},
        "one": set(),
    }


def test_a_preview_shows_markup_instead_of_obeying_it() -> None:
    cells = ["<script>alert(1)</script> | x", "![a](http://example.org/b.png)", "two\nlines", None]
    table = preview(pd.DataFrame({"item": cells}), synthetic=False)
    assert len(table.splitlines()) == 2 + len(cells)
    for mark in ("<script>", "![a]", "](http"):
        assert mark not in table
    assert "&#60;script&#62;" in table


def test_a_preview_of_synthetic_data_says_so() -> None:
    assert "SYNTHETIC" in preview(pd.DataFrame({"item": ["x"]}), synthetic=True)


@pytest.mark.parametrize("name", ["", "../up", "Demo", "1st", "a b", "x" * 41, "a;b"])
def test_a_dataset_name_cannot_leave_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot name a dataset"):
        Dataset(name, tmp_path, tmp_path)


def test_an_inbox_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMI_HOME", str(tmp_path))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    dataset = find_dataset("mine", inbox)
    dataset.folder.mkdir(parents=True)
    assert not has_inbox(dataset)
    remember_inbox(dataset)
    assert has_inbox(dataset)
    assert find_dataset("mine").inbox == inbox


def test_an_edition_policy_is_remembered_and_is_one_that_dbt_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMI_HOME", str(tmp_path))
    assert list(EDITION_POLICIES) == project_vars()["allowed_values"]["edition_policy"]
    assert project_vars()["edition_policy"] == EDITION_POLICIES[0]
    demo = find_dataset("demo", edition_policy="first_published")
    assert Warehouse.of(demo).dbt_vars == {"edition_policy": "first_published"}
    demo.folder.mkdir(parents=True)
    assert find_dataset("demo").edition_policy == "latest"
    remember_edition_policy(demo)
    assert find_dataset("demo").edition_policy == "first_published"
    assert find_dataset("demo", edition_policy="latest").edition_policy == "latest"
    with pytest.raises(WorkspaceError, match="is no edition policy"):
        find_dataset("demo", edition_policy="newest")


def test_publishing_replaces_what_readers_see_and_begin_returns_to_it(tmp_path: Path) -> None:
    dataset = Dataset("mine", tmp_path, tmp_path)
    dataset.folder.mkdir(parents=True)
    warehouse = Warehouse.of(dataset)

    def refresh(figure: int) -> None:
        warehouse.begin()
        for table in ("raw.files", "marts.fct_coverage"):
            warehouse.write(table, pd.DataFrame({"figure": [figure]}))
        (dataset.build_results / "figure.txt").write_text(str(figure), encoding="utf-8")

    def published() -> tuple[int, str]:
        with duckdb.connect(str(dataset.database), read_only=True) as connection:
            (figure,) = connection.table("marts.fct_coverage").fetchall()[0]
        return figure, (dataset.results / "figure.txt").read_text(encoding="utf-8")

    assert warehouse.read_published("marts.fct_coverage") is None
    refresh(1)
    warehouse.publish()
    assert published() == (1, "1")

    refresh(2)  # Not published: as if a gate had stopped it.
    assert published() == (1, "1")
    warehouse.begin()
    assert warehouse.read("raw.files")["figure"].tolist() == [1]
    assert set(warehouse.columns()) == {"raw"}
    assert list(dataset.build_results.iterdir()) == []

    # A crash between the two renames of the results, and what an earlier crash left behind.
    dataset.results.rename(dataset.results.with_name(".mine.old"))
    dataset.results.with_name(".mine.new").write_text("")
    warehouse.begin()
    assert published() == (1, "1")

    refresh(3)
    warehouse.publish()
    assert published() == (3, "3")
    assert [path.name for path in dataset.results.parent.iterdir()] == ["mine"]


def test_the_first_rows_of_a_failed_test_are_shown(tmp_path: Path) -> None:
    warehouse = Warehouse(dataset="mine", inbox=str(tmp_path), home=str(tmp_path))
    warehouse.paths.folder.mkdir(parents=True)
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
    audit = dbt_test_results(results, "marts", first_rows).set_index("check")
    assert list(audit.index) == ["broken", "fine", "late"]
    assert audit.loc["late", "first_rows"] == first_rows["test.ami.late.1"]
    assert list(audit["passed"]) == [False, True, False]


def test_the_sources_of_columns_are_a_table_for_a_person() -> None:
    sources = {Column("marts", "b", "y"), Column("marts", "a", "x")}
    assert columns_made_from({"total": sources, "one": set()}).splitlines() == [
        "| column | made from |",
        "|---|---|",
        "| total | marts.a.x, marts.b.y |",
        "| one |  |",
    ]
