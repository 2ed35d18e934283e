"""What a two-way fixed-effects regression is without some of its rows, or without an entity.

Here: the formulas of deletion, exact, for any rows, for each row and for each entity in turn. Not
here: which rows are left out (`influence`, `maximum_influence`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from analysis.design import design
from analysis.panel import PanelSample, estimation_sample, single_rows
from analysis.regressions.clustering import NO_ERROR, small_sample_factor, t_p_value

# Eigenvalue of I - H on the rows left out below which a direction has gone with them.
_GONE = 1e-8
# Share of summed squares below which a difference of such sums is rounding alone.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class _EntitiesLeftOut:
    """A regression without each of G entities.

    own: (G, K + 1, K + 1) cross products of the columns and of the residual with all rows.
    slopes: (G,) the first one, standardised; no number where a direction goes with the rows.
    first: (G, K) first rows of the inverses. moved: (G, K) slopes less those with all rows.
    """

    own: np.ndarray
    slopes: np.ndarray
    first: np.ndarray
    moved: np.ndarray


def _squared_scores(own: np.ndarray, first: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Without each of G entities the squared scores of all others, summed, (G,).

    The score of h without g is first_g' own_h residual_g. It is linear in the products of h, so
    that all of them come down to as many rows as there are different products.
    own: (G, m, m). first: (G, K), zero beyond. residual: (G, m).
    """
    i, j = np.triu_indices(own.shape[1])
    first = np.pad(first, [(0, 0), (0, own.shape[1] - first.shape[1])])
    forms = first[:, i] * residual[:, j] + first[:, j] * residual[:, i]
    forms[:, i == j] /= 2
    products = own[:, i, j]
    of_all = ((forms @ np.asarray(np.linalg.qr(products, mode="r")).T) ** 2).sum(axis=1)
    of_others = of_all - ((forms * products).sum(axis=1)) ** 2
    # Beside a score of its own that is as large the others' are rounding.
    return np.where(of_others > _ROUNDING * of_all, of_others, 0.0)


@dataclass(frozen=True, eq=False)
class Deletions:
    """Least squares within entities, and what is left of it without some rows.

    By the formulas of deletion, which are exact: without the rows S residuals are
    e + H_.S (I - H_SS)^-1 e_S, and likewise the weights of the first slope on the outcome.

    columns, scaled: Z and Z (Z'Z)^-1, (n, K), of regressors and time dummies less their entities'
        means, so that the hat matrix is scaled x columns' and one over the rows of an entity.
    outcome: (n,), less its entities' means. weights: (n,) of the slope of the first regressor, it
        being standardised by `spread`.
    """

    sample: PanelSample
    columns: np.ndarray
    scaled: np.ndarray
    outcome: np.ndarray
    residuals: np.ndarray
    weights: np.ndarray
    n_slopes: int
    spread: float

    @classmethod
    def of(cls, sample: PanelSample) -> Deletions:
        """Of the regression of a sample's outcome on its other columns, both effects."""
        x = sample.values.drop(columns=sample.outcome)
        spread = x.std(ddof=0)
        times = sample.time_codes[:, None] == np.arange(1, len(sample.times))
        z = sample.demeaned(np.column_stack([(x - x.mean()) / spread, times.astype(float)]))
        scaled = z @ np.linalg.pinv(z.T @ z, hermitian=True)
        y = sample.demeaned(sample.values[[sample.outcome]].to_numpy())[:, 0]
        residuals = y - scaled @ (z.T @ y)
        first = float(spread.iloc[0])
        return cls(sample, z, scaled, y, residuals, scaled[:, 0], x.shape[1], first)

    @classmethod
    def of_panel(
        cls,
        panel: pd.DataFrame,
        outcome: str,
        regressors: Sequence[str],
        *,
        entity: str = "province",
        time: str = "year",
    ) -> Deletions:
        """Of the rows that `two_way_fe` takes; raises as it does for what is not identified."""
        sample = estimation_sample(
            panel, outcome, regressors, entity=entity, time=time, effects="twoway"
        )
        design(sample, regressors, "twoway")
        return cls.of(sample)

    def without(self, rows: Iterable[int]) -> tuple[float, float]:
        """Estimate and p-value without some rows; not numbers where they are not identified."""
        estimate, error, n_entities = self.figures(rows)
        return estimate, float(t_p_value(estimate / error, n_entities))

    def figures(self, rows: Iterable[int]) -> tuple[float, float, int]:
        """Estimate, clustered error and number of entities without some rows."""
        kept = np.ones(len(self.outcome), dtype=bool)
        kept[list(rows)] = False
        entities, times = self.sample.entity_codes, self.sample.time_codes
        kept[np.flatnonzero(kept)[single_rows(entities[kept], times[kept], "twoway")]] = False
        n_entities, n_times = (
            int(np.count_nonzero(np.bincount(codes[kept]))) for codes in (entities, times)
        )
        # Of many rows the formulas of deletion would need matrices as large as their square.
        left = np.column_stack([self.columns, self.outcome])[kept]
        starts = np.flatnonzero(np.diff(entities[kept], prepend=-1))
        rows_of = np.diff(starts, append=len(left))
        left -= np.repeat(np.add.reduceat(left, starts) / rows_of[:, None], rows_of, axis=0)
        z, y = left[:, :-1], left[:, -1]
        values, vectors = np.linalg.eigh(z.T @ z)
        there = values > _GONE * values[-1]
        # A time all of whose rows are gone takes its dummy along.
        if there.sum() < self._rank - (len(self.sample.times) - n_times):
            return float("nan"), float("nan"), n_entities
        inverse = (vectors[:, there] / values[there]) @ vectors[:, there].T
        slopes = inverse @ (z.T @ y)
        scores = np.add.reduceat((y - z @ slopes) * (z @ inverse[0]), starts)
        factor = small_sample_factor(n_entities, len(y), self.n_slopes + n_times)
        error = np.sqrt(factor * (scores**2).sum())
        if not error > NO_ERROR * self.outcome.std():
            return float("nan"), float("nan"), n_entities
        return float(slopes[0] / self.spread), float(error / self.spread), n_entities

    @cached_property
    def _rank(self) -> int:
        return int(np.linalg.matrix_rank(self.columns.T @ self.columns, hermitian=True, rtol=_GONE))

    def instrumented(self, treatment: Deletions, rows: Iterable[int]) -> tuple[float, float]:
        """The treatment's coefficient by the first regressor, its one instrument, without rows.

        treatment: the first stage on the same rows and exogenous regressors. The error is that of
        the instrument's slope in a regression of the outcome less what the treatment does.
        """
        estimate, error, n_entities = self.instrumented_figures(treatment, rows)
        return estimate, float(t_p_value(estimate / error, n_entities))

    def instrumented_figures(
        self, treatment: Deletions, rows: Iterable[int]
    ) -> tuple[float, float, int]:
        """Estimate, clustered error and number of entities of `instrumented`."""
        rows = list(rows)
        first, _, _ = treatment.figures(rows)
        estimate = self.figures(rows)[0] / first
        _, error, n_entities = self.less(estimate, treatment).figures(rows)
        return estimate, error / abs(first), n_entities

    def less(self, slope: float, treatment: Deletions) -> Deletions:
        """The same regression of the outcome less `slope` times that of another."""
        return replace(
            self,
            outcome=self.outcome - slope * treatment.outcome,
            residuals=self.residuals - slope * treatment.residuals,
        )

    def without_each_entity(self) -> pd.DataFrame:
        """left_out, estimate, std_error, p_value, a row an entity; empty where not identified."""
        without = self._entities_left_out
        # The residual without each is made of the columns and the residual with all rows.
        residual = np.column_stack([-without.moved, np.ones_like(without.slopes)])
        scores = _squared_scores(without.own, without.first, residual)
        return self._each(without.slopes, scores, self.spread, self.figures)

    def instrumented_without_each_entity(self, treatment: Deletions) -> pd.DataFrame:
        """`instrumented` without each entity, in the columns of `without_each_entity`."""
        reduced, first = self._entities_left_out, treatment._entities_left_out
        estimates = reduced.slopes / first.slopes
        # Both have the same right-hand side: beside its products stand those of either residual.
        own = self.sample.cross_products(
            np.column_stack([self.columns, self.residuals, treatment.residuals])
        )
        moved = reduced.moved - estimates[:, None] * first.moved
        residual = np.column_stack([-moved, np.ones_like(estimates), -estimates])
        scores = _squared_scores(own, reduced.first, residual) / first.slopes**2
        return self._each(estimates, scores, 1.0, partial(self.instrumented_figures, treatment))

    def _each(
        self,
        estimates: np.ndarray,
        squared_scores: np.ndarray,
        spread: float,
        one: Callable[[np.ndarray], tuple[float, float, int]],
    ) -> pd.DataFrame:
        """The figures of `_entities_left_out`, but where a time is left with a single row, which
        goes as well: there those that `one` finds without the rows of the entity."""
        rows_left = self._rows_left_of_times
        n_entities = len(estimates) - 1
        factors = small_sample_factor(
            n_entities, rows_left.sum(axis=1), self.n_slopes + rows_left.shape[1]
        )
        errors = np.sqrt(factors * squared_scores)
        errors[~(errors > NO_ERROR * self.outcome.std())] = np.nan
        found = np.column_stack(
            [estimates / spread, errors / spread, np.full_like(errors, n_entities)]
        )
        for entity in np.flatnonzero(self.leaves_single_rows):
            found[entity] = one(np.flatnonzero(self.sample.entity_codes == entity))
        p_values = t_p_value(found[:, 0] / found[:, 1], found[:, 2])
        found[np.isnan(p_values)] = np.nan
        labels = pd.DataFrame({"left_out": self.sample.entities})
        return labels.assign(estimate=found[:, 0], std_error=found[:, 1], p_value=p_values)

    @property
    def leaves_single_rows(self) -> np.ndarray:
        """Entities without which a time has a single row, (G,)."""
        return (self._rows_left_of_times == 1).any(axis=1)

    @cached_property
    def _rows_left_of_times(self) -> np.ndarray:
        """Without each entity the rows of each time, (G, times)."""
        codes, per_time = self._rows_of_each[1]
        here = np.zeros((len(self.sample.entities), len(per_time)), dtype=int)
        here[self.sample.entity_codes, codes] = 1
        return per_time - here

    @cached_property
    def _entities_left_out(self) -> _EntitiesLeftOut:
        own = self.sample.cross_products(np.column_stack([self.columns, self.residuals]))
        squares, moments = own[:, :-1, :-1], own[:, :-1, -1]
        left, right = squares.sum(axis=0) - squares, moments.sum(axis=0) - moments
        values, vectors = np.linalg.eigh(left)
        there = values > _GONE * values[:, -1:]
        inverse = vectors / np.where(there, values, np.inf)[:, None] @ vectors.transpose(0, 2, 1)
        moved = (inverse @ right[:, :, None])[:, :, 0]
        slopes = np.where(there.sum(axis=1) == self._rank, moved[:, 0] + self._slope, np.nan)
        return _EntitiesLeftOut(own, slopes, inverse[:, 0], moved)

    @property
    def _slope(self) -> float:
        """With all rows, standardised."""
        return float(self.weights @ self.outcome)

    def estimates_without_one_more(self, gone: Sequence[int]) -> np.ndarray:
        """Estimates without `gone` and each other row in turn, (n,)."""
        moved = self._moved(np.array(gone, dtype=int))
        if moved is None:
            return np.full(len(self.outcome), np.nan)
        residuals, weights, across = moved
        left = 1 - self._leverage(across, gone)
        estimates = weights @ self.outcome - weights[gone] @ self.outcome[gone]
        step = np.divide(
            residuals * weights, left, out=np.full_like(left, np.nan), where=left > _GONE
        )
        return (estimates - step) / self.spread

    def t_without_one_more(self, gone: Sequence[int]) -> np.ndarray:
        """t without `gone` and each other row in turn, (n,), up to the small-sample factor."""
        estimates = self.estimates_without_one_more(gone)
        moved = self._moved(np.array(gone, dtype=int))
        if moved is None:
            return estimates
        residuals, weights, across = moved
        hat = self.hat + across @ self.hat[gone]
        # A row that is gone has no score, nor has the one that goes.
        hat[:, gone], residuals[gone], weights[gone] = 0.0, 0.0, 0.0
        own = np.diag(hat)
        step = np.divide(1.0, 1 - own, out=np.full_like(own, np.nan), where=1 - own > _GONE)
        e, w = residuals * step, weights * step

        def by_entity(values: np.ndarray) -> np.ndarray:
            return np.add.reduceat(values, self.sample.starts, axis=-1)

        # Sums over an entity's rows j of (e_j + H_ij e) (w_j + H_ij w), without the row i itself.
        scores = (
            by_entity(residuals * weights)
            + e[:, None] * by_entity(hat * weights)
            + w[:, None] * by_entity(hat * residuals)
            + (e * w)[:, None] * by_entity(hat**2)
        )
        scores[np.arange(len(own)), self.sample.entity_codes] -= e * w
        return estimates / np.sqrt((scores**2).sum(axis=1))

    @cached_property
    def hat(self) -> np.ndarray:
        """(n, n)."""
        return self._hat(np.arange(len(self.outcome)))

    def _hat(self, rows: np.ndarray) -> np.ndarray:
        """Columns of the hat matrix, (n, rows)."""
        entities, (_, per_entity) = self.sample.entity_codes, self._rows_of_each[0]
        together = (entities[:, None] == entities[rows]) / per_entity[entities[rows]]
        return self.scaled @ self.columns[rows].T + together

    def _leverage(self, across: np.ndarray, gone: Sequence[int]) -> np.ndarray:
        """Of each row given those that are gone, one of these, (n,)."""
        codes, per_entity = self._rows_of_each[0]
        leverage = (self.scaled * self.columns).sum(axis=1) + 1 / per_entity[codes]
        leverage += (across * self._hat(np.array(gone, dtype=int))).sum(axis=1)
        leverage[gone] = 1.0
        return leverage

    def _moved(self, gone: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Residuals and weights without some rows, and H_.S (I - H_SS)^-1, (n, S).

        None where the slope goes with the rows, and not only dummies.
        """
        beside = self._hat(gone)
        values, vectors = np.linalg.eigh(np.eye(len(gone)) - beside[gone])
        lost = values < _GONE
        whole = [np.bincount(codes[gone], minlength=len(n)) == n for codes, n in self._rows_of_each]
        if lost.sum() != sum(int(dummies.sum()) for dummies in whole):
            return None
        across = beside @ (vectors[:, ~lost] / values[~lost]) @ vectors[:, ~lost].T
        residuals, weights = (of + across @ of[gone] for of in (self.residuals, self.weights))
        return residuals, weights, across

    @cached_property
    def _rows_of_each(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Codes of entities and of times, and how many rows each of them has."""
        both = (self.sample.entity_codes, self.sample.time_codes)
        return [(codes, np.bincount(codes)) for codes in both]
