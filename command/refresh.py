"""`ami refresh`: what a person sees of one refresh at the terminal, from its start to its end.

What a refresh does is said by the job in `dagster_project/definitions.py`.
"""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from filelock import Timeout
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ami import run_history
from ami.dataset import (
    DEMO,
    Dataset,
    DatasetError,
    find_dataset,
    has_inbox,
    remember_inbox,
)
from command.console import DatasetOption, InboxOption, Terminal, wrong_input
from command.exit_codes import ExitCode
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    from ami.alerting import Told
    from dagster_project.run import Refreshed
    from dagster_project.run_findings import FailedCheck

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
# Of checks that warn.
FIRST_CHECKS = 5
# Errors in files that a person keeps: yearbooks, the catalogue, the lists beside it.
USER_ERRORS = {"IntakeError", "YearbookError", "CatalogueError", "KnownOutlierError"}


def refresh(
    dataset: DatasetOption = DEMO,
    inbox: InboxOption = None,
    edition_policy: Annotated[
        str,
        typer.Option(
            help="Which edition of a figure counts: latest or first_published; remembered.",
            metavar="POLICY",
        ),
    ] = "",
    rebase: Annotated[
        str,
        typer.Option(
            help="Why this refresh becomes the base of the frozen index.",
            metavar="REASON",
        ),
    ] = "",
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Refresh even where nothing is new, and make all anew: nothing is taken over.",
        ),
    ] = False,
) -> None:
    """Read the yearbooks, build the index, check it, estimate, and write the report.

    Where files, project, options and results are as the last refresh left them, it only says so.
    Estimates and figures that would come out the same are taken over from it.
    """
    try:
        target = find_dataset(dataset, inbox, edition_policy)
        if not any(target.inbox.iterdir()):
            raise DatasetError(f"the inbox {target.inbox} holds no yearbook file")
        target.folder.mkdir(parents=True, exist_ok=True)
    except (DatasetError, OSError) as error:
        wrong_input(error)
    raise typer.Exit(run_refresh(target, rebase, force=force))


def run_refresh(dataset: Dataset, rebase: str = "", *, force: bool = False) -> ExitCode:
    """Refresh `dataset`, unless nothing is new, and say at the terminal how it went.

    `rebase` is the reason for which it becomes the base of the frozen index; it or `force` has the
    refresh done in any case.
    """
    from ami import receipt
    from ami.warehouse import IN_USE

    try:
        with dataset.lock.acquire():
            if not (force or rebase or receipt.news(dataset)):
                return _say_nothing_new(dataset)
            with _output_to(dataset.log) as console:
                outcome = _refresh(dataset, rebase, console, anew=force)
                if outcome is not ExitCode.DONE:
                    receipt.withdraw(dataset)
                    console.print(f"Full log: {escape(str(dataset.log))}", soft_wrap=True)
                return outcome
    except Timeout:
        why = IN_USE.format(dataset.name)
    except OSError as error:  # The lock or the log: a full disk, or one that may not be written to.
        why = visible(error)
    Terminal().print(f"[red]Failed:[/] {escape(why)}", soft_wrap=True)
    return ExitCode.FAILED


def _say_nothing_new(dataset: Dataset) -> ExitCode:
    """Say what stands, and what waits for a person all the same."""
    from ami.alerting import tell
    from ami.dates import today_in_china
    from ami.overdue import overdue
    from ami.warehouse import reading, refreshed_at

    console = Terminal()
    with reading(dataset.database) as connection:
        when = refreshed_at(connection)
    console.print(
        f"Nothing is new in [bold]{dataset.name}[/] since the refresh of {when:%Y-%m-%d %H:%M} UTC:"
        " files, project, options and results are as they were.",
        soft_wrap=True,
    )
    for late in overdue(dataset, today_in_china()):
        console.print(f"  [yellow]overdue[/] {escape(visible(late))}", soft_wrap=True)
    _say_where(dataset, console)
    console.print("[bold]ami refresh --force[/] does it all the same.")
    # What a channel could not take then is sent now.
    _say_told(tell(dataset, [], kinds=()), console)
    return ExitCode.DONE


def _refresh(dataset: Dataset, rebase: str, console: Console, *, anew: bool) -> ExitCode:
    what = "the SYNTHETIC demo yearbooks" if dataset.is_demo else str(dataset.inbox)
    console.print(f"Refreshing [bold]{dataset.name}[/] from {escape(what)}")
    try:
        with _terminated_like_interrupted(), seldom_collected():
            # Takes seconds, in which someone may already change their mind.
            from ami import dbt_project
            from ami.second_process import second_process

            with second_process() as second:
                if second is not None and not dbt_project.is_parsed():
                    second.submit(dbt_project.parse_changed)
                from dagster_project import run

            if not has_inbox(dataset):
                remember_inbox(dataset)
            _prepare_history(dataset, console)
            with _Progress(console) as progress:
                refreshed = run.refresh(dataset, rebase, progress, anew=anew)
    except KeyboardInterrupt as stop:
        _stop(dataset, console, terminated=isinstance(stop, Terminated))
    except Exception as error:
        # Around the steps, not in one: Dagster could not write its history, for instance.
        traceback.print_exc()
        console.print(f"\n[red]Failed[/] outside the steps: {escape(visible(error))}")
        _say_last_good(dataset, console)
        _say_told(run.tell_of_crash(dataset, error), console)
        return ExitCode.FAILED
    if refreshed.succeeded:
        outcome = _say_done(dataset, refreshed, console)
    elif refreshed.found.stopping:
        outcome = _say_stopped(dataset, refreshed.found.stopping, console)
    else:
        outcome = _say_failed(refreshed, console)
    if outcome is not ExitCode.DONE:
        _say_last_good(dataset, console)
    _say_told(refreshed.tell(dataset), console)
    return outcome


class Terminated(KeyboardInterrupt):
    """The process was asked to end, as a service is."""


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise Terminated

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage seldom: most of what there is, some 800,000 objects, stays to the end."""
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def _stop(dataset: Dataset, console: Console, *, terminated: bool) -> NoReturn:
    by = "from outside (SIGTERM)" if terminated else "by you"
    console.print(f"\n[red]Stopped[/] {by}.")
    _say_last_good(dataset, console)
    console.file.flush()
    # At once: the worker may be anywhere, which is as safe as any other sudden end.
    os._exit(ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED)


def _prepare_history(dataset: Dataset, console: Console) -> None:
    if aside := run_history.set_damaged_aside(dataset.dagster_home):
        console.print(
            f"The history of runs is damaged and was moved to {escape(str(aside))}; a new one has "
            "been started. No figure depends on it.",
            soft_wrap=True,
        )
    os.environ.update(run_history.prepare(dataset))


class _Progress(Progress):
    """The steps as a bar; where nobody watches one, a line for each that a person knows."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            # Else a thread would draw it ten times a second all the same.
            disable=not console.is_terminal,
        )
        self._task = self.add_task("Starting", total=None)

    def begins(self, n_steps: int) -> None:
        self.update(self._task, total=n_steps)

    def starts(self, step: str) -> None:
        if step in STEPS:
            self.update(self._task, description=STEPS[step])
            if not self.console.is_terminal:
                self.console.print(f"  {STEPS[step]}")

    def ends(self, step: str) -> None:
        self.advance(self._task)


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
                yield Terminal(file=terminal)
        finally:
            # A log that cannot be written to its end is no reason to fail.
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            for number, descriptor in enumerate(saved, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)


def _say_done(dataset: Dataset, refreshed: "Refreshed", console: Console) -> ExitCode:
    for summary in refreshed.summaries:
        console.print(escape(summary), soft_wrap=True)
    warned = refreshed.found.failed_checks
    of_data = [check for check in warned if not check.judges_calendar]
    for check in of_data[:FIRST_CHECKS]:
        console.print(f"  [yellow]warn[/] {_describe(check)}", soft_wrap=True)
    if len(of_data) > FIRST_CHECKS:
        console.print(f"  {len(of_data) - FIRST_CHECKS} more: the report lists every check")
    for check in warned:
        if check.judges_calendar:
            console.print(f"  [yellow]overdue[/] {escape(visible(check.observed))}", soft_wrap=True)
    console.print("\n[green]Done.[/]", end=" ")
    _say_where(dataset, console)
    return ExitCode.DONE


def _say_where(dataset: Dataset, console: Console) -> None:
    """Where the results are, and what to do with them."""
    word = " (SYNTHETIC data)" if dataset.synthetic else ""
    results = escape(str(dataset.results))
    console.print(f"Report{word}: {results}/report.html", soft_wrap=True)
    console.print(f"Tables: {results}", soft_wrap=True)
    for line in _what_next(dataset):
        console.print(line, soft_wrap=True)


def _what_next(dataset: Dataset) -> list[str]:
    if dataset.is_demo:
        return [
            "Next: [bold]ami ui[/] shows the lineage from yearbook to report;",
            "      [bold]ami refresh --dataset mine --inbox FOLDER[/] reads your own files.",
        ]
    of_it = f"--dataset {dataset.name}"
    return [
        f"Next: [bold]ami needs {of_it}[/] lists what is still missing;",
        f"      [bold]ami quarantine {of_it}[/] lists what was set aside;",
        f"      [bold]ami ui {of_it}[/] shows the lineage from yearbook to report.",
    ]


def _say_stopped(dataset: Dataset, checks: "list[FailedCheck]", console: Console) -> ExitCode:
    console.print(f"\n[red]Stopped by {len(checks)} data-quality check(s).[/]")
    for check in checks:
        console.print(f"  {_describe(check)}", soft_wrap=True)
    of = f"--dataset {dataset.name} --build"
    console.print(
        f"[bold]ami explain FIGURE --province NAME --year YEAR {of}[/] follows a figure of the "
        f"build to its cells; [bold]ami quarantine {of}[/] lists what was set aside.",
        soft_wrap=True,
    )
    if (pages := dataset.build_results / "checks").is_dir():
        console.print(f"Every check: {escape(str(pages))}", soft_wrap=True)
    return ExitCode.STOPPED_BY_GATE


def _say_failed(refreshed: "Refreshed", console: Console) -> ExitCode:
    for failed in refreshed.found.failed_steps:
        step = STEPS.get(failed.step, failed.step or "the start")
        console.print(f"\n[red]Failed[/] at: {step}")
        for line in failed.words.splitlines():
            console.print(f"  {escape(visible(line))}", soft_wrap=True)
    errors = {failed.error for failed in refreshed.found.failed_steps}
    return ExitCode.WRONG_INPUT if errors & USER_ERRORS else ExitCode.FAILED


def _say_told(told: "Told", console: Console) -> None:
    if told.new or told.recovered:
        console.print(
            f"Alerts: {len(told.new)} new, {len(told.recovered)} recovered; [bold]ami alerts[/]"
            " lists the open ones."
        )
    for what, words in told.faults.items():
        console.print(f"[yellow]Alerts:[/] {what}: {escape(visible(words))}", soft_wrap=True)


def _say_last_good(dataset: Dataset, console: Console) -> None:
    if dataset.database.is_file():
        results = escape(str(dataset.results))
        console.print(f"The last good warehouse and results stay as they were: {results}")


def _describe(check: "FailedCheck") -> str:
    """One check: what was expected, how many rows broke it, the worst of them and their cells."""
    said = {
        "expected": check.expected,
        "observed": check.observed,
        "rows that break it": check.count,
        "the worst of them": check.first_rows,
    }
    lines = [f"{check.asset.path[-1]}: {check.name}"]
    lines += [
        f"    {label}: {visible(found)}" for label, found in said.items() if found not in ("", None)
    ]
    if check.stops and check.cells:
        lines += ["    cells behind these:", *(f"      {line}" for line in check.cells.split("\n"))]
    return escape("\n".join(lines))
