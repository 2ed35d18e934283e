"""One refresh in this process: the job of `definitions`, watched step by step."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

import dagster as dg

from ami.alerts import Problem, Told, tell
from ami.dataset import Dataset
from dagster_project.definitions import REFRESH_JOB, build_defs
from dagster_project.resources import WarehouseResource
from dagster_project.run_findings import Findings, tell_of_run

# The assets that say what they did in a sentence.
SUMMARISED = ("intake", "results__vintage", "results__report")


class Watcher(Protocol):
    """Who wants to know how far a refresh is."""

    def begins(self, n_steps: int) -> None: ...

    def starts(self, step: str) -> None: ...

    def ends(self, step: str) -> None: ...


@dataclass(frozen=True)
class Refreshed:
    """How a refresh ended: what it says it did, and what it found to be wrong."""

    run: dg.DagsterRun
    found: Findings
    summaries: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        return self.run.is_success

    def tell(self, dataset: Dataset) -> Told:
        """Let a person know the news of it."""
        return tell_of_run(dataset, self.run, self.found)


def refresh(dataset: Dataset, rebase: str, watcher: Watcher) -> Refreshed:
    """Run the job on `dataset`, whose DAGSTER_HOME is in the environment.

    `rebase` is the reason for which it becomes the base of the frozen index.
    """

    def on_event(event: dg.DagsterEvent) -> None:
        if event.is_step_start:
            watcher.starts(event.step_key or "")
        elif event.is_step_success:
            watcher.ends(event.step_key or "")

    defs = build_defs(
        dataset,
        resources={"warehouse": WarehouseResource.of(dataset, rebase)},
        loggers={"progress": _logger(on_event)},
    )
    job = defs.resolve_job_def(REFRESH_JOB)
    watcher.begins(len(job.nodes))

    def run() -> dg.ExecuteInProcessResult:
        with dg.DagsterInstance.get() as instance:
            return job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"progress": {}}},
            )

    # In the main thread Dagster puts an interrupt off to the end of its step.
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refresh").submit(run)
    while not worker.done():
        wait([worker], timeout=0.5)
    result = worker.result()
    return Refreshed(
        result.dagster_run,
        Findings.of(result.all_events),
        tuple(
            str(made.metadata["summary"].value)
            for step in SUMMARISED
            for made in result.asset_materializations_for_node(step)
            if "summary" in made.metadata
        ),
    )


def tell_of_crash(dataset: Dataset, error: Exception) -> Told:
    """Let a person know that a refresh failed around its steps."""
    words = f"{type(error).__name__}: {error}"
    crash = Problem("run", "ERROR", REFRESH_JOB, "start", words)
    return tell(dataset, [crash], kinds={"run"}, concerns=lambda each: each.asset == REFRESH_JOB)


def _logger(on_event: Callable[[dg.DagsterEvent], None]) -> dg.LoggerDefinition:
    """A Dagster logger that hands every event of a run to `on_event` as it happens."""

    class EventHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            event = getattr(record, "dagster_meta", {}).get("dagster_event")
            if event is not None:
                on_event(event)

    @dg.logger
    def progress(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("ami.progress", level=logging.DEBUG)
        logger.addHandler(EventHandler())
        return logger

    return progress
