"""The one place that opens a dataset's DuckDB files, and publishes them.

DuckDB allows one writing process. A refresh holds the dataset's lock from its first step to its
last, works in `build.duckdb`, and only `publish` replaces what readers see. No SQL that computes
anything belongs here.
"""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
from filelock import Timeout

from dagster_project import durable
from dagster_project.workspace import DEMO, EDITION_POLICIES, Dataset

BUILD_DATABASE_VARIABLE = "AMI_WAREHOUSE"
# What a refresh starts from; every other schema is built anew.
KEPT_SCHEMAS = ("raw", "vintages")
IN_USE = "Another refresh of dataset '{}' is running; wait for it to end, then start again."
# Seconds to wait for what an earlier refresh left running; a dbt ends within a minute or two.
PATIENCE = 300
STILL_WRITING = (
    "A refresh that was killed has left a process that still writes, and does not end (it holds "
    "{0}); end it, then start again."
)
DAMAGED = (
    "The last good warehouse is damaged: {0}\n({2})\n"
    "Nothing was overwritten. Put a backup in its place:\n"
    "  ami restore BACKUP --force\n"
    "or, without one, move that file away and refresh: all that the inbox of '{1}' holds is then "
    "read anew. Figures of files that are no longer in the inbox are lost with it."
)


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
            with _held_by_children(paths.folder / "children.lock"):
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

        A publication that was decided and not ended is ended first. What a failed refresh left
        behind is dropped, and so is what an earlier version of the models built and this one does
        not. Raises `Failure` where the last good warehouse is damaged, and changes nothing of it.
        """
        paths = self.paths
        paths.finish_publication()
        for leftover in (
            paths.build_database,
            paths.build_database.with_suffix(".duckdb.wal"),
            paths.build_database.with_suffix(".duckdb.tmp"),
            paths.build_results,
        ):
            durable.remove(leftover)
        paths.build_results.mkdir(parents=True)
        if not paths.database.is_file():
            return
        shutil.copyfile(paths.database, paths.build_database)
        try:
            with self.connect() as connection:
                read_through(connection)
                schemas = connection.execute(
                    "select schema_name from duckdb_schemas()"
                    " where not internal and schema_name <> 'main' and schema_name not in ?",
                    [KEPT_SCHEMAS],
                ).fetchall()
                for (schema,) in schemas:
                    connection.execute(f'drop schema "{schema}" cascade')
        except duckdb.Error as error:
            durable.remove(paths.build_database)
            raise dg.Failure(
                DAMAGED.format(paths.database, self.dataset, str(error).splitlines()[0]),
                allow_retries=False,
            ) from None

    def publish(self) -> None:
        """Make what was built the last good warehouse and results, both or neither.

        Both are copied beside first, so that a full disk changes nothing.
        """
        paths = self.paths
        with self.connect() as connection:
            connection.execute("checkpoint")
        paths.finish_publication()
        try:
            shutil.copyfile(paths.build_database, durable.staged(paths.database))
            shutil.copytree(paths.build_results, durable.staged(paths.results))
            with paths.publishing:
                # Of a database that someone wrote to by hand; it would be applied to the new one.
                durable.remove(paths.database.with_suffix(".duckdb.wal"))
                durable.commit(paths.journal, paths.published)
        except OSError:
            if not paths.journal.exists():
                durable.discard(paths.published)
            raise


@contextmanager
def _held_by_children(lock: Path) -> Iterator[None]:
    """Hold a lock that the processes started meanwhile hold as well, until the last of them ends.

    The dbt of a refresh that was killed goes on writing for a while; the next refresh waits for it
    here, and raises `Failure` should it not end. The lock is passed on as standard input, which
    every child inherits and nobody reads.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where a child does not inherit it either.
        yield
        return
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise dg.Failure(STILL_WRITING.format(lock), allow_retries=False) from None
                time.sleep(0.5)
        standard_input = os.dup(0)
        os.dup2(descriptor, 0)
        try:
            yield
        finally:
            os.dup2(standard_input, 0)
            os.close(standard_input)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def read_through(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every cell of every table, so that DuckDB compares all of its checksums.

    Raises `duckdb.Error` where the file is damaged.
    """
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal"
    ).fetchall()
    for schema, table in tables:
        connection.execute(f'select bit_xor(hash(cells)) from "{schema}"."{table}" as cells')
