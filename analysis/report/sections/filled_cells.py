"""The section on what was filled in: how much of a rank and of Table 4 is invention."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    Paragraph,
    Section,
    TextTable,
    numbers,
    ranges,
    texts,
)
from analysis.report.frames import (
    INDEX_FILLED,
    INDEX_UNCERTAINTY,
    NOT_ESTIMABLE,
    NOTES,
    TABLE_4_FILLED,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.sections.paper_section import notes_on, opened
from analysis.report.wording import count, number, percent

_NOTE = (
    "A filled cell is a point on a line between figures. Here it is drawn anew, from a random walk "
    "with the yearly changes of its variable that meets the figures at both ends, and carried "
    "through weights, index, ranks and regressions; coefficients are pooled by Rubin's rules. "
    "Draws of different provinces and variables are independent, and know nothing of the outcome, "
    "which draws coefficients towards zero. A line is smoother than what it stands for, so that an "
    "interval need not hold the published score."
)


@needs(INDEX_FILLED, TABLE_4_FILLED, INDEX_UNCERTAINTY, NOTES, NOT_ESTIMABLE)
def filled_cells(inputs: ReportInputs) -> Section:
    """Ranks and coefficients over draws of the filled cells."""
    identifier, title = "filled-cells", "How much of it is invention"
    ranks, table = inputs[INDEX_FILLED], inputs[TABLE_4_FILLED]
    if ranks.empty:
        return Section(identifier, title, "There is no index in which a cell could be filled.")
    last = ranks[ranks["year"] == ranks["year"].max()].sort_values("score_rank")
    blocks: list[Block] = [
        *notes_on(inputs, "filled cells"),
        *([_coefficients(table)] if len(table) else []),
        Paragraph(_NOTE),
        Folded("Ranks of the last year over draws", [_ranks(last)]),
    ]
    return Section(identifier, title, opened(inputs, _sentence(inputs)), blocks)


def _sentence(inputs: ReportInputs) -> str:
    ranks, table = inputs[INDEX_FILLED], inputs[TABLE_4_FILLED]
    width = (ranks["rank_upper"] - ranks["rank_lower"]).mean()
    recipes = inputs[INDEX_UNCERTAINTY]
    over_recipes = (recipes["rank_upper"] - recipes["rank_lower"]).mean()
    sentence = (
        f"{count(int(ranks['n_filled'].sum()), 'cell')} of the indicators were filled in: drawn "
        f"anew they move a rank over {number(width, 1)} places on average (90 % of "
        f"{number(ranks['reps'].iloc[0])} draws), where other recipes move it over "
        f"{number(over_recipes, 1)}"
    )
    if table.empty:
        return sentence
    first = table.iloc[0]
    return (
        f"{sentence}; {number(first['n_filled'])} of {number(first['n'])} cells of "
        f"{first['term']} were, too, {number(first['n_bridged'])} of them across a break, and "
        f"{percent(first['invented'], 1)} of the variance of its coefficient, "
        f"{number(first['pooled_estimate'], 3)} ({number(first['lower'], 3)} to "
        f"{number(first['upper'], 3)}), is invention"
    )


def _coefficients(rows: pd.DataFrame) -> TextTable:
    return TextTable(
        "filled-cells-coefficients",
        f"Table 4 over {number(rows['reps'].iloc[0])} draws of the filled cells, by Rubin's rules",
        {
            "Column": [f"{t} ({c})" for t, c in zip(rows["table"], rows["column"], strict=True)],
            "Term": texts(rows["term"]),
            "Filled": numbers(rows["n_filled"]),
            "Across a break": numbers(rows["n_bridged"]),
            "Of": numbers(rows["n"]),
            "As filled": numbers(rows["estimate"], 3),
            "Standard error": numbers(rows["std_error"], 3),
            "Over draws": numbers(rows["pooled_estimate"], 3),
            "Standard error ": numbers(rows["pooled_std_error"], 3),
            "95 % interval": ranges(rows["lower"], rows["upper"], 3),
            "Invention": Numbers(percent(share, 1) for share in rows["invented"]),
        },
    )


def _ranks(last: pd.DataFrame) -> TextTable:
    return TextTable(
        "filled-cells-ranks",
        f"Ranks of {last['year'].iloc[0]} by the published recipe, and 90 % of draws",
        {
            "Province": texts(last["province"]),
            "Filled indicators": numbers(last["n_filled"]),
            "Score": numbers(last["score"], 1),
            "90 % of draws": ranges(last["score_lower"], last["score_upper"], 1),
            "Rank": numbers(last["score_rank"]),
            "90 % of draws ": ranges(last["rank_lower"], last["rank_upper"]),
        },
    )
