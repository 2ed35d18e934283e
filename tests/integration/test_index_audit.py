"""`ami audit` of the refreshed demo, the curve of a refresh, and the index with its intervals."""

import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from ami_command import run_ami_here

from ami.auditing import SUMMARY, audit
from ami.dataset import Dataset, DatasetError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own_home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, for an audit is written beside what it is of."""
    home = tmp_path_factory.mktemp("audit")
    shutil.copytree(demo_home, home, dirs_exist_ok=True)
    return home


@pytest.fixture(scope="module")
def audited(own_home: Path) -> subprocess.CompletedProcess[str]:
    return run_ami_here(own_home, "audit", "--recipes", "64")


def test_the_audit_is_told_kept_and_synthetic(
    own_home: Path, demo_home: Path, audited: subprocess.CompletedProcess[str]
) -> None:
    answer = audited
    assert answer.returncode == 0, answer.stderr
    assert "1 of 9: recipes and their ranks" in answer.stderr
    assert "SYNTHETIC" in answer.stdout and "over 64 recipes" in answer.stdout
    folder = own_home / "results" / "demo" / "audit"
    assert (folder / SUMMARY).read_text(encoding="utf-8").splitlines()[1].startswith("SYNTHETIC")
    tables = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    assert len(tables) == 9
    assert all(table["is_synthetic"].all() for table in tables.values())
    assert len(tables["sampled_recipes"]) == 65 and len(tables["index_uncertainty"]) == 589
    assert tables["curve_by_option"]["fits"].iloc[0] == 65 * 1024
    database = Path("warehouse", "demo", "warehouse.duckdb")
    assert (own_home / database).read_bytes() == (demo_home / database).read_bytes()
    assert {path.name for path in (own_home / "results" / "demo").iterdir()} >= {"report.html"}
    # Nothing is new to the next refresh.
    assert "Nothing is new in demo" in run_ami_here(own_home, "refresh").stdout


@pytest.mark.usefixtures("audited")
def test_what_cannot_be_audited_is_said(own_home: Path) -> None:
    wrong = run_ami_here(own_home, "audit", "--recipes", "1000")
    assert wrong.returncode == 2 and "the nearest is 1024" in wrong.stderr
    dataset = Dataset("demo", own_home, own_home)
    folder = dataset.results / "audit"
    kept = {path: path.read_bytes() for path in folder.iterdir()}

    def refreshed_meanwhile(number: int, of: int, _: str) -> None:
        if number == of:
            with duckdb.connect(str(dataset.database)) as connection:
                connection.execute("update published.refresh set ended_at = now()::timestamp")

    with pytest.raises(DatasetError, match="was refreshed while its audit ran"):
        audit(dataset, 64, refreshed_meanwhile)
    assert {path: path.read_bytes() for path in folder.iterdir()} == kept


def test_the_index_is_met_with_its_intervals(demo_home: Path) -> None:
    results = demo_home / "results" / "demo"
    index = pd.read_csv(results / "index.csv", dtype={"province_code": str})
    beside = pd.read_csv(results / "index_uncertainty.csv", dtype={"province_code": str})
    assert len(index) == len(beside) == 589
    assert (index["ami_rank"] == index["score_rank"]).all()
    pd.testing.assert_frame_equal(
        index[["province_code", "year", "rank_lower", "share_top_ten"]],
        beside[["province_code", "year", "rank_lower", "share_top_ten"]],
    )
    assert "SYNTHETIC" in (results / "rank_intervals.svg").read_text(encoding="utf-8")
    asked = ("explain", "ami", "--province", "110000", "--year", "2021")
    row = index[(index["province_code"] == "110000") & (index["year"] == 2021)].iloc[0]
    told = json.loads(run_ami_here(demo_home, *asked, "--json").stdout)["over_recipes"]
    assert told["rank_upper"] == row["rank_upper"] and told["n_recipes"] == 1024
    said = " ".join(run_ami_here(demo_home, *asked).stdout.split())
    ends = f"{row['rank_lower']:.0f} to {row['rank_upper']:.0f}"
    assert f"rank {row['ami_rank']}, in 90 % of 1,024 other recipes {ends}" in said
    other = run_ami_here(demo_home, "explain", "coagglo", *asked[2:], "--json")
    assert json.loads(other.stdout)["over_recipes"] is None


def test_the_main_fit_of_the_curve_is_table_4(demo_home: Path) -> None:
    results = demo_home / "results" / "demo"
    curve = pd.read_csv(results / "specification_curve.csv")
    estimates = pd.read_csv(results / "estimates.csv", dtype={"table": str, "column": str})
    (baseline,) = estimates[
        (estimates[["table", "column", "term"]] == ["4", "1", "coagglo"]).all(axis=1)
    ].to_dict("records")
    (main,) = curve[curve["main"]].to_dict("records")
    assert main["estimate"] == pytest.approx(baseline["estimate"], rel=1e-9)
    assert main["std_error"] == pytest.approx(baseline["dispersion"], rel=1e-9)
    assert (curve["n_fits"] == 513 * 256).all()
    filled = pd.read_csv(results / "table_4_filled.csv", dtype={"column": str})
    first = filled[filled["column"] == "1"].iloc[0]
    assert first["estimate"] == pytest.approx(baseline["estimate"], rel=1e-9)
    assert 0 < first["invented"] < 0.2 and first["n_filled"] == 52
