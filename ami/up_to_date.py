"""What the last good refresh made and this one would make again: taken over instead.

A product here is a function of tables and code alone: a table of estimates, or the files of a
figure. Beside it a warehouse keeps the versions of its code, of all it was made from, and of
itself. Where code and inputs have these versions now, so would the product. Only what was published
is taken over, so that of a refresh that failed or was killed nothing counts. Whether all of one
build belongs together is the business of `build_record`, which judges what was taken over like
everything else.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from ami.warehouse import Warehouse, unreadable
from yearbooks.source import content_hash

SCHEMA = """
create schema if not exists audit;

create table if not exists audit.versions (
    product varchar not null,
    input varchar not null,
    version varchar not null
);
"""
CODE = "code"
# Before the name of a file of the results.
FILE = "file "

Versions = dict[str, str]


@dataclass(frozen=True)
class Product:
    """What decides how a table, `schema.name`, or some files come out: their inputs, their code.

    needs: tables, `schema.name`. code: as `code_version` has it, with whatever else is decided when
    it is made.
    """

    name: str
    needs: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class LastGood:
    """The last good refresh beside the build that takes over from it; see `beside_last_good`.

    connection: to the build. versions: by product and input, as that refresh noted them; none where
    there was none, or all is to be made anew.
    """

    warehouse: Warehouse
    connection: duckdb.DuckDBPyConnection
    versions: Mapping[str, Versions]

    def take_over(self, product: Product) -> Versions:
        """Take a product over where it would come out the same; the versions of what was taken.

        None where it would not, or was changed after it was published. Raises `WarehouseError`
        where one of its inputs is not built.
        """
        then, now = self.versions.get(product.name, {}), self._inputs(product)
        made = {name: version for name, version in then.items() if name not in now}
        if not made or then != now | made:
            return {}
        dataset = self.warehouse.dataset
        files = [name.removeprefix(FILE) for name in made if name.startswith(FILE)]
        if not all((dataset.results / name).is_file() for name in files):
            return {}
        for name in files:
            shutil.copyfile(dataset.results / name, dataset.build_results / name)
        if product.name in made:
            schema = product.name.partition(".")[0]
            with _attached(self.warehouse, self.connection):
                self.connection.execute(f"create schema if not exists {schema}")
                self.connection.execute(
                    f"create or replace table {product.name} as from last_good.{product.name}"
                )
        return made if self.note(product, files) == made else {}

    def note(self, product: Product, files: Iterable[str] = ()) -> Versions:
        """Note what a product was made from, for the refresh to come; the versions of what it is.

        files: of the results that it consists of; none where it is a table.
        """
        results = self.warehouse.dataset.build_results
        made = {f"{FILE}{name}": content_hash((results / name).read_bytes()) for name in files}
        made = made or table_versions(self.connection, [product.name])
        versions = self._inputs(product) | made
        self.connection.execute("delete from audit.versions where product = ?", [product.name])
        self.connection.execute(
            "insert into audit.versions select ?, unnest(?), unnest(?)",
            [product.name, list(versions), list(versions.values())],
        )
        return made

    def _inputs(self, product: Product) -> Versions:
        there = table_versions(self.connection, product.needs)
        if len(there) < len(product.needs):
            self.warehouse.require(product.needs)
        return {CODE: product.code} | there


@contextmanager
def beside_last_good(warehouse: Warehouse) -> Iterator[LastGood]:
    """The last good refresh, to take over from; one of nothing where all is to be made anew.

    Raises `WarehouseError` where its warehouse is damaged.
    """
    with warehouse.connect() as connection:
        connection.execute(SCHEMA)
        noted: dict[str, Versions] = {}
        if warehouse.dataset.database.is_file() and not warehouse.anew:
            with _attached(warehouse, connection):
                # In a warehouse of an earlier version there is none.
                kept = connection.execute(
                    "select 1 from duckdb_tables() where database_name = 'last_good'"
                    " and schema_name = 'audit' and table_name = 'versions'"
                ).fetchone()
                rows = connection.execute("from last_good.audit.versions") if kept else None
                for product, name, version in rows.fetchall() if rows else ():
                    noted.setdefault(product, {})[name] = version
        yield LastGood(warehouse, connection, noted)


@contextmanager
def _attached(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """The last good warehouse as `last_good`, and not for longer: the catalogue shows both."""
    database = warehouse.dataset.database
    path = str(database).replace("'", "''")
    try:
        connection.execute(f"attach '{path}' as last_good (read_only)")
        yield
        connection.execute("detach last_good")
    except duckdb.Error as error:
        raise unreadable(database, error) from None


def table_versions(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> Versions:
    """What tells what a reader gets of each table or view: columns, and rows in their order.

    In their order, on which sums and draws of an estimator hang. One that is not there is left out.
    """
    declared = connection.execute(
        "select schema_name || '.' || table_name as name,"
        " md5(string_agg(column_name || ' ' || data_type, ', ' order by column_index))"
        " from duckdb_columns() where name in ? group by all",
        [list(tables)],
    ).fetchall()
    return {table: f"{columns} {_rows(connection, table)}" for table, columns in declared}


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """How many, and their content by place."""
    query = (
        "select count(*) || ' ' || coalesce(sum(hash::hugeint * place), 0) from"
        f" (select hash(shown) as hash, row_number() over () as place from {table} as shown)"
    )
    (found,) = connection.execute(query).fetchone() or ("",)
    return str(found)
