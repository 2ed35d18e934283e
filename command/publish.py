"""`ami publish`: what was published last in PostgreSQL, for those who query it together."""

from typing import Annotated

import typer

from ami.dataset import DEMO, DatasetError, find_dataset
from command.console import DatasetOption, Terminal, failed, named, wrong_input


def publish(
    to: Annotated[
        str, typer.Option(help="Database of PostgreSQL: postgresql://user@host/database.")
    ],
    dataset: DatasetOption = DEMO,
) -> None:
    """Put marts, estimates and vintages of a dataset into a PostgreSQL database."""
    from ami.sharing import READERS, SharingError, share

    try:
        target = find_dataset(dataset)
        shared = share(target, to)
    except DatasetError as error:
        wrong_input(error)
    except SharingError as error:
        failed(error)
    Terminal().print(
        f"{named(target)}: {shared.n_tables} tables, {shared.n_rows:,} rows. "
        f"To let somebody read them: grant {READERS} to NAME",
        soft_wrap=True,
    )
