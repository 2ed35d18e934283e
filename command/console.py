"""What several sub-commands print alike, and how they end on a mistake of the person who typed.

Every text from a file passes through `visible` into a `Text`, which has no markup: it is shown and
does nothing. Figures never break over lines; a row for a CSV file stays on one line, to be copied.
"""

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ami.dataset import Dataset, DatasetError
from command.exit_codes import ExitCode
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    from yearbooks.remedies import CsvRow


class Terminal(Console):
    """Where a command prints. When its reader is gone (`| head`) it ends, as shells expect."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, **options)

    def on_broken_pipe(self) -> NoReturn:
        # At once, as by Ctrl-C: a refresh may be anywhere.
        os._exit(ExitCode.READER_GONE)


errors = Terminal(stderr=True)


DatasetOption = Annotated[
    str, typer.Option("--dataset", "-d", help="Name of the dataset; 'demo' is synthetic.")
]
BuildOption = Annotated[
    bool,
    typer.Option("--build", help="Look into what the last refresh built, even if stopped."),
]

InboxOption = Annotated[
    Path | None,
    typer.Option(help="Folder with the yearbook files; remembered for next time."),
]


FIRST_CELLS = 20
REFERENCE = "dbt/seeds/reference"


def wrong_input(error: Exception) -> NoReturn:
    """End the command on a mistake of the person who typed it, said in words."""
    errors.print(f"[red]Error:[/] {escape(visible(error))}", soft_wrap=True)
    raise typer.Exit(ExitCode.WRONG_INPUT)


def failed(error: Exception) -> NoReturn:
    """End the command on what the machine or the warehouse did not allow, said in words."""
    errors.print(f"[red]Failed:[/] {escape(visible(error))}", soft_wrap=True)
    sys.exit(ExitCode.FAILED)


def say_line(console: Console, text: str, *, indent: int = 0, style: str = "") -> None:
    """A paragraph, its further lines indented too; in a pipe it is one line."""
    body = Text(text, style=style)
    if console.is_terminal:
        console.print(Padding(body, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent).append(body), soft_wrap=True)


def say_heading(console: Console, text: str) -> None:
    """A line that stands out, after an empty one."""
    console.print()
    say_line(console, text, style="bold")


def plain_table() -> Table:
    """A table without lines."""
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim")


def named(dataset: "Dataset") -> str:
    """A dataset by its name; the synthetic one says so."""
    return f"{dataset.name} (SYNTHETIC)" if dataset.synthetic else dataset.name


def say_more(console: Console, n_more: int) -> None:
    """How much was left out, if anything, and how to see it."""
    if n_more:
        say_line(console, f"{n_more:,} more: --all lists them, --json prints everything.", indent=2)


def show_row(console: Console, row: "CsvRow") -> None:
    """A row for a CSV file below its header, each on a line to be copied."""
    for line in (row.header, row.text):
        shown = "\n".join(visible(part) for part in line.split("\n"))
        console.print(Text(f"      {shown}"), soft_wrap=True)


def span_of_years(text: str) -> range:
    """2021 or 2019-2021, as typed. Raises `DatasetError` for anything else."""
    span = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text)
    if span is None:
        raise DatasetError(f"'{text}' is not a year or a span of years; expected 2021 or 2019-2021")
    years = range(int(span[1]), int(span[2] or span[1]) + 1)
    if not years:
        raise DatasetError(f"'{text}': the last year comes before the first")
    return years


def cells_in_words(count: int) -> str:
    """So many cells."""
    return "1 cell" if count == 1 else f"{count:,} cells"


def rule_in_words(rule: str) -> str:
    """The name of a rule, so that it breaks between its words."""
    return rule.replace("_", " ")
