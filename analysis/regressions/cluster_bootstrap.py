"""Bootstrap of whole clusters on sufficient statistics.

Here: what each entity adds to the normal equations, and regressions in all resamples at once. Not
here: which effect is formed from the coefficients (`mediation`), intervals (`analysis.intervals`),
and checks of the data (`analysis.panel`).

A resample is a row of counts, how often each entity is drawn; every copy is an entity of its own.
Demeaning by entity is therefore the same in every resample and is done once, while time effects
depend on who is drawn and are taken out in each. Cross products being sums over
entities, those of many resamples are one product of two matrices, and those without one entity the
totals less its own. Resamples are worked on in blocks, so that no matrix of all of them by all
entities is needed, nor one of entities by entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.panel import PanelSample

# Share of a column's size in the sample below which, in a resample, nothing is left of it beside
# effects and other columns: the measure of `analysis.panel`, squared as cross products are.
_NOTHING_LEFT = (2e-5) ** 2
# Share of a dummy's own square below which the dummies before it span it; such shares are
# fractions of counts, far from zero if they are not zero.
_SPANNED = 1e-9
# Resamples worked on at once, so that their matrices stay in the processor's cache.
_BLOCK = 500


def resampling_counts(n_clusters: int, reps: int, seed: int) -> Iterator[np.ndarray]:
    """How often each cluster is drawn, (some, n_clusters) at a time, `reps` rows in all.

    Integers, each row adding up to n_clusters.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, reps, _BLOCK):
        block = min(_BLOCK, reps - start)
        drawn = rng.integers(n_clusters, size=(block, n_clusters))
        drawn += n_clusters * np.arange(block)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=block * n_clusters)
        yield counts.reshape(block, n_clusters)


@dataclass(frozen=True, eq=False)
class Factors:
    """Triangular factors L D L' of the columns' cross products, effects taken out, by resample.

    lower: (p, p, resamples), L below its diagonal of ones; not a number where a resample does
    not identify the column.
    """

    lower: np.ndarray

    def coefficients(self, outcome: int, regressors: int, wanted: int) -> np.ndarray:
        """Least squares of column `outcome` on the first `regressors` columns.

        Returns the coefficients of the last `wanted` of them, (wanted, resamples), per size of
        column (see `ClusterProducts.scale`).
        """
        lower = self.lower
        found = lower[outcome, regressors - wanted : regressors].copy()
        for i in reversed(range(wanted)):
            column = lower[regressors - wanted + i + 1 : regressors, regressors - wanted + i]
            found[i] -= (column * found[i + 1 :]).sum(axis=0)
        return found


@dataclass(frozen=True, eq=False)
class ClusterProducts:
    """What each entity adds to the normal equations of some columns.

    own: (pairs, entities) cross products of every two columns, the pairs of the lower triangle
        row by row; the first `n_dummies` columns are dummies.
    means: (rank, columns, entities) columns' products with an orthonormal basis of the dummies,
        where all entities have the same dummies; else it has no rows, and they are columns.
    scale: size of each column in the sample, by which it was divided, (columns,).
    """

    own: np.ndarray
    means: np.ndarray
    n_dummies: int
    scale: np.ndarray

    @property
    def _n_entities(self) -> int:
        return self.own.shape[1]

    def whole(self) -> Factors:
        """The factors of the sample as it is."""
        every = np.ones((self._n_entities, 1))
        return self._factors(self.own @ every, self.means @ every, self._n_entities)

    def resampled(self, reps: int, seed: int) -> Factors:
        """The factors of resamples of whole entities, drawn as by `resampling_counts`."""
        found = [
            self._factors(self.own @ drawn, self.means @ drawn, self._n_entities)
            for counts in resampling_counts(self._n_entities, reps, seed)
            for drawn in [counts.T.astype(float)]
        ]
        return Factors(np.concatenate([of.lower for of in found], axis=-1))

    def without_each(self) -> Factors:
        """The factors without each entity in turn, for the jackknife."""
        own, means = (of.sum(axis=-1, keepdims=True) - of for of in (self.own, self.means))
        return self._factors(own, means, self._n_entities - 1)

    def _factors(self, summed: np.ndarray, means: np.ndarray, n_drawn: int) -> Factors:
        """Of resamples of `n_drawn` entities: `own` and `means` added up over those drawn."""
        n_columns = self.n_dummies + len(self.scale)
        n_resamples = summed.shape[-1]
        means = means / np.sqrt(n_drawn)
        lower = np.empty((len(self.scale), len(self.scale), n_resamples))
        for start in range(0, n_resamples, _BLOCK):
            block = slice(start, min(start + _BLOCK, n_resamples))
            products = np.empty((n_columns, n_columns, block.stop - start))
            products[np.tril_indices(n_columns)] = summed[:, block]
            if len(means):
                of_block = means[..., block]
                for i in range(n_columns):
                    products[i, : i + 1] -= np.einsum(
                        "rb,rjb->jb", of_block[:, i], of_block[:, : i + 1]
                    )
            lower[..., block] = _eliminate(products, self.n_dummies)
        return Factors(lower)


def cluster_products(sample: PanelSample, columns: Sequence[str]) -> ClusterProducts:
    """The sufficient statistics of two-way regressions among some columns of a sample.

    columns: in the order in which they enter the regressions: a regression is of one column on
    all those before a place (`Factors.coefficients`).
    """
    n, n_entities = len(sample.values), len(sample.entities)
    values = sample.values[list(columns)].to_numpy()
    values = values - values.mean(axis=0)
    scale = np.sqrt((values**2).mean(axis=0))
    values /= scale
    # Their redundancies are left in, for a resample may have fewer.
    dummies = (sample.time_codes[:, None] == np.arange(len(sample.times))).astype(float)
    values, dummies = sample.demeaned(values), sample.demeaned(dummies)
    # A resample takes these effects out again with its own weights; without those of the whole
    # sample, which trends are mostly made of, squares lose fewer digits.
    values = values - dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0]

    rows_of = np.split(np.arange(n), np.cumsum(np.bincount(sample.entity_codes))[:-1])
    same = all(np.array_equal(dummies[rows], dummies[rows_of[0]]) for rows in rows_of)
    n_dummies = 0 if same else dummies.shape[1]
    if same:
        left, size, _ = np.linalg.svd(dummies[rows_of[0]], full_matrices=False)
        basis = left[:, size > _SPANNED * max(size, default=0.0)]
        means = np.stack([basis.T @ values[rows] for rows in rows_of], axis=-1)
    else:
        means = np.empty((0, len(scale), n_entities))
        values = np.column_stack([dummies, values])
    pairs = np.tril_indices(values.shape[1])
    own = np.stack([(values[rows].T @ values[rows])[pairs] for rows in rows_of], axis=-1)
    # Per row of the sample: a column's own product is then its mean square.
    return ClusterProducts(own / n, means / np.sqrt(n), n_dummies, scale)


def _eliminate(products: np.ndarray, n_dummies: int) -> np.ndarray:
    """L of products = L D L', rows and columns of the dummies left out.

    products: (p, p, resamples), lower triangles, changed in place. Dummies that others span in a
    resample are passed over, which is a generalised inverse; a column of which nothing is left,
    and all that comes after it, is not a number.
    """
    own = products[np.arange(n_dummies), np.arange(n_dummies)].copy()
    for k in range(products.shape[0] - 1):
        pivot = products[k, k]
        below = products[k + 1 :, k]
        if k < n_dummies:
            inverse = np.where(pivot > _SPANNED * own[k], pivot, np.inf)
        else:
            inverse = np.where(pivot > _NOTHING_LEFT, pivot, np.nan)
        factor = below / inverse
        for i in range(len(factor)):
            products[k + 1 + i, k + 1 : k + 2 + i] -= factor[i] * below[: i + 1]
        products[k + 1 :, k] = factor
    return products[n_dummies:, n_dummies:]
