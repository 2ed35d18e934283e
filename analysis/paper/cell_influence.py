"""What every raw cell does to a coefficient: derivatives by figures carried on to their cells.

Here: from the derivatives by outcome and regressors to those by the variables of the panel, and on
to raw cells by the table `lineage.cell_moves`. Not here: the first (`maximum_influence`), how the
index moves with its indicators (`index_gradient`), and what raw cells do to figures, for which
formulas are run again (`ami.cell_moves`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.panel import PanelSample
from analysis.paper.balanced_panel import Balanced
from analysis.paper.specifications import MODERATOR_OF, Specification
from analysis.regressions.maximum_influence import FirstOrder
from analysis.regressions.moderation import through_products
from analysis.variables import MEDIATOR, TREATMENT

# By the name of a variable or indicator, (provinces, years) in the order of `CellMoves`.
Derivatives = dict[str, np.ndarray]
_LAG, _NEIGHBOURS = "L.", "W "
_KEYS = ["item_code", "province_code", "year"]
_TOTAL = ["item_code", "figure_year", "figure"]


@dataclass(frozen=True, eq=False)
class CellMoves:
    """The table `lineage.cell_moves` laid out over the provinces and years of a panel.

    provinces: names by code, in the order of the codes. years: in order. figures: what moves.
    rows: of the table, but for figures outside the panel; `place` in an array (figures, provinces,
    years), -1 where the total of the figure's item moves.
    """

    provinces: pd.Series
    years: pd.Index
    figures: pd.Index
    rows: pd.DataFrame

    @classmethod
    def of(cls, moves: pd.DataFrame, panel: pd.DataFrame) -> CellMoves:
        names = panel.groupby("province_code")["province"].first()
        years = pd.Index(sorted(panel["year"].unique()))
        figures = pd.Index(moves["figure"].unique())
        at = [
            axis.get_indexer(pd.Index(moves[column]))
            for axis, column in (
                (figures, "figure"),
                (names.index, "figure_province_code"),
                (years, "figure_year"),
            )
        ]
        is_total = ~moves["figure_province_code"].isin(names.index)
        place = (at[0] * len(names) + at[1]) * len(years) + at[2]
        rows = moves.assign(place=np.where(is_total, -1, place))
        return cls(names, years, figures, rows[at[2] >= 0])

    @cached_property
    def cells(self) -> pd.DataFrame:
        """item_code, province_code and year of each raw cell."""
        return self.rows.loc[~self._of_total, _KEYS].drop_duplicates(ignore_index=True)

    @cached_property
    def _of_total(self) -> np.ndarray:
        """Which rows are of a total that moves, not of a cell."""
        return ~self.rows["province_code"].isin(self.provinces.index).to_numpy()

    @cached_property
    def _totals(self) -> np.ndarray:
        """Of each row the number of the total that its figure sees."""
        return self.rows.groupby(_TOTAL).ngroup().to_numpy()

    @cached_property
    def _numbers(self) -> np.ndarray:
        """Of each row of a cell its number among `cells`."""
        rows = self.rows.loc[~self._of_total, _KEYS]
        return rows.groupby(_KEYS, sort=False).ngroup().to_numpy()

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
        place, change = (self.rows[name].to_numpy() for name in ("place", "change"))
        moved = np.where(place >= 0, change * by_figure.ravel()[place], 0.0)
        by_total = np.bincount(self._totals, moved * self._of_total)
        moved = np.where(place >= 0, moved, change * by_total[self._totals])
        return np.bincount(self._numbers, moved[~self._of_total], len(self.cells))


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
