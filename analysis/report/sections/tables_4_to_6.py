"""The sections on Tables 4 to 6: baseline, instrument, other measures, dimensions, regions.

Each opens with a sentence in words, made from its figures. What the dataset cannot carry is said
with what is missing; nothing is estimated in its place.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.paper.specifications import BASELINE, EG
from analysis.report import paper_tables
from analysis.report.blocks import Block, Paragraph, Section
from analysis.report.frames import COEFFICIENT_PARTS, OF_PAPER_TABLES, PANEL, REDUCED_TABLE_4
from analysis.report.inputs import ReportInputs, needs
from analysis.report.sections.paper_section import (
    absent,
    deciding_p,
    fixed_or_random,
    judged,
    p_words,
    paper_section,
    printed_words,
    row_of,
    rows_of,
    wild_words,
)
from analysis.report.sections.reduced_table import with_reduced
from analysis.report.sections.what_carries import without_shared_items
from analysis.report.wording import count, listed, number
from analysis.variables import TREATMENT

REGIONS = {"1": "East", "2": "Centre", "3": "West", "4": "Northeast"}


@needs(PANEL, REDUCED_TABLE_4, COEFFICIENT_PARTS, *OF_PAPER_TABLES)
def baseline(inputs: ReportInputs) -> Section:
    """Table 4."""
    title = "Synergy agglomeration and the index"
    row = row_of(inputs, BASELINE.table, BASELINE.column, TREATMENT)
    if row is None:
        return with_reduced(inputs, absent(inputs, "baseline", title, "4"))
    sentence = (
        f"with controls, province and year effects, a unit more of coagglo goes with "
        f"{_points(row['estimate'])} of ami (standard error {number(row['dispersion'], 3)}"
        f"{wild_words(row)}{printed_words(row)})"
    )
    second = row_of(inputs, "4", "3", TREATMENT)
    if second is not None:
        sentence += (
            f"; instrumented by its value of the year before it is {number(second['estimate'], 3)}"
        )
        ends = [row_of(inputs, "4", "3", f"_ar_set_1_{end}") for end in ("lower", "upper")]
        several = row_of(inputs, "4", "3", "_ar_set_2_lower") is not None
        if ends[0] is not None and ends[1] is not None and not several:
            low, high = (number(end["estimate"], 2) for end in ends if end is not None)
            sentence += f" (95 % Anderson-Rubin set from {low} to {high})"
    others = [
        f"{name} has a coefficient that is {judged(found)}"
        for name, found in (
            ("EG in the place of coagglo", row_of(inputs, "4", "4", "eg")),
            ("coagglo for innovation centres", row_of(inputs, "4", "5", TREATMENT)),
        )
        if found is not None
    ]
    sentence += f"; {listed(others)}" if others else ""
    made = paper_section(inputs, "baseline", title, "4", sentence, paper_tables.REGRESSION_NOTE)
    parts = inputs[COEFFICIENT_PARTS]
    parts = parts[parts["table"] == "4"]
    beside = [without_shared_items(parts, "baseline-without-shared")] if len(parts) else []
    said = [*_effects_of_provinces(inputs), *_size(inputs)]
    return replace(made, blocks=[*made.blocks, *beside, *said])


def _size(inputs: ReportInputs) -> list[Block]:
    """What column (4) measures: its regressor is the product of two shares."""
    if row_of(inputs, EG.table, EG.column, "eg") is None:
        return []
    panel = inputs[PANEL]
    with_coagglo, with_eg_pair = (
        number(panel["eg"].corr(panel[name]), 2) for name in (TREATMENT, "eg_pair")
    )
    return [
        Paragraph(
            "Column (4): the province’s term of EG is s_m · s_ps − 1/n, the product of its shares "
            "in national manufacturing and producer services, and so a measure of a province’s "
            f"size rather than of co-location. Its correlation with coagglo is {with_coagglo} "
            "here; with eg_pair, which compares both shares with the province’s share in all "
            f"employment and which size does not enter, {with_eg_pair}. The baseline with eg_pair "
            "is under “How far the baseline depends on its choices”."
        )
    ]


def _effects_of_provinces(inputs: ReportInputs) -> list[Block]:
    """Both Hausman tests in words; where they disagree the robust one decides."""
    said, rejected = [], False
    for name, letter, term in (
        ("classical", "χ²", "_hausman"),
        ("cluster-robust", "F", "_hausman_robust"),
    ):
        figure, p = (
            row_of(inputs, BASELINE.table, BASELINE.column, of) for of in (term, f"{term}_p")
        )
        if figure is not None and p is not None:
            said.append(
                f"the {name} Hausman test has {letter} {number(figure['estimate'], 2)}, "
                f"p {p_words(p['estimate'])}"
            )
            rejected = bool(p["estimate"] < 0.05)
    return [fixed_or_random(inputs, listed(said), rejected)] if said else []


@needs(*OF_PAPER_TABLES)
def dimensions(inputs: ReportInputs) -> Section:
    """Table 5."""
    title, rows = "The five dimensions", rows_of(inputs, "5", TREATMENT)
    if rows.empty:
        return absent(inputs, "dimensions", title, "5")
    positive = rows[rows["estimate"] > 0]
    certain = [row["outcome"] for row in positive.to_dict("records") if deciding_p(row) < 0.05]
    largest = rows.sort_values("estimate").to_dict("records")[-1]
    sentence = (
        f"the coefficient of coagglo is positive for {len(positive)} of {len(rows)} "
        f"dimensions, {_significant(certain)}, and largest for "
        f"{largest['outcome']} ({number(largest['estimate'], 3)})"
    )
    return paper_section(inputs, "dimensions", title, "5", sentence)


@needs(*OF_PAPER_TABLES)
def regions(inputs: ReportInputs) -> Section:
    """Table 6."""
    title, rows = "Regions and national clusters", rows_of(inputs, "6", TREATMENT)
    if rows.empty:
        return absent(inputs, "regions", title, "6")
    estimates = dict(zip(rows["column"], rows["estimate"], strict=True))
    shown = [
        f"{number(estimates[column], 3)} in the {name}"
        for column, name in REGIONS.items()
        if column in estimates
    ]
    sentence = f"the coefficient of coagglo on ami is {listed(shown)}"
    if {"5", "6"} <= set(estimates):
        within, without = (number(estimates[column], 3) for column in ("5", "6"))
        sentence += f"; {within} with national clusters and {without} without"
    certain = rows[rows["wild_p_value"] < 0.05]
    sentence += (
        f"; the wild bootstrap, which is made for few provinces, finds "
        f"{count(len(certain), 'sample')} of {len(rows)} significant at 5 %"
    )
    return paper_section(inputs, "regions", title, "6", sentence)


def _significant(names: list[str]) -> str:
    return f"significantly at 5 % for {listed(names)}" if names else "for none significantly at 5 %"


def _points(value: float) -> str:
    return f"{number(abs(value), 3)} {'fewer ' if value < 0 else ''}points"
