"""The `ami` command: what it answers, and with which exit code."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from ami_command import AMI, Ami, run_ami, run_ami_here, start_ami

from ami.dataset import PROJECT_ROOT
from ami.warehouse import unreadable

COMMANDS = [
    [],
    ["refresh"],
    ["land"],
    ["inspect"],
    ["template"],
    ["quarantine"],
    ["explain"],
    ["status"],
    ["vintages"],
    ["diff"],
    ["backup"],
    ["restore"],
    ["alerts"],
    ["alerts", "test"],
    ["ui"],
    ["watch"],
]

# Of these rows the first lands; texts of the others try to act in a terminal.
TABLE = """province,year,item,value,unit
北京,2021,地区生产总值,1234.5,亿元
天津,2021,\x1b[1m地区生产总植,2,亿元
[/bold]河北,2021,地区生产总值,2,亿元
"""


@pytest.fixture(scope="module")
def table(home: Path) -> Path:
    path = home / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(home: Path, command: list[str]) -> None:
    answer = run_ami_here(home, *command, "--help")
    assert answer.returncode == 0
    assert "Usage:" in answer.stdout


def test_help_does_not_wait_for_slow_imports() -> None:
    listing = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import command"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    imported = {line.rpartition("|")[2].strip() for line in listing.splitlines()}
    assert not imported & {"dagster", "pandas", "duckdb", "great_expectations", "linearmodels"}


def test_status_before_the_first_refresh(ami: Ami) -> None:
    answer = ami("status")
    assert answer.returncode == 0
    assert "No dataset yet" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["refresh", "--dataset", "nbs"], "has no inbox yet"),
        (["refresh", "--dataset", "nbs", "--inbox", "nowhere"], "is not a folder"),
        (["refresh", "--dataset", "nbs", "--inbox", "empty"], "holds no yearbook file"),
        (["refresh", "--dataset", "No Such", "--inbox", "empty"], "cannot name a dataset"),
        (["refresh", "--inbox", "empty"], "the demo reads its own synthetic yearbooks"),
        (["refresh", "--datset", "nbs"], "No such option"),
        (["refresh", "--edition-policy", "newest"], "expected one of: latest, first_published"),
        (["diff"], "no vintage yet"),
        (["diff", "one"], "valid integer"),
        (["vintages", "--dataset", "nbs"], "has no inbox yet"),
        (["refresh", "--dataset", "[/x]", "--inbox", "empty"], "'[/x]' cannot name a dataset"),
        (["ui", "--dataset", "nbs"], "has no inbox yet"),
        (["alerts", "--dataset", "nbs"], "has no inbox yet"),
        (["alerts", "test", "--dataset", "nbs"], "has no inbox yet"),
        (["alerts", "--dataset", "demo", "test"], "write --dataset after test"),
        (["inspect", "nowhere.xlsx"], "there is no file nowhere.xlsx"),
        (["inspect", "empty"], "is a folder: name one file in it"),
        (["inspect", "empty", "--dataset", "No Such"], "cannot name a dataset"),
        (["inspect", "\x1b[31m"], "there is no file \\x1b[31m"),
        (["template", "nosuch"], "'nosuch' is not a yearbook of the catalogue"),
        (["template", "--years", "2019/2021"], "expected 2021 or 2019-2021"),
        (["template", "--years", "2021-2019"], "the last year comes before the first"),
        (["quarantine"], "dataset 'demo' has no warehouse yet"),
        (["backup"], "dataset 'demo' has no warehouse yet"),
        (["restore", "nowhere.tar.gz"], "there is no file nowhere.tar.gz"),
        (["restore", "empty"], "is a folder: name the file"),
        (["quarantine", "--dataset", "nbs"], "has no inbox yet"),
    ],
)
def test_a_mistake_is_answered_in_words(home: Path, arguments: list[str], words: str) -> None:
    (home / "empty").mkdir(exist_ok=True)
    answer = run_ami_here(home, *arguments)
    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_inbox_without_any_readable_figure(ami: Ami, home: Path) -> None:
    inbox = home / "notes"
    inbox.mkdir()
    (inbox / "notes.txt").write_text("nothing that is a table", encoding="utf-8")
    answer = ami("refresh", "--dataset", "notes", "--inbox", str(inbox))
    assert answer.returncode == 2, answer.stdout
    assert "notes.txt" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr


def test_status_with_a_folder_that_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "warehouse" / "Old").mkdir(parents=True)
    (tmp_path / "warehouse" / "Old" / "refresh.log").write_text("")
    answer = run_ami_here(tmp_path, "status")
    assert answer.returncode == 0, answer.stderr
    assert "No dataset yet" in answer.stdout


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    folder = tmp_path / "warehouse" / "demo"
    folder.mkdir(parents=True)
    (folder / "refresh.log").write_text("")
    (folder / "warehouse.duckdb").write_text("not a database")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ["explain", "ami", "--province", "110000", "--year", "2010"],
        ["vintages"],
        ["diff"],
        ["needs"],
        ["quarantine"],
        ["backup"],
        ["ui"],
        ["watch"],
        ["refresh"],
        ["status"],
    ],
    ids=lambda command: command[0],
)
def test_every_command_has_the_same_advice_for_a_damaged_warehouse(
    damaged: Path, command: list[str]
) -> None:
    database = damaged / "warehouse" / "demo" / "warehouse.duckdb"
    advice = str(unreadable(database, duckdb.IOException("")))
    before, after = advice.split("()")
    answer = run_ami_here(damaged, *command)
    # It says how each dataset is, and this one is so.
    assert answer.returncode == (0 if command == ["status"] else 1)
    said = " ".join((answer.stdout + answer.stderr).split())
    assert before in said and after.removeprefix(".") in said
    assert "Traceback" not in said
    assert database.read_text() == "not a database"


@pytest.mark.parametrize("command", ["refresh", "ui", "watch", "backup"])
@pytest.mark.parametrize("state", ["ro", "full"])
def test_a_disk_that_takes_nothing_is_told_in_words(
    tmp_path: Path, command: str, state: str
) -> None:
    home = tmp_path / "disk"
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "ami-test", str(home)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own may be mounted by root alone")
    try:
        folder = home / "warehouse" / "demo"
        folder.mkdir(parents=True)
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")):
            pass
        os.symlink(tmp_path / "warehouse.duckdb", folder / "warehouse.duckdb")
        if state == "ro":
            subprocess.run(["mount", "-o", "remount,ro", home], check=True)
        else:
            with suppress(OSError), (home / "filler").open("wb", buffering=0) as file:
                while file.write(b"0" * 4096):
                    pass
        answer = run_ami(home, command)
    finally:
        # Python's own tracker of a process's resources ends a moment after it.
        subprocess.run(["umount", "--lazy", home], check=True)
    words = "Read-only file system" if state == "ro" else "No space left on device"
    assert answer.returncode == 1
    assert words in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stdout + answer.stderr


def test_the_command_is_a_module_too(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "command", "status"],
        cwd=PROJECT_ROOT,
        env=os.environ | {"AMI_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "No dataset yet" in answer.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "command", "nosuch"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 2 and "Usage: ami " in wrong.stderr


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("")
    answer = subprocess.run(
        [AMI, "refresh"],
        env=os.environ | {"AMI_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_an_inspection_shows_what_a_file_says_and_obeys_none_of_it(
    tmp_path: Path, table: Path
) -> None:
    answer = run_ami_here(tmp_path, "inspect", str(table))
    assert answer.returncode == 0, answer.stderr
    assert "3 cells read = 1 would land + 2 would be set aside" in answer.stdout
    assert "unknown_item" in answer.stdout
    assert "\\x1b[1m地区生产总植" in answer.stdout
    assert "[/bold]河北" in answer.stdout
    assert "\x1b" not in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_inspection_writes_a_draft_beside_the_file_once(ami: Ami, home: Path) -> None:
    path = home / "export.csv"
    path.write_text("地区,2020年\n北京市,4.5\n天津市,3.1\n", encoding="utf-8")
    mapping = home / "export.csv.mapping.yml"
    assert ami("inspect", str(path)).returncode == 1
    assert not mapping.exists()
    answer = ami("inspect", str(path), "--write")
    assert answer.returncode == 1, answer.stderr
    assert "item: ITEM: What are the figures?" in answer.stdout
    text = mapping.read_text(encoding="utf-8")
    again = ami("inspect", str(path), "--write")
    assert again.returncode == 2
    assert "exists and is not written over" in again.stderr
    assert mapping.read_text(encoding="utf-8") == text

    answered = text.replace("# item: ITEM", "item: 地区生产总值").replace(
        "# unit: UNIT", "unit: 亿元"
    )
    mapping.write_text(answered, encoding="utf-8")
    seen = ami("inspect", str(path))
    assert seen.returncode == 0
    assert "2 cells read = 2 would land" in seen.stdout


def test_an_inspection_shows_rules_and_slips(ami: Ami, home: Path) -> None:
    path = home / "slip.csv"
    path.write_text(
        "2021年\n地区,地区生产总植(亿元),GDP(亿元)\n北京,1,2\n天津,3,4\n", encoding="utf-8"
    )
    answer = ami("inspect", str(path), "--write")
    assert answer.returncode == 0, answer.stderr
    assert "'地区生产总植' (2 cells) looks like a slip for gdp_100m_yuan" in answer.stdout
    assert "heading" in answer.stdout and "no rule" in answer.stdout
    assert "item_aliases.csv" in (home / "slip.csv.mapping.yml").read_text(encoding="utf-8")


def test_an_inspection_of_which_nothing_would_land_ends_with_1(ami: Ami, home: Path) -> None:
    path = home / "page.xls"
    path.write_text("<html><table><tr><td>北京</td></tr></table></html>", encoding="utf-8")
    answer = ami("inspect", str(path))
    assert answer.returncode == 1
    assert "web page" in answer.stdout
    link = home / "link.csv"
    link.symlink_to(path)
    answer = ami("inspect", str(link))
    assert answer.returncode == 1
    assert "unsafe_file" in answer.stdout
    assert answer.stderr == ""


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_no_figure_is_parted_however_narrow_the_terminal(
    home: Path, table: Path, width: str
) -> None:
    answer = run_ami_here(home, "inspect", str(table), COLUMNS=width)
    assert answer.returncode == 0, answer.stderr
    assert "1,234.5" in answer.stdout
    assert "100,000,000" in answer.stdout


def test_a_template_is_written_once_and_inspects_without_a_problem(ami: Ami, home: Path) -> None:
    answer = ami("template", "csy", "--years", "2020-2021", "--output", "forms")
    assert answer.returncode == 0, answer.stderr
    path = home / "forms" / "csy_2022.xlsx"
    assert str(path.relative_to(home)) in answer.stdout
    from openpyxl import load_workbook

    book = load_workbook(path)
    book["3-10"]["C7"] = 123456.75
    book.save(path)
    again = ami("template", "csy", "--years", "2020-2021", "--output", "forms")
    assert again.returncode == 2
    assert "exists already" in again.stderr
    seen = ami("inspect", str(path))
    assert seen.returncode == 0, seen.stdout
    assert "123,456.75" in seen.stdout
    forced = ami("template", "csy", "--years", "2020-2021", "--output", "forms", "--force")
    assert forced.returncode == 0, forced.stderr
    assert load_workbook(path)["3-10"]["C7"].value is None


def test_a_quarantine_is_listed_filtered_and_exported(home: Path, table: Path) -> None:
    import duckdb

    from ami.dataset import REFERENCE_SEEDS
    from yearbooks.accepted import Releases
    from yearbooks.catalogue import Catalogue
    from yearbooks.intake import land

    inbox = home / "inbox"
    inbox.mkdir()
    (inbox / table.name).write_bytes(table.read_bytes())
    folder = home / "warehouse" / "mine"
    folder.mkdir(parents=True)
    (folder / "inbox.txt").write_text(str(inbox))
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    releases = Releases.load(REFERENCE_SEEDS, catalogue)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        land(inbox, "mine", connection, catalogue, releases)

    answer = run_ami_here(home, "quarantine", "--dataset", "mine", "--export", "aside.csv")
    assert answer.returncode == 0, answer.stderr
    assert "mine: 2 cells set aside" in answer.stdout
    assert "\\x1b[1m" in answer.stdout
    assert "[/bold]河北" in answer.stdout
    assert "\x1b" not in answer.stdout
    assert "accepted_readings.csv" in answer.stdout
    assert "rule" in answer.stdout
    assert "unknown_item" in (home / "aside.csv").read_text(encoding="utf-8")
    none = run_ami_here(home, "quarantine", "--dataset", "mine", "--province", "北京")
    assert none.returncode == 0
    assert "0 of 2 cells set aside match" in none.stdout
    wrong = run_ami_here(home, "quarantine", "--dataset", "mine", "--reason", "nonsense")
    assert wrong.returncode == 2
    assert "unknown_item" in wrong.stderr


def test_a_reader_that_goes_ends_the_command_and_nothing_else(
    demo_home: Path, tmp_path: Path
) -> None:
    """As `ami refresh | head -1` does: no traceback, and the last good warehouse stays."""
    shutil.copytree(demo_home, tmp_path, dirs_exist_ok=True)
    published = (tmp_path / "warehouse/demo/warehouse.duckdb").read_bytes()
    command = start_ami(tmp_path, "refresh", "--force")
    assert command.stdout is not None and command.stderr is not None
    assert command.stdout.readline().startswith("Refreshing demo")
    command.stdout.close()
    assert command.wait(timeout=600) == 141
    assert command.stderr.read() == ""
    assert (tmp_path / "warehouse/demo/warehouse.duckdb").read_bytes() == published
