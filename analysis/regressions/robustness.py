"""How one coefficient bears extreme values, single provinces and logarithms of zero.

Here: winsorised regressions, leaving out one entity at a time, and zeros read otherwise, for any
two-way fixed-effects specification. Not here: other variables, controls and samples
(`specification_curve`), and the regression itself (`fixed_effects`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.panel import NotIdentifiedError, estimation_sample
from analysis.regressions.clustering import t_quantile
from analysis.regressions.deletions import Deletions
from analysis.regressions.many_regressions import Model, Sample, estimate_many

# Share of the rows drawn in at either end; none stands for the figures as they are.
WINSORISED = (0.0, 0.01, 0.05)
_COLUMNS = ["estimate", "std_error", "t_stat", "p_value", "lower", "upper"]
_COLUMNS += ["n", "n_clusters", "reason"]


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """A coefficient without each entity in turn.

    table: left_out and the figures of `estimate_many`, one row per entity of the full sample, by
        size of the estimate; those without an estimate come last, with the reason.
    full: the same figures with every entity.
    lowest, highest: range of the estimates in `table`; empty where it has none.
    """

    table: pd.DataFrame
    full: pd.Series

    @property
    def lowest(self) -> float:
        return float(self.table["estimate"].min())

    @property
    def highest(self) -> float:
        return float(self.table["estimate"].max())


def winsorised(
    panel: pd.DataFrame,
    outcome: str,
    treatment: str,
    controls: Sequence[str],
    *,
    shares: Sequence[float] = WINSORISED,
    entity: str = "province",
    time: str = "year",
) -> pd.DataFrame:
    """The treatment's coefficient with outcome, treatment and controls drawn in at both ends.

    Values below the quantile `share` or above 1 - share take its value. Quantiles are pooled over
    all complete rows of the regression, entities and times together, and interpolate linearly
    (R's type 7, numpy's default; Stata's `winsor2` interpolates otherwise and may differ in small
    samples). Columns: share and the figures of `estimate_many`, one row per share; reason says
    why there is no estimate.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome, treatment : str
    controls : sequence of str
    shares : sequence of float
        Of the rows drawn in at either end.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    DataFrame
        A row a share.

    Raises
    ------
    EstimationError
        Where the data are wrong.
    ValueError
        For a share not in [0, 0.5).
    """
    if unfit := [share for share in shares if not 0 <= share < 0.5]:
        raise ValueError(f"share to winsorise at either end: expected 0 to below 0.5, got {unfit}")
    model = Model(outcome, treatment, tuple(controls))
    variables = [outcome, treatment, *controls]
    complete = panel  # where nothing is left, why is for the regression to say
    with suppress(NotIdentifiedError):
        complete = estimation_sample(
            panel, outcome, variables[1:], entity=entity, time=time, effects="twoway"
        ).rows()
    keys, values = complete[[entity, time]], complete[variables].astype(float)
    everything = pd.Series(True, index=complete.index)
    rows = []
    for share in shares:
        ends = values.quantile([share, 1 - share])
        # Not a join: labels of a frame glued from several may repeat.
        frame = pd.concat([keys, values.clip(ends.iloc[0], ends.iloc[1], axis=1)], axis=1)
        figures = estimate_many(frame, [model], {"": everything}, entity=entity, time=time)
        rows.append(figures[_COLUMNS].assign(share=share))
    return pd.concat(rows, ignore_index=True)[["share", *_COLUMNS]]


def zeros_otherwise(
    panel: pd.DataFrame,
    outcome: str,
    treatment: str,
    controls: Sequence[str],
    zeros: pd.DataFrame,
    *,
    entity: str = "province",
    time: str = "year",
) -> pd.DataFrame:
    """The treatment's coefficient where controls that are logarithms of zero are read otherwise.

    `dummy`: each control that has such zeros gets a dummy for them, so that what stands in their
    place counts for nothing. `asinh`: the control is arsinh of the amount, ln 2x but for small
    amounts, and 0 at 0; it depends on the amount's unit, as no logarithm does.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome, treatment : str
    controls : sequence of str
    zeros : DataFrame of bool
        Where a control is the logarithm of zero, coded as 0: a column a control, indexed as
        `panel`.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    DataFrame
        A row `dummy` and a row `asinh` in column option, with the figures of `estimate_many`;
        reason says why there is no estimate. No rows where there is no such zero.

    Raises
    ------
    EstimationError
        Where the data are wrong.
    """
    met = [name for name in controls if name in zeros and zeros[name].any()]
    if not met:
        return pd.DataFrame(columns=["option", *_COLUMNS])
    dummies = {f"zero {name}": zeros[name].astype(float) for name in met}
    amounts = {name: np.arcsinh(np.exp(panel[name].where(~zeros[name], -np.inf))) for name in met}
    everything = pd.Series(True, index=panel.index)
    ways = {
        "dummy": (panel.assign(**dummies), (*controls, *dummies)),
        "asinh": (panel.assign(**amounts), tuple(controls)),
    }
    rows = [
        estimate_many(
            frame, [Model(outcome, treatment, beside)], {"": everything}, entity=entity, time=time
        )[_COLUMNS].assign(option=option)
        for option, (frame, beside) in ways.items()
    ]
    return pd.concat(rows, ignore_index=True)[["option", *_COLUMNS]]


def leave_one_out(
    panel: pd.DataFrame,
    outcome: str,
    treatment: str,
    controls: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
) -> LeaveOneOut:
    """The treatment's coefficient without each entity in turn, and its range.

    Entities are those with a row in which every variable of the model has a value; errors as in
    `two_way_fe`, by t(G-1) of the entities that remain.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome, treatment : str
    controls : sequence of str
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    LeaveOneOut

    Raises
    ------
    EstimationError
        Where the data are wrong.
    NotIdentifiedError
        Where the full sample does not identify the model.
    """
    model = Model(outcome, treatment, tuple(controls))

    def by_itself(samples: Mapping[str, Sample]) -> pd.DataFrame:
        return estimate_many(panel, [model], samples, entity=entity, time=time)[_COLUMNS]

    full = by_itself({"": pd.Series(True, index=panel.index)}).iloc[0]
    if full["reason"]:
        raise NotIdentifiedError(full["reason"])
    regression = Deletions.of_panel(
        panel, outcome, [treatment, *controls], entity=entity, time=time
    )
    table = regression.without_each_entity()
    n_clusters = len(table) - 1
    reach = t_quantile(0.975, n_clusters) * table["std_error"]
    table = table.assign(
        t_stat=table["estimate"] / table["std_error"],
        lower=table["estimate"] - reach,
        upper=table["estimate"] + reach,
        n=len(regression.outcome) - np.bincount(regression.sample.entity_codes),
        n_clusters=n_clusters,
        reason="",
    )
    # Where more goes than the entity, or nothing is left: by itself, in words.
    otherwise = table["estimate"].isna() | regression.leaves_single_rows
    if otherwise.any():
        samples = {label: panel[entity] != label for label in table.loc[otherwise, "left_out"]}
        table.loc[otherwise, _COLUMNS] = by_itself(samples).to_numpy()
    table = table.sort_values("estimate", kind="stable", ignore_index=True)
    return LeaveOneOut(table=table[["left_out", *_COLUMNS]], full=full)
