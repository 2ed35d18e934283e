"""`ami fetch nbs`: figures from the statistics bureau's data service into an inbox.

Options and what is printed; what is asked and kept is `ami.nbs`'s.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from filelock import FileLock, Timeout
from rich.console import Console
from rich.status import Status

from ami.dataset import (
    DEMO,
    Dataset,
    DatasetError,
    ami_home,
    find_dataset,
    remember_inbox,
)
from ami.dates import today_in_china
from command.console import (
    DatasetOption,
    Terminal,
    errors,
    say_heading,
    say_line,
    span_of_years,
    wrong_input,
)
from command.exit_codes import ExitCode
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    from ami.nbs.client import Service
    from ami.nbs.fetching import Fetch
    from ami.nbs.plan import PlanRow

fetch = typer.Typer(help="Fetch official figures over the network into an inbox.")


@fetch.callback()
def _group() -> None:
    """So that nbs stays a word of its own, though it is the only source."""


@fetch.command("nbs")
def nbs(
    dataset: DatasetOption = DEMO,
    inbox: Annotated[
        Path | None, typer.Option(help="Folder for the answers; remembered for the next refresh.")
    ] = None,
    item: Annotated[
        list[str] | None,
        typer.Option(help="Code of an item, repeatable; the whole plan if left out."),
    ] = None,
    years: Annotated[
        str, typer.Option(help="2021 or 2019-2021; the whole panel if left out.", metavar="YEARS")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be asked, without using the network.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare one known figure; run this first.")
    ] = False,
    find: Annotated[
        str,
        typer.Option(
            help="Look for a name in the service and print rows for the plan.", metavar="TEXT"
        ),
    ] = "",
) -> None:
    """Ask the statistics bureau's data service for the items of the plan, by province and year."""
    from yearbooks.errors import CatalogueError

    console = Terminal()
    if check or find:
        raise typer.Exit(_check(console) if check else _find(console, find))
    try:
        target = _target(dataset, inbox)
        rows, span = _asked(item or [], years)
    except (DatasetError, CatalogueError) as error:
        wrong_input(error)
    if dry_run:
        _say_plan(console, target, rows, span)
        return
    try:
        target.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(target.folder / "nbs_fetch.lock", timeout=0):
            remember_inbox(target)
            raise typer.Exit(_fetch(console, target, rows, span))
    except Timeout:
        errors.print(f"[red]Failed:[/] another fetch into {target.name} is running")
    except OSError as error:
        errors.print(f"[red]Failed:[/] {visible(error)}", markup=True, soft_wrap=True)
    raise typer.Exit(ExitCode.FAILED)


def _target(dataset: str, inbox: Path | None) -> Dataset:
    if dataset == DEMO:
        raise DatasetError(
            "the demo is synthetic; name a dataset of your own, for example: "
            "ami fetch nbs --dataset mine --inbox FOLDER"
        )
    target = find_dataset(dataset, inbox)
    if not target.units.are_provinces:
        raise DatasetError(
            f"the plan of the data service is one of provinces, and dataset '{dataset}' is of "
            f"{target.units.plural}; hand its files in through the inbox"
        )
    return target


def _asked(items: Sequence[str], years: str) -> "tuple[list[PlanRow], range]":
    from ami.nbs import plan

    today = today_in_china()
    span = span_of_years(years) if years else plan.usual_years(today)
    if span[-1] > today.year:
        raise DatasetError(f"'{years}': expected no year after {today.year}")
    return plan.rows(items), span


def _say_plan(console: Console, dataset: Dataset, rows: "Sequence[PlanRow]", years: range) -> None:
    from ami.nbs import plan
    from ami.nbs.client import service_address
    from ami.nbs.fetching import file_name
    from ami.nbs.tree import JOINT

    say_line(console, f"Would ask {service_address()}", style="bold")
    say_line(
        console,
        f"for {len(rows)} items of the provinces, {years[0]}-{years[-1]}: {len(rows)} calls for "
        "figures, if it takes so many years at once, and some to look ids up",
    )
    edition = today_in_china().year
    for row in rows:
        place = JOINT.join(row.path) or "wherever the name is"
        is_here = (dataset.inbox / file_name(row.item, edition, years)).is_file()
        here = f"; an answer of {edition} is here" if is_here else ""
        say_line(console, f"{row.item}: {row.shown}, {place}{here}", indent=2)
    if without := plan.items_without_row():
        say_heading(
            console, f"{len(without)} items of the catalogue have no row in {plan.SEED.name}"
        )
        for code, label in without:
            say_line(console, f"{code}  {label}", indent=2)
        say_line(console, "ami fetch nbs --find TEXT looks for a name in the service.")


def _service(console: Console) -> "Service":
    from ami.nbs.client import Service

    def tell(why: str, seconds: float) -> None:
        say_line(console, f"{visible(why)}; again in {seconds:g} s", indent=2, style="yellow")

    return Service(tell=tell)


def _check(console: Console) -> ExitCode:
    from ami.nbs import checking
    from ami.nbs.client import ServiceError

    service = _service(console)
    say_line(console, f"Checking {service.address}", style="bold")
    is_right = True
    try:
        for finding in checking.check(service, ami_home()):
            say_line(
                console,
                f"{'ok' if finding.is_right else 'not as expected'}: {visible(finding.words)}",
                indent=2,
                style="" if finding.is_right else "red",
            )
            is_right = is_right and finding.is_right
    except ServiceError as error:
        say_line(console, f"Failed: {visible(error)}", style="red")
        return ExitCode.FAILED
    return ExitCode.DONE if is_right else ExitCode.FAILED


def _find(console: Console, text: str) -> ExitCode:
    from ami.nbs import plan
    from ami.nbs.client import ServiceError
    from ami.nbs.tree import Tree

    try:
        with console.status("") as status:
            found = Tree(_service(console), ami_home()).search(text, _counting(status))
    except ServiceError as error:
        say_line(console, f"Failed: {visible(error)}", style="red")
        return ExitCode.FAILED
    say_line(
        console, f"{len(found)} indicators of the service have '{visible(text)}' in name or place"
    )
    if found:
        say_line(console, f"Add the right one to dbt/seeds/reference/{plan.SEED.name}:")
        say_line(console, ",".join(plan.COLUMNS), indent=2)
        for line in plan.csv_lines(found):
            console.print(f"  {visible(line)}", soft_wrap=True, markup=False)
    return ExitCode.DONE if found else ExitCode.FAILED


def _fetch(console: Console, dataset: Dataset, rows: "Sequence[PlanRow]", years: range) -> ExitCode:
    from ami.nbs.client import ServiceError
    from ami.nbs.fetching import Fetch

    service = _service(console)
    say_line(console, f"Asking {service.address} for {len(rows)} items, {years[0]}-{years[-1]}")
    with console.status("") as status:
        run = Fetch(dataset, service, rows, years, _counting(status))
        try:
            counts, failed = _say_outcomes(console, run, len(rows)), ""
        except ServiceError as error:
            counts, failed = {}, str(error)
        except KeyboardInterrupt:
            say_line(console, "Stopped by you. The same command continues from here.", style="red")
            return ExitCode.INTERRUPTED
    if failed:
        say_line(console, f"Failed: {visible(failed)}", style="red")
        say_line(console, "What was fetched is kept; the same command continues from here.")
        return ExitCode.FAILED
    _say_calendar(console, service, dataset)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    say_line(console, f"{said}; {service.n_calls} calls", style="bold")
    say_line(console, f"The answers are in {dataset.inbox}; next: ami refresh -d {dataset.name}")
    return ExitCode.DONE if run.is_complete else ExitCode.FAILED


def _say_calendar(console: Console, service: "Service", dataset: Dataset) -> None:
    """When yearbooks appear, if the release calendar of the service says so."""
    from ami.nbs import agenda
    from ami.nbs.client import ServiceError

    try:
        days = agenda.keep(service, dataset.home, today_in_china())
    except ServiceError as error:
        say_line(console, f"The release calendar did not answer: {visible(error)}", indent=2)
        return
    for (yearbook, year), day in sorted(days.items()):
        say_line(
            console, f"The release calendar has {yearbook} of data year {year} on {day}", indent=2
        )
    if not days:
        say_line(console, "The release calendar names no yearbook.", indent=2)


def _counting(status: Status) -> Callable[[int], None]:
    """Shows at a terminal how far the tree of the service has been looked through."""
    return lambda n_leaves: status.update(f"Looking through the tree: {n_leaves} leaves")


def _say_outcomes(console: Console, run: "Fetch", n_rows: int) -> dict[str, int]:
    """A line for each row of the plan, and how many had which verdict."""
    from ami.nbs.fetching import KEPT

    counts: dict[str, int] = {}
    for at, outcome in enumerate(run.run(), start=1):
        counts[outcome.verdict] = counts.get(outcome.verdict, 0) + 1
        is_kept = outcome.verdict in KEPT
        say_line(
            console,
            f"{at}/{n_rows} {outcome.row.item}: {outcome.verdict}, {visible(outcome.words)}",
            indent=2,
            style="" if is_kept else "red",
        )
    return counts
