"""What is asked of the data service: the rows of `nbs_service_items.csv`, in words and years.

Nothing is asked here, and no id is known: a row says by which name and in which unit the service
shows an item, and where in its tree, as far as that is known from official wording.
"""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ami.dataset import REFERENCE_SEEDS, project_vars
from ami.nbs.tree import JOINT, Path_, SeenIndicator
from yearbooks.catalogue import Catalogue
from yearbooks.errors import CatalogueError
from yearbooks.reference import reference_rows

SEED = REFERENCE_SEEDS / "nbs_service_items.csv"
COLUMNS = ("item_code", "path", "name", "unit", "known_from")
# What a row says of itself that was printed by a search.
FOUND = "the service"


@dataclass(frozen=True)
class PlanRow:
    """An item as the service shows it; `path` is empty where its place is not known beforehand."""

    item: str
    path: Path_
    name: str
    unit: str

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.unit})"


def rows(items: Collection[str] = ()) -> list[PlanRow]:
    """The plan, or the part of it about `items`. Raises `CatalogueError` for an item without one.

    What is asked in one leaf stands together, in the order of the seed.
    """
    found = [
        PlanRow(
            row["item_code"],
            tuple(filter(None, (name.strip() for name in row["path"].split(JOINT.strip())))),
            row["name"],
            row["unit"],
        )
        for _, row in reference_rows(SEED, *COLUMNS)
    ]
    if unknown := [item for item in items if item not in {row.item for row in found}]:
        raise CatalogueError(
            f"{SEED.name} has no row for {', '.join(unknown)}: look it up with "
            "ami fetch nbs --find TEXT, and add the row it prints"
        )
    return [row for row in found if not items or row.item in items]


def items_without_row() -> list[tuple[str, str]]:
    """Code and Chinese label of the items that the plan does not name, in the catalogue's order."""
    planned = {row.item for row in rows()}
    items = reference_rows(REFERENCE_SEEDS / "items.csv", "item_code", "label_zh")
    return [
        (row["item_code"], row["label_zh"]) for _, row in items if row["item_code"] not in planned
    ]


def csv_lines(found: Iterable[SeenIndicator]) -> Iterator[str]:
    """Rows of the plan for what was found; without a code where the name is no known item's."""
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    for each in found:
        item = catalogue.item(each.name)
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(
            [item.code if item else "", JOINT.join(each.path), each.name, each.unit, FOUND]
        )
        yield line.getvalue()


def usual_years(today: date) -> range:
    """From the year that opens the panel to the last one that is over."""
    return range(int(project_vars()["first_year"]) - 1, today.year)


def in_parts(years: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    """Years in equal runs of at most `most`."""
    n_parts = -(-len(years) // most)
    size, longer = divmod(len(years), n_parts)
    start = 0
    for part in range(n_parts):
        end = start + size + (part < longer)
        yield years[start:end]
        start = end
