"""What every raw cell does to a coefficient: derivatives by figures carried on to their cells.

Here: from the derivatives by outcome and regressors to those by the variables of the panel, and on
to raw cells by the table `lineage.cell_moves`. Not here: the first (`maximum_influence`), how the
index moves with its indicators (`index_gradient`), and what raw cells do to figures, for which
formulas are run again (`ami.cell_moves`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from analysis.panel import PanelSample
from analysis.paper.balanced_panel import Balanced
from analysis.paper.specifications import MODERATOR_OF, Specification
from analysis.regressions.maximum_influence import FirstOrder
from analysis.regressions.moderation import through_products
from analysis.variables import MEDIATOR, TREATMENT

# By the name of a variable or indicator, (provinces, years) in the order of `CellMoves`.
Derivatives = dict[str, np.ndarray]
_LAG, _NEIGHBOURS = "L.", "W "


@dataclass(frozen=True, eq=False)
class CellMoves:
    """The table `lineage.cell_moves` laid out over the provinces and years of a panel.

    provinces: names by code, in the order of the codes. years: in order. figures: what moves.
    cells: (cells,) each raw cell's place among `items`, provinces and years of `cell_years`.
    by_figure: (cells, places), what one per cent more of a cell does to the figures themselves, in
    an array (figures, provinces, years). by_total: (cells, totals), by how many per cent it moves
    the total of a figure's item. of_total: (totals, places), what one per cent of that does.
    """

    provinces: pd.Series
    years: pd.Index
    figures: pd.Index
    items: pd.Index
    cell_years: pd.Index
    cells: np.ndarray
    by_figure: csr_array
    by_total: csr_array
    of_total: csr_array

    @classmethod
    def of(cls, moves: pd.DataFrame, panel: pd.DataFrame) -> CellMoves:
        names = panel.groupby("province_code")["province"].first()
        years = pd.Index(sorted(panel["year"].unique()))
        moves = moves[moves["figure_year"].isin(years)]
        items, figures, cell_years = (
            pd.Index(moves[name].unique()) for name in ("item_code", "figure", "year")
        )
        item, figure, own_year, year, unit, figure_unit = (
            axis.get_indexer(pd.Index(moves[name]))
            for axis, name in (
                (items, "item_code"),
                (figures, "figure"),
                (cell_years, "year"),
                (years, "figure_year"),
                (names.index, "province_code"),
                (names.index, "figure_province_code"),
            )
        )
        # A row of a cell and a figure, of a cell and a total, or of a total and a figure.
        is_cell, is_figure = unit >= 0, figure_unit >= 0
        cell, cells = pd.factorize(
            np.ravel_multi_index(
                (item[is_cell], unit[is_cell], own_year[is_cell]),
                (len(items), len(names), len(cell_years)),
            )
        )
        row = np.zeros(len(moves), dtype=int)
        row[is_cell] = cell
        place = (figure * len(names) + figure_unit) * len(years) + year
        total = (item * len(figures) + figure) * len(years) + year
        n_places = len(figures) * len(names) * len(years)
        n_totals = len(items) * len(figures) * len(years)
        change = moves["change"].to_numpy()

        def matrix(
            here: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]
        ) -> csr_array:
            return coo_array((change[here], (rows[here], columns[here])), shape).tocsr()

        return cls(
            provinces=names,
            years=years,
            figures=figures,
            items=items,
            cell_years=cell_years,
            cells=cells,
            by_figure=matrix(is_cell & is_figure, row, place, (len(cells), n_places)),
            by_total=matrix(is_cell & ~is_figure, row, total, (len(cells), n_totals)),
            of_total=matrix(~is_cell, total, place, (n_totals, n_places)),
        )

    def cell(self, number: int) -> tuple[str, str, int]:
        """Item, province and year of a raw cell."""
        shape = (len(self.items), len(self.provinces), len(self.cell_years))
        item, unit, year = map(int, np.unravel_index(self.cells[number], shape))
        return str(self.items[item]), str(self.provinces.iloc[unit]), int(self.cell_years[year])

    def on_grid(self, sample: PanelSample, values: np.ndarray, later: int = 0) -> np.ndarray:
        """Values of the rows of a sample, (n, m), laid out: (provinces, years, m), zero elsewhere.

        later: by how many years a row stands later than what its value is of.
        """
        found = np.zeros((len(self.provinces), len(self.years), values.shape[1]))
        units = pd.Index(self.provinces).get_indexer(sample.entities)[sample.entity_codes]
        times = self.years.get_indexer(sample.times - later)[sample.time_codes]
        found[units[times >= 0], times[times >= 0]] = values[times >= 0]
        return found

    def place(self, number: int) -> tuple[str, int]:
        """Province and year of a place of the grid, the years of a province in a row."""
        unit, time = divmod(number, len(self.years))
        return str(self.provinces.iloc[unit]), int(self.years[time])

    def changes(self, derivatives: Derivatives) -> np.ndarray:
        """What one per cent more of each of `cells` does to what has the derivatives, (cells,)."""
        by_figure = np.zeros((len(self.figures), len(self.provinces), len(self.years)))
        at = self.figures.get_indexer(pd.Index(list(derivatives)))
        for figure, derivative in zip(at, derivatives.values(), strict=True):
            # Of a variable that no raw cell moves there is none.
            if figure >= 0:
                by_figure[figure] = derivative
        moved = by_figure.ravel()
        return np.asarray(self.by_figure @ moved + self.by_total @ (self.of_total @ moved))


def by_variable(
    of: FirstOrder, column: Specification, panel: pd.DataFrame, moves: CellMoves
) -> Derivatives:
    """Derivatives of a coefficient by the variables of the panel, (provinces, years) each.

    Back from a lag to the year before, and from products to their factors and the means and
    spreads by which these are standardised.
    """
    sample = of.regression.sample
    derivatives = _by_column(of)
    if moderator := MODERATOR_OF.get(column.table):
        factors = [TREATMENT, MEDIATOR, moderator]
        keys = pd.MultiIndex.from_arrays(
            [sample.entities[sample.entity_codes], sample.times[sample.time_codes]]
        )
        rows = panel.set_index([sample.entity, sample.time])[factors].reindex(keys)
        derivatives = through_products(derivatives, rows.reset_index(drop=True), *factors)
    lags = [name for name in derivatives if str(name).startswith(_LAG)]
    found: Derivatives = {}
    for later, columns in ((0, derivatives.drop(columns=lags)), (1, derivatives[lags])):
        laid_out = moves.on_grid(sample, columns.to_numpy(), later)
        for number, name in enumerate(columns):
            variable = str(name).removeprefix(_LAG)
            found[variable] = found.get(variable, 0.0) + laid_out[..., number]
    return found


def given_rho(of: FirstOrder, rho: float, data: Balanced, moves: CellMoves) -> Derivatives:
    """The same of a coefficient of (I - rho W) y on X and W X, with rho and W held.

    The lag of a variable is named by `_NEIGHBOURS`; its derivatives go back to the neighbours.
    """
    derivatives = _by_column(of)
    outcome = of.regression.sample.outcome
    derivatives[_NEIGHBOURS + outcome] = -rho * derivatives[outcome]
    laid_out = moves.on_grid(of.regression.sample, derivatives.to_numpy())
    units = moves.provinces.index.get_indexer(data.units)
    found: Derivatives = {}
    for number, name in enumerate(derivatives):
        by_row, variable = laid_out[..., number], str(name)
        if variable.startswith(_NEIGHBOURS):
            variable = variable.removeprefix(_NEIGHBOURS)
            by_row[units] = data.algebra.W.T @ by_row[units]
        found[variable] = found.get(variable, 0.0) + by_row
    return found


def _by_column(of: FirstOrder) -> pd.DataFrame:
    """Derivatives by each regressor and the outcome, a row a row of the sample."""
    derivatives = pd.DataFrame(of.by_regressor, columns=of.regressors.columns)
    derivatives[of.regression.sample.outcome] = of.by_outcome
    return derivatives
