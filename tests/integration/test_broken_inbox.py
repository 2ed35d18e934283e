"""Mistakes in figures that only a check can see: what stops a refresh, and what it says.

The files are the SYNTHETIC demo yearbooks as a dataset of their own, three figures spoilt on
purpose, as docs/broken-files.md states.
"""

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from ami_command import Ami

from ami.dataset import DEMO_YEARBOOKS

LABOUR = "china_labour_yearbook.csv"
SPOILT = {
    # item, year, province: what is printed in the place of the figure.
    ("制造业城镇单位就业人员", "2010", "北京"): "-5",
    ("就业人员", "2012", "天津"): "90000000000",
    ("就业人员", "2015", "全国"): "1500000000",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def findings(ami: Ami, home: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What the checks of the clean tables found, by name of the check."""
    inbox = tmp_path_factory.mktemp("inbox")
    for path in DEMO_YEARBOOKS.glob("*.csv"):
        shutil.copy(path, inbox)
    table = pd.read_csv(inbox / LABOUR, dtype=str, keep_default_na=False)
    for (item, year, province), text in SPOILT.items():
        rows = (table["item"] == item) & (table["year"] == year) & (table["province"] == province)
        assert rows.any(), (item, year, province)
        table.loc[rows, "value"] = text
    table.to_csv(inbox / LABOUR, index=False)

    answer = ami("refresh", "--dataset", "spoilt", "--inbox", str(inbox))
    assert answer.returncode == 3, answer.stdout
    assert "items_in_range" in answer.stdout and "-5" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    build = home / "warehouse" / "spoilt" / "build.duckdb"
    with duckdb.connect(str(build), read_only=True) as connection:
        return connection.table("audit.clean_expectations").df().set_index("check")


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
