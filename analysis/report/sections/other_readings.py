"""The section on definitions of indicators that could be read otherwise, and what hangs on them."""

from __future__ import annotations

import pandas as pd

from analysis.paper.indicator_readings import IN_USE, OTHERWISE
from analysis.report.blocks import Block, Section, TextTable, numbers, texts
from analysis.report.frames import INDICATOR_READINGS, NOT_ESTIMABLE, NOTES, READINGS_COMPARED
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import notes_on, opened
from analysis.report.wording import count, in_words, number


@needs(INDICATOR_READINGS, READINGS_COMPARED, NOTES, NOT_ESTIMABLE)
def other_readings(inputs: ReportInputs) -> Section:
    """Each reading with its reason; the index, its ranks and Table 4 (1) under it."""
    readings = inputs[INDICATOR_READINGS].sort_values("sort_order")
    rows = inputs[READINGS_COMPARED]
    words = dict(zip(readings["reading"], readings["words"], strict=True))
    at_hand = rows[(rows["definition"] == OTHERWISE) & (rows["n_indexed"] > 0)]
    blocks: list[Block] = [_stated(readings), _compared(rows, words)]
    sentence = (
        f"beside the index stand {count(len(readings), 'other reading')} of its indicators’ "
        "definitions, each over the province-years that have both: "
    )
    if at_hand.empty:
        sentence += "none can be computed, for no province-year of the index has its items"
    else:
        sentence += f"{_moves(at_hand, words)}{_coefficients(rows)}"
    return Section(
        "definitions",
        "Definitions that could be read otherwise",
        opened(inputs, sentence),
        [*blocks, *notes_on(inputs, "indicator readings")],
    )


def _moves(at_hand: pd.DataFrame, words: dict[str, str]) -> str:
    rows = at_hand.to_dict("records")
    most = max(rows, key=lambda row: row["largest_change"])
    ranks = max(rows, key=lambda row: row["largest_rank_change"])
    moved = f"the index moves by up to {number(most['largest_change'], 2)} points"
    if most["largest_change"] > 0:
        moved += f" ({words[most['reading']]})"
    moved += f", a rank of the newest year by up to {number(ranks['largest_rank_change'])}"
    if ranks["largest_rank_change"] > 0:
        moved += f" ({ranks['moved_most']}, {words[ranks['reading']]})"
    return moved


def _coefficients(rows: pd.DataFrame) -> str:
    """The coefficient that moves most when the definition does, by both."""
    by_definition = rows.pivot(index="reading", columns="definition", values="estimate")
    both = by_definition.reindex(columns=[IN_USE, OTHERWISE]).dropna().to_dict("records")
    if not both:
        return ""
    most = max(both, key=lambda row: abs(row[OTHERWISE] - row[IN_USE]))
    return (
        "; the coefficient of coagglo in Table 4 (1) that moves most is "
        f"{number(most[IN_USE], 3)} as in use and {number(most[OTHERWISE], 3)} otherwise"
    )


def _stated(readings: pd.DataFrame) -> TextTable:
    return TextTable(
        "definitions-stated",
        "Readings of the definitions, and why the one in use is another",
        {
            "Reading": texts(readings["words"]),
            "Indicator": [in_words(name) for name in readings["indicator"]],
            "Computed as": texts(readings["formula"]),
            "Defined so by": texts(readings["definition_of"], ABSENT),
            "In use, and why it matters": texts(readings["reason"]),
            "Printed by province": texts(readings["published"]),
        },
        of_dataset=False,
    )


def _compared(rows: pd.DataFrame, words: dict[str, str]) -> TextTable:
    moved = rows["definition"].eq(OTHERWISE) & rows["n_indexed"].gt(0)
    shown = rows.assign(
        **{
            name: rows[name].where(moved)
            for name in ("largest_change", "rank_correlation", "largest_rank_change")
        }
    )
    return TextTable(
        "definitions-compared",
        "The index, its ranks in the newest year, and the coefficient of coagglo in Table 4 (1) by "
        "both definitions over the same province-years",
        {
            "Reading": [words[name] for name in rows["reading"]],
            "Definition": [in_words(name) for name in rows["definition"]],
            "Province-years": numbers(rows["n_indexed"]),
            "Largest change of the index": numbers(shown["largest_change"], 2),
            "Rank correlation": numbers(shown["rank_correlation"], 3),
            "Largest change of a rank": numbers(shown["largest_rank_change"]),
            "of": texts(rows["moved_most"], ABSENT),
            "Coefficient": numbers(rows["estimate"], 3),
            "Standard error": numbers(rows["std_error"], 3),
            "p": numbers(rows["p_value"], 3),
            "Remark": texts(rows["reason"]),
        },
    )
