"""What the tests of the fetch have in common: rows of a plan, and the tree that serves them."""

import itertools
from collections.abc import Callable

from nbs_server import Series

from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.nbs.client import CallPatience
from ami.nbs.fetching import Outcome, Verdict, province_regions
from ami.nbs.plan import PlanRow
from yearbooks.catalogue import Catalogue
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

REGIONS = province_regions()
BEIJING = "110000000000"
YEARS = range(2019, 2023)
ACCOUNTS = ("国民经济核算", "地区生产总值")
EMPLOYED = ("就业人员和工资", "按行业分城镇单位就业人员")
GDP = PlanRow("gdp_100m_yuan", ACCOUNTS, "地区生产总值", "亿元")
PER_PERSON = PlanRow("gdp_per_capita_yuan", ACCOUNTS, "人均地区生产总值", "元/人")
FINANCE = PlanRow("employed_finance_10k_persons", (), "金融业城镇单位就业人员", "万人")
ROWS = [GDP, PER_PERSON, FINANCE]
HASTY = CallPatience(pause=0.0, waits=(0.0, 0.0), answer=1.0)


def series(name: str, unit: str, start: float = 1.0) -> Series:
    """A figure of its own for each region and year."""
    places = itertools.product(REGIONS, range(2010, 2024))
    return Series(name, unit, {key: f"{start + at:.1f}" for at, key in enumerate(places)})


def full_tree() -> dict[tuple[str, ...], list[Series]]:
    return {
        ACCOUNTS: [series("地区生产总值", "亿元"), series("人均地区生产总值", "元/人", 1e4)],
        EMPLOYED: [
            series("城镇单位就业人员", "万人"),
            series("制造业城镇单位就业人员", "万人", 5e3),
            series("金融业城镇单位就业人员", "万人", 7e3),
        ],
    }


Run = Callable[..., list[Outcome]]


def verdicts(outcomes: list[Outcome]) -> dict[str, Verdict]:
    return {outcome.row.item: outcome.verdict for outcome in outcomes}


def kept(dataset: Dataset) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(dataset.inbox.iterdir())}


def figures(dataset: Dataset, item: str) -> dict[tuple[str, int], float]:
    """What the intake reads from the answers about one item."""
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    found = {}
    for path in dataset.inbox.glob("*.json"):
        landed, aside = resolve(read(Source.open(path), catalogue).cells, catalogue, 2026)
        assert len(aside) == 0
        for row in landed[landed["item_code"] == item].itertuples():
            found[row.province_code, row.year] = row.value
    return found
