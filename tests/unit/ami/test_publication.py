"""A refresh publishes all or nothing, whatever ends it, and mends what it finds.

On warehouses of one table: how a real one fares is in tests/integration/test_refresh_faults.py.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from killed import kill_at_each_change

from ami import atomic
from ami.dataset import Dataset
from ami.warehouse import Warehouse, WarehouseError
from command.exit_codes import ExitCode
from command.refresh import run_refresh

OLD, NEW = 1, 2


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset("mine", tmp_path / "inbox", tmp_path)


def build(dataset: Dataset, version: int) -> None:
    """What a refresh has built when it comes to publish: a database, and two files of results."""
    Warehouse(dataset).begin()
    with Warehouse(dataset).connect() as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create or replace table raw.cells as select range from range(5000)")
        connection.execute("create schema marts")
        connection.execute(f"create table marts.version as select {version} as version")
    (dataset.build_results / "checks").mkdir()
    for name in ("report.html", "checks/index.html"):
        (dataset.build_results / name).write_text(str(version))


def publish(dataset: Dataset, version: int) -> None:
    build(dataset, version)
    Warehouse(dataset).publish()


def published(dataset: Dataset) -> tuple[int, set[str]]:
    """The version of the database, and those of the results."""
    with duckdb.connect(str(dataset.database), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.cells").fetchone() == (5000,)
        (version,) = connection.execute("select version from marts.version").fetchone() or (0,)
    files = [path for path in dataset.results.rglob("*") if path.is_file()]
    assert len(files) in (0, 2)
    return version, {path.read_text() for path in files}


def write_by_hand(dataset: Dataset) -> None:
    """What someone leaves who writes to the published database and is cut off: DuckDB's log."""
    with duckdb.connect(str(dataset.database)) as connection:
        connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute("set checkpoint_threshold = '1 TB'")
        connection.execute("update marts.version set version = 99")
    assert dataset.database.with_suffix(".duckdb.wal").stat().st_size > 0


def leftovers(dataset: Dataset) -> list[Path]:
    beside = [*dataset.folder.glob(".*"), *dataset.results.parent.glob(".*"), dataset.journal]
    return [path for path in beside if path.exists()]


@pytest.mark.slow
class TestKilled:
    @pytest.fixture
    def prepare(self, dataset: Dataset, tmp_path: Path) -> Iterator[object]:
        """Puts back a home with the old version published and the new one built."""
        publish(dataset, OLD)
        build(dataset, NEW)
        kept = tmp_path.with_name(f"{tmp_path.name}-kept")
        shutil.copytree(tmp_path, kept)

        def again() -> None:
            shutil.rmtree(tmp_path)
            shutil.copytree(kept, tmp_path)

        yield again
        shutil.rmtree(kept)

    def test_readers_see_one_version_and_the_next_refresh_mends(
        self, dataset: Dataset, prepare: object
    ) -> None:
        seen = []
        for n in kill_at_each_change(prepare, Warehouse(dataset).publish):
            version, _ = published(dataset)
            decided = dataset.journal.is_file()
            Warehouse(dataset).begin()
            assert leftovers(dataset) == [], n
            version_after, results_after = published(dataset)
            assert results_after == {str(version_after)}, n
            assert version_after == NEW if decided else version_after == version, n
            seen.append(version_after)
        publish(dataset, NEW)
        assert published(dataset) == (NEW, {str(NEW)})
        # Both sides of the decision were met.
        assert seen == sorted(seen) and {OLD, NEW} == set(seen) and len(seen) > 12

    def test_mending_may_be_killed_as_well(self, dataset: Dataset, prepare: object) -> None:
        def prepare_interrupted() -> None:
            prepare()
            shutil.copyfile(dataset.build_database, atomic.staged(dataset.database))
            shutil.copytree(dataset.build_results, atomic.staged(dataset.results))
            os.rename(dataset.results, dataset.results.with_name(".mine.old"))
            atomic.write_text(dataset.journal, '["warehouse.duckdb", "../../results/mine"]')

        kills = 0
        for kills in kill_at_each_change(prepare_interrupted, Warehouse(dataset).begin):  # noqa: B007
            Warehouse(dataset).begin()
            assert published(dataset) == (NEW, {str(NEW)})
            assert leftovers(dataset) == []
        assert kills > 5

    def test_a_killed_first_publication_leaves_nothing_or_all(self, dataset: Dataset) -> None:
        def prepare() -> None:
            shutil.rmtree(dataset.home / "warehouse", ignore_errors=True)
            shutil.rmtree(dataset.home / "results", ignore_errors=True)
            build(dataset, NEW)

        met = []
        for _ in kill_at_each_change(prepare, Warehouse(dataset).publish, step=3):
            decided = dataset.journal.is_file()
            Warehouse(dataset).begin()
            assert leftovers(dataset) == []
            assert not decided or published(dataset) == (NEW, {str(NEW)})
            assert dataset.database.exists() == dataset.results.exists()
            met.append(dataset.database.exists())
        # Both sides of the decision were met.
        assert met == sorted(met) and set(met) == {False, True} and len(met) > 4


class TestFullDisk:
    @pytest.fixture
    def small_disk(self, tmp_path: Path) -> Iterator[Path]:
        """A disk of 4 MiB."""
        folder = tmp_path / "disk"
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "ami-test", folder],
            capture_output=True,
            check=False,
        )
        if mounted.returncode != 0:
            pytest.skip("a full disk needs a small one, which only root may mount")
        yield folder
        subprocess.run(["umount", folder], check=True)

    def test_publishing_changes_nothing_and_leaves_nothing(self, small_disk: Path) -> None:
        dataset = Dataset("mine", small_disk / "inbox", small_disk)
        publish(dataset, OLD)
        build(dataset, NEW)
        outcomes = []
        # Less and less room, from where even the database fails to where all is well.
        for free in range(0, 2**20, 2**16):
            filler = small_disk / "filler"
            filler.unlink(missing_ok=True)
            room = shutil.disk_usage(small_disk).free
            with filler.open("wb") as file:
                file.write(b"\0" * max(room - free, 0))
            try:
                Warehouse(dataset).publish()
            except (OSError, duckdb.Error) as error:
                outcomes.append(OLD)
                assert "space" in str(error).lower(), error
                assert published(dataset) == (OLD, {str(OLD)})
                assert leftovers(dataset) == []
            else:
                outcomes.append(NEW)
                assert published(dataset) == (NEW, {str(NEW)})
                break
        assert outcomes[0] == OLD and outcomes[-1] == NEW and len(outcomes) > 2

    def test_a_refresh_that_cannot_even_begin(self, small_disk: Path) -> None:
        dataset = Dataset("mine", small_disk / "inbox", small_disk)
        publish(dataset, OLD)
        dataset.build_database.unlink()
        shutil.rmtree(dataset.build_results)
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            file.write(b"\0" * shutil.disk_usage(small_disk).free)
        with pytest.raises(OSError, match="No space left"):
            Warehouse(dataset).begin()
        assert published(dataset) == (OLD, {str(OLD)})
        filler.unlink()
        publish(dataset, NEW)
        assert published(dataset) == (NEW, {str(NEW)})

    def test_writing_a_small_file_keeps_the_old_text(self, small_disk: Path) -> None:
        note = small_disk / "note.txt"
        atomic.write_text(note, "old")
        with (small_disk / "filler").open("wb") as file:
            file.write(b"\0" * shutil.disk_usage(small_disk).free)
        with pytest.raises(OSError, match="No space left"):
            atomic.write_text(note, "new" * 100_000)
        assert note.read_text() == "old"


class TestDamage:
    @pytest.mark.slow
    def test_a_damaged_warehouse_is_named_with_the_ways_out(self, dataset: Dataset) -> None:
        publish(dataset, OLD)
        whole = dataset.database.read_bytes()
        met = set()
        # In every block and header; then what is no database, and half of one.
        spoilt = [
            whole[:at] + bytes([whole[at] ^ 0xFF]) * 64 + whole[at + 64 :]
            for at in range(16, len(whole), 2**15)
        ]
        for content in (*spoilt, b"", b"not a database", whole[: len(whole) // 2]):
            dataset.database.write_bytes(content)
            try:
                Warehouse(dataset).begin()
            except WarehouseError as failure:
                met.add("said")
                said = str(failure)
                assert str(dataset.database) in said and "ami restore" in said
                assert "'mine'" in said
                assert not dataset.build_database.exists()
            else:
                # The blow fell on a place that holds nothing.
                met.add("harmless")
                with Warehouse(dataset).connect() as connection:
                    count = connection.execute("select count(*) from raw.cells").fetchone()
                    assert count == (5000,)
            assert dataset.database.read_bytes() == content
        assert "said" in met

    def test_a_damaged_build_and_its_log_do_not_matter(self, dataset: Dataset) -> None:
        publish(dataset, OLD)
        dataset.build_database.write_bytes(b"torn")
        dataset.build_database.with_suffix(".duckdb.wal").write_bytes(b"torn")
        dataset.build_database.with_suffix(".duckdb.tmp").mkdir()
        publish(dataset, NEW)
        assert published(dataset) == (NEW, {str(NEW)})
        assert not dataset.build_database.with_suffix(".duckdb.tmp").exists()

    def test_a_log_beside_the_published_database_is_not_applied_to_the_next(
        self, dataset: Dataset
    ) -> None:
        publish(dataset, OLD)
        write_by_hand(dataset)
        publish(dataset, NEW)
        assert not dataset.database.with_suffix(".duckdb.wal").exists()
        assert published(dataset) == (NEW, {str(NEW)})

    def test_results_taken_away_by_hand_are_back_after_the_next(self, dataset: Dataset) -> None:
        publish(dataset, OLD)
        shutil.rmtree(dataset.results.parent)
        publish(dataset, NEW)
        assert published(dataset) == (NEW, {str(NEW)})


class TestDeadProcesses:
    def test_the_lock_of_one_that_was_killed_holds_nobody_up(self, dataset: Dataset) -> None:
        dataset.folder.mkdir(parents=True)
        child = os.fork()
        if child == 0:
            dataset.lock.acquire()
            os.kill(os.getpid(), signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        with dataset.lock.acquire():
            pass


class TestUnwritable:
    def test_a_log_that_cannot_be_opened_fails_in_words(
        self, dataset: Dataset, capfd: pytest.CaptureFixture[str]
    ) -> None:
        dataset.log.mkdir(parents=True)
        assert run_refresh(dataset) is ExitCode.FAILED
        assert "Is a directory" in capfd.readouterr().out

    def test_what_fails_outside_the_steps_is_said_in_words(
        self, dataset: Dataset, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DAGSTER_HOME", "")
        dataset.inbox.mkdir()
        # A file in the place of the folder that the history of runs is kept in.
        dataset.folder.mkdir(parents=True)
        dataset.dagster_home.write_text("")
        assert run_refresh(dataset) is ExitCode.FAILED
        said = capfd.readouterr().out
        assert "outside the steps" in said and "File exists" in said
        assert "Traceback" not in said
