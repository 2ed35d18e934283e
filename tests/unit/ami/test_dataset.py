"""Datasets: their names, what they remember, and what a refresh of one publishes."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ami.dataset import (
    EDITION_POLICIES,
    Dataset,
    DatasetError,
    find_dataset,
    has_inbox,
    project_vars,
    remember_edition_policy,
    remember_inbox,
)
from ami.warehouse import Warehouse


@pytest.mark.parametrize("name", ["", "../up", "Demo", "1st", "a b", "x" * 41, "a;b"])
def test_a_dataset_name_cannot_leave_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot name a dataset"):
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
    assert demo.dbt_vars == {"edition_policy": "first_published"}
    demo.folder.mkdir(parents=True)
    assert find_dataset("demo").edition_policy == "latest"
    remember_edition_policy(demo)
    assert find_dataset("demo").edition_policy == "first_published"
    assert find_dataset("demo", edition_policy="latest").edition_policy == "latest"
    with pytest.raises(DatasetError, match="is not an edition policy"):
        find_dataset("demo", edition_policy="newest")


def test_publishing_replaces_what_readers_see_and_begin_returns_to_it(tmp_path: Path) -> None:
    dataset = Dataset("mine", tmp_path, tmp_path)
    dataset.folder.mkdir(parents=True)
    warehouse = Warehouse(dataset)

    def refresh(figure: int) -> None:
        warehouse.begin()
        for table in ("raw.files", "marts.fct_index"):
            warehouse.write(table, pd.DataFrame({"figure": [figure]}))
        (dataset.build_results / "figure.txt").write_text(str(figure), encoding="utf-8")

    def published() -> tuple[int, str]:
        with duckdb.connect(str(dataset.database), read_only=True) as connection:
            (figure,) = connection.table("marts.fct_index").fetchall()[0]
        return figure, (dataset.results / "figure.txt").read_text(encoding="utf-8")

    assert warehouse.read_published("marts.fct_index") is None
    refresh(1)
    warehouse.publish()
    assert published() == (1, "1")

    refresh(2)  # Not published: as if a gate had stopped it.
    assert published() == (1, "1")
    warehouse.begin()
    assert warehouse.read("raw.files")["figure"].tolist() == [1]
    assert set(warehouse.columns()) == {"raw", "published"}
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


def test_begin_notes_how_much_the_last_good_warehouse_had(tmp_path: Path) -> None:
    warehouse = Warehouse(Dataset("mine", tmp_path, tmp_path))
    warehouse.dataset.folder.mkdir(parents=True)
    for n_missing in (3, 2):
        coverage = {"kind": ["item"], "subject": ["gdp"], "n_expected": [12], "status": ["partial"]}
        coverage |= {"n_missing": [n_missing], "label": ["GDP"]}
        warehouse.begin()
        before = warehouse.read("published.coverage")["n_missing"].tolist()
        assert before == ([] if n_missing == 3 else [3])
        warehouse.write("marts.fct_coverage", pd.DataFrame(coverage))
        warehouse.publish()
