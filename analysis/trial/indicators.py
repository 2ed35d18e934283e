"""The indicators of an index as one array, with what is known of every cell.

Here: from rows to arrays, and what is at hand. Not here: what a recipe makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class IndicatorArrays:
    """Indicators of units over times.

    values: (units, times, indicators), NaN where there is no figure.
    filled: the same shape, true where a value was interpolated or carried over from another time.
    gap_length: the same shape, times without a figure of a filled value's gap; 0 elsewhere.
    negative: (indicators,) true where less is better.
    """

    units: tuple[str, ...]
    times: tuple[int, ...]
    names: tuple[str, ...]
    dimensions: tuple[str, ...]
    values: np.ndarray
    filled: np.ndarray
    gap_length: np.ndarray
    negative: np.ndarray


def pooled(values: np.ndarray) -> np.ndarray:
    """(units, times, indicators) as (units x times, indicators), the times of a unit in a row."""
    return values.reshape(-1, values.shape[-1])


def indicator_arrays(cells: pd.DataFrame, indicators: pd.DataFrame) -> IndicatorArrays:
    """The arrays of the index sample.

    Parameters
    ----------
    cells : DataFrame
        province_code, year, indicator, value, score, is_interpolated, max_gap_length (the mart
        `fct_indicator_score`): one row a cell. Cells without a score lie outside the index sample
        and count as missing.
    indicators : DataFrame
        indicator, dimension, attribute (the mart `dim_indicator`), in the order wanted; those
        without a score anywhere are left out.

    Returns
    -------
    IndicatorArrays

    Raises
    ------
    ValueError
        Where no cell has a score, or a province, year and indicator have several rows.
    """
    cells = cells[cells["score"].notna()]
    if cells.empty:
        raise ValueError("no indicator has a score: there is no index to try")
    keys = ["province_code", "year", "indicator"]
    if cells.duplicated(keys).any():
        first = cells.loc[cells.duplicated(keys), keys].iloc[0].tolist()
        raise ValueError(f"several rows for one cell, the first of {first}")
    used = indicators[indicators["indicator"].isin(cells["indicator"].unique())]
    axes = [sorted(cells[key].unique()) for key in keys[:2]] + [used["indicator"].tolist()]
    shape = tuple(len(axis) for axis in axes)
    place = tuple(
        pd.Index(axis).get_indexer(pd.Index(cells[key]))
        for axis, key in zip(axes, keys, strict=True)
    )

    def laid_out(column: str, empty: float, kind: type) -> np.ndarray:
        out: np.ndarray = np.full(shape, empty, dtype=kind)
        out[place] = cells[column].to_numpy(dtype=kind)
        return out

    return IndicatorArrays(
        units=tuple(map(str, axes[0])),
        times=tuple(map(int, axes[1])),
        names=tuple(axes[2]),
        dimensions=tuple(used["dimension"]),
        values=laid_out("value", np.nan, float),
        filled=laid_out("is_interpolated", False, bool),
        gap_length=laid_out("max_gap_length", 0, int),
        negative=(used["attribute"] == "negative").to_numpy(),
    )
