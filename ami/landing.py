"""Yearbook files into raw cells: where every way through the warehouse begins.

In a refresh, or by itself for whoever runs dbt by hand. How a file is read is said in `yearbooks`.
"""

from contextlib import nullcontext

import duckdb
from filelock import Timeout

from ami import atomic, own_reference, vintage_store
from ami.dataset import Dataset
from ami.warehouse import IN_USE, WarehouseError, start_from_last_good
from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.errors import IntakeError
from yearbooks.intake import IntakeReport, land


def land_files(
    dataset: Dataset, connection: duckdb.DuckDBPyConnection, rebase: str = ""
) -> IntakeReport:
    """Land the inbox of `dataset` beside what its database holds of earlier times.

    `rebase` is the reason for a new base of the frozen index, if it is to get one. Raises
    `YearbookError` where no figure could be read, now or before.
    """
    vintage_store.prepare(connection, rebase)
    own_reference.assemble(dataset)
    catalogue = Catalogue.load(dataset.reference)
    releases = Releases.load(dataset.reference, catalogue)
    report = land(dataset.inbox, dataset.name, connection, catalogue, releases)
    if not connection.table("raw.observations").shape[0]:
        raise IntakeError(f"no figure could be read from the inbox\n{report.summary()}")
    return report


def land_for_dbt(dataset: Dataset) -> IntakeReport:
    """Land the inbox in `dataset.landed_database`, which is made anew; nothing else is touched.

    As a refresh does, from the last good warehouse on. Raises `YearbookError` as `land_files`,
    `WarehouseError` where that warehouse is damaged, or where a refresh reads the reference files
    of the dataset, which are joined anew; and `OSError`. The database then is as it was.
    """
    try:
        with dataset.lock if own_reference.files(dataset) else nullcontext():
            return _land_for_dbt(dataset)
    except Timeout:
        raise WarehouseError(IN_USE.format(dataset.name)) from None


def _land_for_dbt(dataset: Dataset) -> IntakeReport:
    target = dataset.landed_database
    new = atomic.staged(target)
    atomic.remove(new)
    try:
        # A publication would replace what is copied.
        with dataset.publishing:
            start_from_last_good(dataset, new)
        with duckdb.connect(str(new)) as connection:
            report = land_files(dataset, connection)
        atomic.remove(target.with_suffix(".duckdb.wal"))
        atomic.put(new, target)
    finally:
        atomic.remove(new)
    return report
