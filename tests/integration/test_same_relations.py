"""A difference between two engines is found wherever it is planted, and rounding is none."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from same_relations import differences


def relation() -> pd.DataFrame:
    return pd.DataFrame({
        "province_code": ["110000", "110000", "120000"],
        "year": [2003, 2004, 2003],
        "value": [1.5, np.nan, 2e-3],
        "place": [1, 2, 3],
        "is_filled": [True, False, False],
        "at": [dt.datetime(2024, 11, 1)] * 3,
        "terms": ['{"n": 3, "by": {"110000": 0.1}}', None, '{"n": 2, "by": {"110000": 1e-05}}'],
    })  # fmt: skip


def test_another_engine_s_types_and_order_are_no_difference() -> None:
    other = relation().iloc[::-1].astype({"is_filled": object, "year": object, "value": object})
    other["value"] = [Decimal("0.002"), None, Decimal("1.5")]
    other["terms"] = [{"by": {"110000": 0.00001}, "n": 2}, None, {"n": 3.0, "by": {"110000": 0.1}}]
    assert differences(relation(), other) == ([], 0.0)


def test_rounding_is_told_and_no_difference() -> None:
    other = relation()
    other.loc[0, "value"] *= 1 + 1e-11
    words, largest = differences(relation(), other)
    assert words == []
    assert largest == pytest.approx(1e-11, rel=1e-3)


def test_a_gap_between_equal_sums_is_nothing() -> None:
    one, other = relation().assign(value=[3e-15, 0.0, 1.0]), relation().assign(value=[0, -1e-16, 1])
    assert differences(one, other) == ([], 0.0)


@pytest.mark.parametrize(
    ("row", "column", "planted"),
    [
        (0, "value", 1.5 * (1 + 1e-8)),
        (2, "value", np.nan),
        (1, "value", 0.0),
        (0, "province_code", "110001"),
        (1, "year", 2005),
        (1, "place", 3),
        (2, "is_filled", True),
        (2, "at", dt.datetime(2024, 11, 2)),
        (0, "terms", '{"n": 3, "by": {"110000": 0.1001}}'),
        (0, "terms", '{"n": 3, "by": {"120000": 0.1}}'),
        (1, "terms", '{"n": 3}'),
    ],
)
def test_a_planted_difference_is_found(row: int, column: str, planted: object) -> None:
    other = relation()
    other.loc[row, column] = planted
    words, _ = differences(relation(), other)
    assert words
    assert all(each.startswith(column) for each in words)


def test_rows_and_columns_that_are_not_there_are_found() -> None:
    assert differences(relation(), relation().iloc[:2]) == (["3 and 2 rows"], 0.0)
    words, _ = differences(relation(), relation().drop(columns="place"))
    assert words[0].startswith("columns ")
