"""`ami needs` on the official files and on the demo: what it counts is what the warehouse has."""

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest
from ami_command import run_ami_here

from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.shortfall import MISSING, Assessment, assess
from ami.shortfall.formulas import INDICATOR, MODEL


def assessed(home: Path, dataset: str) -> tuple[Assessment, duckdb.DuckDBPyConnection]:
    database = home / "warehouse" / dataset / "warehouse.duckdb"
    connection = duckdb.connect(str(database), read_only=True)
    inbox = home / "inbox"
    return assess(connection, Dataset(dataset, inbox, home), date(2026, 11, 26)), connection


@pytest.mark.parametrize("dataset", ["nbs", "demo"])
def test_what_stands_is_what_the_marts_have(dataset: str, request: pytest.FixtureRequest) -> None:
    found, connection = assessed(request.getfixturevalue(f"{dataset}_home"), dataset)
    marts = connection.execute(
        "select kind, subject, n_expected - n_missing from marts.fct_coverage where kind <> 'item'"
    ).fetchall()
    counted = {(each.kind, each.subject): each.n_province_years for each in found.standing}
    assert {(kind, subject): counted[kind, subject] for kind, subject, _ in marts} == {
        (kind, subject): count for kind, subject, count in marts
    }
    not_estimable = {
        f"Table {table} ({column})"
        for table, column in connection.execute(
            'select "table", "column" from estimates.not_estimable where missing_variables <> \'\''
        ).fetchall()
    }
    missing = {
        each.subject for each in found.standing if each.kind == MODEL and each.state == MISSING
    }
    assert missing <= not_estimable


def test_each_missing_indicator_has_its_items_and_a_way_to_each(nbs_home: Path) -> None:
    found, _ = assessed(nbs_home, "nbs")
    missing = [each for each in found.standing if each.kind == INDICATOR and each.state == MISSING]
    assert len(missing) == 18
    needs = {need.item_code: need for need in found.needs}
    for each in missing:
        assert each.waits_for
        for item in each.waits_for.split(","):
            assert needs[item].label_zh and needs[item].yearbook_zh
            assert needs[item].template
    with (REFERENCE_SEEDS / "publication_notes.csv").open(encoding="utf-8") as file:
        noted = {row["item_code"]: row["note"] for row in csv.DictReader(file)}
    assert {item: needs[item].note for item in noted if item in needs}.items() <= noted.items()


def test_the_order_is_said_and_nothing_is_missing_of_the_demo(
    nbs_home: Path, demo_home: Path
) -> None:
    answer = run_ami_here(nbs_home, "needs", "--dataset", "nbs")
    assert answer.returncode == 0, answer.stderr
    assert "21 indicators: 0 standing, 3 partial, 18 missing" in answer.stdout
    assert "1. releases fdi (2003-2024, 682 province-years)" in answer.stdout
    assert "ami fetch nbs -d nbs --item owners_equity_100m_yuan" in answer.stdout
    assert "more steps: --all lists them" in answer.stdout
    whole = run_ami_here(nbs_home, "needs", "--dataset", "nbs", "--all").stdout
    assert "more steps" not in whole
    assert "due: 2021-2025, since 2022-11-01; newest here is 2020" in whole
    demo = run_ami_here(demo_home, "needs")
    assert "21 indicators: 21 standing" in demo.stdout
    assert "SYNTHETIC" in demo.stdout


def test_a_dataset_that_was_never_refreshed(tmp_path: Path) -> None:
    answer = run_ami_here(tmp_path, "needs")
    assert answer.returncode == 2
    assert "has no warehouse yet" in answer.stderr
