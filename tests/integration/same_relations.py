"""Whether two engines hold the same relations: rows, keys and texts equal, numbers close.

How a type is called, and whether JSON is one, is each engine's own; what a cell says is not.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

# Of the larger of two numbers; and what is 0 but for rounding, such as a gap between equal sums.
RELATIVE, NOTHING = 1e-9, 1e-12

_NUMBERS = {"floating", "integer", "integer-na", "decimal", "mixed-integer-float"}


def differences(one: pd.DataFrame, other: pd.DataFrame) -> tuple[list[str], float]:
    """What differs between two relations, in words; and the largest relative difference of numbers.

    The order of rows does not count, as it does not in SQL.
    """
    if list(one.columns) != list(other.columns):
        return [f"columns {list(one.columns)} and {list(other.columns)}"], 0.0
    if len(one) != len(other):
        return [f"{len(one)} and {len(other)} rows"], 0.0
    rows, beside = _sorted(_plain(one)), _sorted(_plain(other))
    words, largest = [], 0.0
    for column in [*rows, *(name for name in beside if name not in rows)]:
        a, b = (frame.get(column, pd.Series([None] * len(one))) for frame in (rows, beside))
        apart = _apart(a, b)
        wrong = np.flatnonzero(~(apart <= RELATIVE))
        if len(wrong):
            found = f"first {a.iloc[wrong[0]]!r} and {b.iloc[wrong[0]]!r}"
            words.append(f"{column} differs in {len(wrong)} of {len(rows)} rows, {found}")
        largest = max(largest, apart[apart <= RELATIVE].max(initial=0.0))
    return words, largest


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as floats, all else as texts; a column of JSON as a column for each member."""
    plain = {}
    for name, column in frame.items():
        kind = pd.api.types.infer_dtype(column, skipna=True)
        said = column.dropna()
        if kind in _NUMBERS or (pd.api.types.is_numeric_dtype(column) and kind != "boolean"):
            plain[name] = column.astype(float)
        elif len(said) and (isinstance(said.iloc[0], dict) or str(said.iloc[0]).startswith("{")):
            members = [
                {} if value is None or value is pd.NA or isinstance(value, float) else value
                for value in column.astype(object)
            ]
            read = [json.loads(m) if isinstance(m, str) else m for m in members]
            for member, values in pd.json_normalize(read).items():
                plain[f"{name}.{member}"] = _plain(values.to_frame("m"))["m"]
        elif kind in {"datetime", "datetime64"}:
            plain[name] = pd.to_datetime(column).astype(str)
        else:
            plain[name] = column.astype(object).where(column.notna(), None).map(_text)
    return pd.DataFrame({name: values.to_numpy() for name, values in plain.items()})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """By texts, then by six digits of the numbers, which rounding does not touch."""
    keys = pd.DataFrame({
        place: _six_digits(column.to_numpy()) if column.dtype == float else column.fillna("")
        for place, column in enumerate(frame[name] for name in frame)
    })  # fmt: skip
    texts = [place for place in keys if keys[place].dtype != float]
    order = keys.sort_values([*texts, *(p for p in keys if p not in texts)], kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _six_digits(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = 10.0 ** (5 - np.floor(np.log10(np.abs(values))))
        return np.where((values == 0) | ~np.isfinite(unit), values, np.round(values * unit) / unit)


def _apart(one: pd.Series, other: pd.Series) -> np.ndarray:
    """Relative differences of numbers; of all else 0 where it is equal and infinity where not."""
    if one.dtype == float and other.dtype == float:
        a, b = one.to_numpy(), other.to_numpy()
        with np.errstate(invalid="ignore"):
            apart, size = np.abs(a - b), np.maximum(np.abs(a), np.abs(b))
            relative = np.where(apart <= NOTHING, 0.0, apart / np.where(size > 0, size, 1.0))
        return np.where(
            (a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.nan_to_num(relative, nan=np.inf)
        )
    return np.where((one.isna() & other.isna()) | (one == other), 0.0, np.inf)
