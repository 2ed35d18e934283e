"""Printed figures: the range each may stand for, their cells and columns, read from the seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Literal

import pandas as pd

Verdict = Literal["consistent", "inconsistent", "cannot be judged", "not readable"]

# Provinces by sample: the paper's notes 2 and 3, and the first sentence of its abstract.
PROVINCES = {
    **dict.fromkeys(("all", "2016-2021", "main", "wx", "direct", "indirect", "total"), 31),
    **{"east": 10, "central": 6, "west": 12, "northeast": 3},
    **{"clusters": 18, "no_clusters": 13},
}
# Samples that divide the 31 provinces among them.
DIVISIONS = (("east", "central", "west", "northeast"), ("clusters", "no_clusters"))
YEARS, YEARS_OF_CENTRES = 19, 6  # 2003-2021 and 2016-2021
KEY = ["table", "column", "sample", "outcome", "term"]
_ESTIMATES = [*KEY, "estimate", "stars", "dispersion", "dispersion_kind"]
_DESCRIPTIVES = ["variable", "obs", "mean", "sd", "min", "max"]
_TEXT = ["fact", "section", "value", "stars", "table", "column", "term"]
_INDICATORS = ["dimension", "indicator", "overall_weight", "individual_weight"]

# p-values of each mark: from, to below. Stars as `analysis.paper.specifications.stars` gives them.
MARKS = {"***": (0.0, 0.01), "**": (0.01, 0.05), "*": (0.05, 0.10), "": (0.10, 1.01)}
# In the place of a mark that nobody can read on the page: it is not judged, nor counted.
UNREADABLE = "?"
ZERO, HALF = Decimal(0), Decimal("0.5")
INFINITE = Decimal("Infinity")
_NOT_REGRESSORS = {"constant", "rho", "sigma2_e"}
_KINDS = ("", "clustered_se", "z", "bootstrap_se")


@dataclass(frozen=True)
class PrintedRange:
    """Every value from lower to upper, both included. Decimal, so that edges are exact."""

    lower: Decimal
    upper: Decimal

    @classmethod
    def printed(cls, text: str) -> PrintedRange:
        """What a printed figure may stand for: half a unit of its last decimal either way."""
        value = Decimal(text)
        half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
        return cls(value - half, value + half)

    def __add__(self, other: PrintedRange) -> PrintedRange:
        return PrintedRange(self.lower + other.lower, self.upper + other.upper)

    def __sub__(self, other: PrintedRange) -> PrintedRange:
        return PrintedRange(self.lower - other.upper, self.upper - other.lower)

    def __mul__(self, other: PrintedRange) -> PrintedRange:
        ends = [a * b for a in (self.lower, self.upper) for b in (other.lower, other.upper)]
        return PrintedRange(min(ends), max(ends))

    def __abs__(self) -> PrintedRange:
        ends = sorted((abs(self.lower), abs(self.upper)))
        return PrintedRange(ZERO if self.lower <= 0 <= self.upper else ends[0], ends[1])

    def over_positive(self, other: PrintedRange) -> PrintedRange:
        """Quotient of intervals without negative values; a zero below makes it unbounded."""
        low, high = max(other.lower, ZERO), other.upper
        return PrintedRange(self.lower / high, self.upper / low if low else INFINITE)

    def meets(self, other: PrintedRange) -> bool:
        return self.lower <= other.upper and other.lower <= self.upper


@dataclass(frozen=True)
class Finding:
    """One rule applied once.

    printed: the figures as they stand in print. implied: what the range is of. lower, upper: the
    range that the other printed figures imply for it. note: why no judgement, or what to know.
    """

    rule: str
    table: str
    column: str
    sample: str
    outcome: str
    term: str
    printed: str
    implied: str
    lower: float
    upper: float
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True)
class PrintedCell:
    table: str
    column: str
    sample: str
    outcome: str
    term: str
    text: str
    stars: str
    below: str
    kind: str

    @property
    def value(self) -> PrintedRange:
        return PrintedRange.printed(self.text)

    @property
    def dispersion(self) -> PrintedRange:
        return PrintedRange.printed(self.below)

    @property
    def count(self) -> int:
        if Decimal(self.text) % 1 or Decimal(self.text) < 1:
            place = f"table {self.table} ({self.column}), {self.term}"
            raise ValueError(f"{place}: '{self.text}' is not a count")
        return int(Decimal(self.text))

    @property
    def place(self) -> str:
        """Where it stands: a column of a table, or a section of the text."""
        return f"table {self.table} ({self.column})" if self.column else f"section {self.table}"

    @property
    def t(self) -> PrintedRange:
        """Size of estimate / standard error."""
        return abs(self.value).over_positive(self.dispersion)

    @property
    def printed(self) -> str:
        below = f" ({self.below})" if self.below else ""
        return f"{self.text}{below}{' ' if self.stars else ''}{self.stars}"

    def finding(
        self, rule: str, printed: str, implied: str, range_: PrintedRange, verdict: Verdict,
        note: str = "",
    ) -> Finding:  # fmt: skip
        place = (self.table, self.column, self.sample, self.outcome, self.term)
        bounds = float(range_.lower), float(range_.upper)
        return Finding(rule, *place, printed, implied, *bounds, verdict, note)

    def compared(self, rule: str, printed: str, implied: str, range_: PrintedRange) -> Finding:
        """A finding whose verdict is whether the cell's own value meets the range."""
        return self.finding(rule, printed, implied, range_, met(self.value, range_))


@dataclass(frozen=True)
class PrintedColumn:
    """A column of a table of regressions: its cells by term."""

    cells: dict[str, PrintedCell]

    def __getitem__(self, term: str) -> PrintedCell:
        return self.cells[term]

    def __contains__(self, term: str) -> bool:
        return term in self.cells

    @property
    def first(self) -> PrintedCell:
        return next(iter(self.cells.values()))

    @property
    def regressors(self) -> frozenset[str]:
        return frozenset(
            term for term in self.cells if not term.startswith("_") and term not in _NOT_REGRESSORS
        )

    @property
    def instrument(self) -> str | None:
        return next((term for term in self.cells if term.startswith("L.")), None)

    @property
    def has_lag(self) -> bool:
        return self.instrument is not None or "_first_stage_f" in self

    @property
    def is_least_squares(self) -> bool:
        return "_r2" in self and "_n" in self and not self.has_lag


def met(one: PrintedRange, other: PrintedRange) -> Verdict:
    return "consistent" if one.meets(other) else "inconsistent"


def point(value: int) -> PrintedRange:
    return PrintedRange(Decimal(value), Decimal(value))


def total_of(cells: Iterable[PrintedCell]) -> PrintedRange:
    total = point(0)
    for cell in cells:
        total = total + cell.value
    return total


def cells_of(estimates: pd.DataFrame) -> list[PrintedCell]:
    name = "published_estimates"
    cells = []
    for row in texts(estimates, name, _ESTIMATES):
        where = f"{name}: table {row['table']} ({row['column']}), {row['term']}"
        if row["stars"] not in (*MARKS, UNREADABLE):
            expected = f"*, **, ***, none, or {UNREADABLE} for one that cannot be read"
            raise ValueError(f"{where}: stars '{row['stars']}', expected {expected}")
        kind, below = row["dispersion_kind"], row["dispersion"]
        if kind not in _KINDS or bool(kind) != bool(below):
            raise ValueError(
                f"{where}: dispersion '{below}' of kind '{kind}', expected both or neither, "
                f"and one of {', '.join(_KINDS[1:])}"
            )
        for text in (row["estimate"], *([below] if below else [])):
            _refuse_no_number(text, where)
        if kind.endswith("_se") and Decimal(below) < 0:
            raise ValueError(f"{where}: standard error {below} is negative")
        table, column, sample, outcome, term = (row[key] for key in KEY)
        text, stars = row["estimate"], row["stars"]
        cells.append(PrintedCell(table, column, sample, outcome, term, text, stars, below, kind))
    if (twice := estimates.duplicated(KEY)).any():
        raise ValueError(f"{name}: more than once: {', '.join(estimates.loc[twice, KEY].iloc[0])}")
    return cells


def cells_of_text(text: pd.DataFrame) -> list[tuple[PrintedCell, tuple[str, str, str]]]:
    """What the running text repeats of a table's cell: the figure, and table, column and term."""
    name, found = "published_text", []
    for row in texts(text, name, _TEXT):
        if row["table"]:
            where = f"{name}: {row['fact']}"
            cell = bare_cell(row["section"], "", "", row["term"], row["value"], where)
            place = row["table"], row["column"], row["term"]
            found.append((replace(cell, stars=row["stars"]), place))
    return found


def columns_of(cells: list[PrintedCell]) -> list[PrintedColumn]:
    """Columns of regressions: those with N below them."""
    by_column: dict[tuple[str, str], dict[str, PrintedCell]] = {}
    for cell in cells:
        by_column.setdefault((cell.table, cell.column), {})[cell.term] = cell
    return [PrintedColumn(terms) for terms in by_column.values() if "_n" in terms]


def bare_cell(
    table: str, column: str, outcome: str, term: str, text: str, where: str
) -> PrintedCell:
    _refuse_no_number(text, where)
    return PrintedCell(table, column, "", outcome, term, text, "", "", "")


def texts(frame: pd.DataFrame, name: str, columns: list[str]) -> list[dict[str, str]]:
    if absent := [column for column in columns if column not in frame.columns]:
        raise ValueError(f"{name}: columns missing: {', '.join(absent)}")
    wanted = frame[columns].astype(object).where(frame[columns].notna(), "")
    for column in columns:
        for value in wanted[column]:
            if not isinstance(value, str):
                raise ValueError(
                    f"{name}: column '{column}' must be text as printed, found {value!r}: "
                    "a number has lost its trailing zeros; read the file with dtype=str"
                )
    return [dict(zip(columns, row, strict=True)) for row in wanted.itertuples(index=False)]


def _refuse_no_number(text: str, where: str) -> None:
    try:
        finite = Decimal(text).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise ValueError(f"{where}: '{text}' is not a number")
