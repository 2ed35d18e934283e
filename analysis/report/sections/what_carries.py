"""The section on what carries the headline: indicators, items on both sides, province-years."""

from __future__ import annotations

import pandas as pd

from analysis.paper.coefficient_parts import (
    DIMENSION,
    INDEX_OF_OTHERS,
    INDICATOR,
    NOT_SHARED,
    WHOLE,
)
from analysis.paper.row_influence import CELL, FIGURE, ROW
from analysis.paper.specifications import BASELINE
from analysis.report.blocks import (
    Block,
    Folded,
    Paragraph,
    Section,
    TextTable,
    numbers,
    shortened,
    texts,
    yes_no,
)
from analysis.report.frames import COEFFICIENT_PARTS, COVERAGE, ROW_INFLUENCE, WEIGHTS
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import opened, p_words
from analysis.report.wording import count, listed, number, split
from analysis.variables import DIMENSIONS, TREATMENT

_KEYS = ["table", "column", "sample", "outcome", "term"]
_NOTE = (
    "The index is a sum over its indicators, so that each coefficient on it is the sum of the "
    "coefficients on their points; standard errors are clustered by province. An indicator whose "
    "formula has a raw item in common with the right-hand side moves with it for that reason alone "
    "(ratio variables with common components, Kronmal 1993; mechanical correlation): what is left "
    "without such indicators is shown as their sum, and as an index of the other indicators whose "
    "weights again add up to one. Table 11 is split with rho as estimated."
)


_ROWS = (
    "Leaving a province-year out changes a coefficient by its influence, to first order; the "
    "change beside it is exact. The approximate maximum influence (Broderick, Giordano and Meager "
    "2020) adds up the largest until the sign, or the end of the 95 % interval, crosses zero; each "
    "set is tried by a regression without it. Coefficients that are not named need more than a "
    "tenth of their province-years. A figure of an indicator moves a coefficient through its "
    "score, as the smallest or largest through the bounds, and through the entropy weights; a raw "
    "cell through every figure that is made of it, on both sides. The whole list is "
    "row_influence.csv."
)


@needs(COEFFICIENT_PARTS, ROW_INFLUENCE, WEIGHTS, COVERAGE)
def what_carries(inputs: ReportInputs) -> Section:
    """The baseline by indicator and province-year; every coefficient without what carries it."""
    title, frame = "What carries the headline", inputs[COEFFICIENT_PARTS]
    first = frame[(frame["column"] == BASELINE.column) & (frame["term"] == TREATMENT)]
    first = first[first["table"].isin([BASELINE.table, f"reduced table {BASELINE.table}"])]
    if first.empty:
        lead = "The baseline is not estimable: there is no coefficient to split."
        return Section("what-carries", title, lead)
    blocks: list[Block] = [_of_baseline(inputs, first), Paragraph(_NOTE)]
    if (frame["kind"] == NOT_SHARED).any():
        without = without_shared_items(frame, "what-carries-without-shared")
        blocks.append(Folded("Every coefficient without shared items", [without]))
    blocks += _province_years(inputs, first.iloc[0])
    return Section("what-carries", title, opened(inputs, _sentence(inputs, first)), blocks)


def _sentence(inputs: ReportInputs, rows: pd.DataFrame) -> str:
    whole = rows[rows["kind"] == WHOLE].to_dict("records")[0]
    indicators = rows[rows["kind"] == INDICATOR]
    largest = max(indicators.to_dict("records"), key=lambda row: abs(row["estimate"]))
    name = "the baseline coefficient" if whole["table"] == BASELINE.table else "the reduced one"
    said = (
        f"of {name} of coagglo, {number(whole['estimate'], 3)}, {largest['component']} carries "
        f"{number(100 * largest['share_of_estimate'], 1)} %"
    )
    shared = indicators[indicators["shared_items"] != ""]
    if shared.empty:
        return f"{said}; no indicator has a raw item in common with the right-hand side"
    said += (
        f"; WARNING: {count(len(shared), 'indicator')} ({listed(list(shared['component']))}) "
        f"{'has' if len(shared) == 1 else 'have'} raw items in common with the right-hand side "
        f"({listed(inputs.item_labels(split(whole['shared_items'])))})"
    )
    others = rows[rows["kind"] == INDEX_OF_OTHERS].to_dict("records")
    if not others:
        return f"{said}, and there is no other indicator"
    return (
        f"{said}; an index of the other {len(indicators) - len(shared)} has the coefficient "
        f"{number(others[0]['estimate'], 3)} (standard error {number(others[0]['std_error'], 3)}, "
        f"p {p_words(others[0]['p_value'])})"
    )


def _province_years(inputs: ReportInputs, baseline: pd.Series) -> list[Block]:
    """What matters most to the baseline; the fewest province-years that turn each one."""
    influence = inputs[ROW_INFLUENCE]
    of_baseline = influence[(influence[_KEYS] == baseline[_KEYS]).all(axis=1)]
    own, figures, cells = (of_baseline[of_baseline["kind"] == kind] for kind in (ROW, FIGURE, CELL))
    sets = influence[~influence["kind"].isin([ROW, FIGURE, CELL])]
    if own.empty:
        return []
    rows = TextTable(
        "what-carries-rows",
        f"The {len(own)} province-years that the baseline coefficient of coagglo rests on most",
        {
            "Left out": texts(own["province_years"]),
            "Change, to first order": numbers(own["change_first_order"], 4),
            "Change": numbers(own["change_exact"], 4),
        },
    )
    turned = TextTable(
        "what-carries-turned",
        "The fewest province-years that to first order turn a coefficient",
        {
            "Coefficient": [
                f"{table} ({column}) {term}"
                for table, column, term in zip(
                    sets["table"], sets["column"], sets["term"], strict=True
                )
            ],
            "Turns": texts(sets["kind"]),
            "Province-years": numbers(sets["n_rows"]),
            "Share, %": numbers(100 * sets["share_of_rows"], 1),
            "Estimate": numbers(sets["estimate"], 3),
            "Predicted": numbers(sets["estimate"] + sets["change_first_order"], 3),
            "Refitted": numbers(sets["estimate"] + sets["change_exact"], 3),
            "p": numbers(sets["refitted_p"], 3),
            "Holds": yes_no(sets["holds"]),
        },
    )
    return [
        *shortened(rows, "province-years"),
        Folded(turned.caption, [turned]),
        *shortened(_moved(inputs, figures, FIGURE), "figures"),
        *(shortened(_moved(inputs, cells, CELL), "cells") if len(cells) else ()),
        Paragraph(_ROWS),
    ]


def _moved(inputs: ReportInputs, rows: pd.DataFrame, kind: str) -> TextTable:
    """Figures or raw cells that move the baseline most."""
    if kind == CELL:
        caption, names = "raw cells of which one per cent more", inputs.item_labels(rows["figure"])
    else:
        caption, names = "figures whose move by a hundredth of their range", texts(rows["figure"])
    return TextTable(
        f"what-carries-{kind}s",
        f"The {len(rows)} {caption} moves it most",
        {
            kind.capitalize(): names,
            "Province-year": texts(rows["province_years"]),
            "Change, to first order": numbers(rows["change_first_order"], 4),
        },
    )


def _of_baseline(inputs: ReportInputs, rows: pd.DataFrame) -> TextTable:
    """Each dimension, its indicators below it from the largest down; then what is not shared."""
    of_dimension = inputs[WEIGHTS].set_index("indicator")["dimension"]
    parts = rows[rows["kind"] == INDICATOR]
    ordered = [rows[rows["kind"] == WHOLE]]
    for dimension in DIMENSIONS:
        of = parts[parts["component"].map(of_dimension) == dimension]
        ordered.append(rows[(rows["kind"] == DIMENSION) & (rows["component"] == dimension)])
        ordered.append(of.sort_values("estimate", ascending=False, kind="stable"))
    ordered.append(rows[rows["kind"].isin([NOT_SHARED, INDEX_OF_OTHERS])])
    shown = pd.concat(ordered)
    return TextTable(
        "what-carries-baseline",
        "The baseline coefficient of coagglo by dimension and indicator",
        {
            "Part": [
                f"{'– ' if kind == INDICATOR else ''}{component or kind}"
                for kind, component in zip(shown["kind"], shown["component"], strict=True)
            ],
            "Points of the index per unit": numbers(shown["estimate"], 3),
            "Standard error": numbers(shown["std_error"], 3),
            "Share, %": numbers(100 * shown["share_of_estimate"], 1),
            "Items on both sides": [
                listed(inputs.item_labels(split(items))) or ABSENT
                for items in shown["shared_items"]
            ],
        },
    )


def without_shared_items(frame: pd.DataFrame, identifier: str) -> TextTable:
    """The coefficients of a part of the table `coefficient_parts`, as they are and without."""
    kinds = {
        kind: frame[frame["kind"] == kind].set_index(_KEYS)
        for kind in (WHOLE, NOT_SHARED, INDEX_OF_OTHERS)
    }
    keys = kinds[NOT_SHARED].index
    whole, without, others = (kinds[kind].reindex(keys) for kind in kinds)
    return TextTable(
        identifier,
        "Coefficients without the indicators that share a raw item with the right-hand side",
        {
            "Coefficient": [f"{table} ({column}) {term}" for table, column, _, _, term in keys],
            "Outcome": texts(keys.get_level_values("outcome")),
            "Estimate": numbers(whole["estimate"], 3),
            "Standard error": numbers(whole["std_error"], 3),
            "Without them": numbers(without["estimate"], 3),
            "Share left, %": numbers(100 * without["share_of_estimate"], 1),
            "Index of the others": numbers(others["estimate"], 3),
            "Standard error ": numbers(others["std_error"], 3),
            "p": numbers(others["p_value"], 3),
        },
    )
