"""The `ami` command: refresh a dataset, see where it stands, open the UI.

Exit codes: 0 done, 1 failed, 2 the user's input is wrong, 3 stopped by a data-quality gate. A
user's mistake is answered in words, never with a traceback. Dagster and dbt are imported inside the
commands: `ami --help` must answer at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dagster_project.outcome import Outcome
from dagster_project.workspace import (
    DEMO,
    WorkspaceError,
    find_dataset,
    known_datasets,
    prepare_dagster_home,
)

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
    errors.print(f"[red]Error:[/] {escape(str(error))}", soft_wrap=True)
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
def status() -> None:
    """Say what stands in each dataset: last refresh, coverage, what was set aside."""
    from dagster_project.status import summarise

    datasets = known_datasets()
    console = Console()
    if not datasets:
        console.print("No dataset yet. Start with: [bold]ami refresh[/]")
        return
    table = Table(title="Datasets", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("dataset", "last good refresh", "years", "indicators", "cells", "set aside"):
        table.add_column(heading, justify="right" if heading in {"cells", "set aside"} else "left")
    for entry in datasets:
        table.add_row(*summarise(entry))
    console.print(table)


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
