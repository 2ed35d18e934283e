"""How far scores and ranks move over recipes.

Not here: which recipes (`recipes`), which of their choices moves what (`sobol_indices`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from analysis.column_blocks import column_blocks
from analysis.trial.indicators import IndicatorArrays
from analysis.trial.recipes import PUBLISHED, Recipe
from analysis.trial.scoring import recipe_ranks, recipe_scores, scores_by_times


@dataclass(frozen=True, eq=False)
class RankUncertainty:
    """Every array is (units, times); NaN, or rank 0, where a unit has no score.

    score, rank: of the published recipe. The ends of the intervals are quantiles over the recipes;
    those of ranks are ranks that occur.
    share_top: of the recipes, in which the unit is among the first `top`.
    below: the unit next below by the published rank, -1 for the last; of equals the first listed.
    p_above: the share of recipes in which the unit is above that one; NaN for the last.
    """

    score: np.ndarray
    score_lower: np.ndarray
    score_median: np.ndarray
    score_upper: np.ndarray
    rank: np.ndarray
    rank_lower: np.ndarray
    rank_median: np.ndarray
    rank_upper: np.ndarray
    share_top: np.ndarray
    below: np.ndarray
    p_above: np.ndarray


def rank_uncertainty(
    data: IndicatorArrays, recipes: Sequence[Recipe], *, level: float = 0.9, top: int = 10
) -> RankUncertainty:
    """Intervals of scores and ranks over recipes, beside the published ones.

    An interval describes the recipes that were sampled, each as good as the other; it is no
    confidence interval. Saisana, Saltelli and Tarantola (2005), J. R. Stat. Soc. A 168.

    Parameters
    ----------
    data : IndicatorArrays
    recipes : sequence of Recipe
        A sample, in which the published one need not be.
    level : float
        Of the intervals, a share of 1.
    top : int
        How many are at the top.
    """
    score, rank = _published(data)
    ends = [(1 - level) / 2, 0.5, (1 + level) / 2]
    pieces = [
        _over_recipes(scores, score[:, here], rank[:, here], ends, top)
        for here, scores in scores_by_times(data, recipes)
    ]
    return RankUncertainty(
        *(
            np.concatenate([getattr(piece, field.name) for piece in pieces], axis=1)
            for field in fields(RankUncertainty)
        )
    )


def rank_shift(data: IndicatorArrays, recipes: Sequence[Recipe]) -> np.ndarray:
    """Mean absolute difference from the published rank, over units and times, (recipes,)."""
    _, rank = _published(data)
    moved, counted = np.zeros((2, len(recipes)))
    for here, scores in scores_by_times(data, recipes):
        ranks, published = recipe_ranks(scores), rank[:, here]
        both = (ranks > 0) & (published > 0)
        moved += (np.abs(ranks - published) * both).sum(axis=(1, 2))
        counted += both.sum(axis=(1, 2))
    return np.asarray(moved / np.maximum(counted, 1))


def _published(data: IndicatorArrays) -> tuple[np.ndarray, np.ndarray]:
    """Score and rank by the published recipe, (units, times)."""
    scores = recipe_scores(data, [PUBLISHED])
    return scores[0], recipe_ranks(scores)[0]


def _over_recipes(
    scores: np.ndarray, score: np.ndarray, rank: np.ndarray, ends: list[float], top: int
) -> RankUncertainty:
    """Of some times: their scores by every recipe, the published score and rank."""
    ranks = recipe_ranks(scores)
    below = _next_below(rank)
    of_scores, of_ranks = np.empty((2, len(ends), *rank.shape))
    share_top, p_above = np.empty((2, *rank.shape))
    # Some units after the others: scores by thousands of recipes are copied over and over here.
    for units in column_blocks(scores[:, 0].size, len(rank)):
        here = ranks[:, units]
        known = here > 0
        of_scores[:, units] = _quantiles(scores[:, units], ends, "linear")
        of_ranks[:, units] = _quantiles(np.where(known, here, np.nan), ends, "inverted_cdf")
        n_known = np.maximum(known.sum(axis=0), 1)
        is_top = (known & (here <= top)).sum(axis=0)
        share_top[units] = np.where(rank[units] > 0, is_top / n_known, np.nan)
        other = np.take_along_axis(ranks, np.maximum(below[units], 0)[None], axis=1)
        both = known & (other > 0)
        above = ((here < other) & both).sum(axis=0) / np.maximum(both.sum(axis=0), 1)
        p_above[units] = np.where(below[units] >= 0, above, np.nan)
    score_lower, score_median, score_upper = of_scores
    rank_lower, rank_median, rank_upper = of_ranks
    return RankUncertainty(
        score=score,
        score_lower=score_lower,
        score_median=score_median,
        score_upper=score_upper,
        rank=rank,
        rank_lower=rank_lower,
        rank_median=rank_median,
        rank_upper=rank_upper,
        share_top=share_top,
        below=below,
        p_above=p_above,
    )


def _quantiles(values: np.ndarray, ends: list[float], method: str) -> np.ndarray:
    """(ends, units, times) over the recipes in which a cell has a value; NaN where none has."""
    flat = values.reshape(len(values), -1)
    found = np.full((len(ends), flat.shape[1]), np.nan)
    known = ~np.isnan(flat)
    whole = known.all(axis=0)
    found[:, whole] = np.quantile(flat[:, whole], ends, axis=0, method=method)  # type: ignore[call-overload]
    for j in np.flatnonzero(~whole & known.any(axis=0)):
        found[:, j] = np.quantile(flat[known[:, j], j], ends, method=method)  # type: ignore[call-overload]
    return found.reshape(len(ends), *values.shape[1:])


def _next_below(rank: np.ndarray) -> np.ndarray:
    below = np.full(rank.shape, -1)
    for t in range(rank.shape[1]):
        order = np.argsort(rank[:, t], kind="stable")
        order = order[rank[order, t] > 0]
        below[order[:-1], t] = order[1:]
    return below
