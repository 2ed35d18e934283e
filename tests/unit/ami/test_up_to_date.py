"""What is taken over from the last good refresh: only what would come out the same.

Sequences of refreshes are in tests/unit/dagster_project/test_taking_over.py.
"""

from pathlib import Path

import duckdb
import pytest

from ami.dataset import Dataset
from ami.up_to_date import Product, beside_last_good, table_versions
from ami.warehouse import Warehouse, WarehouseError

TABLE = Product("estimates.sums", ("marts.panel", "marts.shown"), "1")
FIGURE = Product("figures.points", ("marts.panel",), "1")
MARTS = """
create schema marts; create schema reference;
create table reference.limits as select 2 as bound;
create table marts.panel as select year, value from (values (1, 0.1e0), (2, 0.2e0)) t (year, value);
create view marts.shown as select year from marts.panel where year < (from reference.limits);
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """With a last good refresh and a build of the same inputs, of which nothing is made yet."""
    warehouse = Warehouse(Dataset("mine", tmp_path, tmp_path))
    warehouse.dataset.folder.mkdir(parents=True)
    begin(warehouse)
    with warehouse.connect() as connection:
        connection.execute("create schema estimates")
        connection.execute("create table estimates.sums as select 3::utinyint as n, null as p")
    (warehouse.dataset.build_results / "points.svg").write_text("<svg/>", encoding="utf-8")
    with beside_last_good(warehouse) as last_good:
        assert last_good.versions == {}
        last_good.note(TABLE)
        last_good.note(FIGURE, ["points.svg"])
    warehouse.publish()
    begin(warehouse)
    return warehouse


def begin(warehouse: Warehouse) -> None:
    warehouse.begin()
    with warehouse.connect() as connection:
        connection.execute(MARTS)


def taken(warehouse: Warehouse, product: Product) -> bool:
    with beside_last_good(warehouse) as last_good:
        return bool(last_good.take_over(product))


def test_a_table_is_taken_over_with_its_types_and_its_versions(warehouse: Warehouse) -> None:
    assert taken(warehouse, TABLE)
    with warehouse.connect() as connection:
        relation = connection.table("estimates.sums")
        assert (relation.fetchall(), relation.columns) == ([(3, None)], ["n", "p"])
        assert str(relation.types[0]) == "UTINYINT"
        # Nothing of the other database stays in the catalogue.
        found = connection.execute("from duckdb_databases() where not internal").fetchall()
        assert len(found) == 1
    warehouse.publish()
    begin(warehouse)
    assert taken(warehouse, TABLE)


def test_files_are_taken_over_as_they_were(warehouse: Warehouse) -> None:
    assert taken(warehouse, FIGURE)
    assert (warehouse.dataset.build_results / "points.svg").read_text("utf-8") == "<svg/>"


@pytest.mark.parametrize(
    "change",
    [
        "update marts.panel set value = value + 1e-16 where year = 1",
        "insert into marts.panel from marts.panel",
        "delete from marts.panel where year = 2",
        "alter table marts.panel rename value to coagglo",
        "alter table marts.panel alter year type bigint",
        # Sums of floating-point numbers and random draws hang on the order.
        "create or replace table marts.panel as from marts.panel order by year desc",
        "create or replace view marts.shown as select year from marts.panel",
        # Behind the view.
        "update reference.limits set bound = 3",
    ],
)
def test_another_input_is_noticed(warehouse: Warehouse, change: str) -> None:
    with warehouse.connect() as connection:
        connection.execute(change)
    assert not taken(warehouse, TABLE)


@pytest.mark.parametrize(
    "product",
    [
        Product(TABLE.name, TABLE.needs, "2"),
        Product(TABLE.name, TABLE.needs[:1], "1"),
        Product(TABLE.name, (*TABLE.needs, "reference.limits"), "1"),
        Product("estimates.others", TABLE.needs, "1"),
    ],
)
def test_another_declaration_is_noticed(warehouse: Warehouse, product: Product) -> None:
    assert not taken(warehouse, product)


@pytest.mark.parametrize(
    "change", ["delete from estimates.sums", "update estimates.sums set n = 4"]
)
def test_what_was_changed_after_it_was_published_is_made_anew(
    warehouse: Warehouse, change: str
) -> None:
    with duckdb.connect(str(warehouse.dataset.database)) as connection:
        connection.execute(change)
    assert not taken(warehouse, TABLE)
    points = warehouse.dataset.results / "points.svg"
    points.write_text("<svg></svg>", encoding="utf-8")
    assert not taken(warehouse, FIGURE)
    points.unlink()
    assert not taken(warehouse, FIGURE)


def test_what_was_built_and_not_published_does_not_count(warehouse: Warehouse) -> None:
    other = Product(TABLE.name, TABLE.needs, "2")
    with warehouse.connect() as connection:
        connection.execute("create schema estimates; create table estimates.sums as select 4 as n")
    with beside_last_good(warehouse) as last_good:
        last_good.note(other)
    assert not taken(warehouse, other)
    begin(warehouse)
    assert not taken(warehouse, other)
    assert taken(warehouse, TABLE)


def test_nothing_is_taken_over_where_all_is_to_be_made_anew(warehouse: Warehouse) -> None:
    assert not taken(Warehouse(warehouse.dataset, anew=True), TABLE)


def test_a_warehouse_of_an_earlier_version_has_nothing_to_take(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.dataset.database)) as connection:
        connection.execute("drop table audit.versions")
    assert not taken(warehouse, TABLE)


def test_a_damaged_warehouse_and_an_input_that_is_not_built_are_named(
    warehouse: Warehouse,
) -> None:
    with pytest.raises(WarehouseError, match=r"Not built yet: marts\.index"):
        taken(warehouse, Product(TABLE.name, ("marts.index",), "1"))
    warehouse.dataset.database.write_bytes(b"no database")
    with pytest.raises(WarehouseError, match="mine"):
        taken(warehouse, TABLE)


def test_versions_are_of_tables_that_are_there() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table once as select 1 as a; create table none as from once")
        connection.execute("delete from none")
        found = table_versions(connection, ["main.once", "main.none", "main.nowhere"])
    assert found.keys() == {"main.once", "main.none"}
    assert len(set(found.values())) == 2
