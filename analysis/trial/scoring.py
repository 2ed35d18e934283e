"""Scores and ranks of many recipes at once.

Recipes that share treatment, scale and aggregation are one product of matrices. Not here: what a
recipe is (`recipes`), or what its scores say (`rank_uncertainty`, `sobol_indices`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeVar

import numpy as np

from analysis.trial.indicators import IndicatorArrays, pooled
from analysis.trial.normalisation import NORMALISATIONS, minmax
from analysis.trial.recipes import NOTHING, Recipe
from analysis.trial.treatment import IMPUTATIONS, OUTLIERS
from analysis.trial.weighting import WEIGHTS

# The least score of an indicator under a geometric or harmonic mean: min-max gives the worst of
# each indicator a zero, which would be the whole product.
FLOOR = 0.01
# By aggregation: what is averaged of scores, and what makes a score of the average.
_Step = Callable[[np.ndarray], np.ndarray]
_MEANS: Mapping[str, tuple[_Step, _Step]] = {
    "arithmetic": (lambda s: s, lambda mean: mean),
    "geometric": (lambda s: np.log(np.maximum(s, FLOOR)), np.exp),
    "harmonic": (lambda s: 1.0 / np.maximum(s, FLOOR), lambda mean: 1.0 / mean),
}
_CHUNK = 128
Found = TypeVar("Found")


def recipe_scores(data: IndicatorArrays, recipes: Sequence[Recipe]) -> np.ndarray:
    """The index by every recipe, 0-100.

    A unit without some scores gets the mean over those it has, weights in proportion: open cells
    are neither a zero nor a reason to drop the unit. What is left out loses its weight to the rest
    in proportion.

    Returns
    -------
    ndarray
        (recipes, units, times); NaN where no indicator has a score.

    Raises
    ------
    ValueError
        For an option, indicator or dimension that is not known.
    """
    bench = _Bench(data)
    alike: dict[tuple[str, str, str, str, str], list[int]] = {}
    for number, recipe in enumerate(recipes):
        # Weights of each unit's own cannot share a product with weights of all.
        own = recipe.weighting if bench.weights_differ(recipe) else ""
        key = (recipe.imputation, recipe.outliers, recipe.normalisation, recipe.aggregation, own)
        alike.setdefault(key, []).append(number)
    units, times, _ = data.values.shape
    found = np.empty((len(recipes), units * times))
    for numbers in alike.values():
        found[numbers] = bench.scores([recipes[number] for number in numbers])
    return found.reshape(-1, units, times)


def recipe_ranks(scores: np.ndarray) -> np.ndarray:
    """Ranks within each time, 1 the best, equal scores alike (SQL's `rank`); 0 without a score.

    scores: (recipes, units, times). Returns the same shape, of int16.
    """
    known = ~np.isnan(scores)
    # What differs by rounding alone is no order.
    comparable = np.where(known, np.round(scores, 9), -np.inf)
    ranks = np.empty(scores.shape, dtype=np.int16)
    for start in range(0, len(scores), _CHUNK):
        part = comparable[start : start + _CHUNK].transpose(0, 2, 1)
        above = (part[:, :, None, :] > part[:, :, :, None]).sum(axis=-1, dtype=np.int16)
        ranks[start : start + _CHUNK] = above.transpose(0, 2, 1) + 1
    return np.where(known, ranks, np.int16(0))


class _Bench:
    """The parts of one dataset that recipes share, each made once."""

    def __init__(self, data: IndicatorArrays) -> None:
        self._data = data
        self._treated = cache(self._treat)
        self._scaled = cache(self._scale)
        self._weights = cache(self._weigh)

    def weights_differ(self, recipe: Recipe) -> bool:
        """Whether the recipe gives every unit and time weights of its own."""
        return self._weights(recipe.imputation, recipe.outliers, recipe.weighting).ndim > 1

    def scores(self, recipes: Sequence[Recipe]) -> np.ndarray:
        """(recipes, units x times) of recipes that share all but weights and what is left out."""
        first = recipes[0]
        scaled = self._scaled(first.imputation, first.outliers, first.normalisation)
        forward, back = _option(_MEANS, "aggregation", first.aggregation)
        known = ~np.isnan(scaled)
        terms = np.where(known, forward(np.where(known, scaled, 1.0)), 0.0)
        kept = np.array([self._kept(recipe.left_out) for recipe in recipes], dtype=float)
        weights = [self._weights(r.imputation, r.outliers, r.weighting) for r in recipes]
        parts = known.astype(float)
        if weights[0].ndim > 1:
            terms, parts = terms * weights[0], parts * weights[0]
        else:
            kept = kept * np.array(weights)
        total = parts @ kept.T
        with np.errstate(divide="ignore", invalid="ignore"):
            means = back((terms @ kept.T) / np.where(total > 0, total, np.nan))
        return np.asarray(100.0 * means.T)

    def _kept(self, left_out: str) -> np.ndarray:
        names, dimensions = np.array(self._data.names), np.array(self._data.dimensions)
        kept = (names != left_out) & (dimensions != left_out)
        if (left_out != NOTHING and kept.all()) or not kept.any():
            raise ValueError(f"'{left_out}' cannot be left out: no such indicator or dimension")
        return kept

    def _treat(self, imputation: str, outliers: str) -> np.ndarray:
        imputed = _option(IMPUTATIONS, "imputation", imputation)(self._data)
        return _option(OUTLIERS, "outliers", outliers)(imputed)

    def _scale(self, imputation: str, outliers: str, normalisation: str) -> np.ndarray:
        scale = _option(NORMALISATIONS, "normalisation", normalisation)
        return pooled(scale(self._treated(imputation, outliers), self._data.negative))

    def _weigh(self, imputation: str, outliers: str, weighting: str) -> np.ndarray:
        weigh = _option(WEIGHTS, "weighting", weighting)
        scores = minmax(self._treated(imputation, outliers), self._data.negative)
        found = weigh(scores, self._data.dimensions)
        return found if found.ndim == 1 else pooled(found)


def _option(options: Mapping[str, Found], choice: str, name: str) -> Found:
    if name not in options:
        raise ValueError(f"{choice} '{name}' is not known: one of {', '.join(options)}")
    return options[name]
