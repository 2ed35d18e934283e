"""What Dagster's daemon looks at between runs: the inbox, overdue yearbooks, runs that ended.

Here belongs when a refresh starts by itself and what a person is told without one. What a refresh
does is said by the job; what has arrived by `ami.arrivals`; what is overdue by `ami.overdue`.

Off, as Dagster's sensors are, unless `ami watch` started the process; but those of ended runs.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Self

import dagster as dg

from ami import receipt
from ami.alerting import Problem, tell
from ami.arrivals import Arrivals
from ami.dataset import Dataset
from ami.dates import today_in_china
from ami.overdue import tell_what_is_due
from ami.server import is_watched, seconds_between_looks
from dagster_project.checks import PANEL, judge_overdue
from dagster_project.run_findings import Findings, tell_of_run
from yearbooks.inbox import Seen, look

# Tags of a run: the files it was started for, by content; and that its process ended before it.
ARRIVAL_TAG = "ami/arrival"
FILES_TAG = "ami/files"
LOST_TAG = "ami/lost"
# Longer than a run takes to start on a busy machine.
SECONDS_OF_SILENCE = 300
# A refresh whose process is killed each time is not started for ever.
MAX_LOST = 3

# The name of a problem: the marts are older than the freshness policy allows.
BUILT_NAME = "built_in_autumn"

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass
class Memory:
    """What the inbox sensor keeps from one look to the next, in Dagster's cursor.

    files: the last look. mappings: see `Arrivals`. asked: the arrival that a run was asked for
    last, with the mapping files of its files. silent: since when nothing is heard of a run.
    """

    files: dict[str, Seen] = field(default_factory=dict)
    mappings: dict[str, str] = field(default_factory=dict)
    asked: tuple[str, dict[str, str]] | None = None
    silent: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str | None) -> Self:
        kept = json.loads(cursor or "{}")
        kept["files"] = {name: Seen(**seen) for name, seen in kept.get("files", {}).items()}
        return cls(**kept)

    def cursor(self) -> str:
        return json.dumps(asdict(self))

    def learn(self, instance: dg.DagsterInstance) -> None:
        """Take the mapping files of the run that was asked for as read once it has succeeded."""
        if self.asked and any(run.is_success for run in _runs_for(instance, self.asked[0])):
            self.mappings |= self.asked[1]
            self.asked = None

    def forget_mappings(self) -> None:
        """Keep the mapping file of each file that is there, as it is now where none was known."""
        self.mappings = {
            name: self.mappings.get(name, seen.mapping)
            for name, seen in self.files.items()
            if name in self.mappings or seen.content
        }


def build_inbox_sensor(
    dataset: Dataset, job_name: str, *, clock: Callable[[], float] = time.time
) -> dg.SensorDefinition:
    """Starts a refresh when the inbox holds a file, all there, that no refresh has seen.

    What was taken in is known from the last good warehouse, what was tried in vain from the runs.
    """

    @dg.sensor(
        name="inbox",
        job_name=job_name,
        minimum_interval_seconds=seconds_between_looks(),
        default_status=_status(),
        description="Starts a refresh when a new or changed yearbook file is complete.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        with _told(dataset, "inbox"):
            return _look_once(context, dataset, clock)

    return inbox


def _look_once(
    context: dg.SensorEvaluationContext, dataset: Dataset, clock: Callable[[], float]
) -> dg.SensorResult:
    memory = Memory.read(context.cursor)
    settle_seconds = seconds_between_looks() / 2
    memory.files = look(dataset.inbox, memory.files, now=clock(), settle_seconds=settle_seconds)
    memory.learn(context.instance)
    arrivals = Arrivals.of(dataset, memory.files, memory.mappings)
    if arrivals.pending and not receipt.news(dataset):
        # A refresh by hand has read their mapping files, of which the warehouse knows nothing.
        memory.mappings |= {name: seen.mapping for name, seen in arrivals.pending.items()}
        arrivals = Arrivals.of(dataset, memory.files, memory.mappings)
    running = _running(context.instance, dataset, memory, clock())
    reason = _why_not(context.instance, arrivals, running)
    request = None
    if not reason:
        tags = {ARRIVAL_TAG: arrivals.digest, FILES_TAG: arrivals.names[:500]}
        request = dg.RunRequest(tags=tags)
        mappings = {name: seen.mapping for name, seen in arrivals.pending.items()}
        memory.asked = (arrivals.digest, mappings)
        context.log.info(f"New or changed, and complete: {arrivals.names}")
    for said in arrivals.removed():
        reason = f"{reason} {said}".strip()
        context.log.info(said)
    memory.forget_mappings()
    return dg.SensorResult(
        run_requests=[request] if request else [],
        skip_reason=None if request else reason,
        cursor=memory.cursor(),
    )


def _why_not(instance: dg.DagsterInstance, arrivals: Arrivals, running: list[str]) -> str:
    """Why no refresh starts now; empty where one does."""
    waiting = [seen.waits_for for seen in arrivals.files.values() if seen.waits_for]
    if waiting:
        return f"Waiting for {'; '.join(waiting)}."
    if running:
        then = f" Then: {arrivals.names}." if arrivals.pending else ""
        return f"A refresh is running (run {running[0]}).{then}"
    if not arrivals.pending:
        return f"Nothing new among {len(arrivals.files)} files."
    earlier = _runs_for(instance, arrivals.digest)
    ended = [run for run in earlier if LOST_TAG not in run.tags]
    if ended or len(earlier) >= MAX_LOST:
        return (
            f"Run {(ended or earlier)[0].run_id} for {arrivals.names} ended without being "
            "published; the same files do not start another. See what the run says; correct a "
            "file, or run ami refresh."
        )
    return ""


def _running(
    instance: dg.DagsterInstance, dataset: Dataset, memory: Memory, now: float
) -> list[str]:
    """The runs that are under way, those of which nothing is heard noted in `memory`.

    A run holds the dataset's lock, but for moments at its start and end. One that is to have
    started and whose lock is free for `SECONDS_OF_SILENCE` is dead: killed, or ended by a power
    cut. It is closed as failed, for else it would hold back those to come for ever.
    """
    unfinished = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
    begun = [run for run in unfinished if run.status != dg.DagsterRunStatus.QUEUED]
    quiet = {run.run_id: run for run in begun} if begun and not dataset.in_use else {}
    # A clock that was put back starts the wait anew.
    since = {run_id: min(memory.silent.get(run_id, now), now) for run_id in quiet}
    dead = [run_id for run_id in quiet if now - since[run_id] >= SECONDS_OF_SILENCE]
    for run_id in dead:
        instance.add_run_tags(run_id, {LOST_TAG: "true"})
        instance.report_run_failed(
            quiet[run_id],
            "The process of this run ended before the run did: killed, or a power cut.",
        )
    memory.silent = {run_id: moment for run_id, moment in since.items() if run_id not in dead}
    return [run.run_id for run in unfinished if run.run_id not in dead]


def _runs_for(instance: dg.DagsterInstance, arrival: str) -> Sequence[dg.DagsterRun]:
    """The runs that were started for these files, the newest first."""
    return instance.get_runs(dg.RunsFilter(tags={ARRIVAL_TAG: arrival}))


def build_overdue_sensor(
    dataset: Dataset, *, today: Callable[[], date] = today_in_china
) -> dg.SensorDefinition:
    """Judges once a day, without a run, which yearbook is overdue, and tells a person."""

    @dg.sensor(
        name="overdue_yearbooks",
        minimum_interval_seconds=3600,
        default_status=_status(),
        description="Updates the checks of the panel that are named after a yearbook.",
    )
    def overdue_yearbooks(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        with _told(dataset, "overdue_yearbooks"):
            judged = judge_overdue(dataset, today())
        late = {each.check_name: each.description or "" for each in judged if not each.passed}
        panel = PANEL.to_user_string()
        tell(
            dataset,
            [Problem("check", "WARN", panel, name, words) for name, words in late.items()],
            kinds={"check"},
            concerns=lambda told: told.name in {each.check_name for each in judged},
        )
        tell_what_is_due(dataset, today())
        stale = list(_stale_marts(context.instance))
        tell(dataset, stale, kinds={"stale"}, concerns=lambda told: told.name == BUILT_NAME)
        summary = json.dumps([str(today()), list(late)])
        return dg.SensorResult(
            skip_reason="; ".join(late.values()) or "No yearbook is overdue.",
            asset_events=[] if summary == context.cursor else judged,
            cursor=summary,
        )

    return overdue_yearbooks


def _stale_marts(instance: dg.DagsterInstance) -> Iterator[Problem]:
    """What Dagster's freshness policy says of the marts, which are built together."""
    record = instance.get_freshness_state_records([PANEL]).get(PANEL)
    if record and record.freshness_state == "FAIL":
        words = "not rebuilt since the 1 November before last 1 December: see the last runs"
        yield Problem("stale", "WARN", "marts", BUILT_NAME, words)


def build_run_sensors(dataset: Dataset) -> list[dg.SensorDefinition]:
    """Tell of every run that the daemon or the UI launched, once it has succeeded or failed.

    On from the start: they do nothing but tell, and that nothing is told must not be a default.
    """
    return [_build_run_sensor(dataset, status) for status in FINISHED]


def _build_run_sensor(dataset: Dataset, status: dg.DagsterRunStatus) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=status,
        name=f"alerts_on_{status.value.lower()}",
        description=f"Reports what a run that ended in {status.value.lower()} found.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.RunStatusSensorContext) -> None:
        run, instance = context.dagster_run, context.instance
        # The sensor comes late, and those of success and of failure in any order.
        later = [(each, _findings(instance, each)) for each in _ended_after(instance, run)]
        told = tell_of_run(dataset, run, _findings(instance, run), later)
        context.log.info(f"{len(told.new)} new, {len(told.recovered)} recovered, {told.faults}")

    return sensor


def _findings(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Findings:
    records = instance.all_logs(run.run_id)
    return Findings.of(record.dagster_event for record in records if record.dagster_event)


def _ended_after(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[dg.DagsterRun]:
    """The runs that ended after this one: not those that started after it, for they may overlap."""
    (record,) = instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id]))
    ended = record.end_time or 0.0
    records = instance.get_run_records(
        dg.RunsFilter(statuses=FINISHED, updated_after=datetime.fromtimestamp(ended, UTC))
    )
    return [each.dagster_run for each in records if (each.end_time or 0.0) > ended]


@contextmanager
def _told(dataset: Dataset, sensor: str) -> Iterator[None]:
    """Let a person know that a sensor fails, and that it works again."""

    def say(*problems: Problem) -> None:
        tell(dataset, problems, kinds={"sensor"}, concerns=lambda told: told.name == sensor)

    try:
        yield
    except Exception as error:
        say(Problem("sensor", "ERROR", "inbox", sensor, f"{type(error).__name__}: {error}"))
        raise
    say()


def _status() -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if is_watched() else dg.DefaultSensorStatus.STOPPED
