"""The one place that opens a dataset's DuckDB files, and publishes them.

DuckDB allows one writing process. A refresh holds the dataset's lock from its first step to its
last, works in `build.duckdb`, and only `publish` replaces what readers see. No SQL that computes
anything belongs here.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from dagster_project.workspace import DEMO, Dataset

BUILD_DATABASE_VARIABLE = "AMI_WAREHOUSE"


class Warehouse(dg.ConfigurableResource):
    """The warehouse of one dataset while a run builds it."""

    dataset: str = DEMO
    inbox: str
    home: str

    _previous_variable: str | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, dataset: Dataset) -> "Warehouse":
        return cls(dataset=dataset.name, inbox=str(dataset.inbox), home=str(dataset.home))

    @property
    def paths(self) -> Dataset:
        return Dataset(self.dataset, Path(self.inbox), Path(self.home))

    @property
    def dbt_vars(self) -> dict[str, str]:
        """Empty for the demo: dbt reparses the whole project whenever its vars differ."""
        return {} if self.paths.synthetic else {"dataset": self.dataset}

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        paths = self.paths
        paths.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(paths.lock_file, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise dg.Failure(
                f"Another refresh of dataset '{self.dataset}' is running; "
                "wait for it to end, then start again.",
                allow_retries=False,
            ) from None
        previous = os.environ.get(BUILD_DATABASE_VARIABLE)
        os.environ[BUILD_DATABASE_VARIABLE] = str(paths.build_database)
        try:
            yield self
        finally:
            if previous is None:
                os.environ.pop(BUILD_DATABASE_VARIABLE, None)
            else:
                os.environ[BUILD_DATABASE_VARIABLE] = previous
            lock.release()

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database being built. Keep it open shortly: dbt writes to it from its own process."""
        connection = duckdb.connect(str(self.paths.build_database))
        try:
            yield connection
        finally:
            connection.close()

    def read(self, table: str) -> pd.DataFrame:
        """The whole of `schema.name` in the database being built."""
        with self.connect() as connection:
            return connection.table(table).df()

    def columns(self) -> dict[str, dict[str, dict[str, str]]]:
        """Every column of the database being built: schema -> table -> column -> type."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        with self.connect() as connection:
            rows = connection.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns()"
                " where not internal order by table_oid, column_index"
            ).fetchall()
        for schema, table, column, kind in rows:
            found.setdefault(schema, {}).setdefault(table, {})[column] = kind
        return found

    def read_columns(self, needed: Mapping[str, Sequence[str]]) -> dict[str, pd.DataFrame]:
        """Some columns of tables, by table name, which is unique over the schemas."""
        schemas = {table: schema for schema, tables in self.columns().items() for table in tables}
        with self.connect() as connection:
            return {
                table: connection.table(f"{schemas[table]}.{table}").select(*columns).df()
                for table, columns in needed.items()
            }

    def write(self, table: str, frame: pd.DataFrame) -> None:
        """Replace `schema.name` by the rows of `frame`."""
        schema = table.partition(".")[0]
        with self.connect() as connection:
            connection.execute(f"create schema if not exists {schema}")
            connection.register("frame", frame)
            connection.execute(f"create or replace table {table} as select * from frame")

    def read_published(self, table: str) -> pd.DataFrame | None:
        """A table of the last good warehouse; None before the first one."""
        if not self.paths.database.is_file():
            return None
        with duckdb.connect(str(self.paths.database), read_only=True) as connection:
            return connection.table(table).df()

    def begin(self) -> None:
        """Start from the last good warehouse: what a failed refresh left behind is dropped."""
        paths = self.paths
        paths.build_database.unlink(missing_ok=True)
        paths.build_database.with_suffix(".duckdb.wal").unlink(missing_ok=True)
        shutil.rmtree(paths.build_results, ignore_errors=True)
        paths.build_results.mkdir(parents=True)
        if paths.database.is_file():
            shutil.copyfile(paths.database, paths.build_database)

    def publish(self) -> None:
        """Make what was built the last good warehouse and results, each by one rename."""
        paths = self.paths
        with self.connect() as connection:
            connection.execute("checkpoint")
        incoming = paths.database.with_suffix(".incoming")
        shutil.copyfile(paths.build_database, incoming)
        os.replace(incoming, paths.database)

        outgoing = paths.results.with_name(f".{paths.results.name}.outgoing")
        incoming_results = paths.results.with_name(f".{paths.results.name}.incoming")
        shutil.rmtree(outgoing, ignore_errors=True)
        shutil.rmtree(incoming_results, ignore_errors=True)
        shutil.copytree(paths.build_results, incoming_results)
        if paths.results.exists():
            os.replace(paths.results, outgoing)
        os.replace(incoming_results, paths.results)
        shutil.rmtree(outgoing, ignore_errors=True)
