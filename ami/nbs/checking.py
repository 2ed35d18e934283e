"""Whether the data service still is what the fetch takes it for: one known figure, all the way.

What a person runs first, from where the fetch is to run. Nothing is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ami.dataset import REFERENCE_SEEDS
from ami.nbs import answers, fetching, plan
from ami.nbs.answers import Wanted
from ami.nbs.client import Service
from ami.nbs.tree import JOINT, Tree
from yearbooks.catalogue import Catalogue
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

# As published programs found it on 2 October 2026; an economic census may revise it.
KNOWN_ITEM, KNOWN_PROVINCE, KNOWN_YEAR, KNOWN_VALUE = "gdp_100m_yuan", "110000", 2021, 44350.7
KNOWN_ON = "2 October 2026"


@dataclass(frozen=True)
class ServiceCheck:
    """One thing that was looked at: what it is, and whether it is as expected."""

    words: str
    is_right: bool = True


def check(service: Service, home: Path) -> Iterator[ServiceCheck]:
    """What is found on the way to the known figure. Raises `ServiceError` where the way ends."""
    (row,) = plan.rows([KNOWN_ITEM])
    tree = Tree(service, home)
    yield ServiceCheck(
        f"the tree answers: {tree.root.name}, {len(tree.children(tree.root.id))} branches"
    )
    (leaf,) = tree.leaves(row.path)
    indicator = tree.indicator(leaf, row.name, row.unit)
    yield ServiceCheck(f"{JOINT.join(leaf.path)} holds {indicator.shown}")
    ours, theirs = fetching.province_regions(), tree.regions(leaf)
    missing = [name for code, name in ours.items() if theirs.get(code) != name]
    found = f"; not among them as we name them: {', '.join(missing)}" if missing else ""
    yield ServiceCheck(f"{len(theirs)} regions{found}", is_right=not missing)
    answer = fetching.ask(service, tree, leaf, Wanted(indicator, ours, [KNOWN_YEAR]))
    n_figures = answers.check_figures(answer, Wanted(indicator, ours, [KNOWN_YEAR]))
    yield ServiceCheck(f"{n_figures} figures of {KNOWN_YEAR}", is_right=n_figures == len(ours))
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    cells = read(Source("answer.json", answer.content), catalogue).cells
    landed, aside = resolve(cells, catalogue, answer.at.year)
    yield ServiceCheck(
        f"the intake reads {len(landed)} of them and sets {len(aside)} aside", not len(aside)
    )
    known = landed[
        (landed["item_code"] == KNOWN_ITEM) & (landed["province_code"] == KNOWN_PROVINCE)
    ]
    value = known["value"].iloc[0] if len(known) else None
    yield ServiceCheck(
        f"{row.shown} of 北京市 {KNOWN_YEAR} is {value}; on {KNOWN_ON} it was {KNOWN_VALUE}",
        is_right=value == KNOWN_VALUE,
    )
