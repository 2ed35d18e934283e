"""What is news, what is gone, and that nothing which goes wrong with alerts ends a refresh."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from ami.alerting import (
    OpenAlert,
    Problem,
    Told,
    log_path,
    open_alerts,
    state,
    tell,
)
from ami.alerting.delivery import PATIENCE
from ami.alerting.messages import LONGEST_TEXT, Event, Message
from ami.dataset import Dataset
from command.exit_codes import ExitCode
from command.refresh import run_refresh
from dagster_project.run_findings import Findings, tell_of_run
from dagster_project.sensors import build_run_sensors

WARN = Problem("check", "WARN", "marts/fct_panel", "panel_jumps", "41 outside", 41)
ERROR = Problem("check", "ERROR", "marts/fct_panel", "panel_jumps", "a gap", 1)
STALE = Problem("stale", "WARN", "marts/fct_index", "overdue", "the yearbook of 2027 is overdue")


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    for name in [name for name in os.environ if name.startswith("AMI_ALERTS_")]:
        monkeypatch.delenv(name)
    return Dataset("mine", tmp_path, tmp_path)


def lines(dataset: Dataset) -> list[str]:
    return log_path(dataset).read_text(encoding="utf-8").splitlines()


class TestNews:
    def test_what_stands_is_told_again_only_when_it_has_become_worse(
        self, dataset: Dataset
    ) -> None:
        assert open_alerts(dataset) == []
        assert tell(dataset, [WARN], kinds={"check"}).new == (WARN,)
        (alert,) = open_alerts(dataset)
        assert tell(dataset, [WARN], kinds={"check"}) == Told()
        assert tell(dataset, [ERROR], kinds={"check"}).new == (ERROR,)
        assert open_alerts(dataset)[0].problem == ERROR
        assert open_alerts(dataset)[0].since == alert.since
        assert tell(dataset, [WARN], kinds={"check"}) == Told()
        assert tell(dataset, [], kinds={"check"}) == Told(recovered=(WARN,))
        assert open_alerts(dataset) == []
        assert tell(dataset, [], kinds={"check"}) == Told()
        assert [line.split("] ")[1].split()[0] for line in lines(dataset)] == [
            "WARN", "ERROR", "RECOVERED",
        ]  # fmt: skip

    def test_a_kind_that_is_not_told_of_stays_as_it_is(self, dataset: Dataset) -> None:
        tell(dataset, [WARN], kinds={"check"})
        tell(dataset, [STALE], kinds={"stale", "sensor"})
        tell(dataset, [], kinds={"sensor"})
        assert [alert.problem for alert in open_alerts(dataset)] == [WARN, STALE]
        with pytest.raises(ValueError, match="stale"):
            tell(dataset, [STALE], kinds={"check"})

    def test_a_run_that_fails_for_another_reason_is_told_again(self, dataset: Dataset) -> None:
        first, second = (Problem("run", "ERROR", "refresh", "intake", word) for word in "ab")
        for problem, new in ((first, (first,)), (first, ()), (second, (second,))):
            assert tell(dataset, [problem], kinds={"run"}).new == new

    def test_the_most_serious_is_listed_first(self, dataset: Dataset) -> None:
        error = Problem("run", "ERROR", "refresh", "intake", "no figure")
        tell(dataset, [WARN], kinds={"check"})
        tell(dataset, [error], kinds={"run"})
        assert [alert.problem for alert in open_alerts(dataset)] == [error, WARN]


class TestIdentity:
    NOON = datetime(2027, 11, 1, 12, tzinfo=UTC)

    def id_of(self, dataset: Dataset, problem: Problem, event: Event = "problem") -> str:
        alert = OpenAlert(problem, self.NOON)
        return Message.of(event, alert, dataset, "", datetime.now(UTC)).id

    def test_the_same_news_has_the_same_id(self, dataset: Dataset) -> None:
        first = self.id_of(dataset, WARN)
        # Another number of rows is no news.
        again = self.id_of(dataset, replace(WARN, count=42, words="42 outside", run_id="later"))
        assert first == again and len(first) == 32

    def test_what_is_told_again_has_another(self, dataset: Dataset, tmp_path: Path) -> None:
        failed = Problem("run", "ERROR", "refresh", "intake", "no figure")
        ids = [
            *(self.id_of(dataset, each) for each in (WARN, ERROR, STALE, failed)),
            self.id_of(dataset, replace(failed, words="the disk is full")),
            self.id_of(dataset, WARN, "recovered"),
            self.id_of(Dataset("other", tmp_path, tmp_path), WARN),
        ]
        assert len(set(ids)) == len(ids)


class TestLog:
    def test_no_text_can_act_in_it_or_begin_a_line(self, dataset: Dataset) -> None:
        words = "\x1b[31mred\r\n2026-01-01 [AMI mine] RECOVERED all is well \u202e"
        tell(dataset, [Problem("check", "WARN", "a\nb", "c", words)], kinds={"check"})
        (line,) = lines(dataset)
        assert line.isprintable()
        assert "\\x1b[31mred␍␤2026-01-01" in line

    def test_a_long_text_is_cut(self, dataset: Dataset) -> None:
        tell(dataset, [Problem("check", "WARN", "a", "b", "x" * 10**6)], kinds={"check"})
        assert LONGEST_TEXT < len(lines(dataset)[0]) < LONGEST_TEXT + 200


class TestFaults:
    def test_a_state_that_cannot_be_kept(self, dataset: Dataset) -> None:
        (dataset.folder / "alerts.sqlite").mkdir(parents=True)
        for _ in range(2):
            told = tell(dataset, [WARN], kinds={"check"})
            assert told.new == (WARN,)
            assert "cannot be recorded" in told.faults["state"]
        assert sum("panel_jumps" in line for line in lines(dataset)) == 2

    @pytest.mark.parametrize("intact", [0, 100, 4096])
    def test_a_damaged_state_is_put_aside(self, dataset: Dataset, intact: int) -> None:
        tell(dataset, [WARN], kinds={"check"})
        path = dataset.folder / "alerts.sqlite"
        content = path.read_bytes()
        path.write_bytes(content[:intact] + b"\xa5" * (len(content) - intact))
        told = tell(dataset, [WARN], kinds={"check"})
        assert told.new == (WARN,)
        assert (dataset.folder / "alerts.sqlite.damaged").is_file()
        assert "damaged" in told.faults["state"]
        assert tell(dataset, [WARN], kinds={"check"}) == Told()

    def test_a_log_that_cannot_be_written(self, dataset: Dataset) -> None:
        log_path(dataset).mkdir(parents=True)
        told = tell(dataset, [WARN], kinds={"check"})
        assert told.new == (WARN,)
        assert "alerts.log cannot be written" in told.faults["log"]

    def test_a_home_that_is_a_file(self, tmp_path: Path) -> None:
        home = tmp_path / "file"
        home.write_text("")
        told = tell(Dataset("mine", tmp_path, home), [WARN], kinds={"check"})
        assert told.new == (WARN,)
        assert set(told.faults) >= {"state", "log"}

    def test_more_than_the_bound_waits_for_nobody(
        self, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(state, "OUTBOX_BOUND", 3)
        monkeypatch.setenv("AMI_ALERTS_SLACK_URL", "http://127.0.0.1:1/")
        problems = [Problem("check", "WARN", "a", str(number), "w") for number in range(5)]
        told = tell(dataset, problems, kinds={"check"}, patience=PATIENCE.hurried())
        assert len(told.new) == 5
        assert any("the 2 oldest are dropped" in line for line in lines(dataset))
        monkeypatch.delenv("AMI_ALERTS_SLACK_URL")
        tell(dataset, problems, kinds={"check"})
        assert any("3 unsent alerts are dropped" in line for line in lines(dataset))

    def test_a_refresh_that_crashes_is_told(
        self, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        dataset.folder.mkdir(parents=True)

        def crash(*_: object, **__: object) -> None:
            raise RuntimeError("the history of Dagster cannot be opened")

        monkeypatch.setattr("dagster_project.run.refresh", crash)
        assert run_refresh(dataset) is ExitCode.FAILED
        (alert,) = open_alerts(dataset)
        assert (alert.problem.kind, alert.problem.severity) == ("run", "ERROR")
        assert alert.problem.words == "RuntimeError: the history of Dagster cannot be opened"
        assert "Alerts: 1 new" in capfd.readouterr().out


@dg.asset(
    check_specs=[
        dg.AssetCheckSpec("jumps", asset="panel"),
        dg.AssetCheckSpec("gaps", asset="panel", blocking=True),
    ]
)
def panel(context: dg.AssetExecutionContext) -> object:
    faults = context.run.tags
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(
        check_name="jumps",
        passed="jumps" not in faults,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"expected": "small", "observed": "7 outside", "n_unexpected": 7,
                  "first_rows": "Tibet 2003 ame: 8.82"},
    )  # fmt: skip
    yield dg.AssetCheckResult(
        check_name="gaps", passed="gaps" not in faults, metadata={"unique_id": "test.gaps"}
    )


@dg.asset(deps=[panel], check_specs=[dg.AssetCheckSpec("late", asset="report")])
def report(context: dg.AssetExecutionContext) -> object:
    if "crash" in context.run.tags:
        raise ValueError("the disk\nis full")
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(
        passed="late" not in context.run.tags, severity=dg.AssetCheckSeverity.WARN
    )


@pytest.mark.filterwarnings("ignore:Parameter `repository_def`")
class TestRuns:
    """What real runs of a small job show, told as `ami refresh` and as the sensors do."""

    DEFS = dg.Definitions(
        [panel, report],
        jobs=[dg.define_asset_job("refresh")],
        executor=dg.in_process_executor,
    )

    def run(self, instance: dg.DagsterInstance, *faults: str) -> dg.ExecuteInProcessResult:
        job = self.DEFS.resolve_job_def("refresh")
        return job.execute_in_process(
            instance=instance, raise_on_error=False, tags=dict.fromkeys(faults, "yes")
        )

    def told(self, dataset: Dataset, *faults: str) -> tuple[set[str], set[str]]:
        """The names of what is new and what has recovered after a run with these faults."""
        with dg.DagsterInstance.ephemeral() as instance:
            result = self.run(instance, *faults)
        told = tell_of_run(dataset, result.dagster_run, Findings.of(result.all_events))
        assert not told.faults
        return {each.name for each in told.new}, {each.name for each in told.recovered}

    def test_a_refresh_tells_its_checks_and_failures(self, dataset: Dataset) -> None:
        assert self.told(dataset) == (set(), set())
        assert self.told(dataset, "jumps", "late") == ({"jumps", "late"}, set())
        jumps = next(each for each in open_alerts(dataset) if each.problem.name == "jumps").problem
        assert (jumps.asset, jumps.severity, jumps.count) == ("panel", "WARN", 7)
        assert jumps.words == "expected: small; observed: 7 outside"
        assert jumps.first_rows == "Tibet 2003 ame: 8.82" and jumps.run_id
        # Stopped by a check: of what comes behind it nothing is known, and it is told once.
        assert self.told(dataset, "gaps") == ({"gaps"}, {"jumps"})
        # It fails where `late` would be looked at.
        assert self.told(dataset, "crash") == ({"report"}, {"gaps"})
        crash = open_alerts(dataset)[0].problem
        assert (crash.kind, crash.asset, crash.severity) == ("run", "refresh", "ERROR")
        assert crash.words == "the disk\nis full"
        assert {alert.problem.name for alert in open_alerts(dataset)} == {"report", "late"}
        assert self.told(dataset) == (set(), {"report", "late"})

    def test_a_few_assets_made_by_hand_say_nothing_of_the_others(self, dataset: Dataset) -> None:
        self.told(dataset, "jumps", "late", "crash")
        self.told(dataset, "jumps", "late")
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize([panel], instance=instance)
            told = tell_of_run(dataset, result.dagster_run, Findings.of(result.all_events))
        assert {each.name for each in told.recovered} == {"jumps"}
        assert {alert.problem.name for alert in open_alerts(dataset)} == {"late"}

    def test_a_refresh_that_made_everything_ends_a_failure_made_by_hand(
        self, dataset: Dataset
    ) -> None:
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                [panel, report], instance=instance, raise_on_error=False, tags={"crash": "yes"}
            )
            told = tell_of_run(dataset, result.dagster_run, Findings.of(result.all_events))
        assert [each.asset for each in told.new] == ["made by hand"]
        assert self.told(dataset, "gaps") == ({"gaps"}, set())
        assert self.told(dataset) == (set(), {"report", "gaps"})


def refresh_job() -> dg.JobDefinition:
    return TestRuns.DEFS.resolve_job_def("refresh")


class Daemon:
    """Dagster's daemon as far as the sensors of ended runs go, with the cursors it keeps."""

    def __init__(self, dataset: Dataset, instance: dg.DagsterInstance) -> None:
        self.dataset = dataset
        self.instance = instance
        self.cursors: dict[str, str | None] = {}
        self.restart()
        self.look()

    def restart(self) -> None:
        self.sensors = {sensor.name: sensor for sensor in build_run_sensors(self.dataset)}

    def look(self, *names: str) -> None:
        """One tick of each sensor, or of those named, in their order."""
        for name in names or self.sensors:
            with dg.build_sensor_context(
                self.instance,
                cursor=self.cursors.get(name),
                repository_def=TestRuns.DEFS.get_repository_def(),
            ) as context:
                self.cursors[name] = self.sensors[name].evaluate_tick(context).cursor


def events(dataset: Dataset) -> list[tuple[str, str]]:
    """What was told, in its order: the event and the name."""
    said = [line.split("] ")[1].split(": ")[:2] for line in lines(dataset)]
    return [(words.split()[0], name.split(":")[0]) for words, name in said]


class TestSensorsOfRuns:
    """Runs that the daemon notices when it looks: late, twice, after a restart, out of order."""

    @pytest.fixture
    def instance(self, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
        with dg.DagsterInstance.ephemeral(str(tmp_path)) as instance:
            yield instance

    def run(self, instance: dg.DagsterInstance, *faults: str) -> str:
        return TestRuns().run(instance, *faults).run_id

    def from_failure(self, instance: dg.DagsterInstance, run_id: str, *faults: str) -> str:
        """Make a run again from the step that failed, as the UI does."""
        with dg.execute_job(
            dg.reconstructable(refresh_job),
            instance,
            tags=dict.fromkeys(faults, "yes"),
            raise_on_error=False,
            reexecution_options=dg.ReexecutionOptions.from_failure(run_id, instance),
        ) as result:
            return result.run_id

    def test_they_are_on_from_the_start(self, dataset: Dataset) -> None:
        statuses = {sensor.default_status for sensor in build_run_sensors(dataset)}
        assert statuses == {dg.DefaultSensorStatus.RUNNING}

    def test_a_run_is_told_once_however_often_the_daemon_restarts(
        self, dataset: Dataset, instance: dg.DagsterInstance
    ) -> None:
        daemon = Daemon(dataset, instance)
        self.run(instance, "crash", "jumps")
        for forget in (False, False, True):
            daemon.restart()
            if forget:
                daemon.cursors.clear()
            daemon.look()
            daemon.look()
        assert events(dataset) == [("WARN", "jumps"), ("ERROR", "report")]

    def test_what_ami_refresh_has_told_is_not_told_again(
        self, dataset: Dataset, instance: dg.DagsterInstance
    ) -> None:
        daemon = Daemon(dataset, instance)
        run = instance.get_run_by_id(self.run(instance, "crash", "jumps"))
        assert run is not None
        logs = [each.dagster_event for each in instance.all_logs(run.run_id)]
        tell_of_run(dataset, run, Findings.of(each for each in logs if each))
        daemon.look()
        assert events(dataset) == [("WARN", "jumps"), ("ERROR", "report")]

    @pytest.mark.parametrize("each_is_noticed", [True, False])
    def test_a_run_made_again_is_told_when_it_fails_otherwise_or_no_more(
        self, dataset: Dataset, instance: dg.DagsterInstance, each_is_noticed: bool
    ) -> None:
        daemon = Daemon(dataset, instance)
        run_id = self.run(instance, "crash", "jumps")
        daemon.look()
        for faults in (["crash"], ["late"]):
            run_id = self.from_failure(instance, run_id, *faults)
            if each_is_noticed:
                daemon.look()
        daemon.look()
        # `panel` was not made again: what was found there stands.
        assert sorted(events(dataset)) == [
            ("ERROR", "report"), ("RECOVERED", "report"), ("WARN", "jumps"), ("WARN", "late"),
        ]  # fmt: skip
        assert {alert.problem.name for alert in open_alerts(dataset)} == {"jumps", "late"}

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_the_order_in_which_the_sensors_look_changes_nothing(
        self, dataset: Dataset, instance: dg.DagsterInstance, order: tuple[int, int]
    ) -> None:
        daemon = Daemon(dataset, instance)
        names = [[*daemon.sensors][place] for place in order]
        self.run(instance, "crash", "jumps")
        daemon.look(*names)
        self.run(instance, "crash")
        # By hand: what it did not look at stays as the run before has found it.
        dg.materialize([panel], instance=instance, tags={"jumps": "yes"})
        daemon.look(*names)
        assert events(dataset) == [("WARN", "jumps"), ("ERROR", "report")]
        self.run(instance, "crash", "gaps")
        self.run(instance, "late")
        daemon.look(*names)
        assert sorted(events(dataset)[2:]) == [
            ("RECOVERED", "jumps"), ("RECOVERED", "report"), ("WARN", "late")
        ]  # fmt: skip

    def test_one_that_started_later_and_ended_sooner_hides_nothing(
        self, dataset: Dataset, instance: dg.DagsterInstance
    ) -> None:
        daemon = Daemon(dataset, instance)
        long = instance.create_run_for_job(
            TestRuns.DEFS.resolve_job_def("refresh"), status=dg.DagsterRunStatus.STARTED
        )
        self.run(instance, "crash")
        daemon.look()
        instance.report_run_failed(long, "its process was killed")
        daemon.look()
        assert events(dataset) == [("ERROR", "report"), ("ERROR", "start"), ("RECOVERED", "report")]
