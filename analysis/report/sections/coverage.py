"""The section on coverage: what has figures, in which years, across which breaks of series."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    Picture,
    Section,
    TextTable,
    bar,
    numbers,
    texts,
)
from analysis.report.figures.availability import availability, shares_available
from analysis.report.frames import (
    COVERAGE,
    PANEL,
    SERIES_BREAKS,
    WEIGHTS,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.wording import count, listed, percent, span, split
from analysis.standing import index_variable
from analysis.variables import DIMENSIONS, PANEL_VARIABLES, PARTIAL_INDEX, TREATMENT


@needs(PANEL, WEIGHTS, COVERAGE, SERIES_BREAKS)
def coverage(inputs: ReportInputs) -> Section:
    """Which variables and indicators have figures, by year and in all."""
    figure = Picture.of(
        "figure-coverage",
        "Coverage by variable and year: each column is filled up to the share of provinces that "
        "have a figure, as published or interpolated.",
        _availability_in_words(inputs[PANEL]),
        availability(inputs[PANEL], synthetic=inputs.synthetic),
    )
    blocks: list[Block] = [figure]
    counts = []
    indicators = list(inputs[WEIGHTS].sort_values("sort_order")["indicator"])
    for kind, order in (("indicator", indicators), ("variable", list(PANEL_VARIABLES))):
        rows = inputs[COVERAGE][inputs[COVERAGE]["kind"] == kind]
        place = {subject: position for position, subject in enumerate(order)}
        rows = rows.assign(place=rows["subject"].map(place)).sort_values("place")
        counts.append(f"{(rows['status'] != 'absent').sum()} of {len(rows)} {kind}s")
        blocks.append(
            Folded(f"Coverage of the {len(rows)} {kind}s", [_coverage_table(inputs, kind, rows)])
        )
    broken = _broken_series(inputs)
    if broken.rows:
        blocks.append(Folded("Breaks of series within these years", [broken]))
    lead = (
        f"{listed(counts)} have figures for at least some province-years; what is absent is "
        "listed with the inputs it lacks"
        + (
            f"; {count(len(broken.rows), 'break')} of series "
            f"{'lies' if len(broken.rows) == 1 else 'lie'} within these years, and figures before "
            "and after one are not strictly comparable."
            if broken.rows
            else "."
        )
        + _bridges(inputs)
    )
    return Section("coverage", "Coverage", lead, blocks)


def _bridges(inputs: ReportInputs) -> str:
    """How much of the two main variables rests on lines across a break of a series."""
    of = inputs[COVERAGE].query("kind == 'variable'").set_index("subject").to_dict("index")
    bridged = inputs[PANEL]["bridged_variables"].map(split)
    said = []
    for name in (TREATMENT, index_variable(inputs[PANEL])):
        if n := sum(name in names for names in bridged):
            there = inputs[PANEL][name].notna().sum()
            # Coverage has no row for a partial index; its longest gap is that of a dimension.
            parts = DIMENSIONS if name == PARTIAL_INDEX else (name,)
            gap = count(max(int(of[part]["longest_gap"]) for part in parts), "year")
            said.append(f"{n:,} of {there:,} figures of {name} (the longest gap {gap})")
    if not said:
        return ""
    return (
        f" Interpolated across a break of a series: {listed(said)}. Such a bridge invents what "
        "lies between its ends; what is estimated of Tables 4 to 10 is repeated without them."
    )


def _availability_in_words(panel: pd.DataFrame) -> str:
    shares = shares_available(panel).groupby(["variable", "state"], sort=False)["share"].mean()
    by_variable = shares.unstack().to_dict("index")
    pieces = [
        f"{name} {100 * (of['as published'] + of['interpolated']):.0f} % "
        f"({100 * of['interpolated']:.0f} % interpolated)"
        for name, of in by_variable.items()
    ]
    return (
        "A strip of columns by year for each variable. Province-years with a figure over all "
        f"years: {', '.join(pieces)}."
    )


def _broken_series(inputs: ReportInputs) -> TextTable:
    """The breaks that lie within the figures of an item, each with what changed."""
    items = inputs[COVERAGE][inputs[COVERAGE]["kind"] == "item"].set_index("subject")
    breaks = inputs[SERIES_BREAKS]
    within = [
        str(year) in split(items["series_breaks"].get(code, ""))
        for code, year in zip(breaks["item_code"], breaks["year"], strict=True)
    ]
    breaks = breaks[within]
    return TextTable(
        "series-breaks",
        "From which year on an item is counted by other rules",
        {
            "Item": inputs.item_labels(breaks["item_code"]),
            "From": texts(breaks["year"]),
            "What changed": texts(breaks["change"]),
            "Source": texts(breaks["source"]),
        },
    )


def _coverage_table(inputs: ReportInputs, kind: str, rows: pd.DataFrame) -> TextTable:
    n_expected, n_filled = rows["n_expected"], rows["n_interpolated"] + rows["n_edge_filled"]
    years = zip(rows["first_year"], rows["last_year"], strict=True)
    return TextTable(
        f"coverage-{kind}",
        f"Coverage of the {kind}s",
        {
            kind.capitalize(): [
                f"{label} ({subject})"
                for label, subject in zip(rows["label"], rows["subject"], strict=True)
            ],
            "": [
                bar(*parts) for parts in zip(rows["n_observed"], n_filled, n_expected, strict=True)
            ],
            "Coverage": Numbers(map(percent, n_expected - rows["n_missing"], n_expected)),
            "Interpolated": Numbers(map(percent, n_filled, n_expected)),
            "Longest gap": numbers(rows["longest_gap"]),
            "Across a break": Numbers(map(percent, rows["n_across_breaks"], n_expected)),
            "Breaks": [", ".join(split(cell)) or ABSENT for cell in rows["series_breaks"]],
            "Withheld": numbers(rows["n_withheld"]),
            "Years": Numbers(ABSENT if pd.isna(pair[0]) else span(pair) for pair in years),
            "Provinces": numbers(rows["n_provinces"]),
            "Missing inputs": [
                "; ".join(inputs.item_labels(split(cell))) or ABSENT
                for cell in rows["missing_inputs"]
            ],
        },
    )
