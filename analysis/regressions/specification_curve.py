"""The specification curve: one coefficient under every reading of what goes into its regression.

Here: specifications crossed with outcomes, what each choice does to the coefficient, and the fits
to draw. Not here: the regressions (`crossed_fits`), the joint test (`curve_test`), the figure
(`analysis.report.figures.curve`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numpy as np
import pandas as pd

from analysis.regressions.clustering import t_p_value
from analysis.regressions.crossed_fits import CurveSpecification, crossed_fits
from analysis.regressions.many_regressions import Sample

_SIGNIFICANT = 0.05
_VALUES = ("lowest_fit", "median_fit", "highest_fit")
_SHARES = ("share_positive", "share_significant_positive", "share_significant_negative")


@dataclass(frozen=True, eq=False)
class SpecificationCurve:
    """Every fit of one question, those that the data do not identify among them.

    Arrays are (specifications, outcomes). The first specification and outcome are the main ones.
    estimates, std_errors: NaN where not identified; n, n_clusters: 0 there.
    scales: by which estimates compare, standard deviation of the treatment over the outcome's, both
    over all their values in the panel, whatever the sample.
    """

    specifications: tuple[CurveSpecification, ...]
    estimates: np.ndarray
    std_errors: np.ndarray
    scales: np.ndarray
    n: np.ndarray
    n_clusters: np.ndarray

    @cached_property
    def standardised(self) -> np.ndarray:
        """Standard deviations of the outcome per standard deviation of the treatment."""
        return self.estimates * self.scales

    @cached_property
    def p_values(self) -> np.ndarray:
        """By t(G - 1), G of the fit at hand."""
        with np.errstate(invalid="ignore"):
            return np.asarray(t_p_value(self.estimates / self.std_errors, self.n_clusters))

    def in_order(self, most: int) -> pd.DataFrame:
        """Fits by the size of their standardised coefficient, at most so many at even distances.

        First, last and main one always. Columns: place (from 1), specification and outcome
        (numbers from 0), estimate, std_error, standardised, p_value, n, n_clusters, main.
        """
        flat = self.standardised.ravel()
        order = np.argsort(flat, kind="stable")[: np.isfinite(flat).sum()]
        places = np.linspace(0, len(order) - 1, min(len(order), most)).round().astype(int)
        chosen = np.union1d(places, np.flatnonzero(order == 0)) if len(order) else places
        fits = order[chosen]
        specification, outcome = np.unravel_index(fits, self.estimates.shape)
        return pd.DataFrame(
            {
                "place": chosen + 1,
                "specification": specification,
                "outcome": outcome,
                "estimate": self.estimates.ravel()[fits],
                "std_error": self.std_errors.ravel()[fits],
                "standardised": flat[fits],
                "p_value": self.p_values.ravel()[fits],
                "n": self.n.ravel()[fits],
                "n_clusters": self.n_clusters.ravel()[fits],
                "main": fits == 0,
            }
        )

    def summary(self, outcomes: pd.DataFrame) -> pd.DataFrame:
        """What each choice does to the curve: one row for all, and one per option of a choice.

        outcomes: a row an outcome, a column a choice that made it.
        Columns: choice, option; fits, not_identified (counts); lowest_fit, median_fit,
        highest_fit (standardised); share_positive, share_significant_positive,
        share_significant_negative (of those identified, 0-1, at 5 % by t(G - 1)).
        """
        rows = [{"choice": "all", "option": "", **self._shape()}]
        for choice, option, of in self._options():
            rows.append({"choice": choice, "option": option, **self._shape(specifications=of)})
        for made_by in outcomes:
            names = outcomes[made_by]
            for option in names.drop_duplicates():
                shape = self._shape(outcomes=(names == option).to_numpy())
                rows.append({"choice": str(made_by), "option": option, **shape})
        return pd.DataFrame(rows)

    def _options(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """Every option of a specification, and which specifications take it."""
        for choice in ("treatment", "sample"):
            taken = np.array([getattr(of, choice) for of in self.specifications])
            for option in dict.fromkeys(taken):
                yield choice, str(option), taken == option
        for control in self.specifications[0].controls:
            within = np.array([control in of.controls for of in self.specifications])
            yield "control", f"with {control}", within
            yield "control", f"without {control}", ~within

    def _shape(
        self,
        specifications: np.ndarray | slice = slice(None),
        outcomes: np.ndarray | slice = slice(None),
    ) -> dict[str, float]:
        every = self.standardised[specifications][:, outcomes].ravel()
        known = np.isfinite(every)
        significant = self.p_values[specifications][:, outcomes].ravel()[known] < _SIGNIFICANT
        found = every[known]
        if not len(found):
            figures = dict.fromkeys((*_VALUES, *_SHARES), np.nan)
        else:
            shares = (found > 0, significant & (found > 0), significant & (found < 0))
            values = (found.min(), np.median(found), found.max())
            figures = dict(zip(_VALUES, map(float, values), strict=True))
            figures |= {name: of.mean() for name, of in zip(_SHARES, shares, strict=True)}
        return {"fits": len(every), "not_identified": int((~known).sum()), **figures}


def every_specification(
    treatments: Sequence[str], samples: Iterable[str], controls: Sequence[str]
) -> list[CurveSpecification]:
    """All treatments x samples x subsets of controls; first the first ones with all controls."""
    subsets = [
        subset for size in range(len(controls), -1, -1) for subset in combinations(controls, size)
    ]
    return [CurveSpecification(*of) for of in product(treatments, samples, subsets)]


def specification_curve(
    panel: pd.DataFrame,
    outcomes: np.ndarray,
    specifications: Sequence[CurveSpecification],
    samples: Mapping[str, Sample],
    *,
    entity: str = "province",
    time: str = "year",
) -> SpecificationCurve:
    """The treatment's coefficient by every specification for every outcome.

    Simonsohn, Simmons and Nelson (2020). Arguments and what is raised as `crossed_fits`; ValueError
    without a specification or an outcome.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214.
    """
    shape = (len(specifications), outcomes.shape[1])
    if 0 in shape:
        raise ValueError("a curve needs a specification and an outcome at the least")
    estimates, errors = np.full(shape, np.nan), np.full(shape, np.nan)
    n, n_clusters = np.zeros(shape, dtype=int), np.zeros(shape, dtype=int)
    for fit in crossed_fits(panel, outcomes, specifications, samples, entity=entity, time=time):
        place = fit.specification, fit.outcomes
        estimates[place], errors[place] = fit.estimates, fit.std_errors
        n[place], n_clusters[place] = fit.n, fit.n_clusters
    scales = fit_scales(panel, outcomes, specifications)
    return SpecificationCurve(tuple(specifications), estimates, errors, scales, n, n_clusters)


def fit_scales(
    panel: pd.DataFrame, outcomes: np.ndarray, specifications: Sequence[CurveSpecification]
) -> np.ndarray:
    """(specifications, outcomes): standard deviation of the treatment over the outcome's."""
    spread = pd.DataFrame(outcomes).std().to_numpy()
    of = {name: panel[name].std() for name in {each.treatment for each in specifications}}
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array([of[each.treatment] for each in specifications])[:, None] / spread
