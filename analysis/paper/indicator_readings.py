"""What hangs on the definition of an indicator: the index, its ranks and the baseline otherwise.

Here: the index by either definition compared, and Table 4 (1) of both. Not here: the definitions
and the index (dbt, seed `indicator_readings` and mart `fct_index_reading`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.paper.estimable import EstimatesTable, typed
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import AtHand
from analysis.paper.specifications import SAMPLES
from analysis.regressions.many_regressions import Model, estimate_many
from analysis.variables import TREATMENT

IN_USE, OTHERWISE = "in_use", "otherwise"
COLUMNS = types_of(
    "reading", "indicator", "definition", "n_indexed", "largest_change", "rank_correlation",
    "largest_rank_change", "moved_most", "estimate", "std_error", "p_value", "lower", "upper", "n",
    "n_clusters", "reason", "missing_controls",
)  # fmt: skip
_KEYS = ["province_code", "year"]


def indicator_readings(
    panel: pd.DataFrame, indices: pd.DataFrame, readings: pd.DataFrame
) -> EstimatesTable:
    """The index and the baseline coefficient of coagglo under each reading, and as in use.

    Both are of the same province-years. A reading that no province-year has keeps a row, whose
    reason says for which years its items are printed. Controls that have no value are left out, and
    every row names them.

    Parameters
    ----------
    panel : DataFrame
        In the columns of fct_panel.
    indices : DataFrame
        As fct_index_reading.
    readings : DataFrame
        As the seed `indicator_readings`.

    Returns
    -------
    EstimatesTable
        Two rows a reading, in the order of the seed: in_use and otherwise.
    """
    at_hand = AtHand.of(panel)
    found = []
    for reading in readings.sort_values("sort_order").to_dict("records"):
        of_reading = indices[indices["reading"] == reading["reading"]]
        rows = _absent(reading) if of_reading.empty else _compared(panel, at_hand, of_reading)
        found.append(rows.assign(reading=reading["reading"], indicator=reading["indicator"]))
    table = EstimatesTable(pd.concat(found, ignore_index=True))
    named = at_hand.named(table, ("indicator readings", ""))
    return replace(named, rows=typed([named.rows], COLUMNS))


def _absent(reading: dict[Any, Any]) -> pd.DataFrame:
    reason = f"no province-year of the index has it; printed by province: {reading['published']}"
    return pd.DataFrame(
        [{"definition": OTHERWISE, "n_indexed": 0, "n": 0, "n_clusters": 0, "reason": reason}]
    )


def _compared(panel: pd.DataFrame, at_hand: AtHand, indices: pd.DataFrame) -> pd.DataFrame:
    """The rows of a reading that has figures."""
    wide = indices.pivot(index=_KEYS, columns="definition", values="index_value")
    newest = indices[indices["year"] == indices["year"].max()]
    ranks = newest.pivot(index="province", columns="definition", values="index_rank")
    model = Model(at_hand.outcome, TREATMENT, at_hand.controls)
    rows = []
    for definition in (IN_USE, OTHERWISE):
        outcome = wide[definition].rename(at_hand.outcome).reset_index()
        frame = panel.drop(columns=at_hand.outcome).merge(outcome, on=_KEYS)
        (fit,) = estimate_many(frame, [model], {"": SAMPLES["all"]}).to_dict("records")
        moved = (ranks[definition] - ranks[IN_USE]).abs()
        rows.append(
            fit
            | {
                "definition": definition,
                "n_indexed": len(wide),
                "largest_change": (wide[definition] - wide[IN_USE]).abs().max(),
                "rank_correlation": ranks[definition].corr(ranks[IN_USE], method="spearman"),
                "largest_rank_change": moved.max(),
                "moved_most": moved.idxmax() if moved.max() else "",
            }
        )
    return pd.DataFrame(rows)
