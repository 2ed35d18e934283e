"""What `ami status` says of a dataset, read from its last good warehouse."""

from datetime import datetime

import duckdb

from dagster_project.overdue import overdue, today_in_china
from dagster_project.workspace import Dataset


def summarise(dataset: Dataset) -> list[str]:
    """One row of the table that `ami status` prints, in the order of its columns."""
    name = f"{dataset.name} (SYNTHETIC)" if dataset.synthetic else dataset.name
    if not dataset.database.is_file():
        return [name, "never", "", "", "", ""]
    published = f"{datetime.fromtimestamp(dataset.database.stat().st_mtime):%Y-%m-%d %H:%M}"
    try:
        return [name, published, *_contents(dataset)]
    except duckdb.Error:
        return [name, published, "cannot be read by this version: refresh it", "", "", ""]


def overdue_yearbooks(dataset: Dataset) -> list[str]:
    """A sentence for each yearbook that should have been here by now."""
    try:
        return [str(each) for each in overdue(dataset, today_in_china())]
    except duckdb.Error:  # Said in the row of the dataset.
        return []


def _contents(dataset: Dataset) -> list[str]:
    with duckdb.connect(str(dataset.database), read_only=True) as connection:
        first, last, indicators, expected = connection.execute(
            "select min(year), max(year), max(n_indicators), max(n_indicators_expected)"
            " from marts.fct_index"
        ).fetchone()
        landed, set_aside = connection.execute(
            "select sum(cells_landed), sum(cells_set_aside) from staging.stg_raw__files"
            " where is_newest_load"
        ).fetchone()
    years = f"{first}-{last}"
    return [years, f"{indicators} of {expected}", f"{landed:,}", f"{set_aside:,}"]
