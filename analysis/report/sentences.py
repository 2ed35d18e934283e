"""What several parts of the report say of the data, in a sentence each."""

from __future__ import annotations

import pandas as pd

from analysis.paper.specifications import BASELINE
from analysis.report.frames import (
    COVERAGE,
    ESTIMATES,
    INDEX,
    NOT_ESTIMABLE,
    PANEL,
    PUBLISHED_ESTIMATES,
    REDUCED_TABLE_4,
)
from analysis.report.inputs import ReportInputs
from analysis.report.wording import listed, number, plain, span, split
from analysis.variables import PARTIAL_INDEX, TREATMENT


def coverage_sentence(inputs: ReportInputs) -> str:
    """How much of the paper's index this dataset has: stands wherever the index does."""
    at_hand, expected = inputs.n_at_hand, inputs.n_expected
    if inputs.n_indexed:
        is_partial = inputs.index_variable == PARTIAL_INDEX
        words = (
            f"{'Partial index, not the Advanced Manufacturing Index,' if is_partial else 'Index'} "
            f"computed from {at_hand} of {expected} indicators, in {inputs.n_indexed:,} of "
            f"{len(inputs[INDEX]):,} province-years."
        )
        if years := inputs.provisional_years:
            words += (
                f" {listed([str(year) for year in years])} "
                f"{'is' if len(years) == 1 else 'are'} provisional: too few provinces have "
                "figures of the year itself."
            )
        return words
    if at_hand:
        return (
            f"No index: {at_hand} of {expected} indicators are at hand, "
            "but no province-year has all of them."
        )
    return f"No index: 0 of {expected} indicators are at hand."


def variables_sentence(inputs: ReportInputs) -> str:
    """How many variables have figures, and where coagglo does."""
    variables = inputs[COVERAGE][inputs[COVERAGE]["kind"] == "variable"]
    n_at_hand = int((variables["status"] != "absent").sum())
    words = f"{n_at_hand} of {len(variables)} variables of the panel have figures"
    years = inputs[PANEL].loc[inputs[PANEL]["coagglo"].notna(), "year"]
    if years.empty:
        return f"{words}; synergy agglomeration (coagglo) has none."
    return (
        f"{words}; synergy agglomeration (coagglo) covers {span(years)}, "
        f"{len(years):,} of {len(inputs[PANEL]):,} province-years."
    )


def baseline_sentence(inputs: ReportInputs) -> str:
    """The estimate of interest beside the paper's, or why there is none."""
    row = baseline_coefficient(inputs[ESTIMATES])
    if row is None:
        refused = f"The baseline regression was not estimated: {baseline_obstacle(inputs)}."
        return f"{refused} {reduced_sentence(inputs)}".rstrip()
    printed = baseline_coefficient(inputs[PUBLISHED_ESTIMATES])
    beside = "" if printed is None else f", beside {number(printed['estimate'], 3)} in the paper"
    return (
        "The baseline regression (Table 4, column 1) puts the effect of coagglo on ami at "
        f"{number(row['estimate'], 3)} (standard error {number(row['dispersion'], 3)}){beside}."
    )


def reduced_sentence(inputs: ReportInputs) -> str:
    """The estimate of interest with the controls at hand; empty where there is none."""
    frame = inputs[REDUCED_TABLE_4]
    rows = frame[(frame["column"] == BASELINE.column) & (frame["term"] == TREATMENT)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    missing = split(row["missing_controls"])
    without = f", without {listed(missing)}," if missing else ""
    why = "what the missing controls explain may be in it" if missing else "the index is partial"
    return (
        f"Reduced{without} it puts the effect of coagglo on {row['outcome']} at "
        f"{number(row['estimate'], 3)} (standard error {number(row['dispersion'], 3)}, wild "
        f"bootstrap p {number(row['wild_p_value'], 3)}), which is not the paper’s regression: "
        f"{why}."
    )


def baseline_coefficient(estimates: pd.DataFrame) -> pd.Series | None:
    """The row of coagglo in Table 4, column (1); None where it was not estimated."""
    rows = estimates[_of_baseline(estimates) & (estimates["term"] == "coagglo")]
    return None if rows.empty else rows.iloc[0]


def baseline_obstacle(inputs: ReportInputs) -> str:
    """Why Table 4, column (1) was not estimated."""
    return _reason(inputs[NOT_ESTIMABLE][_of_baseline(inputs[NOT_ESTIMABLE])])


def obstacle(inputs: ReportInputs, table: str) -> str:
    """Why nothing of a table was estimated: the reason of its first column."""
    return _reason(inputs[NOT_ESTIMABLE][inputs[NOT_ESTIMABLE]["table"] == table])


def _reason(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "no reason was recorded"
    missing = split(rows["missing_variables"].iloc[0])
    if missing:
        _, _, further = rows["reason"].iloc[0].partition("; ")
        return "; ".join(filter(None, [f"the dataset has no value of {listed(missing)}", further]))
    return plain(rows["reason"].iloc[0])


def _of_baseline(frame: pd.DataFrame) -> pd.Series:
    return (frame["table"] == BASELINE.table) & (frame["column"] == BASELINE.column)
