"""Refreshes of the demo that come to a bad end, and the next one, of which nothing of that is left.

In one home, one after the other: two that a gate stops, one that is interrupted, one that is
refused because another is running, and that other, which runs to its end.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from alert_servers import HttpServer
from ami_command import Ami, start_ami
from test_refresh import WARNINGS, read_warehouse

from ami.alerting import Problem, log_path, open_alerts
from ami.dataset import DEMO, DEMO_YEARBOOKS, Dataset
from ami.vintage_store import vintages_of
from command.exit_codes import ExitCode
from command.refresh import run_refresh
from dagster_project.definitions import build_defs

pytestmark = pytest.mark.slow

# In which yearbook what is misprinted: one cell that breaks a clean table, then one that only the
# marts show to be out of its range.
FAULTS = {
    "china_labour_yearbook.csv": (
        "制造业城镇单位就业人员", "2010", {"浙江", "浙江省", "Zhejiang"}, "-5",
    ),
    "china_statistical_yearbook.csv": (
        "人均地区生产总值", "2012", {"北京", "北京市", "Beijing"}, "500000",
    ),
}  # fmt: skip


def misprint(yearbook: Path, item: str, year: str, province: set[str], value: str) -> None:
    """Print `value` in the one cell of a tidy yearbook that has this item, year and province."""
    rows = pd.read_csv(yearbook, dtype=str, keep_default_na=False)
    cell = rows["item"].eq(item) & rows["year"].eq(year) & rows["province"].isin(province)
    assert cell.sum() == 1
    rows.loc[cell, "value"] = value
    rows.to_csv(yearbook, index=False)


@dataclass(frozen=True)
class Stopped:
    """A refresh that a gate stopped, what stood after it, and whether it could be published."""

    code: ExitCode
    said: str
    standing: dict[str, Problem]
    pages: set[str]
    published_by_hand: bool
    kept_every_byte: bool


@contextmanager
def printed_to(file: Path) -> Iterator[None]:
    """What is printed meanwhile goes into a file, also what goes past `sys.stdout`."""
    sys.stdout.flush()
    terminal = os.dup(1)
    try:
        with file.open("wb") as open_file:
            os.dup2(open_file.fileno(), 1)
        yield
    finally:
        os.dup2(terminal, 1)
        os.close(terminal)


@pytest.fixture(scope="module")
def stopped(
    refreshed: Path, webhook: HttpServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Stopped, Stopped]:
    """The real job in this process, on the yearbooks of the demo with one cell at fault."""
    folder = tmp_path_factory.mktemp("faults")
    inbox = Path(shutil.copytree(DEMO_YEARBOOKS, folder / "inbox"))
    dataset = Dataset(DEMO, inbox, refreshed)
    kept = (dataset.database, dataset.results / "panel.csv")
    good = [path.read_bytes() for path in kept]
    defs = build_defs(dataset)
    published = defs.get_assets_def(dg.AssetKey(["results", "published"]))

    def refresh(yearbook: str) -> Stopped:
        misprint(inbox / yearbook, *FAULTS[yearbook])
        with printed_to(folder / "said.txt"):
            code = run_refresh(dataset)
        shutil.copy(DEMO_YEARBOOKS / yearbook, inbox)
        checks = dataset.build_results / "checks"
        pages = {page.parent.name for page in checks.glob("*/index.html")}
        # As from the UI.
        by_hand = dg.materialize([published], resources=defs.resources, raise_on_error=False)
        return Stopped(
            code,
            (folder / "said.txt").read_text(encoding="utf-8"),
            {alert.problem.name: alert.problem for alert in open_alerts(dataset)},
            pages,
            by_hand.success,
            [path.read_bytes() for path in kept] == good,
        )

    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("COLUMNS", "200"), ("DAGSTER_HOME", ""), ("no_proxy", "127.0.0.1")):
            patch.setenv(name, value)
        clean, marts = map(refresh, FAULTS)
    return clean, marts


class TestGate:
    def test_a_fault_in_a_clean_table_stops_the_refresh(
        self, stopped: tuple[Stopped, Stopped]
    ) -> None:
        clean, _ = stopped
        assert "items_in_range" in clean.said
        assert "Zhejiang 2010 employed_manufacturing_10k_persons: -5" in clean.said
        assert "rows that break it: 1" in clean.said
        stopped_by = clean.standing["items_in_range"]
        assert (stopped_by.severity, stopped_by.count) == ("ERROR", 1)
        assert "employed_manufacturing_10k_persons: -5" in stopped_by.first_rows
        # What it did not reach it does not call recovered.
        assert set(clean.standing) >= WARNINGS
        assert "clean" in clean.pages

    def test_a_fault_that_only_the_marts_show_stops_it_too(
        self, stopped: tuple[Stopped, Stopped]
    ) -> None:
        _, marts = stopped
        assert "pdgp_in_range" in marts.said
        assert "Beijing 2012 pdgp: 13.1224" in marts.said

    def test_the_last_good_stays_and_what_was_stopped_cannot_be_published(
        self, stopped: tuple[Stopped, Stopped]
    ) -> None:
        for each in stopped:
            assert each.code is ExitCode.STOPPED_BY_GATE
            assert "The last good warehouse and results stay as they were" in each.said
            assert not each.published_by_hand
            assert each.kept_every_byte


@dataclass(frozen=True)
class Again:
    """A refresh that is interrupted, and one during which another is asked for and refused.

    Each as the command answered; whether the interrupt changed a byte; the published tables and the
    file of the panel, before and after; what came over the webhook of the last.
    """

    interrupted: subprocess.CompletedProcess[str]
    kept_every_byte: bool
    refused: subprocess.CompletedProcess[str]
    second: subprocess.CompletedProcess[str]
    before: list[pd.DataFrame]
    after: list[pd.DataFrame]
    panel_before: bytes
    panel_after: bytes
    told: list[dict[str, Any]]


TABLES_THAT_STAY = (
    "select * from raw.files order by load_seq",
    "select * exclude (loaded_at) from raw.observations order by all",
    "select * from marts.fct_panel order by all",
    "select * from marts.fct_indicator_score order by all",
    "select * from vintages.vintages order by all",
    "select * from marts.fct_index_vintage order by all",
)


def come_to_cleaning(home: Path) -> subprocess.Popen[str]:
    process = start_ami(home, "refresh")
    assert process.stdout is not None
    while "Cleaning" not in (line := process.stdout.readline()):
        assert line, "the refresh ended early"
    return process


def ended(process: subprocess.Popen[str], seconds: float) -> subprocess.CompletedProcess[str]:
    output, errors = process.communicate(timeout=seconds)
    return subprocess.CompletedProcess("refresh", process.returncode, output, errors)


@pytest.fixture(scope="module")
def again(
    refreshed: Path, stopped: tuple[Stopped, Stopped], ami: Ami, webhook: HttpServer
) -> Again:
    database = refreshed / "warehouse" / "demo" / "warehouse.duckdb"
    panel = refreshed / "results" / "demo" / "panel.csv"
    good, good_panel = database.read_bytes(), panel.read_bytes()
    before = [read_warehouse(refreshed, "demo", query) for query in TABLES_THAT_STAY]

    process = come_to_cleaning(refreshed)
    process.send_signal(signal.SIGINT)
    interrupted = ended(process, 10)
    kept_every_byte = database.read_bytes() == good

    told_before = len(webhook.received)
    process = come_to_cleaning(refreshed)
    refused = ami("refresh")
    second = ended(process, 600)
    after = [read_warehouse(refreshed, "demo", query) for query in TABLES_THAT_STAY]
    told = [request.body for request in webhook.received[told_before:]]
    panels = good_panel, panel.read_bytes()
    return Again(interrupted, kept_every_byte, refused, second, before, after, *panels, told)


class TestAgain:
    def test_ctrl_c_ends_at_once_and_the_last_good_stays(self, again: Again) -> None:
        answer = again.interrupted
        assert answer.returncode == 130
        assert "Stopped by you" in answer.stdout
        assert "The last good warehouse and results stay as they were" in answer.stdout
        assert "Traceback" not in answer.stdout + answer.stderr
        assert again.kept_every_byte

    def test_of_two_at_once_the_later_is_refused_in_words(self, again: Again) -> None:
        assert again.refused.returncode == 1
        assert "Another refresh of dataset 'demo' is running" in again.refused.stdout
        assert "Traceback" not in again.refused.stdout + again.refused.stderr

    def test_a_refresh_after_all_that_changes_nothing(self, again: Again) -> None:
        said = again.second.stdout
        assert again.second.returncode == 0, said
        for was, now in zip(again.before, again.after, strict=True):
            pd.testing.assert_frame_equal(was, now)
        assert "Vintage 1 still stands: no mart has changed" in said
        assert len(again.after[-2]) == 1
        assert again.panel_after == again.panel_before

    def test_what_stopped_the_ones_before_has_recovered_and_nothing_else_is_told(
        self, again: Again, refreshed: Path
    ) -> None:
        assert "Alerts: 0 new, " in again.second.stdout
        assert {body["event"] for body in again.told} == {"recovered"}
        told = {body["name"] for body in again.told}
        assert "pdgp_in_range" in told and not told & WARNINGS
        dataset = Dataset(DEMO, DEMO_YEARBOOKS, refreshed)
        assert {alert.problem.name for alert in open_alerts(dataset)} == WARNINGS
        log = log_path(dataset).read_text(encoding="utf-8")
        assert "RECOVERED intermediate/int_items__filled: items_in_range" in log
        assert [vintage.vintage for vintage in vintages_of(dataset.database)] == [1]
