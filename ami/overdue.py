"""Which yearbook should have been here by now, and of which items; and that a person is told.

What is due when is said by `ami.shortfall.due`; here it is asked of the last good warehouse of a
dataset. Synthetic figures are never due: nobody will publish the next. Knows no Dagster.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from ami.alerting import Problem, tell
from ami.dataset import Dataset
from ami.dates import years_in_words
from ami.nbs.agenda import announced
from ami.warehouse import reading

if TYPE_CHECKING:
    from ami.shortfall.due import Awaited

# So many items are named in a sentence.
_ITEMS_NAMED = 3
# The names of problems: a yearbook is due, and items were never loaded.
DUE, MISSING = "due", "missing"


@dataclass(frozen=True)
class Overdue:
    """A yearbook of which figures are not here, though they were due, with the items."""

    yearbook: str
    name: str
    items: "tuple[Awaited, ...]"

    def __str__(self) -> str:
        said = [
            f"data year{'s' if len(years) > 1 else ''} {years_in_words(years)} due since {since}, "
            f"newest here is {newest} (of {_named([each.item for each in same])})"
            for (years, since, newest), same in groupby(
                sorted(self.items, key=_when), lambda each: (each.years, each.since, each.newest)
            )
        ]
        return f"{self.name}: {'; '.join(said)}. ami needs says what waits for them"


def due(dataset: Dataset, today: date) -> list[Overdue]:
    """Every yearbook of which an item that is needed has a data year that is due and not here.

    Empty before the first good refresh. Raises `CatalogueError` for a date or number in
    `yearbooks.csv` that cannot be one, `duckdb.Error` where the warehouse cannot be read.
    """
    return list(_by_yearbook(_awaited(dataset, today)))


def overdue(dataset: Dataset, today: date) -> list[Overdue]:
    """What is `due` and its days of grace are over; raises as `due` does."""
    return list(_by_yearbook(_awaited(dataset, today, with_grace=True)))


def never_loaded(dataset: Dataset, today: date) -> str:
    """The items that are needed and of which no figure was ever loaded, in a sentence.

    Empty where there is none; raises as `due` does.
    """
    items = _awaited(dataset, today)
    missing = [each.item for each in items if each.newest is None]
    if not missing:
        return ""
    return (
        f"{len(missing)} of {len(items)} items that the index or a model needs were never loaded: "
        f"{_named(missing)}; ami needs --dataset {dataset.name} lists them"
    )


def tell_what_is_due(dataset: Dataset, day: date) -> None:
    """A reminder of each yearbook to get, until it is here; an overdue one has a check of its own.

    One that was told as due and has become overdue is left as it stands: it has not recovered.
    Items that were never loaded are one reminder together.
    """
    late = {each.yearbook for each in overdue(dataset, day)}
    standing = [
        Problem("stale", "WARN", each.yearbook, DUE, str(each))
        for each in due(dataset, day)
        if each.yearbook not in late
    ]
    if missing := never_loaded(dataset, day):
        standing.append(Problem("stale", "WARN", "items", MISSING, missing))
    tell(
        dataset,
        standing,
        kinds={"stale"},
        concerns=lambda told: told.name == MISSING or (told.name == DUE and told.asset not in late),
    )


def _awaited(dataset: Dataset, today: date, *, with_grace: bool = False) -> "list[Awaited]":
    if dataset.synthetic or not dataset.database.is_file():
        return []
    # Slow to load, and not needed by who only looks at synthetic figures.
    from ami.shortfall import newest_years
    from ami.shortfall.due import awaited
    from ami.shortfall.formulas import Formulas

    with reading(dataset.database) as connection:
        newest = newest_years(connection, dataset)
    inputs = Formulas.of_the_paper().inputs
    return awaited(inputs, newest, announced(dataset.home), today, with_grace=with_grace)


def _by_yearbook(items: "list[Awaited]") -> Iterator[Overdue]:
    late: dict[tuple[str, str], list[Awaited]] = {}
    for each in items:
        if each.yearbook and each.years:
            late.setdefault((each.yearbook.code, each.yearbook.name), []).append(each)
    for (code, name), of_book in late.items():
        yield Overdue(code, name, tuple(of_book))


def _when(each: "Awaited") -> tuple[int, ...]:
    """Those that came last first."""
    return (-(each.newest or 0), *each.years)


def _named(items: list[str]) -> str:
    more = len(items) - _ITEMS_NAMED
    return ", ".join(items[:_ITEMS_NAMED]) + (f" and {more} more" if more > 0 else "")
