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
from filelock import Timeout

from dagster_project.workspace import DEMO, EDITION_POLICIES, Dataset

BUILD_DATABASE_VARIABLE = "AMI_WAREHOUSE"
# What a refresh starts from; every other schema is built anew.
KEPT_SCHEMAS = ("raw", "vintages")
IN_USE = "Another refresh of dataset '{}' is running; wait for it to end, then start again."


class Warehouse(dg.ConfigurableResource):
    """The warehouse of one dataset while a run builds it.

    `rebase` is the reason for which the run becomes the base of the frozen index; empty: it does
    not.
    """

    dataset: str = DEMO
    inbox: str
    home: str
    edition_policy: str = EDITION_POLICIES[0]
    rebase: str = ""

    @classmethod
    def of(cls, dataset: Dataset, rebase: str = "") -> "Warehouse":
        return cls(
            dataset=dataset.name,
            inbox=str(dataset.inbox),
            home=str(dataset.home),
            edition_policy=dataset.edition_policy,
            rebase=rebase,
        )

    @property
    def paths(self) -> Dataset:
        return Dataset(self.dataset, Path(self.inbox), Path(self.home), self.edition_policy)

    @property
    def dbt_vars(self) -> dict[str, str]:
        """Only what is not the default: dbt reparses the whole project whenever its vars differ."""
        chosen = {} if self.paths.synthetic else {"dataset": self.dataset}
        if self.edition_policy != EDITION_POLICIES[0]:
            chosen["edition_policy"] = self.edition_policy
        return chosen

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        paths = self.paths
        paths.folder.mkdir(parents=True, exist_ok=True)
        lock = paths.lock
        try:
            lock.acquire()
        except Timeout:
            raise dg.Failure(IN_USE.format(self.dataset), allow_retries=False) from None
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
        """Start from the raw cells and the vintages of the last good warehouse.

        Everything else is built anew.

        What a failed refresh left behind is dropped, and so is what an earlier version of the
        models built and this one does not.
        """
        paths = self.paths
        paths.build_database.unlink(missing_ok=True)
        paths.build_database.with_suffix(".duckdb.wal").unlink(missing_ok=True)
        shutil.rmtree(paths.build_results, ignore_errors=True)
        paths.build_results.mkdir(parents=True)
        if not paths.results.exists() and _beside(paths.results, "old").exists():
            os.replace(_beside(paths.results, "old"), paths.results)
        if not paths.database.is_file():
            return
        shutil.copyfile(paths.database, paths.build_database)
        with self.connect() as connection:
            schemas = connection.execute(
                "select schema_name from duckdb_schemas()"
                " where not internal and schema_name <> 'main' and schema_name not in ?",
                [KEPT_SCHEMAS],
            ).fetchall()
            for (schema,) in schemas:
                connection.execute(f'drop schema "{schema}" cascade')

    def publish(self) -> None:
        """Make what was built the last good warehouse and results.

        Both are copied first, so that a full disk changes nothing; then three renames follow each
        other. `begin` mends what a crash between them leaves.
        """
        paths = self.paths
        with self.connect() as connection:
            connection.execute("checkpoint")
        new_database, new_results = _beside(paths.database, "new"), _beside(paths.results, "new")
        old_results = _beside(paths.results, "old")
        for leftover in (new_database, new_results, old_results):
            _remove(leftover)
        shutil.copyfile(paths.build_database, new_database)
        shutil.copytree(paths.build_results, new_results)
        os.replace(new_database, paths.database)
        if paths.results.exists():
            os.replace(paths.results, old_results)
        os.replace(new_results, paths.results)
        _remove(old_results)


def _beside(path: Path, what: str) -> Path:
    """A hidden neighbour of `path`, on the same disk and therefore one rename away."""
    return path.with_name(f".{path.name}.{what}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
