"""Whether two refreshes found the same: every table of results, value by value.

    python tests/compare_results.py BEFORE AFTER

BEFORE and AFTER are folders of results, such as `results/demo`, or warehouses, such as
`warehouse/demo/warehouse.duckdb`, of which the marts and the estimates are compared. Tables must
have the same columns, rows and texts; numbers may differ by `TOLERANCE` of the larger one.
Pages, figures and typeset tables are texts and must be the same. When something was done may
differ. Exit status 1 where something else does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

TOLERANCE = 1e-10
SCHEMAS = ("marts", "estimates")
TEXTS = {".html", ".tex", ".svg", ".csv"}
# When a file was loaded and a report made is no finding.
_MOMENT = re.compile(r"\d{1,2} \w+ \d{4}(, \d\d:\d\d)?|\d{4}-\d\d-\d\d[T ][\d:.+]+")


def tables(place: Path) -> dict[str, pd.DataFrame]:
    """Every table of a folder of results or of a warehouse, by its name."""
    if place.is_dir():
        return {path.stem: pd.read_parquet(path) for path in sorted(place.glob("*.parquet"))}
    with duckdb.connect(str(place), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in (select unnest(?)) order by all",
            [list(SCHEMAS)],
        ).fetchall()
        return {
            f"{schema}.{name}": connection.table(f"{schema}.{name}").df() for schema, name in names
        }


def texts(place: Path) -> dict[str, str]:
    """Every page, figure and typeset table of a folder of results, by its file's name."""
    if not place.is_dir():
        return {}
    exported = {path.stem for path in place.glob("*.parquet")}
    return {
        path.name: _MOMENT.sub("", path.read_text(encoding="utf-8"))
        for path in sorted(place.iterdir())
        if path.suffix in TEXTS and path.stem not in exported
    }


def differences(before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]) -> list[str]:
    """What differs between two sets of tables, in words; nothing where nothing does."""
    found = [f"only before: {name}" for name in before.keys() - after.keys()]
    found += [f"only after: {name}" for name in after.keys() - before.keys()]
    for name in sorted(before.keys() & after.keys()):
        found += [f"{name}: {words}" for words in _in_table(before[name], after[name])]
    return sorted(found)


def _in_table(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    if list(before.columns) != list(after.columns):
        changed = set(before.columns) ^ set(after.columns)
        return [f"columns differ: {', '.join(sorted(changed)) or 'in their order'}"]
    if len(before) != len(after):
        return [f"{len(before)} rows before, {len(after)} after"]
    return [
        f"{column}: {words}"
        for column in before.select_dtypes(exclude=["datetime", "datetimetz"])
        if (words := _in_column(before[column], after[column]))
    ]


def _in_column(before: pd.Series, after: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(before) and pd.api.types.is_numeric_dtype(after):
        one, other = (column.to_numpy(float, na_value=np.nan) for column in (before, after))
        size = np.maximum(np.abs(one), np.abs(other))
        with np.errstate(invalid="ignore"):
            apart = np.abs(one - other) / np.where(size > 0, size, 1.0)
        apart[(one == other) | (np.isnan(one) & np.isnan(other))] = 0.0
        differs = ~(apart <= TOLERANCE)
        worst = f", at most by {np.nanmax(apart):.1e} of the value" if differs.any() else ""
    else:
        # In a file of a seed an empty text and none are one.
        one, other = (column.astype(object).fillna("") for column in (before, after))
        differs, worst = (one != other).to_numpy(bool), ""
    if not differs.any():
        return ""
    row = int(np.flatnonzero(differs)[0])
    return (
        f"{int(differs.sum())} of {len(before)} rows differ{worst}; the first, row {row}: "
        f"{before.iloc[row]!r} before, {after.iloc[row]!r} after"
    )


def main() -> int:
    before, after = (Path(argument) for argument in sys.argv[1:])
    old, new = tables(before), tables(after)
    found = differences(old, new)
    old_texts, new_texts = texts(before), texts(after)
    found += [
        f"{name}: differs"
        for name in sorted(old_texts.keys() | new_texts.keys())
        if old_texts.get(name) != new_texts.get(name)
    ]
    values = sum(table.size for table in old.values())
    for words in found:
        print(words)
    print(f"{len(old)} tables, {values:,} values, {len(old_texts)} texts: {len(found)} differences")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
