"""Which province-years and figures matter most to each coefficient, and the fewest that turn it.

Here: a table of Tables 4 to 7 and 9 to 11 and of the reduced Table 4. Not here: how influence is
found (`analysis.regressions.maximum_influence`), what a coefficient is without a whole province
(`dependence`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.panel import NotIdentifiedError, PanelSample
from analysis.paper import table_11
from analysis.paper.balanced_panel import ENTITY, TIME, Balanced, balanced
from analysis.paper.estimable import EstimatesTable, typed, without_values
from analysis.paper.fits import rows_used
from analysis.paper.matrices import matrices
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import reduced_columns
from analysis.paper.specifications import BASELINE, Specification, specifications
from analysis.regressions.influence import Deletions
from analysis.regressions.maximum_influence import (
    SIGN,
    SIGNIFICANCE,
    FirstOrder,
    InstrumentedFirstOrder,
)
from analysis.trial.index_gradient import index_gradient, one_point, published_index
from analysis.trial.indicators import IndicatorArrays, indicator_arrays, pooled
from analysis.variables import INDEX_VARIABLES, INDICES, OUTCOME, TREATMENT

_KEYS = ["province", "year"]
# Of each coefficient.
ROWS_KEPT = 20
# What is left out: one province-year, or the fewest that to first order turn the coefficient; or
# what is moved: a figure of one.
ROW, FIGURE = "row", "figure"
# How far the index may be from that of the indicators, relative to its largest value: rounding.
_SAME = 1e-9
COLUMNS = types_of(
    "table", "column", "sample", "outcome", "term", "kind", "influence_rank", "province_years",
    "figure", "n_rows", "share_of_rows", "estimate", "change_first_order", "change_exact",
    "refitted_p", "holds",
)  # fmt: skip
Row = dict[str, Any]


def row_influence(
    panel: pd.DataFrame, scores: pd.DataFrame, indicators: pd.DataFrame, weights: pd.DataFrame
) -> EstimatesTable:
    """What leaving province-years out does to each coefficient, and moving one of their figures.

    Rows of a coefficient: the `ROWS_KEPT` province-years whose weight moves it most, one each; and
    the fewest that to first order turn its sign, and whether it differs from zero at 5 %, with the
    p-value of the regression without them and whether it has turned. A set that is not there takes
    more than `MOST_ROWS` of the province-years. And the `ROWS_KEPT` figures, of an indicator or a
    variable in a province and year, of which a hundredth of its range moves the coefficient most:
    of an indicator through its score, the bounds and the weights; of the instrument, which is the
    treatment of the year before, by itself. Of Table 11 rho is held, and the rows are those of its
    first kind and of the sign: errors are the likelihood's. What is not estimable is listed
    where its table is, and not here.

    scores: fct_indicator_score. indicators: dim_indicator. weights: the table `spatial_weights`.
    """
    made_of = {name: _MadeOf.of(panel, scores, indicators, name) for name in INDEX_VARIABLES}
    records = [
        place | record
        for place, of in _first_orders(panel)
        for record in (
            *_single(of),
            *_sets(of, (SIGN, SIGNIFICANCE)),
            *_figures(of, made_of.get(place["outcome"])),
        )
    ]
    records += [
        place | record
        for place, of in _given_rho(panel, weights)
        for record in (*_single(of), *_sets(of, (SIGN,)))
    ]
    return EstimatesTable(typed([pd.DataFrame(records)] if records else [], COLUMNS))


@dataclass(frozen=True, eq=False)
class _MadeOf:
    """The indicators of an index or dimension; the units of `data` go by their names."""

    data: IndicatorArrays

    @classmethod
    def of(
        cls, panel: pd.DataFrame, scores: pd.DataFrame, indicators: pd.DataFrame, name: str
    ) -> _MadeOf | None:
        """None where it has no value, or is not that of bounds and weights over all years."""
        own = indicators if name in INDICES else indicators[indicators["dimension"] == name]
        known = panel[panel[name].notna()]
        scores = scores[scores["indicator"].isin(own["indicator"]) & scores["score"].notna()]
        if known.empty or scores.empty:
            return None
        names = dict(zip(panel["province_code"], panel["province"], strict=True))
        data = indicator_arrays(scores, own)
        data = replace(data, units=tuple(names[code] for code in data.units))
        index = pd.DataFrame(published_index(data.values, data.negative), data.units, data.times)
        published = known.pivot(index="province", columns="year", values=name)
        again = index.reindex(index=published.index, columns=published.columns)
        is_same = (again - published).abs() <= _SAME * known[name].abs().max()
        return cls(data) if (is_same | published.isna()).all(axis=None) else None

    def moves(self, sample: PanelSample, by_index: np.ndarray) -> np.ndarray:
        """Of what has these derivatives by the index, each figure a point up, (u, t, m)."""
        data = self.data
        outer = np.zeros(data.values.shape[:2])
        units = pd.Index(data.units).get_indexer(sample.entities)[sample.entity_codes]
        times = pd.Index(data.times).get_indexer(sample.times)[sample.time_codes]
        outer[units, times] = by_index
        return index_gradient(data.values, data.negative, outer) * one_point(data.values)


def _figures(of: FirstOrder, made_of: _MadeOf | None) -> Iterator[Row]:
    """The figures that move it most; of an outcome that is not made of indicators its own."""
    sample = of.regression.sample
    values = of.regressors.assign(**{sample.outcome: sample.values[sample.outcome]})
    points = ((values.max() - values.min()) / 100).to_dict()
    names = [str(name) for name in of.regressors]
    moves = of.by_regressor
    if made_of is None:
        names, moves = [*names, sample.outcome], np.column_stack([moves, of.by_outcome])
    found = [
        (change, name, *_place(sample, row))
        for row, name, change in _largest(moves * [points[name] for name in names], names)
    ]
    if made_of is not None:
        data = made_of.data
        found += [
            (change, name, data.units[row // len(data.times)], data.times[row % len(data.times)])
            for row, name, change in _largest(
                pooled(made_of.moves(sample, of.by_outcome)), data.names
            )
        ]
    found.sort(key=lambda figure: -abs(figure[0]))
    for rank, (change, name, province, year) in enumerate(found[:ROWS_KEPT], start=1):
        yield {
            "kind": FIGURE,
            "influence_rank": rank,
            "province_years": f"{province} {year}",
            "figure": name,
            "n_rows": 1,
            "share_of_rows": 1 / len(values),
            "estimate": of.estimate,
            "change_first_order": change,
            "holds": False,
        }


def _largest(changes: np.ndarray, names: Sequence[str]) -> Iterator[tuple[int, str, float]]:
    """Row, name and change of the `ROWS_KEPT` largest of (rows, names)."""
    for place in np.argsort(-np.abs(changes), axis=None, kind="stable")[:ROWS_KEPT]:
        row, column = divmod(int(place), len(names))
        yield row, names[column], float(changes[row, column])


def _single(of: FirstOrder) -> Iterator[Row]:
    exact = of.without_each_row() - of.estimate
    order = np.argsort(-np.abs(of.by_weight), kind="stable")[:ROWS_KEPT]
    for rank, row in enumerate(order, start=1):
        yield _left_out(of, order[rank - 1 : rank]) | {
            "kind": ROW,
            "influence_rank": rank,
            "change_exact": exact[row],
        }


def _sets(of: FirstOrder, kinds: Sequence[str]) -> Iterator[Row]:
    for turns in kinds:
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
    places = (_place(sample, row) for row in rows)
    return {
        "province_years": ", ".join(f"{province} {year}" for province, year in places),
        "n_rows": len(rows),
        "share_of_rows": len(rows) / len(sample.values),
        "estimate": of.estimate,
        "change_first_order": of.without(rows) - of.estimate,
        "holds": False,
    }


def _place(sample: PanelSample, row: int) -> tuple[str, int]:
    """Province and year."""
    return sample.entities[sample.entity_codes[row]], sample.times[sample.time_codes[row]]


def _first_orders(panel: pd.DataFrame) -> Iterator[tuple[Row, FirstOrder]]:
    """Each coefficient of one regression, or of two stages by one instrument, with an error."""
    for column in (*specifications(), *reduced_columns(panel)):
        if without_values(panel, column.variables):
            continue
        with suppress(NotIdentifiedError):
            rows = rows_used(panel, column)
            for term in column.of_interest:
                of = _first_order(rows, column, term)
                if not np.isnan(of.std_error):
                    yield {**column.place, "term": term}, of


def _first_order(rows: pd.DataFrame, column: Specification, term: str) -> FirstOrder:
    """Raises NotIdentifiedError as `analysis.design.design`."""
    others = [name for name in column.regressors if name != term]
    if not column.instrument:
        return FirstOrder.of(Deletions.of_panel(rows, column.outcome, [term, *others]))
    rows = rows[rows[[column.outcome, term]].notna().all(axis=1)]
    return InstrumentedFirstOrder.by_instrument(
        *(
            Deletions.of_panel(rows, outcome, [column.instrument, *others])
            for outcome in (column.outcome, term)
        )
    )


def _given_rho(panel: pd.DataFrame, weights: pd.DataFrame) -> Iterator[tuple[Row, FirstOrder]]:
    """Table 11's coefficients of the treatment and of its lag: given rho, least squares of
    (I - rho W) y on X and W X with both effects."""
    if without_values(panel, table_11.VARIABLES):
        return
    for matrix in matrices(weights):
        if matrix.name != table_11.PRINTED_MATRIX:
            continue
        with suppress(NotIdentifiedError):
            data = balanced(panel, table_11.VARIABLES, matrix)
            rho = table_11.fitted(data, "sdm", table_11.PRINTED_ESTIMATOR).params["rho"]
            lags = {f"W {name}": _lag(data, name) for name in table_11.VARIABLES}
            rows = data.rows.assign(**lags)
            rows[OUTCOME] -= rho * rows.pop(f"W {OUTCOME}")
            names = [*BASELINE.regressors, *(f"W {name}" for name in BASELINE.regressors)]
            for part, term in (("main", TREATMENT), ("wx", f"W {TREATMENT}")):
                place = {"table": table_11.TABLE, "column": table_11.PARTS[part], "sample": part}
                others = [name for name in names if name != term]
                of = FirstOrder.of(Deletions.of_panel(rows, OUTCOME, [term, *others]))
                yield {**place, "outcome": OUTCOME, "term": TREATMENT}, of


def _lag(data: Balanced, name: str) -> pd.Series:
    """The neighbours' mean of a variable, in the order of the rows."""
    wide = data.rows.pivot(index=TIME, columns=ENTITY, values=name)[data.units]
    lag = pd.DataFrame(data.algebra.lag(wide.to_numpy()), wide.index, wide.columns).stack()
    keys = pd.MultiIndex.from_frame(data.rows[[TIME, ENTITY]])
    return pd.Series(lag.reindex(keys).to_numpy(), data.rows.index)
