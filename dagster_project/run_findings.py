"""What the events of a finished Dagster run show to be wrong, and telling a person of it.

`ami refresh` tells of its own run, the sensors of every other. Telling of one run twice would
change nothing: it is not news.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from ami.alerting import Problem, Told, tell
from ami.dataset import Dataset
from dagster_project.checks import OVERDUE

# Of the metadata of an expectation and of a dbt test: how many rows break it.
COUNTS = ("n_unexpected", "dagster_dbt/failed_row_count")
UNSAID = "it ended without saying why"


@dataclass(frozen=True)
class FailedStep:
    """A step that failed, or the run itself (`step` is empty); the words of the first cause."""

    step: str
    words: str
    error: str

    @classmethod
    def of(cls, event: dg.DagsterEvent) -> "FailedStep":
        error = getattr(event.event_specific_data, "error", None)
        if error is None:  # Said from outside, of a run whose process was killed.
            return cls(event.step_key or "", event.message or UNSAID, "")
        cause = error.cause or error
        # Dagster writes the class of an error before its words.
        words = re.sub(r"^[\w.]+: ", "", cause.message.strip())
        return cls(event.step_key or "", words, cause.cls_name)


@dataclass(frozen=True)
class FailedCheck:
    """An expectation or a dbt test that rows break, `count` of them, if that is known.

    What dbt tests has one expectation, that no row breaks the rule, and leaves both texts empty.
    `cells` are the yearbook cells behind the first rows, a line each, where lineage leads to some.
    `judges_calendar`: what a refresh was given is sound, and something more should be out by now.
    """

    asset: dg.AssetKey
    name: str
    severity: dg.AssetCheckSeverity
    expected: str
    observed: str
    count: int | None
    first_rows: str
    cells: str
    judges_calendar: bool

    @classmethod
    def of(cls, event: dg.DagsterEvent) -> "FailedCheck":
        check = event.asset_check_evaluation_data
        said: dict[str, Any] = {name: value.value for name, value in check.metadata.items()}
        return cls(
            check.asset_key,
            check.check_name,
            check.severity,
            expected=str(said.get("expected") or ""),
            observed=str(said.get("observed") or ""),
            count=next((int(said[name]) for name in COUNTS if said.get(name) is not None), None),
            first_rows=str(said.get("first_rows") or ""),
            cells=str(said.get("cells") or ""),
            judges_calendar=event.step_key == OVERDUE,
        )

    @property
    def key(self) -> dg.AssetCheckKey:
        return dg.AssetCheckKey(self.asset, self.name)

    @property
    def stops(self) -> bool:
        return self.severity is dg.AssetCheckSeverity.ERROR

    def problem(self, run_id: str) -> Problem:
        said = {"expected": self.expected, "observed": self.observed}
        words = [f"{name}: {text}" for name, text in said.items() if text]
        return Problem(
            kind="check",
            severity=self.severity.value,
            asset=self.asset.to_user_string(),
            name=self.name,
            words="; ".join(words) or "a dbt test found rows that break its rule",
            count=self.count,
            first_rows=self.first_rows,
            run_id=run_id,
        )


@dataclass(frozen=True)
class Findings:
    """Which checks a run made, and what failed in it.

    Of a run that failed before its first step, the failed step is the run itself.
    """

    checks: frozenset[dg.AssetCheckKey]
    failed_checks: tuple[FailedCheck, ...]
    failed_steps: tuple[FailedStep, ...]

    @classmethod
    def of(cls, events: Iterable[dg.DagsterEvent]) -> "Findings":
        events = list(events)
        checks = {
            event.asset_check_evaluation_data.asset_check_key: event
            for event in events
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
        }
        failures = [event for event in events if event.is_step_failure]
        failures = failures or [event for event in events if event.is_failure]
        return cls(
            frozenset(checks),
            tuple(
                FailedCheck.of(event)
                for event in checks.values()
                if not event.asset_check_evaluation_data.passed
            ),
            tuple(map(FailedStep.of, failures)),
        )

    @property
    def stopping(self) -> list[FailedCheck]:
        """The checks that stopped the run."""
        return [check for check in self.failed_checks if check.stops]


def tell_of_run(
    dataset: Dataset,
    run: dg.DagsterRun,
    found: Findings,
    later: Sequence[tuple[dg.DagsterRun, Findings]] = (),
) -> Told:
    """Let a person know what the run has news of: checks that failed or pass again, failed steps.

    A run that was stopped, or that made only some assets, says nothing of the checks it did not
    reach. Of a run that a check stopped the check is told and not also that the run failed. What
    the runs that ended `later` have found is true by now, and stays as they told it.
    """
    title = _title(run)
    superseded = {_names(key) for _, each in later for key in each.checks}
    is_superseded = any(_is_whole(each) or _title(each) == title for each, _ in later)
    problems = [
        check.problem(run.run_id)
        for check in found.failed_checks
        if _names(check.key) not in superseded
    ]
    if not (run.is_success or found.stopping or is_superseded):
        problems += [
            Problem("run", "ERROR", title, failed.step or "start", failed.words, run_id=run.run_id)
            for failed in found.failed_steps or [FailedStep("", UNSAID, "")]
        ]
    looked_at = {_names(key) for key in found.checks}

    def concerns(problem: Problem) -> bool:
        if problem.kind == "run":
            return not is_superseded and (_is_whole(run) or problem.asset == title)
        check = (problem.asset, problem.name)
        return check not in superseded and (_is_whole(run) or check in looked_at)

    return tell(dataset, problems, kinds={"check", "run"}, concerns=concerns)


def _is_whole(run: dg.DagsterRun) -> bool:
    """Whether everything was made and looked at, so that nothing older is true any more."""
    # Every run names its steps: one made again from the step that failed is known by its parent.
    is_part = _is_by_hand(run) or run.asset_selection or run.parent_run_id
    return run.is_success and not is_part


def _title(run: dg.DagsterRun) -> str:
    return "made by hand" if _is_by_hand(run) else run.job_name


def _names(check: dg.AssetCheckKey) -> tuple[str, str]:
    return check.asset_key.to_user_string(), check.name


def _is_by_hand(run: dg.DagsterRun) -> bool:
    """Whether a person chose assets in the UI, for which Dagster names the job itself."""
    return run.job_name.startswith("__")
