"""On real files: an indicator arrives and changes what the index is; then one province's new year.

One dataset of what the index is made of, refreshed three times. First without R&D personnel, which
leaves two of the 21 indicators; then with it; then Beijing alone has figures of 2021.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ami_command import Ami
from test_real_data import printed
from test_vintages_real import unit_of, written

from ami.counterfactuals import STEPS
from ami.revisions import compare

pytestmark = pytest.mark.slow

RD_PERSONNEL = "规模以上工业企业R&D人员全时当量"
EMPLOYMENT, WAGE = "制造业城镇单位就业人员", "制造业城镇单位就业人员平均工资"
FILES = ("就业人员", EMPLOYMENT, WAGE, RD_PERSONNEL)


@dataclass
class History:
    database: Path
    results: Path
    said: list[str]
    reports: list[str]


@pytest.fixture(scope="module")
def history(
    ami: Ami, home: Path, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> History:
    inbox = tmp_path_factory.mktemp("inbox")

    def hand_in(name: str, content: bytes) -> None:
        (inbox / f"{name}.csv").write_bytes(content)

    results, said, reports = home / "results" / "growing", [], []
    for step in range(3):
        names = {0: FILES[:3], 1: FILES[3:], 2: (EMPLOYMENT, WAGE)}[step]
        for name in names:
            path = real_data / f"{name}.csv"
            table = printed(real_data, name)
            if step == 2:
                table[2021] = np.where(table.index == "北京市", table[2020] * 1.05, np.nan)
                hand_in(name, written(table, name, unit_of(path)))
            else:
                hand_in(name, path.read_bytes())
        answer = ami("refresh", "--dataset", "growing", *([] if step else ["--inbox", str(inbox)]))
        assert answer.returncode == 0, answer.stdout + answer.stderr
        said.append(answer.stdout)
        reports.append((results / "report.html").read_text(encoding="utf-8"))
    return History(home / "warehouse" / "growing" / "warehouse.duckdb", results, said, reports)


def test_a_new_indicator_is_a_change_of_composition_and_of_nothing_else(history: History) -> None:
    revision = compare(history.database, 1, 2)
    assert revision.new_indicators == ("rd_personnel_share",) and not revision.gone_indicators
    assert set(revision.inputs["cause"]) == {"changed_composition"}
    rows = revision.values[
        revision.values["variable"].eq("ami_partial") & revision.values["change"].notna()
    ]
    assert len(rows) == 31 * 9
    assert rows["change"].abs().median() > 1
    np.testing.assert_allclose(rows["changed_composition"], rows["change"], rtol=0, atol=1e-9)
    assert (rows[list(STEPS[1:])] == 0).all(axis=None)


def test_it_is_told_first_and_loudest(history: History, ami: Ami) -> None:
    words = "THE INDEX IS MADE OF OTHER INDICATORS, 2 before and 3 now (new: rd_personnel_share)"
    assert words in history.said[1] and words in history.reports[1]
    told = ami("diff", "1", "2", "--dataset", "growing").stdout
    flat = " ".join(told.split())
    assert flat.index(words) < flat.index("Inputs that changed") < flat.index("changed composition")


def test_a_year_of_one_province_is_provisional_and_not_ranked(history: History) -> None:
    index = pd.read_parquet(history.results / "index.parquet")
    panel = pd.read_parquet(history.results / "panel.parquet")
    for frame in (index, panel):
        assert sorted(frame.loc[frame["is_provisional"], "year"].unique()) == [2021]
    late = index[index["year"] == 2021]
    assert late["ami_partial"].notna().sum() == 31 and late["is_interpolated"].sum() == 30
    assert "2021 is provisional" in history.said[2]
    assert "index_years_stand" in history.said[2]
    assert "index_years_stand" not in history.said[1]
    report = history.reports[2]
    assert "10 leading provinces of 2020, 2012–2020" in report
    assert "ami_partial in 2020" in report and "ami_partial in 2021" not in report
    revision = compare(history.database, 2, 3)
    assert not revision.composition
    assert set(revision.inputs["cause"]) == {"new_year"} and len(revision.inputs) == 2


def test_the_status_names_the_provisional_year(history: History, ami: Ami) -> None:
    said = " ".join(ami("status").stdout.split())
    assert "partial, 2012-2021 from 3 of 21 indicators" in said
    assert "provisional: 2021" in said
