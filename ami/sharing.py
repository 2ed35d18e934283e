"""The published marts, estimates and vintages in PostgreSQL, where several people query them.

All of it in one transaction: readers see the publication before until the whole of the next is
there. Not here: what a refresh publishes (`ami.warehouse`), and models built by PostgreSQL itself
(a target of `dbt/profiles.yml`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from ami.dataset import Dataset
from ami.warehouse import about, comments, reading

SCHEMAS = {
    "marts": "The index, agglomeration and the panel",
    "estimates": "Estimates and what goes into them",
    "vintages": "What each refresh has published",
}
READERS = "ami_readers"
# Two publications wait for each other by this number, which means nothing else.
_TURN = 20240117
TYPES = {
    "VARCHAR": "text", "DOUBLE": "double precision", "DATE": "date", "JSON": "json",
    "INTEGER": "integer", "BIGINT": "bigint", "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp without time zone",
}  # fmt: skip


class SharingError(RuntimeError):
    """Why PostgreSQL did not take it, in words."""


@dataclass(frozen=True)
class Shared:
    """What readers now see: how many tables, and how many rows in all of them."""

    n_tables: int
    n_rows: int


def share(dataset: Dataset, address: str) -> Shared:
    """Put what was published last into the database of `address`, in the place of what was there.

    address: as libpq takes it, `postgresql://user@host/database`; a password may come from
    PGPASSWORD or ~/.pgpass. Tables keep their identity, so that grants and views of others on them
    stay, unless their columns have changed. Raises `SharingError` where the server cannot be
    reached or refuses, `WarehouseError` where the warehouse cannot be read; then nothing of the
    database has changed.
    """
    with reading(dataset.to_read()) as warehouse, _one_transaction(address) as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_TURN,))
        cursor.execute("select 1 from pg_roles where rolname = %s", (READERS,))
        if cursor.fetchone() is None:
            cursor.execute(f"create role {READERS}")
        tables = {schema: _tables(warehouse, schema) for schema in SCHEMAS}
        rows = 0
        synthetic = "SYNTHETIC. " if dataset.synthetic else ""
        for schema, words in SCHEMAS.items():
            cursor.execute(f"create schema if not exists {schema}")
            cursor.execute(f"comment on schema {schema} is %s", (f"{synthetic}{words}",))
            _drop_others(cursor, schema, tables[schema])
            for table in tables[schema]:
                copy_table(warehouse, cursor, f"{schema}.{table}")
                rows += cursor.rowcount
                of_table = about(warehouse, f"{schema}.{table}") or words
                cursor.execute(
                    f"comment on table {schema}.{table} is %s", (f"{synthetic}{of_table}",)
                )
            cursor.execute(f"grant usage on schema {schema} to {READERS}")
            cursor.execute(f"grant select on all tables in schema {schema} to {READERS}")
    return Shared(sum(len(names) for names in tables.values()), rows)


def copy_table(warehouse: duckdb.DuckDBPyConnection, cursor: Any, name: str) -> None:
    """Fill `schema.table` of PostgreSQL with the rows and comments of the same in a warehouse.

    It is made, or made anew, where its columns are others. Afterwards `cursor.rowcount` is the
    number of its rows.
    """
    columns = {
        column: TYPES[str(kind)]
        for column, kind, *_ in warehouse.execute(f"from {name} limit 0").description or ()
    }
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        (name,),
    )
    if cursor.fetchall() != list(columns.items()):
        typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        cursor.execute(f"drop table if exists {name}")
        cursor.execute(f"create table {name} ({typed})")
    else:
        # Not truncate, which readers would have to wait for and some would see empty.
        cursor.execute(f"delete from {name}")
    for column, words in comments(warehouse, name).items():
        cursor.execute(f'comment on column {name}."{column}" is %s', (words,))
    with TemporaryDirectory() as folder:
        rows = Path(folder, "rows.csv")
        as_csv = "(format csv, header false, nullstr '\\N')"
        warehouse.execute(f"copy (from {name}) to '{rows}' {as_csv}")
        with rows.open(encoding="utf-8") as file:
            cursor.copy_expert(f"copy {name} from stdin (format csv, null '\\N')", file)


def _tables(warehouse: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    found = warehouse.execute(
        "select table_name from information_schema.tables where table_schema = ? order by 1",
        [schema],
    )
    return [name for (name,) in found.fetchall()]


def _drop_others(cursor: Any, schema: str, kept: list[str]) -> None:
    """A table that this version does not publish any more must not pass for a new one."""
    cursor.execute("select tablename from pg_tables where schemaname = %s", (schema,))
    for (name,) in cursor.fetchall():
        if name not in kept:
            cursor.execute(f'drop table {schema}."{name}"')


@contextmanager
def _one_transaction(address: str) -> Iterator[Any]:
    try:
        import psycopg2
        from psycopg2 import errors
    except ImportError:
        raise SharingError(
            "psycopg2 is not installed; run: .venv/bin/pip install --editable '.[postgres]'"
        ) from None
    try:
        connection = psycopg2.connect(address)
    except psycopg2.Error as error:
        raise SharingError(f"no connection to PostgreSQL: {_first_line(error)}") from None
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    except errors.InsufficientPrivilege as error:
        raise SharingError(
            f"PostgreSQL refuses: {_first_line(error)}. The user must own the database and may need"
            f" a superuser to run once: create role {READERS}"
        ) from None
    except errors.DependentObjectsStillExist as error:
        raise SharingError(
            f"a table has other columns now, or is gone: {error.diag.message_detail}. Drop what"
            " depends on it, publish again, and make it anew"
        ) from None
    except psycopg2.Error as error:
        raise SharingError(f"PostgreSQL says: {_first_line(error)}") from None
    finally:
        connection.close()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
