"""`ami backup`: the last good state of a dataset in one file."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ami.dataset import DEMO, DatasetError, find_dataset
from command.console import DatasetOption, Terminal, wrong_input
from yearbooks.untrusted import visible


def backup(
    place: Annotated[
        Path | None,
        typer.Argument(help="File to write, or a folder; the folder backups if left out."),
    ] = None,
    dataset: DatasetOption = DEMO,
) -> None:
    """Write the last good state of a dataset, with its yearbook files, to one file."""
    from ami.archive import BackupError
    from ami.backing_up import back_up

    try:
        path, manifest = back_up(find_dataset(dataset), place)
    except (DatasetError, BackupError) as error:
        wrong_input(error)
    console = Terminal()
    console.print(
        f"{dataset} as published {manifest.published_at}: the warehouse, "
        f"{manifest.count('results')} results, {manifest.count('inbox')} yearbook files"
        f"{', the history of runs' if manifest.has_history else ''}",
        soft_wrap=True,
    )
    for remark in manifest.remarks:
        console.print(f"  [yellow]note[/] {escape(visible(remark))}", soft_wrap=True)
    console.print(f"Written: {escape(str(path))}", soft_wrap=True)
