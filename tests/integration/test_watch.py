"""`ami watch` as a service runs it: a file arrives, a refresh runs, the marts have its figure."""

import json
import math
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from ami_command import run_ami, start_ami

from ami.dataset import DEMO_YEARBOOKS

pytestmark = pytest.mark.slow

# Of which alone something is looked at in the marts.
ITEM = "人均地区生产总值"
RUNS = "{ runsOrError { ... on Runs { results { status endTime jobName tags { key value } } } } }"
SENSOR = (
    '{ sensorOrError(sensorSelector: {repositoryName: "__repository__", '
    'repositoryLocationName: "dagster_project.definitions", sensorName: "inbox"}) '
    "{ ... on Sensor { sensorState { status ticks(limit: 1) { skipReason } } } } }"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def waited_for(what: Callable[[], object], seconds: float) -> object:
    """The first answer that is true; the last error, where there was none in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := what():
                return found
        except (OSError, LookupError, TypeError) as error:
            if time.monotonic() > deadline:
                raise AssertionError("not in time") from error
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.5)


def test_a_file_that_arrives_is_in_the_marts_after_a_while(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    folder = tmp_path / "warehouse" / "mine"
    folder.mkdir(parents=True)
    (folder / "inbox.txt").write_text(f"{inbox}\n", encoding="utf-8")
    port = free_port()

    def ask(query: str) -> dict[str, object]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/graphql",
            data=json.dumps({"query": query}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["data"]

    def runs() -> list[dict[str, object]]:
        return ask(RUNS)["runsOrError"]["results"]

    def skip_reason() -> str:
        return ask(SENSOR)["sensorOrError"]["sensorState"]["ticks"][0]["skipReason"] or ""

    watch = start_ami(tmp_path, "watch", "--dataset", "mine", "--port", str(port), "--every", "5")
    try:
        waited_for(lambda: "Nothing new among 0 files" in skip_reason(), 180)
        again = run_ami(tmp_path, "ui", "--dataset", "mine", "--port", str(port))
        assert again.returncode == 2
        assert "is already open" in again.stderr

        # As a browser leaves it: by pieces under another name, then by its own.
        arriving = inbox / "csy.csv.part"
        whole = (DEMO_YEARBOOKS / "china_statistical_yearbook.csv").read_text(encoding="utf-8")
        heading, *rows = whole.splitlines(keepends=True)
        text = heading + "".join(row for row in rows if f",{ITEM}," in row)
        arriving.write_text(text[:1000], encoding="utf-8")
        time.sleep(6)
        assert runs() == []
        arriving.write_text(text, encoding="utf-8")
        arriving.rename(inbox / "csy.csv")
        waited_for(lambda: [run for run in runs() if run["endTime"]], 900)
        assert [run["status"] for run in runs()] == ["SUCCESS"]

        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
            (figure,) = connection.execute(
                "select pdgp from marts.fct_panel where province_code = '110000' and year = 2003"
            ).fetchone()
        printed = next(row for row in text.splitlines() if row.startswith(f"北京,2003,{ITEM},"))
        assert figure == pytest.approx(math.log(float(printed.split(",")[3])))
        assert (tmp_path / "results" / "mine" / "report.html").is_file()

        (inbox / "csy.csv").touch()
        waited_for(lambda: "Waiting" in skip_reason(), 60)
        waited_for(lambda: "Nothing new among 1 files" in skip_reason(), 60)
        (run,) = runs()
        assert run["jobName"] == "refresh"
        assert {"key": "ami/files", "value": "csy.csv"} in run["tags"]
    finally:
        watch.send_signal(signal.SIGINT)
        stdout, stderr = watch.communicate(timeout=120)
    assert watch.returncode == 0, stderr
    assert f"http://127.0.0.1:{port}" in stdout
    assert str(inbox) in stdout
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
