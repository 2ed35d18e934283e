"""For which values of the moderator the effects of Tables 9 and 10 differ from zero, as a table.

Here: Johnson-Neyman regions of every product that these tables print. Not here: effects at chosen
levels (`indirect_effects`), the regressions (`fits`).
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import pandas as pd

from analysis.paper.estimable import EstimatesTable, estimated_table, joined
from analysis.paper.fits import rows_used
from analysis.paper.result_columns import types_of
from analysis.paper.specifications import MODERATOR_OF, Specification, moderated_columns
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.moderation import complete_rows, product_name, significant_where
from analysis.variables import CONTROLS, MEDIATOR, OUTCOME, TREATMENT

COLUMNS = types_of(
    "table", "column", "moderator", "outcome", "term", "moderator_min", "moderator_max",
    "region_lower", "region_upper", "sign", "share", "n", "n_clusters",
)  # fmt: skip


def significant_regions(panel: pd.DataFrame) -> EstimatesTable:
    """The region of each product of Tables 9 and 10, within the moderator's values.

    Rows: column, term (of which the effect is), the ends of a region in the moderator's units,
    the sign of the effect there and the share of province-years in it; a term whose effect
    differs from zero nowhere within the data has one row with a share of 0 and no ends.
    """
    parts = [
        estimated_table(
            panel,
            (OUTCOME, TREATMENT, MEDIATOR, moderator, *CONTROLS),
            (table, "Johnson-Neyman"),
            COLUMNS,
            partial(_of_table, panel, table),
        )
        for table, moderator in MODERATOR_OF.items()
    ]
    return joined(parts, COLUMNS)


def _of_table(panel: pd.DataFrame, table: str) -> EstimatesTable:
    columns = moderated_columns(table)
    records = [record for column in columns for record in _records(panel, column)]
    return EstimatesTable(pd.DataFrame(records))


def _records(panel: pd.DataFrame, column: Specification) -> list[dict[Hashable, Any]]:
    """Regions of a column's product, if it has one, with one row at least."""
    moderator = MODERATOR_OF[column.table]
    pairs = [(name, product_name(name, moderator)) for name in (TREATMENT, MEDIATOR)]
    of_product = [pair for pair in pairs if pair[1] in column.regressors]
    if not of_product:
        return []
    ((variable, product),) = of_product
    rows = rows_used(panel, column)
    values = complete_rows(
        panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS, moderator, entity="province", time="year"
    ).rows()[moderator]
    fit = two_way_fe(rows, column.outcome, column.regressors)
    # Both factors of the product are standardised.
    per_unit = 1 / float(rows[variable].std(ddof=0))
    mean, spread = float(values.mean()), float(values.std(ddof=0))
    common: dict[Hashable, Any] = {
        "table": column.table,
        "column": column.column,
        "moderator": moderator,
        "outcome": column.outcome,
        "term": variable,
        "moderator_min": values.min(),
        "moderator_max": values.max(),
        "n": fit.n,
        "n_clusters": fit.n_clusters,
    }
    records = []
    for low, high in significant_where(fit, variable, product, per_unit):
        lower, upper = (
            max(mean + spread * low, values.min()),
            min(mean + spread * high, values.max()),
        )
        if lower < upper:
            middle = ((lower + upper) / 2 - mean) / spread
            effect = fit.params[variable] + fit.params[product] * per_unit * middle
            records.append(
                {
                    **common,
                    "region_lower": lower,
                    "region_upper": upper,
                    "sign": "positive" if effect > 0 else "negative",
                    "share": float(values.between(lower, upper).mean()),
                }
            )
    return records or [{**common, "share": 0.0}]
