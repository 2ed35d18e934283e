"""Console, status, report, Dagster and alerts say the same of one refresh: counts, and its time."""

import re
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest
from ami_command import run_ami_here

from analysis.check_counts import CheckCounts
from analysis.report.frames import CHECKS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(demo_home: Path) -> pd.DataFrame:
    """What each check of the published warehouse found."""
    database = demo_home / "warehouse" / "demo" / "warehouse.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        return pd.concat([connection.table(table).df() for table in CHECKS])


def test_every_place_counts_the_checks_alike(
    demo_home: Path, found: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = CheckCounts.of(zip(found["passed"], found["severity"], strict=True))
    failed = set(found.loc[~found["passed"].astype(bool), "check"])
    # One that warns, so that two counts differ.
    assert counts.warnings == len(failed) > 0 and counts.errors == 0
    assert counts.passed == counts.made - counts.warnings > 100

    said = (demo_home / "said.txt").read_text(encoding="utf-8")
    assert f"\n{counts}\n" in said
    assert said.count("  warn ") == counts.warnings

    status = run_ami_here(demo_home, "status").stdout
    assert re.search(rf"checks +{re.escape(str(counts))}", status)

    report = (demo_home / "results" / "demo" / "report.html").read_text(encoding="utf-8")
    assert f"{counts.passed} of {counts.made}" in report
    assert f"{counts.warnings} of {counts.made} data checks warn" in report

    alerts = run_ami_here(demo_home, "alerts").stdout
    assert f"{counts.warnings} open alert{'s' * (counts.warnings > 1)}" in alerts
    assert all(name in alerts for name in failed)

    monkeypatch.setenv("DAGSTER_HOME", str(demo_home / "warehouse" / "demo" / "dagster"))
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["results", "report"]))
        assert event is not None and event.asset_materialization is not None
        shown = event.asset_materialization.metadata
        (run,) = instance.get_runs(limit=1)
        records = instance.get_records_for_run(
            run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    assert (shown["checks_passed"].value, shown["checks_warned"].value) == (
        counts.passed,
        counts.warnings,
    )
    names = [
        event.asset_check_evaluation_data.check_name
        for record in records
        if (event := record.event_log_entry.dagster_event) and event.step_key != "overdue_yearbooks"
    ]
    assert sorted(names) == sorted(found["check"])


def test_the_last_refresh_is_that_of_the_warehouse_whenever_its_file_was_touched(
    demo_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "warehouse" / "demo"
    folder.mkdir(parents=True)
    (folder / "refresh.log").touch()
    database = folder / "warehouse.duckdb"
    # Copied now, published then.
    database.write_bytes((demo_home / "warehouse" / "demo" / database.name).read_bytes())
    with duckdb.connect(str(database)) as connection:
        connection.execute("update published.refresh set ended_at = '2024-11-02 08:15:59'")
    assert re.search(r"last refresh +2024-11-02 08:15 UTC", run_ami_here(tmp_path, "status").stdout)


def test_what_comes_next_is_said_of_the_dataset_at_hand(demo_home: Path, nbs_home: Path) -> None:
    said = (demo_home / "said.txt").read_text(encoding="utf-8")
    assert "ami refresh --dataset mine --inbox FOLDER reads your own files" in said
    assert "_yearbooks.yml" not in said and "not taken for yearbooks" not in said
    said = (nbs_home / "said.txt").read_text(encoding="utf-8")
    assert "ami needs --dataset nbs" in said and "ami ui --dataset nbs" in said
    assert "mine" not in said.partition("Next:")[2]
