"""What happens by itself: the inbox is watched, the autumn is announced, stale marts are shown.

Here belongs when a refresh starts and what turns stale. What a refresh does is said by the job;
what lies in an inbox by `yearbooks.inbox`; which yearbook is overdue by `ami.overdue`.

Off, as Dagster's sensors and schedules are, unless `ami watch` started the process: it sets
`AMI_WATCH` to the seconds between two looks at the inbox.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta

import dagster as dg

from ami.alerts import Problem, tell
from ami.dataset import Dataset
from ami.overdue import CHINA, due, overdue, today_in_china, yearly
from ami.warehouse import Warehouse
from yearbooks.inbox import Seen, look
from yearbooks.source import content_hash
from yearbooks.untrusted import visible

WATCH_VARIABLE = "AMI_WATCH"
SECONDS_BETWEEN_LOOKS = 30

PANEL = dg.AssetKey(["marts", "fct_panel"])
PUBLISHED = dg.AssetKey(["results", "published"])

# What intake records for a file that it could not open.
NO_CONTENT = content_hash(b"")

# Tags of a run: the files it was started for, by content; and that its process ended before it.
ARRIVAL_TAG = "ami/arrival"
FILES_TAG = "ami/files"
LOST_TAG = "ami/lost"
# Longer than a run takes to start on a busy machine.
SECONDS_OF_SILENCE = 300
# A refresh whose process is killed each time is not started for ever.
MAX_LOST = 3

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

# 1 November: by then most yearbooks of the data year before are out.
AUTUMN = "0 9 1 11 *"
# Of every mart: built anew between 1 November and 1 December, or shown as stale until it is.
BUILT_IN_AUTUMN = dg.FreshnessPolicy.cron(
    deadline_cron="0 9 1 12 *", lower_bound_delta=timedelta(days=30), timezone=CHINA
)


BUILT_NAME = "built_in_autumn"


def automated(defs: dg.Definitions, job: dg.JobDefinition, dataset: Dataset) -> dg.Definitions:
    """`defs` with the sensors, the schedule and the check of staleness of `dataset`."""
    return dg.Definitions.merge(
        defs,
        dg.Definitions(
            sensors=[build_inbox_sensor(dataset, job), build_overdue_sensor(dataset)],
            schedules=[build_autumn_schedule(dataset, job)],
            asset_checks=[build_overdue_check(dataset)],
        ),
    )


def seconds_between_looks() -> int:
    return int(os.environ.get(WATCH_VARIABLE) or SECONDS_BETWEEN_LOOKS)


def build_inbox_sensor(
    dataset: Dataset, job: dg.JobDefinition, *, clock: Callable[[], float] = time.time
) -> dg.SensorDefinition:
    """Starts a refresh when the inbox holds a file, all there, that no refresh has seen.

    What was taken in is known from the last good warehouse, so that a refresh started by hand, a
    restart or a lost memory start nothing twice. What was tried in vain is known from the runs.
    The cursor holds the last look, and, which the warehouse does not know, the mapping file with
    which each file was read.
    """

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=seconds_between_looks(),
        default_status=_sensor_status(),
        description="Starts a refresh when a new or changed yearbook file is all there.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        with _told(dataset, "inbox"):
            return look_once(context)

    def look_once(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        memory = json.loads(context.cursor or "{}")
        files = look(
            dataset.inbox,
            {name: Seen(**seen) for name, seen in memory.get("files", {}).items()},
            now=clock(),
            settle_seconds=seconds_between_looks() / 2,
        )
        asked = memory.get("asked", {})
        mappings = memory.get("mappings", {})
        if asked and _has_succeeded(context.instance, asked["arrival"]):
            mappings, asked = mappings | asked["mappings"], {}
        loads = _newest_loads(dataset)
        taken_in = {name: content for name, (_, content) in loads.items()}
        pending = {
            name: [seen.content, seen.mapping]
            for name, seen in files.items()
            if seen.content
            and (
                not _is_taken_in(name, seen.content, taken_in)
                or mappings.get(name, seen.mapping) != seen.mapping
            )
        }
        running, silent = _running(context.instance, dataset, memory.get("silent", {}), clock())
        arrival = _digest(pending, max((load for load, _ in loads.values()), default=0))
        earlier = _runs_for(context.instance, arrival) if pending else []
        ended = [run for run in earlier if LOST_TAG not in run.tags]

        names = ", ".join(map(visible, pending))
        waiting = [seen.waits_for for seen in files.values() if seen.waits_for]
        request = None
        if waiting:
            reason = f"Waiting for {'; '.join(waiting)}."
        elif running:
            reason = f"A refresh is running (run {running[0]})." + (
                f" Then: {names}." if pending else ""
            )
        elif not pending:
            reason = f"Nothing new among {len(files)} files."
        elif ended or len(earlier) >= MAX_LOST:
            last = (ended or earlier)[0]
            reason = (
                f"Run {last.run_id} for {names} ended without being published; the same files do "
                "not start another. See what the run says; correct a file, or run ami refresh."
            )
        else:
            reason = ""
            request = dg.RunRequest(tags={ARRIVAL_TAG: arrival, FILES_TAG: names[:500]})
            asked = {
                "arrival": arrival,
                "mappings": {name: mapping for name, (_, mapping) in pending.items()},
            }
            context.log.info(f"New or changed, and all there: {names}")
        for said in _removed(taken_in, files):
            reason = f"{reason} {said}".strip()
            context.log.info(said)
        return dg.SensorResult(
            run_requests=[request] if request else [],
            skip_reason=None if request else reason,
            cursor=json.dumps(
                {
                    "files": {name: asdict(seen) for name, seen in files.items()},
                    "mappings": {
                        name: mappings.get(name, seen.mapping)
                        for name, seen in files.items()
                        if name in mappings or seen.content
                    },
                    "asked": asked,
                    "silent": silent,
                }
            ),
        )

    return inbox


def build_autumn_schedule(
    dataset: Dataset, job: dg.JobDefinition, *, today: Callable[[], date] = today_in_china
) -> dg.ScheduleDefinition:
    """On 1 November says which yearbooks are due, and refreshes with what is in the inbox."""

    @dg.schedule(
        name="autumn",
        job=job,
        cron_schedule=AUTUMN,
        execution_timezone=CHINA,
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if _is_watched() else dg.DefaultScheduleStatus.STOPPED
        ),
        description="On 1 November: which yearbooks are due, and a refresh.",
    )
    def autumn(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        _tell_what_is_due(dataset, context.scheduled_execution_time.date())
        if dataset.in_use:
            return dg.SkipReason("A refresh is running already.")
        return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")

    return autumn


def build_overdue_sensor(
    dataset: Dataset, *, today: Callable[[], date] = today_in_china
) -> dg.SensorDefinition:
    """Judges once a day, without a run, which yearbook is overdue, and tells a person."""

    @dg.sensor(
        name="overdue_yearbooks",
        minimum_interval_seconds=3600,
        default_status=_sensor_status(),
        description="Turns the checks of the panel that are named after a yearbook.",
    )
    def overdue_yearbooks(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        with _told(dataset, "overdue_yearbooks"):
            judged = _judgements(dataset, today())
        late = [each for each in judged if not each.passed]
        tell(
            dataset,
            [
                Problem("check", "WARN", PANEL.to_user_string(), each.check_name, each.description)
                for each in late
            ],
            kinds={"check"},
            concerns=lambda told: told.name in {each.check_name for each in judged},
        )
        _tell_what_is_due(dataset, today())
        stale = list(_stale_marts(context.instance))
        tell(dataset, stale, kinds={"stale"}, concerns=lambda told: told.name == BUILT_NAME)
        summary = json.dumps([str(today()), [each.check_name for each in late]])
        return dg.SensorResult(
            skip_reason="; ".join(each.description for each in late) or "No yearbook is overdue.",
            asset_events=[] if summary == context.cursor else judged,
            cursor=summary,
        )

    return overdue_yearbooks


def build_overdue_check(
    dataset: Dataset, *, today: Callable[[], date] = today_in_china
) -> dg.AssetChecksDefinition:
    """The same judgement at the end of a refresh, of what it published."""

    @dg.multi_asset_check(
        name="overdue_yearbooks",
        specs=[
            dg.AssetCheckSpec(
                _check_name(book.code),
                asset=PANEL,
                additional_deps=[PUBLISHED],
                description=f"{book.name}: every data year that should be out is here.",
            )
            for book in yearly()
        ],
    )
    def judge() -> Iterator[dg.AssetCheckResult]:
        for each in _judgements(dataset, today()):
            yield dg.AssetCheckResult(
                asset_key=each.asset_key,
                check_name=each.check_name,
                passed=each.passed,
                severity=each.severity,
                description=each.description,
                metadata=each.metadata,
            )

    return judge


def _check_name(yearbook: str) -> str:
    return f"{yearbook}_not_overdue"


def _judgements(dataset: Dataset, day: date) -> list[dg.AssetCheckEvaluation]:
    """One for each yearbook that appears yearly; one that was never here is not overdue."""
    late = {each.yearbook: str(each) for each in overdue(dataset, day)}
    return [
        dg.AssetCheckEvaluation(
            asset_key=PANEL,
            check_name=_check_name(book.code),
            passed=book.code not in late,
            severity=dg.AssetCheckSeverity.WARN,
            description=late.get(book.code, ""),
            metadata={
                "expected": "every data year that is due, and the days of grace over",
                "observed": late.get(book.code, "nothing overdue"),
            },
        )
        for book in yearly()
    ]


def _stale_marts(instance: dg.DagsterInstance) -> Iterator[Problem]:
    """What Dagster's freshness policy says of the marts, which are built together."""
    record = instance.get_freshness_state_records([PANEL]).get(PANEL)
    if record and record.freshness_state == "FAIL":
        words = "not built anew since the 1 November before last 1 December: see the last runs"
        yield Problem("stale", "WARN", "marts", BUILT_NAME, words)


def _tell_what_is_due(dataset: Dataset, day: date) -> None:
    """A reminder of each yearbook to get, until it is here; an overdue one has a check of its own.

    One that was told as due and has become overdue is left as it stands: it has not recovered.
    """
    late = {each.yearbook for each in overdue(dataset, day)}
    awaited = [each for each in due(dataset, day) if each.yearbook not in late]
    tell(
        dataset,
        [Problem("stale", "WARN", each.yearbook, "due", str(each)) for each in awaited],
        kinds={"stale"},
        concerns=lambda told: told.name == "due" and told.asset not in late,
    )


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


def _is_watched() -> bool:
    return WATCH_VARIABLE in os.environ


def _sensor_status() -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if _is_watched() else dg.DefaultSensorStatus.STOPPED


def _newest_loads(dataset: Dataset) -> dict[str, tuple[int, str]]:
    """Of each file in the last good warehouse: the number of its newest load, and its content."""
    files = Warehouse(dataset).read_published("raw.files")
    if files is None:
        return {}
    newest = files[files["dataset"] == dataset.name].sort_values("load_seq")
    rows = newest[["source_file", "load_seq", "source_hash"]].itertuples(index=False)
    return {name: (int(load), content) for name, load, content in rows}


def _is_taken_in(name: str, content: str, taken_in: dict[str, str]) -> bool:
    """By name and content as intake decides; a new name for known content is a renamed file."""
    if name in taken_in:
        return taken_in[name] == content
    return content != NO_CONTENT and content in taken_in.values()


def _removed(taken_in: dict[str, str], files: dict[str, Seen]) -> Iterator[str]:
    names = {seen.content: visible(name) for name, seen in files.items()}
    for name, content in taken_in.items():
        if name not in files:
            now_called = f" (it is now called {names[content]})" if content in names else ""
            yield (
                f"{visible(name)} is no longer in the inbox{now_called}, but still in the "
                "warehouse and counting."
            )


def _running(
    instance: dg.DagsterInstance, dataset: Dataset, silent: dict[str, float], now: float
) -> tuple[list[str], dict[str, float]]:
    """The runs that are under way, and of them those of which nothing is heard, since when.

    A run holds the dataset's lock, but for moments at its start and end. One that is to have
    started and whose lock is free for `SECONDS_OF_SILENCE` (`silent` is what the last look
    returned) is dead: killed, or ended by a power cut. It is closed as failed, for else it would
    hold back those to come for ever.
    """
    unfinished = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
    begun = [run for run in unfinished if run.status != dg.DagsterRunStatus.QUEUED]
    quiet = {run.run_id: run for run in begun} if begun and not dataset.in_use else {}
    # A clock that was put back starts the wait anew.
    since = {run_id: min(silent.get(run_id, now), now) for run_id in quiet}
    dead = [run_id for run_id in quiet if now - since[run_id] >= SECONDS_OF_SILENCE]
    for run_id in dead:
        instance.add_run_tags(run_id, {LOST_TAG: "true"})
        instance.report_run_failed(
            quiet[run_id],
            "The process of this run ended before the run did: killed, or a power cut.",
        )
    return (
        [run.run_id for run in unfinished if run.run_id not in dead],
        {run_id: moment for run_id, moment in since.items() if run_id not in dead},
    )


def _runs_for(instance: dg.DagsterInstance, arrival: str) -> Sequence[dg.DagsterRun]:
    """The runs that were started for these files, the newest first."""
    return instance.get_runs(dg.RunsFilter(tags={ARRIVAL_TAG: arrival}))


def _has_succeeded(instance: dg.DagsterInstance, arrival: str) -> bool:
    return any(run.status == dg.DagsterRunStatus.SUCCESS for run in _runs_for(instance, arrival))


def _digest(pending: dict[str, list[str]], newest_load: int) -> str:
    """One arrival: these contents on top of what was taken in, so that a reverted file is new."""
    return content_hash(json.dumps([sorted(pending.items()), newest_load]).encode())
