"""Which yearbook should have been here by now: the one place for that rule. Knows no Dagster.

The figures of data year Y are looked for by a day of the year Y + 1: the one that the release
calendar of the data service announced, if it was asked and named the yearbook, or column `due` of
`reference/yearbooks.csv`. They are overdue when as many days more have gone by as the column
`grace_days` says. Only a yearbook of which the dataset holds a figure can be overdue, and
synthetic ones never are: nobody will publish the next.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from ami.alerts import Problem, tell
from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.nbs.agenda import announced
from ami.warehouse import reading
from yearbooks.errors import CatalogueError
from yearbooks.reference import reference_rows

# So many of the items that a yearbook prints are named in a sentence.
_ITEMS_NAMED = 3


@dataclass(frozen=True)
class Yearly:
    """A yearbook that appears each year: by when, and how many days more are given to it."""

    code: str
    name: str
    day: date
    grace: timedelta

    def due_on(self, data_year: int) -> date:
        return self.day.replace(year=data_year + 1)


@dataclass(frozen=True)
class Overdue:
    """A yearbook whose figures of `years` are not here, though they were due.

    newest is the last data year with a figure, since the day on which the first of `years` was due,
    items what the yearbook prints and the dataset has of other years.
    """

    yearbook: str
    name: str
    newest: int
    years: tuple[int, ...]
    since: date
    items: tuple[str, ...]

    def __str__(self) -> str:
        first, last = self.years[0], self.years[-1]
        which = f"data year {first}" if first == last else f"data years {first} to {last}"
        more = len(self.items) - _ITEMS_NAMED
        items = ", ".join(self.items[:_ITEMS_NAMED]) + (f" and {more} more" if more > 0 else "")
        return (
            f"{self.name}: {which} due since {self.since}, newest here is {self.newest} "
            f"(of {items}; ami needs says what waits for them)"
        )


def due(dataset: Dataset, today: date) -> list[Overdue]:
    """Every yearbook of which a data year is due and not in the last good warehouse.

    In the order of `yearbooks.csv`; empty before the first good refresh. Raises `CatalogueError`
    for a date or number in that file that cannot be one, `duckdb.Error` where the warehouse cannot
    be read.
    """
    return _missing(dataset, today, with_grace=False)


def overdue(dataset: Dataset, today: date) -> list[Overdue]:
    """Of the yearbooks that are `due`, those whose days of grace are over; raises as `due` does."""
    return _missing(dataset, today, with_grace=True)


def yearly() -> list[Yearly]:
    """The yearbooks that appear each year. Raises `CatalogueError` as `due` does."""
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
        found.append(Yearly(row["yearbook"], row["yearbook_name"], day, grace))
    return found


def tell_what_is_due(dataset: Dataset, day: date) -> None:
    """A reminder of each yearbook to get, until it is here; an overdue one has a check of its own.

    One that was told as due and has become overdue is left as it stands: it has not recovered.
    """
    late = {each.yearbook for each in overdue(dataset, day)}
    awaited = [each for each in due(dataset, day) if each.yearbook not in late]
    tell(
        dataset,
        [Problem("stale", "WARN", each.yearbook, "due", str(each)) for each in awaited],
        kinds={"stale"},
        concerns=lambda told: told.name == "due" and told.asset not in late,
    )


def _missing(dataset: Dataset, today: date, *, with_grace: bool) -> list[Overdue]:
    newest = _newest_years(dataset)
    days = announced(dataset.home)
    found = []
    for book in yearly():
        if book.code not in newest:
            continue
        items = newest[book.code]
        last = max(items.values())
        grace = book.grace if with_grace else timedelta()
        years: list[int] = []
        for year in count(last + 1):
            if days.get((book.code, year), book.due_on(year)) + grace > today:
                break
            years.append(year)
        if years:
            since = days.get((book.code, years[0]), book.due_on(years[0]))
            found.append(Overdue(book.code, book.name, last, tuple(years), since, tuple(items)))
    return found


def _newest_years(dataset: Dataset) -> dict[str, dict[str, int]]:
    """The last data year with a figure of each item, by the yearbook that prints it.

    Where the figure was read from matters not: most exports do not say.
    """
    if dataset.synthetic or not dataset.database.is_file():
        return {}
    items = reference_rows(REFERENCE_SEEDS / "items.csv", "item_code", "yearbook")
    printed_in = {row["item_code"]: row["yearbook"] for _, row in items}
    with reading(dataset.database) as connection:
        rows = connection.execute(
            "select item_code, max(year) from raw.observations"
            " where dataset = ? and value is not null group by item_code order by item_code",
            [dataset.name],
        ).fetchall()
    newest: dict[str, dict[str, int]] = {}
    for item, year in rows:
        newest.setdefault(printed_in[item], {})[item] = year
    return newest
