"""Weights of indicators, from their scores and dimensions.

Every method takes scores on the published scale (pooled min-max, 0 to 1, of the values as the
recipe treated them), whatever scale is then summed, so that each choice can be made alone; missing
scores are NaN. It returns weights that add up to one: (indicators,), or one row a unit and time
where each has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.trial.indicators import pooled

# Benefit of the doubt: an indicator's weight between these multiples of an equal one.
FAVOUR = (0.5, 2.0)


def entropies(scores: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Eq. 13-14 over some axes of (units, times, indicators): E = -1/ln n x sum of P ln P.

    1 where shares are undefined, as eq. 14's macro has it.
    """
    n = (~np.isnan(scores)).sum(axis=axes, keepdims=True)
    total = np.nansum(scores, axis=axes, keepdims=True)
    share = scores / np.where(total > 0, total, np.nan)
    terms = share * np.log(np.where(share > 0, share, 1.0))
    scale = np.log(np.maximum(n, 1))
    is_defined = (total > 0) & (scale > 0)
    found = -np.nansum(terms, axis=axes, keepdims=True) / np.where(is_defined, scale, 1.0)
    return np.squeeze(np.where(is_defined, found, 1.0), axis=axes)


def shared_out(amounts: np.ndarray) -> np.ndarray:
    """Amounts of the last axis as shares of their sum; equal ones where there is nothing."""
    total = amounts.sum(axis=-1, keepdims=True)
    equal = np.full(amounts.shape, 1.0 / amounts.shape[-1])
    return np.where(total > 0, amounts / np.where(total > 0, total, 1.0), equal)


def _entropy(axes: tuple[int, ...]) -> Callable[[np.ndarray, Sequence[str]], np.ndarray]:
    """Eq. 16 within what the axes take together, then the mean over the rest.

    A year or province in which no indicator tells units apart has no weights to give.
    """

    def weighted(scores: np.ndarray, _: Sequence[str]) -> np.ndarray:
        utilities = np.atleast_2d(1.0 - entropies(scores, axes))
        informative = utilities[utilities.sum(axis=1) > 0]
        return shared_out(shared_out(informative).sum(axis=0))

    return weighted


def _equal(scores: np.ndarray, _: Sequence[str]) -> np.ndarray:
    return shared_out(np.ones(scores.shape[-1]))


def _equal_dimension(_: np.ndarray, dimensions: Sequence[str]) -> np.ndarray:
    """Dimensions alike, and indicators alike within one."""
    of = pd.Series(list(dimensions))
    return shared_out((1.0 / of.map(of.value_counts())).to_numpy())


def _spread(scores: np.ndarray) -> np.ndarray:
    return np.nan_to_num(pd.DataFrame(pooled(scores)).std().to_numpy())


def correlations(scores: np.ndarray) -> np.ndarray:
    """Pearson's r of each pair over the rows that have both; 0 with a constant, 1 with itself."""
    r = pd.DataFrame(pooled(scores)).corr().to_numpy(copy=True)
    r[~np.isfinite(r)] = 0.0
    np.fill_diagonal(r, 1.0)
    return r


def critic(scores: np.ndarray, _: Sequence[str] = ()) -> np.ndarray:
    """Spread times conflict, sd x sum of (1 - r) (Diakoulaki, Mavrotas and Papayannakis 1995)."""
    return shared_out(_spread(scores) * (1.0 - correlations(scores)).sum(axis=1))


def _standard_deviation(scores: np.ndarray, _: Sequence[str]) -> np.ndarray:
    return shared_out(_spread(scores))


def principal_components(scores: np.ndarray, _: Sequence[str] = ()) -> np.ndarray:
    """What the components with eigenvalues above one explain of each indicator, as shares.

    Squared loadings summed over these components, without rotation (OECD and JRC 2008, section
    6.1, which rotates first). The sum does not depend on the rotation.
    """
    value, vector = np.linalg.eigh(correlations(scores))
    kept = value > 1.0
    return shared_out((vector[:, kept] ** 2 * value[kept]).sum(axis=1))


def scatter_degree(scores: np.ndarray, _: Sequence[str] = ()) -> np.ndarray:
    """The weights of unit length that scatter all scores of all times most, summing to one.

    Vertical and horizontal scatter degree (Guo Yajun 2002): the leading eigenvector of the sum over
    times of X'X, which has no negative element as scores have none.
    """
    x = np.nan_to_num(pooled(scores))
    known = (~np.isnan(pooled(scores))).astype(float)
    together = np.maximum(known.T @ known, 1.0)
    leading = np.linalg.eigh(x.T @ x / together)[1][:, -1]
    return shared_out(np.abs(leading))


def benefit_of_the_doubt(scores: np.ndarray, _: Sequence[str] = ()) -> np.ndarray:
    """For each unit and time the weights within `FAVOUR` that give it most, (u, t, indicators).

    Weights add up to one, so that the linear programme is a knapsack: every indicator has the least
    weight, and what is left goes to the best scores first. Melyn and Moesen's (1991) idea with
    bounds on the weights; not the frontier version, whose weights are bounded by the peers' scores.
    A missing score comes last.
    """
    m = scores.shape[-1]
    least, most = FAVOUR[0] / m, min(FAVOUR[1] / m, 1.0)
    best_first = np.argsort(-np.nan_to_num(scores, nan=-np.inf), axis=-1, kind="stable")
    left = (1.0 - m * least) - (most - least) * np.arange(m)
    given = least + np.clip(left, 0.0, most - least)
    weights = np.empty(scores.shape)
    np.put_along_axis(weights, best_first, np.broadcast_to(given, scores.shape), axis=-1)
    return weights


# The published weights first.
WEIGHTS: Mapping[str, Callable[[np.ndarray, Sequence[str]], np.ndarray]] = {
    "entropy": _entropy((0, 1)),
    "entropy_year": _entropy((0,)),
    "entropy_province": _entropy((1,)),
    "equal": _equal,
    "equal_dimension": _equal_dimension,
    "standard_deviation": _standard_deviation,
    "critic": critic,
    "principal_components": principal_components,
    "scatter_degree": scatter_degree,
    "benefit_of_the_doubt": benefit_of_the_doubt,
}
