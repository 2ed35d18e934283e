"""`ami restore`: a backup in the place of a dataset."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ami.dataset import ami_home
from command.console import Terminal, failed, wrong_input
from yearbooks.untrusted import visible


def restore(
    archive: Annotated[Path, typer.Argument(help="A file that ami backup wrote.")],
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", "-d", help="Refuse an archive of any other dataset."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the dataset if it exists.")
    ] = False,
) -> None:
    """Verify a backup and put it in place of a dataset."""
    from ami.archive import BackupError
    from ami.restoring import InUse
    from ami.restoring import restore as put_back

    try:
        restored = put_back(archive, ami_home(), dataset, force=force)
    except BackupError as error:
        wrong_input(error)
    except InUse as error:
        failed(error)
    console = Terminal()
    name, at = restored.dataset.name, restored.manifest.published_at
    word = " (SYNTHETIC data)" if restored.dataset.synthetic else ""
    console.print(f"Restored {name}{word} as published {at}")
    for remark in restored.remarks:
        console.print(f"  [yellow]note[/] {escape(visible(remark))}", soft_wrap=True)
    console.print(f"Results: {escape(str(restored.dataset.results))}", soft_wrap=True)
