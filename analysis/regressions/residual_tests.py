"""What a regression's errors, and its variables, are like: dependence across, along, unit roots.

Here: tests whose null is that clustered errors and fixed effects have what they need. Not here: the
errors that bear what these find (`one_coefficient`).
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from analysis.panel import (
    NotIdentifiedError,
    PanelSample,
    checked_keys,
    finite,
)

# 5 % critical values of CIPS with an intercept, by times and entities: Pesaran (2007), Table II(b).
_SIZES = np.array([10, 15, 20, 30, 50, 70, 100, 200])
_CIPS_5 = np.array([
    [-2.52, -2.40, -2.33, -2.25, -2.19, -2.16, -2.14, -2.10],
    [-2.37, -2.28, -2.22, -2.17, -2.11, -2.09, -2.07, -2.04],
    [-2.34, -2.26, -2.21, -2.15, -2.11, -2.08, -2.07, -2.04],
    [-2.33, -2.25, -2.20, -2.15, -2.11, -2.08, -2.07, -2.05],
])  # fmt: skip
# Entities for each different set of times from which on it is cheaper to go by these sets.
_MANY_ALIKE = 25
# Share of its size that varies, below which a residual varies by rounding alone.
_CONSTANT = 1e-12


class Test(NamedTuple):
    """A statistic with its p-value."""

    statistic: float
    p_value: float


class UnitRootTest(NamedTuple):
    """CIPS: below `critical_5`, a unit root in every entity is rejected at 5 %."""

    statistic: float
    critical_5: float


def pesaran_cd(residual: np.ndarray, sample: PanelSample) -> Test:
    """Pesaran's CD: are residuals correlated across entities? Standard normal if they are not.

    Sum over pairs of the root of their common times and the correlation in these, over the root of
    the number of pairs. Residuals of a regression with time effects have had their common part
    taken out, so that CD leans below zero: only large values say anything (Juodis and Reese 2022).

    residual: (n,), in the order of the sample's rows. Raises NotIdentifiedError where no two
    entities have three times in common.

    References
    ----------
    Pesaran (2015), Econometric Reviews 34. R `plm::pcdtest(test = "cd")`.
    """
    table = np.full((len(sample.entities), len(sample.times)), np.nan)
    table[sample.entity_codes, sample.time_codes] = residual
    there, number = np.unique(np.isfinite(table), axis=0, return_inverse=True)
    if _MANY_ALIKE * len(there) <= len(table):
        total, pairs = _correlated_alike([table[number == i] for i in range(len(there))])
    else:
        total, pairs = _correlated(table)
    if not pairs:
        raise NotIdentifiedError("no two entities have three times in common")
    statistic = float(total / np.sqrt(pairs))
    return Test(statistic, float(2 * special.ndtr(-abs(statistic))))


def _correlated(table: np.ndarray) -> tuple[float, int]:
    """Of entities by times: correlations of pairs times the root of their common times, summed;
    and how many pairs have one."""
    rho = pd.DataFrame(table.T).corr(min_periods=3).to_numpy(copy=True)
    there = np.isfinite(table).astype(float)
    np.fill_diagonal(rho, np.nan)
    known = np.isfinite(rho)
    # Each pair stands there twice.
    return float((np.sqrt(there @ there.T) * rho)[known].sum() / 2), int(known.sum()) // 2


def _correlated_alike(alike: list[np.ndarray]) -> tuple[float, int]:
    """The same of tables in each of which all entities have the same times.

    A correlation is a product of two directions, so that they go by the sum of theirs.
    """
    total, pairs = 0.0, 0
    for i, j in combinations_with_replacement(range(len(alike)), 2):
        common = np.isfinite(alike[i][0]) & np.isfinite(alike[j][0])
        if common.sum() < 3:
            continue
        one, other = (_directions(alike[k][:, common]) for k in (i, j))
        rho, many = one.sum(axis=0) @ other.sum(axis=0), len(one) * len(other)
        if i == j:
            rho, many = (rho - len(one)) / 2, len(one) * (len(one) - 1) // 2
        total, pairs = total + np.sqrt(common.sum()) * rho, pairs + many
    return float(total), pairs


def _directions(rows: np.ndarray) -> np.ndarray:
    """Rows less their mean, of length one; without those that do not vary."""
    left = rows - rows.mean(axis=1, keepdims=True)
    size = np.linalg.norm(left, axis=1)
    varies = size > _CONSTANT * np.linalg.norm(rows, axis=1)
    return left[varies] / size[varies, None]


def wooldridge_serial(sample: PanelSample) -> Test:
    """Wooldridge's test of no serial correlation in the errors, by first differences.

    If errors are independent over time, those of the differenced regression have a coefficient of
    -1/2 on their own lag; F(1, G-1) with errors clustered by entity and Stata's factor, as Stata's
    `xtserial` with time dummies among the regressors; without that factor R's
    `plm::pwfdtest(h0 = "fe")`.

    sample: of the regression, its outcome on all other columns; times are whole numbers. Raises
    NotIdentifiedError where too few entities have three times in a row.

    References
    ----------
    Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 10.6.3.
    Drukker (2003), Stata Journal 3.
    """
    entities, times = sample.entity_codes, sample.times.to_numpy()[sample.time_codes]
    follows = np.append(False, (np.diff(entities) == 0) & (np.diff(times) == 1))
    changes = np.diff(sample.values.to_numpy(), axis=0, prepend=np.nan)[follows]
    place = sample.values.columns.get_loc(sample.outcome)
    y, x = changes[:, place], np.delete(changes, place, axis=1)
    dummies = (times[follows][:, None] == np.unique(times[follows])).astype(float)
    x = np.column_stack([x, dummies])
    residual = np.full(len(times), np.nan)
    residual[follows] = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    pairs = follows & np.append(False, follows[:-1])
    groups = len(np.unique(entities[pairs]))
    if groups < 3:
        raise NotIdentifiedError(
            f"too few values of {sample.entity} have three {sample.time}s in a row"
        )
    now, before = residual[pairs], residual[np.flatnonzero(pairs) - 1]
    slope = before @ now / (before @ before)
    scores = np.bincount(entities[pairs], before * (now - slope * before))
    n = len(now)
    variance = (scores @ scores) / (before @ before) ** 2 * groups / (groups - 1) * n / (n - 1)
    statistic = float((slope + 0.5) ** 2 / variance)
    return Test(statistic, float(special.fdtrc(1, groups - 1, statistic)))


def cips(
    panel: pd.DataFrame, variable: str, *, entity: str = "province", time: str = "year"
) -> UnitRootTest:
    """Pesaran's CIPS: does the variable have a unit root in every entity?

    Mean over entities of the t of y(t-1) in the regression of its change on y(t-1), the change
    before, their means over entities and an intercept (one lag). The variable must be complete for
    every entity in the times that it has. The critical value is that of the nearest size tabled.

    References
    ----------
    Pesaran (2007), Journal of Applied Econometrics 22. R `plm::cipstest(lags = 1, type = "drift")`.
    """
    checked_keys(panel, [variable], entity=entity, time=time)
    values = finite(panel, variable, entity, time)
    table = panel.assign(**{variable: values}).pivot(index=time, columns=entity, values=variable)
    table = table.dropna(how="all")
    y = table.to_numpy()
    times = table.index.to_numpy()
    if np.isnan(y).any() or not (np.diff(times) == 1).all():
        raise NotIdentifiedError(f"{variable} has gaps: CIPS needs every {entity} in every {time}")
    if len(y) < 9:
        raise NotIdentifiedError(f"{variable} has {len(y)} {time}s: CIPS needs nine or more")
    change = np.diff(y, axis=0)
    now, before, change_before = change[1:], y[1:-1], change[:-1]
    common = np.column_stack([part.mean(axis=1) for part in (now, before, change_before)])
    n_times, n_entities = now.shape
    shared = np.column_stack([common, np.ones(n_times)])
    x = np.empty((n_entities, n_times, 2 + shared.shape[1]))
    x[:, :, 0], x[:, :, 1], x[:, :, 2:] = before.T, change_before.T, shared
    if (ranks := np.linalg.matrix_rank(x) < x.shape[2]).any():
        raise NotIdentifiedError(f"{variable} does not vary enough in {table.columns[ranks][0]}")
    basis, triangle = np.linalg.qr(x)
    along = basis.transpose(0, 2, 1) @ now.T[:, :, None]
    left = now.T - (basis @ along)[:, :, 0]
    slopes = np.linalg.solve(triangle, along)[:, 0, 0]
    first = np.linalg.inv(triangle)[:, 0]
    errors = np.sqrt((left**2).sum(axis=1) / (n_times - x.shape[2]) * (first**2).sum(axis=1))
    row = int(np.abs(_SIZES[:4] - len(y)).argmin())
    column = int(np.abs(_SIZES - y.shape[1]).argmin())
    return UnitRootTest(float((slopes / errors).mean()), float(_CIPS_5[row, column]))
