"""Recipes of an index, each a row that can be read and run again.

Here: the choices, their options, and samples of recipes. Not here: what an option does
(`treatment`, `normalisation`, `weighting`), scores (`scoring`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import pandas as pd

from analysis.trial.normalisation import NORMALISATIONS
from analysis.trial.treatment import IMPUTATIONS, OUTLIERS
from analysis.trial.weighting import WEIGHTS

AGGREGATIONS = ("arithmetic", "geometric", "harmonic")
NOTHING = "nothing"


@dataclass(frozen=True)
class Recipe:
    """One way to make an index. Without arguments the published one.

    left_out: an indicator or a dimension, or `nothing`.
    """

    imputation: str = "linear"
    outliers: str = "none"
    normalisation: str = "minmax"
    weighting: str = "entropy"
    aggregation: str = "arithmetic"
    left_out: str = NOTHING


CHOICES = tuple(field.name for field in fields(Recipe))
PUBLISHED = Recipe()


@dataclass(frozen=True, eq=False)
class RecipeSpace:
    """Every option of every choice, the published one first, and how likely a sample takes it.

    options: (choices) of names. shares: likewise, adding up to one in each choice.
    """

    options: tuple[tuple[str, ...], ...]
    shares: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, names: Sequence[str], dimensions: Sequence[str]) -> RecipeSpace:
        """Options of a choice are as likely as each other; of what is left out, its three kinds.

        That is: nothing, some dimension, some indicator, a third each. Nothing else is left out
        where all indicators are of one dimension, or there is but one.
        """
        kinds: list[list[str]] = [[NOTHING]]
        several = sorted(set(dimensions), key=list(dimensions).index)
        kinds += [several] if len(several) > 1 else []
        kinds += [list(names)] if len(names) > 1 else []
        left_out = tuple(name for kind in kinds for name in kind)
        if len(set(left_out)) < len(left_out):
            raise ValueError("an indicator has the name of another or of a dimension")
        options = (*map(tuple, (IMPUTATIONS, OUTLIERS, NORMALISATIONS, WEIGHTS)), AGGREGATIONS)
        shares = [np.full(len(names), 1.0 / len(names)) for names in options]
        shares.append(
            np.concatenate([np.full(len(kind), 1 / len(kinds) / len(kind)) for kind in kinds])
        )
        return cls((*options, left_out), tuple(shares))

    def recipes(self, points: np.ndarray) -> list[Recipe]:
        """Recipes at points of the unit cube, (n, choices)."""
        columns = [
            np.array(names)[
                np.minimum(np.searchsorted(share.cumsum(), point, "right"), len(names) - 1)
            ]
            for names, share, point in zip(self.options, self.shares, points.T, strict=True)
        ]
        return [Recipe(*map(str, row)) for row in zip(*columns, strict=True)]

    def sample(self, n: int, seed: int) -> list[Recipe]:
        """n recipes from a scrambled Sobol sequence (of which n should be a power of two)."""
        return self.recipes(sobol_points(n, len(CHOICES), seed))


def sobol_points(n: int, dimensions: int, seed: int) -> np.ndarray:
    """The first n points of a scrambled Sobol sequence, (n, dimensions) in [0, 1).

    Raises ValueError where n is not a power of two: other numbers lose the sequence's balance.
    """
    from scipy.stats import qmc

    if n < 1 or n & (n - 1):
        raise ValueError(f"{n} recipes: a Sobol sequence is balanced at powers of two only")
    return np.asarray(qmc.Sobol(dimensions, rng=seed).random_base2(n.bit_length() - 1))


def as_frame(recipes: Sequence[Recipe]) -> pd.DataFrame:
    """One row a recipe in the columns `CHOICES`, with its number from 1 as `recipe_number`."""
    frame = pd.DataFrame([astuple(recipe) for recipe in recipes], columns=list(CHOICES))
    frame.insert(0, "recipe_number", np.arange(1, len(frame) + 1))
    return frame


def from_frame(rows: pd.DataFrame) -> list[Recipe]:
    """Recipes whose choices stand in the rows."""
    return [Recipe(*map(str, row)) for row in rows[list(CHOICES)].itertuples(index=False)]
