"""Which figures should be here by now, item by item: the one place for that rule.

The figures of data year Y are looked for by a day of the year Y + 1: the one that the release
calendar of the data service announced, if it was asked and named the yearbook, or column `due` of
`reference/yearbooks.csv`. They are overdue when as many days more have gone by as the column
`grace_days` says. An item is printed by its own yearbook of the catalogue or, where that has no
day, by the one that `official_tables.csv` knows to print it. One of which no figure was ever loaded
is missing; it cannot be late.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ami.dataset import REFERENCE_SEEDS
from yearbooks.errors import CatalogueError
from yearbooks.reference import reference_rows

# The day announced for a yearbook, by its code and the data year.
Days = Mapping[tuple[str, int], date]


@dataclass(frozen=True)
class Yearbook:
    """A yearbook that appears each year: by when, and how many days more are given to it."""

    code: str
    name: str
    day: date
    grace: timedelta

    def due_on(self, data_year: int, announced: Days) -> date:
        return announced.get((self.code, data_year), self.day.replace(year=data_year + 1))

    def years_due(self, after: int, until: int, announced: Days, by: date) -> Iterator[int]:
        """The data years after one, until another, that are due by a day without a break."""
        for year in range(after + 1, until + 1):
            if self.due_on(year, announced) > by:
                return
            yield year


@dataclass(frozen=True)
class Awaited:
    """An item that something is computed from: the newest year at hand, and what should be.

    newest is None where no figure was ever loaded. years are those that are due and not here,
    since the day on which the first of them was; yearbook is the one that prints them, None where
    none does each year.
    """

    item: str
    yearbook: Yearbook | None
    newest: int | None
    years: tuple[int, ...] = ()
    since: date | None = None


def yearly() -> list[Yearbook]:
    """The yearbooks that appear each year. Raises `CatalogueError` for a date that cannot be."""
    path = REFERENCE_SEEDS / "yearbooks.csv"
    found = []
    for line, row in reference_rows(path, "yearbook", "yearbook_name", "due", "grace_days"):
        if not row["due"]:
            continue
        try:
            # Not a leap year: the 29th of February would be due every fourth year only.
            day = date.fromisoformat(f"2001-{row['due']}")
            grace = timedelta(days=int(row["grace_days"]))
        except ValueError:
            raise CatalogueError(
                f"{path}, row {line}: due {row['due']!r}, grace_days {row['grace_days']!r}; "
                "expected a month and day as 11-01 and a number of days"
            ) from None
        found.append(Yearbook(row["yearbook"], row["yearbook_name"], day, grace))
    return found


def last_data_years() -> dict[str, int]:
    """The last data year of the items that are no longer printed."""
    notes = REFERENCE_SEEDS / "publication_notes.csv"
    return {
        row["item_code"]: int(row["last_data_year"])
        for _, row in reference_rows(notes, "item_code", "last_data_year")
        if row["last_data_year"]
    }


def awaited(
    inputs: Iterable[Sequence[str]],
    newest: Mapping[str, int],
    announced: Days,
    today: date,
    *,
    with_grace: bool = False,
) -> list[Awaited]:
    """Each item that is needed, once, with what is due of it; in the order of `inputs`.

    inputs: for each input of a formula the items that may serve, the preferred one first; the one
    with the newest figure is asked for. newest: the last data year with a figure of each item.
    with_grace: only years of which the days of grace are over, too.
    """
    items = dict.fromkeys(max(each, key=lambda item: newest.get(item, 0)) for each in inputs)
    books, ends = _printed_in(), last_data_years()
    found = []
    for item in items:
        book, last = books.get(item), newest.get(item)
        if book is None or last is None:
            found.append(Awaited(item, book, last))
            continue
        by = today - book.grace if with_grace else today
        years = tuple(book.years_due(last, ends.get(item, today.year), announced, by))
        since = book.due_on(years[0], announced) if years else None
        found.append(Awaited(item, book, last, years, since))
    return found


def _printed_in() -> dict[str, Yearbook]:
    """The yearbook that prints each item each year, by the code of the item."""
    books = {book.code: book for book in yearly()}
    return {item: books[code] for item, code in _printers() if code in books}


def _printers() -> Iterator[tuple[str, str]]:
    """Items and codes of yearbooks; where an item has several, the last counts."""
    for name in ("official_tables.csv", "items.csv"):
        for _, row in reference_rows(REFERENCE_SEEDS / name, "item_code", "yearbook"):
            yield row["item_code"], row["yearbook"]
