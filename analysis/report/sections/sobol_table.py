"""The table of Sobol indices by choice, whatever figure it is that the choices move."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Numbers, TextTable
from analysis.report.wording import in_words, number


def sobol_table(identifier: str, caption: str, indices: pd.DataFrame) -> TextTable:
    """First-order and total indices with their intervals, what moves the figure most first.

    indices: a row a choice, in the columns of `index_sensitivity` and `curve_sensitivity`.
    """
    rows = indices.sort_values("total_order", ascending=False)

    def shown(order: str) -> Numbers:
        columns = [f"{order}_order{end}" for end in ("", "_lower", "_upper")]
        return Numbers(
            f"{number(value, 2)} ({number(low, 2)} to {number(high, 2)})"
            for value, low, high in rows[columns].itertuples(index=False)
        )

    return TextTable(
        identifier,
        caption,
        {
            "Choice": [in_words(choice) for choice in rows["choice"]],
            "By itself": shown("first"),
            "With all in which it takes part": shown("total"),
        },
    )
