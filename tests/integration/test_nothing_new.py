"""`ami refresh` where nothing is new: what it says, what it leaves alone, what the day changes.

Each thing that makes a refresh work is tried by itself in tests/unit/ami/test_receipt.py.
"""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from ami_command import run_ami, run_ami_here

from ami.alerting import tell
from ami.dataset import DEMO, DEMO_YEARBOOKS, Dataset
from ami.overdue import overdue
from ami.receipt import Receipt, news


@pytest.fixture
def demo(demo_home: Path, tmp_path: Path) -> Dataset:
    shutil.copytree(demo_home, tmp_path, dirs_exist_ok=True)
    return Dataset(DEMO, DEMO_YEARBOOKS, tmp_path)


@pytest.fixture
def real(nbs_home: Path, real_data: Path, tmp_path: Path) -> Dataset:
    shutil.copytree(nbs_home, tmp_path, dirs_exist_ok=True)
    return Dataset("nbs", real_data, tmp_path)


def contents(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def began(dataset: Dataset, moment: datetime) -> None:
    """Let the last refresh have begun at a moment."""
    receipt = Receipt.read(dataset)
    assert receipt is not None
    replace(receipt, began_at=moment).write(dataset)


def test_it_says_so_and_where_the_results_are_and_touches_nothing(demo: Dataset) -> None:
    # The shared home had a webhook, and has none now: that alone is still to be noted.
    tell(demo, [], kinds=())
    before = contents(demo.home)
    answer = run_ami(demo.home, "refresh")
    assert answer.returncode == 0, answer.stderr
    assert "Nothing is new in demo since the refresh of " in answer.stdout
    assert f"Report (SYNTHETIC data): {demo.results}/report.html" in answer.stdout
    assert "ami refresh --force does it all the same" in answer.stdout
    assert "Cleaning" not in answer.stdout
    after = contents(demo.home)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] == []
    (when,) = [line for line in answer.stdout.splitlines() if line.startswith("Nothing is new")]
    said = when.partition("the refresh of ")[2].partition(" UTC")[0]
    assert f"{said} UTC" in run_ami_here(demo.home, "status").stdout


def test_of_real_figures_it_says_what_is_overdue_all_the_same(real: Dataset) -> None:
    answer = run_ami_here(real.home, "refresh", "--dataset", "nbs")
    assert "Nothing is new in nbs" in answer.stdout, answer.stdout
    assert "SYNTHETIC" not in answer.stdout
    late = overdue(real, date.today())
    assert late
    assert answer.stdout.count("  overdue ") == len(late)


def test_the_first_of_november_and_a_new_year_are_news(demo: Dataset) -> None:
    began(demo, datetime(2026, 5, 1, 12, tzinfo=UTC))
    # 9 o'clock in China.
    november = datetime(2026, 11, 1, 1, tzinfo=UTC)
    assert news(demo, november - timedelta(seconds=1)) == []
    assert news(demo, november) != []
    began(demo, november)
    year = datetime(2027, 1, 1, tzinfo=UTC)
    assert news(demo, year - timedelta(seconds=1)) == []
    assert news(demo, year) != []


def test_figures_that_become_overdue_are_news_and_a_day_on_which_none_does_is_not(
    real: Dataset,
) -> None:
    """Of each year the weeks after 1 November, in which the days of grace of a yearbook end."""
    changing = []
    for year in range(2015, 2031):
        first, last = date(year, 11, 3), date(year, 12, 30)
        noons = [datetime.combine(day, time(4), UTC) for day in (first, last)]
        began(real, noons[0])
        assert news(real, noons[0] + timedelta(days=1)) == []
        becomes_overdue = overdue(real, first) != overdue(real, last)
        assert bool(news(real, noons[1])) == becomes_overdue, year
        changing.append(becomes_overdue)
    assert any(changing) and not all(changing)
