"""`ami ui` and `ami watch`: Dagster's UI for a person, without and with the watch of the inbox."""

from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from ami.dataset import DEMO, DatasetError, find_dataset
from ami.server import reserved, serve
from command.console import DatasetOption, Terminal, errors, wrong_input
from command.exit_codes import ExitCode


def ui(
    dataset: DatasetOption = DEMO,
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 3000,
) -> None:
    """Open the Dagster UI of one dataset on http://127.0.0.1, for this machine only."""
    _serve(dataset, port, None)


def watch(
    dataset: DatasetOption = DEMO,
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 3000,
    every: Annotated[int, typer.Option(min=5, help="Seconds between two looks at the inbox.")] = 30,
) -> None:
    """Watch the inbox of one dataset and refresh when a file arrives; open its UI too."""
    _serve(dataset, port, every)


def _serve(dataset: str, port: int, every: int | None) -> NoReturn:
    from ami.warehouse import read_through, reading

    console = Terminal(soft_wrap=True)
    try:
        target = find_dataset(dataset)
        if target.database.is_file():
            # What stands in it would fail at every look of a sensor.
            with reading(target.database) as connection:
                read_through(connection)
        with reserved(target, port):
            name = f"{target.name} (SYNTHETIC)" if target.synthetic else target.name
            console.print(f"The UI of {name}: http://127.0.0.1:{port}  Ctrl-C ends it.")
            if every is not None:
                console.print(
                    f"Watching {escape(str(target.inbox))}: a file that two looks, "
                    f"{every} s apart, find unchanged is taken in."
                )
            console.print(f"Log: {escape(str(target.daemon_log))}")
            ended_by_a_person = serve(target, port, every)
    except DatasetError as error:
        wrong_input(error)
    if ended_by_a_person:
        console.print("Ended. A refresh that was running continues by itself.")
    else:
        errors.print("[red]Failed:[/] the UI or the daemon ended by itself; the log says why.")
    raise typer.Exit(ExitCode.DONE if ended_by_a_person else ExitCode.FAILED)
