"""Rules on printed sums and products: effects, mediation, intervals, weights, descriptives."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations

import pandas as pd

from analysis.paper.print_audit.printed import (
    _DESCRIPTIVES,
    _INDICATORS,
    HALF,
    YEARS,
    ZERO,
    Finding,
    PrintedCell,
    PrintedColumn,
    PrintedRange,
    bare_cell,
    met,
    point,
    texts,
    total_of,
)
from analysis.paper.print_audit.repetitions import again


def effects(cells: list[PrintedCell]) -> Iterator[Finding]:
    parts = {(cell.table, cell.sample, cell.term): cell for cell in cells if cell.kind == "z"}
    for (table, sample, term), total in parts.items():
        direct, indirect = (parts.get((table, kind, term)) for kind in ("direct", "indirect"))
        if sample == "total" and direct and indirect:
            yield sum_of_effects(total, direct, indirect)


def sum_of_effects(total: PrintedCell, direct: PrintedCell, indirect: PrintedCell) -> Finding:
    printed = f"{direct.text} + {indirect.text} = {total.text}"
    implied = direct.value + indirect.value
    return total.compared("direct + indirect", printed, "direct + indirect", implied)


def mediation(cells: list[PrintedCell], columns: list[PrintedColumn]) -> Iterator[Finding]:
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
        yield again(direct, rest)
        for total in columns:
            same_table = total.first.table == full.first.table
            if (
                same_table
                and total.first.outcome == direct.outcome
                and total.regressors == first.regressors
            ):
                yield sum_of_effects(total[treatment], direct, indirect)


def intervals(cells: list[PrintedCell]) -> Iterator[Finding]:
    by_place = {(cell.table, cell.column, cell.term): cell for cell in cells}
    for (table, column, term), effect in by_place.items():
        ends = [by_place.get((table, end, term)) for end in ("ci_lower", "ci_upper")]
        if column != "effect" or not (ends[0] and ends[1]):
            continue
        lower, upper = ends[0].value, ends[1].value
        printed = f"{effect.printed} in [{ends[0].text}, {ends[1].text}]"
        inside = PrintedRange(lower.lower, upper.upper)
        yield effect.compared("interval contains", printed, "interval", inside)
        middle = (lower + upper) * PrintedRange(HALF, HALF)
        error = effect.dispersion
        reach = PrintedRange(middle.lower - error.upper, middle.upper + error.upper)
        within = effect.value.meets(reach)
        yield effect.finding(
            "interval centred",
            printed,
            "middle, a standard error either way",
            reach,
            "consistent" if within else "cannot be judged",
            "" if within else "a bias-corrected interval need not be centred",
        )


def weights(indicators: pd.DataFrame) -> Iterator[Finding]:
    rows = texts(indicators, "published_indicators", _INDICATORS)
    cells: dict[str, list[dict[str, PrintedCell]]] = {}
    for row in rows:
        where = f"published_indicators: {row['indicator']}"
        place = row["dimension"], row["indicator"]
        cells.setdefault(row["dimension"], []).append(
            {
                kind: bare_cell("2", kind, *place, row[f"{kind}_weight"], where)
                for kind in ("overall", "individual")
            }
        )
    everything = [pair["overall"] for pairs in cells.values() for pair in pairs]
    if everything:
        yield _adds_up("overall", "", everything)
    for dimension, pairs in cells.items():
        yield _adds_up("individual", dimension, [pair["individual"] for pair in pairs])
    for pairs in cells.values():
        for pair in pairs:
            own = pair["overall"].value
            others = total_of(other["overall"] for other in pairs if other is not pair)
            share = _share(own, others)
            printed = f"overall {pair['overall'].text}, individual {pair['individual'].text}"
            words = "overall weight / overall weight of its dimension"
            yield pair["individual"].compared("weights proportional", printed, words, share)


def _adds_up(kind: str, dimension: str, weights: list[PrintedCell]) -> Finding:
    total = total_of(weights)
    place = bare_cell("2", kind, dimension, "", "1", "")
    printed = " + ".join(weight.text for weight in weights)
    words = f"sum of {len(weights)} {kind} weights"
    verdict = met(point(1), total)
    return place.finding("weights add up", printed, words, total, verdict)


def descriptives(descriptives: pd.DataFrame) -> Iterator[Finding]:
    for row in texts(descriptives, "published_descriptives", _DESCRIPTIVES):
        where = f"published_descriptives: {row['variable']}"
        obs, mean, sd, low, high = (
            bare_cell("3", name, "", row["variable"], row[name], where)
            for name in ("obs", "mean", "sd", "min", "max")
        )
        yield obs.compared("rows", obs.text, f"31 x {YEARS}", point(31 * YEARS))
        n = obs.count
        one = Decimal(1) / n
        among = PrintedRange(
            low.value.lower * (1 - one) + high.value.lower * one,
            high.value.upper * (1 - one) + low.value.upper * one,
        )
        printed = f"mean {mean.text} in [{low.text}, {high.text}], n = {n}"
        yield mean.compared("mean in range", printed, "means with these extremes", among)
        if n == 1:  # without a spread
            continue
        up, down = high.value - mean.value, mean.value - low.value
        least = max(up.lower, ZERO) ** 2 + max(down.lower, ZERO) ** 2
        most = max(up.upper, ZERO) * max(down.upper, ZERO) * n
        feasible = PrintedRange((least / (n - 1)).sqrt(), (most / (n - 1)).sqrt())
        printed = f"sd {sd.text}; {printed}"
        yield sd.compared("sd in range", printed, "sds with these extremes and mean", feasible)


def _share(part: PrintedRange, rest: PrintedRange) -> PrintedRange:
    """part / (part + rest), each of them not negative."""
    low, high, least, most = (
        max(end, ZERO) for end in (part.lower, part.upper, rest.lower, rest.upper)
    )
    return PrintedRange(
        low / (low + most) if low + most else ZERO,
        high / (high + least) if high + least else Decimal(1),
    )
