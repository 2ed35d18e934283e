"""`ami template`: an empty workbook for each yearbook. What stands in it is said by `yearbooks`."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ami import own_reference
from ami.dataset import DEMO, DatasetError, find_dataset
from command.console import Terminal, span_of_years, wrong_input


def template(
    yearbook: Annotated[
        str, typer.Argument(help="Code or name of a yearbook; every yearbook if left out.")
    ] = "",
    output: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("templates"),
    years: Annotated[
        str, typer.Option(help="2021 or 2019-2021; last year if left out.", metavar="YEARS")
    ] = "",
    edition: Annotated[
        int | None,
        typer.Option(help="Year of publication; one after the last year if left out."),
    ] = None,
    dataset: Annotated[
        str, typer.Option("--dataset", "-d", help="Dataset whose units the rows are of.")
    ] = DEMO,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write an empty workbook for each yearbook, to type figures into; it needs no mapping file."""
    from yearbooks.blank_workbooks import Templates, save
    from yearbooks.errors import YearbookError

    this_year = date.today().year
    try:
        wanted = span_of_years(years or str(this_year - 1))
        with own_reference.as_now(find_dataset(dataset)) as reference:
            templates = Templates.of(reference)
        books = [templates.named(yearbook)] if yearbook else templates.yearbooks
        published = edition if edition is not None else wanted.stop
        paths = save(templates, books, output, wanted, published, this_year, overwrite=force)
    except (DatasetError, YearbookError) as error:
        wrong_input(error)
    console = Terminal()
    for book, path in zip(books, paths, strict=True):
        tables = ", ".join(book.tables)
        console.print(f"{escape(str(path))}  {book.name_zh}: {tables}", soft_wrap=True)
    console.print("Fill in what you have, save it into an inbox, and look at it first:")
    console.print(f"  [bold]ami inspect {escape(str(paths[0]))}[/]", soft_wrap=True)
