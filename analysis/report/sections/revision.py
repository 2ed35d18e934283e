"""The section on what changed since the last vintage: inputs, why index and estimates moved."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import (
    ROWS_SHOWN,
    Block,
    Numbers,
    Paragraph,
    Section,
    TextTable,
    numbers,
    shortened,
    texts,
)
from analysis.report.frames import (
    INDEX_FROZEN,
    REVISED_ESTIMATES,
    REVISED_INPUTS,
    REVISED_VALUES,
    VINTAGE,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.wording import in_words, listed, number, span, split
from analysis.variables import INDICES

CAUSES = ("changed_composition", "revised_input", "new_coverage", "new_year", "changed_option")
ORDER = (
    "The parts add up to the change. Causes are applied one after another, each on top of those "
    "before: changed composition (which indicators the index is made of), revised inputs, new "
    "coverage, new years, changed options (formulas and reference data too). A new or revised "
    "figure moves old scores through minima, maxima and weights, which see all years; the index on "
    "the frozen base (ami_frozen) does not move so."
)


@needs(VINTAGE, INDEX_FROZEN, REVISED_INPUTS, REVISED_VALUES, REVISED_ESTIMATES)
def revision(inputs: ReportInputs) -> Section:
    """Inputs that changed, and moves of index and coefficients with the part of each cause."""
    blocks: list[Block] = []
    arrived, moved, estimates = (
        inputs.frames.get(table) for table in (REVISED_INPUTS, REVISED_VALUES, REVISED_ESTIMATES)
    )
    if arrived is not None and len(arrived):
        blocks += shortened(_inputs(arrived), "groups of inputs")
    if moved is not None:
        of_index = moved[moved["variable"].isin(INDICES) & moved["change"].notna()]
        blocks += [_moves(of_index), Paragraph(ORDER)] if len(of_index) else []
    if estimates is not None and estimates["change"].notna().any():
        blocks += shortened(_coefficients(estimates[estimates["change"].notna()]), "coefficients")
    if beyond := _beyond_base(inputs):
        blocks.append(Paragraph(beyond))
    said = str(inputs[VINTAGE]["said"].item())
    return Section("revision", "What changed since the last vintage", said, blocks)


def _inputs(arrived: pd.DataFrame) -> TextTable:
    grouped = arrived.groupby(["cause", "item"], sort=False)
    return TextTable(
        "revision-inputs",
        "Inputs that changed, by cause and item",
        {
            "Item": [str(item) for (_, item), _ in grouped],
            "Cause": [in_words(str(cause)) for (cause, _), _ in grouped],
            "Figures": numbers(len(rows) for _, rows in grouped),
            "Provinces": numbers(rows["province_code"].nunique() for _, rows in grouped),
            "Years": Numbers(span(rows["year"]) for _, rows in grouped),
            "From": [
                ", ".join(texts(rows["new_file"].dropna().unique())) or ABSENT
                for _, rows in grouped
            ],
        },
    )


def _moves(moved: pd.DataFrame) -> TextTable:
    largest = moved.loc[moved["change"].abs().sort_values(ascending=False, kind="stable").index]
    names = listed(list(moved["variable"].unique()))
    rows = largest.head(ROWS_SHOWN)
    return TextTable(
        "revision-moves",
        f"The {len(rows)} largest of {len(moved):,} moves of {names}, and the part of each cause",
        {
            "Province": texts(rows["province"]),
            "Year": Numbers(texts(rows["year"])),
            "Before": numbers(rows["old_value"], 3),
            "Now": numbers(rows["new_value"], 3),
            "Change": numbers(rows["change"], 4),
            **{in_words(cause).capitalize(): numbers(rows[cause], 4) for cause in CAUSES},
            "Rank": Numbers(
                f"{number(before)} → {number(now)}" if before != now else number(now)
                for before, now in zip(rows["old_rank"], rows["new_rank"], strict=True)
            ),
        },
    )


def _coefficients(moved: pd.DataFrame) -> TextTable:
    places = zip(moved["table"], moved["column"], moved["term"], strict=True)
    return TextTable(
        "revision-estimates",
        "Coefficients that moved, and the part of each cause",
        {
            "Coefficient": [f"{table} ({column}) {term}" for table, column, term in places],
            "Outcome": texts(moved["outcome"]),
            "Before": numbers(moved["old_estimate"], 3),
            "Now": numbers(moved["new_estimate"], 3),
            "Change": numbers(moved["change"], 4),
            **{in_words(cause).capitalize(): numbers(moved[cause], 4) for cause in CAUSES},
        },
    )


def _beyond_base(inputs: ReportInputs) -> str:
    """What of the frozen index a reader must know; empty where there is nothing."""
    frozen = inputs[INDEX_FROZEN]
    outside = int(frozen["is_outside_base"].sum())
    without = split(frozen["indicators_without_base"].iloc[0]) if len(frozen) else []
    said = []
    if outside:
        said.append(
            f"In {outside:,} of {len(frozen):,} province-years an indicator lies beyond the bounds "
            "of the frozen base; their scores are flagged, not clipped."
        )
    if without:
        said.append(f"The base lacks {', '.join(without)}: they enter the rolling index only.")
    return " ".join(said)
