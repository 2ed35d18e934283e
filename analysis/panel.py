"""From a panel frame to what a panel regression may be run on.

Here: choosing and checking the rows, and lags; every way in which data can be unfit is found and
said here, once. Not here: the design matrix (`design`), estimators.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

Effects = Literal["twoway", "entity", "time", "none"]
CONSTANT = "constant"

# Spread of a column, relative to its mean, below which it is taken for a constant.
_NO_SPREAD = 1e-9
_SHOWN = 5


def has_entity_effects(effects: Effects) -> bool:
    """Whether each entity has a level of its own."""
    return effects in ("twoway", "entity")


def has_time_effects(effects: Effects) -> bool:
    """Whether each time has a level of its own."""
    return effects in ("twoway", "time")


class EstimationError(ValueError):
    """The call or the data are wrong: a person has to put them right."""


class NotIdentifiedError(EstimationError):
    """The data are well formed but do not identify the model that was asked for."""


@dataclass(frozen=True, eq=False)
class PanelSample:
    """The complete rows of a panel, sorted by entity and time.

    values: float columns, one a variable, indexed by (entity code, time code), both from 0.
    outcome: which of the columns is the left-hand side.
    entities, times: the labels behind the codes, in sorted order.
    n_dropped: rows left out because a variable was missing in them.
    singletons: entity and time of rows left out because their own effect absorbs them.
    """

    values: pd.DataFrame
    outcome: str
    entities: pd.Index
    times: pd.Index
    entity: str
    time: str
    n_dropped: int
    singletons: tuple[tuple[Any, Any], ...]

    @cached_property
    def entity_codes(self) -> np.ndarray:
        """Entity of each row, (n,) integers."""
        return self.values.index.get_level_values(0).to_numpy()

    @cached_property
    def time_codes(self) -> np.ndarray:
        """Time of each row, (n,) integers."""
        return self.values.index.get_level_values(1).to_numpy()

    @cached_property
    def starts(self) -> np.ndarray:
        """The first row of each entity, (G,)."""
        return np.searchsorted(self.entity_codes, np.arange(len(self.entities)))

    def rows(self) -> pd.DataFrame:
        """The values with entity and time as columns."""
        rows = self.values.reset_index(drop=True)
        rows[self.entity] = self.entities[self.entity_codes]
        rows[self.time] = self.times[self.time_codes]
        return rows

    def entity_means(self, columns: Sequence[str]) -> pd.DataFrame:
        """Mean of each column over its entity's rows, repeated on those rows, (n, columns)."""
        return self.values[list(columns)].groupby(level=0).transform("mean")

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Sums of values (n,) or (n, m), in the order of the rows, over each entity's rows."""
        return np.add.reduceat(values, self.starts, axis=0)

    def cross_products(self, columns: np.ndarray) -> np.ndarray:
        """C'C of each entity's rows of columns C (n, m), in the order of the rows, (G, m, m)."""
        return np.stack([piece.T @ piece for piece in np.split(columns, self.starts[1:])])

    def demeaned(self, columns: np.ndarray) -> np.ndarray:
        """Columns (n, m), in the order of the rows, less their entity means."""
        totals = self.summed(columns)
        return columns - (totals / np.bincount(self.entity_codes)[:, None])[self.entity_codes]


def estimation_sample(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    entity: str,
    time: str,
    effects: Effects = "none",
) -> PanelSample:
    """Check the columns and keep the rows in which the outcome and every regressor have a value.

    A row that is the only one of its entity or time is left out where these have effects, which
    fit it whatever its values (`singletons`), as reghdfe and fixest do.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    regressors : sequence of str
    entity, time : str
        Columns of the keys.
    effects : {"twoway", "entity", "time", "none"}
        Which levels will be taken out.

    Returns
    -------
    PanelSample

    Raises
    ------
    EstimationError
        For missing or repeated columns, missing keys, duplicate entity-times, values that are not
        finite numbers.
    NotIdentifiedError
        If no row is complete, every one is the only one of its entity or time, or a variable does
        not vary in the complete rows.
    """
    if isinstance(regressors, str):
        raise EstimationError(f"regressors must be a list of column names, not '{regressors}'")
    variables = [outcome, *regressors]
    if not regressors:
        raise EstimationError("no regressors were given")
    if CONSTANT in variables:
        raise EstimationError(f"'{CONSTANT}' is the name of the intercept: rename the column")
    if repeated := sorted({name for name in variables if variables.count(name) > 1}):
        raise EstimationError(f"named more than once in the model: {', '.join(repeated)}")
    keys = checked_keys(panel, variables, entity=entity, time=time)
    values = pd.DataFrame({name: finite(panel, name, entity, time) for name in variables})
    complete = values.notna().all(axis=1).to_numpy()
    if not complete.any():
        empty = [name for name in variables if values[name].isna().all()]
        raise NotIdentifiedError(
            f"without any value: {', '.join(empty)}"
            if empty
            else f"no row has a value in all of: {', '.join(variables)}"
        )
    keys, values = keys[complete], values[complete]
    entity_codes, entities = pd.factorize(keys[entity], sort=True)
    time_codes, times = pd.factorize(keys[time], sort=True)
    # One entity alone, whose every time is its own, is refused by `design` in words of its own.
    alone = single_rows(entity_codes, time_codes, effects if len(entities) > 1 else "none")
    singletons = tuple(sorted(keys[alone].itertuples(index=False, name=None)))
    if alone.all():
        raise NotIdentifiedError(f"every complete row is the only one of its {entity} or {time}")
    if alone.any():
        values = values[~alone]
        entity_codes, entities = pd.factorize(keys.loc[~alone, entity], sort=True)
        time_codes, times = pd.factorize(keys.loc[~alone, time], sort=True)
    values = values.set_axis(
        pd.MultiIndex.from_arrays([entity_codes, time_codes], names=[entity, time])
    )
    varies = values.std(ddof=0) > _NO_SPREAD * values.mean().abs()
    if not varies.all():
        raise NotIdentifiedError(f"constant in the complete rows: {some(varies.index[~varies])}")
    return PanelSample(
        values=values.sort_index(),
        outcome=outcome,
        entities=pd.Index(entities),
        times=pd.Index(times),
        entity=entity,
        time=time,
        n_dropped=int((~complete).sum()),
        singletons=singletons,
    )


def single_rows(entities: Any, times: Any, effects: Effects) -> np.ndarray:
    """Which rows are the only one of their entity or time, where these have effects, (n,).

    Those among them that are so only once others have gone.
    """
    absorbed = [(entities, has_entity_effects(effects)), (times, has_time_effects(effects))]
    codes = [pd.factorize(labels)[0] for labels, has_effects in absorbed if has_effects]
    left = np.ones(len(entities), dtype=bool)
    while True:
        alone = np.zeros_like(left)
        for of in codes:
            alone |= left & (np.bincount(of[left], minlength=len(of))[of] == 1)
        if not alone.any():
            return ~left
        left &= ~alone


def lagged(
    panel: pd.DataFrame, column: str, *, entity: str = "province", time: str = "year"
) -> pd.Series:
    """The column's value of the time before, in the same entity; indexed as `panel`.

    Before means time - 1, not the row above: where a year is not in the panel the lag is missing,
    as with Stata's L. operator. The order of the rows does not matter.

    Parameters
    ----------
    panel : DataFrame
    column : str
    entity, time : str
        Columns of the keys.

    Returns
    -------
    Series

    Raises
    ------
    EstimationError
        For missing columns or keys, times that are not whole numbers, duplicate entity-times.
    """
    return _shifted(panel, column, -1, entity, time).rename(f"L.{column}")


def lead(
    panel: pd.DataFrame, column: str, by: int, *, entity: str = "province", time: str = "year"
) -> pd.Series:
    """The column's value `by` times later; in all else, as `lagged`."""
    return _shifted(panel, column, by, entity, time).rename(f"F{by}.{column}")


def _shifted(panel: pd.DataFrame, column: str, by: int, entity: str, time: str) -> pd.Series:
    keys = checked_keys(panel, [column], entity=entity, time=time)
    if not pd.api.types.is_integer_dtype(keys[time]):
        raise EstimationError(
            f"a lag needs whole numbers in column '{time}', found {keys[time].dtype}"
        )
    known = panel.set_index([entity, time])[column]
    there = known.reindex(pd.MultiIndex.from_arrays([keys[entity], keys[time] + by]))
    return there.set_axis(panel.index)


def checked_keys(
    panel: pd.DataFrame, columns: Iterable[str], *, entity: str, time: str
) -> pd.DataFrame:
    """The keys of a panel, (n, 2), whose columns are there and whose entity-times occur once.

    Raises EstimationError for missing or doubled columns, missing keys and duplicate entity-times.
    """
    named = (entity, time, *columns)
    if absent := [name for name in named if name not in panel.columns]:
        raise EstimationError(f"columns not in the panel: {', '.join(absent)}")
    doubled = panel.columns[panel.columns.duplicated()]
    if twice := sorted({name for name in named if name in doubled}):
        raise EstimationError(f"columns that are in the panel twice: {', '.join(twice)}")
    keys = panel[[entity, time]]
    if without_key := int(keys.isna().any(axis=1).sum()):
        raise EstimationError(f"{without_key} rows have no {entity} or no {time}")
    if (again := keys.duplicated()).any():
        raise EstimationError(
            f"{entity}-{time} pairs that occur more than once: "
            f"{some(keys[again].drop_duplicates().itertuples(index=False, name=None))}"
        )
    return keys


def finite(panel: pd.DataFrame, name: str, entity: str, time: str) -> np.ndarray:
    """A column as floats (n,), missing where it has no value.

    Raises EstimationError, with the first place, for text and for infinite values.
    """
    column = panel[name]
    numbers = pd.to_numeric(column, errors="coerce")
    if pd.api.types.is_numeric_dtype(column):
        unfit = np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan))
    else:
        # A text that reads as a number is still text: what wrote it went wrong before here.
        unfit = column.notna().to_numpy()
    if unfit.any():
        row = panel[unfit].iloc[0]
        raise EstimationError(
            f"column '{name}' must hold finite numbers, "
            f"found '{row[name]}' at {row[entity]} {row[time]}"
        )
    return numbers.to_numpy(dtype=float, na_value=np.nan)


def some(items: Iterable[object]) -> str:
    """The first few of some labels or pairs of labels, as a person reads them."""
    texts = [" ".join(map(str, i)) if isinstance(i, tuple) else str(i) for i in items]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
