"""One coefficient of many specifications for very many outcomes at once.

A specification is projected once; every outcome is then a product of matrices. Each figure is that
of `two_way_fe`. Not here: which specifications and outcomes (`specification_curve`), a few
regressions that must each be answered, if only by words (`many_regressions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.panel import checked_keys, finite, single_rows
from analysis.regressions.clustering import small_sample_factor
from analysis.regressions.many_regressions import (
    NEARLY_DEPENDENT,
    NEARLY_NO_ERROR,
    Sample,
    sample_mask,
    without_effects,
)


@dataclass(frozen=True)
class CurveSpecification:
    """What stands on the right-hand side, and in which sample, by its name."""

    treatment: str
    sample: str
    controls: tuple[str, ...] = ()

    @property
    def regressors(self) -> tuple[str, ...]:
        return (self.treatment, *self.controls)


@dataclass(frozen=True, eq=False)
class CrossedFit:
    """A specification's coefficient of m outcomes that have the same complete rows.

    specification: its number. outcomes: (m,) their numbers.
    estimates, std_errors: (m,), clustered by entity, small-sample factor included.
    scores: (entities with rows, m) influence of each entity on the estimate, to first order.
    entities: (entities with rows,) which of the panel they are, and leverage: of each its share of
        x'x, x less effects and controls. n_entities: of the panel.
    factor: of small samples.
    """

    specification: int
    outcomes: np.ndarray
    estimates: np.ndarray
    std_errors: np.ndarray
    scores: np.ndarray
    entities: np.ndarray
    leverage: np.ndarray
    n_entities: int
    factor: float
    n: int

    @property
    def n_clusters(self) -> int:
        return len(self.entities)

    @property
    def parts(self) -> np.ndarray:
        """What each entity of the panel adds to the estimates, (n_entities, m): x'y of its rows
        over x'x of all, x and y less effects and controls. Zero of one without rows."""
        return self._of_panel(self.scores + self.leverage[:, None] * self.estimates)

    @property
    def shares(self) -> np.ndarray:
        """`leverage` of each entity of the panel, (n_entities,), zero of one without rows."""
        return self._of_panel(self.leverage)

    def _of_panel(self, values: np.ndarray) -> np.ndarray:
        every = np.zeros((self.n_entities, *values.shape[1:]))
        every[self.entities] = values
        return every


def crossed_fits(
    panel: pd.DataFrame,
    outcomes: np.ndarray,
    specifications: Sequence[CurveSpecification],
    samples: Mapping[str, Sample],
    *,
    chosen: Sequence[np.ndarray] | None = None,
    entity: str = "province",
    time: str = "year",
) -> Iterator[CrossedFit]:
    """Two-way fixed effects of every outcome by every specification that identifies it.

    What is not identified, or so nearly not that normal equations lose digits, is left out.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time.
    outcomes : ndarray
        (rows of the panel, outcomes), NaN where there is none.
    specifications : sequence of CurveSpecification
    samples : mapping
        By name, as in `many_regressions.estimate_many`.
    chosen : sequence of ndarray, optional
        Of each specification the outcomes wanted, by number; all by default.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Raises
    ------
    EstimationError
        For missing columns or keys, repeated ones, and values that are not finite numbers.
    ValueError
        For outcomes of another number of rows, and as `sample_mask`.
    """
    if len(outcomes) != len(panel):
        raise ValueError(f"outcomes of {len(outcomes)} rows, and the panel has {len(panel)}")
    names = list(dict.fromkeys(name for of in specifications for name in of.regressors))
    checked_keys(panel, names, entity=entity, time=time)
    values = np.column_stack([finite(panel, name, entity, time) for name in names])
    keys = [pd.factorize(panel[key])[0] for key in (entity, time)]
    every = np.arange(outcomes.shape[1])
    groups = list(_with_the_same_rows(outcomes))
    # Complete rows depend on a specification through its sample and the variables with gaps.
    gaps = {name for name, column in zip(names, values.T, strict=True) if np.isnan(column).any()}
    alike: dict[tuple[str, frozenset[str]], list[int]] = {}
    for number, of in enumerate(specifications):
        alike.setdefault((of.sample, frozenset(of.regressors) & gaps), []).append(number)
    masks = {name: sample_mask(panel, name, sample) for name, sample in samples.items()}
    for (sample, gapped), numbers in alike.items():
        gapless = ~np.isnan(values[:, [names.index(name) for name in gapped]]).any(axis=1)
        wanted_of = {number: every if chosen is None else chosen[number] for number in numbers}
        wanted_here = np.unique(np.concatenate(list(wanted_of.values())))
        for known, of_rows in groups:
            members = np.intersect1d(of_rows, wanted_here)
            rows = np.flatnonzero(known & masks[sample] & gapless)
            block = _Block.of(values, outcomes, rows, members, keys) if len(members) else None
            for number, wanted in wanted_of.items() if block else ():
                place = [names.index(name) for name in specifications[number].regressors]
                if block and (fit := block.fit(number, place, np.isin(members, wanted))):
                    yield fit


def _with_the_same_rows(outcomes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows in which some outcomes have a value, (n,) booleans, and which outcomes these are."""
    known = ~np.isnan(outcomes)
    patterns: dict[bytes, list[int]] = {}
    for outcome, column in enumerate(known.T):
        patterns.setdefault(column.tobytes(), []).append(outcome)
    for members in patterns.values():
        yield known[:, members[0]], np.array(members)


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows that are complete in some outcomes and all variables with gaps, effects partialled out.

    members: (m,) the outcomes. entities: (G,) those of the panel that have rows.
    cross: (G, k, k) and with_outcomes (k, G, m), cross products by entity, columns at length one.
    size, share: as in `WithoutEffects`, (k,) of regressors and (m,) of outcomes.
    """

    members: np.ndarray
    n_entities: int
    entities: np.ndarray
    cross: np.ndarray
    with_outcomes: np.ndarray
    size: np.ndarray
    share: np.ndarray
    outcome_size: np.ndarray
    outcome_share: np.ndarray
    n: int
    n_time_effects: int

    @cached_property
    def total_with_outcomes(self) -> np.ndarray:
        """(k, m)."""
        return self.with_outcomes.sum(axis=1)

    @classmethod
    def of(
        cls,
        values: np.ndarray,
        outcomes: np.ndarray,
        rows: np.ndarray,
        members: np.ndarray,
        keys: list[np.ndarray],
    ) -> _Block | None:
        """None where the rows have fewer than two entities or times."""
        rows = rows[~single_rows(keys[0][rows], keys[1][rows], "twoway")]
        (codes, entities), (times, labels) = (pd.factorize(key[rows], sort=True) for key in keys)
        if min(len(entities), len(labels)) < 2:
            return None
        k = values.shape[1]
        free = without_effects(
            np.column_stack([np.nan_to_num(values[rows]), outcomes[np.ix_(rows, members)]]),
            codes,
            times,
        )
        in_order = free.columns[np.argsort(codes, kind="stable")]
        pieces = np.split(in_order, np.cumsum(np.bincount(codes))[:-1])
        return cls(
            members=members,
            n_entities=int(keys[0].max()) + 1,
            entities=entities,
            cross=np.stack([piece[:, :k].T @ piece[:, :k] for piece in pieces]),
            with_outcomes=np.stack([piece[:, :k].T @ piece[:, k:] for piece in pieces], axis=1),
            size=free.size[:k],
            share=free.share[:k],
            outcome_size=free.size[k:],
            outcome_share=free.share[k:],
            n=len(rows),
            n_time_effects=free.n_time_effects,
        )

    def fit(self, number: int, place: list[int], wanted: np.ndarray) -> CrossedFit | None:
        """The coefficient of the first of some regressors; None where no outcome has one."""
        n_coefficients, groups = len(place) + self.n_time_effects + 1, len(self.entities)
        own = self.cross[:, place][:, :, place]
        total = own.sum(axis=0)
        if (
            self.n <= n_coefficients + groups - 1
            or np.linalg.eigvalsh(total)[0] <= NEARLY_DEPENDENT**2
        ):
            return None
        inverse = np.linalg.inv(total)
        # The treatment less the other regressors is this combination of columns, over its square.
        row = inverse[0]
        slopes = inverse @ self.total_with_outcomes[place][:, wanted]
        leverage = (own @ row) @ row / row[0]
        # Of all columns, the others with nothing, so that what may be large is not copied.
        of_all = np.zeros(len(self.with_outcomes))
        of_all[place] = row
        with_outcomes = self.with_outcomes if wanted.all() else self.with_outcomes[:, :, wanted]
        scores = np.tensordot(of_all, with_outcomes, 1) - own @ row @ slopes
        factor = float(small_sample_factor(groups, self.n, n_coefficients))
        errors = np.sqrt(factor * np.einsum("gm,gm->m", scores, scores))
        share = self.outcome_share[wanted]
        sound = (share > NEARLY_DEPENDENT) & (
            errors * share > NEARLY_NO_ERROR * self.share[place[0]]
        )
        if not sound.any():
            return None
        units = self.outcome_size[wanted] / self.size[place[0]]
        scores *= units
        return CrossedFit(
            specification=number,
            outcomes=self.members[wanted][sound],
            estimates=(slopes[0] * units)[sound],
            std_errors=(errors * units)[sound],
            scores=scores if sound.all() else scores[:, sound],
            entities=self.entities,
            leverage=leverage,
            n_entities=self.n_entities,
            factor=factor,
            n=self.n,
        )
