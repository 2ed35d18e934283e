"""The design matrix of a panel regression, and every way in which it can lack rank.

Here: time dummies, standardised regressors, constant; what effects absorb or others span is named.
Not here: which rows there are (`panel`), estimators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analysis.panel import (
    CONSTANT,
    Effects,
    EstimationError,
    NotIdentifiedError,
    PanelSample,
    has_entity_effects,
    has_time_effects,
    some,
)

# Share of a column left beside effects and other regressors below which it counts as dependent.
NOTHING_LEFT = 2e-5


@dataclass(frozen=True, eq=False)
class Design:
    """Full-rank right-hand side with time dummies and constant; entity effects are left to absorb.

    matrix: (n, K) time dummies, regressors, constant. Regressors are standardised, so that yuan
    (1e12) beside ratios (1e-3) cost no precision.
    to_original: (K, K) map from coefficients on `matrix` to coefficients in the variables' units,
    labelled by the columns of `matrix`.
    """

    matrix: pd.DataFrame
    to_original: pd.DataFrame


def design(sample: PanelSample, regressors: Sequence[str], effects: Effects) -> Design:
    """The design matrix of a regression with the given effects.

    Time dummies leave out the first time (the first of each part, should the panel fall into
    parts that share no time, for their levels cannot be told apart from the entities').

    Parameters
    ----------
    sample : PanelSample
    regressors : sequence of str
        Columns of the sample.
    effects : {"twoway", "entity", "time", "none"}
        Which levels are taken out.

    Returns
    -------
    Design

    Raises
    ------
    EstimationError
        For unknown effects.
    NotIdentifiedError
        Naming them, for absorbed or collinear regressors, fewer
        than two entities, and fewer rows than coefficients.
    """
    if effects not in get_args(Effects):
        raise EstimationError(f"effects '{effects}': expected {', '.join(get_args(Effects))}")
    entity_effects, time_effects = has_entity_effects(effects), has_time_effects(effects)
    if len(sample.entities) < 2:
        raise NotIdentifiedError(
            f"clustering needs two or more values of {sample.entity}, "
            f"the complete rows have only {some(sample.entities)}"
        )

    names = list(regressors)
    values = sample.values[[*names, sample.outcome]]
    mean, spread = values.mean().to_numpy(), values.std(ddof=0).to_numpy()
    standardised = (values.to_numpy() - mean) / spread
    times = _dummy_times(sample, entity_effects) if time_effects else np.arange(0)
    dummies = (sample.time_codes[:, None] == times).astype(float)
    _refuse_dependent(sample, [*names, sample.outcome], standardised, dummies, effects)
    matrix = pd.DataFrame(
        np.column_stack([dummies, standardised[:, :-1], np.ones(len(values))]),
        index=values.index,
        columns=[*(f"{sample.time}={label}" for label in sample.times[times]), *names, CONSTANT],
    )
    n_coefficients = matrix.shape[1] + (len(sample.entities) - 1) * entity_effects
    if len(matrix) <= n_coefficients:
        raise NotIdentifiedError(
            f"{len(matrix)} complete rows cannot estimate {n_coefficients} coefficients"
        )

    # The regressors stand between the dummies and the constant, which is last.
    regressors_at = np.arange(dummies.shape[1], matrix.shape[1] - 1)
    to_original = np.eye(matrix.shape[1])
    to_original[regressors_at, regressors_at] = 1 / spread[:-1]
    to_original[-1, regressors_at] = -mean[:-1] / spread[:-1]
    return Design(matrix, pd.DataFrame(to_original, matrix.columns, matrix.columns))


def _dummy_times(sample: PanelSample, entity_effects: bool) -> np.ndarray:
    """The codes of the times that have a dummy."""
    n_times, n_entities = len(sample.times), len(sample.entities)
    base = np.zeros(1, dtype=int)
    if entity_effects:
        ones, size = np.ones(len(sample.values)), n_times + n_entities
        shared = coo_array((ones, (sample.time_codes, n_times + sample.entity_codes)), (size, size))
        _, part = connected_components(shared, directed=False)
        base = np.unique(part[:n_times], return_index=True)[1]
    return np.setdiff1d(np.arange(n_times), base)


def _refuse_dependent(
    sample: PanelSample, names: list[str], x: np.ndarray, controls: np.ndarray, effects: Effects
) -> None:
    """Raise if effects absorb a column, or a regressor is a combination of those before it.

    x: standardised, the regressors and then the outcome, as `names` has them. controls: dummies.
    """
    if has_entity_effects(effects):
        x, controls = sample.demeaned(x), sample.demeaned(controls)
    else:
        controls = np.column_stack([controls, np.ones(len(x))])
    # Turned so that the controls and each column before a column lie in directions of their own.
    n_controls = controls.shape[1]
    turned = np.asarray(np.linalg.qr(np.column_stack([controls, x]), mode="r"))
    beside = turned[n_controls:, n_controls:] / np.sqrt(len(x))

    size = np.linalg.norm(beside, axis=0)  # the standardised columns had size one
    if absorbed := [name for name, left in zip(names, size, strict=True) if left < NOTHING_LEFT]:
        by = {
            "none": "constant",
            "twoway": f"{sample.entity} and {sample.time} effects",
            "entity": f"{sample.entity} effects",
            "time": f"{sample.time} effects",
        }[effects]
        raise NotIdentifiedError(f"absorbed by the {by}: {', '.join(absorbed)}")
    for j in range(1, len(names) - 1):
        if np.linalg.norm(beside[j:, j]) < NOTHING_LEFT:
            weights = np.linalg.lstsq(beside[:, :j], beside[:, j], rcond=None)[0]
            others = [names[i] for i in np.flatnonzero(np.abs(weights) * size[:j] > 1e-3 * size[j])]
            raise NotIdentifiedError(
                f"collinear, given the effects: {names[j]} is a combination of {', '.join(others)}"
            )
