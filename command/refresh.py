"""One refresh at the terminal: run the job in this process, show progress, say how it ended.

What the job does is in `definitions.py`; here is only what a person sees of it.
"""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import dagster as dg
from filelock import Timeout
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ami import run_history
from ami.alerts import Problem, Told, tell
from ami.dataset import (
    Dataset,
    has_inbox,
    prepare_dagster_home,
    remember_edition_policy,
    remember_inbox,
)
from ami.warehouse import IN_USE
from command.exit_codes import Outcome
from dagster_project.assets import models
from dagster_project.definitions import REFRESH_JOB, build_defs
from dagster_project.resources import WarehouseResource
from dagster_project.run import progress_logger
from dagster_project.run_findings import failed_steps, tell_of_run
from yearbooks.untrusted import visible

STEPS = {
    "intake": "Reading yearbooks",
    "clean_models": "Cleaning, interpolating and indexing (dbt)",
    "clean_gate": "Checking the clean tables",
    "marts_models": "Building the marts (dbt)",
    "marts_gate": "Checking the marts",
    "estimation": "Estimating",
    "results__vintage": "Keeping the vintage",
    "results__report": "Writing the report",
    "results__published": "Publishing",
}
# Errors in files that a person keeps: yearbooks, the catalogue, the lists beside it.
USER_ERRORS = {"IntakeError", "YearbookError", "CatalogueError", "KnownOutlierError"}
# From the metadata of an expectation, and of a dbt test.
SHOWN_OF_A_CHECK = {
    "expected": "expected",
    "observed": "observed",
    "n_unexpected": "rows that break it",
    "dagster_dbt/failed_row_count": "rows that break it",
    "first_rows": "the first of them",
}


class Terminated(KeyboardInterrupt):
    """The process was asked to end, as a service is."""


def run_refresh(dataset: Dataset, rebase: str = "") -> Outcome:
    """Refresh `dataset` and say at the terminal how it went.

    `rebase` is the reason for which it becomes the base of the frozen index.
    """
    try:
        with dataset.lock.acquire(), _output_to(dataset.log) as console:
            outcome = _refresh(dataset, rebase, console)
            if outcome is not Outcome.DONE:
                console.print(f"Full log: {escape(str(dataset.log))}", soft_wrap=True)
            return outcome
    except Timeout:
        why = IN_USE.format(dataset.name)
    except OSError as error:  # The lock or the log: a full disk, or one that may not be written to.
        why = visible(error)
    Console(highlight=False).print(f"[red]Failed:[/] {escape(why)}", soft_wrap=True)
    return Outcome.FAILED


def _refresh(dataset: Dataset, rebase: str, console: Console) -> Outcome:
    what = "the SYNTHETIC demo yearbooks" if dataset.synthetic else str(dataset.inbox)
    console.print(f"Refreshing [bold]{dataset.name}[/] from {escape(what)}")
    try:
        with _terminated_like_interrupted():
            if not has_inbox(dataset):
                remember_inbox(dataset)
            result = _execute(dataset, rebase, console)
            if result.success:
                remember_inbox(dataset)
                remember_edition_policy(dataset)
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, Terminated)
        by = "from outside (SIGTERM)" if terminated else "by you"
        console.print(f"\n[red]Stopped[/] {by}.")
        _say_last_good(dataset, console)
        console.file.flush()
        models.stop()
        # At once: the worker may be anywhere, which is as safe as any other sudden end.
        os._exit(Outcome.TERMINATED if terminated else Outcome.INTERRUPTED)
    except Exception as error:
        # Around the steps, not in one: Dagster could not write its history, for instance.
        traceback.print_exc()
        console.print(f"\n[red]Failed[/] outside the steps: {escape(visible(error))}")
        _say_last_good(dataset, console)
        _say_told(_tell_of_crash(dataset, error), console)
        return Outcome.FAILED
    if result.success:
        _say_done(dataset, result, console)
        outcome = Outcome.DONE
    else:
        outcome = _say_failed(dataset, result, console)
    told = tell_of_run(dataset, result.dagster_run, result.all_events, succeeded=result.success)
    _say_told(told, console)
    return outcome


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise Terminated

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _execute(dataset: Dataset, rebase: str, console: Console) -> dg.ExecuteInProcessResult:
    os.environ.update(prepare_dagster_home(dataset))
    if aside := run_history.set_damaged_aside(dataset.dagster_home):
        console.print(
            f"The history of runs is damaged and was moved to {escape(str(aside))}; a new one is "
            "begun. No figure depends on it.",
            soft_wrap=True,
        )
        prepare_dagster_home(dataset)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("Starting", total=None)

        def on_event(event: dg.DagsterEvent) -> None:
            if event.is_step_start and event.step_key in STEPS:
                progress.update(task, description=STEPS[event.step_key])
                if not console.is_terminal:
                    console.print(f"  {STEPS[event.step_key]}")
            elif event.is_step_success:
                progress.advance(task)

        defs = build_defs(
            dataset,
            resources={"warehouse": WarehouseResource.of(dataset, rebase)},
            loggers={"progress": progress_logger(on_event)},
        )
        job = defs.resolve_job_def(REFRESH_JOB)
        progress.update(task, total=len(job.nodes))

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
        return worker.result()


@contextmanager
def _output_to(log: Path) -> Iterator[Console]:
    """Send what dbt and Dagster print to `log`, and yield a console on the real terminal.

    At the level of file descriptors: dbt is a process of its own, and Dagster copies descriptors.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            with os.fdopen(os.dup(saved[0]), "w", encoding="utf-8") as terminal:
                yield Console(file=terminal, highlight=False)
        finally:
            # A log that cannot be written to its end is no reason to fail.
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            for number, descriptor in enumerate(saved, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)


def _say_done(dataset: Dataset, result: dg.ExecuteInProcessResult, console: Console) -> None:
    checks = result.get_asset_check_evaluations()
    warned = [check for check in checks if not check.passed]
    console.print(escape(_summary_of("intake", result)), soft_wrap=True)
    console.print(escape(_summary_of("results__vintage", result)), soft_wrap=True)
    console.print(f"Checks: {len(checks) - len(warned)} passed, {len(warned)} warn")
    for check in warned[:5]:
        console.print(f"  [yellow]warn[/] {_describe(check)}", soft_wrap=True)
    word = " (SYNTHETIC data)" if dataset.synthetic else ""
    results = escape(str(dataset.results))
    console.print(f"\n[green]Done.[/] Report{word}: {results}/report.html", soft_wrap=True)
    console.print(f"Tables: {results}", soft_wrap=True)
    console.print("Next: [bold]make ui[/] shows the lineage from yearbook to report;")
    console.print("      [bold]ami refresh --dataset mine --inbox FOLDER[/] reads your own files.")


def _summary_of(step: str, result: dg.ExecuteInProcessResult) -> str:
    for event in result.asset_materializations_for_node(step):
        return str(event.metadata["summary"].value)
    return ""


def _say_failed(dataset: Dataset, result: dg.ExecuteInProcessResult, console: Console) -> Outcome:
    stopping = [
        check
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    if stopping:
        console.print(f"\n[red]Stopped by {len(stopping)} data-quality check(s).[/]")
        for check in stopping:
            console.print(f"  {_describe(check)}", soft_wrap=True)
        if (pages := dataset.build_results / "checks").is_dir():
            console.print(f"Every check: {escape(str(pages))}", soft_wrap=True)
        _say_last_good(dataset, console)
        return Outcome.STOPPED_BY_GATE
    outcome = Outcome.FAILED
    for failed in failed_steps(result.all_events):
        step = STEPS.get(failed.step, failed.step or "the start")
        console.print(f"\n[red]Failed[/] at: {step}")
        for line in failed.words.splitlines():
            console.print(f"  {escape(visible(line))}", soft_wrap=True)
        if failed.error in USER_ERRORS:
            outcome = Outcome.WRONG_INPUT
    _say_last_good(dataset, console)
    return outcome


def _tell_of_crash(dataset: Dataset, error: Exception) -> Told:
    words = f"{type(error).__name__}: {error}"
    crash = Problem("run", "ERROR", REFRESH_JOB, "start", words)
    return tell(dataset, [crash], kinds={"run"}, concerns=lambda each: each.asset == REFRESH_JOB)


def _say_told(told: Told, console: Console) -> None:
    if told.new or told.recovered:
        console.print(
            f"Alerts: {len(told.new)} new, {len(told.recovered)} recovered; [bold]ami alerts[/]"
            " lists what stands."
        )
    for what, words in told.faults.items():
        console.print(f"[yellow]Alerts:[/] {what}: {escape(visible(words))}", soft_wrap=True)


def _say_last_good(dataset: Dataset, console: Console) -> None:
    if dataset.database.is_file():
        results = escape(str(dataset.results))
        console.print(f"The last good warehouse and results stay as they were: {results}")


def _describe(check: dg.AssetCheckEvaluation) -> str:
    """One check in a line or more: what was expected, how many rows broke it, the first few."""
    lines = [f"{check.asset_key.path[-1]}: {check.check_name}"]
    for name, label in SHOWN_OF_A_CHECK.items():
        if name in check.metadata and check.metadata[name].value not in ("", None):
            lines.append(f"    {label}: {visible(check.metadata[name].value)}")
    return escape("\n".join(lines))
