"""The `ami` command: what it answers, and with which exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ami_command import AMI, Ami, run_ami


@pytest.mark.parametrize("command", [[], ["refresh"], ["status"], ["ui"]])
def test_help_of_every_command(ami: Ami, command: list[str]) -> None:
    answer = ami(*command, "--help")
    assert answer.returncode == 0
    assert "Usage:" in answer.stdout


def test_help_does_not_wait_for_slow_imports() -> None:
    listing = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import dagster_project.cli"],
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
        (["refresh", "--dataset", "[/x]", "--inbox", "empty"], "'[/x]' cannot name a dataset"),
        (["ui", "--dataset", "nbs"], "has no inbox yet"),
    ],
)
def test_a_mistake_is_answered_in_words(
    ami: Ami, home: Path, arguments: list[str], words: str
) -> None:
    (home / "empty").mkdir(exist_ok=True)
    answer = ami(*arguments)
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


def test_status_with_a_folder_that_is_no_dataset_and_a_damaged_warehouse(tmp_path: Path) -> None:
    (tmp_path / "warehouse" / "Old").mkdir(parents=True)
    damaged = tmp_path / "warehouse" / "demo"
    damaged.mkdir()
    (damaged / "refresh.log").write_text("")
    (damaged / "warehouse.duckdb").write_text("not a database")
    answer = run_ami(tmp_path, "status")
    assert answer.returncode == 0, answer.stderr
    assert "cannot be read by this version" in answer.stdout


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
