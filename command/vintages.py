"""`ami vintages`: what each refresh that changed a mart published."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from ami.dataset import DEMO, Dataset, DatasetError, find_dataset
from command.console import DatasetOption, Terminal, named, plain_table, say_line, wrong_input

if TYPE_CHECKING:
    from ami.vintage_store import Vintage


def vintages(dataset: DatasetOption = DEMO) -> None:
    """List what each refresh that changed a mart published."""
    from ami.vintage_store import VintageError, vintages_of

    try:
        target = find_dataset(dataset)
        kept = vintages_of(target.database)
    except (DatasetError, VintageError) as error:
        wrong_input(error)
    console = Terminal()
    if not kept:
        console.print("No vintage yet: each refresh that changes a mart makes one.")
        return
    show_vintages(console, target, kept)


def show_vintages(console: Console, dataset: "Dataset", vintages: "Sequence[Vintage]") -> None:
    """A row for each vintage, the first first."""
    say_line(console, f"Vintages of {named(dataset)}", style="bold")
    table = plain_table()
    for heading in ("vintage", "published (UTC)", "years", "indicators", "base", "options"):
        table.add_column(heading, no_wrap=heading != "options")
    for vintage in vintages:
        table.add_row(
            str(vintage.vintage),
            f"{vintage.published_at:%Y-%m-%d %H:%M}",
            vintage.years,
            str(vintage.n_indicators),
            str(vintage.base),
            ", ".join(f"{name} {value}" for name, value in vintage.options.items()),
        )
    console.print(table)
