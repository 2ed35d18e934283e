"""The frames a report is made of, and what several of its parts say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from analysis.paper.columns import BASELINE
from analysis.report.words import listed, number, plain, span, split

EDGE_METHODS = ("nearest", "edge_linear")


@dataclass(frozen=True, eq=False)
class ReportInputs:
    """What a report is made of: frames named by the table they come from.

    options: the dbt vars `edition_policy`, `edge_fill` and `index_scope` of this build.
    panel: fct_panel. index: fct_index. agglomeration: fct_agglomeration. weights: dim_indicator.
    descriptives: fct_descriptives. coverage: fct_coverage. index_frozen: fct_index_frozen.
    vintage: which vintage this is and what changed since the last, in a sentence.
    revised_inputs, revised_values: cause, item, province_code, year, new_file; variable, province,
        year, old_value, new_value, change, its part for each cause, old_rank, new_rank: what
        changed since the last vintage; None in the first.
    estimates: rows in `analysis.paper.columns.COLUMNS`, and what the paper prints beside them;
        published_estimates: the seed. `table` and `column` are text in both.
    not_estimable: table, column, missing_variables (comma-joined), reason.
    estimation_notes: table, column, note: what a reader of an estimate must know.
    mediation, conditional_effects, robustness, specification_curve: as in
        `analysis.paper.indirect_effects`.
    print_audit: as in `analysis.paper.print_audit.COLUMNS`.
    spatial_weights, morans_i, local_moran: as in `analysis.paper.moran_tables`.
    spatial_models, spatial_tests, rho_bootstrap, spatial_pathways: as `models`, `tests`,
        `small_sample` and `pathways` in `analysis.paper.table_11`.
    province_tiles: the seed: province_code, tile_row, tile_column.
    filled: item_code, fill_method, gap_length, one row a cell of int_items__filled.
    corrections: item_code, province_code, year, edition, value_as_printed, value_used,
        correction_reason: the corrected rows of int_items__preferred.
    withheld: item_code, province_code, year, value_as_printed, source_file, withheld_reason:
        the rows of int_items__editions that are known to be wrong. series_breaks: the seed.
    reconciliation: int_items__national_reconciliation.
    files, set_aside: stg_raw__files and stg_raw__set_aside, of the newest load of each file.
    checks: layer, check, severity (ERROR or WARN), passed, expected, observed, n_unexpected,
        first_rows (text).
    """

    dataset: str
    synthetic: bool
    made_at: datetime
    options: Mapping[str, str]
    panel: pd.DataFrame
    index: pd.DataFrame
    agglomeration: pd.DataFrame
    weights: pd.DataFrame
    descriptives: pd.DataFrame
    estimates: pd.DataFrame
    published_estimates: pd.DataFrame
    not_estimable: pd.DataFrame
    estimation_notes: pd.DataFrame
    mediation: pd.DataFrame
    conditional_effects: pd.DataFrame
    robustness: pd.DataFrame
    specification_curve: pd.DataFrame
    print_audit: pd.DataFrame
    spatial_weights: pd.DataFrame
    morans_i: pd.DataFrame
    local_moran: pd.DataFrame
    spatial_models: pd.DataFrame
    spatial_tests: pd.DataFrame
    rho_bootstrap: pd.DataFrame
    spatial_pathways: pd.DataFrame
    province_tiles: pd.DataFrame
    coverage: pd.DataFrame
    index_frozen: pd.DataFrame
    vintage: str
    filled: pd.DataFrame
    corrections: pd.DataFrame
    withheld: pd.DataFrame
    series_breaks: pd.DataFrame
    reconciliation: pd.DataFrame
    files: pd.DataFrame
    set_aside: pd.DataFrame
    checks: pd.DataFrame
    revised_inputs: pd.DataFrame | None = None
    revised_values: pd.DataFrame | None = None

    @property
    def n_at_hand(self) -> int:
        """Indicators that have figures."""
        return int(self.weights["is_available"].astype(bool).sum())

    @property
    def n_expected(self) -> int:
        """Indicators of the paper."""
        return len(self.weights)

    @property
    def n_indexed(self) -> int:
        """Province-years that have an index."""
        return int(self.index["ami"].notna().sum())

    @property
    def n_filled(self) -> int:
        """Interpolated item figures."""
        return int(self.filled["fill_method"].isin(("linear", *EDGE_METHODS)).sum())

    @property
    def n_usable(self) -> int:
        """Item figures that have a value, as published or interpolated."""
        return int((self.filled["fill_method"] != "missing").sum())

    @property
    def failed_checks(self) -> pd.DataFrame:
        """Errors before warnings."""
        failed = self.checks[~self.checks["passed"].astype(bool)]
        return failed.sort_values("severity", kind="stable")

    def item_labels(self, codes: Iterable[str]) -> list[str]:
        """Items in words; a code without a label stays."""
        items = self.coverage[self.coverage["kind"] == "item"]
        labels = dict(zip(items["subject"], items["label"], strict=True))
        return [str(labels.get(code, code)) for code in codes]

    def province_names(self, codes: Iterable[str]) -> list[str]:
        names = dict(zip(self.panel["province_code"], self.panel["province"], strict=True))
        return [str(names.get(code, code)) for code in codes]


def coverage_sentence(inputs: ReportInputs) -> str:
    """How much of the paper's index this dataset has: stands wherever the index does."""
    at_hand, expected = inputs.n_at_hand, inputs.n_expected
    if inputs.n_indexed:
        return (
            f"Index computed from {at_hand} of {expected} indicators, "
            f"in {inputs.n_indexed:,} of {len(inputs.index):,} province-years."
        )
    if at_hand:
        return (
            f"No index: {at_hand} of {expected} indicators are at hand, "
            "but no province-year has all of them."
        )
    return f"No index: 0 of {expected} indicators are at hand."


def variables_sentence(inputs: ReportInputs) -> str:
    """How many variables have figures, and where coagglo does."""
    variables = inputs.coverage[inputs.coverage["kind"] == "variable"]
    n_at_hand = int((variables["status"] != "absent").sum())
    words = f"{n_at_hand} of {len(variables)} variables of the panel have figures"
    years = inputs.panel.loc[inputs.panel["coagglo"].notna(), "year"]
    if years.empty:
        return f"{words}; synergy agglomeration (coagglo) has none."
    return (
        f"{words}; synergy agglomeration (coagglo) covers {span(years)}, "
        f"{len(years):,} of {len(inputs.panel):,} province-years."
    )


def baseline_sentence(inputs: ReportInputs) -> str:
    """The estimate of interest beside the paper's, or why there is none."""
    row = baseline_coefficient(inputs.estimates)
    if row is None:
        return f"The baseline regression was not estimated: {baseline_obstacle(inputs)}."
    printed = baseline_coefficient(inputs.published_estimates)
    beside = "" if printed is None else f", beside {number(printed['estimate'], 3)} in the paper"
    return (
        "The baseline regression (Table 4, column 1) puts the effect of coagglo on ami at "
        f"{number(row['estimate'], 3)} (standard error {number(row['dispersion'], 3)}){beside}."
    )


def baseline_coefficient(estimates: pd.DataFrame) -> pd.Series | None:
    """The row of coagglo in Table 4, column (1); None where it was not estimated."""
    rows = estimates[_of_baseline(estimates) & (estimates["term"] == "coagglo")]
    return None if rows.empty else rows.iloc[0]


def baseline_obstacle(inputs: ReportInputs) -> str:
    """Why Table 4, column (1) was not estimated."""
    return _reason(inputs.not_estimable[_of_baseline(inputs.not_estimable)])


def obstacle(inputs: ReportInputs, table: str) -> str:
    """Why nothing of a table was estimated: the reason of its first column."""
    return _reason(inputs.not_estimable[inputs.not_estimable["table"] == table])


def _reason(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "no reason was recorded"
    missing = split(rows["missing_variables"].iloc[0])
    if missing:
        return f"the dataset has no value of {listed(missing)}"
    return plain(rows["reason"].iloc[0])


def _of_baseline(frame: pd.DataFrame) -> pd.Series:
    return (frame["table"] == BASELINE.table) & (frame["column"] == BASELINE.column)
