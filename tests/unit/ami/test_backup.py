"""From a dataset to one file and back: what is the same, and what is refused."""

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from killed import kill_at_each_change

from ami import run_history
from ami.archive import FORMAT, BackupError
from ami.backing_up import back_up
from ami.dataset import (
    REFERENCE_SEEDS,
    Dataset,
    find_dataset,
    remember_inbox,
)
from ami.restoring import InUse, restore
from ami.warehouse import Warehouse, WarehouseError
from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.intake import land

TABLE = "province,year,item,value,unit\n北京,2021,地区生产总值,{},亿元\n"


def publish(dataset: Dataset, value: str) -> None:
    """What a refresh of one file with one figure leaves."""
    (dataset.inbox / "gdp.csv").write_text(TABLE.format(value), encoding="utf-8")
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    warehouse = Warehouse(dataset)
    warehouse.begin()
    with warehouse.connect() as connection:
        releases = Releases.load(REFERENCE_SEEDS, catalogue)
        land(dataset.inbox, dataset.name, connection, catalogue, releases)
    (dataset.build_results / "checks").mkdir()
    for name in ("report.html", "checks/index.html"):
        (dataset.build_results / name).write_text(value)
    warehouse.publish()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a dataset that was refreshed once, its figure being 1.5, with a history of runs.

    Each test puts it there from a copy beside it. An archive of it lies there too.
    """
    home = tmp_path_factory.mktemp("backup") / "home"
    inbox = home / "inbox"
    inbox.mkdir(parents=True)
    dataset = Dataset("mine", inbox, home)
    publish(dataset, "1.5")
    remember_inbox(dataset)
    dataset.log.write_text("the log")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_HOME", run_history.prepare(dataset)["DAGSTER_HOME"])
        with dg.DagsterInstance.get() as instance:
            dg.job(name="noted")(lambda: None).execute_in_process(instance=instance)
    _, manifest = back_up(dataset, home.with_name("mine.tar.gz"))
    assert manifest.remarks == []
    home.rename(home.with_name("kept"))
    return home


@pytest.fixture
def archive(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(kept.with_name("mine.tar.gz"), tmp_path))


@pytest.fixture
def dataset(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dataset]:
    monkeypatch.setenv("AMI_HOME", str(kept))
    monkeypatch.setenv("DAGSTER_HOME", str(kept / "warehouse" / "mine" / "dagster"))
    shutil.copytree(kept.with_name("kept"), kept)
    yield Dataset("mine", kept / "inbox", kept)
    shutil.rmtree(kept)


def content(dataset: Dataset) -> dict[str, object]:
    """Everything of a dataset that a person or a refresh reads, by what it is."""
    found: dict[str, object] = {}
    with duckdb.connect(str(dataset.database), read_only=True) as connection:
        for table in ("files", "observations", "set_aside"):
            query = f"select * from raw.{table} order by all"
            found[table] = connection.execute(query).fetchall()
    for path in dataset.results.rglob("*.html"):
        found[str(path.relative_to(dataset.results))] = path.read_text()
    with closing(sqlite3.connect(dataset.dagster_home / "history" / "runs.db")) as runs:
        found["runs"] = runs.execute("select run_id, status from runs").fetchall()
    found["log"] = dataset.log.read_text()
    return found


def rewritten(
    archive: Path,
    change: Callable[[dict[str, bytes]], None],
    special: Callable[[tarfile.TarFile], None] = lambda _: None,
) -> Path:
    """The archive with other members, its manifest agreeing with them."""
    with tarfile.open(archive) as members:
        held = {each.name: members.extractfile(each).read() for each in members}
    change(held)
    manifest = json.loads(held.pop("manifest.json")) | json.loads(held.pop("", b"{}"))
    manifest["members"] = {
        name: {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}
        for name, text in held.items()
    }
    held["manifest.json"] = json.dumps(manifest).encode()
    path = archive.with_name("rewritten.tar.gz")
    with tarfile.open(path, "w:gz") as out:
        special(out)
        for name, text in held.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            out.addfile(member, io.BytesIO(text))
    return path


class TestRoundTrip:
    def test_elsewhere_everything_is_as_it_was(
        self, dataset: Dataset, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        restored = restore(archive, elsewhere, "mine", force=False)
        assert content(restored.dataset) == content(dataset)
        assert restored.dataset.database.stat().st_mtime == pytest.approx(
            dataset.database.stat().st_mtime, abs=1
        )
        monkeypatch.setenv("AMI_HOME", str(elsewhere))
        assert find_dataset("mine").inbox == dataset.inbox
        # Not refreshed since: the same files land nothing new, another figure lands.
        assert [*restored.remarks] == []
        publish(restored.dataset, "2.5")
        with duckdb.connect(str(restored.dataset.database), read_only=True) as connection:
            values = connection.execute("select value from raw.observations").fetchall()
        assert sorted(values) == [(1.5,), (2.5,)]

    def test_without_the_inbox_its_files_come_out_of_the_archive(
        self, dataset: Dataset, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        printed = (dataset.inbox / "gdp.csv").read_bytes()
        shutil.rmtree(dataset.inbox)
        restored = restore(archive, tmp_path / "elsewhere", None, force=False)
        monkeypatch.setenv("AMI_HOME", str(tmp_path / "elsewhere"))
        inbox = find_dataset("mine").inbox
        assert inbox == restored.dataset.folder / "inbox"
        assert (inbox / "gdp.csv").read_bytes() == printed
        assert "is not here" in restored.remarks[0]
        # And from there into the next archive.
        again, manifest = back_up(find_dataset("mine"), tmp_path / "again.tar.gz")
        assert manifest.count("inbox") == 1 and manifest.count("state") == 2
        assert restore(again, tmp_path / "third", None, force=False).dataset.database.is_file()

    def test_an_inbox_that_is_there_stays_and_its_differences_are_told(
        self, dataset: Dataset, archive: Path
    ) -> None:
        (dataset.inbox / "gdp.csv").write_text("by now another")
        restored = restore(archive, dataset.home, None, force=True)
        assert restored.remarks == (
            "gdp.csv is another file now; as it was, it is in the archive as inbox/gdp.csv",
        )
        assert (dataset.inbox / "gdp.csv").read_text() == "by now another"

    def test_what_exists_is_replaced_by_force_alone(self, dataset: Dataset, archive: Path) -> None:
        was = content(dataset)
        publish(dataset, "9.5")
        now = content(dataset)
        with pytest.raises(BackupError, match="dataset 'mine' exists"):
            restore(archive, dataset.home, None, force=False)
        assert content(dataset) == now
        restore(archive, dataset.home, None, force=True)
        assert content(dataset) == was
        assert not [*dataset.home.glob("warehouse/.restoring"), *dataset.folder.glob(".*")]

    def test_a_damaged_warehouse_comes_back(self, dataset: Dataset, archive: Path) -> None:
        was = content(dataset)
        dataset.database.write_bytes(b"torn")
        with pytest.raises(WarehouseError, match="is damaged"):
            back_up(dataset, dataset.home / "worthless.tar.gz")
        assert not list(dataset.home.glob("*worthless*"))
        restore(archive, dataset.home, None, force=True)
        assert content(dataset) == was

    def test_while_a_refresh_runs_a_backup_is_made_and_a_restore_refused(
        self, dataset: Dataset, archive: Path
    ) -> None:
        now = content(dataset)
        with dataset.lock.acquire():
            Warehouse(dataset).begin()
            during, _ = back_up(dataset, None)
            assert during.parent == dataset.home / "backups"
            # Another process, for this one may take its own lock again.
            child = os.fork()
            if child == 0:
                dataset_lock = dataset.lock
                dataset_lock.release(force=True)
                try:
                    restore(archive, dataset.home, None, force=True)
                except InUse:
                    os._exit(7)
                os._exit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert content(dataset) == now

    def test_a_file_is_never_written_over(self, dataset: Dataset, archive: Path) -> None:
        with pytest.raises(BackupError, match="exists; name a file that does not"):
            back_up(dataset, archive)

    def test_a_file_that_cannot_be_read_is_named(
        self, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = Path.open

        def denied(path: Path, *arguments: str, **options: str) -> object:
            if path.name == "gdp.csv":
                raise PermissionError(13, "Permission denied")
            return real(path, *arguments, **options)

        monkeypatch.setattr(Path, "open", denied)
        _, manifest = back_up(dataset, None)
        assert manifest.remarks == ["left out of the inbox: gdp.csv (Permission denied)"]


class TestRefused:
    @pytest.fixture
    def refused(self, dataset: Dataset) -> Callable[[Path, str], None]:
        """Expects words, and everything as it was."""
        before = content(dataset)

        def check(path: Path, words: str) -> None:
            with pytest.raises(BackupError, match=words):
                restore(path, dataset.home, None, force=True)
            assert content(dataset) == before
            assert not (dataset.home / "warehouse" / ".restoring").exists()

        return check

    def test_wherever_it_is_cut_off_or_spoilt(
        self, archive: Path, refused: Callable[[Path, str], None]
    ) -> None:
        whole = archive.read_bytes()
        bad = archive.with_name("bad.tar.gz")
        step = len(whole) // 12
        for at in range(0, len(whole), step):
            bad.write_bytes(whole[:at])
            refused(bad, "damaged or not a backup")
        for at in range(200, len(whole), step):
            bad.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
            refused(bad, "damaged or not a backup|was not written by ami backup")

    def test_no_archive_at_all(self, archive: Path, refused: Callable[[Path, str], None]) -> None:
        refused(archive.with_name("nothing.tar.gz"), "there is no file")
        refused(archive.parent, "is a folder")
        bad = archive.with_name("bad.tar.gz")
        bad.write_bytes(gzip.compress(b"no archive"))
        refused(bad, "damaged or not a backup")

    @pytest.mark.parametrize(
        "name",
        [
            "../outside.txt",
            "results/../../outside.txt",
            "/tmp/ami-outside.txt",
            "elsewhere/file.txt",
            "inbox/deeper/file.txt",
            "state/publishing.json",
            "state/refresh.lock",
            "state/.hidden",
            "results",
        ],
    )
    def test_a_member_that_is_not_ours(
        self, archive: Path, kept: Path, refused: Callable[[Path, str], None], name: str
    ) -> None:
        hostile = rewritten(archive, lambda held: held.update({name: b"text"}))
        refused(hostile, "was not written by ami backup|damaged")
        assert not list(kept.parent.rglob("outside.txt"))
        assert not Path("/tmp/ami-outside.txt").exists()

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
    def test_a_link_or_device(
        self, archive: Path, refused: Callable[[Path, str], None], kind: bytes
    ) -> None:
        def add(out: tarfile.TarFile) -> None:
            member = tarfile.TarInfo("results/link")
            member.type, member.linkname = kind, "/etc/passwd"
            out.addfile(member)

        refused(rewritten(archive, lambda _: None, add), "was not written by ami backup")

    def test_a_member_too_few(self, archive: Path, refused: Callable[[Path, str], None]) -> None:
        refused(rewritten(archive, lambda held: held.pop("warehouse.duckdb")), "no database")

    def test_a_name_that_cannot_be_a_dataset(
        self, archive: Path, refused: Callable[[Path, str], None]
    ) -> None:
        evil = json.dumps({"dataset": "../mine"}).encode()
        refused(rewritten(archive, lambda held: held.update({"": evil})), "cannot name a dataset")

    def test_a_newer_archive(self, archive: Path, refused: Callable[[Path, str], None]) -> None:
        newer = json.dumps({"format": FORMAT + 1, "versions": {"ami": "9.0"}}).encode()
        hostile = rewritten(archive, lambda held: held.update({"": newer}))
        refused(hostile, r"newer version \(ami 9.0\): upgrade")

    def test_a_newer_schema(
        self, archive: Path, dataset: Dataset, refused: Callable[[Path, str], None]
    ) -> None:
        copy = archive.with_name("copy.duckdb")
        shutil.copy(dataset.database, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute("alter table raw.set_aside add column mood varchar")
        newer = rewritten(
            archive, lambda held: held.update({"warehouse.duckdb": copy.read_bytes()})
        )
        refused(newer, "which keeps more: set_aside.mood; upgrade")

    def test_a_database_that_is_none(
        self, archive: Path, refused: Callable[[Path, str], None]
    ) -> None:
        none = rewritten(archive, lambda held: held.update({"warehouse.duckdb": b"no database"}))
        refused(none, "cannot be read by DuckDB")

    def test_another_dataset_than_asked_for(self, archive: Path, dataset: Dataset) -> None:
        with pytest.raises(BackupError, match="holds the dataset 'mine', not 'other'"):
            restore(archive, dataset.home, "other", force=True)


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_the_old_or_the_new(
    dataset: Dataset, tmp_path: Path
) -> None:
    def seen() -> tuple[int, str, str]:
        with duckdb.connect(str(dataset.database), read_only=True) as connection:
            (loads,) = connection.execute("select count(*) from raw.files").fetchone() or (0,)
        page = (dataset.results / "report.html").read_text()
        return loads, page, dataset.log.read_text()

    # Small, for it is put back and unpacked at every kill.
    shutil.rmtree(dataset.dagster_home)
    archive, _ = back_up(dataset, tmp_path / "small.tar.gz")
    was = seen()
    publish(dataset, "9.5")
    dataset.log.write_text("another log")
    now = seen()
    before = Path(shutil.copytree(dataset.home, tmp_path / "before"))

    def prepare() -> None:
        shutil.rmtree(dataset.home)
        shutil.copytree(before, dataset.home)

    met = []
    for _ in kill_at_each_change(
        prepare, lambda: restore(archive, dataset.home, None, force=True), step=2
    ):
        assert dataset.database.is_file()
        dataset.finish_publication()
        met.append(seen())
    # Both sides of the decision were met.
    assert set(met) == {was, now} and len(met) > 20


def test_a_log_beside_the_replaced_database_goes_with_it(dataset: Dataset, tmp_path: Path) -> None:
    archive, _ = back_up(dataset, tmp_path / "whole.tar.gz")
    log = dataset.database.with_suffix(".duckdb.wal")
    with duckdb.connect(str(dataset.database)) as connection:
        connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute("delete from raw.files")
    assert log.stat().st_size > 0
    restore(archive, dataset.home, None, force=True)
    assert not log.exists()
    with duckdb.connect(str(dataset.database), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.files").fetchone() == (1,)


class TestHistory:
    def test_a_damaged_one_is_moved_aside_and_dagster_starts(self, dataset: Dataset) -> None:
        assert run_history.set_damaged_aside(dataset.dagster_home) is None
        runs = dataset.dagster_home / "history" / "runs.db"
        spoilt = bytearray(runs.read_bytes())
        spoilt[4096:12288] = b"\xff" * 8192
        for number, damage in enumerate((b"no database at all, whatever its name", spoilt), 1):
            runs.write_bytes(damage)
            aside = run_history.set_damaged_aside(dataset.dagster_home)
            assert aside == dataset.folder / f"dagster.damaged-{number}"
            assert (aside / "history" / "runs.db").read_bytes() == damage
            run_history.prepare(dataset)
            with dg.DagsterInstance.get() as instance:
                assert instance.get_runs_count() == 0
