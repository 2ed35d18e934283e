"""What every explanation is put together from: variables of the panel, raw items, their cells."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ami.explain.evidence import Evidence, Row
from ami.explain.explanation import Cell, Figure, Item, Printed


def of_panel(
    evidence: Evidence,
    kind: str,
    name: str,
    province: str,
    year: int,
    *,
    missing: str,
    notes: tuple[str, ...] = (),
    **rest: Any,
) -> Figure:
    """A variable of the panel; `missing` says why it has no value where it has none."""
    about, row = evidence.variables[name], evidence.values[name, province, year]
    return Figure(
        kind=kind,
        name=name,
        label=about["variable_label"],
        value=row["value"],
        unit=about["unit"],
        formula=about["formula"],
        is_interpolated=row["is_interpolated"],
        missing=missing if row["value"] is None else "",
        notes=notes + breaks(evidence, name, province, year),
        **rest,
    )


def breaks(evidence: Evidence, name: str, province: str, year: int) -> tuple[str, ...]:
    """Where the series of a figure breaks, and whether it is computed from both sides."""
    items: dict[int, list[str]] = defaultdict(list)
    for row in evidence.crossed.get((name, province, year), ()):
        items[row["break_year"]].append(row["item_code"])
    return (
        *begins_anew(evidence, name),
        *(
            f"computed across the break of {at} in {', '.join(codes)}"
            for at, codes in items.items()
        ),
    )


def begins_anew(evidence: Evidence, name: str) -> tuple[str, ...]:
    """Where the coverage of a figure says that its series breaks."""
    row = evidence.begins_anew.get(name)
    if row is None:
        return ()
    years = row["series_breaks"].replace(",", ", ")
    return (f"its series begins anew in {years} (series_breaks.csv)",)


def input_figures(evidence: Evidence, subject: str, province: str, year: int) -> tuple[Item, ...]:
    """The raw items that the formula of `subject` takes, in the order of its inputs."""
    return tuple(
        item_figure(
            evidence,
            row["item_code"],
            province,
            row["item_year"],
            row["input"],
            [each["item_code"] for each in evidence.alternatives[subject, row["input"]]],
        )
        for row in evidence.inputs[subject, province, year]
    )


def item_figure(
    evidence: Evidence,
    code: str,
    province: str,
    year: int,
    as_input: str = "",
    alternatives: Sequence[str] = (),
) -> Item:
    """A raw item, which is where an explanation ends.

    as_input: what it is in the formula above it, for which any of `alternatives` would serve.
    """
    about = evidence.items[code]
    row = evidence.filled[code, province, year]
    years = [row[name] for name in ("figure_year", "neighbour_year") if row[name] is not None]
    no_figure = tuple(
        cell
        for cell in evidence.editions.get((code, province), {}).get(year, ())
        if cell.verdict != "counts"
    )
    return Item(
        kind="item",
        name=code,
        label=f"{about['label_zh']} {about['label_en']}",
        value=row["value"],
        unit=about["canonical_unit"],
        is_interpolated=row["is_interpolated"],
        missing=_why_no_item(evidence, code, province, year) if row["value"] is None else "",
        notes=tuple(_notes_on_item(evidence, row, (year, *years), alternatives or [code])),
        input=as_input,
        year=year,
        fill_method=row["fill_method"],
        gap_length=row["gap_length"],
        printed=tuple(_printed(evidence, code, province, at) for at in sorted(years)),
        without_figure=no_figure if row["fill_method"] != "observed" else (),
    )


def _notes_on_item(
    evidence: Evidence, row: Row, span: tuple[int, ...], offered: Sequence[str]
) -> Iterator[str]:
    """What a reader must know of the figure in `row`, filled in over `span` if at all."""
    code = row["item_code"]
    yield from begins_anew(evidence, code)
    if row["value"] is None and len(offered) > 1:
        yield f"nor has any of {', '.join(offered)} a figure"
    elif before := offered[: offered.index(code)]:
        yield f"in the place of {', '.join(before)}, without a figure here"
    for known in evidence.breaks.get(code, ()):
        if min(span) < known["year"] <= max(span):
            yield f"filled in across a break of the series, {known['year']}: {known['change']}"
    if row["fill_method"] == "absent_zero":
        yield "0: the list covers the year and does not name the province"


def _why_no_item(evidence: Evidence, code: str, province: str, year: int) -> str:
    printed = sorted(
        at
        for at, editions in evidence.editions.get((code, province), {}).items()
        if editions[0].verdict == "counts"
    )
    if not printed:
        return f"no figure of {code} for {year}, nor for any other year of the province"
    return (
        f"no figure of {code} for {year}; the province's figures of it are of {printed[0]} to "
        f"{printed[-1]}"
    )


def _printed(evidence: Evidence, code: str, province: str, year: int) -> Printed:
    counts, *others = evidence.editions[code, province][year]
    assert counts.value is not None
    return Printed(year, counts.value, counts, _why_it_counts(others), tuple(others))


def _why_it_counts(others: list[Cell]) -> str:
    verdicts = {cell.verdict for cell in others}
    editions = len({cell.edition for cell in others if cell.verdict.endswith("_edition")}) + 1
    reasons = []
    if "older_edition" in verdicts:
        reasons.append(f"the newest of {editions} editions that print a figure")
    if "newer_edition" in verdicts:
        reasons.append(f"the first published of {editions} editions that print a figure")
    if "withheld" in verdicts:
        reasons.append("not among those known to be wrong")
    if "earlier_load" in verdicts:
        reasons.append("of its edition the one read last")
    if "later_load" in verdicts:
        reasons.append("of its edition the one read first")
    if not reasons:
        return "the only one that prints a figure" if others else "the only edition"
    return ", ".join(reasons)


def why_no_value(parts: tuple[Figure, ...]) -> str:
    """What of its parts a figure lacks, or that its formula is not defined for them."""
    lacking = dict.fromkeys(
        figure.missing
        for part in parts
        for figure in part.walk()
        if figure.value is None and not figure.parts and figure.missing
    )
    return "; ".join(lacking) or (
        "its formula is not defined here: it divides by zero, or takes the logarithm of a figure "
        "that is not positive"
    )
