"""The history of runs: kept open, and still what Dagster itself writes and reads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from ami import run_history
from ami.dataset import Dataset
from dagster_project.storage import MOST_OPEN, EventLogStorage, SqliteStorage


@dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="panel")])
def panel() -> Iterator[dg.MaterializeResult]:
    yield dg.MaterializeResult(
        metadata={"rows": 589}, check_results=[dg.AssetCheckResult(passed=True, check_name="whole")]
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    dataset = Dataset("mine", tmp_path, tmp_path)
    for name, value in run_history.prepare(dataset).items():
        monkeypatch.setenv(name, value)
    return dataset.dagster_home


def test_a_run_is_written_where_and_as_dagster_writes_it(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        storage = instance.event_log_storage
        assert isinstance(storage, EventLogStorage)
        run = dg.materialize([panel], instance=instance).run_id
        kept = storage.get_logs_for_run(run)
    assert {path.name for path in (home / "history" / "runs").glob("*.db")} == {
        "index.db",
        f"{run}.db",
    }
    by_dagster = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert by_dagster.get_logs_for_run(run) == kept
    assert dg.DagsterEventType.ASSET_MATERIALIZATION in {each.dagster_event_type for each in kept}
    assert len(by_dagster.all_asset_keys()) == 1


def test_nothing_stays_open_behind_the_last_that_were_used(tmp_path: Path) -> None:
    storage = SqliteStorage.from_local(str(tmp_path)).event_log_storage
    assert isinstance(storage, EventLogStorage)
    runs = [f"run-{number}" for number in range(MOST_OPEN + 3)]
    for run in runs:
        assert storage.get_logs_for_run(run) == []
    assert list(storage._engines) == runs[-MOST_OPEN:]
    storage.dispose()
    assert not storage._engines
    # Opened again when asked again.
    assert storage.get_logs_for_run(runs[0]) == []


def test_what_several_threads_write_is_all_there(home: Path) -> None:
    with dg.DagsterInstance.get() as instance, ThreadPoolExecutor(4) as pool:
        storage = instance.event_log_storage
        run = dg.materialize([panel], instance=instance).run_id
        before = storage.get_logs_for_run(run)
        again = [
            log for log in before if not log.is_dagster_event or log.dagster_event.is_step_event
        ]
        list(pool.map(storage.store_event, again * 5))
        assert len(storage.get_logs_for_run(run)) == len(before) + 5 * len(again)
