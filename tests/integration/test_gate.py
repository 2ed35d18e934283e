"""Figures at fault stop a refresh of the demo; put right, the next one leaves all as it was.

The real job in this process, on a copy of the refreshed demo and of its SYNTHETIC yearbooks. First
five figures are spoilt on purpose, as docs/broken-files.md states, which the checks of the clean
tables see; then one that only the marts show; then none.
"""

import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import dagster as dg
import duckdb
import pandas as pd
import pytest
from ami_command import SURROUNDINGS, printed, run_ami_here
from test_refresh import WARNINGS

from ami.alerting import Problem, log_path, open_alerts
from ami.dataset import DEMO, DEMO_YEARBOOKS, Dataset
from ami.vintage_store import vintages_of
from command.exit_codes import ExitCode
from command.refresh import run_refresh
from dagster_project.definitions import build_defs

pytestmark = pytest.mark.slow

LABOUR = "china_labour_yearbook.csv"
YEARBOOK = "china_statistical_yearbook.csv"
MANUFACTURING = "制造业城镇单位就业人员"
SPOILT = {
    # item, year, province: what is printed in the place of the figure.
    (MANUFACTURING, "2010", "北京"): "-5",
    (MANUFACTURING, "2014", "上海"): "-900",
    ("就业人员", "2012", "天津"): "90000000000",
    ("就业人员", "2013", "河北"): "12..5",
    ("就业人员", "2015", "全国"): "1500000000",
}
TABLES_THAT_STAY = (
    "select * from raw.files order by load_seq",
    "select * exclude (loaded_at) from raw.observations order by all",
    "select * from marts.fct_panel order by all",
    "select * from marts.fct_indicator_score order by all",
    "select * from vintages.vintages order by all",
    "select * from marts.fct_index_vintage order by all",
)


def misprint(path: Path, cells: dict[tuple[str, str, str], str]) -> dict[str, int]:
    """Print texts in cells of a tidy yearbook, and return the row of each, counted from 1."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    places = {}
    for (item, year, province), text in cells.items():
        rows = (table["item"] == item) & (table["year"] == year) & (table["province"] == province)
        assert rows.any(), (item, year, province)
        table.loc[rows, "value"] = text
        # Below the heading.
        places[text] = int(table.index[rows][-1]) + 2
    table.to_csv(path, index=False)
    return places


def read_tables(database: Path) -> list[pd.DataFrame]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return [connection.sql(query).df() for query in TABLES_THAT_STAY]


def refresh(dataset: Dataset) -> tuple[ExitCode, str]:
    """How a refresh ended, and what it said."""
    with (
        mock.patch.dict(os.environ, SURROUNDINGS | {"DAGSTER_HOME": ""}),
        printed() as said,
    ):
        outcome = run_refresh(dataset)
    assert "Traceback" not in said.stdout + said.stderr
    return outcome, said.stdout


@dataclass(frozen=True)
class Demo:
    """A copy of the refreshed demo, with an inbox of its own; what the last refresh of it said."""

    dataset: Dataset
    said: str = ""
    # The row of each spoilt figure in its file.
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.dataset.home

    def standing(self) -> dict[str, Problem]:
        return {alert.problem.name: alert.problem for alert in open_alerts(self.dataset)}


@pytest.fixture(scope="module")
def good(demo_home: Path) -> Dataset:
    """The demo as it was refreshed; not to be written to."""
    return Dataset(DEMO, DEMO_YEARBOOKS, demo_home)


@pytest.fixture(scope="module")
def stopped(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Stopped by what the clean tables show."""
    home = tmp_path_factory.mktemp("gate") / "home"
    shutil.copytree(demo_home, home)
    dataset = Dataset(DEMO, Path(shutil.copytree(DEMO_YEARBOOKS, home / "inbox")), home)
    rows = misprint(dataset.inbox / LABOUR, SPOILT)
    outcome, said = refresh(dataset)
    assert outcome is ExitCode.STOPPED_BY_GATE, said
    return Demo(dataset, said, rows)


@pytest.fixture(scope="module")
def unpublished(stopped: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The stopped build of a dataset of which nothing was ever published."""
    home = tmp_path_factory.mktemp("unpublished")
    folder = home / "warehouse" / DEMO
    kept = shutil.ignore_patterns("warehouse.duckdb*")
    shutil.copytree(stopped.dataset.folder, folder, ignore=kept)
    return replace(stopped, dataset=replace(stopped.dataset, home=home))


@pytest.fixture(scope="module")
def findings(stopped: Demo) -> pd.DataFrame:
    """What the checks of the clean tables found, by name of the check."""
    build = stopped.dataset.build_database
    with duckdb.connect(str(build), read_only=True) as connection:
        return connection.table("audit.clean_expectations").df().set_index("check")


class TestCleanTables:
    def test_the_message_names_the_offending_cells_the_worst_first(self, stopped: Demo) -> None:
        _, _, message = stopped.said.partition("items_in_range")
        cells = [
            f"{LABOUR}, row {stopped.rows[text]}, value: '{text}' 万人" for text in ("-900", "-5")
        ]
        assert "Shanghai 2014 employed_manufacturing_10k_persons: -900" in message
        assert "Beijing 2010 employed_manufacturing_10k_persons: -5" in message
        assert message.index("Shanghai 2014") < message.index("Beijing 2010")
        assert message.index(cells[0]) < message.index(cells[1])
        assert "rows that break it: 2" in message

    def test_the_last_good_stays(self, stopped: Demo, good: Dataset) -> None:
        assert "The last good warehouse and results stay as they were" in stopped.said
        assert stopped.dataset.database.read_bytes() == good.database.read_bytes()
        for name in ("panel.csv", "report.html"):
            published = (stopped.dataset.results / name).read_bytes()
            assert published == (good.results / name).read_bytes()
        assert (stopped.dataset.build_results / "checks" / "clean" / "index.html").is_file()

    def test_an_alert_tells_it(self, stopped: Demo) -> None:
        standing = stopped.standing()
        stopped_by = standing["items_in_range"]
        assert (stopped_by.severity, stopped_by.count) == ("ERROR", 2)
        assert "employed_manufacturing_10k_persons: -5" in stopped_by.first_rows
        # What it did not reach it does not call recovered.
        assert set(standing) >= WARNINGS

    def test_the_build_cannot_be_published_by_itself_as_from_the_ui(
        self, stopped: Demo, good: Dataset
    ) -> None:
        defs = build_defs(stopped.dataset)
        assert not dg.materialize(
            [defs.get_assets_def(dg.AssetKey(["results", "published"]))],
            resources=defs.resources,
            raise_on_error=False,
        ).success
        assert stopped.dataset.database.read_bytes() == good.database.read_bytes()

    @pytest.mark.parametrize("figure", ["employed_manufacturing_10k_persons", "coagglo", "amw"])
    def test_a_figure_of_the_build_leads_to_its_cell(self, unpublished: Demo, figure: str) -> None:
        asked = ["explain", figure, "--province", "北京", "--year", "2010"]
        answer = run_ami_here(unpublished.home, *asked, "--build")
        assert answer.returncode == 0, answer.stderr
        assert "build of" in answer.stdout.splitlines()[0]
        assert f"{LABOUR}, row {unpublished.rows['-5']}, value" in answer.stdout
        published = run_ami_here(unpublished.home, *asked)
        assert published.returncode == 2
        assert "has no warehouse yet" in published.stderr

    def test_the_quarantine_of_the_build_is_shown(self, unpublished: Demo) -> None:
        asked = ["quarantine", "--build", "--province", "河北", "--year", "2013"]
        answer = run_ami_here(unpublished.home, *asked)
        assert answer.returncode == 0, answer.stderr
        assert "in the build (" in answer.stdout
        assert f"row {unpublished.rows['12..5']}, value" in answer.stdout
        assert "unreadable_value" in answer.stdout
        published = run_ami_here(unpublished.home, "quarantine")
        assert published.returncode == 2
        assert "has no warehouse yet" in published.stderr

    def test_a_negative_employment_stops_the_refresh(self, findings: pd.DataFrame) -> None:
        found = findings.loc["items_in_range"]
        assert (found["severity"], found["passed"]) == ("ERROR", False)
        assert "Beijing 2010 employed_manufacturing_10k_persons" in found["first_rows"]

    def test_a_slipped_unit_is_a_jump(self, findings: pd.DataFrame) -> None:
        assert not findings.loc["item_jumps", "passed"]
        assert "employed_10k_persons" in findings.loc["item_jumps", "first_rows"]

    def test_a_national_row_that_does_not_add_up_is_told(self, findings: pd.DataFrame) -> None:
        assert not findings.loc["provincial_sums_match_national", "passed"]
        first_rows = findings.loc["provincial_sums_match_national", "first_rows"]
        assert "employed_10k_persons" in first_rows


def test_a_figure_that_only_the_marts_show_stops_it_too_and_put_right_nothing_has_changed(
    stopped: Demo, good: Dataset, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(stopped.home, tmp_path / "home"))
    demo = Demo(replace(stopped.dataset, home=home, inbox=home / "inbox"))
    shutil.copy(DEMO_YEARBOOKS / LABOUR, demo.dataset.inbox)
    misprint(demo.dataset.inbox / YEARBOOK, {("人均地区生产总值", "2012", "北京"): "500000"})
    outcome, said = refresh(demo.dataset)
    assert outcome is ExitCode.STOPPED_BY_GATE, said
    assert "pdgp_in_range" in said
    assert "Beijing 2012 pdgp: 13.1224" in said
    assert demo.dataset.database.read_bytes() == good.database.read_bytes()

    # Nothing of the faults is left: no figure, no vintage, no alert.
    shutil.copy(DEMO_YEARBOOKS / YEARBOOK, demo.dataset.inbox)
    outcome, said = refresh(demo.dataset)
    assert outcome is ExitCode.DONE, said
    assert "Vintage 1 still stands: no mart has changed" in said
    assert "Alerts: 0 new" in said
    for was, now in zip(
        read_tables(good.database), read_tables(demo.dataset.database), strict=True
    ):
        pd.testing.assert_frame_equal(was, now)
    published = (demo.dataset.results / "panel.csv").read_bytes()
    assert published == (good.results / "panel.csv").read_bytes()
    assert [vintage.vintage for vintage in vintages_of(demo.dataset.database)] == [1]
    assert set(demo.standing()) == WARNINGS
    log = log_path(demo.dataset).read_text(encoding="utf-8")
    assert "RECOVERED intermediate/int_items__filled: items_in_range" in log
