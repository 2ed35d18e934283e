"""Rules on printed tests: stars, signs of z, p-values, first stages, Lagrange multipliers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from scipy import stats

from analysis.paper.print_audit.printed import (
    MARKS,
    PROVINCES,
    UNREADABLE,
    ZERO,
    Finding,
    PrintedCell,
    PrintedColumn,
    PrintedRange,
    Verdict,
)

_LAGRANGE = ("lm_lag", "robust_lm_error", "lm_error", "robust_lm_lag")
_AGAINST_WX = ("wald_sar", "wald_sem", "lr_sar", "lr_sem")


def stars(cells: list[PrintedCell], columns: list[PrintedColumn]) -> Iterator[Finding]:
    for table in dict.fromkeys(cell.table for cell in cells):
        yield from _of_coefficients([cell for cell in cells if cell.table == table])
    wx = next((column for column in columns if column.first.sample == "wx"), None)
    for cell in cells:
        if cell.kind == "z":
            p = _p(abs(cell.dispersion), _two_sided(stats.norm.sf))
            yield _mark(cell, "stars", "p-value by the normal", p)
        if cell.column != "tests":
            continue
        if cell.term in _LAGRANGE:
            df_of_test = 1
        elif cell.term in _AGAINST_WX and wx:
            df_of_test = len(wx.regressors)
        else:
            yield cell.finding(
                "stars, chi2", cell.printed, "p-value by chi2", PrintedRange(ZERO, Decimal(1)),
                "cannot be judged", "print does not say how many restrictions are tested",
            )  # fmt: skip
            continue
        p = _p(cell.value, stats.chi2(df_of_test).sf)
        yield _mark(cell, "stars, chi2", f"p-value by chi2({df_of_test})", p)


def _of_coefficients(cells: list[PrintedCell]) -> Iterator[Finding]:
    """The marks of one table, each by the convention that its other marks fit best.

    Both conventions for each would count every mark twice, and agree with one that fits only the
    convention the table does not use.
    """
    judged: list[dict[str, Finding]] = []
    for cell in (cell for cell in cells if cell.kind == "clustered_se"):
        provinces = PROVINCES.get(cell.sample)
        normal = _p(cell.t, _two_sided(stats.norm.sf))
        by_normal = _mark(cell, "stars", "p-value by the normal", normal)
        if provinces is None:
            note = f"how many provinces are in sample '{cell.sample}'?"
            by_t = cell.finding(
                "stars", cell.printed, "p-value by t(G-1)", PrintedRange(ZERO, Decimal(1)),
                "cannot be judged", note,
            )  # fmt: skip
        else:
            df = provinces - 1
            p = _p(cell.t, _two_sided(stats.t(df).sf))
            by_t = _mark(cell, "stars", f"p-value by t({df})", p)
        judged.append({"t(G-1)": by_t, "normal": by_normal})
    for place, mark in enumerate(judged):
        others = judged[:place] + judged[place + 1 :]
        fits = {name: sum(other[name].verdict == "consistent" for other in others) for name in mark}
        # What Stata prints goes first where both fit as many.
        best, second = sorted(mark, key=lambda name: fits[name], reverse=True)
        found = mark[best]
        if found.verdict == "inconsistent":
            has = mark[second].verdict == "consistent"
            words = f"the mark fits {second} alone" if has else "the mark fits neither convention"
            found = replace(found, note=f"{found.note}; {words}")
        yield found


def _mark(cell: PrintedCell, rule: str, implied: str, p: PrintedRange) -> Finding:
    possible = [
        mark for mark, (low, high) in MARKS.items() if float(p.lower) < high and p.upper >= low
    ]
    if cell.stars == UNREADABLE:
        note = "the mark cannot be read on the page"
        return cell.finding(rule, cell.printed, implied, p, "not readable", note)
    if len(possible) == len(MARKS):
        note = "so few decimals are printed that every mark is possible"
        return cell.finding(rule, cell.printed, implied, p, "cannot be judged", note)
    expected = " or ".join(mark or "none" for mark in possible)
    verdict: Verdict = "consistent" if cell.stars in possible else "inconsistent"
    return cell.finding(rule, cell.printed, implied, p, verdict, f"implied stars: {expected}")


def _p(statistic: PrintedRange, tail: Callable[[float], float]) -> PrintedRange:
    ends = (max(statistic.upper, ZERO), max(statistic.lower, ZERO))
    return PrintedRange(*(Decimal(float(tail(float(end)))) for end in ends))


def _two_sided(sf: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: 2 * sf(value)


def signs(cells: list[PrintedCell]) -> Iterator[Finding]:
    for cell in cells:
        if cell.kind == "z":
            one, other = cell.value, cell.dispersion
            opposed = (one.upper < 0 < other.lower) or (other.upper < 0 < one.lower)
            verdict: Verdict = "inconsistent" if opposed else "consistent"
            yield cell.finding("sign of z", cell.printed, "z", other, verdict)


def p_values(columns: list[PrintedColumn]) -> Iterator[Finding]:
    for column in columns:
        for term in column.cells:
            if not term.startswith("_") or f"{term}_p" not in column:
                continue
            stated = column[f"{term}_p"]
            printed = f"{column[term].printed} [{stated.text}]"
            for name, tail in _references(column, term):
                p = _p(column[term].value, tail)
                yield stated.compared("p-value", printed, f"p-value by {name}", p)


def _references(
    column: PrintedColumn, term: str
) -> list[tuple[str, Callable[[float], float]]]:  # name and upper tail
    if term == "_hausman":
        printed = f"{term}_df"
        df = column[printed].count if printed in column else len(column.regressors)
        return [(f"chi2({df})", stats.chi2(df).sf)]
    # One endogenous regressor and one instrument: each test has one degree of freedom.
    references = [("chi2(1)", stats.chi2(1).sf)]
    if term == "_anderson_rubin_wald" and column.first.sample in PROVINCES:
        df = PROVINCES[column.first.sample] - 1
        references.append((f"F(1, {df})", stats.f(1, df).sf))
    return references


def first_stage(columns: list[PrintedColumn]) -> Iterator[Finding]:
    stages = [column for column in columns if column.instrument is not None]
    for column in columns:
        for term in ("_first_stage_f", "_kp_wald_rk_f"):
            here = [stage for stage in stages if stage.first.table == column.first.table]
            if term in column and len(here) == 1 and here[0].instrument is not None:
                slope = here[0][here[0].instrument]
                t = slope.t
                printed = f"{column[term].text}; {slope.term} {slope.printed}"
                yield column[term].compared("first-stage F", printed, "square of t", t * t)


def lagrange(cells: list[PrintedCell]) -> Iterator[Finding]:
    # Both sums are the test of lag and error together (Anselin, Bera, Florax and Yoon 1996).
    found = {cell.term: cell for cell in cells if cell.term in _LAGRANGE}
    if len(found) == len(_LAGRANGE):
        lag, robust_error, error, robust_lag = (found[term] for term in _LAGRANGE)
        implied = error.value + robust_lag.value - robust_error.value
        printed = "; ".join(f"{term} {found[term].text}" for term in _LAGRANGE)
        words = "lm_error + robust_lm_lag - robust_lm_error"
        yield lag.compared("Lagrange multipliers", printed, words, implied)
