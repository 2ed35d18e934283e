"""From a panel frame to the arrays of a spatial panel, and what its effects absorb.

Here: a balanced panel as arrays (T, N) and (T, N, K), every way in which they can be unfit for a
spatial regression, and the projection that takes effects out. Not here: W (`algebra`) and
estimators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.panel import EstimationError, NotIdentifiedError, estimation_sample, some
from analysis.spatial.algebra import spatial_algebra
from analysis.spatial.operations import SpatialAlgebra

# `pooled` is a constant alone.
AbsorbedEffects = Literal["pooled", "individual", "time", "twoway"]
# Share of a column left beside effects and other columns below which it counts as dependent.
_NOTHING_LEFT = 1e-7


@dataclass(frozen=True, eq=False)
class PanelArrays:
    """A balanced panel; units and times are in sorted order, or in the order asked for.

    y: (T, N). X: (T, N, K), its last axis named by `names`.
    units: (N,) and times: (T,) labels.
    """

    y: np.ndarray
    X: np.ndarray
    names: tuple[str, ...]
    units: pd.Index
    times: pd.Index


def panel_arrays(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    entity: str,
    time: str,
    units: Sequence[Any] | None = None,
) -> PanelArrays:
    """The arrays of a panel frame with one row per entity and time.

    Parameters
    ----------
    frame : DataFrame
    outcome : str
    regressors : sequence of str
    entity, time : str
        Columns of the keys.
    units : sequence, optional
        The entities in the order of the rows of W; sorted if left out.

    Returns
    -------
    PanelArrays

    Raises
    ------
    EstimationError
        In words, for missing columns, values that are not finite numbers, duplicates, entities
        that W does not have or that have no row, and for panels in which an entity lacks a time
        or a row lacks a value: an entity that is absent is a hole in the map.
    """
    sample = estimation_sample(frame, outcome, regressors, entity=entity, time=time)
    order = sample.entities if units is None else pd.Index(units)
    if order.has_duplicates:
        raise EstimationError(f"units named twice: {some(order[order.duplicated()])}")
    if len(unknown := sample.entities.difference(order)):
        raise EstimationError(f"values of {entity} that W does not have: {some(unknown)}")
    every = pd.MultiIndex.from_product([order, sample.times], names=[entity, time])
    there = pd.MultiIndex.from_arrays(
        [sample.entities[sample.entity_codes], sample.times[sample.time_codes]]
    )
    if len(absent := every[~every.isin(there)]):
        raise EstimationError(
            f"the panel is not balanced: {len(absent)} of {len(every)} pairs of {entity} and "
            f"{time} lack a row or a value: {some(absent)}; a spatial panel needs every unit at "
            "every time"
        )
    rows = sample.values.set_axis(there).reindex(every).to_numpy()
    values = rows.reshape(len(order), len(sample.times), -1).transpose(1, 0, 2)
    return PanelArrays(
        y=values[..., 0],
        X=values[..., 1:],
        names=tuple(regressors),
        units=order,
        times=sample.times,
    )


@dataclass(frozen=True, eq=False)
class SpatialSample:
    """Checked arrays with their spatial lags; nothing is projected yet.

    y, wy: (T, N). X, wx: (T, N, K).
    """

    y: np.ndarray
    X: np.ndarray
    wy: np.ndarray
    wx: np.ndarray
    names: tuple[str, ...]
    algebra: SpatialAlgebra
    effects: AbsorbedEffects

    @property
    def n_times(self) -> int:
        return self.y.shape[0]

    @property
    def n_units(self) -> int:
        return self.y.shape[1]

    @cached_property
    def own_columns(self) -> np.ndarray:
        """X without effects, (T N, K)."""
        return self.within(self.X).reshape(self.y.size, -1)

    @cached_property
    def lagged_columns(self) -> np.ndarray:
        """W X without effects, (T N, K)."""
        return self.within(self.wx).reshape(self.y.size, -1)

    def within(self, values: np.ndarray) -> np.ndarray:
        """What effects leave of values (T, N) or (T, N, m)."""
        return without_effects(values, self.effects)


def absorbs(effects: AbsorbedEffects) -> tuple[bool, bool]:
    """Whether individual and whether time effects are absorbed."""
    return effects in ("individual", "twoway"), effects in ("time", "twoway")


def without_effects(values: np.ndarray, effects: AbsorbedEffects) -> np.ndarray:
    """Residuals of values (T, N) or (T, N, m) on the dummies of the effects, or on a constant."""
    individual, time = absorbs(effects)
    if not individual and not time:
        return values - values.mean(axis=(0, 1))
    left = values
    if individual:
        left = left - left.mean(axis=0, keepdims=True)
    if time:
        left = left - left.mean(axis=1, keepdims=True)
    return left


def spatial_sample(
    y: Any, X: Any, W: Any, effects: AbsorbedEffects, names: Sequence[str] | None
) -> SpatialSample:
    """Check y (T, N), X (T, N, K) and W and lag them.

    Raises EstimationError for wrong shapes, values that are not finite and what
    `analysis.spatial.algebra.spatial_algebra` raises for W.
    """
    if effects not in get_args(AbsorbedEffects):
        raise EstimationError(
            f"effects '{effects}': expected {', '.join(get_args(AbsorbedEffects))}"
        )
    outcome, regressors = _numbers("y", y, 2), _numbers("X", X, 3)
    n_times, n_units = outcome.shape
    if regressors.shape[:2] != outcome.shape:
        raise EstimationError(
            f"X is {_shape(regressors)} where y is {_shape(outcome)}: expected "
            f"{n_times} x {n_units} x K, times by units by regressors"
        )
    n_regressors = regressors.shape[2]
    if not n_regressors:
        raise EstimationError("X has no regressor")
    labels = tuple(names) if names is not None else tuple(f"x{k + 1}" for k in range(n_regressors))
    if len(labels) != n_regressors or len(set(labels)) != n_regressors:
        raise EstimationError(f"{n_regressors} regressors need as many different names: {labels}")
    if absorbs(effects)[0] and n_times < 2:
        raise EstimationError("individual effects need at least two times")
    algebra = spatial_algebra(W)
    if algebra.n_units != n_units:
        raise EstimationError(
            f"W is {algebra.n_units} x {algebra.n_units}, but y has {n_units} units"
        )
    return SpatialSample(
        y=outcome,
        X=regressors,
        wy=algebra.lag(outcome),
        wx=algebra.lag(regressors),
        names=labels,
        algebra=algebra,
        effects=effects,
    )


def refuse_dependent(columns: np.ndarray, raw: np.ndarray, names: Sequence[str]) -> None:
    """Raise NotIdentifiedError where effects absorb a column or others span it.

    columns: (n, m) without effects; raw: (n, m) as they came, for their size.
    """
    if len(columns) <= columns.shape[1]:
        raise NotIdentifiedError(
            f"{len(columns)} observations are too few for {columns.shape[1]} coefficients"
        )
    size = np.sqrt((columns**2).mean(axis=0))
    spread = np.sqrt((raw**2).mean(axis=0))
    gone = size <= _NOTHING_LEFT * spread
    if gone.any():
        absorbed = ", ".join(name for name, is_gone in zip(names, gone, strict=True) if is_gone)
        raise NotIdentifiedError(f"absorbed by the effects: {absorbed}")
    left = np.abs(np.diag(np.linalg.qr(columns / size, mode="r"))) / len(columns) ** 0.5
    for j in np.flatnonzero(left < _NOTHING_LEFT).tolist():
        weights = np.linalg.lstsq(columns[:, :j] / size[:j], columns[:, j] / size[j], rcond=None)[0]
        others = [names[i] for i in range(j) if abs(weights[i]) > 1e-3]
        raise NotIdentifiedError(
            f"collinear, given the effects: {names[j]} is a combination of {', '.join(others)}"
        )


def _numbers(name: str, values: Any, dimensions: int) -> np.ndarray:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise EstimationError(f"{name} has values that are not numbers") from None
    if array.ndim != dimensions:
        expected = {2: "times by units (T, N)", 3: "times by units by regressors (T, N, K)"}
        raise EstimationError(
            f"{name} has {array.ndim} dimensions {array.shape}: expected {expected[dimensions]}"
        )
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))
        raise EstimationError(
            f"{name} has {len(bad)} values that are not finite numbers: "
            f"{some([tuple(map(int, place)) for place in bad])}, counted from 0 as "
            f"{'(time, unit)' if dimensions == 2 else '(time, unit, regressor)'}; a spatial panel "
            "needs every unit at every time"
        )
    return array


def _shape(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape))
