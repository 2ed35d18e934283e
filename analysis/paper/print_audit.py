"""Whether the paper's printed figures agree with each other, as far as rounding lets one see.

Here: rules that follow from arithmetic, from least squares or from a test's distribution, each
applied to printed figures alone; what they imply is a range, because a printed .184 stands for
anything in [.1835, .1845]. Not here: our own estimates, and the data. The rules judge print: a
disagreement may come from the paper, from typesetting or from reading the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, InvalidOperation
from itertools import combinations, permutations
from typing import Literal, get_args

import pandas as pd
from scipy import stats

Verdict = Literal["consistent", "inconsistent", "cannot be judged"]

# Provinces by sample: the paper's notes 2 and 3, and the first sentence of its abstract.
PROVINCES = {
    **dict.fromkeys(("all", "2016-2021", "main", "wx", "direct", "indirect", "total"), 31),
    **{"east": 10, "central": 6, "west": 12, "northeast": 3},
    **{"clusters": 18, "no_clusters": 13},
}
# Samples that divide the 31 provinces among them.
DIVISIONS = (("east", "central", "west", "northeast"), ("clusters", "no_clusters"))
YEARS, YEARS_OF_CENTRES = 19, 6  # 2003-2021 and 2016-2021
RULES = {
    "stars, t(G-1)": "The stars are those of estimate / standard error by t(G-1).",
    "stars, normal": "The stars are those of estimate / standard error, or of z, by the normal.",
    "stars, chi2": "The stars are those of the test statistic by its chi-squared distribution.",
    "sign of z": "A z statistic has the sign of its estimate.",
    "p-value": "The stated p-value is that of its statistic.",
    "first-stage F": "With one instrument the first-stage F is the square of its t.",
    "Lagrange multipliers": "LM lag + robust LM error = LM error + robust LM lag.",
    "direct + indirect": "The total effect is the direct plus the indirect effect.",
    "product a x b": "The indirect effect is treatment on mediator times mediator on outcome.",
    "printed twice": "What is printed twice has the same figures and stars both times.",
    "nested R2": "A regressor more does not lower the R2 of least squares on the same sample.",
    "unclustered error": "The printed error is the one without clusters, which follows from the R2 "
    "with and without the regressor; an error clustered by province agrees only by chance.",
    "rows": "N is provinces x years, a year fewer with a lag.",
    "rows of samples": "Samples that divide the provinces have together the N of all.",
    "interval contains": "The interval contains its estimate.",
    "interval centred": "The middle of the interval is within a standard error of the estimate.",
    "weights add up": "Overall weights add up to one, individual ones within each dimension.",
    "weights proportional": "An individual weight is the overall one's share in its dimension.",
    "mean in range": "The mean can be had with one row at the minimum and one at the maximum.",
    "sd in range": "The standard deviation can be had with that minimum, maximum, mean and N.",
}
KEY = ["table", "column", "sample", "outcome", "term"]
_ESTIMATES = [*KEY, "estimate", "stars", "dispersion", "dispersion_kind"]
_DESCRIPTIVES = ["variable", "obs", "mean", "sd", "min", "max"]
_INDICATORS = ["dimension", "indicator", "overall_weight", "individual_weight"]

# p-values of each mark: from, to below. Stars as `analysis.paper.columns.stars` gives them.
_MARKS = {"***": (0.0, 0.01), "**": (0.01, 0.05), "*": (0.05, 0.10), "": (0.10, 1.01)}
_ZERO, _HALF = Decimal(0), Decimal("0.5")
_INFINITE = Decimal("Infinity")
_NOT_REGRESSORS = {"constant", "rho", "sigma2_e"}
_KINDS = ("", "clustered_se", "z", "bootstrap_se")
_LAGRANGE = ("lm_lag", "robust_lm_error", "lm_error", "robust_lm_lag")
_AGAINST_WX = ("wald_sar", "wald_sem", "lr_sar", "lr_sem")


@dataclass(frozen=True)
class Interval:
    """Every value from lower to upper, both included. Decimal, so that edges are exact."""

    lower: Decimal
    upper: Decimal

    @classmethod
    def printed(cls, text: str) -> Interval:
        """What a printed figure may stand for: half a unit of its last decimal either way."""
        value = Decimal(text)
        half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
        return cls(value - half, value + half)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.lower + other.lower, self.upper + other.upper)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.lower - other.upper, self.upper - other.lower)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.lower, self.upper) for b in (other.lower, other.upper)]
        return Interval(min(ends), max(ends))

    def __abs__(self) -> Interval:
        ends = sorted((abs(self.lower), abs(self.upper)))
        return Interval(_ZERO if self.lower <= 0 <= self.upper else ends[0], ends[1])

    def over_positive(self, other: Interval) -> Interval:
        """Quotient of intervals without negative values; a zero below makes it unbounded."""
        low, high = max(other.lower, _ZERO), other.upper
        return Interval(self.lower / high, self.upper / low if low else _INFINITE)

    def meets(self, other: Interval) -> bool:
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


COLUMNS = [field.name for field in fields(Finding)]


@dataclass(frozen=True)
class _Cell:
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
    def value(self) -> Interval:
        return Interval.printed(self.text)

    @property
    def dispersion(self) -> Interval:
        return Interval.printed(self.below)

    @property
    def count(self) -> int:
        if Decimal(self.text) % 1 or Decimal(self.text) < 1:
            place = f"table {self.table} ({self.column}), {self.term}"
            raise ValueError(f"{place}: '{self.text}' is not a count")
        return int(Decimal(self.text))

    @property
    def t(self) -> Interval:
        """Size of estimate / standard error."""
        return abs(self.value).over_positive(self.dispersion)

    @property
    def printed(self) -> str:
        below = f" ({self.below})" if self.below else ""
        return f"{self.text}{below}{' ' if self.stars else ''}{self.stars}"

    def finding(
        self, rule: str, printed: str, implied: str, range_: Interval, verdict: Verdict,
        note: str = "",
    ) -> Finding:  # fmt: skip
        place = (self.table, self.column, self.sample, self.outcome, self.term)
        bounds = float(range_.lower), float(range_.upper)
        return Finding(rule, *place, printed, implied, *bounds, verdict, note)

    def compared(
        self, rule: str, printed: str, implied: str, range_: Interval, note: str = ""
    ) -> Finding:
        """A finding whose verdict is whether the cell's own value meets the range."""
        return self.finding(rule, printed, implied, range_, _met(self.value, range_), note)


@dataclass(frozen=True)
class _Column:
    """A column of a table of regressions: its cells by term."""

    cells: dict[str, _Cell]

    def __getitem__(self, term: str) -> _Cell:
        return self.cells[term]

    def __contains__(self, term: str) -> bool:
        return term in self.cells

    @property
    def first(self) -> _Cell:
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


def audit(
    estimates: pd.DataFrame, descriptives: pd.DataFrame, indicators: pd.DataFrame
) -> pd.DataFrame:
    """Every rule of `RULES` on the printed figures, one row per application, in `COLUMNS`.

    The frames have the columns of the seeds `published_estimates`, `published_descriptives` and
    `published_indicators` (Tables 4-11, 3 and 2) and hold text as printed, because .130 says more
    than .13: read them with `dtype=str`.

    verdict: `consistent` where the implied range meets what the printed figure may stand for,
    `inconsistent` where it does not, `cannot be judged` where print leaves everything open, or
    the rule holds only roughly.

    Raises ValueError for missing columns, figures that are not text or no numbers, unknown stars,
    and cells that occur twice.
    """
    cells = _cells(estimates)
    columns = _columns(cells)
    findings = [
        *_stars(cells, columns),
        *_signs(cells),
        *_p_values(columns),
        *_first_stage(columns),
        *_lagrange(cells),
        *_effects(cells),
        *_mediation(cells, columns),
        *_repeated(columns),
        *_nested(columns),
        *_rows(columns),
        *_intervals(cells),
        *_weights(indicators),
        *_descriptives(descriptives),
    ]
    findings.sort(key=lambda finding: list(RULES).index(finding.rule))
    return pd.DataFrame([asdict(finding) for finding in findings], columns=COLUMNS)


def summary(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings counted: rule, meaning, consistent, inconsistent, cannot be judged; all rules."""
    counts = pd.crosstab(findings["rule"], findings["verdict"])
    counts = counts.reindex(index=list(RULES), columns=list(get_args(Verdict)), fill_value=0)
    counts.insert(0, "meaning", pd.Series(RULES))
    return counts.rename_axis(index="rule", columns=None).reset_index()


def _met(one: Interval, other: Interval) -> Verdict:
    return "consistent" if one.meets(other) else "inconsistent"


# Stars and tests


def _stars(cells: list[_Cell], columns: list[_Column]) -> Iterator[Finding]:
    for cell in cells:
        if cell.kind == "clustered_se":
            ratio = cell.t
            if cell.sample in PROVINCES:
                df = PROVINCES[cell.sample] - 1
                tail = _two_sided(stats.t(df).sf)
                yield _mark(cell, "stars, t(G-1)", f"p-value by t({df})", _p(ratio, tail))
            else:
                yield cell.finding(
                    "stars, t(G-1)", cell.printed, "p-value by t(G-1)", Interval(_ZERO, Decimal(1)),
                    "cannot be judged", f"how many provinces are in sample '{cell.sample}'?",
                )  # fmt: skip
        elif cell.kind == "z":
            ratio = abs(cell.dispersion)
        else:
            continue
        p = _p(ratio, _two_sided(stats.norm.sf))
        yield _mark(cell, "stars, normal", "p-value by the normal", p)
    wx = next((column for column in columns if column.first.sample == "wx"), None)
    for cell in cells:
        if cell.column != "tests":
            continue
        if cell.term in _LAGRANGE:
            df_of_test = 1
        elif cell.term in _AGAINST_WX and wx:
            df_of_test = len(wx.regressors)
        else:
            yield cell.finding(
                "stars, chi2", cell.printed, "p-value by chi2", Interval(_ZERO, Decimal(1)),
                "cannot be judged", "print does not say how many restrictions are tested",
            )  # fmt: skip
            continue
        p = _p(cell.value, stats.chi2(df_of_test).sf)
        yield _mark(cell, "stars, chi2", f"p-value by chi2({df_of_test})", p)


def _mark(cell: _Cell, rule: str, implied: str, p: Interval) -> Finding:
    possible = [
        mark for mark, (low, high) in _MARKS.items() if float(p.lower) < high and p.upper >= low
    ]
    if len(possible) == len(_MARKS):
        note = "so few decimals are printed that every mark is possible"
        return cell.finding(rule, cell.printed, implied, p, "cannot be judged", note)
    expected = " or ".join(mark or "none" for mark in possible)
    verdict: Verdict = "consistent" if cell.stars in possible else "inconsistent"
    return cell.finding(rule, cell.printed, implied, p, verdict, f"implied stars: {expected}")


def _p(statistic: Interval, tail: Callable[[float], float]) -> Interval:
    ends = (max(statistic.upper, _ZERO), max(statistic.lower, _ZERO))
    return Interval(*(Decimal(float(tail(float(end)))) for end in ends))


def _two_sided(sf: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: 2 * sf(value)


def _signs(cells: list[_Cell]) -> Iterator[Finding]:
    for cell in cells:
        if cell.kind == "z":
            one, other = cell.value, cell.dispersion
            opposed = (one.upper < 0 < other.lower) or (other.upper < 0 < one.lower)
            verdict: Verdict = "inconsistent" if opposed else "consistent"
            yield cell.finding("sign of z", cell.printed, "z", other, verdict)


def _p_values(columns: list[_Column]) -> Iterator[Finding]:
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
    column: _Column, term: str
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


def _first_stage(columns: list[_Column]) -> Iterator[Finding]:
    stages = [column for column in columns if column.instrument is not None]
    for column in columns:
        for term in ("_first_stage_f", "_kp_wald_rk_f"):
            here = [stage for stage in stages if stage.first.table == column.first.table]
            if term in column and len(here) == 1 and here[0].instrument is not None:
                slope = here[0][here[0].instrument]
                t = slope.t
                printed = f"{column[term].text}; {slope.term} {slope.printed}"
                yield column[term].compared("first-stage F", printed, "square of t", t * t)


def _lagrange(cells: list[_Cell]) -> Iterator[Finding]:
    # Both sums are the test of lag and error together (Anselin, Bera, Florax and Yoon 1996).
    found = {cell.term: cell for cell in cells if cell.term in _LAGRANGE}
    if len(found) == len(_LAGRANGE):
        lag, robust_error, error, robust_lag = (found[term] for term in _LAGRANGE)
        implied = error.value + robust_lag.value - robust_error.value
        printed = "; ".join(f"{term} {found[term].text}" for term in _LAGRANGE)
        words = "lm_error + robust_lm_lag - robust_lm_error"
        yield lag.compared("Lagrange multipliers", printed, words, implied)


# Effects and intervals


def _effects(cells: list[_Cell]) -> Iterator[Finding]:
    parts = {(cell.table, cell.sample, cell.term): cell for cell in cells if cell.kind == "z"}
    for (table, sample, term), total in parts.items():
        direct, indirect = (parts.get((table, kind, term)) for kind in ("direct", "indirect"))
        if sample == "total" and direct and indirect:
            yield _sum(total, direct, indirect)


def _sum(total: _Cell, direct: _Cell, indirect: _Cell) -> Finding:
    printed = f"{direct.text} + {indirect.text} = {total.text}"
    implied = direct.value + indirect.value
    return total.compared("direct + indirect", printed, "direct + indirect", implied)


def _mediation(cells: list[_Cell], columns: list[_Column]) -> Iterator[Finding]:
    """Bootstrapped effects against the regressions of one table that they are made of."""
    effects = {cell.term: cell for cell in cells if cell.column == "effect"}
    if not {"direct", "indirect"} <= effects.keys():
        return
    direct, indirect = effects["direct"], effects["indirect"]
    for first, full in permutations(columns, 2):
        mediator = first.first.outcome
        if not (
            first.first.table == full.first.table
            and full.first.outcome == direct.outcome != mediator
            and full.regressors == first.regressors | {mediator}
        ):
            continue
        # The paper's tables name the treatment first.
        treatment = next(term for term in first.cells if term in first.regressors)
        a, b, rest = first[treatment], full[mediator], full[treatment]
        printed = f"{a.text} x {b.text} = {indirect.text}"
        yield indirect.compared("product a x b", printed, "a x b", a.value * b.value)
        yield _again(direct, rest)
        for total in columns:
            same_table = total.first.table == full.first.table
            if (
                same_table
                and total.first.outcome == direct.outcome
                and total.regressors == first.regressors
            ):
                yield _sum(total[treatment], direct, indirect)


def _intervals(cells: list[_Cell]) -> Iterator[Finding]:
    by_place = {(cell.table, cell.column, cell.term): cell for cell in cells}
    for (table, column, term), effect in by_place.items():
        ends = [by_place.get((table, end, term)) for end in ("ci_lower", "ci_upper")]
        if column != "effect" or not (ends[0] and ends[1]):
            continue
        lower, upper = ends[0].value, ends[1].value
        printed = f"{effect.printed} in [{ends[0].text}, {ends[1].text}]"
        inside = Interval(lower.lower, upper.upper)
        yield effect.compared("interval contains", printed, "interval", inside)
        middle = (lower + upper) * Interval(_HALF, _HALF)
        error = effect.dispersion
        reach = Interval(middle.lower - error.upper, middle.upper + error.upper)
        within = effect.value.meets(reach)
        yield effect.finding(
            "interval centred",
            printed,
            "middle, a standard error either way",
            reach,
            "consistent" if within else "cannot be judged",
            "" if within else "a bias-corrected interval need not be centred",
        )


# Columns against each other


def _again(one: _Cell, other: _Cell, *, stars: bool = False) -> Finding:
    """Whether `one` repeats `other`; stars and what is below, where they belong to both."""
    differs = []
    if not one.value.meets(other.value):
        differs.append("the figures differ")
    if one.kind == other.kind != "" and not one.dispersion.meets(other.dispersion):
        differs.append("the figures below differ")
    if stars and one.stars != other.stars:
        differs.append(f"stars differ: {other.stars or 'none'} and {one.stars or 'none'}")
    return one.finding(
        "printed twice",
        f"{one.printed}; table {other.table} ({other.column}): {other.printed}",
        f"table {other.table} ({other.column})",
        other.value,
        "inconsistent" if differs else "consistent",
        "; ".join(differs),
    )


def _same_regression(one: _Column, other: _Column) -> bool:
    return _comparable(one, other) and one.regressors == other.regressors


def _comparable(one: _Column, other: _Column) -> bool:
    """Both least squares of one outcome on one sample."""
    return (
        one.is_least_squares
        and other.is_least_squares
        and (one.first.outcome, one.first.sample) == (other.first.outcome, other.first.sample)
        and one["_n"].text == other["_n"].text
    )


def _repeated(columns: list[_Column]) -> Iterator[Finding]:
    for other, one in combinations(columns, 2):
        if _same_regression(one, other):
            for term in one.cells:
                if term in other:
                    yield _again(one[term], other[term], stars=True)


def _nested(columns: list[_Column]) -> Iterator[Finding]:
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
        at_least = Interval(below.value.lower, Decimal(1))
        yield above.compared("nested R2", printed, "R2 with fewer regressors, or more", at_least)
        added = large.regressors - small.regressors
        provinces = PROVINCES.get(above.sample)
        if len(added) == 1 and provinces and _residual_df(large, provinces) > 0:
            yield _unclustered(large[next(iter(added))], small, large, provinces)


def _residual_df(column: _Column, provinces: int) -> int:
    n = column["_n"].count
    return n - provinces - (n // provinces - 1) - len(column.regressors)


def _unclustered(cell: _Cell, small: _Column, large: _Column, provinces: int) -> Finding:
    """t squared is the gain in R2 over what is left, times the degrees of freedom."""
    df = _residual_df(large, provinces)
    below, above = small["_r2"].value, large["_r2"].value

    def t(gain: Decimal, r2: Decimal) -> Decimal:
        return (max(gain, _ZERO) / (1 - r2) * df).sqrt() if r2 < 1 else _INFINITE

    implied = Interval(
        t(above.lower - below.upper, above.lower), t(above.upper - below.lower, above.upper)
    )
    rule, words = "unclustered error", f"t without clusters, {df} degrees of freedom"
    place = small["_r2"]
    printed = (
        f"{cell.printed}; R2 {large['_r2'].text}; table {place.table} ({place.column}): "
        f"R2 {place.text}"
    )
    if cell.t.upper.is_infinite() or not implied.upper.is_finite():
        note = "the standard error is printed as zero, or the R2 as one"
        return cell.finding(rule, printed, words, implied, "cannot be judged", note)
    return cell.finding(rule, printed, words, implied, _met(cell.t, implied))


def _rows(columns: list[_Column]) -> Iterator[Finding]:
    with_rows = [column for column in columns if "_n" in column]
    for column in with_rows:
        n = column["_n"]
        provinces = PROVINCES.get(n.sample)
        years = (YEARS_OF_CENTRES if n.sample == "2016-2021" else YEARS) - column.has_lag
        if provinces is None:
            yield n.finding(
                "rows", n.text, "provinces x years", Interval(_ZERO, _INFINITE),
                "cannot be judged", f"how many provinces are in sample '{n.sample}'?",
            )  # fmt: skip
        else:
            yield n.compared("rows", n.text, f"{provinces} x {years}", _point(provinces * years))
    whole = next((c["_n"] for c in with_rows if c.first.sample == "all" and not c.has_lag), None)
    for table in dict.fromkeys(column.first.table for column in with_rows):
        parts = {c.first.sample: c["_n"] for c in with_rows if c.first.table == table}
        for division in DIVISIONS:
            if whole and all(sample in parts for sample in division):
                total = _point(sum(parts[sample].count for sample in division))
                texts = " + ".join(parts[sample].text for sample in division)
                printed = f"{texts} = {whole.text} in table {whole.table} ({whole.column})"
                place = parts[division[0]]
                verdict = _met(whole.value, total)
                words = f"{', '.join(division)} together"
                yield place.finding("rows of samples", printed, words, total, verdict)


# Tables 2 and 3


def _weights(indicators: pd.DataFrame) -> Iterator[Finding]:
    rows = _texts(indicators, "published_indicators", _INDICATORS)
    cells: dict[str, list[dict[str, _Cell]]] = {}
    for row in rows:
        where = f"published_indicators: {row['indicator']}"
        cells.setdefault(row["dimension"], []).append(
            {
                kind: _bare("2", kind, row["dimension"], row["indicator"], row[f"{kind}_weight"],
                            where)
                for kind in ("overall", "individual")
            }
        )  # fmt: skip
    everything = [pair["overall"] for pairs in cells.values() for pair in pairs]
    if everything:
        yield _adds_up("overall", "", everything)
    for dimension, pairs in cells.items():
        yield _adds_up("individual", dimension, [pair["individual"] for pair in pairs])
    for pairs in cells.values():
        for pair in pairs:
            own = pair["overall"].value
            others = _total(other["overall"] for other in pairs if other is not pair)
            share = _share(own, others)
            printed = f"overall {pair['overall'].text}, individual {pair['individual'].text}"
            words = "overall weight / overall weight of its dimension"
            yield pair["individual"].compared("weights proportional", printed, words, share)


def _adds_up(kind: str, dimension: str, weights: list[_Cell]) -> Finding:
    total = _total(weights)
    place = _bare("2", kind, dimension, "", "1", "")
    printed = " + ".join(weight.text for weight in weights)
    words = f"sum of {len(weights)} {kind} weights"
    verdict = _met(_point(1), total)
    return place.finding("weights add up", printed, words, total, verdict)


def _descriptives(descriptives: pd.DataFrame) -> Iterator[Finding]:
    for row in _texts(descriptives, "published_descriptives", _DESCRIPTIVES):
        where = f"published_descriptives: {row['variable']}"
        obs, mean, sd, low, high = (
            _bare("3", name, "", row["variable"], row[name], where)
            for name in ("obs", "mean", "sd", "min", "max")
        )
        yield obs.compared("rows", obs.text, f"31 x {YEARS}", _point(31 * YEARS))
        n = obs.count
        one = Decimal(1) / n
        among = Interval(
            low.value.lower * (1 - one) + high.value.lower * one,
            high.value.upper * (1 - one) + low.value.upper * one,
        )
        printed = f"mean {mean.text} in [{low.text}, {high.text}], n = {n}"
        yield mean.compared("mean in range", printed, "means with these extremes", among)
        if n == 1:  # without a spread
            continue
        up, down = high.value - mean.value, mean.value - low.value
        least = max(up.lower, _ZERO) ** 2 + max(down.lower, _ZERO) ** 2
        most = max(up.upper, _ZERO) * max(down.upper, _ZERO) * n
        feasible = Interval((least / (n - 1)).sqrt(), (most / (n - 1)).sqrt())
        printed = f"sd {sd.text}; {printed}"
        yield sd.compared("sd in range", printed, "sds with these extremes and mean", feasible)


def _share(part: Interval, rest: Interval) -> Interval:
    """part / (part + rest), each of them not negative."""
    low, high, least, most = (
        max(end, _ZERO) for end in (part.lower, part.upper, rest.lower, rest.upper)
    )
    return Interval(
        low / (low + most) if low + most else _ZERO,
        high / (high + least) if high + least else Decimal(1),
    )


def _point(value: int) -> Interval:
    return Interval(Decimal(value), Decimal(value))


def _total(cells: Iterable[_Cell]) -> Interval:
    total = _point(0)
    for cell in cells:
        total = total + cell.value
    return total


# Reading the frames


def _cells(estimates: pd.DataFrame) -> list[_Cell]:
    name = "published_estimates"
    cells = []
    for row in _texts(estimates, name, _ESTIMATES):
        where = f"{name}: table {row['table']} ({row['column']}), {row['term']}"
        if row["stars"] not in _MARKS:
            raise ValueError(f"{where}: stars '{row['stars']}', expected *, **, *** or none")
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
        cells.append(_Cell(table, column, sample, outcome, term, text, stars, below, kind))
    if (twice := estimates.duplicated(KEY)).any():
        raise ValueError(f"{name}: more than once: {', '.join(estimates.loc[twice, KEY].iloc[0])}")
    return cells


def _columns(cells: list[_Cell]) -> list[_Column]:
    """Columns of regressions: those with N below them."""
    by_column: dict[tuple[str, str], dict[str, _Cell]] = {}
    for cell in cells:
        by_column.setdefault((cell.table, cell.column), {})[cell.term] = cell
    return [_Column(terms) for terms in by_column.values() if "_n" in terms]


def _bare(table: str, column: str, outcome: str, term: str, text: str, where: str) -> _Cell:
    _refuse_no_number(text, where)
    return _Cell(table, column, "", outcome, term, text, "", "", "")


def _texts(frame: pd.DataFrame, name: str, columns: list[str]) -> list[dict[str, str]]:
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
