"""Which province-years matter most to each coefficient of interest, and the fewest that turn it.

Here: a table of Tables 4 to 7, 9 and 10 and of the reduced Table 4, but for the instrumented
column. Not here: how influence is found (`analysis.regressions.maximum_influence`), what a
coefficient is without a whole province (`dependence`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.design import design
from analysis.panel import NotIdentifiedError, estimation_sample
from analysis.paper.estimable import EstimatesTable, typed, without_values
from analysis.paper.fits import rows_used
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import reduced_columns
from analysis.paper.specifications import specifications
from analysis.regressions.influence import Deletions
from analysis.regressions.maximum_influence import SIGN, SIGNIFICANCE, FirstOrder

# Of each coefficient.
ROWS_KEPT = 20
# What is left out: one province-year, or the fewest that to first order turn the coefficient.
ROW = "row"
COLUMNS = types_of(
    "table", "column", "sample", "outcome", "term", "kind", "influence_rank", "province_years",
    "n_rows", "share_of_rows", "estimate", "change_first_order", "change_exact", "refitted_p",
    "holds",
)  # fmt: skip
Row = dict[str, Any]


def row_influence(panel: pd.DataFrame) -> EstimatesTable:
    """What leaving province-years out does to each coefficient, to first order and exactly.

    Rows of a coefficient: the `ROWS_KEPT` province-years whose weight moves it most, one each; and
    the fewest that to first order turn its sign, and whether it differs from zero at 5 %, with the
    p-value of the regression without them and whether it has turned. A set that is not there takes
    more than `MOST_ROWS` of the province-years. What is not estimable is listed where its table is,
    and not here.
    """
    records = [
        place | record
        for place, of in _first_orders(panel)
        for record in (*_single(of), *_sets(of))
    ]
    return EstimatesTable(typed([pd.DataFrame(records)] if records else [], COLUMNS))


def _single(of: FirstOrder) -> Iterator[Row]:
    exact = of.regression.estimates_without_one_more([]) - of.estimate
    order = np.argsort(-np.abs(of.by_weight), kind="stable")[:ROWS_KEPT]
    for rank, row in enumerate(order, start=1):
        yield _left_out(of, order[rank - 1 : rank]) | {
            "kind": ROW,
            "influence_rank": rank,
            "change_exact": exact[row],
        }


def _sets(of: FirstOrder) -> Iterator[Row]:
    for turns in (SIGN, SIGNIFICANCE):
        if found := of.proposed(turns):
            yield _left_out(of, found.rows) | {
                "kind": turns,
                "influence_rank": 0,
                "change_exact": found.estimate - of.estimate,
                "refitted_p": found.p_value,
                "holds": found.holds,
            }


def _left_out(of: FirstOrder, rows: np.ndarray) -> Row:
    sample = of.regression.sample
    provinces, years = (
        sample.entities[sample.entity_codes[rows]],
        sample.times[sample.time_codes[rows]],
    )
    return {
        "province_years": ", ".join(
            f"{province} {year}" for province, year in zip(provinces, years, strict=True)
        ),
        "n_rows": len(rows),
        "share_of_rows": len(rows) / len(sample.values),
        "estimate": of.estimate,
        "change_first_order": of.without(rows) - of.estimate,
        "holds": False,
    }


def _first_orders(panel: pd.DataFrame) -> Iterator[tuple[Row, FirstOrder]]:
    """Each coefficient that is of one least-squares regression and has an error."""
    for column in (*specifications(), *reduced_columns(panel)):
        if column.instrument or without_values(panel, column.variables):
            continue
        with suppress(NotIdentifiedError):
            sample = estimation_sample(
                rows_used(panel, column), column.outcome, column.regressors,
                entity="province", time="year", effects="twoway",
            )  # fmt: skip
            design(sample, column.regressors, "twoway")  # refuses what is not identified
            for term in column.of_interest:
                names = list(dict.fromkeys([term, *column.regressors, column.outcome]))
                of = FirstOrder.of(Deletions.of(replace(sample, values=sample.values[names])))
                if not np.isnan(of.std_error):
                    yield {**column.place, "term": term}, of
