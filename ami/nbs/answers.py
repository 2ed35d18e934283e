"""What the answers of the data service must hold, checked field by field.

Each function takes an answer and gives what it says in our words, or raises `ServiceError` naming
the field, what was expected there and what was found. Nothing is asked for here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ami.nbs.client import Answer, ServiceError
from yearbooks.labels import match_key

# The end of a leaf's name where a long series is cut: (2021-2025), (-2015), (2026-).
_SPAN = re.compile(r"[(（]\s*([0-9]{4})?\s*[-—–~]\s*([0-9]{4}|至今)?\s*[)）]\s*$")
_PERIOD = re.compile(r"([0-9]{4})YY")
_UNIT = re.compile(r"[(（]([^()（）]*)[)）]\s*$")


@dataclass(frozen=True)
class Node:
    """A branch of the tree, or a leaf, which holds indicators."""

    id: str
    name: str
    is_leaf: bool

    @property
    def base(self) -> str:
        """The name without the years by which a series is cut."""
        return _SPAN.sub("", self.name).strip()

    def covers(self, year: int) -> bool:
        """Whether the name leaves room for a year."""
        span = _SPAN.search(self.name)
        first, last = span.groups() if span else (None, None)
        return int(first or 0) <= year <= int(last if last and last != "至今" else 9999)


@dataclass(frozen=True)
class Indicator:
    """A row of a leaf by its id, the name it is shown by without the unit, and its unit."""

    id: str
    name: str
    unit: str

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def is_named(self, name: str) -> bool:
        return match_key(self.name) == match_key(name)

    def is_in(self, unit: str) -> bool:
        return match_key(self.unit) == match_key(unit)


def nodes(answer: Answer) -> list[Node]:
    """The children of a node."""
    found = []
    for at, entry in enumerate(_list(answer, answer.data, "data")):
        where = f"data[{at}]"
        name = _text(answer, entry, where, "name", "_name")
        found.append(
            Node(_text(answer, entry, where, "_id"), name.strip(), bool(entry.get("isLeaf")))
        )
    return found


def indicators(answer: Answer) -> list[Indicator]:
    """The indicators of a leaf."""
    if not isinstance(answer.data, dict):
        raise _unexpected(answer, "data", "an object with list[]", answer.data)
    found = []
    for at, entry in enumerate(_list(answer, answer.data.get("list"), "data.list")):
        where = f"data.list[{at}]"
        name, unit = _name_and_unit(
            _text(answer, entry, where, "i_showname"), str(entry.get("du_name") or "")
        )
        found.append(Indicator(_text(answer, entry, where, "_id"), name, unit))
    return found


def regions(answer: Answer) -> dict[str, str]:
    """The names of the regions of a group by their codes of twelve digits."""
    found = {}
    for at, entry in enumerate(_list(answer, answer.data, "data")):
        code = _text(answer, entry, f"data[{at}]", "name_value")
        found[code] = _text(answer, entry, f"data[{at}]", "show_name", "name_text").strip()
    return found


@dataclass(frozen=True)
class Wanted:
    """What an answer with figures was asked for; `regions` are names by codes."""

    indicator: Indicator
    regions: Mapping[str, str]
    years: Sequence[int]


def check_figures(answer: Answer, wanted: Wanted) -> int:
    """How many figures an answer holds, which are all of what was asked for.

    0 where it is empty. Raises `ServiceError` where an entry has no value, or is of another
    indicator, name, unit, region or year.
    """
    n_figures = 0
    for at, period in enumerate(_list(answer, answer.data, "data")):
        where = f"data[{at}]"
        code = _text(answer, period, where, "code")
        year = _PERIOD.fullmatch(code)
        if not year or int(year[1]) not in wanted.years:
            years = f"a year from {min(wanted.years)} to {max(wanted.years)}, as 2021YY"
            raise _unexpected(answer, f"{where}.code", years, code)
        for entry_at, entry in enumerate(_list(answer, period.get("values"), f"{where}.values")):
            _check_entry(answer, entry, f"{where}.values[{entry_at}]", wanted)
            n_figures += bool(str(entry["value"] or "").strip())
    return n_figures


def _check_entry(answer: Answer, entry: Any, where: str, wanted: Wanted) -> None:
    if not isinstance(entry, dict) or "value" not in entry:
        raise _unexpected(answer, where, "an object with value", entry)
    if (found := entry.get("_id")) is not None and found != wanted.indicator.id:
        raise _unexpected(answer, f"{where}._id", wanted.indicator.id, found)
    # An answer may leave name and unit to the request, but not say something else.
    shown, unit = str(entry.get("i_showname") or ""), str(entry.get("du_name") or "")
    name, said = _name_and_unit(shown, unit)
    if said and not wanted.indicator.is_in(said):
        raise _unexpected(answer, f"{where}.du_name", wanted.indicator.unit, said)
    if name and not wanted.indicator.is_named(name):
        raise _unexpected(answer, f"{where}.i_showname", wanted.indicator.shown, shown)
    codes = [str(entry[key]) for key in ("da", "areaCode") if entry.get(key)]
    if not codes and not (entry.get("da_name") or entry.get("area")):
        raise _unexpected(answer, where, "a region, in da or area", entry)
    for code in codes:
        if code not in wanted.regions:
            raise _unexpected(answer, f"{where}.da", "a province that was asked for", code)


def _name_and_unit(shown: str, unit: str) -> tuple[str, str]:
    """地区生产总值 (亿元) as 地区生产总值 and 亿元; `unit` is what is said beside it.

    Brackets that repeat the unit are it; where nothing stands beside the name, the last are.
    """
    shown, unit = shown.strip(), unit.strip()
    last = _UNIT.search(shown)
    if last and (not unit or match_key(last[1]) == match_key(unit)):
        return shown[: last.start()].strip(), last[1].strip()
    return shown, unit


def _list(answer: Answer, value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _unexpected(answer, where, "a list", value)
    return value


def _text(answer: Answer, entry: Any, where: str, *names: str) -> str:
    """The first of the fields `names` that holds a text."""
    if not isinstance(entry, dict):
        raise _unexpected(answer, where, f"an object with {names[0]}", entry)
    for name in names:
        if isinstance(entry.get(name), str) and entry[name].strip():
            return entry[name]
    raise _unexpected(answer, f"{where}.{names[0]}", "a text", entry.get(names[0]))


def _unexpected(answer: Answer, where: str, expected: str, found: object) -> ServiceError:
    return ServiceError(f"{answer.call}, {where}: expected {expected}; found {str(found)[:80]!r}")
