"""Mistakes in figures that only a check can see: what stops a refresh, and what it says.

The files are the SYNTHETIC demo yearbooks as a dataset of their own, five figures spoilt on
purpose, as docs/broken-files.md states.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from ami_command import Ami

from ami.dataset import DEMO_YEARBOOKS

LABOUR = "china_labour_yearbook.csv"
MANUFACTURING = "制造业城镇单位就业人员"
SPOILT = {
    # item, year, province: what is printed in the place of the figure.
    (MANUFACTURING, "2010", "北京"): "-5",
    (MANUFACTURING, "2014", "上海"): "-900",
    ("就业人员", "2012", "天津"): "90000000000",
    ("就业人员", "2013", "河北"): "12..5",
    ("就业人员", "2015", "全国"): "1500000000",
}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Stopped:
    """What the refresh said before it stopped, and the row of each spoilt figure in the file."""

    said: str
    rows: dict[str, int]


@pytest.fixture(scope="module")
def stopped(ami: Ami, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    """The first refresh of a dataset, of which nothing was ever published."""
    inbox = tmp_path_factory.mktemp("inbox")
    for path in DEMO_YEARBOOKS.glob("*.csv"):
        shutil.copy(path, inbox)
    table = pd.read_csv(inbox / LABOUR, dtype=str, keep_default_na=False)
    places = {}
    for (item, year, province), text in SPOILT.items():
        rows = (table["item"] == item) & (table["year"] == year) & (table["province"] == province)
        assert rows.any(), (item, year, province)
        table.loc[rows, "value"] = text
        # Below the heading, counted from 1.
        places[text] = int(table.index[rows][-1]) + 2
    table.to_csv(inbox / LABOUR, index=False)

    answer = ami("refresh", "--dataset", "spoilt", "--inbox", str(inbox))
    assert answer.returncode == 3, answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    return Stopped(answer.stdout, places)


@pytest.fixture(scope="module")
def findings(stopped: Stopped, home: Path) -> pd.DataFrame:
    """What the checks of the clean tables found, by name of the check."""
    build = home / "warehouse" / "spoilt" / "build.duckdb"
    with duckdb.connect(str(build), read_only=True) as connection:
        return connection.table("audit.clean_expectations").df().set_index("check")


def test_the_message_names_the_offending_cells_the_worst_first(stopped: Stopped) -> None:
    _, _, message = stopped.said.partition("items_in_range")
    cells = [f"{LABOUR}, row {stopped.rows[text]}, value: '{text}' 万人" for text in ("-900", "-5")]
    assert "Shanghai 2014" in message and "Beijing 2010" in message
    assert message.index("Shanghai 2014") < message.index("Beijing 2010")
    assert message.index(cells[0]) < message.index(cells[1])


@pytest.mark.parametrize("figure", ["employed_manufacturing_10k_persons", "coagglo", "amw"])
def test_a_figure_of_the_stopped_build_leads_to_its_cell(
    stopped: Stopped, ami: Ami, figure: str
) -> None:
    asked = ["explain", figure, "--province", "北京", "--year", "2010", "-d", "spoilt"]
    answer = ami(*asked, "--build")
    assert answer.returncode == 0, answer.stderr
    assert "build of" in answer.stdout.splitlines()[0]
    assert f"{LABOUR}, row {stopped.rows['-5']}, value" in answer.stdout
    published = ami(*asked)
    assert published.returncode == 2
    assert "has no warehouse yet" in published.stderr


def test_the_quarantine_of_the_stopped_build_is_shown(stopped: Stopped, ami: Ami) -> None:
    answer = ami("quarantine", "-d", "spoilt", "--build", "--province", "河北", "--year", "2013")
    assert answer.returncode == 0, answer.stderr
    assert "in the build (" in answer.stdout
    assert f"row {stopped.rows['12..5']}, value" in answer.stdout
    assert "unreadable_value" in answer.stdout
    published = ami("quarantine", "-d", "spoilt")
    assert published.returncode == 2
    assert "has no warehouse yet" in published.stderr


def test_a_negative_employment_stops_the_refresh(findings: pd.DataFrame) -> None:
    found = findings.loc["items_in_range"]
    assert (found["severity"], found["passed"]) == ("ERROR", False)
    assert "Beijing 2010 employed_manufacturing_10k_persons" in found["first_rows"]


def test_a_slipped_unit_is_a_jump(findings: pd.DataFrame) -> None:
    assert not findings.loc["item_jumps", "passed"]
    assert "employed_10k_persons" in findings.loc["item_jumps", "first_rows"]


def test_a_national_row_that_does_not_add_up_is_told(findings: pd.DataFrame) -> None:
    assert not findings.loc["provincial_sums_match_national", "passed"]
    assert "employed_10k_persons" in findings.loc["provincial_sums_match_national", "first_rows"]
