"""What a finished Dagster run shows to be wrong, and the sensors that tell of runs of the daemon.

`ami refresh` tells of its own run; Dagster's sensors hand over only runs that the daemon or the UI
launched. Telling of one run twice would change nothing: it is not news.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import dagster as dg

from ami.alerts import Problem, Told, tell
from ami.dataset import Dataset

# Of the metadata of an expectation and of a dbt test: how many rows break it.
COUNTS = ("n_unexpected", "dagster_dbt/failed_row_count")
UNSAID = "it ended without saying why"
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


@dataclass(frozen=True)
class FailedStep:
    """A step that failed, or the run itself (`step` is empty); the words of the first cause."""

    step: str
    words: str
    error: str


def failed_steps(events: Iterable[dg.DagsterEvent]) -> list[FailedStep]:
    """Every step that failed; where the run failed before its first step, that failure."""
    events = list(events)
    failures = [event for event in events if event.is_step_failure]
    failures = failures or [event for event in events if event.is_failure]
    return [_failed_step(event) for event in failures]


def _failed_step(event: dg.DagsterEvent) -> FailedStep:
    error = getattr(event.event_specific_data, "error", None)
    if error is None:  # Said from outside, of a run whose process was killed.
        return FailedStep(event.step_key or "", event.message or UNSAID, "")
    cause = error.cause or error
    # Dagster writes the class of an error before its words.
    words = re.sub(r"^[\w.]+: ", "", cause.message.strip())
    return FailedStep(event.step_key or "", words, cause.cls_name)


def tell_of_run(
    dataset: Dataset, run: dg.DagsterRun, events: Iterable[dg.DagsterEvent], *, succeeded: bool
) -> Told:
    """Let a person know what the run has news of: checks that failed or pass again, failed steps.

    A run that was stopped, or that made only some assets, says nothing of the checks it did not
    reach. Of a run that a check stopped the check is told and not also that the run failed.
    """
    events = list(events)
    checks = {
        (check.asset_key, check.check_name): check
        for event in events
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
        for check in [event.event_specific_data]
    }
    problems = [_of_check(check, run) for check in checks.values() if not check.passed]
    is_stopped = any(problem.severity == "ERROR" for problem in problems)
    if not succeeded and not is_stopped:
        problems += _of_steps(events, run)
    is_part = _is_by_hand(run) or run.asset_selection or run.step_keys_to_execute
    looked_at = {(key.to_user_string(), name) for key, name in checks}

    def concerns(problem: Problem) -> bool:
        if problem.kind == "run":
            return problem.asset == _title(run)
        return (succeeded and not is_part) or (problem.asset, problem.name) in looked_at

    return tell(dataset, problems, kinds={"check", "run"}, concerns=concerns)


def _of_check(check: dg.AssetCheckEvaluation, run: dg.DagsterRun) -> Problem:
    told = {name: value.value for name, value in check.metadata.items()}
    words = [f"{name}: {told[name]}" for name in ("expected", "observed") if told.get(name)]
    return Problem(
        kind="check",
        severity=check.severity.value,
        asset=check.asset_key.to_user_string(),
        name=check.check_name,
        words="; ".join(words) or "a dbt test found rows that break its rule",
        count=next((int(told[name]) for name in COUNTS if told.get(name) is not None), None),
        first_rows=str(told.get("first_rows", "")),
        run_id=run.run_id,
    )


def _of_steps(events: Iterable[dg.DagsterEvent], run: dg.DagsterRun) -> Iterator[Problem]:
    for failed in failed_steps(events) or [FailedStep("", UNSAID, "")]:
        yield Problem(
            kind="run",
            severity="ERROR",
            asset=_title(run),
            name=failed.step or "start",
            words=failed.words,
            run_id=run.run_id,
        )


def _title(run: dg.DagsterRun) -> str:
    return "made by hand" if _is_by_hand(run) else run.job_name


def _is_by_hand(run: dg.DagsterRun) -> bool:
    """Whether a person chose assets in the UI, for which Dagster names the job itself."""
    return run.job_name.startswith("__")


def run_sensors(dataset: Dataset) -> list[dg.SensorDefinition]:
    """Tell of every run that the daemon or the UI launched, once it has succeeded or failed.

    On from the start: they do nothing but tell, and that nothing is told must not be a default.
    """
    return [_run_sensor(dataset, status) for status in FINISHED]


def _run_sensor(dataset: Dataset, status: dg.DagsterRunStatus) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=status,
        name=f"alerts_on_{status.value.lower()}",
        description=f"Tells a person what a run that ended in {status.value.lower()} found.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.RunStatusSensorContext) -> None:
        run, instance = context.dagster_run, context.instance
        # The sensor comes late; what a later run found is true by now.
        filters = dg.RunsFilter(job_name=run.job_name, statuses=FINISHED)
        if instance.get_runs(filters, limit=1)[0].run_id != run.run_id:
            return
        records = instance.all_logs(run.run_id)
        events = [record.dagster_event for record in records if record.dagster_event]
        told = tell_of_run(dataset, run, events, succeeded=run.is_success)
        context.log.info(f"{len(told.new)} new, {len(told.recovered)} recovered, {told.faults}")

    return sensor
