"""`ami replicate-print`: the figures of Tables 2 and 3 beside ours, under readings of the paper.

Options and what is printed; what a reading gives is computed by `ami.replication`.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding

from ami.dataset import DEMO, Dataset, DatasetError, find_dataset
from command.console import (
    DatasetOption,
    Terminal,
    named,
    plain_table,
    say_heading,
    say_line,
    wrong_input,
)

if TYPE_CHECKING:
    from ami.replication import Replication

FIRST_READINGS = 2
# As the paper prints them.
DECIMALS = {"table2": 3, "table3": 2}


class PrintedTable(StrEnum):
    """A table of the paper that holds figures of the data, and no estimates."""

    TABLE_2 = "table2"
    TABLE_3 = "table3"


def replicate_print(
    table: Annotated[PrintedTable, typer.Argument(help="Weights or descriptives.")],
    dataset: DatasetOption = DEMO,
    everything: Annotated[bool, typer.Option("--all", help="Every reading.")] = False,
) -> None:
    """Say which reading of the paper comes closest to each figure that it prints."""
    from ami import replication
    from ami.vintage_store import VintageError

    tables = {PrintedTable.TABLE_2: replication.table_2, PrintedTable.TABLE_3: replication.table_3}
    try:
        target = find_dataset(dataset)
        found = tables[table](target.database)
    except (DatasetError, VintageError) as error:
        wrong_input(error)
    console = Terminal()
    say_line(console, named(target), style="bold")
    _say_figures(console, found, everything=everything)
    _say_what_is_not_at_hand(console, target, found)


def _say_figures(console: Console, found: "Replication", *, everything: bool) -> None:
    decimals = DECIMALS[found.table]
    for subject in found.at_hand:
        remark = found.remarks.get(subject)
        say_heading(console, f"{subject} (from {remark})" if remark else subject)
        rows = plain_table()
        for heading in ("", "printed", "ours", "difference", "n", "nearest under"):
            rows.add_column(heading)
        for figure in found.nearest(subject):
            rows.add_row(
                figure.statistic,
                f"{figure.printed:.{decimals}f}",
                f"{figure.ours:.{decimals}f}",
                "as printed" if found.prints_as(figure) else f"{figure.difference:+.{decimals}f}",
                f"{figure.n:,}",
                figure.reading,
            )
        console.print(Padding(rows, (0, 0, 0, 2)))
        readings = found.readings(subject)
        for words, largest in readings if everything else readings[:FIRST_READINGS]:
            say_line(console, f"all within {largest:.{decimals}f} under {words}", indent=2)


def _say_what_is_not_at_hand(console: Console, dataset: Dataset, found: "Replication") -> None:
    if not found.not_at_hand:
        return
    from ami.dates import today_in_china
    from ami.shortfall import assess
    from ami.warehouse import reading

    with reading(dataset.to_read()) as connection:
        standing = assess(connection, dataset, today_in_china()).standing
    waits = {each.subject: each.waits_for.replace(",", ", ") for each in standing}
    say_heading(console, "Not at hand")
    for subject in found.not_at_hand:
        # A weight is a share of all: an indicator may be here, and its weight is not.
        say_line(console, f"{subject}: waits for {waits[subject] or 'others'}", indent=2)
