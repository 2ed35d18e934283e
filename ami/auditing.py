"""The large audit of a published warehouse, written beside the results it is of.

Here: what is read, and where it is written. Not here: what is computed (`analysis.large_audit`),
how it is told (`command.audit`). The next refresh that publishes takes the folder away with the
results.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from ami import atomic
from ami.dataset import Dataset, DatasetError
from ami.table_files import CSV_ENCODING
from ami.warehouse import reading, refreshed_at

FOLDER = "audit"
SUMMARY = "summary.txt"


def audit(
    dataset: Dataset, n_recipes: int | None, told: Callable[[int, int, str], None]
) -> tuple[Path, str]:
    """Make the audit and put it in place; its folder and its summary.

    n_recipes: None for as many as an audit has.
    told: is given the number of the table that begins, how many there are, and what it is.

    Raises
    ------
    DatasetError
        Where nothing is published, and where something else was while the audit ran.
    ValueError
        As `analysis.large_audit.audit_tables`.
    WarehouseError
        Where the warehouse cannot be read.
    """
    from analysis.large_audit import N_RECIPES, audit_tables, summary

    tables = list(audit_tables(N_RECIPES if n_recipes is None else n_recipes))
    names = dict.fromkeys(name for table in tables for name in table.needs)
    with reading(dataset.to_read()) as connection:
        frames = {name: connection.table(name).df() for name in names}
        refreshed = refreshed_at(connection)
    made = {}
    for number, table in enumerate(tables, start=1):
        told(number, len(tables), table.words)
        made[table.name] = table.made(frames)
    when = f"{refreshed:%Y-%m-%d %H:%M} UTC" if refreshed else "by an earlier version"
    page = summary(made, dataset.name, when, synthetic=dataset.synthetic)
    folder = dataset.results / FOLDER
    with dataset.publishing:
        with reading(dataset.to_read()) as connection:
            if refreshed_at(connection) != refreshed:
                raise DatasetError(
                    f"dataset '{dataset.name}' was refreshed while its audit ran: start it again"
                )
        new = atomic.staged(folder)
        atomic.remove(new)
        new.mkdir(parents=True)
        for name, table_made in made.items():
            rows = table_made.rows.assign(is_synthetic=dataset.synthetic)
            rows.to_csv(new / f"{name}.csv", index=False, encoding=CSV_ENCODING)
        (new / SUMMARY).write_text(page, encoding="utf-8")
        atomic.remove(folder)
        shutil.move(new, folder)
    return folder, page
