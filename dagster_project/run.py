"""One refresh in this process: the job of `definitions`, watched step by step."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import dagster as dg

from ami.alerting import Problem, Told, tell
from ami.dataset import Dataset
from dagster_project.definitions import REFRESH_JOB, build_defs
from dagster_project.resources import WarehouseResource
from dagster_project.run_findings import Findings, tell_of_run

# What is told of a refresh while it runs, and how often it is looked for: each look opens a file,
# and to read every event of a run again takes a second of it.
STEPS_OF_A_RUN = {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS}
SECONDS_BETWEEN_REPORTS = 1

# The assets that say what they did in a sentence.
SUMMARISED = ("intake", "estimation", "results__vintage", "results__report")

# Where the UI finds the job of a run, in the words in which Dagster keeps it. A run that a process
# executes by itself has none, and without it the buttons that repeat a run end in an error.
LOCATION, REPOSITORY = "dagster_project.definitions", "__repository__"
UI_TAGS = {".dagster/repository": f"{REPOSITORY}@{LOCATION}"}
UI_JOB = json.dumps(
    {
        "__class__": "ExternalPipelineOrigin",
        "external_repository_origin": {
            "__class__": "ExternalRepositoryOrigin",
            "repository_location_origin": {
                "__class__": "RegisteredRepositoryLocationOrigin",
                "location_name": LOCATION,
            },
            "repository_name": REPOSITORY,
        },
        "pipeline_name": REFRESH_JOB,
    }
)


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


def refresh(dataset: Dataset, rebase: str, watcher: Watcher, *, anew: bool = False) -> Refreshed:
    """Run the job on `dataset`, whose DAGSTER_HOME is in the environment.

    `rebase` is the reason for which it becomes the base of the frozen index; `anew`: nothing of the
    last good refresh is taken over.
    """
    settings = WarehouseResource.of(dataset, rebase, anew=anew).model_dump()
    job = build_defs(dataset).resolve_job_def(REFRESH_JOB)
    watcher.begins(len(job.nodes))
    run_id = str(uuid4())
    with dg.DagsterInstance.get() as instance:
        # In the main thread Dagster puts an interrupt off to the end of its step.
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refresh").submit(
            job.execute_in_process,
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
            # All that the command line has set, so that the run can be repeated from the UI.
            run_config={"resources": {"warehouse": {"config": settings}}},
            tags=UI_TAGS,
        )
        cursor, ended = None, False
        while not ended:
            ended = bool(wait([worker], timeout=SECONDS_BETWEEN_REPORTS).done)
            cursor = _report(instance, run_id, cursor, watcher)
        result = worker.result()
        if run := instance.get_run_by_id(run_id):
            job_of_ui: Any = dg.deserialize_value(UI_JOB)
            instance.run_storage.replace_job_origin(run, job_of_ui)
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


def _report(
    instance: dg.DagsterInstance, run_id: str, cursor: str | None, watcher: Watcher
) -> str | None:
    """Tell what has happened since `cursor`; where to go on from."""
    happened = instance.get_records_for_run(run_id, cursor, of_type=STEPS_OF_A_RUN)
    for record in happened.records:
        event = record.event_log_entry.dagster_event
        if event and event.is_step_start:
            watcher.starts(event.step_key or "")
        elif event and event.is_step_success:
            watcher.ends(event.step_key or "")
    return happened.cursor
