"""What a report is made of: frames by the table they come from, and what its parts need of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

import pandas as pd

from analysis.check_counts import CheckCounts
from analysis.report.frames import CHECKS, COVERAGE, FILES, FILLED, INDEX, PANEL, SET_ASIDE, WEIGHTS
from analysis.standing import INDEX_TITLES, index_variable
from yearbooks.observed_units import PROVINCES, ObservedUnits

EDGE_METHODS = ("nearest", "edge_linear")
Said = TypeVar("Said")


@dataclass(frozen=True, eq=False)
class ReportInputs:
    """The tables that parts of a report name among their needs, as the warehouse has them.

    units: what is observed, in whose words the page speaks.
    options: the dbt vars `edition_policy`, `edge_fill` and `index_scope` of this build.
    frames: by schema and name. What changed since the last vintage is not there in the first.
    """

    dataset: str
    synthetic: bool
    made_at: datetime
    options: Mapping[str, str]
    frames: Mapping[str, pd.DataFrame]
    units: ObservedUnits = PROVINCES

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.frames[table]

    def only(self, tables: Iterable[str]) -> ReportInputs:
        """The same with no other frames: what a part does not name it does not see."""
        frames = {table: self.frames[table] for table in tables if table in self.frames}
        return replace(self, frames=frames)

    @property
    def n_at_hand(self) -> int:
        """Indicators that have figures."""
        return int(self[WEIGHTS]["is_available"].astype(bool).sum())

    @property
    def n_expected(self) -> int:
        """Indicators of the paper."""
        return len(self[WEIGHTS])

    @property
    def n_indexed(self) -> int:
        """Province-years that have an index."""
        return int(self[INDEX][self.index_variable].notna().sum())

    @property
    def index_variable(self) -> str:
        """`ami`, or `ami_partial` where the index is a partial one."""
        return index_variable(self[INDEX])

    @property
    def index_title(self) -> str:
        return INDEX_TITLES[self.index_variable]

    @property
    def provisional_years(self) -> list[int]:
        """Years with an index in which too few provinces have figures of the year."""
        index = self[INDEX]
        rows = index[index["is_provisional"].astype(bool) & index[self.index_variable].notna()]
        return sorted(rows["year"].unique().tolist())

    @property
    def n_filled(self) -> int:
        """Interpolated item figures."""
        return int(self[FILLED]["fill_method"].isin(("linear", *EDGE_METHODS)).sum())

    @property
    def n_usable(self) -> int:
        """Item figures that have a value, as published or interpolated."""
        return int((self[FILLED]["fill_method"] != "missing").sum())

    @property
    def files(self) -> pd.DataFrame:
        """The newest load of each file that was read."""
        return self[FILES][self[FILES]["is_newest_load"].astype(bool)]

    @property
    def set_aside(self) -> pd.DataFrame:
        """Cells of these loads that did not land."""
        return self[SET_ASIDE][self[SET_ASIDE]["load_seq"].isin(self.files["load_seq"])]

    @property
    def checks(self) -> pd.DataFrame:
        """What every gate found: layer, check, severity, passed and what broke it."""
        return pd.concat([self[table] for table in CHECKS], ignore_index=True)

    @property
    def check_counts(self) -> CheckCounts:
        return CheckCounts.of(zip(self.checks["passed"], self.checks["severity"], strict=True))

    @property
    def failed_checks(self) -> pd.DataFrame:
        """Errors before warnings."""
        checks = self.checks
        failed = checks[~checks["passed"].astype(bool)]
        return failed.sort_values("severity", kind="stable")

    def item_labels(self, codes: Iterable[str]) -> list[str]:
        """Items in words; a code without a label stays."""
        items = self[COVERAGE][self[COVERAGE]["kind"] == "item"]
        labels = dict(zip(items["subject"], items["label"], strict=True))
        return [str(labels.get(code, code)) for code in codes]

    def province_names(self, codes: Iterable[str]) -> list[str]:
        names = dict(zip(self[PANEL]["province_code"], self[PANEL]["province"], strict=True))
        return [str(names.get(code, code)) for code in codes]


@dataclass(frozen=True)
class ReportPart(Generic[Said]):
    """A part of the report with the tables that it needs; it is given no others."""

    needs: tuple[str, ...]
    make: Callable[[ReportInputs], Said]

    def __call__(self, inputs: ReportInputs) -> Said:
        return self.make(inputs.only(self.needs))


def needs(*tables: str) -> Callable[[Callable[[ReportInputs], Said]], ReportPart[Said]]:
    """Name the tables that a part of the report is made of."""
    return lambda make: ReportPart(tables, make)
