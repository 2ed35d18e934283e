"""Datasets of other units, from files to the published report: some prefectures, and all 333."""

import itertools
import os
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from ami_command import run_ami_here

from demo.generate import write_prefectures
from demo.prefectures import prefectures
from demo.provinces import Geography

pytestmark = pytest.mark.slow
N = 40
# Not names of tables and checks, such as provincial_sums_comparable.
PROVINCE = r"\bprovinc(?:es?|ial)\b"


def refreshed(home: Path, places: Geography) -> None:
    write_prefectures(home / "files", places)
    # A label of the user, which no file of the project has.
    seed = pd.read_csv(home / "files/inbox/china_statistical_yearbook.csv", dtype=str)
    seed["item"] = seed["item"].replace("人均地区生产总值", "本院人均产值")
    seed.to_csv(home / "files/inbox/china_statistical_yearbook.csv", index=False)
    (home / "files/reference/item_aliases.csv").write_text(
        "alias,item_code,note\n本院人均产值,gdp_per_capita_yuan,as our institute calls it\n"
    )
    inbox = str(home / "files/inbox")
    answer = run_ami_here(home, "refresh", "--dataset", "prefectures", "--inbox", inbox)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    (home / "said.txt").write_text(answer.stdout, encoding="utf-8")


@pytest.fixture(scope="module")
def home(share: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    levels = prefectures().levels
    return share(
        "prefectures", lambda home: refreshed(home, Geography(levels[:: len(levels) // N]))
    )


def test_its_units_are_those_of_every_mart_and_estimate(home: Path) -> None:
    results = home / "results/prefectures"
    panel = pd.read_csv(results / "panel.csv", dtype={"province_code": str})
    n = panel["province_code"].nunique()
    assert n >= N and len(panel) == 19 * n
    assert panel["ami"].notna().all() and panel["is_synthetic"].all()
    # The label of the user was understood.
    assert panel["pdgp"].notna().all()
    weights = pd.read_csv(results / "spatial_weights.csv", dtype=str)
    assert set(weights["province_code"]) == set(panel["province_code"])
    # Without borders: no contiguity, but the nearest neighbours, four for each.
    assert "contiguity" not in set(weights["weights"])
    assert (
        weights.loc[weights["weights"] == "nearest_4"].groupby("province_code").size() == 4
    ).all()
    estimates = pd.read_csv(results / "estimates.csv", dtype=str)
    assert {"4", "5", "6", "7", "8", "9", "10", "11"} <= set(estimates["table"])
    assert estimates["published_estimate"].isna().all()


def test_the_report_and_the_tables_speak_of_prefectures(home: Path) -> None:
    results = home / "results/prefectures"
    page = (results / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<body") :]
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', body))
    read = f"{labels} {re.sub(r'<[^>]+>', ' ', body)}"
    assert "of China’s prefectures" in read and "SYNTHETIC" in read
    assert "本院人均产值" not in read
    assert re.findall(rf".{{0,40}}{PROVINCE}", read, re.IGNORECASE) == []
    for number, suffix in itertools.product(range(2, 12), ("html", "tex", "csv")):
        text = (results / f"table_{number}.{suffix}").read_text(encoding="utf-8-sig")
        assert not re.search(PROVINCE, text, re.IGNORECASE), f"table_{number}.{suffix}"
    with pd.io.stata.StataReader(results / "panel.dta") as panel:
        labels = panel.variable_labels()
    assert labels["province"] == "English name of the prefecture"
    assert [label for label in labels.values() if re.search(PROVINCE, label, re.IGNORECASE)] == []
    assert not (results / "index_map.svg").exists()


def test_every_check_speaks_of_them_and_none_of_the_paper_s_applies(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse/prefectures/warehouse.duckdb"), read_only=True) as db:
        checks = db.sql(
            "from audit.clean_expectations union all from audit.marts_expectations"
        ).df()
        comments = db.sql(
            "select comment from duckdb_columns() where comment is not null"
            " union all select comment from duckdb_tables() where comment is not null"
        ).df()["comment"]
        assert db.execute("select count(*) from reference.provinces").fetchone() != (31,)
    assert not checks["expected"].str.contains(PROVINCE, case=False).any()
    assert len(comments) > 500
    assert comments[comments.str.contains(PROVINCE, case=False)].tolist() == []
    applied = checks[~checks["observed"].str.startswith("not applied")]
    assert not applied["check"].str.contains("table_3|published").any()


def test_a_figure_is_followed_to_its_cell_by_the_name_of_its_unit(home: Path) -> None:
    answer = run_ami_here(
        home, "explain", "pdgp", "--province", "河北甲市", "--year", "2010", "-d", "prefectures"
    )
    assert answer.returncode == 0, answer.stderr
    assert "河北甲 Hebei A 135000, 2010" in answer.stdout and "SYNTHETIC" in answer.stdout
    unknown = run_ami_here(
        home, "explain", "ami", "--province", "北京", "--year", "2010", "-d", "prefectures"
    )
    assert unknown.returncode == 2
    assert "is not a prefecture of the sample" in " ".join(unknown.stderr.split())


def test_nothing_new_is_nothing_to_do(home: Path) -> None:
    again = run_ami_here(home, "refresh", "--dataset", "prefectures")
    assert again.returncode == 0 and "Nothing is new" in again.stdout, again.stdout


@pytest.mark.skipif(
    "AMI_PREFECTURES" not in os.environ,
    reason="several minutes; set AMI_PREFECTURES=1 (make demo-prefectures does the same)",
)
def test_all_333_come_to_a_report(tmp_path: Path) -> None:
    refreshed(tmp_path, prefectures())
    panel = pd.read_csv(tmp_path / "results/prefectures/panel.csv", dtype={"province_code": str})
    assert panel["province_code"].nunique() == 333 and panel["ami"].notna().all()
    assert (tmp_path / "results/prefectures/report.html").is_file()
