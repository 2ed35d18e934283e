"""What makes a refresh find something new, each thing by itself, on files of the test's own.

What the day alone changes is tried on whole refreshes in tests/integration/test_nothing_new.py.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from ami import receipt
from ami.dataset import DEMO_YEARBOOKS, REFERENCE_SEEDS, Dataset
from ami.receipt import Receipt, news
from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.intake import land

ROW = "province,year,item,value,unit\n北京,2020,地区生产总值,{},亿元\n"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """One that stands as a refresh of today has left it, but for its marts, which nobody asks."""
    dataset = Dataset("mine", tmp_path / "inbox", tmp_path)
    for folder in (dataset.inbox, dataset.folder, dataset.results / "checks"):
        folder.mkdir(parents=True)
    (dataset.inbox / "a.csv").write_text(ROW.format(1), encoding="utf-8")
    refresh(dataset)
    return dataset


def refresh(dataset: Dataset, meanwhile: Callable[[], object] = lambda: None) -> None:
    """The parts of a refresh that concern the receipt; `meanwhile` is after it was begun."""
    receipt.begin(dataset, receipt.code())
    meanwhile()
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    with duckdb.connect(str(dataset.database)) as connection:
        releases = Releases.load(REFERENCE_SEEDS, catalogue)
        land(dataset.inbox, dataset.name, connection, catalogue, releases)
        receipt.confirm(dataset, connection)
    (dataset.results / "report.html").write_text("the report", encoding="utf-8")
    (dataset.results / "checks" / "index.html").write_text("the checks", encoding="utf-8")
    receipt.complete(dataset)


def test_nothing_is_new_after_a_refresh(dataset: Dataset) -> None:
    assert news(dataset) == []
    (dataset.inbox / "a.csv").touch()
    (dataset.inbox / "notes.tmp").touch()
    (dataset.results / "my remarks.txt").touch()
    assert news(dataset) == []


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: write(it.inbox / "a.csv", ROW.format(2)), "a.csv in the inbox changed"),
        (lambda it: write(it.inbox / "b.csv", ROW.format(2)), "b.csv in the inbox is new"),
        (lambda it: (it.inbox / "a.csv").unlink(), "a.csv in the inbox is gone"),
        (lambda it: write(it.inbox / "a.csv.mapping.yml", "{}"), "a.csv in the inbox changed"),
        (lambda it: (it.results / "report.html").unlink(), "report.html is not as it was"),
        (lambda it: write(it.results / "checks/index.html", ""), "index.html is not as it was"),
        (lambda it: shutil.rmtree(it.results), "report.html is not as it was"),
        (lambda it: it.database.unlink(), "warehouse.duckdb is not as it was"),
        (lambda it: write(it.database.with_suffix(".duckdb.wal"), ""), "warehouse.duckdb is not"),
        (lambda it: it.receipt.unlink(), "no receipt"),
        (lambda it: write(it.receipt, "{"), "no receipt"),
        (lambda it: write(it.receipt, "[]"), "no receipt"),
        (lambda it: receipt.begin(it, receipt.code()), "did not come to its end"),
        (lambda it: receipt.withdraw(it), "no receipt"),
        (lambda it: shutil.rmtree(it.inbox), "does not exist"),
    ],
)
def test_each_change_is_news(
    dataset: Dataset, change: Callable[[Dataset], object], words: str
) -> None:
    change(dataset)
    assert any(words in each for each in news(dataset)), news(dataset)


def test_one_byte_of_a_damaged_warehouse_is_news(dataset: Dataset) -> None:
    content = bytearray(dataset.database.read_bytes())
    content[len(content) // 2] ^= 1
    dataset.database.write_bytes(content)
    (found,) = news(dataset)
    assert found == "warehouse/mine/warehouse.duckdb is not as it was published"


def test_another_edition_policy_or_inbox_is_news(dataset: Dataset, tmp_path: Path) -> None:
    assert news(replace(dataset, edition_policy="first_published")) == ["the options changed"]
    other = Path(shutil.copytree(dataset.inbox, tmp_path / "other"))
    assert news(replace(dataset, inbox=other)) == ["the inbox changed"]


def test_what_the_data_service_has_announced_since_is_news(dataset: Dataset) -> None:
    due = {"asked_on": "2026-11-26", "due": [["china_statistical_yearbook", 2026, "2027-09-30"]]}
    (dataset.home / "warehouse" / "nbs_agenda.json").write_text(json.dumps(due), encoding="utf-8")
    assert news(dataset) == ["what the data service announced changed"]


def test_other_code_or_packages_are_news(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(
        DEMO_YEARBOOKS.parents[1], project / "dbt", ignore=shutil.ignore_patterns("target", "*.csv")
    )
    monkeypatch.setattr(receipt, "PROJECT_ROOT", project)
    refresh(dataset)
    made = project / "dbt" / "target" / "run_results.json"
    made.parent.mkdir(exist_ok=True)
    made.touch()
    assert news(dataset) == []
    model = next(project.rglob("fct_index.sql"))
    write(model, model.read_text(encoding="utf-8") + "\n")
    assert news(dataset) == ["the project changed"]

    refresh(dataset)
    monkeypatch.setattr("sys.version", "another")
    assert news(dataset) == ["what is installed changed"]


def test_code_that_was_loaded_before_it_changed_on_the_disk_is_news(dataset: Dataset) -> None:
    kept = Receipt.read(dataset)
    assert kept is not None
    replace(kept, made_from={**kept.made_from, "the project": "as loaded"}).write(dataset)
    assert news(dataset) == ["the project changed"]


def test_a_file_that_changes_while_a_refresh_runs_is_new_to_the_next(dataset: Dataset) -> None:
    refresh(dataset, lambda: write(dataset.inbox / "a.csv", ROW.format(3)))
    assert news(dataset) == ["a.csv in the inbox changed"]
    refresh(dataset)
    assert news(dataset) == []


def test_a_file_that_intake_could_not_read_is_new_to_the_next(dataset: Dataset) -> None:
    path = dataset.inbox / "a.csv"
    write(path, ROW.format(3))

    def replace_by_link() -> None:
        path.rename(dataset.home / "elsewhere.csv")
        path.symlink_to(dataset.home / "elsewhere.csv")

    refresh(dataset, replace_by_link)
    path.unlink()
    shutil.copy(dataset.home / "elsewhere.csv", path)
    assert news(dataset) == ["a.csv in the inbox changed"]
