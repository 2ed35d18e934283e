"""`ami alerts`: the open alerts, and a test of whether alerts arrive."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ami.dataset import DEMO, Dataset, DatasetError, find_dataset, known_datasets
from command.console import DatasetOption, Terminal, errors, say_line, wrong_input
from command.exit_codes import ExitCode
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    from ami.alerting import ChannelTrouble, OpenAlert


alerts = typer.Typer(
    help="List the open alerts; test whether alerts arrive.",
    invoke_without_command=True,
)


@alerts.callback()
def list_alerts(
    context: typer.Context,
    dataset: Annotated[
        str, typer.Option("--dataset", "-d", help="Only this dataset; all of them if left out.")
    ] = "",
) -> None:
    """List the open alerts, since when, and which channels do not work."""
    if context.invoked_subcommand:
        if dataset:
            wrong_input(DatasetError(f"write --dataset after {context.invoked_subcommand}"))
        return
    import sqlite3

    from ami.alerting import channel_troubles, open_alerts
    from ami.alerting.settings import Settings, SettingsError

    try:
        datasets = [find_dataset(dataset)] if dataset else known_datasets()
        standing = {each: (open_alerts(each), channel_troubles(each)) for each in datasets}
        base_url = Settings.load(find_dataset().home).base_url
    except sqlite3.Error as error:
        errors.print(f"[red]Error:[/] the state of the alerts cannot be read: {error}")
        raise typer.Exit(ExitCode.FAILED) from None
    except (DatasetError, SettingsError) as error:
        wrong_input(error)
    console = Terminal()
    for each, (alerts_of_it, troubles) in standing.items():
        show_alerts(console, each, alerts_of_it, troubles, base_url)
    if not datasets:
        console.print("No dataset yet. Start with: [bold]ami refresh[/]")


@alerts.command("test")
def test_alerts(dataset: DatasetOption = DEMO) -> None:
    """Send a test message over every channel; the exit code is 1 if one did not arrive."""
    from ami.alerting import try_channels
    from ami.alerting.settings import SettingsError

    try:
        answers = try_channels(find_dataset(dataset))
    except (DatasetError, SettingsError) as error:
        wrong_input(error)
    console = Terminal()
    for name, fault in answers.items():
        word = f"[red]failed[/]: {escape(visible(fault))}" if fault else "[green]arrived[/]"
        console.print(f"{name}: {word}", soft_wrap=True)
    raise typer.Exit(ExitCode.FAILED if any(answers.values()) else ExitCode.DONE)


def show_alerts(
    console: Console,
    dataset: "Dataset",
    alerts: "list[OpenAlert]",
    troubles: "list[ChannelTrouble]",
    base_url: str,
) -> None:
    """What stands in one dataset, and which channels do not work."""
    from ami.alerting import log_path
    from ami.alerting.messages import Message

    word = " (SYNTHETIC data)" if dataset.synthetic else ""
    count = f"{len(alerts)} open alert{'' if len(alerts) == 1 else 's'}"
    say_line(console, f"{dataset.name}{word}: {count}", style="bold")
    for alert in alerts:
        message = Message.of("problem", alert, dataset, base_url, alert.since)
        style = "red" if message.severity == "ERROR" else "yellow"
        words = f"{message.severity} {message.asset}: {message.name}"
        say_line(console, words, indent=2, style=style)
        for line in message.findings():
            say_line(console, line, indent=4)
        if message.run_url:
            say_line(console, f"Run: {message.run_url}", indent=4)
    for trouble in troubles:
        say_line(
            console,
            f"{trouble.channel} has not worked since {trouble.since}: {trouble.fault}; "
            f"{trouble.waiting} waiting",
            indent=2,
            style="red",
        )
    if log_path(dataset).is_file():
        say_line(console, f"Log: {log_path(dataset)}", indent=2)
