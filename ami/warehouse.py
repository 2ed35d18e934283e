"""The one place that opens a dataset's DuckDB files, and publishes them.

DuckDB allows one writing process. A refresh holds the dataset's lock from its first step to its
last, works in `build.duckdb`, and only `publish` replaces what readers see. No SQL that computes
anything belongs here.
"""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from filelock import Timeout

from ami import atomic, build_record
from ami.dataset import Dataset
from yearbooks.observed_units import PROVINCES

if TYPE_CHECKING:
    # Slow to load, and not needed by who only looks.
    import pandas as pd

BUILD_DATABASE_VARIABLE = "AMI_WAREHOUSE"
# What a refresh starts from; every other schema is built anew.
KEPT_SCHEMAS = ("raw", "vintages", "published")
# What the last good warehouse had, for the checks that nothing is lost.
PUBLISHED_COVERAGE = """
create schema if not exists published;

create or replace table published.coverage (
    kind varchar,
    subject varchar,
    n_expected bigint,
    n_missing bigint,
    status varchar
);
"""
NOT_BUILT = (
    "Not built yet: {0}\nMaterialize these first, or all of it by the job refresh (ami refresh), "
    "which builds them on the way."
)
NOT_ONE_BUILD = (
    "Not published, since the build is not one refresh: {0}\nRun the job refresh (ami refresh): it "
    "makes and checks everything again. What readers see has not changed."
)
# Of the reasons not to publish; one table changed by hand gives many.
REASONS_SHOWN = 5
IN_USE = "Another refresh of dataset '{}' is running; wait for it to end, then start again."
DAMAGED = (
    "The warehouse of dataset '{0}' is damaged: {1} ({2}). Nothing in it was changed. Put a backup "
    "in its place: ami restore BACKUP --force. Or, without one, move that file away and refresh: "
    "ami refresh --dataset {0} reads everything in the inbox again; figures of files that are "
    "no longer in the inbox are lost."
)
MADE_ANEW = (
    "The warehouse of dataset '{0}' cannot be read by this version, which did not make it or did "
    "not finish it: {1} ({2}). ami refresh --dataset {0} makes it again."
)


class WarehouseError(RuntimeError):
    """A warehouse that cannot be built or read now, said in words for the person who waits."""


@dataclass(frozen=True)
class Warehouse:
    """The warehouse of one dataset while a refresh builds it.

    `rebase` is the reason for which the refresh becomes the base of the frozen index; empty: it
    does not. `anew`: whether nothing of the last good refresh is taken over.
    """

    dataset: Dataset
    rebase: str = ""
    anew: bool = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Alone with the dataset, and dbt told where to build, until the refresh ends.

        Raises `WarehouseError` where another refresh is running.
        """
        self.dataset.folder.mkdir(parents=True, exist_ok=True)
        lock = self.dataset.lock
        try:
            lock.acquire()
        except Timeout:
            raise WarehouseError(IN_USE.format(self.dataset.name)) from None
        try:
            with told_where_to_build(self.dataset.build_database):
                yield
        finally:
            lock.release()

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database being built; on one thread, as dbt, so that sums keep their last digit."""
        connection = duckdb.connect(str(self.dataset.build_database), config={"threads": 1})
        try:
            yield connection
        finally:
            connection.close()

    def require(self, tables: Iterable[str]) -> None:
        """Raises `WarehouseError` naming those of `tables`, `schema.name`, that are not built."""
        there = self.tables() if self.dataset.build_database.is_file() else set()
        if missing := sorted(set(tables) - there):
            raise WarehouseError(NOT_BUILT.format(", ".join(missing)))

    def read(self, table: str) -> "pd.DataFrame":
        """The whole of `schema.name` in the database being built.

        Raises `WarehouseError` where it is not built.
        """
        (frame,) = self._frames([table])
        return frame

    def inputs(self, product: str, tables: Collection[str]) -> "dict[str, pd.DataFrame]":
        """The tables, by `schema.name`, that a product is made from, noted as such.

        Raises `WarehouseError` where one is not built.
        """
        frames = self._frames(tables, product)
        return dict(zip(tables, frames, strict=True))

    def _frames(self, tables: Collection[str], product: str = "") -> "list[pd.DataFrame]":
        try:
            # Once for all of them: to open the file takes longer than to read most tables.
            with self.connect() as connection:
                frames = [connection.table(table).df() for table in tables]
                if product:
                    build_record.note(connection, {product: tables})
                return frames
        except duckdb.CatalogException:
            self.require(tables)
            raise

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

    def tables(self) -> set[str]:
        """Every table and view of the database being built, `schema.name`."""
        return {f"{schema}.{table}" for schema, of in self.columns().items() for table in of}

    def write(
        self, table: str, frame: "pd.DataFrame", words: Mapping[str, str] | None = None
    ) -> None:
        """Replace `schema.name` by the rows of `frame`; words: what its columns hold."""
        schema = table.partition(".")[0]
        with self.connect() as connection:
            connection.execute(f"create schema if not exists {schema}")
            connection.register("frame", frame)
            connection.execute(f"create or replace table {table} as select * from frame")
        self.describe(table, words or {})

    def describe(self, table: str, words: Mapping[str, str], about: str = "") -> None:
        """Say of `schema.name` what it is, and of its columns what they hold.

        In the words of the dataset's units, which are those of the project's own for provinces.
        """
        worded = self.dataset.units.worded
        said = [(f"table {table}", about)] if about else []
        said += [(f'column {table}."{column}"', held) for column, held in words.items()]
        with self.connect() as connection:
            # To the disk once, and not for each of them.
            connection.begin()
            for of, text in said:
                quoted = worded(text).replace("'", "''")
                connection.execute(f"comment on {of} is '{quoted}'")
            connection.commit()

    def describe_again(self, schema: str) -> None:
        """Say what dbt has said of the tables of a schema in the words of the dataset's units."""
        if self.dataset.units.singular == PROVINCES.singular:
            return
        tables = [table for table in self.tables() if table.startswith(f"{schema}.")]
        with self.connect() as connection:
            said = {
                table: (comments(connection, table), about(connection, table)) for table in tables
            }
        for table, words in said.items():
            self.describe(table, *words)

    def update(self, table: str, frame: "pd.DataFrame", key: str) -> None:
        """Replace the rows of `schema.name` that have the keys of `frame` by its own."""
        with self.connect() as connection:
            connection.register("frame", frame)
            connection.execute(f'delete from {table} where "{key}" in (select "{key}" from frame)')
            connection.execute(f"insert into {table} by name select * from frame")

    def note(self, made_from: Mapping[str, Collection[str]]) -> None:
        """Note what each product of this build was made from; see `build_record`."""
        with self.connect() as connection:
            build_record.note(connection, made_from)

    def require_one_build(self, products: Iterable[str]) -> None:
        """Raises `WarehouseError`, in words, where `products` are not of one and the same build."""
        with self.connect() as connection:
            faults = build_record.faults(connection, products)
        if faults:
            more = len(faults) - REASONS_SHOWN
            said = "; ".join(faults[:REASONS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
            raise WarehouseError(NOT_ONE_BUILD.format(said))

    def read_published(self, table: str) -> "pd.DataFrame | None":
        """A table of the last good warehouse; None before the first one."""
        if not self.dataset.database.is_file():
            return None
        with duckdb.connect(str(self.dataset.database), read_only=True) as connection:
            return connection.table(table).df()

    def begin(self) -> None:
        """Start from the raw cells and the vintages of the last good warehouse.

        Everything else is built anew.

        A publication that was decided and not ended is ended first. What a failed refresh left
        behind is dropped, and so is what an earlier version of the models built and this one does
        not. Raises `WarehouseError` where the last good warehouse is damaged, and changes nothing
        of it.
        """
        dataset = self.dataset
        dataset.finish_publication()
        for leftover in (
            dataset.build_database,
            dataset.build_database.with_suffix(".duckdb.wal"),
            dataset.build_database.with_suffix(".duckdb.tmp"),
            dataset.build_results,
        ):
            atomic.remove(leftover)
        dataset.build_results.mkdir(parents=True)
        start_from_last_good(dataset, dataset.build_database)

    def publish(self) -> None:
        """Make what was built the last good warehouse and results, both or neither.

        Both are copied beside first, so that a full disk changes nothing.
        """
        dataset = self.dataset
        with self.connect() as connection:
            connection.execute("create schema if not exists published")
            connection.execute(
                "create or replace table published.refresh as select $now::timestamp as ended_at",
                {"now": datetime.now(UTC).replace(tzinfo=None)},
            )
            connection.execute("checkpoint")
        dataset.finish_publication()
        try:
            shutil.copyfile(dataset.build_database, atomic.staged(dataset.database))
            shutil.copytree(dataset.build_results, atomic.staged(dataset.results))
            with dataset.publishing:
                # Of a database that someone wrote to by hand; it would be applied to the new one.
                atomic.remove(dataset.database.with_suffix(".duckdb.wal"))
                atomic.commit(dataset.journal, dataset.published)
        except OSError:
            if not dataset.journal.exists():
                atomic.discard(dataset.published)
            raise


@contextmanager
def told_dbt(variable: str, value: str) -> Iterator[None]:
    """What dbt reads from the environment."""
    previous = os.environ.get(variable)
    os.environ[variable] = value
    try:
        yield
    finally:
        if previous is None:
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = previous


def told_where_to_build(database: Path) -> AbstractContextManager[None]:
    """dbt, in which database."""
    return told_dbt(BUILD_DATABASE_VARIABLE, str(database))


def start_from_last_good(dataset: Dataset, database: Path) -> None:
    """Fill a new `database` with what is kept of the last good warehouse, if there is one.

    Raises `WarehouseError` where that is damaged, and leaves no `database` then.
    """
    is_first = not dataset.database.is_file()
    try:
        if not is_first:
            shutil.copyfile(dataset.database, database)
        with duckdb.connect(str(database)) as connection:
            read_through(connection)
            _note_coverage(connection)
            schemas = connection.execute(
                "select schema_name from duckdb_schemas()"
                " where not internal and schema_name <> 'main' and schema_name not in ?",
                [KEPT_SCHEMAS],
            ).fetchall()
            for (schema,) in schemas:
                connection.execute(f'drop schema "{schema}" cascade')
    except duckdb.Error as error:
        atomic.remove(database)
        if is_first:
            raise
        raise unreadable(dataset.database, error) from None


def comments(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """What the columns of `schema.name` hold, for those of which the database says it."""
    return dict(
        connection.execute(
            "select column_name, comment from duckdb_columns()"
            " where schema_name || '.' || table_name = ? and comment is not null",
            [table],
        ).fetchall()
    )


def about(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """What the database says of the table or view `schema.name`; empty where it says nothing."""
    found = connection.execute(
        "select schema_name || '.' || table_name as name, comment from duckdb_tables()"
        " where name = $1 and comment is not null union all"
        " select schema_name || '.' || view_name as name, comment from duckdb_views()"
        " where name = $1 and comment is not null",
        [table],
    ).fetchone()
    return str(found[1]).strip() if found else ""


def _note_coverage(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep how much the marts had of everything; nothing before the first refresh."""
    connection.execute(PUBLISHED_COVERAGE)
    if connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'fct_coverage'"
    ).fetchone():
        connection.execute(
            "insert into published.coverage"
            " select kind, subject, n_expected, n_missing, status from marts.fct_coverage"
        )


@contextmanager
def reading(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of a dataset, to be read and not changed.

    `database` as from `Dataset.to_read`. Raises `WarehouseError` where the file is damaged or does
    not hold what this version makes; the one advice for all who read it.
    """
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            yield connection
    except duckdb.Error as error:
        raise unreadable(database, error) from None


def unreadable(database: Path, error: duckdb.Error) -> WarehouseError:
    """What to do about a warehouse of which DuckDB said `error`."""
    lacks = isinstance(error, duckdb.CatalogException | duckdb.BinderException)
    # Of a build there is no backup.
    advice = MADE_ANEW if lacks or database.stem == "build" else DAMAGED
    first_line = str(error).partition("\n")[0]
    return WarehouseError(advice.format(database.parent.name, database, first_line))


def refreshed_at(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """When the refresh that is published in this warehouse ended, in UTC.

    None in one that an earlier version published, which kept no time.
    """
    try:
        # To the end, for an unfinished result would keep the connection to itself.
        rows = connection.execute("select ended_at from published.refresh").fetchall()
    except duckdb.CatalogException:
        return None
    return rows[0][0] if rows else None


def read_through(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every cell of every table, so that DuckDB compares all of its checksums.

    Raises `duckdb.Error` where the file is damaged.
    """
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal"
    ).fetchall()
    for schema, table in tables:
        connection.execute(f'select bit_xor(hash(cells)) from "{schema}"."{table}" as cells')
