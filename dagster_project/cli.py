"""The `ami` command: look at yearbook files, refresh a dataset, see where it stands, open the UI.

Exit codes: 0 done, 1 failed, 2 the user's input is wrong, 3 stopped by a data-quality gate. A
user's mistake is answered in words, never with a traceback. Dagster, dbt and pandas are imported
inside the commands: `ami --help` must answer at once.
"""

import os
import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dagster_project.outcome import Outcome
from dagster_project.workspace import (
    DEMO,
    REFERENCE_SEEDS,
    Dataset,
    WorkspaceError,
    find_dataset,
    known_datasets,
    prepare_dagster_home,
)
from yearbooks.untrusted import visible

app = typer.Typer(
    name="ami",
    help="The Advanced Manufacturing Index of China's provinces, from yearbooks to report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
errors = Console(stderr=True, highlight=False)

DatasetOption = Annotated[
    str, typer.Option("--dataset", "-d", help="Name of the dataset; 'demo' is synthetic.")
]


def _wrong_input(error: Exception) -> NoReturn:
    errors.print(f"[red]Error:[/] {escape(visible(error))}", soft_wrap=True)
    raise typer.Exit(Outcome.WRONG_INPUT)


@app.command()
def refresh(
    dataset: DatasetOption = DEMO,
    inbox: Annotated[
        Path | None,
        typer.Option(help="Folder with the yearbook files; remembered for the next refresh."),
    ] = None,
) -> None:
    """Read the yearbooks, build the index, check it, estimate, and write the report."""
    try:
        target = find_dataset(dataset, inbox)
        if not any(target.inbox.glob("*")):
            raise WorkspaceError(f"the inbox {target.inbox} holds no yearbook file")
        target.folder.mkdir(parents=True, exist_ok=True)
    except (WorkspaceError, OSError) as error:
        _wrong_input(error)
    from dagster_project.refresh import run_refresh

    raise typer.Exit(run_refresh(target))


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="The yearbook file; its name does not matter.")],
    dataset: Annotated[
        str,
        typer.Option(
            "--dataset", "-d", help="Dataset whose accepted readings and corrections apply."
        ),
    ] = "",
) -> None:
    """Say what would become of a file: what is recognised, every problem. Nothing is loaded.

    The exit code is 0 where any cell of it would land, 1 where none would.
    """
    from dagster_project.terminal import Names, show_inspection
    from yearbooks.accepted import Releases
    from yearbooks.catalogue import Catalogue
    from yearbooks.errors import CatalogueError, FileFault
    from yearbooks.inspection import inspect as look_into
    from yearbooks.source import Source, file_name

    try:
        if dataset:
            Dataset(dataset, file.parent, file.parent)
        if not os.path.lexists(file):
            raise WorkspaceError(f"there is no file {file}")
        if file.is_dir():
            raise WorkspaceError(f"{file} is a folder: name one file in it")
        catalogue = Catalogue.load(REFERENCE_SEEDS)
        releases = Releases.load(REFERENCE_SEEDS, catalogue)
    except (WorkspaceError, CatalogueError) as error:
        _wrong_input(error)
    refused = None
    try:
        source = Source.open(file)
    except FileFault as fault:
        source, refused = Source(file_name(file), b""), fault
    of_file = releases.of(dataset, source.name)
    found = look_into(source, catalogue, of_file, date.today().year, refused)
    show_inspection(Console(highlight=False), found, Names.load(REFERENCE_SEEDS))
    raise typer.Exit(Outcome.DONE if found.landed else Outcome.FAILED)


@app.command()
def template(
    yearbook: Annotated[
        str, typer.Argument(help="Code or name of a yearbook; every yearbook if left out.")
    ] = "",
    output: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("templates"),
    years: Annotated[
        str, typer.Option(help="2021 or 2019-2021; last year if left out.", metavar="YEARS")
    ] = "",
    edition: Annotated[
        int | None, typer.Option(help="Year of publication; the year after the last if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over existing files.")] = False,
) -> None:
    """Write an empty workbook for each yearbook, to type figures into; it reads back as it is."""
    from yearbooks.errors import YearbookError
    from yearbooks.template import Templates, save

    this_year = date.today().year
    try:
        span = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", years or str(this_year - 1))
        if span is None:
            raise WorkspaceError(f"'{years}' are no years; expected 2021 or 2019-2021")
        wanted = range(int(span[1]), int(span[2] or span[1]) + 1)
        templates = Templates.of(REFERENCE_SEEDS)
        books = [templates.named(yearbook)] if yearbook else templates.yearbooks
        published = edition if edition is not None else wanted.stop
        paths = save(templates, books, output, wanted, published, this_year, overwrite=force)
    except (WorkspaceError, YearbookError) as error:
        _wrong_input(error)
    console = Console(highlight=False)
    for book, path in zip(books, paths, strict=True):
        tables = ", ".join(book.tables)
        console.print(f"{escape(str(path))}  {book.name_zh}: {tables}", soft_wrap=True)
    console.print("Fill in what you have, save into an inbox, and look at it first:")
    console.print(f"  [bold]ami inspect {escape(str(paths[0]))}[/]", soft_wrap=True)


@app.command()
def quarantine(
    dataset: DatasetOption = DEMO,
    reason: Annotated[str, typer.Option(help="Only this reason, as unknown_item.")] = "",
    file: Annotated[str, typer.Option(help="Only files with this in their name.")] = "",
    sheet: Annotated[str, typer.Option(help="Only sheets with this in their name.")] = "",
    item: Annotated[str, typer.Option(help="Only this item: any name of it, or a part.")] = "",
    province: Annotated[str, typer.Option(help="Only this province: any name, or a part.")] = "",
    year: Annotated[str, typer.Option(help="Only this year, or what is printed for it.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="List every cell.")] = False,
    export: Annotated[
        Path | None, typer.Option(help="Write the cells to a new .csv or .xlsx file.")
    ] = None,
) -> None:
    """List what the last good refresh set aside, why, and how to release it."""
    from dagster_project.terminal import show_quarantine
    from yearbooks.catalogue import Catalogue
    from yearbooks.errors import YearbookError
    from yearbooks.quarantine import Filters, Quarantine

    try:
        target = find_dataset(dataset)
        held = Quarantine.of(target.database, dataset)
        catalogue = Catalogue.load(REFERENCE_SEEDS)
        filters = Filters(reason, file, sheet, item, province, year)
        shown = held.filtered(filters, catalogue)
        if export is not None:
            shown.export(export)
    except (WorkspaceError, YearbookError) as error:
        _wrong_input(error)
    console = Console(highlight=False)
    refreshed_at = datetime.fromtimestamp(target.database.stat().st_mtime)
    show_quarantine(console, dataset, refreshed_at, held, shown, catalogue, everything=everything)
    if export is not None:
        console.print(f"\nWritten: {escape(str(export))}", soft_wrap=True)


@app.command()
def explain(
    variable: Annotated[
        str, typer.Argument(help="Of the panel, an indicator, magglo, psagglo or a raw item.")
    ],
    province: Annotated[str, typer.Option(help="Code, or Chinese or English name.")],
    year: Annotated[int, typer.Option(help="Data year.")],
    dataset: DatasetOption = DEMO,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not a tree.")] = False,
) -> None:
    """Follow a figure back to the yearbook cells it was computed from."""
    from dagster_project.explain import ExplanationError
    from dagster_project.explain import explain as follow
    from dagster_project.explain_tree import show_explanation
    from yearbooks.catalogue import Catalogue
    from yearbooks.errors import CatalogueError

    try:
        target = find_dataset(dataset)
        catalogue = Catalogue.load(REFERENCE_SEEDS)
        found = follow(target, catalogue, variable, province, year)
    except (WorkspaceError, CatalogueError, ExplanationError) as error:
        _wrong_input(error)
    if as_json:
        typer.echo(found.json())
    else:
        show_explanation(Console(highlight=False), found)


@app.command()
def status() -> None:
    """Say what stands in each dataset: last refresh, index, coverage, quarantine."""
    from dagster_project.status import summarise

    datasets = known_datasets()
    console = Console(highlight=False)
    if not datasets:
        console.print("No dataset yet. Start with: [bold]ami refresh[/]")
        return
    for entry in datasets:
        console.print(f"[bold]{entry.name}[/]{' (SYNTHETIC)' if entry.synthetic else ''}")
        facts = Table.grid(padding=(0, 2))
        for heading, words in summarise(entry):
            facts.add_row(f"  {heading}", Text(visible(words)))
        console.print(facts)


@app.command()
def ui(
    dataset: DatasetOption = DEMO,
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 3000,
) -> None:
    """Open the Dagster UI of one dataset on http://127.0.0.1, for this machine only."""
    try:
        target = find_dataset(dataset)
    except WorkspaceError as error:
        _wrong_input(error)
    environment = os.environ | {"AMI_DATASET": target.name} | prepare_dagster_home(target)
    # `dagster dev` advises its successor at every start; that is nothing a user can act on.
    environment["PYTHONWARNINGS"] = "ignore::FutureWarning"
    dagster = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "--host", "127.0.0.1", "--port", str(port)]
    os.execve(dagster, ["dagster", *arguments, "-m", "dagster_project.definitions"], environment)


def main() -> None:
    """Entry point of the `ami` script."""
    app()
