"""`ami quarantine`: what is set aside, why, and how to release it."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from ami.dataset import DEMO, DatasetError, find_dataset
from command.console import (
    FIRST_CELLS,
    REFERENCE,
    BuildOption,
    DatasetOption,
    Terminal,
    cells_in_words,
    plain_table,
    rule_in_words,
    say_heading,
    say_line,
    show_row,
    wrong_input,
)
from yearbooks.untrusted import place, visible

if TYPE_CHECKING:
    import pandas as pd

    from yearbooks.catalogue import Catalogue
    from yearbooks.set_aside import Quarantine


def quarantine(
    dataset: DatasetOption = DEMO,
    build: BuildOption = False,
    reason: Annotated[str, typer.Option(help="Only this reason, such as unknown_item.")] = "",
    file: Annotated[str, typer.Option(help="Only files with this in their name.")] = "",
    sheet: Annotated[str, typer.Option(help="Only sheets with this in their name.")] = "",
    item: Annotated[str, typer.Option(help="Only this item: any name, or part of one.")] = "",
    province: Annotated[str, typer.Option(help="Only this province: a name, or part of one.")] = "",
    year: Annotated[str, typer.Option(help="Only this year, or the text printed for it.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="List every cell.")] = False,
    export: Annotated[
        Path | None, typer.Option(help="Write the cells to a new .csv or .xlsx file.")
    ] = None,
) -> None:
    """List what the last good refresh set aside, why, and how to release it."""
    from ami.warehouse import reading
    from yearbooks.catalogue import Catalogue
    from yearbooks.errors import YearbookError
    from yearbooks.set_aside import Filters, Quarantine

    try:
        target = find_dataset(dataset)
        database = target.to_read(build=build)
        with reading(database) as connection:
            held = Quarantine.of(connection, dataset)
        catalogue = Catalogue.load(target.reference)
        filters = Filters(reason, file, sheet, item, province, year)
        shown = held.filtered(filters, catalogue)
        if export is not None:
            shown.export(export)
    except (DatasetError, YearbookError) as error:
        wrong_input(error)
    console = Terminal()
    of = datetime.fromtimestamp(database.stat().st_mtime)
    refresh = f"the {'build' if build else 'last good refresh'} ({of:%Y-%m-%d %H:%M})"
    show_quarantine(console, dataset, refresh, held, shown, catalogue, everything=everything)
    if export is not None:
        console.print(f"\nWritten: {escape(str(export))}", soft_wrap=True)


def show_quarantine(
    console: Console,
    dataset: str,
    refresh: str,
    held: "Quarantine",
    shown: "Quarantine",
    catalogue: "Catalogue",
    *,
    everything: bool,
) -> None:
    """What is set aside after `refresh`: counts, the cells, and how to release the first."""
    from yearbooks.remedies import advice

    cells = shown.cells
    if len(cells) == len(held.cells):
        counted = f"{cells_in_words(len(cells))} set aside"
    else:
        counted = f"{len(cells):,} of {len(held.cells):,} cells set aside match,"
    say_line(console, f"{dataset}: {counted} in {refresh}", style="bold")
    if cells.empty:
        return
    summary = plain_table()
    summary.add_column("reason", no_wrap=True)
    for heading in ("cells", "files"):
        summary.add_column(heading, justify="right", no_wrap=True)
    summary.add_column("what to do", overflow="fold")
    for row in shown.by_reason().to_dict("records"):
        what = Text(advice(row["reason"]))
        summary.add_row(row["reason"], f"{row['cells']:,}", f"{row['files']:,}", what)
    console.print()
    console.print(summary)
    files = plain_table()
    files.add_column("file", overflow="fold")
    files.add_column("cells", justify="right", no_wrap=True)
    files.add_column("reasons", overflow="fold")
    for row in shown.by_file().to_dict("records"):
        files.add_row(Text(visible(row["source_file"])), f"{row['cells']:,}", row["reasons"])
    console.print()
    console.print(files)

    first = cells if everything else cells.head(FIRST_CELLS)
    for name, of_file in first.groupby("source_file", sort=False):
        say_heading(console, visible(name))
        console.print(_cells_of(of_file))
    if len(first) < len(cells):
        say_line(
            console,
            f"{len(cells) - len(first):,} more: --all lists them, --export FILE.xlsx writes them "
            "to a file.",
        )
    _show_release(console, dataset, shown, catalogue)


def _cells_of(cells: "pd.DataFrame") -> RenderableType:
    table = plain_table()
    table.add_column("place", overflow="fold")
    table.add_column("reason", no_wrap=True)
    for heading in ("item", "province"):
        table.add_column(heading, overflow="fold")
    for heading in ("year", "value"):
        table.add_column(heading, justify="right", overflow="fold")
    for heading in ("unit", "rule"):
        table.add_column(heading, overflow="fold")
    for cell in cells.to_dict("records"):
        row = int(cell["source_row"]) if cell["source_row"] else None
        printed = [
            cell[f"{part}_printed"] for part in ("item", "province", "year", "value", "unit")
        ]
        table.add_row(
            Text(place(cell["source_sheet"], row, cell["source_column"])),
            cell["reason"],
            *(Text(visible(text)) for text in (*printed, rule_in_words(cell["rule"]))),
        )
    return Padding(table, (0, 0, 0, 2))


def _show_release(
    console: Console, dataset: str, shown: "Quarantine", catalogue: "Catalogue"
) -> None:
    from yearbooks.remedies import release

    today = date.today()
    for record in shown.cells.to_dict("records"):
        cell = {str(column): text for column, text in record.items()}
        edition = shown.editions.get(cell["source_file"])
        row = release(cell, dataset, catalogue, today, edition)
        if row is None:
            continue
        where = place(cell["source_sheet"], int(cell["source_row"] or 0), cell["source_column"])
        say_heading(console, "To release a cell at the next refresh")
        say_line(
            console,
            f"add a row like this one to {REFERENCE}/{row.file}; it is for "
            f"{visible(cell['source_file'])}, {where} ({cell['reason']}); fill in its empty fields "
            "and check the others:",
            indent=2,
        )
        show_row(console, row)
        return
