"""`ami panel`: index and panel as they were published on a day, as CSV.

Not named as the sub-command is: `analysis.panel` has that name.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ami.dataset import DEMO, DatasetError, find_dataset
from command.console import DatasetOption, Terminal, named, wrong_input
from yearbooks.untrusted import visible


def panel(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="As it stood at the end of this day, UTC; as it stands now if left out.",
        ),
    ] = None,
    dataset: DatasetOption = DEMO,
    output: Annotated[
        Path | None, typer.Option(help="Write it to a new .csv file, not to the console.")
    ] = None,
) -> None:
    """Print index and panel as they were published on a day, a row a province and year."""
    from ami.published_panel import panel_as_of
    from ami.table_files import TableFileError, write_new_csv
    from ami.vintage_store import VintageError

    try:
        target = find_dataset(dataset)
        day = as_of.date() if as_of else datetime.now(UTC).date()
        published = panel_as_of(target, day)
        if output is not None:
            write_new_csv(published.rows, output)
    except (DatasetError, VintageError, TableFileError) as error:
        wrong_input(error)
    if output is None:
        typer.echo(published.rows.to_csv(index=False), nl=False)
        return
    of = published.vintage
    Terminal().print(
        f"{named(target)} as of {day}: vintage {of.vintage}, published "
        f"{of.published_at:%Y-%m-%d %H:%M} UTC\nWritten: {escape(visible(str(output)))}",
        soft_wrap=True,
    )
