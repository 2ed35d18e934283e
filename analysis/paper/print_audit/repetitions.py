"""Rules on columns of regressions against each other: repeated, nested, and their rows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, permutations

from analysis.paper.print_audit.printed import (
    DIVISIONS,
    INFINITE,
    PROVINCES,
    UNREADABLE,
    YEARS,
    YEARS_OF_CENTRES,
    ZERO,
    Finding,
    PrintedCell,
    PrintedColumn,
    PrintedRange,
    Verdict,
    met,
    point,
)

# Upper over lower end of the t that two R2 imply: in a wider range errors lie by chance.
_TELLING = Decimal("1.2")


def again(one: PrintedCell, other: PrintedCell, *, stars: bool = False) -> Finding:
    """Whether `one` repeats `other`; stars and what is below, where they belong to both."""
    differs = []
    if not one.value.meets(other.value):
        differs.append("the figures differ")
    if one.kind == other.kind != "" and not one.dispersion.meets(other.dispersion):
        differs.append("the figures below differ")
    if stars and one.stars != other.stars and UNREADABLE not in (one.stars, other.stars):
        differs.append(f"stars differ: {other.stars or 'none'} and {one.stars or 'none'}")
    return one.finding(
        "printed twice",
        f"{one.printed}; {other.place}: {other.printed}",
        other.place,
        other.value,
        "inconsistent" if differs else "consistent",
        "; ".join(differs),
    )


def _same_regression(one: PrintedColumn, other: PrintedColumn) -> bool:
    return _comparable(one, other) and one.regressors == other.regressors


def _comparable(one: PrintedColumn, other: PrintedColumn) -> bool:
    """Both least squares of one outcome on one sample."""
    return (
        one.is_least_squares
        and other.is_least_squares
        and (one.first.outcome, one.first.sample) == (other.first.outcome, other.first.sample)
        and one["_n"].text == other["_n"].text
    )


def in_text(
    text: list[tuple[PrintedCell, tuple[str, str, str]]], cells: list[PrintedCell]
) -> Iterator[Finding]:
    """The running text against the cells that it repeats; a mark only where the words give one."""
    by_place = {(cell.table, cell.column, cell.term): cell for cell in cells}
    for said, place in text:
        if place in by_place:
            yield again(by_place[place], said, stars=bool(said.stars))


def repeated(columns: list[PrintedColumn]) -> Iterator[Finding]:
    for other, one in combinations(columns, 2):
        if _same_regression(one, other):
            for term in one.cells:
                if term in other:
                    yield again(one[term], other[term], stars=True)


def nested(columns: list[PrintedColumn]) -> Iterator[Finding]:
    distinct = [
        column
        for place, column in enumerate(columns)
        if not any(_same_regression(column, before) for before in columns[:place])
    ]
    for small, large in permutations(distinct, 2):
        if not (_comparable(small, large) and small.regressors < large.regressors):
            continue
        below, above = small["_r2"], large["_r2"]
        printed = f"{above.text}; table {below.table} ({below.column}): {below.text}"
        at_least = PrintedRange(below.value.lower, Decimal(1))
        yield above.compared("nested R2", printed, "R2 with fewer regressors, or more", at_least)
        added = large.regressors - small.regressors
        provinces = PROVINCES.get(above.sample)
        if len(added) == 1 and provinces and _residual_df(large, provinces) > 0:
            yield _clustered(large[next(iter(added))], small, large, provinces)


def _residual_df(column: PrintedColumn, provinces: int) -> int:
    n = column["_n"].count
    return n - provinces - (n // provinces - 1) - len(column.regressors)


def _clustered(
    cell: PrintedCell, small: PrintedColumn, large: PrintedColumn, provinces: int
) -> Finding:
    """Without clusters t squared is the gain in R2 over what is left, times the df."""
    df = _residual_df(large, provinces)
    below, above = small["_r2"].value, large["_r2"].value

    def t(gain: Decimal, r2: Decimal) -> Decimal:
        return (max(gain, ZERO) / (1 - r2) * df).sqrt() if r2 < 1 else INFINITE

    implied = PrintedRange(
        t(above.lower - below.upper, above.lower), t(above.upper - below.lower, above.upper)
    )
    without = small["_r2"]
    printed = f"{cell.printed}; R2 {large['_r2'].text}; {without.place}: R2 {without.text}"
    words = f"t without clusters, {df} degrees of freedom"
    verdict: Verdict = "cannot be judged"
    if cell.t.upper.is_infinite() or not implied.upper.is_finite():
        note = "the standard error is printed as zero, or the R2 as one"
    elif not cell.t.meets(implied):
        verdict, note = "consistent", "not the error without clusters"
    elif implied.upper > implied.lower * _TELLING:
        note = "the range is so wide that a clustered error may well lie in it"
    else:
        verdict, note = "inconsistent", "the error without clusters, within rounding"
    return cell.finding("clustered error", printed, words, implied, verdict, note)


def rows(columns: list[PrintedColumn]) -> Iterator[Finding]:
    with_rows = [column for column in columns if "_n" in column]
    for column in with_rows:
        n = column["_n"]
        provinces = PROVINCES.get(n.sample)
        years = (YEARS_OF_CENTRES if n.sample == "2016-2021" else YEARS) - column.has_lag
        if provinces is None:
            yield n.finding(
                "rows", n.text, "provinces x years", PrintedRange(ZERO, INFINITE),
                "cannot be judged", f"how many provinces are in sample '{n.sample}'?",
            )  # fmt: skip
        else:
            yield n.compared("rows", n.text, f"{provinces} x {years}", point(provinces * years))
    whole = next((c["_n"] for c in with_rows if c.first.sample == "all" and not c.has_lag), None)
    for table in dict.fromkeys(column.first.table for column in with_rows):
        parts = {c.first.sample: c["_n"] for c in with_rows if c.first.table == table}
        for division in DIVISIONS:
            if whole and all(sample in parts for sample in division):
                total = point(sum(parts[sample].count for sample in division))
                texts = " + ".join(parts[sample].text for sample in division)
                printed = f"{texts} = {whole.text} in table {whole.table} ({whole.column})"
                place = parts[division[0]]
                verdict = met(whole.value, total)
                words = f"{', '.join(division)} together"
                yield place.finding("rows of samples", printed, words, total, verdict)
