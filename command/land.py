"""`ami land`: yearbook files into raw cells and no further, for whoever runs dbt by hand."""

import json

from rich.markup import escape

from ami.dataset import (
    DEMO,
    SEEDS,
    SEEDS_VARIABLE,
    DatasetError,
    find_dataset,
    has_inbox,
    remember_inbox,
)
from command.console import DatasetOption, InboxOption, Terminal, named, wrong_input


def land(dataset: DatasetOption = DEMO, inbox: InboxOption = None) -> None:
    """Read the yearbooks into a separate database for dbt run by hand, and stop there."""
    from ami.dbt_project import seeds_of
    from ami.landing import land_for_dbt
    from yearbooks.errors import YearbookError

    try:
        target = find_dataset(dataset, inbox)
        report = land_for_dbt(target)
        if not has_inbox(target):
            remember_inbox(target)
    except (DatasetError, YearbookError) as error:
        wrong_input(error)
    console = Terminal(soft_wrap=True)
    console.print(escape(report.summary()))
    console.print(f"\nLanded {named(target)} in {escape(str(target.landed_database))}")
    chosen = f" --vars '{json.dumps(target.dbt_vars)}'" if target.dbt_vars else ""
    seeds = f"{SEEDS_VARIABLE}={seeds_of(target)} " if target.seeds != SEEDS else ""
    console.print(f"Next, in the folder dbt: [bold]{escape(seeds)}dbt build{escape(chosen)}[/]")
