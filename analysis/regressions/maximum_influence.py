"""To first order, what each row does to a coefficient, and the fewest rows that would turn it.

Here: the derivatives of a two-way coefficient, of least squares or by an instrument, and of its
clustered error by the weight of each row, and the sets of rows that they name, each tried by taking
the rows out. Not here: deletion by exact formulas (`deletions`), whose regression this is of, one
row after another (`influence`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.regressions.clustering import t_quantile
from analysis.regressions.deletions import Deletions
from analysis.regressions.influence import LEVEL

SIGN, SIGNIFICANCE = "sign", "significance"
# Share of the rows beyond which no set is named: to first order says little of so many.
MOST_ROWS = 0.1


@dataclass(frozen=True, eq=False)
class ProposedRows:
    """The fewest rows that to first order turn a coefficient, and what is found without them.

    rows: their places in the sample, the most influential first. predicted: estimate to first
    order without them. estimate, p_value: of the regression without them. holds: whether it has
    turned as it was predicted to.
    """

    turns: str
    rows: np.ndarray
    predicted: float
    estimate: float
    p_value: float
    holds: bool


@dataclass(frozen=True, eq=False)
class FirstOrder:
    """A coefficient, its clustered error, and their derivatives by the weights of the rows.

    by_weight, error_by_weight: (n,), by the weight of each row at one, so that leaving rows out
    moves the figure by minus their sum, to first order. In units of the coefficient.
    """

    regression: Deletions
    estimate: float
    std_error: float
    n_entities: int

    @classmethod
    def of(cls, regression: Deletions) -> FirstOrder:
        """Of the first regressor's coefficient; figures are not numbers where it has no error."""
        return cls(regression, *regression.figures([]))

    @cached_property
    def by_weight(self) -> np.ndarray:
        of = self.regression
        return of.weights * of.residuals / of.spread

    @property
    def regressors(self) -> pd.DataFrame:
        """The values that `by_regressor` is the derivative by, (n, m)."""
        values = self.regression.sample.values
        return values.drop(columns=self.regression.sample.outcome)

    @property
    def by_outcome(self) -> np.ndarray:
        """Derivative of the estimate by each row's outcome, (n,)."""
        return self.regression.weights / self.regression.spread

    @property
    def by_regressor(self) -> np.ndarray:
        """Derivative of the estimate by each row's regressors, (n, m), the first its own."""
        of = self.regression
        x = of.sample.values.drop(columns=of.sample.outcome)
        own = of.scaled.T @ of.weights
        slopes = of.scaled.T @ of.outcome
        moves = np.outer(of.residuals, own) - np.outer(of.weights, slopes)
        return moves[:, : of.n_slopes] / (of.spread * x.std(ddof=0).to_numpy())

    @cached_property
    def error_by_weight(self) -> np.ndarray:
        """The factor of small samples as it is with all rows."""
        of = self.regression
        entities = of.sample.entity_codes
        scores = of.weights * of.residuals
        by_entity = of.sample.summed(scores)
        # The weights on the outcome move, each row's own score does, and all residuals do.
        weights_move = of.weights * (
            of.scaled @ (of.columns.T @ (of.residuals * by_entity[entities]))
        )
        residuals_move = of.residuals * (
            of.scaled @ (of.columns.T @ (of.weights * by_entity[entities]))
        )
        moves = by_entity[entities] * scores - weights_move - residuals_move
        squares = by_entity @ by_entity
        return self.std_error * moves / squares

    def without_each_row(self) -> np.ndarray:
        """Estimates without each row in turn, exactly, (n,)."""
        return self.regression.estimates_without_one_more([])

    def refitted(self, rows: np.ndarray) -> tuple[float, float]:
        """Estimate and p-value of the regression without some rows."""
        return self.regression.without(rows)

    def without(self, rows: np.ndarray) -> float:
        """The estimate without some rows, to first order."""
        return float(self.estimate - self.by_weight[rows].sum())

    def proposed(self, turns: str) -> ProposedRows | None:
        """The fewest rows that turn the sign, or whether it differs from zero at 5 %.

        None where no `MOST_ROWS` of the rows do to first order.

        The approximate maximum influence perturbation: the rows with the largest derivatives of
        what has to cross zero, the estimate or the end of its interval that is nearer to zero, as
        many as it takes.

        References
        ----------
        Broderick, Giordano and Meager (2020), An automatic finite-sample robustness metric,
        arXiv 2011.14999, section 2.
        """
        side = np.sign(self.estimate)
        quantity, slope = side * self.estimate, side * self.by_weight
        if turns == SIGNIFICANCE:
            reach = float(t_quantile(1 - LEVEL / 2, self.n_entities))
            quantity -= reach * self.std_error
            slope = slope - reach * self.error_by_weight
        # Taking a row out moves the quantity by minus its slope.
        toward = np.sign(quantity) * slope
        order = np.argsort(-toward, kind="stable")[: int(MOST_ROWS * len(toward))]
        moved = np.cumsum(toward[order])
        enough = np.flatnonzero(moved > abs(quantity))
        if not len(enough):
            return None
        rows = order[: enough[0] + 1]
        estimate, p_value = self.refitted(rows)
        was = self.refitted(np.array([], dtype=int))[1] < LEVEL
        turned = np.sign(estimate) == -side if turns == SIGN else (p_value < LEVEL) != was
        known = not np.isnan(estimate if turns == SIGN else p_value)
        return ProposedRows(
            turns, rows, self.without(rows), estimate, p_value, bool(turned and known)
        )


@dataclass(frozen=True, eq=False)
class InstrumentedFirstOrder(FirstOrder):
    """The same of a treatment's coefficient by one instrument, two-stage least squares.

    regression: the reduced form, whose first regressor is the instrument. treatment: the first
    stage, on the same rows and regressors. The coefficient is the ratio of their first slopes.
    """

    treatment: Deletions

    @classmethod
    def by_instrument(cls, reduced: Deletions, treatment: Deletions) -> InstrumentedFirstOrder:
        return cls(reduced, *reduced.instrumented_figures(treatment, []), treatment)

    @cached_property
    def _structural(self) -> FirstOrder:
        """Of the outcome less what the treatment does, on the instrument: its slope is zero."""
        return FirstOrder.of(self.regression.less(self.estimate, self.treatment))

    @property
    def _first_stage(self) -> float:
        return float(self.treatment.weights @ self.treatment.outcome / self.regression.spread)

    @cached_property
    def by_weight(self) -> np.ndarray:
        return self._structural.by_weight / self._first_stage

    @property
    def regressors(self) -> pd.DataFrame:
        sample = self.treatment.sample
        return super().regressors.assign(**{sample.outcome: sample.values[sample.outcome]})

    @property
    def by_outcome(self) -> np.ndarray:
        return super().by_outcome / self._first_stage

    @property
    def by_regressor(self) -> np.ndarray:
        exogenous = self._structural.by_regressor / self._first_stage
        return np.column_stack([exogenous, -self.estimate * self.by_outcome])

    @cached_property
    def error_by_weight(self) -> np.ndarray:
        of, structural = self.treatment, self._structural
        by_entity = of.sample.summed(of.weights * structural.regression.residuals)
        of_first = of.sample.summed(of.weights * of.residuals)
        # Beside the zero slope the residuals move with the treatment's own, and the first stage is
        # what the error is divided by.
        residuals_move = self.by_weight * (by_entity @ of_first)
        first_moves = FirstOrder.of(of).by_weight / self._first_stage
        own = structural.error_by_weight / structural.std_error
        return self.std_error * (own - residuals_move / (by_entity @ by_entity) - first_moves)

    def without_each_row(self) -> np.ndarray:
        first = self.treatment.estimates_without_one_more([])
        return self.regression.estimates_without_one_more([]) / first

    def refitted(self, rows: np.ndarray) -> tuple[float, float]:
        return self.regression.instrumented(self.treatment, rows)
