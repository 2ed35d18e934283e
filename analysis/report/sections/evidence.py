"""The sections on the data behind the results: gaps, what was set aside, corrections, checks."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import (
    ROWS_SHOWN,
    Block,
    Folded,
    Numbers,
    Section,
    TextTable,
    numbers,
    shortened,
    texts,
)
from analysis.report.frames import (
    CHECKS,
    COVERAGE,
    EDITIONS,
    FILES,
    FILLED,
    PANEL,
    PREFERRED,
    RECONCILIATION,
    SET_ASIDE,
)
from analysis.report.inputs import EDGE_METHODS, ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.wording import count, in_words, percent, signed_percent

# Provincial sums that differ less than this from the national row add up but for rounding.
NEAR = 0.01


@needs(FILLED, COVERAGE)
def interpolation(inputs: ReportInputs) -> Section:
    """Interpolated figures by item: between two figures, at the edges, and the longest gap."""
    title, n_filled, n_usable = "What was interpolated", inputs.n_filled, inputs.n_usable
    if not n_filled:
        lead = f"Nothing: all {n_usable:,} item figures used are as published."
        return Section("interpolation", title, lead)
    method = inputs[FILLED]["fill_method"]
    kinds = pd.DataFrame(
        {
            "item_code": inputs[FILLED]["item_code"],
            "observed": method == "observed",
            "between": method == "linear",
            "at_edge": method.isin(EDGE_METHODS),
            "crosses_break": inputs[FILLED]["crosses_break"].astype(bool),
        }
    )
    by_item = kinds.groupby("item_code").sum()
    by_item["filled"] = by_item["between"] + by_item["at_edge"]
    by_item["gap"] = inputs[FILLED].groupby("item_code")["gap_length"].max()
    by_item = by_item[by_item["filled"] > 0].sort_values(["filled", "gap"], ascending=False)
    labels = inputs.item_labels(by_item.index)
    table = TextTable(
        "interpolation-table",
        "Interpolated figures by item (cells are province-years; gaps in years)",
        {
            "Item": labels,
            "As published": numbers(by_item["observed"]),
            "Between (linear)": numbers(by_item["between"]),
            f"At an edge ({inputs.options['edge_fill']})": numbers(by_item["at_edge"]),
            "Across a break": numbers(by_item["crosses_break"]),
            "Longest gap": numbers(by_item["gap"]),
        },
    )
    lead = (
        f"{n_filled:,} of {n_usable:,} figures ({percent(n_filled, n_usable)}) in {len(by_item)} "
        f"of {len(kinds['item_code'].unique())} items are interpolated, most in “{labels[0]}”; the "
        f"longest gap is {count(int(by_item['gap'].max()), 'year')}."
    )
    if n_across := int(by_item["crosses_break"].sum()):
        lead += (
            f" {n_across:,} of them rest on a figure from the other side of a break in its series."
        )
    return Section("interpolation", title, lead, shortened(table, "items"))


@needs(FILES, SET_ASIDE)
def set_aside(inputs: ReportInputs) -> Section:
    """Cells that did not land, by reason, with examples; and the files read."""
    aside, title = inputs.set_aside, "What was set aside"
    files = inputs.files.sort_values("load_seq")
    listing = TextTable(
        "files",
        "Files read",
        {
            "File": texts(files["source_file"]),
            "Reader": texts(files["reader"], ABSENT),
            "Cells read": numbers(files["cells_read"]),
            "Landed": numbers(files["cells_landed"]),
            "Set aside": numbers(files["cells_set_aside"]),
            "SHA-256": [text[:12] for text in files["source_hash"]],
            "Loaded": [f"{moment:%Y-%m-%d %H:%M}" for moment in files["loaded_at"]],
        },
        quotes=True,
    )
    folded = Folded(f"The {count(len(files), 'file')} read", [listing])
    if aside.empty:
        return Section("set-aside", title, "Nothing: every cell read has landed.", [folded])

    by_reason = aside.groupby("reason").agg(
        cells=("reason", "size"), files=("source_file", "nunique"), expected=("expected", "first")
    )
    by_reason = by_reason.sort_values("cells", ascending=False)
    reasons = TextTable(
        "set-aside-reasons",
        "Cells set aside, by reason",
        {
            "Reason": [in_words(str(reason)) for reason in by_reason.index],
            "Cells": numbers(by_reason["cells"]),
            "Files": numbers(by_reason["files"]),
            "Expected, for example": texts(by_reason["expected"]),
        },
    )
    # A few of each reason say more than the first dozen of one.
    sample = aside.groupby("reason", sort=False).head(3).head(ROWS_SHOWN)
    first = TextTable(
        "set-aside-rows",
        f"{len(sample)} of the {len(aside):,} cells set aside, up to three for each reason",
        {
            "File": texts(sample["source_file"]),
            "Sheet": texts(sample["source_sheet"]),
            "Row": numbers(sample["source_row"]),
            "Column": texts(sample["source_column"]),
            "Item": texts(sample["item_printed"]),
            "Province": texts(sample["province_printed"]),
            "Year": texts(sample["year_printed"]),
            "Value": texts(sample["value_printed"]),
            "Unit": texts(sample["unit_printed"]),
            "Reason": [in_words(reason) for reason in sample["reason"]],
        },
        quotes=True,
    )
    lead = (
        f"{len(aside):,} of {files['cells_read'].sum():,} cells read did not land, for "
        f"{count(len(by_reason), 'reason')}; all of them, with file, row and column, are kept in "
        "the warehouse table raw.set_aside."
    )
    return Section("set-aside", title, lead, [reasons, first, folded])


@needs(PREFERRED, COVERAGE, PANEL)
def corrections(inputs: ReportInputs) -> Section:
    """Printed figures replaced by a row of the corrections file."""
    frame, title = inputs[PREFERRED], "What was corrected"
    frame = frame[frame["is_corrected"].astype(bool)]
    if frame.empty:
        lead = "Nothing: no row of the corrections file applies to this dataset."
        return Section("corrections", title, lead)
    table = TextTable(
        "corrections-table",
        "Figures corrected, with both values (canonical units)",
        {
            "Item": inputs.item_labels(frame["item_code"]),
            "Province": inputs.province_names(frame["province_code"]),
            "Year": texts(frame["year"]),
            "Edition": texts(frame["edition"]),
            "As printed": Numbers(texts(frame["value_as_printed"])),
            "Used": Numbers(texts(frame["value_used"])),
            "Reason": texts(frame["correction_reason"]),
        },
    )
    lead = (
        f"{count(len(frame), 'printed figure')} {'is' if len(frame) == 1 else 'are'} replaced by a "
        "row of the corrections file; the printed value is kept beside the one used."
    )
    return Section("corrections", title, lead, [table])


@needs(EDITIONS, COVERAGE, PANEL)
def withheld(inputs: ReportInputs) -> Section:
    """Printed figures that are known to be wrong, and so not used."""
    frame, title = inputs[EDITIONS], "What was withheld"
    frame = frame[frame["verdict"] == "withheld"]
    if frame.empty:
        lead = "Nothing: no figure read is known to be wrong."
        return Section("withheld", title, lead)
    frame = frame.sort_values(["item_code", "province_code", "year"])
    table = TextTable(
        "withheld-table",
        "Figures known to be wrong and not used (canonical units)",
        {
            "Item": inputs.item_labels(frame["item_code"]),
            "Province": inputs.province_names(frame["province_code"]),
            "Year": texts(frame["year"]),
            "As printed": Numbers(texts(frame["value_as_printed"])),
            "File": texts(frame["source_file"]),
            "Reason": texts(frame["withheld_reason"]),
        },
    )
    lead = (
        f"{count(len(frame), 'printed figure')} {'is' if len(frame) == 1 else 'are'} known to be "
        "wrong: kept, but nothing is computed from "
        f"{'it' if len(frame) == 1 else 'them'} until another figure for the cell comes."
    )
    return Section("withheld", title, lead, shortened(table, "figures"))


@needs(RECONCILIATION, COVERAGE, PANEL)
def reconciliation(inputs: ReportInputs) -> Section:
    """Provincial sums against the yearbooks' national rows, where no province is missing."""
    title, n_provinces = (
        "Provincial sums and national totals",
        inputs[PANEL]["province_code"].nunique(),
    )
    frame = inputs[RECONCILIATION]
    whole = frame[frame["n_provinces"] == n_provinces]
    n_part = len(frame) - len(whole)
    left_out = f"{count(n_part, 'item-year')} with a province missing" if n_part else ""
    if whole.empty:
        lead = (
            "No file has a national row of an item that adds up over provinces, in a year in which "
            f"all {n_provinces} have a figure, so there is nothing to compare"
            + (f" ({left_out})." if left_out else ".")
        )
        return Section("reconciliation", title, lead)
    whole = whole.assign(size=whole["relative_difference"].abs())
    worst = whole.sort_values("size", ascending=False).drop_duplicates("item_code")
    by_item = whole.groupby("item_code")["relative_difference"].agg(["size", "median"])
    by_item = by_item.loc[worst["item_code"]]
    labels = inputs.item_labels(worst["item_code"])
    table = TextTable(
        "reconciliation-table",
        "Provincial sum less national row, as a share of the national row (sums: canonical units, "
        "in the year of the largest difference)",
        {
            "Item": labels,
            "Years": numbers(by_item["size"]),
            "Median": Numbers(map(signed_percent, by_item["median"])),
            "Largest": Numbers(map(signed_percent, worst["relative_difference"])),
            "in year": texts(worst["year"]),
            "Provincial sum": numbers(worst["provincial_sum"], 1),
            "National row": numbers(worst["national_value"], 1),
        },
    )
    lead = (
        f"In {(whole['size'] <= NEAR).sum():,} of {len(whole):,} item-years in which all "
        f"{n_provinces} provinces have a figure they add up to the national row within "
        f"{100 * NEAR:.0f} %; the largest difference is "
        f"{signed_percent(worst['relative_difference'].iloc[0])} (“{labels[0]}”, "
        f"{worst['year'].iloc[0]}). National rows are compared, never used"
        + (f"; {left_out} {'is' if n_part == 1 else 'are'} not compared." if left_out else ".")
    )
    return Section("reconciliation", title, lead, shortened(table, "items"))


@needs(*CHECKS)
def checks(inputs: ReportInputs) -> Section:
    """Check results, failures first."""
    failed, counts = inputs.failed_checks, inputs.check_counts
    passed = inputs.checks[inputs.checks["passed"].astype(bool)]
    lead = f"All {counts.made} checks of the data passed."
    blocks: list[Block] = []
    if len(failed):
        lead = (
            f"{len(failed)} of {counts.made} checks failed ({count(counts.errors, 'error')}, which "
            f"stop a refresh, and {count(counts.warnings, 'warning')}, which are reported and stop "
            "nothing); failures stand first."
        )
        columns = {
            **_check_columns(failed),
            "Rows": numbers(failed["n_unexpected"]),
            "First of them": texts(failed["first_rows"], ABSENT),
        }
        blocks.append(TextTable("checks-failed", "Checks that failed", columns))
    if len(passed):
        table = TextTable("checks-passed", "Checks that passed", _check_columns(passed))
        blocks.append(Folded(f"The {count(len(passed), 'check')} that passed", [table]))
    return Section("checks", "Checks", lead, blocks)


def _check_columns(rows: pd.DataFrame) -> dict[str, list[str]]:
    names = ("check", "severity", "layer", "expected", "observed")
    return {name.capitalize(): texts(rows[name], ABSENT) for name in names}
