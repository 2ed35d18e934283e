"""The `ami` command: look at yearbook files, refresh a dataset, see where it stands, open the UI.

Exit codes: 0 done, 1 failed, 2 the user's input is wrong, 3 stopped by a data-quality gate. A
user's mistake is answered in words, never with a traceback. Dagster, dbt and pandas are imported
inside the commands: `ami --help` must answer at once.
"""

import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ami.dataset import (
    DEMO,
    REFERENCE_SEEDS,
    Dataset,
    DatasetError,
    ami_home,
    find_dataset,
    known_datasets,
)
from command.exit_codes import Outcome
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
    edition_policy: Annotated[
        str,
        typer.Option(
            help="Which edition of a figure counts: latest or first_published; remembered.",
            metavar="POLICY",
        ),
    ] = "",
    rebase: Annotated[
        str,
        typer.Option(help="Make this refresh the base of the frozen index.", metavar="REASON"),
    ] = "",
) -> None:
    """Read the yearbooks, build the index, check it, estimate, and write the report."""
    try:
        target = find_dataset(dataset, inbox, edition_policy)
        if not any(target.inbox.iterdir()):
            raise DatasetError(f"the inbox {target.inbox} holds no yearbook file")
        target.folder.mkdir(parents=True, exist_ok=True)
    except (DatasetError, OSError) as error:
        _wrong_input(error)
    from command.refresh import run_refresh

    raise typer.Exit(run_refresh(target, rebase))


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="The yearbook file; its name does not matter.")],
    dataset: Annotated[
        str,
        typer.Option(
            "--dataset", "-d", help="Dataset whose accepted readings and corrections apply."
        ),
    ] = "",
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Write FILE.mapping.yml with what it does not say, to be completed."
        ),
    ] = False,
) -> None:
    """Say what would become of a file: what is recognised, every problem. Nothing is loaded.

    The exit code is 0 where any cell of it would land, 1 where none would.
    """
    from command.terminal import Names, show_draft, show_inspection
    from yearbooks.accepted import Releases
    from yearbooks.catalogue import Catalogue
    from yearbooks.drafts import Draft
    from yearbooks.errors import CatalogueError, FileFault, YearbookError
    from yearbooks.inspection import inspect as look_into
    from yearbooks.source import Source, file_name

    try:
        if dataset:
            Dataset(dataset, file.parent, file.parent)
        if not os.path.lexists(file):
            raise DatasetError(f"there is no file {file}")
        if file.is_dir():
            raise DatasetError(f"{file} is a folder: name one file in it")
        catalogue = Catalogue.load(REFERENCE_SEEDS)
        releases = Releases.load(REFERENCE_SEEDS, catalogue)
    except (DatasetError, CatalogueError) as error:
        _wrong_input(error)
    refused = None
    try:
        source = Source.open(file)
    except FileFault as fault:
        source, refused = Source(file_name(file), b""), fault
    of_file = releases.of(dataset, source.name)
    this_year = date.today().year
    found = look_into(source, catalogue, of_file, this_year, refused)
    console = Console(highlight=False)
    show_inspection(console, found, Names.load(REFERENCE_SEEDS))
    if write and refused is None:
        try:
            draft = Draft.of(source, catalogue, this_year, of_file)
            show_draft(console, draft, draft.save(file) if draft else None)
        except YearbookError as error:
            _wrong_input(error)
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
            raise DatasetError(f"'{years}' are no years; expected 2021 or 2019-2021")
        wanted = range(int(span[1]), int(span[2] or span[1]) + 1)
        templates = Templates.of(REFERENCE_SEEDS)
        books = [templates.named(yearbook)] if yearbook else templates.yearbooks
        published = edition if edition is not None else wanted.stop
        paths = save(templates, books, output, wanted, published, this_year, overwrite=force)
    except (DatasetError, YearbookError) as error:
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
    from command.terminal import show_quarantine
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
    except (DatasetError, YearbookError) as error:
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
    from ami.explain import ExplanationError
    from ami.explain import explain as follow
    from command.explain import show_explanation
    from yearbooks.catalogue import Catalogue
    from yearbooks.errors import CatalogueError

    try:
        target = find_dataset(dataset)
        catalogue = Catalogue.load(REFERENCE_SEEDS)
        found = follow(target, catalogue, variable, province, year)
    except (DatasetError, CatalogueError, ExplanationError) as error:
        _wrong_input(error)
    if as_json:
        typer.echo(found.json())
    else:
        show_explanation(Console(highlight=False), found)


@app.command()
def vintages(dataset: DatasetOption = DEMO) -> None:
    """List what each refresh that changed a mart published."""
    from ami.vintages import VintageError, vintages_of
    from command.terminal import show_vintages

    try:
        target = find_dataset(dataset)
        kept = vintages_of(target.database)
    except (DatasetError, VintageError) as error:
        _wrong_input(error)
    console = Console(highlight=False)
    if not kept:
        console.print("No vintage yet: each refresh that changes a mart makes one.")
        return
    show_vintages(console, target, kept)


@app.command()
def diff(
    old: Annotated[
        int | None, typer.Argument(help="Number of a vintage; the last but one if left out.")
    ] = None,
    new: Annotated[
        int | None, typer.Argument(help="Number of another; the last one if left out.")
    ] = None,
    dataset: DatasetOption = DEMO,
    everything: Annotated[bool, typer.Option("--all", help="List every row.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole as JSON.")] = False,
) -> None:
    """Say what changed between two vintages: which inputs, which values and ranks, and why."""
    from ami.revisions import compare
    from ami.vintages import VintageError
    from command.terminal import show_revision

    try:
        target = find_dataset(dataset)
        revision = compare(target.database, old, new)
    except (DatasetError, VintageError) as error:
        _wrong_input(error)
    if as_json:
        typer.echo(revision.as_json(target.name, synthetic=target.synthetic))
    else:
        show_revision(Console(highlight=False), target, revision, everything=everything)


@app.command()
def backup(
    place: Annotated[
        Path | None,
        typer.Argument(help="File to write, or a folder; the folder backups if left out."),
    ] = None,
    dataset: DatasetOption = DEMO,
) -> None:
    """Write the last good state of a dataset, its yearbook files included, to one file."""
    from ami.backup import BackupError, back_up

    try:
        path, manifest = back_up(find_dataset(dataset), place)
    except (DatasetError, BackupError) as error:
        _wrong_input(error)
    except OSError as error:
        errors.print(f"[red]Failed:[/] {escape(visible(error))}; no archive was written")
        raise typer.Exit(Outcome.FAILED) from None
    console = Console(highlight=False)
    console.print(
        f"{dataset} as published {manifest.published_at}: the warehouse, "
        f"{manifest.count('results')} results, {manifest.count('inbox')} yearbook files, "
        "the history of runs",
        soft_wrap=True,
    )
    for remark in manifest.remarks:
        console.print(f"  [yellow]note[/] {escape(visible(remark))}", soft_wrap=True)
    console.print(f"Written: {escape(str(path))}", soft_wrap=True)


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="A file that ami backup wrote.")],
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", "-d", help="Refuse an archive of any other dataset."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the dataset where it exists.")
    ] = False,
) -> None:
    """Put a backup in the place of a dataset, after verifying all of it."""
    from ami.backup import BackupError, InUse
    from ami.backup import restore as put_back

    try:
        restored = put_back(archive, ami_home(), dataset, force=force)
    except BackupError as error:
        _wrong_input(error)
    except (InUse, OSError) as error:
        errors.print(f"[red]Failed:[/] {escape(visible(error))}", soft_wrap=True)
        raise typer.Exit(Outcome.FAILED) from None
    console = Console(highlight=False)
    name, at = restored.dataset.name, restored.manifest.published_at
    word = " (SYNTHETIC data)" if restored.dataset.synthetic else ""
    console.print(f"Restored {name}{word} as published {at}")
    for remark in restored.remarks:
        console.print(f"  [yellow]note[/] {escape(visible(remark))}", soft_wrap=True)
    console.print(f"Results: {escape(str(restored.dataset.results))}", soft_wrap=True)


@app.command()
def status() -> None:
    """Say what stands in each dataset, and what a person should look at."""
    from command.status import summarise

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


alerts = typer.Typer(
    help="List what stands of the alerts; test whether they reach a person.",
    invoke_without_command=True,
)
app.add_typer(alerts, name="alerts")


@alerts.callback()
def list_alerts(
    context: typer.Context,
    dataset: Annotated[
        str, typer.Option("--dataset", "-d", help="Only this dataset; all of them if left out.")
    ] = "",
) -> None:
    """List what stands of the alerts, since when, and which channels do not work."""
    if context.invoked_subcommand:
        if dataset:
            _wrong_input(DatasetError(f"write --dataset behind {context.invoked_subcommand}"))
        return
    import sqlite3

    from ami.alerts import channel_troubles, open_alerts
    from ami.alerts.settings import Settings, SettingsError
    from command.terminal import show_alerts

    try:
        datasets = [find_dataset(dataset)] if dataset else known_datasets()
        standing = {each: (open_alerts(each), channel_troubles(each)) for each in datasets}
        base_url = Settings.load(find_dataset().home).base_url
    except sqlite3.Error as error:
        errors.print(f"[red]Error:[/] the state of the alerts cannot be read: {error}")
        raise typer.Exit(Outcome.FAILED) from None
    except (DatasetError, SettingsError) as error:
        _wrong_input(error)
    console = Console(highlight=False)
    for each, (alerts_of_it, troubles) in standing.items():
        show_alerts(console, each, alerts_of_it, troubles, base_url)
    if not datasets:
        console.print("No dataset yet. Start with: [bold]ami refresh[/]")


@alerts.command("test")
def test_alerts(dataset: DatasetOption = DEMO) -> None:
    """Send a test message over every channel and say whether it arrived; 1 if one did not."""
    from ami.alerts import try_channels
    from ami.alerts.settings import SettingsError

    try:
        answers = try_channels(find_dataset(dataset))
    except (DatasetError, SettingsError) as error:
        _wrong_input(error)
    console = Console(highlight=False)
    for name, fault in answers.items():
        word = f"[red]failed[/]: {escape(visible(fault))}" if fault else "[green]arrived[/]"
        console.print(f"{name}: {word}", soft_wrap=True)
    raise typer.Exit(Outcome.FAILED if any(answers.values()) else Outcome.DONE)


@app.command()
def ui(
    dataset: DatasetOption = DEMO,
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 3000,
) -> None:
    """Open the Dagster UI of one dataset on http://127.0.0.1, for this machine only."""
    _serve(dataset, port, {})


@app.command()
def watch(
    dataset: DatasetOption = DEMO,
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 3000,
    every: Annotated[int, typer.Option(min=5, help="Seconds between two looks at the inbox.")] = 30,
) -> None:
    """Watch the inbox of one dataset and refresh when a file arrives; open its UI too."""
    _serve(dataset, port, {"AMI_WATCH": str(every)})


def _serve(dataset: str, port: int, switch: dict[str, str]) -> NoReturn:
    from command.watch import reserved, serve

    console = Console(highlight=False, soft_wrap=True)
    try:
        target = find_dataset(dataset)
        with reserved(target, port):
            name = f"{target.name} (SYNTHETIC)" if target.synthetic else target.name
            console.print(f"The UI of {name}: http://127.0.0.1:{port}  Ctrl-C ends it.")
            if switch:
                console.print(
                    f"Watching {escape(str(target.inbox))}: a file that two looks, "
                    f"{switch['AMI_WATCH']} s apart, find unchanged is taken in."
                )
            console.print(f"Log: {escape(str(target.daemon_log))}")
            outcome = serve(target, port, switch)
    except DatasetError as error:
        _wrong_input(error)
    if outcome is Outcome.DONE:
        console.print("Ended. A refresh that was running goes on by itself.")
    else:
        errors.print("[red]Failed:[/] the UI or the daemon ended by itself; the log says why.")
    raise typer.Exit(outcome)


def main() -> None:
    """Entry point of the `ami` script."""
    # Matrices of 31 provinces are so small that a second thread only waits, at full speed.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()
