"""`ami audit`: the index on trial with larger samples than a refresh takes.

Options and what is printed; what is computed is `analysis.large_audit`, files are `ami.auditing`.
"""

from typing import Annotated

import typer
from rich.text import Text

from ami.dataset import DEMO, DatasetError, find_dataset
from command.console import DatasetOption, Terminal, errors, named, say_line, wrong_input


def audit(
    dataset: DatasetOption = DEMO,
    recipes: Annotated[
        int | None,
        typer.Option(help="Recipes of the index to try, a power of two; by default 16,384."),
    ] = None,
) -> None:
    """Try the published index: ranks over recipes, the coefficient over a million fits."""
    from ami.auditing import audit as made

    console = Terminal()

    def told(number: int, of: int, words: str) -> None:
        # Beside the page, so that what is piped is the page alone.
        errors.print(Text(f"{number} of {of}: {words}", style="dim"))

    try:
        target = find_dataset(dataset)
        folder, page = made(target, recipes, told)
    except (DatasetError, ValueError) as error:
        wrong_input(error)
    for line in page.splitlines():
        say_line(console, line)
    console.print()
    say_line(console, f"All of it, of {named(target)}: {folder}")
