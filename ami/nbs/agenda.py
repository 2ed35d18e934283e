"""When yearbooks appear, as far as the release calendar of the data service says it.

Which fields the calendar has is not published anywhere: an entry is taken for an announcement where
one of its texts names a yearbook of `yearbooks.csv` and the entry holds one date. What is not
understood is passed over, and the days of `yearbooks.csv` count.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ami import atomic
from ami.dataset import REFERENCE_SEEDS
from ami.dates import CHINA
from yearbooks.reference import reference_rows

if TYPE_CHECKING:
    from ami.nbs.client import Service

_DATE = re.compile(r"(20[0-9]{2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})")
# Milliseconds since 1970, as programs in Java write a time.
_STAMP = re.compile(r"1[0-9]{12}")


def keep(service: "Service", home: Path, today: date) -> dict[tuple[str, int], date]:
    """Ask for the calendar of this year and the next, and write down which yearbooks it announces.

    By yearbook and data year. Raises `ServiceError`.
    """
    span = {"startDate": f"{today.year}-01-01", "endDate": f"{today.year + 1}-12-31"}
    found = announcements(service.get("queryAgendaByDate", **span).data)
    said = [[book, year, day.isoformat()] for (book, year), day in sorted(found.items())]
    atomic.write_text(_file(home), json.dumps({"asked_on": today.isoformat(), "due": said}) + "\n")
    return found


def announced(home: Path) -> dict[tuple[str, int], date]:
    """What was written down last; nothing where the calendar was never asked."""
    try:
        said = json.loads(_file(home).read_text(encoding="utf-8"))
        return {(book, year): date.fromisoformat(day) for book, year, day in said["due"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def announcements(data: Any) -> dict[tuple[str, int], date]:
    """The first day announced for each yearbook; the edition of a year has the data of the last."""
    names = {
        row["yearbook_name_zh"]: row["yearbook"]
        for _, row in reference_rows(
            REFERENCE_SEEDS / "yearbooks.csv", "yearbook", "yearbook_name_zh", "due"
        )
        if row["due"]
    }
    found: dict[tuple[str, int], date] = {}
    for entry in _entries(data):
        texts = [str(value) for value in entry.values() if isinstance(value, str | int)]
        books = {code for name, code in names.items() if any(name in text for text in texts)}
        days = {day for text in texts for day in _days(text)}
        if len(books) == len(days) == 1:
            (book,), (day,) = books, days
            key = book, day.year - 1
            found[key] = min(day, found.get(key, day))
    return found


def _entries(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _entries(child)


def _days(text: str) -> Iterator[date]:
    for year, month, day in _DATE.findall(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue
    if _STAMP.fullmatch(text):
        yield datetime.fromtimestamp(int(text) / 1000, ZoneInfo(CHINA)).date()


def _file(home: Path) -> Path:
    return home / "warehouse" / "nbs_agenda.json"
