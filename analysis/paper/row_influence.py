"""Which province-years, figures and raw cells matter most to each coefficient, and the fewest
province-years that turn it.

Here: a table of Tables 4 to 7 and 9 to 11 and of the reduced Table 4. Not here: how influence is
found (`analysis.regressions.maximum_influence`) and carried on to cells (`cell_influence`), what a
coefficient is without a whole province (`dependence`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.panel import NotIdentifiedError, PanelSample
from analysis.paper import table_11
from analysis.paper.balanced_panel import ENTITY, TIME, Balanced, balanced
from analysis.paper.cell_influence import CellMoves, Derivatives, by_variable, given_rho
from analysis.paper.estimable import EstimatesTable, typed, without_values
from analysis.paper.fits import rows_used
from analysis.paper.matrices import matrices
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import reduced_columns
from analysis.paper.specifications import BASELINE, Specification, specifications
from analysis.regressions.deletions import Deletions
from analysis.regressions.maximum_influence import (
    SIGN,
    SIGNIFICANCE,
    FirstOrder,
    InstrumentedFirstOrder,
)
from analysis.trial.index_gradient import index_gradient, one_point, published_index
from analysis.trial.indicators import indicator_arrays, pooled
from analysis.variables import INDEX_VARIABLES, INDICES, OUTCOME, TREATMENT

_KEYS = ["province", "year"]
# Of each coefficient.
ROWS_KEPT = 20
# What is left out: one province-year, or the fewest that to first order turn the coefficient; or
# what is moved: a figure of one, by a hundredth of its range, or a raw cell, by one per cent.
ROW, FIGURE, CELL = "row", "figure", "cell"
# How far the index may be from that of the indicators, relative to its largest value: rounding.
_SAME = 1e-9
COLUMNS = types_of(
    "table", "column", "sample", "outcome", "term", "kind", "influence_rank", "province_years",
    "figure", "n_rows", "share_of_rows", "estimate", "change_first_order", "change_exact",
    "refitted_p", "holds",
)  # fmt: skip
Row = dict[str, Any]


def row_influence(
    panel: pd.DataFrame,
    scores: pd.DataFrame,
    indicators: pd.DataFrame,
    weights: pd.DataFrame,
    cell_moves: pd.DataFrame,
) -> EstimatesTable:
    """What leaving province-years out does to each coefficient, and moving a figure or a cell.

    Rows of a coefficient: the `ROWS_KEPT` province-years whose weight moves it most, one each; and
    the fewest that to first order turn its sign, and whether it differs from zero at 5 %, with the
    p-value of the regression without them and whether it has turned. A set that is not there takes
    more than `MOST_ROWS` of the province-years. And the `ROWS_KEPT` figures, of an indicator or a
    variable in a province and year, of which a hundredth of its range moves the coefficient most:
    of an indicator through its score, the bounds and the weights; of the instrument, which is the
    treatment of the year before, by itself. And the `ROWS_KEPT` raw cells of which one per cent
    moves it most, through every figure that is made of them. Of Table 11 rho and the weights are
    held, and there are no figures and nothing on significance: errors are the likelihood's. What is
    not estimable is listed where its table is, and not here; of an index that is not that of bounds
    and weights over all years there are no cells.

    scores: fct_indicator_score. indicators: dim_indicator. weights: the table `spatial_weights`.
    cell_moves: the table of that name.
    """
    moves = CellMoves.of(cell_moves, panel)
    made_of = {name: _MadeOf.of(panel, scores, indicators, name, moves) for name in INDEX_VARIABLES}
    records = [
        place | record
        for place, of, derivatives in _first_orders(panel, moves)
        for by_figure in (_taken_apart(derivatives, made_of),)
        for record in (
            *_single(of),
            *_sets(of, (SIGN, SIGNIFICANCE)),
            *_figures(of, made_of.get(place["outcome"]), by_figure, moves),
            *_cells(of, by_figure, moves),
        )
    ]
    records += [
        place | record
        for place, of, derivatives in _given_rho(panel, weights, moves)
        for by_figure in (_taken_apart(derivatives, made_of),)
        for record in (*_single(of), *_sets(of, (SIGN,)), *_cells(of, by_figure, moves))
    ]
    return EstimatesTable(typed([pd.DataFrame(records)] if records else [], COLUMNS))


@dataclass(frozen=True, eq=False)
class _MadeOf:
    """The indicators of an index or dimension over the provinces and years of `CellMoves`."""

    names: tuple[str, ...]
    values: np.ndarray
    negative: np.ndarray

    @classmethod
    def of(
        cls,
        panel: pd.DataFrame,
        scores: pd.DataFrame,
        indicators: pd.DataFrame,
        name: str,
        grid: CellMoves,
    ) -> _MadeOf | None:
        """None where it has no value, or is not that of bounds and weights over all years."""
        own = indicators if name in INDICES else indicators[indicators["dimension"] == name]
        known = panel[panel[name].notna()]
        scores = scores[scores["indicator"].isin(own["indicator"]) & scores["score"].notna()]
        if known.empty or scores.empty:
            return None
        data = indicator_arrays(scores, own)
        units = grid.provinces.index.get_indexer(pd.Index(data.units))
        times = grid.years.get_indexer(pd.Index(data.times))
        values = np.full((len(grid.provinces), len(grid.years), len(data.names)), np.nan)
        values[np.ix_(units, times)] = data.values
        again = published_index(values, data.negative)
        published = known.pivot(index="province_code", columns="year", values=name)
        published = published.reindex(index=grid.provinces.index, columns=grid.years)
        is_same = (published - again).abs() <= _SAME * known[name].abs().max()
        made = cls(data.names, values, data.negative)
        return made if (is_same | published.isna()).all(axis=None) else None


def _taken_apart(
    derivatives: Derivatives, made_of: dict[str, _MadeOf | None]
) -> Derivatives | None:
    """By the indicators of an index in its place; None where it is not taken apart."""
    found = dict(derivatives)
    for name in derivatives.keys() & made_of.keys():
        if (index := made_of[name]) is None:
            return None
        by_indicator = index_gradient(index.values, index.negative, found.pop(name))
        found |= {each: by_indicator[..., k] for k, each in enumerate(index.names)}
    return found


def _figures(
    of: FirstOrder, made_of: _MadeOf | None, by_figure: Derivatives | None, grid: CellMoves
) -> Iterator[Row]:
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
    if made_of is not None and by_figure is not None:
        by_indicator = np.stack([by_figure[name] for name in made_of.names], axis=-1)
        found += [
            (change, name, *grid.place(row))
            for row, name, change in _largest(
                pooled(by_indicator * one_point(made_of.values)), made_of.names
            )
        ]
    found.sort(key=lambda figure: -abs(figure[0]))
    for rank, (change, name, province, year) in enumerate(found[:ROWS_KEPT], start=1):
        yield _moved(of, FIGURE, rank, f"{province} {year}", name, change)


def _cells(of: FirstOrder, by_figure: Derivatives | None, moves: CellMoves) -> Iterator[Row]:
    """The raw cells that move it most; none where its index is not taken apart."""
    if by_figure is None:
        return
    changes = moves.changes(by_figure)
    for rank, number in enumerate(_farthest(changes), start=1):
        item, province, year = moves.cell(number)
        yield _moved(of, CELL, rank, f"{province} {year}", item, float(changes[number]))


def _moved(of: FirstOrder, kind: str, rank: int, place: str, figure: str, change: float) -> Row:
    return {
        "kind": kind,
        "influence_rank": rank,
        "province_years": place,
        "figure": figure,
        "n_rows": 1,
        "share_of_rows": 1 / len(of.regression.sample.values),
        "estimate": of.estimate,
        "change_first_order": change,
        "holds": False,
    }


def _largest(changes: np.ndarray, names: Sequence[str]) -> Iterator[tuple[int, str, float]]:
    """Row, name and change of the `ROWS_KEPT` largest of (rows, names)."""
    for place in _farthest(changes.ravel()):
        row, column = divmod(int(place), len(names))
        yield row, names[column], float(changes[row, column])


def _farthest(changes: np.ndarray) -> np.ndarray:
    """Places of the `ROWS_KEPT` farthest from zero, in that order, the first of equal ones first.

    Without sorting all, of which there may be millions.
    """
    size = np.nan_to_num(np.abs(changes), nan=-1.0)
    last = np.partition(size, -ROWS_KEPT)[-ROWS_KEPT] if len(size) > ROWS_KEPT else -1.0
    among = np.flatnonzero(size >= last)
    return among[np.argsort(-size[among], kind="stable")[:ROWS_KEPT]]


def _single(of: FirstOrder) -> Iterator[Row]:
    exact = of.without_each_row() - of.estimate
    order = _farthest(of.by_weight)
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


def _first_orders(
    panel: pd.DataFrame, moves: CellMoves
) -> Iterator[tuple[Row, FirstOrder, Derivatives]]:
    """Each coefficient of one regression, or of two stages by one instrument, with an error."""
    for column in (*specifications(), *reduced_columns(panel)):
        if without_values(panel, column.variables):
            continue
        with suppress(NotIdentifiedError):
            rows = rows_used(panel, column)
            for term in column.of_interest:
                of = _first_order(rows, column, term)
                if not np.isnan(of.std_error):
                    derivatives = by_variable(of, column, panel, moves)
                    yield {**column.place, "term": term}, of, derivatives


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


def _given_rho(
    panel: pd.DataFrame, weights: pd.DataFrame, moves: CellMoves
) -> Iterator[tuple[Row, FirstOrder, Derivatives]]:
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
                derivatives = given_rho(of, rho, data, moves)
                yield {**place, "outcome": OUTCOME, "term": TREATMENT}, of, derivatives


def _lag(data: Balanced, name: str) -> pd.Series:
    """The neighbours' mean of a variable, in the order of the rows."""
    wide = data.rows.pivot(index=TIME, columns=ENTITY, values=name)[data.units]
    lag = pd.DataFrame(data.algebra.lag(wide.to_numpy()), wide.index, wide.columns).stack()
    keys = pd.MultiIndex.from_frame(data.rows[[TIME, ENTITY]])
    return pd.Series(lag.reindex(keys).to_numpy(), data.rows.index)
