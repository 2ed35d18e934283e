"""How the report writes figures, shares, years and lists. Texts only, nothing of their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis.report.paper_cells import ABSENT


def number(value: float, decimals: int = 0) -> str:
    """A figure with thousands set apart; a dash where there is none."""
    if pd.isna(value):
        return ABSENT
    return f"{value:,.{decimals}f}".replace("-", "−").replace("inf", "∞")


def percent(part: float, whole: float) -> str:
    """A share in per cent; never rounded to all or to nothing."""
    if not whole:
        return ABSENT
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "< 0.1 %"
    return "> 99.9 %" if 99.9 < share < 100 else f"{share:.1f} %".replace(".0 %", " %")


def signed_percent(share: float) -> str:
    """A relative difference, a share of 1, in per cent with its sign."""
    if pd.isna(share):
        return ABSENT
    written = f"{100 * share:+.2f} %".replace("-", "−")
    return "0.00 %" if written[1:] == "0.00 %" else written


def plain(value: object) -> str:
    """A value as it stands; empty where there is none."""
    if value is None or value is pd.NA or value != value:
        return ""
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def span(years: Iterable[int]) -> str:
    """The first and the last year."""
    known = [int(year) for year in years]
    first, last = min(known), max(known)
    return str(first) if first == last else f"{first}–{last}"


def count(n: int, thing: str) -> str:
    """`1 file`, `2 files`."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of more than fifteen the first twelve and how many others."""
    if len(names) > 15:
        names = [*names[:12], f"{len(names) - 12} others"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def split(comma_joined: object) -> list[str]:
    """The names in a comma-joined text."""
    return [name.strip() for name in plain(comma_joined).split(",") if name.strip()]


def in_words(code: str) -> str:
    """`unknown_unit` as `unknown unit`."""
    return code.replace("_", " ")


def lowered(sentence: str) -> str:
    """A sentence as it continues another; a name keeps its capital."""
    if sentence.startswith("Moran"):
        return sentence
    return sentence[:1].lower() + sentence[1:]
