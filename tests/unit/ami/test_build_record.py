"""What is published is of one build: every way in which a part of it can be of another is found."""

from pathlib import Path

import duckdb
import pytest

from ami.build_record import faults, fingerprints, note
from ami.dataset import Dataset
from ami.warehouse import Warehouse, WarehouseError

MADE_FROM = {
    "staging.cells": ["raw.cells"],
    "marts.fct_index": ["staging.cells", "vintages.bases", "marts.fct_index"],
    "check.index_in_range": ["marts.fct_index"],
    "estimates.estimates": ["marts.fct_index", "estimates.estimates"],
    "results.report": ["estimates.estimates", "audit.notes"],
}
LAST = ["results.report", "check.index_in_range"]
TABLES = """
create schema raw; create schema staging; create schema marts; create schema estimates;
create schema vintages; create schema audit;
create table raw.cells as select range as year, range * 1.5e0 as value from range(19);
create view staging.cells as select * from raw.cells;
create table marts.fct_index as select year, value as ami from staging.cells;
create table estimates.estimates as select avg(ami) as estimate from marts.fct_index;
create table vintages.bases as select 1 as base;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(Dataset("mine", tmp_path, tmp_path))
    warehouse.dataset.folder.mkdir(parents=True)
    with warehouse.connect() as connection:
        connection.execute(TABLES)
        note(connection, MADE_FROM)
    return warehouse


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("delete from marts.fct_index where year = 3", "marts.fct_index was changed after"),
        ("update marts.fct_index set ami = ami + 1e-12 where year = 3", "marts.fct_index was"),
        ("insert into marts.fct_index from marts.fct_index", "marts.fct_index was changed after"),
        ("alter table marts.fct_index rename ami to gam", "marts.fct_index was changed after"),
        ("drop table estimates.estimates", "estimates.estimates was changed after"),
        ("update raw.cells set value = 0 where year = 1", "made from a raw.cells that has changed"),
        ("create or replace view staging.cells as select 1 as year", "made from a staging.cells"),
        ("create table audit.notes as select 'a' as note", "made from a audit.notes that has"),
        ("delete from audit.made_from where product = 'staging.cells'", "staging.cells was not"),
        ("delete from audit.made_from where product like 'check.%'", "check.index_in_range was"),
    ],
)
def test_a_part_of_another_build_is_found(warehouse: Warehouse, change: str, found: str) -> None:
    warehouse.require_one_build(LAST)
    with warehouse.connect() as connection:
        connection.execute(change)
    with pytest.raises(WarehouseError, match=found):
        warehouse.require_one_build(LAST)


def test_what_is_made_anew_with_the_same_content_is_of_the_same_build(
    warehouse: Warehouse,
) -> None:
    with warehouse.connect() as connection:
        connection.execute(
            "create or replace table marts.fct_index as"
            " select year, value as ami from staging.cells order by year desc"
        )
        # Grows in the middle of a refresh.
        connection.execute("insert into vintages.bases values (2)")
    warehouse.require_one_build(LAST)


def test_a_table_made_anew_from_other_content_asks_for_all_that_follows(
    warehouse: Warehouse,
) -> None:
    with warehouse.connect() as connection:
        connection.execute("delete from raw.cells where year = 0")
        connection.execute(
            "create or replace table marts.fct_index as select year, value as ami from raw.cells"
        )
        for product in ("staging.cells", "marts.fct_index", "check.index_in_range"):
            note(connection, {product: MADE_FROM[product]})
        assert faults(connection, LAST) == [
            "estimates.estimates was made from a marts.fct_index that has changed since"
        ]
        note(connection, {name: MADE_FROM[name] for name in ("estimates.estimates",)})
        assert faults(connection, LAST) == []


def test_equal_rows_count_as_often_as_they_are_there() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table once as select 1 as a")
        once = fingerprints(connection, {"main.once"})
        connection.execute("insert into once values (1), (1)")
        assert fingerprints(connection, {"main.once"}) != once
        assert fingerprints(connection, {"main.nowhere"}) == {}


def test_what_is_not_built_is_named_with_the_remedy(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"Not built yet: marts\.fct_panel\n.*ami refresh"):
        warehouse.inputs("results.report", ["marts.fct_index", "marts.fct_panel"])
    with pytest.raises(WarehouseError, match=r"Not built yet: audit\.clean_tests"):
        warehouse.read("audit.clean_tests")
    with pytest.raises(WarehouseError, match="Not built yet"):
        Warehouse(Dataset("other", Path(), warehouse.dataset.home)).require(["marts.fct_index"])


def test_many_reasons_are_cut_short(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="; and 7 more\nRun the job refresh"):
        warehouse.require_one_build([f"results.{number}" for number in range(12)])
