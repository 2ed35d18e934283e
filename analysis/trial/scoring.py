"""Scores and ranks of many recipes at once.

Recipes that share treatment, scale and aggregation are one product of matrices. Not here: what a
recipe is (`recipes`), or what its scores say (`rank_uncertainty`, `sobol_indices`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
# Scores of all recipes that are held at once, 128 MiB, where the units are many.
_AT_ONCE = 2**24
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
    return np.concatenate([scores for _, scores in scores_by_times(data, recipes)], axis=2)


def scores_by_times(
    data: IndicatorArrays, recipes: Sequence[Recipe]
) -> Iterator[tuple[slice, np.ndarray]]:
    """`recipe_scores` some times after the others, and which; all of few units at once."""
    bench = _Bench(data)
    alike: dict[tuple[str, str, str, str, str], list[int]] = {}
    for number, recipe in enumerate(recipes):
        # Weights of each unit's own cannot share a product with weights of all.
        own = recipe.weighting if bench.weights_differ(recipe) else ""
        key = (recipe.imputation, recipe.outliers, recipe.normalisation, recipe.aggregation, own)
        alike.setdefault(key, []).append(number)
    units, times, _ = data.values.shape
    at_once = max(1, _AT_ONCE // (len(recipes) * units))
    for start in range(0, times, at_once):
        here = slice(start, min(start + at_once, times))
        found = np.empty((len(recipes), units * (here.stop - start)))
        for numbers in alike.values():
            found[numbers] = bench.scores([recipes[number] for number in numbers], here)
        yield here, found.reshape(len(recipes), units, -1)


def recipe_ranks(scores: np.ndarray) -> np.ndarray:
    """Ranks within each time, 1 the best, equal scores alike (SQL's `rank`); 0 without a score.

    scores: (recipes, units, times). Returns the same shape, of int32.
    """
    ranks = np.empty(scores.shape, dtype=np.int32)
    places = np.arange(1, scores.shape[1] + 1, dtype=np.int32)
    for start in range(0, len(scores), _CHUNK):
        part = scores[start : start + _CHUNK].transpose(0, 2, 1)
        known = ~np.isnan(part)
        # What differs by rounding alone is no order.
        falling = np.where(known, -np.round(part, 9), np.inf)
        order = np.argsort(falling, axis=-1)
        in_order = np.take_along_axis(falling, order, -1)
        is_first = np.ones(part.shape, dtype=bool)
        is_first[..., 1:] = in_order[..., 1:] > in_order[..., :-1]
        # Equals have the place of the first of them.
        shared = np.maximum.accumulate(np.where(is_first, places, np.int32(0)), axis=-1)
        found = np.empty_like(shared)
        np.put_along_axis(found, order, shared, -1)
        ranks[start : start + _CHUNK] = np.where(known, found, np.int32(0)).transpose(0, 2, 1)
    return ranks


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

    def scores(self, recipes: Sequence[Recipe], times: slice) -> np.ndarray:
        """(recipes, units x times) of recipes that share all but weights and what is left out."""
        first = recipes[0]
        scaled = self._scaled(first.imputation, first.outliers, first.normalisation)
        scaled = pooled(scaled[:, times])
        forward, back = _option(_MEANS, "aggregation", first.aggregation)
        known = ~np.isnan(scaled)
        terms = np.where(known, forward(np.where(known, scaled, 1.0)), 0.0)
        kept = np.array([self._kept(recipe.left_out) for recipe in recipes], dtype=float)
        weights = [self._weights(r.imputation, r.outliers, r.weighting) for r in recipes]
        parts = known.astype(float)
        if weights[0].ndim > 1:
            of_each = pooled(weights[0][:, times])
            terms, parts = terms * of_each, parts * of_each
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
        return scale(self._treated(imputation, outliers), self._data.negative)

    def _weigh(self, imputation: str, outliers: str, weighting: str) -> np.ndarray:
        weigh = _option(WEIGHTS, "weighting", weighting)
        scores = minmax(self._treated(imputation, outliers), self._data.negative)
        return weigh(scores, self._data.dimensions)


def _option(options: Mapping[str, Found], choice: str, name: str) -> Found:
    if name not in options:
        raise ValueError(f"{choice} '{name}' is not known: one of {', '.join(options)}")
    return options[name]
