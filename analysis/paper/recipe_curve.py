"""The coefficient of coagglo over recipes of the index x specifications, as tables.

Here: which recipes and specifications are crossed, the curve they make, what each choice does to
it, and whether all of it could come of nothing. Not here: recipes (`analysis.trial`), fits
(`analysis.regressions`), the baseline winsorised or without a province (`sensitivity`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.paper.estimable import EstimatesTable, estimated_table, without_values
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import TREATMENTS, AtHand
from analysis.paper.specifications import SAMPLES
from analysis.paper.trial_tables import SEED, sampled
from analysis.regressions.clustering import t_quantile
from analysis.regressions.crossed_fits import CrossedFit, CurveSpecification, crossed_fits
from analysis.regressions.curve_test import curve_test
from analysis.regressions.specification_curve import (
    SpecificationCurve,
    every_specification,
    fit_scales,
    specification_curve,
)
from analysis.remembered import remembered
from analysis.trial.indicators import IndicatorArrays, indicator_arrays
from analysis.trial.recipes import CHOICES, PUBLISHED, Recipe, RecipeSpace, as_frame
from analysis.trial.scoring import recipe_scores
from analysis.trial.sobol_indices import sobol_design, sobol_indices
from analysis.variables import TREATMENT

CURVE_SAMPLES = {
    "all province-years": SAMPLES["all"],
    "no interpolated input": lambda panel: ~panel["is_interpolated"].astype(bool),
    "no bridged input": lambda panel: panel["bridged_variables"].fillna("") == "",
    "no logarithm of zero": lambda panel: panel["log_of_zero_variables"].fillna("") == "",
    "east": SAMPLES["east"],
    "central": SAMPLES["central"],
    "west": SAMPLES["west"],
    "northeast": SAMPLES["northeast"],
    "with national clusters": SAMPLES["clusters"],
    "without": SAMPLES["no_clusters"],
}
SPECIFIED = ("treatment", "sample", "controls")
_PLACE = ("specification curve", "")


@dataclass(frozen=True)
class CurveSize:
    """How many fits a curve has: of a refresh by default.

    recipes: sampled, beside the published one. specifications: drawn, the main one among them; all
    where there are no more. tested: recipes of the joint test, with as many specifications.
    design: rows of the Sobol design. drawn: fits that are kept of the curve.
    """

    recipes: int = 512
    specifications: int = 256
    tested: int = 64
    design: int = 128
    drawn: int = 380


OF_REFRESH = CurveSize()

CURVE_COLUMNS = types_of(
    "place", "n_fits", *CHOICES, *SPECIFIED, "estimate", "std_error", "p_value", "lower", "upper",
    "standardised", "n", "n_clusters", "main", "missing_controls",
)  # fmt: skip
OPTION_COLUMNS = types_of(
    "choice", "option", "fits", "not_identified", "lowest_fit", "median_fit", "highest_fit",
    "share_positive", "share_significant_positive", "share_significant_negative",
)  # fmt: skip
MOVED_COLUMNS = types_of(
    "choice", "first_order", "first_order_lower", "first_order_upper", "total_order",
    "total_order_lower", "total_order_upper", "n_fits",
)  # fmt: skip
TEST_COLUMNS = types_of("test", "statistic", "p_value", "n_fits", "reps")


@dataclass(frozen=True, eq=False)
class _Question:
    """The panel, the arrays that make its outcomes, and what its regressions can be."""

    panel: pd.DataFrame
    data: IndicatorArrays
    specifications: list[CurveSpecification]
    at_hand: AtHand

    def outcomes(self, recipes: list[Recipe]) -> np.ndarray:
        """(rows of the panel, recipes)."""
        units, times = (
            pd.Index(known).get_indexer(pd.Index(self.panel[name]))
            for known, name in ((self.data.units, "province_code"), (self.data.times, "year"))
        )
        # One copy and no more: of thousands of units it is a gigabyte.
        found = recipe_scores(self.data, recipes)[:, units, times].T
        found[(units < 0) | (times < 0)] = np.nan
        return found

    def recipes(self, n: int) -> list[Recipe]:
        return [PUBLISHED, *sampled(self.data, n)]

    def drawn(self, n: int) -> list[CurveSpecification]:
        """The main specification and others by chance; all where there are no more."""
        main, *others = self.specifications
        order = np.random.default_rng(SEED).permutation(len(others))[: n - 1]
        return [main, *(others[i] for i in sorted(order))]

    @remembered(last=1)
    def curve(self, size: CurveSize) -> tuple[SpecificationCurve, pd.DataFrame]:
        """The curve, and a row of choices for each of its outcomes."""
        recipes = self.recipes(size.recipes)
        specifications = self.drawn(size.specifications)
        made = specification_curve(
            self.panel, self.outcomes(recipes), specifications, CURVE_SAMPLES
        )
        return made, as_frame(recipes)[list(CHOICES)]


_Make = Callable[[_Question, CurveSize], EstimatesTable]
_Table = Callable[..., EstimatesTable]


def _asked(columns: dict[str, str]) -> Callable[[_Make], _Table]:
    """A table of panel, cells and indicators; where the model cannot be estimated, why."""

    def decorated(make: _Make) -> _Table:
        def table(
            panel: pd.DataFrame,
            cells: pd.DataFrame,
            indicators: pd.DataFrame,
            size: CurveSize = OF_REFRESH,
        ) -> EstimatesTable:
            at_hand = AtHand.of(panel)
            absent = without_values(panel, TREATMENTS[1:])
            treatments = [name for name in TREATMENTS if name not in absent]

            def found() -> EstimatesTable:
                data = indicator_arrays(cells, indicators.sort_values("sort_order"))
                every = every_specification(treatments, CURVE_SAMPLES, at_hand.controls)
                return make(_Question(panel, data, every, at_hand), size)

            variables = (at_hand.outcome, TREATMENT, *at_hand.controls)
            return estimated_table(panel, variables, _PLACE, columns, found)

        table.__doc__ = make.__doc__
        return table

    return decorated


@_asked(CURVE_COLUMNS)
def curve(of: _Question, size: CurveSize) -> EstimatesTable:
    """Fits at even distances in the order of the curve, each with its recipe and specification.

    A measure or a control without values is left out, and a note says so.
    """
    made, choices = of.curve(size)
    rows = made.in_order(size.drawn)
    reach = t_quantile(0.975, rows["n_clusters"]) * rows["std_error"]
    chosen = [made.specifications[number] for number in rows["specification"]]
    rows = rows.assign(
        **choices.iloc[rows["outcome"]].reset_index(drop=True),
        treatment=[each.treatment for each in chosen],
        sample=[each.sample for each in chosen],
        controls=[",".join(each.controls) for each in chosen],
        lower=rows["estimate"] - reach,
        upper=rows["estimate"] + reach,
        n_fits=int(np.isfinite(made.estimates).sum()),
    )
    absent = without_values(of.panel, TREATMENTS[1:])
    notes = tuple((*_PLACE, f"{name} has no value and is left out") for name in absent)
    table = of.at_hand.named(EstimatesTable(rows), _PLACE)
    return replace(table, notes=(*table.notes, *notes))


@_asked(OPTION_COLUMNS)
def by_option(of: _Question, size: CurveSize) -> EstimatesTable:
    """What each choice does to the curve, of the index as of the regression."""
    made, choices = of.curve(size)
    return EstimatesTable(made.summary(choices))


@_asked(MOVED_COLUMNS)
def moved_by(of: _Question, size: CurveSize) -> EstimatesTable:
    """Sobol indices of the standardised coefficient by choice of recipe and specification.

    Rows of the design in which some fit is not identified are left out: what is explained is the
    spread of coefficients that there are.
    """
    design = sobol_design(size.design, len(CHOICES) + len(SPECIFIED), SEED)
    points = design.reshape(-1, design.shape[-1])
    space = RecipeSpace.of(of.data.names, of.data.dimensions)
    drawn = space.recipes(points[:, : len(CHOICES)])
    numbers = {recipe: number for number, recipe in enumerate(dict.fromkeys(drawn))}
    recipe = np.array([numbers[each] for each in drawn])
    # Specifications stand in the order of a product: the last choice changes fastest.
    options = [
        list(dict.fromkeys(getattr(s, name) for s in of.specifications)) for name in SPECIFIED
    ]
    lengths = [len(names) for names in options]
    taken = (points[:, len(CHOICES) :] * lengths).astype(int)
    specification = np.ravel_multi_index(tuple(taken.T), lengths)
    wanted, of_point = np.unique(specification, return_inverse=True)
    outcomes = of.outcomes(list(numbers))
    specifications = [of.specifications[number] for number in wanted]
    found = np.full((len(wanted), outcomes.shape[1]), np.nan)
    chosen = [np.unique(recipe[of_point == place]) for place in range(len(wanted))]
    for fit in crossed_fits(of.panel, outcomes, specifications, CURVE_SAMPLES, chosen=chosen):
        found[fit.specification, fit.outcomes] = fit.estimates
    found *= fit_scales(of.panel, outcomes, specifications)
    values = found[of_point, recipe].reshape(*design.shape[:2], 1)
    complete = np.isfinite(values).all(axis=(1, 2))
    if not complete.any():
        words = "which choice moves the coefficient is not said: some fit is never identified"
        return EstimatesTable(pd.DataFrame(), ((*_PLACE, words),))
    indices = sobol_indices(values[complete])
    rows = pd.DataFrame({"choice": [*CHOICES, *SPECIFIED], "n_fits": values[complete].size})
    for order in ("first", "total"):
        for end in ("", "_lower", "_upper"):
            rows[f"{order}_order{end}"] = getattr(indices, f"{order}{end}")[:, 0]
    gone = int((~complete).sum())
    words = f"{gone} of {len(complete)} rows of the Sobol design have a fit that is not identified"
    return EstimatesTable(rows, ((*_PLACE, words),) if gone else ())


@_asked(TEST_COLUMNS)
def joint(of: _Question, size: CurveSize) -> EstimatesTable:
    """Whether the curve could come of no effect: three statistics of a part of it."""
    outcomes = of.outcomes(of.recipes(size.tested))
    specifications = of.drawn(size.tested)
    scales = fit_scales(of.panel, outcomes, specifications)
    fits: list[CrossedFit] = list(crossed_fits(of.panel, outcomes, specifications, CURVE_SAMPLES))
    if not fits:
        return EstimatesTable(pd.DataFrame())
    made = curve_test(fits, [scales[fit.specification, fit.outcomes] for fit in fits], seed=SEED)
    rows = [
        {"test": name, "statistic": value.observed, "p_value": value.p_value}
        for name, value in (
            ("median", made.median),
            ("share significant", made.significant),
            ("mean z", made.mean_z),
        )
    ]
    return EstimatesTable(pd.DataFrame(rows).assign(n_fits=made.n_fits, reps=made.reps))
