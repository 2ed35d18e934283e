"""The inbox sensor on real folders, the schedule of the autumn, and what is overdue when.

What a refresh leaves behind is made by intake itself, in a published warehouse of the test's own.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange
from dagster._utils.schedules import schedule_execution_time_iterator

from ami import receipt
from ami.alerting import open_alerts
from ami.dataset import DEMO, DEMO_YEARBOOKS, REFERENCE_SEEDS, Dataset
from ami.overdue import due, never_loaded, overdue
from ami.overview import summarise
from ami.server import WATCH_VARIABLE
from ami.shortfall.due import yearly
from dagster_project.checks import PANEL
from dagster_project.definitions import REFRESH_JOB, build_defs
from dagster_project.run_findings import Findings, tell_of_run
from dagster_project.schedules import build_autumn_schedule
from dagster_project.sensors import (
    ARRIVAL_TAG,
    FILES_TAG,
    LOST_TAG,
    MAX_LOST,
    SECONDS_OF_SILENCE,
    UNFINISHED,
    build_inbox_sensor,
    build_overdue_sensor,
)
from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.errors import CatalogueError, IntakeError
from yearbooks.intake import land

ROW = "province,year,item,value,unit\n北京,{year},地区生产总值,{value},亿元\n"


CATALOGUE = Catalogue.load(REFERENCE_SEEDS)
RELEASES = Releases.load(REFERENCE_SEEDS, CATALOGUE)


@dg.op
def nothing() -> None: ...


@dg.job(name="refresh")
def refresh() -> None:
    nothing()


class Autumn:
    """A dataset, its inbox, its sensor, and a clock that the test moves."""

    def __init__(self, home: Path, instance: dg.DagsterInstance) -> None:
        self.dataset = Dataset("mine", home / "inbox", home)
        self.inbox = self.dataset.inbox
        self.inbox.mkdir()
        self.dataset.folder.mkdir(parents=True)
        self.now = 1_800_000_000.0
        self.cursor: str | None = None
        self.instance = instance
        self.restart()

    def restart(self) -> None:
        self.sensor = build_inbox_sensor(self.dataset, REFRESH_JOB, clock=lambda: self.now)

    def write(self, name: str, value: float, year: int = 2020) -> Path:
        path = self.inbox / name
        path.write_text(ROW.format(year=year, value=value), encoding="utf-8")
        return path

    def look(self, seconds: float = 30) -> dg.RunRequest | str:
        """One tick: the run it asks for, or why it asks for none."""
        self.now += seconds
        with dg.build_sensor_context(self.instance, cursor=self.cursor) as context:
            found = self.sensor.evaluate_tick(context)
        self.cursor = found.cursor
        if found.run_requests:
            (request,) = found.run_requests
            return request
        assert found.skip_message
        return found.skip_message

    def arrival(self) -> dg.RunRequest:
        """The run that is asked for once the files have settled."""
        waiting = self.look()
        assert isinstance(waiting, str) and "Waiting" in waiting, waiting
        request = self.look()
        assert isinstance(request, dg.RunRequest), request
        return request

    def run(self, request: dg.RunRequest, status: dg.DagsterRunStatus) -> str:
        """The run as Dagster keeps it."""
        return self.instance.create_run_for_job(
            refresh, tags=dict(request.tags), status=status
        ).run_id

    def publish(self) -> None:
        with duckdb.connect(str(self.dataset.database)) as connection:
            land(self.inbox, self.dataset.name, connection, CATALOGUE, RELEASES)


@pytest.fixture(scope="module")
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


@pytest.fixture
def autumn(tmp_path: Path, instance: dg.DagsterInstance) -> Iterator[Autumn]:
    yield Autumn(tmp_path, instance)
    instance.wipe()


def test_a_new_file_starts_one_refresh_and_the_same_file_none(autumn: Autumn) -> None:
    autumn.write("a.csv", 1)
    request = autumn.arrival()
    assert request.tags[FILES_TAG] == "a.csv"
    autumn.run(request, dg.DagsterRunStatus.STARTED)
    autumn.publish()
    autumn.instance.report_run_canceled(autumn.instance.get_runs()[0])
    assert autumn.look() == "Nothing new among 1 files."


def test_a_changed_file_starts_another_and_so_does_its_older_version(autumn: Autumn) -> None:
    tags = set()
    for value in (1, 2, 1, 2):
        autumn.write("a.csv", value)
        request = autumn.arrival()
        autumn.run(request, dg.DagsterRunStatus.SUCCESS)
        autumn.publish()
        assert autumn.look() == "Nothing new among 1 files."
        tags.add(request.tags[ARRIVAL_TAG])
    assert len(tags) == 4


def test_neither_touch_nor_rename_nor_restart_nor_lost_memory_starts_one(autumn: Autumn) -> None:
    path = autumn.write("a.csv", 1)
    autumn.publish()
    path.touch()
    assert "Waiting" in autumn.look()
    assert autumn.look() == "Nothing new among 1 files."
    renamed = path.rename(autumn.inbox / "b.csv")
    autumn.look()
    answer = autumn.look()
    assert (
        answer.startswith("Nothing new") and "a.csv is no longer in the inbox (it is now" in answer
    )
    renamed.rename(path)
    autumn.look()
    assert autumn.look() == "Nothing new among 1 files."
    autumn.restart()
    assert autumn.look() == "Nothing new among 1 files."
    autumn.cursor = None
    autumn.look()
    assert autumn.look() == "Nothing new among 1 files."


def test_two_files_that_change_names_are_read_as_intake_reads_them(autumn: Autumn) -> None:
    a, b = autumn.write("a.csv", 1), autumn.write("b.csv", 2)
    autumn.publish()
    a.rename(autumn.inbox / "c")
    b.rename(a)
    (autumn.inbox / "c").rename(b)
    assert autumn.arrival().tags[FILES_TAG] == "a.csv, b.csv"


def test_one_file_that_still_grows_holds_the_others_back(autumn: Autumn) -> None:
    autumn.write("a.csv", 1)
    growing = autumn.inbox / "b.csv"
    for size in range(1, 5):
        growing.write_text("x" * size)
        assert "Waiting for" in autumn.look()
    assert autumn.look().tags[FILES_TAG] == "a.csv, b.csv"


def test_a_removed_file_is_told_and_starts_nothing(autumn: Autumn) -> None:
    autumn.write("a.csv", 1)
    autumn.write("b.csv", 2)
    autumn.publish()
    autumn.look()
    (autumn.inbox / "b.csv").unlink()
    answer = autumn.look()
    assert "b.csv is no longer in the inbox, but still in the warehouse, and it counts" in answer


def test_a_refresh_that_failed_is_not_repeated_until_a_file_changes(autumn: Autumn) -> None:
    autumn.write("a.csv", 1)
    run_id = autumn.run(autumn.arrival(), dg.DagsterRunStatus.FAILURE)
    for _ in range(3):
        answer = autumn.look()
        assert run_id in answer and "do not start another" in answer
    autumn.cursor = None  # Not even with the memory lost.
    autumn.look()
    assert run_id in autumn.look()
    autumn.write("a.csv", 2)
    assert autumn.arrival().tags[FILES_TAG] == "a.csv"


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"<html>no table</html>", b"notes only"])
def test_a_file_that_is_set_aside_whole_does_not_loop(autumn: Autumn, content: bytes) -> None:
    autumn.write("a.csv", 1)
    (autumn.inbox / "b.xlsx").write_bytes(content)
    autumn.run(autumn.arrival(), dg.DagsterRunStatus.SUCCESS)
    autumn.publish()
    assert autumn.look() == "Nothing new among 2 files."
    # Nor does it hide another of its kind.
    (autumn.inbox / "c.csv").symlink_to(autumn.inbox / "a.csv")
    assert autumn.arrival().tags[FILES_TAG] == "c.csv"


def test_another_mapping_file_starts_one_refresh(autumn: Autumn) -> None:
    autumn.write("a.csv", 1)
    autumn.publish()
    autumn.look()
    autumn.look()
    mapping = autumn.inbox / "a.csv.mapping.yml"
    for text in ("# one", "# two"):
        mapping.write_text(text)
        autumn.run(autumn.arrival(), dg.DagsterRunStatus.SUCCESS)
        autumn.publish()
        assert autumn.look() == "Nothing new among 1 files."
    assert autumn.look() == "Nothing new among 1 files."


def test_a_mapping_file_that_a_refresh_by_hand_has_read_starts_none(autumn: Autumn) -> None:
    autumn.write("a.csv", 1)
    autumn.publish()
    autumn.look()
    autumn.look()
    (autumn.inbox / "a.csv.mapping.yml").write_text("# one")
    # As `ami refresh` does it, of which Dagster's cursor does not hear.
    receipt.begin(autumn.dataset, receipt.code())
    autumn.publish()
    receipt.complete(autumn.dataset)
    assert "Waiting" in str(autumn.look())
    assert autumn.look() == "Nothing new among 1 files."
    autumn.dataset.receipt.unlink()
    assert autumn.look() == "Nothing new among 1 files."


# Not QUEUED: that needs a code location, which only a running daemon has.
@pytest.mark.parametrize(
    "status",
    [status for status in UNFINISHED if status is not dg.DagsterRunStatus.QUEUED],
)
def test_while_a_refresh_runs_none_is_started(autumn: Autumn, status: dg.DagsterRunStatus) -> None:
    with HeldByAnotherProcess(autumn.dataset):
        run_id = autumn.instance.create_run_for_job(refresh, status=status).run_id
        autumn.write("a.csv", 1)
        autumn.look()
        for _ in range(3):
            assert autumn.look() == f"A refresh is running (run {run_id}). Then: a.csv."


def test_a_run_whose_process_died_is_closed_and_started_again_but_not_for_ever(
    autumn: Autumn,
) -> None:
    autumn.write("a.csv", 1)
    request = autumn.arrival()
    for _ in range(MAX_LOST):
        run_id = autumn.run(request, dg.DagsterRunStatus.STARTED)
        assert "A refresh is running" in autumn.look()
        assert "A refresh is running" in autumn.look(SECONDS_OF_SILENCE - 1)
        answer = autumn.look(1)
        lost = autumn.instance.get_run_by_id(run_id)
        assert lost.status == dg.DagsterRunStatus.FAILURE and LOST_TAG in lost.tags
        request = answer if isinstance(answer, dg.RunRequest) else request
    assert "do not start another" in answer


def test_a_run_that_holds_the_lock_is_alive(autumn: Autumn) -> None:
    with HeldByAnotherProcess(autumn.dataset):
        run_id = autumn.instance.create_run_for_job(
            refresh, status=dg.DagsterRunStatus.STARTED
        ).run_id
        for _ in range(3):
            autumn.look(SECONDS_OF_SILENCE)
    assert autumn.instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.STARTED


@pytest.mark.parametrize("leap", [-31_536_000, -3_600, 3_600, 31_536_000])
def test_a_clock_that_leaps_neither_loses_nor_repeats_a_refresh(
    autumn: Autumn, leap: float
) -> None:
    autumn.write("a.csv", 1)
    autumn.look()
    autumn.now += leap
    answers = [autumn.look() for _ in range(2)]
    (request,) = [answer for answer in answers if isinstance(answer, dg.RunRequest)][:1]
    autumn.run(request, dg.DagsterRunStatus.SUCCESS)
    autumn.publish()
    for _ in range(3):
        autumn.now += leap
        assert autumn.look() == "Nothing new among 1 files."


def test_names_of_files_are_shown_not_obeyed(autumn: Autumn) -> None:
    autumn.write("\x1b[1m$(id).csv", 1)
    assert autumn.arrival().tags[FILES_TAG] == "\\x1b[1m$(id).csv"


def test_an_inbox_that_is_gone_is_an_error_of_the_sensor(autumn: Autumn) -> None:
    autumn.inbox.rmdir()
    with pytest.raises(IntakeError, match="does not exist"):
        autumn.look()


class HeldByAnotherProcess:
    """The lock of a dataset, held by another process as a refresh holds it."""

    def __init__(self, dataset: Dataset) -> None:
        self.lock = dataset.folder / "refresh.lock"

    def __enter__(self) -> None:
        code = (
            "import filelock, sys\n"
            "with filelock.FileLock(sys.argv[1]):\n"
            "    print(1, flush=True)\n"
            "    input()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(self.lock)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout and self.process.stdout.readline() == b"1\n"

    def __exit__(self, *_: object) -> None:
        self.process.communicate(b"\n")


def test_what_fails_in_a_sensor_reaches_a_person_once_and_so_does_its_end(autumn: Autumn) -> None:
    autumn.inbox.rmdir()
    for _ in range(2):
        with pytest.raises(IntakeError):
            autumn.look()
    (alert,) = open_alerts(autumn.dataset)
    assert (alert.problem.kind, alert.problem.name) == ("sensor", "inbox")
    assert "does not exist" in alert.problem.words
    autumn.inbox.mkdir()
    autumn.look()
    assert open_alerts(autumn.dataset) == []


def tick(schedule: dg.ScheduleDefinition, at: datetime) -> dg.RunRequest | str:
    with dg.build_schedule_context(scheduled_execution_time=at) as context:
        found = schedule.evaluate_tick(context)
    return found.run_requests[0] if found.run_requests else str(found.skip_message)


FIRST_OF_NOVEMBER = datetime(2021, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_the_schedule_is_for_nine_in_china_on_the_first_of_november(autumn: Autumn) -> None:
    schedule = build_autumn_schedule(autumn.dataset, REFRESH_JOB)
    ticks = schedule_execution_time_iterator(
        datetime(2021, 1, 1, tzinfo=UTC).timestamp(),
        schedule.cron_schedule,
        schedule.execution_timezone,
    )
    following = [next(ticks).astimezone(ZoneInfo("Asia/Shanghai")) for _ in range(3)]
    assert following == [FIRST_OF_NOVEMBER.replace(year=year) for year in (2021, 2022, 2023)]


def test_the_schedule_refreshes_and_says_what_is_due(autumn: Autumn) -> None:
    autumn.write("a.csv", 1, year=2019)
    autumn.publish()
    schedule = build_autumn_schedule(autumn.dataset, REFRESH_JOB)
    request = tick(schedule, FIRST_OF_NOVEMBER)
    assert isinstance(request, dg.RunRequest) and request.run_key == "2021-11-01"
    reminder, missing = open_alerts(autumn.dataset)
    assert reminder.problem.words == (
        "China Statistical Yearbook: data year 2020 due since 2021-11-01, newest here is 2019 "
        "(of gdp_100m_yuan). ami needs says what waits for them"
    )
    assert missing.problem.key[1:] == ("items", "missing")
    assert missing.problem.words.startswith("62 of 63 items that the index or a model needs were")
    # Still waiting a month later, then overdue, then here: told as due once, and as recovered.
    sensor = build_overdue_sensor(autumn.dataset, today=lambda: date(2021, 12, 1))
    found, _ = evaluated(sensor, autumn)
    assert {e.check_name for e in found if not e.passed} == {"csy_not_overdue"}
    assert [alert.problem.key[1:] for alert in open_alerts(autumn.dataset)] == [
        ("csy", "due"),
        ("items", "missing"),
        ("marts/fct_panel", "csy_not_overdue"),
    ]
    autumn.write("b.csv", 2, year=2020)
    autumn.publish()
    found, _ = evaluated(sensor, autumn)
    assert all(e.passed for e in found)
    assert [alert.problem.name for alert in open_alerts(autumn.dataset)] == ["missing"]


def test_the_schedule_leaves_a_running_refresh_alone(autumn: Autumn) -> None:
    schedule = build_autumn_schedule(autumn.dataset, REFRESH_JOB)
    with HeldByAnotherProcess(autumn.dataset):
        assert tick(schedule, FIRST_OF_NOVEMBER) == "A refresh is running already."


def evaluated(
    sensor: dg.SensorDefinition, autumn: Autumn, cursor: str | None = None
) -> tuple[list[dg.AssetCheckEvaluation], str | None]:
    with dg.build_sensor_context(autumn.instance, cursor=cursor) as context:
        found = sensor.evaluate_tick(context)
    return list(found.asset_events), found.cursor


# Files do not say which yearbook they are from; an item tells which one prints it.
ITEM_OF = {
    "csy": "gdp_100m_yuan",
    "eps": "fdi_10k_usd",
    "tertiary": "tertiary_value_added_100m_yuan",
    # Of the EPS platform, which has no day; the China Statistical Yearbook prints it.
    "budget": "budget_expenditure_100m_yuan",
    "investment": "fixed_investment_100m_yuan",
}


def hold(dataset: Dataset, *rows: dict[str, int | None]) -> None:
    """A published warehouse with a figure of each yearbook and year; of a later one, a mark."""
    dataset.folder.mkdir(parents=True)
    with duckdb.connect(str(dataset.database)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.observations"
            " (dataset varchar, item_code varchar, year integer, value double)"
        )
        for row in rows:
            for yearbook, year in row.items():
                connection.execute(
                    "insert into raw.observations values (?, ?, ?, ?)",
                    [dataset.name, ITEM_OF[yearbook], year or 2100, 1.0 if year else None],
                )


# Newest data year here, day, and the data years that are then due and overdue. 30 days of grace.
OVERDUE_WHEN = [
    (2020, date(2022, 10, 31), [], []),
    (2020, date(2022, 11, 1), [2021], []),
    (2020, date(2022, 11, 30), [2021], []),
    (2020, date(2022, 12, 1), [2021], [2021]),
    (2020, date(2022, 12, 31), [2021], [2021]),
    (2020, date(2023, 1, 1), [2021], [2021]),
    (2020, date(2023, 11, 1), [2021, 2022], [2021]),
    (2020, date(2026, 11, 24), [2021, 2022, 2023, 2024, 2025], [2021, 2022, 2023, 2024]),
    (2021, date(2022, 12, 1), [], []),
    (2022, date(2022, 12, 1), [], []),
]


@pytest.mark.parametrize(("newest", "day", "awaited", "late"), OVERDUE_WHEN)
def test_what_is_due_and_overdue_when(
    tmp_path: Path, newest: int, day: date, awaited: list[int], late: list[int]
) -> None:
    dataset = Dataset("mine", tmp_path, tmp_path)
    hold(dataset, {"csy": newest - 5}, {"csy": newest, "eps": newest}, {"csy": None})
    asked = [item for each in due(dataset, day) for item in each.items]
    assert [year for item in asked for year in item.years] == awaited
    found = overdue(dataset, day)
    items = [item for each in found for item in each.items]
    assert [year for item in items for year in item.years] == late
    # No other yearbook: what was never loaded is missing, and cannot be late.
    assert {each.yearbook for each in found} <= {"csy"}
    assert all(item.since == date(newest + 2, 11, 1) for item in items)
    assert never_loaded(dataset, day).startswith("61 of 63 items")


def test_each_item_is_late_by_itself(tmp_path: Path) -> None:
    dataset = Dataset("mine", tmp_path, tmp_path)
    hold(dataset, {"csy": 2020, "tertiary": 2018, "budget": 2019, "investment": 2017})
    (late,) = due(dataset, date(2021, 11, 1))
    assert str(late) == (
        "China Statistical Yearbook: data year 2020 due since 2021-11-01, newest here is 2019 "
        "(of budget_expenditure_100m_yuan); data years 2019-2020 due since 2020-11-01, newest here "
        "is 2018 (of tertiary_value_added_100m_yuan). ami needs says what waits for them"
    )
    # Investment is printed until 2017 only; GDP is here.
    assert {each.item for each in late.items} == {
        "budget_expenditure_100m_yuan", "tertiary_value_added_100m_yuan"
    }  # fmt: skip


def test_nothing_is_overdue_before_the_first_refresh_and_in_the_demo(tmp_path: Path) -> None:
    dataset = Dataset("mine", tmp_path, tmp_path)
    assert overdue(dataset, date(2030, 1, 1)) == []
    demo = Dataset(DEMO, DEMO_YEARBOOKS, tmp_path)
    hold(demo, {"csy": 2000})
    assert overdue(demo, date(2030, 1, 1)) == []


def test_the_status_names_what_is_overdue_and_survives_a_damaged_warehouse(tmp_path: Path) -> None:
    dataset = Dataset("mine", tmp_path, tmp_path)
    hold(dataset, {"csy": 2000})
    sentence = dict(summarise(dataset))["overdue"]
    assert sentence.startswith("China Statistical Yearbook: data years 2001-20")
    assert dict(summarise(dataset))["missing"].startswith("62 of 63 items")
    dataset.database.write_text("not a database")
    assert "overdue" not in dict(summarise(dataset))


@pytest.mark.parametrize("row", ["csy,a,b,11-31,30", "csy,a,b,02-29,30", "csy,a,b,11-01,"])
def test_a_date_that_cannot_be_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    header = "yearbook,yearbook_name,yearbook_name_zh,due,grace_days"
    (tmp_path / "yearbooks.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    monkeypatch.setattr("ami.shortfall.due.REFERENCE_SEEDS", tmp_path)
    with pytest.raises(CatalogueError, match=r"yearbooks\.csv, row 2: due"):
        yearly()


def test_the_checks_are_judged_once_a_day_and_when_the_judgement_changes(autumn: Autumn) -> None:
    autumn.write("a.csv", 1, year=2019)
    autumn.publish()
    day = date(2021, 11, 30)
    sensor = build_overdue_sensor(autumn.dataset, today=lambda: day)
    found, cursor = evaluated(sensor, autumn)
    assert len(found) == 6 and all(each.passed for each in found)
    assert evaluated(sensor, autumn, cursor) == ([], cursor)
    day = date(2021, 12, 1)
    found, cursor = evaluated(sensor, autumn, cursor)
    assert [each.check_name for each in found if not each.passed] == ["csy_not_overdue"]
    autumn.write("b.csv", 1, year=2020)
    autumn.publish()
    found, _ = evaluated(sensor, autumn, cursor)
    assert all(each.passed for each in found)


def test_marts_that_dagster_calls_stale_reach_a_person(autumn: Autumn) -> None:
    sensor = build_overdue_sensor(autumn.dataset, today=lambda: date(2021, 12, 1))
    for state, told in ((FreshnessState.FAIL, ["built_in_autumn"]), (FreshnessState.PASS, [])):
        change = FreshnessStateChange(
            key=PANEL,
            new_state=state,
            previous_state=FreshnessState.UNKNOWN,
            state_change_timestamp=1.0,
        )
        autumn.instance._report_runless_asset_event(change)
        evaluated(sensor, autumn)
        assert [alert.problem.name for alert in open_alerts(autumn.dataset)] == told


@pytest.mark.parametrize("watched", [False, True])
def test_one_switch_turns_everything_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    monkeypatch.delenv(WATCH_VARIABLE, raising=False)
    if watched:
        monkeypatch.setenv(WATCH_VARIABLE, "45")
    repository = build_defs(Dataset(DEMO, DEMO_YEARBOOKS, tmp_path)).get_repository_def()
    inbox = repository.get_sensor_def("inbox")
    assert inbox.minimum_interval_seconds == (45 if watched else 30)
    statuses = {
        inbox.default_status.value,
        repository.get_sensor_def("overdue_yearbooks").default_status.value,
        repository.get_schedule_def("autumn").default_status.value,
    }
    assert statuses == {"RUNNING" if watched else "STOPPED"}
    # What the daemon starts is what `ami refresh` runs.
    assert inbox.job_name == repository.get_schedule_def("autumn").job_name == REFRESH_JOB


def test_the_marts_have_the_policy_and_a_check_for_each_yearly_yearbook(tmp_path: Path) -> None:
    graph = build_defs(Dataset(DEMO, DEMO_YEARBOOKS, tmp_path)).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        is_mart = graph.get(key).group_name == "marts"
        assert (graph.get(key).freshness_policy is not None) == is_mart, key
    names = {key.name for key in graph.asset_check_keys if key.name.endswith("_not_overdue")}
    assert len(names) == 6


def test_a_run_that_was_closed_as_dead_is_told_in_words(autumn: Autumn) -> None:
    run_id = autumn.instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.STARTED).run_id
    autumn.look()
    autumn.look(SECONDS_OF_SILENCE)
    run = autumn.instance.get_run_by_id(run_id)
    events = [each.dagster_event for each in autumn.instance.all_logs(run_id)]
    tell_of_run(autumn.dataset, run, Findings.of(each for each in events if each))
    (alert,) = open_alerts(autumn.dataset)
    assert "The process of this run ended before the run did" in alert.problem.words
