"""The engines that the models are built on: how raw cells get there, and relations come back.

Each begins with the same Parquet files and is handed to dbt by a target of `dbt/profiles.yml`; none
needs more than a folder. Not here: what is built (`dbt/`) and what is expected (`test_engines.py`).
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, Self

import duckdb
import pandas as pd

from ami.dataset import DBT_PROJECT_DIR
from ami.sharing import copy_table

# What a refresh begins with; all else is built from it.
GIVEN = ("raw", "published", "vintages")
BUILT = ("reference", "paper", "staging", "intermediate", "lineage", "checks", "marts")
# The yearbooks of the demo as printed, which no model reads: files, and not of any engine.
NOT_BUILT = ("--exclude", "config.schema:yearbooks")


class NotHere(Exception):
    """What this machine lacks for an engine."""


class Engine(Protocol):
    """A place of its own, by `with`, in which dbt builds."""

    target: str

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def load(self, given: Path) -> None:
        """Take in a folder of Parquet files named `<schema>.<table>.parquet`."""

    def settings(self) -> Mapping[str, str]:
        """The variables by which dbt finds the place."""

    def relations(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Every relation of the schemas `BUILT`, by `<schema>.<name>`."""


def keep_given(warehouse: Path, folder: Path) -> None:
    """Write what a refresh begins with, of a published `warehouse`, to Parquet files."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name in _relations(connection, GIVEN):
            connection.execute(f"copy {name} to '{folder / name}.parquet' (format parquet)")


def build(engine: Engine, folder: Path, dataset: str) -> dict[str, tuple[str, int | None]]:
    """Build and test the whole project: what became of each node, and how many rows fail a test.

    Raises `AssertionError` with dbt's last words where dbt did not come to its end.
    """
    answer = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "--no-use-colors", "build", *NOT_BUILT),
            *("--target", engine.target, "--vars", json.dumps({"dataset": dataset})),
            *("--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR),
            *("--target-path", folder, "--log-path", folder),
        ],
        cwd=folder,
        env=os.environ | dict(engine.settings()),
        capture_output=True,
        text=True,
        check=False,
    )
    results = folder / "run_results.json"
    assert results.is_file(), answer.stdout[-3000:] + answer.stderr[-3000:]
    return {
        each["unique_id"]: (each["status"], each["failures"])
        for each in json.loads(results.read_text(encoding="utf-8"))["results"]
    }


class DuckDb:
    """The engine of the project, in a file."""

    target = "embedded"

    def __init__(self, folder: Path) -> None:
        self._file = folder / "engines.duckdb"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def load(self, given: Path) -> None:
        with duckdb.connect(str(self._file)) as connection:
            for path in sorted(given.iterdir()):
                connection.execute(f"create schema if not exists {path.stem.split('.')[0]}")
                connection.execute(f"create table {path.stem} as from '{path}'")

    def settings(self) -> Mapping[str, str]:
        return {"AMI_WAREHOUSE": str(self._file)}

    def relations(self) -> Iterator[tuple[str, pd.DataFrame]]:
        with duckdb.connect(str(self._file), read_only=True) as connection:
            for name in _relations(connection, BUILT):
                yield name, connection.table(name).df()


class PostgreSql:
    """A server and a socket of its own; as root may not run it, the account postgres then does."""

    target = "postgres"

    def __init__(self) -> None:
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)
        initdb = shutil.which("initdb") or next(iter(programs), None)
        if initdb is None:
            raise NotHere("no server: initdb of PostgreSQL is not installed")
        try:
            import psycopg2
        except ImportError as error:
            raise NotHere("dbt-postgres is not installed: extra `postgres`") from error
        self._connect = psycopg2.connect
        self._bin = Path(initdb).resolve().parent
        self._account = "postgres" if os.getuid() == 0 else None

    def __enter__(self) -> Self:
        # Not a folder of pytest's: no other account could enter those.
        self._folder = Path(tempfile.mkdtemp(prefix="ami-postgres-"))
        if self._account:
            shutil.chown(self._folder, self._account)
        # Texts in the order of their bytes, as DuckDB and Spark have them.
        self._run("initdb", "--username=ami", "--auth=trust", "--locale=C", "--encoding=UTF8")
        # Nothing of it outlives the test, so that it need not wait for the disk.
        options = f"-c listen_addresses='' -c fsync=off -k {self._folder}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "--wait", "--options", options, "--log", log, "start")
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "--mode=immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def load(self, given: Path) -> None:
        with (
            duckdb.connect() as files,
            self._connect(self.address()) as connection,
            connection.cursor() as cursor,
        ):
            for path in sorted(given.iterdir()):
                schema = path.stem.split(".")[0]
                files.execute(f"create schema if not exists {schema}")
                files.execute(f"create view {path.stem} as from '{path}'")
                cursor.execute(f"create schema if not exists {schema}")
                copy_table(files, cursor, path.stem)
                cursor.execute(f"analyze {path.stem}")

    def settings(self) -> Mapping[str, str]:
        return {"PGHOST": str(self._folder), "PGUSER": "ami", "PGDATABASE": "postgres"}

    def relations(self) -> Iterator[tuple[str, pd.DataFrame]]:
        with self._connect(self.address()) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select table_schema || '.' || table_name from information_schema.tables"
                " where table_schema in %s order by 1",
                (BUILT,),
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"select * from {name}")
                yield (
                    name,
                    pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description]),
                )

    def address(self, database: str = "postgres", user: str = "ami") -> str:
        return f"postgresql://{user}@/{database}?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, "--pgdata", self._folder / "data", *arguments],
            user=self._account,
            cwd=self._folder,
            # A server that keeps a pipe open would be waited for.
            stdout=subprocess.DEVNULL,
            check=True,
        )


class Spark:
    """Spark in one process, with a catalogue in a folder."""

    target = "spark"

    def __init__(self, folder: Path) -> None:
        try:
            import pyspark
        except ImportError as error:
            raise NotHere("pyspark is not installed: extra `spark`") from error
        homes = sorted(glob.glob("/usr/lib/jvm/java-17-*") + glob.glob("/usr/lib/jvm/java-21-*"))
        self._java = os.environ.get("JAVA_HOME") or next(iter(homes), None)
        if self._java is None:
            raise NotHere("no Java 17 or 21: set JAVA_HOME")
        self._folder = folder
        self._version = pyspark.__version__

    def __enter__(self) -> Self:
        settings = {
            "spark.master": "local[2]",
            "spark.sql.warehouse.dir": self._folder / "warehouse",
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={self._folder / 'catalogue'}",
            "spark.driver.memory": "2g",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": 2,
            "spark.ui.enabled": "false",
        }
        lines = [f"{name} {value}\n" for name, value in settings.items()]
        (self._folder / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def load(self, given: Path) -> None:
        self._run(_SPARK_LOAD, *(str(path) for path in sorted(given.iterdir())))

    def settings(self) -> Mapping[str, str]:
        return {"SPARK_CONF_DIR": str(self._folder), "JAVA_HOME": str(self._java)}

    def relations(self) -> Iterator[tuple[str, pd.DataFrame]]:
        kept = self._folder / "kept"
        self._run(_SPARK_KEEP, str(kept), *BUILT)
        for path in sorted(kept.iterdir()):
            yield path.name, duckdb.sql(f"from '{path}/*.parquet'").df()

    def _run(self, script: str, *arguments: str) -> None:
        """In a process of its own: the catalogue is open to one at a time, and dbt is another."""
        subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=os.environ | dict(self.settings()),
            cwd=self._folder,
            stderr=subprocess.DEVNULL,
            check=True,
        )


_SPARK_LOAD = """
import sys
from pathlib import Path
from pyspark.sql import SparkSession
spark = SparkSession.builder.enableHiveSupport().getOrCreate()
for path in sys.argv[1:]:
    schema, table, _ = Path(path).name.split(".")
    spark.sql(f"create database if not exists {schema}")
    spark.read.parquet(path).write.saveAsTable(f"{schema}.{table}")
"""
_SPARK_KEEP = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.enableHiveSupport().getOrCreate()
kept, *schemas = sys.argv[1:]
for schema in schemas:
    for table in spark.catalog.listTables(schema):
        name = f"{schema}.{table.name}"
        spark.table(name).coalesce(1).write.parquet(f"{kept}/{name}")
"""


def _relations(connection: duckdb.DuckDBPyConnection, schemas: tuple[str, ...]) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in (select unnest(?)) order by 1",
            [list(schemas)],
        ).fetchall()
    ]
