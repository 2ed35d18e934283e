"""`ami publish` against a real server; skipped, saying so, where there is none."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from ami_command import run_ami_here
from engines import NotHere, PostgreSql
from same_relations import differences

from ami.dataset import PROJECT_ROOT, Dataset
from ami.sharing import SCHEMAS, SharingError, share

try:
    import psycopg2
except ImportError:
    pytest.skip("psycopg2 is not installed: extra `postgres`", allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    try:
        engine = PostgreSql()
    except NotHere as lacking:
        pytest.skip(str(lacking))
    with engine:
        yield engine


@pytest.fixture
def address(server: PostgreSql, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of this test alone; the role of the readers is the server's."""
    with session(server.address()) as cursor:
        cursor.execute("create database shared template template0")
    yield server.address("shared")
    with session(server.address()) as cursor:
        cursor.execute("drop database shared with (force)")


@contextmanager
def session(address: str) -> Iterator[Any]:
    connection = psycopg2.connect(address)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A published warehouse with a table in each schema, and what readers are not to see."""
    published = Dataset("mine", tmp_path, tmp_path)
    published.folder.mkdir(parents=True)
    with duckdb.connect(str(published.database)) as connection:
        for schema in (*SCHEMAS, "staging"):
            connection.execute(f"create schema {schema}")
            connection.execute(
                f"create table {schema}.first as select i as year, 1.5e0 * i as value, "
                "case when i % 3 = 0 then '' when i % 3 = 1 then '\\N, \"北京\"' end as said "
                "from range(2000) as years (i)"
            )
        connection.execute("comment on column marts.first.value is 'Twice ''quoted'', 指数.'")
        connection.execute("comment on table marts.first is 'Of 2,000 years.'")
        connection.execute("create view marts.second as select year, value from marts.first")
    return published


def change(dataset: Dataset, statement: str) -> None:
    with duckdb.connect(str(dataset.database)) as connection:
        connection.execute(statement)


def test_the_demo_arrives_whole(demo_home: Path, address: str) -> None:
    answer = run_ami_here(demo_home, "publish", "--to", address)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "demo (SYNTHETIC): " in answer.stdout
    database = demo_home / "warehouse" / "demo" / "warehouse.duckdb"
    with duckdb.connect(str(database), read_only=True) as warehouse, session(address) as cursor:
        import pandas as pd

        names = warehouse.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in (select unnest(?))",
            [list(SCHEMAS)],
        ).fetchall()
        assert len(names) > 40
        for (name,) in names:
            cursor.execute(f"select * from {name}")
            there = pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description])
            assert differences(warehouse.table(name).df(), there)[0] == [], name
        cursor.execute("select obj_description('marts'::regnamespace)")
        assert cursor.fetchone()[0].startswith("SYNTHETIC")
        # Every table says what it is, each in words of its own, and every column what it holds.
        cursor.execute(
            "select oid::regclass::text, obj_description(oid) from pg_class"
            " where relnamespace = any(%s::regnamespace[]) and relkind = 'r'",
            (list(SCHEMAS),),
        )
        said = dict(cursor.fetchall())
        assert len(said) == len(set(said.values())) == len(names)
        assert all(words.startswith("SYNTHETIC. ") for words in said.values())
        assert "Grain - province_code, year" in said["marts.fct_panel"]
        cursor.execute(
            "select attrelid::regclass, attname from pg_attribute"
            " join pg_class on attrelid = pg_class.oid and relkind = 'r'"
            " where relnamespace = any(%s::regnamespace[]) and attnum > 0"
            " and col_description(attrelid, attnum) is null",
            (list(SCHEMAS),),
        )
        assert cursor.fetchall() == []


def test_the_history_of_runs_stands_there_too(
    server: PostgreSql, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a refresh, by the setting of docs/engines.md; what reads the history reads it there."""
    pytest.importorskip("dagster_postgres", reason="dagster-postgres is not installed")
    page = (PROJECT_ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    (setting,) = re.findall(r"```yaml\n(storage:\n.*?)```", page, flags=re.S)
    home = tmp_path / "warehouse" / "demo" / "dagster"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(setting, encoding="utf-8")
    monkeypatch.setenv("AMI_HISTORY", address.replace("://", "+psycopg2://"))
    answer = run_ami_here(tmp_path, "refresh")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert list(home.rglob("*.db")) == []
    with session(address) as cursor:
        cursor.execute("select status from runs")
        assert cursor.fetchall() == [("SUCCESS",)]
        cursor.execute("select count(*) from event_logs")
        assert cursor.fetchone()[0] > 1000
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        assert [run.is_success for run in instance.get_runs()] == [True]
    for command in (["status"], ["refresh"], ["backup", str(tmp_path / "b.tar.gz")]):
        answer = run_ami_here(tmp_path, *command)
        assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "history of runs" not in answer.stdout


def test_texts_nulls_and_comments_arrive_as_they_are(dataset: Dataset, address: str) -> None:
    shared = share(dataset, address)
    assert (shared.n_tables, shared.n_rows) == (4, 8000)
    with session(address) as cursor:
        cursor.execute("select said, count(*) from marts.first group by 1 order by 2, 1")
        assert cursor.fetchall() == [(None, 666), ("", 667), ('\\N, "北京"', 667)]
        cursor.execute("select col_description('marts.first'::regclass, 2)")
        assert cursor.fetchone() == ("Twice 'quoted', 指数.",)
        cursor.execute("select obj_description('marts.first'::regclass)")
        assert cursor.fetchone() == ("Of 2,000 years.",)


def test_readers_see_what_is_published_and_nothing_else(dataset: Dataset, address: str) -> None:
    with session(address) as cursor:
        cursor.execute("create schema staging")
        cursor.execute("create table staging.first (year integer)")
    share(dataset, address)
    with session(address) as cursor:
        cursor.execute("set role ami_readers")
        for schema in SCHEMAS:
            cursor.execute(f"select count(*) from {schema}.first")
            assert cursor.fetchone() == (2000,)
        for refused in (
            "select * from staging.first",
            "delete from marts.first",
            "create table marts.mine (year integer)",
        ):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(refused)


def test_readers_never_see_half(dataset: Dataset, address: str) -> None:
    share(dataset, address)
    seen, done = set(), threading.Event()

    def read() -> None:
        # Each in a statement of its own: what one publication has, all tables have.
        with session(address) as cursor:
            while not done.is_set():
                cursor.execute(
                    "select (select sum(value) from marts.first), (select sum(value) from"
                    " estimates.first), (select sum(value) from vintages.first)"
                )
                seen.add(cursor.fetchone())

    reader = threading.Thread(target=read)
    reader.start()
    for factor in range(2, 8):
        for schema in SCHEMAS:
            change(dataset, f"update {schema}.first set value = year * {factor}e0")
        share(dataset, address)
    done.set()
    reader.join()
    assert len(seen) > 1
    assert all(len(set(sums)) == 1 and sums[0] > 0 for sums in seen)


def test_a_view_of_a_reader_stays_and_is_not_dropped_for_new_columns(
    dataset: Dataset, address: str
) -> None:
    share(dataset, address)
    with session(address) as cursor:
        cursor.execute("create view public.mine as select year from marts.first where year < 10")
        change(dataset, "delete from marts.first where year < 5")
        share(dataset, address)
        cursor.execute("select count(*) from public.mine")
        assert cursor.fetchone() == (5,)

        change(dataset, "delete from estimates.first")
        change(dataset, "create or replace table marts.first as select year from marts.first")
        with pytest.raises(SharingError, match=r"view mine depends on .* Drop what"):
            share(dataset, address)
        # Neither what was refused nor what came before it.
        cursor.execute("select count(*) from estimates.first")
        assert cursor.fetchone() == (2000,)
        cursor.execute("select count(value) from marts.first")
        assert cursor.fetchone() == (1995,)


def test_a_table_that_is_no_longer_published_goes(dataset: Dataset, address: str) -> None:
    share(dataset, address)
    change(dataset, "drop view marts.second")
    assert share(dataset, address).n_tables == 3
    with session(address) as cursor:
        cursor.execute("select to_regclass('marts.second')")
        assert cursor.fetchone() == (None,)


def test_who_may_not_is_told_what_is_needed(
    dataset: Dataset, address: str, server: PostgreSql
) -> None:
    with session(address) as cursor:
        cursor.execute("create role guest login")
    try:
        with pytest.raises(SharingError, match="must own the database"):
            share(dataset, server.address("shared", "guest"))
    finally:
        with session(address) as cursor:
            cursor.execute("drop role guest")


def test_a_server_that_is_not_there_is_said_in_a_line(dataset: Dataset, tmp_path: Path) -> None:
    dataset.inbox_file.write_text(str(tmp_path), encoding="utf-8")
    answer = run_ami_here(
        dataset.home, "publish", "--dataset", "mine", "--to", "postgresql://x@127.0.0.1:1/x"
    )
    assert answer.returncode == 1
    assert "no connection to PostgreSQL" in answer.stderr
    assert "Traceback" not in answer.stderr
