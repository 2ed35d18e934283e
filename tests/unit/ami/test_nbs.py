"""The fetch from the data service, against a server on this machine that speaks its protocol."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import duckdb
import pytest
import yaml
from nbs_cases import (
    ACCOUNTS,
    BEIJING,
    EMPLOYED,
    FINANCE,
    GDP,
    HASTY,
    PER_PERSON,
    REGIONS,
    ROWS,
    YEARS,
    Run,
    figures,
    kept,
    series,
    verdicts,
)
from nbs_server import FIGURES, INDICATORS, TREE, NbsServer, Series

from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.dates import today_in_china
from ami.nbs import plan
from ami.nbs.client import Service
from ami.nbs.fetching import Fetch, Verdict
from ami.nbs.plan import PlanRow
from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.intake import land


def test_the_answers_are_kept_as_they_came_with_their_origin(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    assert verdicts(run()) == {row.item: Verdict.NEW for row in ROWS}
    (answer,) = dataset.inbox.glob("*gdp_100m*.json")
    origin = yaml.safe_load((answer.parent / f"{answer.name}.fetched.yml").read_text("utf-8"))
    assert origin["address"] == f"{server.address}{FIGURES}"
    assert origin["request"] == server.asked(FIGURES)[0]
    assert origin["request"]["dts"] == ["2019YY-2022YY"]
    assert len(origin["request"]["das"]) == 31
    assert origin["place"] == "国民经济核算 > 地区生产总值"
    assert origin["sha256"] == hashlib.sha256(answer.read_bytes()).hexdigest()
    assert origin["fetched_at"].endswith("+08:00")
    said = json.loads(answer.read_bytes())
    assert said["data"] == server.answer(FIGURES, server.asked(FIGURES)[0])


def test_the_intake_reads_every_figure(run: Run, server: NbsServer, dataset: Dataset) -> None:
    run()
    for row, path, at in ((GDP, ACCOUNTS, 0), (FINANCE, EMPLOYED, 2)):
        served = server.tree[path][at].figures
        assert figures(dataset, row.item) == {
            (code[:6], year): float(text) for (code, year), text in served.items() if year in YEARS
        }


def test_one_call_brings_one_item_of_all_provinces_and_years(run: Run, server: NbsServer) -> None:
    run([GDP, PER_PERSON])
    assert len(server.asked(FIGURES)) == 2
    # The root, its children, and the children of the branch; the indicators of the one leaf.
    assert (len(server.asked(TREE)), len(server.asked(INDICATORS))) == (3, 1)


@pytest.mark.slow
def test_as_few_calls_as_there_are_items(server: NbsServer, dataset: Dataset) -> None:
    """31 provinces, 70 items in 20 leaves, 20 years: a call an item, and 43 to look ids up."""
    leaves = [(f"branch {leaf // 10}", f"leaf {leaf}") for leaf in range(20)]
    rows = [PlanRow(f"item_{at}", leaves[at % 20], f"indicator {at}", "万人") for at in range(70)]
    figures_of = {(code, year): "1" for code in REGIONS for year in range(2005, 2025)}
    server.tree = {leaf: [] for leaf in leaves}
    for row in rows:
        server.tree[row.path].append(Series(row.name, row.unit, figures_of))
    service = Service(server.address, HASTY)
    outcomes = list(Fetch(dataset, service, rows, range(2005, 2025)).run())
    assert {outcome.verdict for outcome in outcomes} == {Verdict.NEW}
    assert {outcome.words for outcome in outcomes} == {"620 figures"}
    assert len(server.asked(FIGURES)) == 70
    # The roots, their children, the leaves of two branches; the indicators of each leaf.
    assert (len(server.asked(TREE)), len(server.asked(INDICATORS))) == (4, 20)
    # The page that hands out cookies is one more.
    assert service.n_calls == 70 + 4 + 20 + 1


def test_a_second_fetch_of_the_same_changes_nothing(run: Run, dataset: Dataset) -> None:
    run()
    before = kept(dataset)
    stamps = {path: path.stat().st_mtime_ns for path in dataset.inbox.iterdir()}
    assert verdicts(run()) == {row.item: Verdict.UNCHANGED for row in ROWS}
    assert kept(dataset) == before
    assert {path: path.stat().st_mtime_ns for path in dataset.inbox.iterdir()} == stamps


def test_the_order_of_an_answer_is_no_change(run: Run, server: NbsServer, dataset: Dataset) -> None:
    run([GDP])
    before = kept(dataset)
    server.regions = dict(reversed(server.regions.items()))
    server.salt = "other ids"
    assert verdicts(run([GDP])) == {GDP.item: Verdict.UNCHANGED}
    assert kept(dataset) == before


def test_a_revised_figure_is_a_change(run: Run, server: NbsServer, dataset: Dataset) -> None:
    run([GDP, PER_PERSON])
    gdp, other = server.tree[ACCOUNTS]
    revised = {**gdp.figures, (BEIJING, 2021): "44350.7"}
    server.tree[ACCOUNTS] = [replace(gdp, figures=revised), other]
    assert verdicts(run([GDP, PER_PERSON])) == {
        GDP.item: Verdict.CHANGED,
        PER_PERSON.item: Verdict.UNCHANGED,
    }
    assert figures(dataset, GDP.item)["110000", 2021] == 44350.7


def test_ids_are_looked_up_anew_each_time(run: Run, server: NbsServer, dataset: Dataset) -> None:
    run()
    server.salt = "the service was moved"
    for path in dataset.inbox.iterdir():
        path.unlink()
    assert verdicts(run()) == {row.item: Verdict.NEW for row in ROWS}


def test_calls_come_one_after_the_other_with_a_pause(run: Run, server: NbsServer) -> None:
    run(ROWS, patience=replace(HASTY, pause=0.05))
    times = [at for at, _, _ in server.calls]
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.045


def test_a_fetch_that_was_stopped_goes_on_where_it_was(
    server: NbsServer, dataset: Dataset, run: Run
) -> None:
    fetch = Fetch(dataset, Service(server.address, HASTY), ROWS, YEARS).run()
    assert next(fetch).verdict is Verdict.NEW
    fetch.close()
    n_figures = len(server.asked(FIGURES))
    assert verdicts(run()) == {
        GDP.item: Verdict.FETCHED_BEFORE,
        PER_PERSON.item: Verdict.NEW,
        FINANCE.item: Verdict.NEW,
    }
    assert len(server.asked(FIGURES)) == n_figures + 2
    assert set(verdicts(run()).values()) == {Verdict.UNCHANGED}


@pytest.mark.parametrize("left", ["", "{}", '{"begun": "yesterday"}', "[1]"])
def test_a_damaged_note_of_a_stopped_fetch_only_means_asking_again(
    run: Run, dataset: Dataset, left: str
) -> None:
    (dataset.folder / "nbs_fetch.json").write_text(left, encoding="utf-8")
    assert verdicts(run([GDP])) == {GDP.item: Verdict.NEW}


def test_what_a_person_wrote_into_a_mapping_stays(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    run([GDP])
    (mapping,) = dataset.inbox.glob("*.mapping.yml")
    mapping.write_text("sheets: {'*': {edition: 2024, scope: 全社会}}", encoding="utf-8")
    server.tree[ACCOUNTS][0] = series("地区生产总值", "亿元", 9.0)
    run([GDP])
    assert "全社会" in mapping.read_text(encoding="utf-8")


def test_an_answer_with_fewer_figures_takes_no_place_of_a_fuller_one(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    run([GDP])
    before = kept(dataset)
    gdp, *others = server.tree[ACCOUNTS]
    without = {key: text for key, text in gdp.figures.items() if key[1] != 2021}
    server.tree[ACCOUNTS] = [replace(gdp, figures={**without, (BEIJING, 2022): "1"}), *others]
    (outcome,) = run([GDP])
    assert outcome.verdict is Verdict.FEWER
    assert "31 figures that the inbox has are not in the answer" in outcome.words
    assert kept(dataset) == before
    # Not taken for fetched: the next fetch asks again, and takes what is whole.
    server.tree[ACCOUNTS] = [gdp, *others]
    assert verdicts(run([GDP])) == {GDP.item: Verdict.UNCHANGED}


# --- Fetched again


@pytest.fixture
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


Landed = Callable[[], tuple[int, int]]


@pytest.fixture
def landed(dataset: Dataset, raw: duckdb.DuckDBPyConnection) -> Landed:
    """Takes the inbox in; how many files said something new, and how many cells landed."""

    def land_inbox() -> tuple[int, int]:
        catalogue = Catalogue.load(REFERENCE_SEEDS)
        releases = Releases.load(REFERENCE_SEEDS, catalogue)
        report = land(dataset.inbox, "mine", raw, catalogue, releases)
        return len(report.new_files), report.cells_landed

    return land_inbox


def editions(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """The editions of Beijing's GDP of 2021, in the order in which they landed."""
    return connection.execute(
        "select edition, value_printed from raw.observations where item_code = 'gdp_100m_yuan' "
        "and province_code = '110000' and year = 2021 order by load_seq"
    ).fetchall()


def revise(server: NbsServer, value: str) -> None:
    gdp, *others = server.tree[ACCOUNTS]
    server.tree[ACCOUNTS] = [
        replace(gdp, figures={**gdp.figures, (BEIJING, 2021): value}), *others
    ]  # fmt: skip


def test_only_what_changed_lands_again(
    run: Run, server: NbsServer, landed: Landed, raw: duckdb.DuckDBPyConnection
) -> None:
    revise(server, "40269.6")
    run([GDP, PER_PERSON])
    assert landed() == (2, 2 * 31 * len(YEARS))
    run([GDP, PER_PERSON])
    assert landed() == (0, 0)
    revise(server, "44350.7")
    run([GDP, PER_PERSON])
    assert landed() == (1, 31 * len(YEARS))
    year = today_in_china().year
    assert editions(raw) == [(year, "40269.6"), (year, "44350.7")]


def test_what_was_fetched_in_another_year_is_another_edition(
    run: Run,
    server: NbsServer,
    dataset: Dataset,
    landed: Landed,
    raw: duckdb.DuckDBPyConnection,
) -> None:
    revise(server, "40269.6")
    run([GDP])
    year = today_in_china().year
    for path in list(dataset.inbox.iterdir()):
        old = path.with_name(path.name.replace(str(year), str(year - 1)))
        path.rename(old)
        if old.suffixes[-2:] == [".mapping", ".yml"]:
            old.write_text(old.read_text("utf-8").replace(str(year), str(year - 1)), "utf-8")
    assert landed() == (1, 31 * len(YEARS))
    revise(server, "44350.7")
    assert verdicts(run([GDP])) == {GDP.item: Verdict.NEW}
    assert landed() == (1, 31 * len(YEARS))
    assert editions(raw) == [(year - 1, "40269.6"), (year, "44350.7")]


# --- The plan


def test_every_row_of_the_plan_names_its_item() -> None:
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    for row in plan.rows():
        item, unit = catalogue.item(row.name), catalogue.unit(row.unit)
        assert item is not None and item.code == row.item, row
        assert unit is not None and unit.measure == item.measure, row


def test_years_in_equal_parts() -> None:
    assert [list(part) for part in plan.in_parts(range(2001, 2008), 3)] == [
        [2001, 2002, 2003], [2004, 2005], [2006, 2007]
    ]  # fmt: skip
