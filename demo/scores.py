"""Spreads the wanted index over 21 indicator scores whose entropy weights are the wanted ones.

Belongs here: the wanted mean and weight of each score, its latent make-up, and the correction that
makes the weighted sum equal the index. Does not belong here: real-world units (`items`).
Equations are those of the paper: scores 11-12, weights 13-16, index 17 in its level form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from demo.draws import Array, Draws, standardise, with_moments
from demo.process import T, within
from demo.provinces import PROVINCES


class Score(NamedTuple):
    """Wanted marginal and make-up of one indicator's score.

    mean: mean score. weight: wanted overall weight. ami, shared, path: loadings on the wanted
    index, on the factor of its dimension and on time; the rest is the indicator's own, of which
    `place` is the permanent part of a province. size: loading on the size of the economy; small:
    on being among the smallest. tail: how far the upper tail is stretched. far: how many ranks
    from the ends of its latent series the scores 0 and 1 lie.
    """

    dimension: str
    mean: float
    weight: float
    ami: float
    shared: float
    path: float
    place: float
    size: float
    small: float
    tail: float
    far: int


SCORES = {
    "new_product_share": Score("amt", 0.208, 0.0695, 0.75, 0.8, 0.1, 0.15, 0, 0, 0.15, 60),
    "rd_institution_share": Score("amt", 0.213, 0.0815, 0.75, 0.8, 0.1, 0.15, 0, 0, 0.15, 100),
    "rd_intensity": Score("amt", 0.208, 0.103, 0.75, 0.8, 0.1, 0.15, 0, 0, 0.15, 140),
    "rd_self_funding_share": Score("amt", 0.26, 0.0365, 0.6, 0.7, 0.1, 0.3, 0, 0, 0.1, 30),
    "inventory_turnover": Score("amm", 0.455, 0.058, 0.5, 0.9, -0.1, 0.1, 0, 0, 0, 0),
    "cost_profit_ratio": Score("amm", 0.455, 0.0455, 0.5, 0.9, -0.1, 0.1, 0, 0, 0, 20),
    "debt_asset_ratio": Score("amm", 0.35, 0.049, 0.1, 0.2, 0.3, 0.7, 0, 0, 0, 0),
    "asset_contribution_rate": Score("amm", 0.455, 0.034, 0.5, 0.9, -0.1, 0.1, 0, 0, 0, 40),
    "log_average_wage": Score("amw", 0.51, 0.064, 0.2, 0, 1.0, 0.2, -0.25, 0.4, 0, 20),
    "rd_high_educated_share": Score("amw", 0.37, 0.022, 0.5, 0.3, 0.1, 0.3, 0, 0.3, 0.1, 40),
    "rd_personnel_share": Score("amw", 0.33, 0.032, 0.5, 0.3, 0.1, 0.3, 0, 0.3, 0.1, 60),
    "wastewater_compliance": Score("gam", 0.745, 0.0132, 0.5, 0.9, 0.1, 0.2, 0, 0, 0, 0),
    "so2_compliance": Score("gam", 0.725, 0.0142, 0.5, 0.9, 0.1, 0.2, 0, 0, 0, 15),
    "pm_compliance": Score("gam", 0.685, 0.0235, 0.5, 0.9, 0.1, 0.2, 0, 0, 0, 30),
    "solid_waste_utilisation": Score("gam", 0.655, 0.0292, 0.5, 0.9, 0.0, 0.2, 0, 0, 0, 45),
    "log_main_business_profit": Score("ame", 0.375, 0.07, 0.2, 0, 0.7, 0.1, 1.2, 0, 1.5, 0),
    "capital_preservation_rate": Score("ame", 0.115, 0.046, 0.1, 0.4, 0.2, 0.1, 0.3, 1.2, 2.0, 60),
    "value_added_rate": Score("ame", 0.115, 0.092, 0.3, 0.4, 0.1, 0.2, 0.5, 1.8, 2.0, 60),
    "operating_profit_share": Score("ame", 0.15, 0.0255, 0.3, 0.6, 0, 0.3, 0, 2.2, 1.0, 90),
}
# how far a factor of a dimension moves the index: overall weight times standard deviation
FACTOR_PULL = {"amt": 2.5, "amm": 2.2, "amw": 0.8, "gam": 1.3, "ame": 0.9}
# what a unit of coagglo, in two-way deviations, adds to the latent series of a dimension (Table 5)
AGGLOMERATION = {"amt": 0.35, "amm": 0.05, "amw": 0.10, "gam": 0.10, "ame": 0.15}
# scores a correction leaves alone: they follow from stocks or from employment, or (operating
# profit) are wanted with a weight too small to carry the noise of a correction
HELD = frozenset(
    {
        "inventory_turnover",
        "equity_ratio",
        "debt_asset_ratio",
        "log_manufacturing_employment",
        "capital_preservation_rate",
        "log_main_business_profit",
        "operating_profit_share",
    }
)
# sum of the 21 divergences from uniformity, ln n times the utilities of eq. 15
TOTAL_DIVERGENCE = 1.15


def min_max(values: Array, *, negative: bool = False) -> Array:
    """Eq. 11, or eq. 12 for a negative attribute, pooled over all cells."""
    spread = values.max() - values.min()
    return np.asarray((values.max() - values if negative else values - values.min()) / spread)


def divergence(score: Array) -> float:
    """ln n minus the entropy sum of eq. 13-14: ln n times the utility of eq. 15."""
    share = (score / score.sum()).ravel()
    share = share[share > 0]
    return float(np.log(score.size) + (share * np.log(share)).sum())


def overall_weights(scores: Mapping[str, Array]) -> dict[str, float]:
    """Eq. 16."""
    parts = {name: divergence(score) for name, score in scores.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def latent(draws: Draws, ami: Array, coagglo: Array) -> dict[str, Array]:
    """The standardised series on which the scores are shaped, one an indicator, shape (n, 19)."""
    index, agglomeration = standardise(ami), within(coagglo)
    time = standardise(np.tile(np.arange(T, dtype=float), (draws.places.n, 1)))
    size = standardise(np.log(draws.places.level("employed")) + draws.places.level("wealth"))[
        :, None
    ]
    small = np.maximum(-0.5 - size, 0)
    # factors of the dimensions, free of the part that would move the whole index
    raw = np.array(
        [
            draws.normal(draws.places.n, 1) + 0.35 * draws.series(draws.places.n, T, 0.6)
            for _ in FACTOR_PULL
        ]
    )
    pull = np.array(list(FACTOR_PULL.values()))
    raw -= np.tensordot(pull / (pull @ pull), np.tensordot(pull, raw, 1), 0)
    factors = {name: standardise(factor) for name, factor in zip(FACTOR_PULL, raw, strict=True)}
    return {
        name: standardise(
            score.ami * index
            + score.shared * factors[score.dimension]
            + score.path * time
            + score.place * draws.normal(draws.places.n, 1)
            + score.size * size
            + score.small * small
            + AGGLOMERATION[score.dimension] * agglomeration
            + 0.20 * draws.series(draws.places.n, T, 0.5)
        )
        for name, score in SCORES.items()
    }


def shape(z: Array, score: Score, mean: float, spread: float) -> Array:
    """A score in [0, 1] that rises with `z`, with the wanted mean and divergence.

    Logistic in z, with the upper tail stretched quadratically. One cell is exactly 0 and one
    exactly 1, as min-max scores are: cells near the ends of z, apart within a dimension,
    because the dimensions of Table 3 reach neither 0 nor (green excepted) 100.
    """
    stretched = z + score.tail * np.maximum(z - 1.3, 0) ** 2
    order = np.argsort(z, axis=None, kind="stable")
    # of a panel as large as the paper's
    far = round(score.far * len(z) / len(PROVINCES))
    low = np.unravel_index(order[far], z.shape)
    high = np.unravel_index(order[-1 if score.dimension == "gam" else -1 - far], z.shape)

    def logistic(centre: float, width: float) -> Array:
        score = 1 / (1 + np.exp(-centre - width * stretched))
        score[low], score[high] = 0.0, 1.0
        return score

    return with_moments(logistic, mean, spread, divergence, (-9.0, 9.0), (0.01, 3.0))


def correct(scores: dict[str, Array], ami: Array) -> dict[str, Array]:
    """Scores moved, cell by cell, until eq. 17 gives `ami`; the planned ones stay.

    The move of a score is proportional to y (1 - y), so scores stay in [0, 1] and cells at 0 or 1
    stay there.
    """
    free = [name for name in scores if name not in HELD]
    scores = dict(scores)
    for _ in range(8):
        weights = overall_weights(scores)
        total = sum(weights[name] * score for name, score in scores.items())
        room = sum(weights[name] * scores[name] * (1 - scores[name]) for name in free)
        move = np.clip((ami / 100 - total) / room, -0.5, 0.5)
        for name in free:
            y = scores[name]
            scores[name] = y + move * y * (1 - y)
    return scores
