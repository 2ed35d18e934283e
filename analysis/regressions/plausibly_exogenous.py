"""What is left of an instrumented coefficient if the instrument has some effect of its own.

Here: the union of confidence intervals over direct effects up to a bound. Not here: two-stage
least squares (`iv`), instruments that are weak (`weak_instruments`, `wild_iv`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.intervals import Interval
from analysis.panel import estimation_sample
from analysis.regressions.clustering import t_quantile
from analysis.regressions.one_coefficient import OneCoefficient, each_coefficient


@dataclass(frozen=True, eq=False)
class PlausiblyExogenous:
    """An instrumented coefficient b where the instrument z may have a direct effect g.

    first_stage, reduced_form: the instrument's coefficient in the endogenous regressor and in the
    outcome, everything else partialled out of all three.
    """

    first_stage: OneCoefficient
    reduced_form: OneCoefficient
    level: float

    @property
    def estimate(self) -> float:
        return self.reduced_form.estimate / self.first_stage.estimate

    def interval(self, bound: float) -> Interval:
        """The union of the confidence intervals of b over all direct effects within +-bound.

        bound: in units of the outcome per unit of the instrument. An interval's ends are, as
        functions of g, a line less or plus the root of a quadratic that is nowhere negative: one
        concave, the other convex, so that each is farthest out at an end of +-bound.
        """
        at_ends = [self._interval_at(effect) for effect in (-bound, bound)]
        return Interval(min(low for low, _ in at_ends), max(high for _, high in at_ends))

    @property
    def tipping_bound(self) -> float:
        """The smallest bound whose interval contains zero; 0 if that of no direct effect does."""
        # Where the whole reduced form is direct, b is zero: there is a root on the way to it.
        b = np.polynomial.Polynomial(self._slopes())
        own, along = self._scores()
        variance = np.polynomial.Polynomial([own @ own, 2 * own @ along, along @ along])
        outside = b**2 - self._reach**2 * self.first_stage.factor * variance
        if outside(0.0) <= 0:
            return 0.0
        roots = outside.roots()
        return float(np.abs(roots.real[np.abs(roots.imag) < 1e-9 * (1 + np.abs(roots))]).min())

    @property
    def _reach(self) -> float:
        return float(t_quantile((1 + self.level) / 2, self.first_stage.n_clusters))

    def _slopes(self) -> tuple[float, float]:
        """b at no direct effect, and its change per unit of direct effect."""
        return self.estimate, -1 / self.first_stage.estimate

    def _scores(self) -> tuple[np.ndarray, np.ndarray]:
        """The clusters' influence on b, (G,), at no direct effect and per unit of it."""
        z, x, y = self.first_stage.x, self.first_stage.y, self.reduced_form.y
        estimate, change = self._slopes()
        sample = self.first_stage.sample
        own = sample.summed(z * (y - estimate * x)) / (z @ x)
        return own, -sample.summed(z * (z + change * x)) / (z @ x)

    def _interval_at(self, effect: float) -> Interval:
        (estimate, change), (own, along) = self._slopes(), self._scores()
        scores = own + effect * along
        reach = self._reach * np.sqrt(self.first_stage.factor * (scores @ scores))
        middle = estimate + effect * change
        return Interval(float(middle - reach), float(middle + reach))


def plausibly_exogenous(
    panel: pd.DataFrame,
    outcome: str,
    endogenous: str,
    instrument: str,
    exogenous: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
    level: float = 0.95,
) -> PlausiblyExogenous:
    """Two-stage least squares whose one instrument may have a direct effect on the outcome.

    y = x b + z g + W c + effects + e. At each g the interval is that of `fe_2sls` of y - z g; the
    union over the g that are thought possible covers b as often as it says wherever g lies among
    these. It says nothing of weak instruments.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome, endogenous, instrument : str
    exogenous : sequence of str
    entity, time : str
        Columns of the keys; errors are clustered by entity.
    level : float
        Of the intervals, a share of 1.

    Returns
    -------
    PlausiblyExogenous

    Raises
    ------
    EstimationError, NotIdentifiedError
        As `two_way_fe`.

    References
    ----------
    Conley, Hansen and Rossi (2012), Review of Economics and Statistics 94, section 3.1.
    """
    sample = estimation_sample(
        panel, outcome, [endogenous, instrument, *exogenous], entity=entity, time=time,
        effects="twoway",
    )  # fmt: skip
    rows, regressors = sample.rows(), [instrument, *exogenous]
    first, reduced = (
        each_coefficient(rows, of, regressors, [instrument], entity=entity, time=time)[0]
        for of in (endogenous, outcome)
    )
    return PlausiblyExogenous(first, reduced, level)
