"""Whole refreshes that meet hostile files and sudden ends; what is left of either: nothing.

One small inbox of invented figures: eight sound exports, and files whose names and texts try to
act. It is refreshed once, undisturbed, and looked at. Then refreshes of it are stopped
and killed, and one more must give the same, value by value.
"""

import csv
import os
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from ami_command import run_ami, run_ami_here, start_ami
from openpyxl import Workbook

from ami.dataset import PROJECT_ROOT, REFERENCE_SEEDS
from yearbooks.untrusted import spreadsheet_safe, visible

pytestmark = pytest.mark.slow

# Item, unit, size of the figures: enough for an agglomeration and an index of two indicators.
ITEMS = [
    ("就业人员", "万人", 1000),
    ("制造业城镇单位就业人员", "万人", 100),
    ("交通运输、仓储和邮政业城镇单位就业人员", "万人", 10),
    ("信息传输、软件和信息技术服务业城镇单位就业人员", "万人", 10),
    ("金融业城镇单位就业人员", "万人", 10),
    ("租赁和商务服务业城镇单位就业人员", "万人", 10),
    ("科学研究和技术服务业城镇单位就业人员", "万人", 10),
    ("制造业城镇单位就业人员平均工资", "元", 50000),
]
YEARS = range(2020, 2014, -1)

# Texts that a shell, a path, SQL, dbt, a format, a page, a terminal or a spreadsheet would obey.
HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned;",
    "../../pwned",
    "'; drop table raw.files; --",
    '"; drop schema raw cascade; --',
    "{{ env_var('HOME') }}{% do run_query('drop schema raw') %}",
    "%s%n%(pwned)s{pwned}",
    "<script>alert('pwned')</script>",
    "<img src=x onerror=alert('pwned')>",
    "![pwned](javascript:alert(1))",
    "\x1b[31mpwned\x1b]0;pwned\x07",
    "\u202egpj.pwned",
    "one\ntwo",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "[bold]pwned[/]",
    "\\input{pwned}",
]


def write_inbox(folder: Path) -> None:
    folder.mkdir()
    with (REFERENCE_SEEDS / "provinces.csv").open(encoding="utf-8") as file:
        provinces = [row["province_zh"] for row in csv.DictReader(file)]
    for number, (item, unit, size) in enumerate(ITEMS):
        lines = ["数据库：分省年度数据", f"指标：{item}({unit})", "时间：最近20年"]
        lines.append(",".join(["地区", *(f"{year}年" for year in YEARS)]))
        for place, province in enumerate(provinces):
            level = size * (1 + (place * 7 + number * 3) % 11 / 10)
            figures = (f"{level * (1 + (year - 2015) / 50):.2f}" for year in YEARS)
            lines.append(",".join([province, *figures]))
        lines.append("数据来源：国家统计局")
        (folder / f"{number}.csv").write_text("\r\n".join(lines), encoding="utf-8")
    for number, text in enumerate(HOSTILE):
        write_hostile(folder, number, text)


def write_hostile(folder: Path, number: int, text: str) -> None:
    """A file named by the text, in which it stands in every field of a table in turn.

    In the first row it is where any text lands: the number of the table and a footnote.
    """
    columns = ["province", "year", "item", "value", "unit", "yearbook", "table", "footnote"]
    sound = ["北京", "2019", "地区生产总值", "12.5", "亿元", "", text, text]
    rows = [sound]
    for place in range(len(columns) - 2):
        rows.append(["天津", "2019", *sound[2:6], "1-1", ""])
        rows[-1][place] = text
    # A name that begins with a point is that of a hidden file, which is not read.
    name = f"{'x' * text.startswith('.')}{text}".replace("/", "\u2215")
    if number % 3:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return
    book = Workbook()
    book.active.title = re.sub(r"[\\*?:/\[\]\x00-\x1f]", " ", text)[:31]
    for line, row in enumerate([columns, *rows], start=1):
        for column, each in enumerate(row, start=1):
            cell = book.active.cell(line, column)
            cell.value = re.sub(r"[\x00-\x08\x0b-\x1f]", " ", each)
            cell.data_type = "s"
    book.save(folder / f"{name}.xlsx")


@dataclass(frozen=True)
class Small:
    """The small dataset: where it is, and what the undisturbed refresh said, took and left."""

    home: Path
    inbox: Path
    said: str
    seconds: float
    tables: dict[str, list[tuple[object, ...]]]
    results: dict[str, bytes]

    @property
    def folder(self) -> Path:
        return self.home / "warehouse" / "small"


# Two checks and the sentence on the vintage compare with the refresh before, which the first one
# does not have.
COMPARED = "coverage_not_"
CHANGING = re.compile(
    rb'<time.*?</time(?:stamp)?>|<tr(?: id="|><th scope="row">)coverage_not_.*?</tr>'
    rb"| still stands: no mart has changed",
    re.DOTALL,
)


def read_tables(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every value from raw to the estimates and checks, without times of loading."""
    database = home / "warehouse" / "small" / "warehouse.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name in ('raw', 'intermediate', 'marts', 'estimates', 'audit')"
            " and table_name <> 'vintage'"
        ).fetchall()
        rows = {
            name: connection.execute(
                f"select columns(lambda each: each <> 'loaded_at') from {name} order by all"
            ).fetchall()
            for (name,) in names
        }
    checks = "audit.marts_expectations"
    rows[checks] = [row for row in rows[checks] if COMPARED not in row[1]]
    # What was found and what was published before hang on the refreshes before, too.
    made_from, earlier = "audit.made_from", ("audit.", "published.")
    rows[made_from] = [row for row in rows[made_from] if not row[1].startswith(earlier)]
    return rows


def read_results(home: Path) -> dict[str, bytes]:
    """Every file of results, without the time in a page or a Stata file and what compares."""
    folder = home / "results" / "small"
    return {
        str(path.relative_to(folder)): CHANGING.sub(b"", path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("faults")
    home, inbox = folder / "home", folder / "inbox"
    home.mkdir()
    write_inbox(inbox)
    began = time.monotonic()
    answer = run_ami(home, "refresh", "--dataset", "small", "--inbox", str(inbox))
    seconds = time.monotonic() - began
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stderr == ""
    return Small(home, inbox, answer.stdout, seconds, read_tables(home), read_results(home))


class Page(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


class TestHostileInbox:
    def test_every_text_landed_or_was_set_aside_as_it_was_printed(self, small: Small) -> None:
        loads = small.tables["raw.files"]
        assert len(loads) == len(ITEMS) + len(HOSTILE)
        database = small.folder / "warehouse.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            landed = connection.execute(
                "select distinct footnotes, yearbook_table from raw.observations"
            ).fetchall()
            aside = connection.execute("select distinct item_printed from raw.set_aside")
            items = {item for (item,) in aside.fetchall()}
        footnotes = {footnote for footnote, _ in landed}
        for number, text in enumerate(HOSTILE):
            if number % 3:  # In CSV, for a workbook cannot hold every text.
                assert text in footnotes, text
                assert text in items, text

    def test_nothing_was_executed_and_no_file_is_where_none_should_be(self, small: Small) -> None:
        outside = [small.home, small.home.parent, small.inbox, PROJECT_ROOT, PROJECT_ROOT / "dbt"]
        for folder in outside:
            assert not (folder / "pwned").exists()
        names = {path.name for path in (small.home / "results").rglob("*")}
        assert all(re.fullmatch(r"[a-z0-9_]+(\.[a-z]+)?", name) for name in names), names
        assert not list(small.home.rglob("*pwned*"))
        assert {path.name for path in small.home.iterdir()} == {"warehouse", "results"}

    def test_no_page_has_a_script_or_an_element_out_of_a_file(self, small: Small) -> None:
        pages = [name for name in small.results if name.endswith((".html", ".svg"))]
        assert "report.html" in pages
        for name in pages:
            for tag, attributes in Page(small.results[name].decode()).elements:
                assert tag != "script", name
                assert not any(each.startswith("on") for each in attributes), (name, attributes)
                links = [attributes.get("href"), attributes.get("src")]
                assert not any((link or "").startswith("javascript") for link in links), name
        report = small.results["report.html"].decode()
        assert "&lt;script&gt;alert(" in report

    def test_terminal_and_log_show_and_do_not_obey(self, small: Small) -> None:
        log = (small.folder / "refresh.log").read_text(encoding="utf-8")
        for text in (small.said, log):
            assert "\u202e" not in text
            assert "\x1b[31mpwned" not in text and "\x1b]0" not in text
        for text in HOSTILE:
            shown = visible(text.replace("/", "\u2215"))
            assert shown in small.said, shown

    def test_no_cell_of_a_result_is_a_formula(self, small: Small) -> None:
        # The audit of print quotes the paper, whose cells such as "-0.017 (0.190)" look like one.
        tables = [name for name in small.results if name.endswith(".csv") and "audit" not in name]
        assert tables
        for name in tables:
            for row in csv.reader(small.results[name].decode().splitlines()):
                assert [spreadsheet_safe(field) for field in row] == row, name

    def test_no_preview_in_the_ui_holds_markup(self, small: Small) -> None:
        runs = next(path for path in (small.folder / "dagster").rglob("history/runs/*-*.db"))
        with closing(sqlite3.connect(runs)) as history:
            events = history.execute("select event from event_logs").fetchall()
        previews = re.findall(r'"md_str": "((?:[^"\\]|\\.)*)"', "\n".join(row[0] for row in events))
        assert any("pwned" in preview for preview in previews)
        for preview in previews:
            assert not re.search(r"<script|<img src=x|\]\(javascript", preview)

    def test_an_export_of_the_quarantine_is_harmless(self, small: Small) -> None:
        answer = run_ami_here(
            small.home, "quarantine", "--dataset", "small", "--export", "aside.csv"
        )
        assert answer.returncode == 0, answer.stderr
        export = small.home / "aside.csv"
        fields = pd.read_csv(export, dtype=str, keep_default_na=False)
        export.unlink()
        texts = {text for column in fields for text in fields[column]}
        assert "'=cmd|' /C calc'!A0" in texts and "=cmd|' /C calc'!A0" not in texts
        assert "\x1b" not in answer.stdout


class TestSuddenEnds:
    def test_stopped_then_killed_then_the_same_as_undisturbed(self, small: Small) -> None:
        database = small.folder / "warehouse.duckdb"
        good = database.read_bytes()
        sound = (small.inbox / "1.csv").read_bytes()
        # What the refreshes that do not end read must not be seen afterwards.
        (small.inbox / "1.csv").write_bytes(sound.replace(b"100.00", b"101.00"))

        # From a terminal, while it still loads what it needs and in the midst of a step; then from
        # outside.
        for step in ("Refreshing", "Reading"):
            output = self.end(small, step, signal.SIGINT, 130)
            assert "Stopped by you" in output
            assert "The last good warehouse and results stay as they were" in output
            assert database.read_bytes() == good
        output = self.end(small, "Cleaning", signal.SIGTERM, 143)
        assert "Stopped from outside (SIGTERM)" in output
        assert "The last good warehouse and results stay as they were" in output

        # Without a chance to tidy up.
        self.end(small, "Building the marts", signal.SIGKILL, -signal.SIGKILL)
        assert database.read_bytes() == good
        assert read_results(small.home) == small.results

        # What it left is put right by the next, while which another is refused.
        (small.inbox / "1.csv").write_bytes(sound)
        (small.folder / "dagster" / "history" / "runs.db").write_bytes(b"torn")
        process, said = come_to(small, "Cleaning")
        refused = run_ami(small.home, "refresh", "--dataset", "small")
        rest, errors = process.communicate(timeout=600)
        said += rest
        assert refused.returncode == 1
        assert "Another refresh of dataset 'small' is running" in refused.stdout
        assert "Traceback" not in refused.stdout + refused.stderr
        assert process.returncode == 0, said
        assert "The history of runs is damaged and was moved to" in said
        assert "Traceback" not in said + errors
        assert "Vintage 1 still stands: no mart has changed" in said
        # Nothing that is told is new.
        assert "Alerts:" not in said
        assert_same(small)

    @staticmethod
    def end(small: Small, step: str, how: signal.Signals, code: int) -> str:
        """Start a refresh, end it a moment after it came to a step, and return what it said."""
        process, said = come_to(small, step)
        time.sleep(random.uniform(0, 4))
        process.send_signal(how)
        # A fraction of what is left of the refresh.
        rest, errors = process.communicate(timeout=20)
        assert process.returncode == code, said + rest + errors
        assert "Traceback" not in said + rest + errors
        assert "Traceback" not in (small.folder / "refresh.log").read_text(encoding="utf-8")
        return said + rest + errors


def come_to(small: Small, step: str) -> tuple[subprocess.Popen[str], str]:
    """A refresh that has come to a step, and what it said until then."""
    process = start_ami(small.home, "refresh", "--dataset", "small")
    assert process.stdout is not None
    said = ""
    while step not in (line := process.stdout.readline()):
        assert line, f"the refresh ended early: {said}"
        said += line
    return process, said + line


def assert_same(small: Small) -> None:
    """Value by value, and byte by byte in the files."""
    tables = read_tables(small.home)
    assert tables.keys() == small.tables.keys()
    for name, rows in tables.items():
        assert rows == small.tables[name] or str(rows) == str(small.tables[name]), name
    results = read_results(small.home)
    assert results.keys() == small.results.keys()
    assert [name for name in results if results[name] != small.results[name]] == []


KILLS = int(os.environ.get("AMI_FAULTS") or 0)


@pytest.fixture(scope="module")
def kills() -> Iterator[list[bool]]:
    """Of each refresh that was to be killed, whether it was still running."""
    met: list[bool] = []
    yield met
    # A clock that misjudges the length of a refresh would kill none, and all would seem well.
    assert sum(met) >= len(met) / 2, f"only {sum(met)} of {len(met)} were still running"


@pytest.mark.skipif("AMI_FAULTS" not in os.environ, reason="takes an hour; make faults")
@pytest.mark.parametrize("kill", range(KILLS))
def test_killed_at_any_moment(small: Small, kill: int, kills: list[bool]) -> None:
    """Kills the whole group of a refresh, each in its own part of its length, then refreshes.

    The length is that of the undisturbed refresh on this machine, and a moment in each of as many
    equal parts is drawn by the number of the kill.
    """
    moment = (kill + random.Random(kill).random()) / KILLS * small.seconds
    command = "refresh", "--dataset", "small", "--force"
    process = start_ami(small.home, *command, start_new_session=True)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=moment)
    kills.append(process.poll() is None)
    if kills[-1]:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    with duckdb.connect(str(small.folder / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_panel").fetchone() != (0,)
    answer = run_ami(small.home, "refresh", "--dataset", "small", timeout=20 * small.seconds)
    assert answer.returncode == 0, answer.stdout
    assert_same(small)
