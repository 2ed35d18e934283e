"""Index and panel as they were published on a day.

Read from the view `fct_panel_vintage`, which says when each vintage stood. Not here: what a vintage
keeps (`vintage_store`), and how two of them differ (`revisions`).
"""

from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd

from ami.dataset import Dataset
from ami.vintage_store import Vintage, VintageError, list_vintages
from ami.warehouse import reading

_AS_OF = """
from marts.fct_panel_vintage
where
    published_at <= $moment
    and (superseded_at is null or superseded_at > $moment)
order by
    province_code,
    year
"""


@dataclass(frozen=True, eq=False)
class PublishedPanel:
    """A vintage's rows: the columns of fct_panel_vintage, and last `is_synthetic`."""

    vintage: Vintage
    rows: pd.DataFrame


def panel_as_of(dataset: Dataset, day: date) -> PublishedPanel:
    """Index and panel as they stood at the end of a day, UTC.

    Raises `VintageError` where nothing was published by then, `DatasetError` and `WarehouseError`
    as `ami.lineage.explain`.
    """
    with reading(dataset.to_read()) as connection:
        vintages = {vintage.vintage: vintage for vintage in list_vintages(connection)}
        rows = connection.execute(_AS_OF, {"moment": datetime.combine(day, time.max)}).df()
    if rows.empty:
        first = min(vintage.published_at for vintage in vintages.values())
        raise VintageError(
            f"nothing of '{dataset.name}' was published by {day}: its first vintage is of "
            f"{first:%Y-%m-%d %H:%M} UTC; ask for that day or a later one"
        )
    return PublishedPanel(
        vintages[int(rows["vintage"].iloc[0])], rows.assign(is_synthetic=dataset.synthetic)
    )
