"""`ami fetch nbs` as a person runs it, against the service on this machine."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ami_command import run_ami_here, start_ami
from nbs_server import AT_ONCE, FIGURES, TREE, NbsServer, Series, nbs_server

from ami.nbs import client
from ami.nbs.fetching import province_regions

ACCOUNTS = ("国民经济核算", "地区生产总值")
EMPLOYED = ("就业人员和工资", "按行业分城镇单位就业人员")
REGIONS = province_regions()
GDP = {(code, year): "44350.7" for code in REGIONS for year in range(2019, 2024)}
ITEMS = (
    "--item",
    "gdp_100m_yuan",
    "--item",
    "employed_finance_10k_persons",
    "--years",
    "2020-2021",
)

Fetch = Callable[..., tuple[int, str]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NbsServer]:
    tree = {
        ACCOUNTS: [Series("地区生产总值", "亿元", GDP)],
        EMPLOYED: [Series("金融业城镇单位就业人员", "万人", GDP)],
    }
    with nbs_server(tree, dict(REGIONS)) as running:
        monkeypatch.setenv("AMI_NBS_SERVICE", running.address)
        monkeypatch.setattr(client, "PATIENCE", AT_ONCE)
        yield running


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    (tmp_path / "inbox").mkdir()

    def run(*arguments: str) -> tuple[int, str]:
        answer = run_ami_here(tmp_path, "fetch", "nbs", *arguments)
        assert "Traceback" not in answer.stderr
        return answer.returncode, answer.stdout + answer.stderr

    return run


MINE = ("--dataset", "mine", "--inbox", "inbox")


def test_a_person_checks_first(fetch: Fetch, server: NbsServer, tmp_path: Path) -> None:
    code, said = fetch("--check")
    assert code == 0
    assert said.count("ok: ") == 6
    assert "地区生产总值 (亿元) of 北京市 2021 is 44350.7" in said
    assert list((tmp_path / "inbox").iterdir()) == []
    server.tree[ACCOUNTS] = [Series("地区生产总值", "亿元", {**GDP, ("110000000000", 2021): "1"})]
    code, said = fetch("--check")
    assert code == 1
    assert "not as expected: 地区生产总值 (亿元) of 北京市 2021 is 1.0" in said
    del server.tree[ACCOUNTS]
    code, said = fetch("--check")
    assert code == 1
    assert "expected a branch 国民经济核算" in said


def test_a_dry_run_asks_nothing(fetch: Fetch, server: NbsServer) -> None:
    code, said = fetch(*MINE, "--dry-run")
    assert code == 0
    assert server.calls == []
    assert server.address in said
    assert "gdp_100m_yuan: 地区生产总值 (亿元), 国民经济核算 > 地区生产总值" in said
    assert "robot_imports_84795010_10k_usd" in said


def test_items_are_fetched_and_again_unchanged(
    fetch: Fetch, server: NbsServer, tmp_path: Path
) -> None:
    code, said = fetch(*MINE, *ITEMS)
    assert code == 0, said
    assert "1/2 gdp_100m_yuan: new, 62 figures" in said
    assert "next: ami refresh -d mine" in said
    assert len(list((tmp_path / "inbox").glob("*.json"))) == 2
    code, said = fetch("--dataset", "mine", *ITEMS)
    assert code == 0
    assert "2 unchanged" in said
    server.faults = {TREE: ["broken down"]}
    assert "broke down (500); again in 2 s" in fetch("--dataset", "mine", *ITEMS)[1]
    assert "an answer of" in fetch("--dataset", "mine", *ITEMS, "--dry-run")[1]


def test_what_is_not_as_planned_is_said(fetch: Fetch, server: NbsServer) -> None:
    server.tree[ACCOUNTS] = [Series("地区生产总值", "万元", GDP)]
    code, said = fetch(*MINE, *ITEMS)
    assert code == 1
    assert "gdp_100m_yuan: differs" in said
    assert "1 differs, 1 new" in said


def test_a_name_is_looked_for_and_its_row_printed(fetch: Fetch, server: NbsServer) -> None:
    code, said = fetch("--find", "金融业")
    assert code == 0
    row = "employed_finance_10k_persons,就业人员和工资 > 按行业分城镇单位就业人员"
    assert f"{row},金融业城镇单位就业人员,万人,the service" in said
    n_calls = len(server.calls)
    assert fetch("--find", "no such thing")[0] == 1
    assert len(server.calls) == n_calls


def test_a_fetch_stopped_by_hand_goes_on(fetch: Fetch, server: NbsServer, tmp_path: Path) -> None:
    # So slow that it is stopped between the first answer and the second, whatever the machine does.
    server.faults[FIGURES] = ["slow", "slow"]
    process = start_ami(tmp_path, "fetch", "nbs", *MINE, *ITEMS)
    note = tmp_path / "warehouse" / "mine" / "nbs_fetch.json"
    while not note.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stdout + stderr
    assert "Stopped by you" in stdout
    code, said = fetch("--dataset", "mine", *ITEMS)
    assert code == 0
    assert "gdp_100m_yuan: fetched before" in said
    assert "employed_finance_10k_persons: new" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "the demo is synthetic"),
        (("--dataset", "other"), "no inbox yet"),
        ((*MINE, "--item", "gold"), "no row for gold"),
        ((*MINE, "--years", "2021-2019"), "the last year comes before the first"),
        ((*MINE, "--years", "2050"), "expected no year after"),
    ],
)
def test_mistakes_are_answered_in_words(
    fetch: Fetch, server: NbsServer, arguments: tuple[str, ...], words: str
) -> None:
    code, said = fetch(*arguments)
    assert (code, words in said) == (2, True)
    assert server.calls == []
