"""The fetch from the data service, against a server on this machine that speaks its protocol."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from nbs_server import AGENDA, FIGURES, INDICATORS, TREE, NbsServer, Series, nbs_server

from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.dates import today_in_china
from ami.nbs import agenda, plan
from ami.nbs.client import Patience, Service, ServiceError, Unavailable
from ami.nbs.fetching import Fetch, Outcome, Verdict, province_regions
from ami.nbs.plan import PlanRow
from ami.overdue import due
from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.intake import land
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
HASTY = Patience(pause=0.0, waits=(0.0, 0.0), answer=1.0)


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


@pytest.fixture
def server() -> Iterator[NbsServer]:
    with nbs_server(full_tree(), dict(REGIONS)) as running:
        yield running


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset("mine", tmp_path / "inbox", tmp_path)
    dataset.inbox.mkdir()
    dataset.folder.mkdir(parents=True)
    return dataset


Run = Callable[..., list[Outcome]]


@pytest.fixture
def run(server: NbsServer, dataset: Dataset) -> Run:
    def fetch(
        rows: list[PlanRow] = ROWS, years: range = YEARS, patience: Patience = HASTY
    ) -> list[Outcome]:
        return list(Fetch(dataset, Service(server.address, patience), rows, years).run())

    return fetch


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


# --- What the service does not say as the plan has it


def test_another_unit_is_said_and_not_kept(run: Run, server: NbsServer, dataset: Dataset) -> None:
    server.tree[ACCOUNTS][0] = series("地区生产总值", "万元")
    outcome, _ = run([GDP, PER_PERSON])
    assert outcome.verdict is Verdict.DIFFERS
    assert "expected 地区生产总值 in 亿元; it is in 万元" in outcome.words
    assert list(dataset.inbox.glob("*gdp_100m*")) == []


def test_another_name_is_said_with_the_nearest(run: Run, server: NbsServer) -> None:
    server.tree[ACCOUNTS][0] = series("地区生产总值(现价)", "亿元")
    (outcome,) = run([GDP])
    assert outcome.verdict is Verdict.NOT_FOUND
    assert "地区生产总值(现价) (亿元)" in outcome.words


def test_another_branch_is_said_with_what_is_there(run: Run, server: NbsServer) -> None:
    server.tree["国民核算", "地区生产总值"] = server.tree.pop(ACCOUNTS)
    (outcome,) = run([GDP])
    assert outcome.verdict is Verdict.NOT_FOUND
    assert "expected a branch 国民经济核算" in outcome.words
    assert "国民核算" in outcome.words


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"i_showname": "地区生产总值指数 (亿元) "}, "i_showname: expected 地区生产总值 (亿元)"),
        ({"du_name": "万元"}, "du_name: expected 亿元; found '万元'"),
        ({"i_showname": "地区生产总值 (万元)", "du_name": None}, "du_name: expected 亿元"),
        ({"_id": "another"}, "_id: expected"),
        ({"areaCode": "130100000000"}, "a province that was asked for; found '130100000000'"),
        ({"area": None, "areaCode": None}, "a region, in da or area"),
    ],
)
def test_an_answer_about_something_else_is_not_kept(
    run: Run, server: NbsServer, dataset: Dataset, entry: dict[str, Any], words: str
) -> None:
    server.entries = entry
    (outcome,) = run([GDP])
    assert outcome.verdict is Verdict.FAILED
    assert "data[0].values[0]" in outcome.words
    assert words in outcome.words
    assert kept(dataset) == {}


def test_an_answer_without_name_and_unit_is_read_by_its_request(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    server.entries = {"i_showname": None, "du_name": None}
    run([GDP])
    assert len(figures(dataset, GDP.item)) == 31 * len(YEARS)


def test_a_name_in_several_places_is_not_chosen_for_a_person(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    server.tree["就业人员和工资", "其他"] = server.tree[EMPLOYED]
    (outcome,) = run([FINANCE])
    assert outcome.verdict is Verdict.NOT_FOUND
    assert "stands in several places" in outcome.words
    placed = replace(FINANCE, path=EMPLOYED)
    assert verdicts(run([placed])) == {FINANCE.item: Verdict.NEW}


def test_a_series_cut_by_years_is_asked_in_each_of_its_leaves(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    name, leaf = EMPLOYED
    found = server.tree.pop(EMPLOYED)
    server.tree |= {(name, f"{leaf} {span}"): found for span in ("(-2020)", "(2021-)")}
    for row in (FINANCE, replace(FINANCE, path=EMPLOYED)):
        assert verdicts(run([row])) in (
            {FINANCE.item: Verdict.NEW},
            {FINANCE.item: Verdict.UNCHANGED},
        )
    assert [asked["dts"] for asked in server.asked(FIGURES)] == [
        ["2019YY-2020YY"],
        ["2021YY-2022YY"],
    ] * 2
    assert len(figures(dataset, FINANCE.item)) == 31 * len(YEARS)


def test_a_place_that_was_seen_is_tried_first_and_not_believed(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    run([FINANCE])
    seen = dataset.home / "warehouse" / "nbs_tree.json"
    said = json.loads(seen.read_text("utf-8"))
    seen.write_text(json.dumps({**said, "seen_on": "2026-01-01"}), "utf-8")
    n_calls = len(server.calls)
    assert verdicts(run([FINANCE])) == {FINANCE.item: Verdict.UNCHANGED}
    assert len(server.asked(INDICATORS)) == 3  # Two leaves at first, then the one it was seen in.
    assert len(server.calls) - n_calls == 5
    server.tree["就业", "就业人员"] = server.tree.pop(EMPLOYED)
    seen.write_text(json.dumps({**said, "seen_on": "2026-01-01"}), "utf-8")
    assert verdicts(run([FINANCE])) == {FINANCE.item: Verdict.UNCHANGED}
    seen.write_text("half a", "utf-8")
    assert verdicts(run([FINANCE])) == {FINANCE.item: Verdict.UNCHANGED}


# --- What breaks

PASSING = ("forbidden", "too many", "broken down", "redirect", "web page", "half", "cut JSON")
PASSING += ("not JSON", "failed", "slow", "hangs up")


@pytest.mark.parametrize("call", [TREE, INDICATORS, FIGURES])
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_waited_for(
    run: Run, server: NbsServer, dataset: Dataset, fault: str, call: str
) -> None:
    server.faults = {call: [fault]}
    assert verdicts(run([GDP])) == {GDP.item: Verdict.NEW}
    assert len(figures(dataset, GDP.item)) == 31 * len(YEARS)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("broken down", "broke down (500)"),
        ("redirect", "not a redirect (307)"),
        ("web page", "a web page came"),
        ("half", "broke off half way"),
        ("cut JSON", "expected JSON to its end"),
        ("not JSON", "expected JSON to its end"),
        ("failed", "系统繁忙"),
        ("no envelope", "an object with data[]; found []"),
        ("gone", "the service says 404"),
    ],
)
def test_what_stays_is_said_nothing_is_half_kept_and_the_next_fetch_completes(
    run: Run, server: NbsServer, dataset: Dataset, fault: str, words: str
) -> None:
    server.faults = {FIGURES: [fault] * 3}
    outcomes = run([GDP, FINANCE], years=range(2021, 2022))
    assert outcomes[0].verdict is Verdict.FAILED
    assert words in outcomes[0].words
    assert list(dataset.inbox.glob("*gdp*")) == []
    server.faults = {}
    again = verdicts(run([GDP, FINANCE], years=range(2021, 2022)))
    assert again[GDP.item] is Verdict.NEW
    assert again[FINANCE.item] in (Verdict.FETCHED_BEFORE, Verdict.NEW)


@pytest.mark.parametrize("fault", ["forbidden", "too many", "slow", "hangs up"])
def test_a_service_that_turns_us_away_is_left_alone(
    run: Run, server: NbsServer, dataset: Dataset, fault: str
) -> None:
    server.faults = {FIGURES: [fault] * 3}
    with pytest.raises(Unavailable):
        run([GDP, PER_PERSON])
    assert len(server.asked(FIGURES)) == 3
    assert kept(dataset) == {}
    assert verdicts(run([GDP, PER_PERSON])) == {
        GDP.item: Verdict.NEW,
        PER_PERSON.item: Verdict.NEW,
    }


def test_a_service_that_is_not_there(dataset: Dataset) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        list(Fetch(dataset, Service("http://127.0.0.1:9/external/", HASTY), ROWS, YEARS).run())


def test_three_failures_in_a_row_end_a_fetch(run: Run, server: NbsServer) -> None:
    rows = [replace(GDP, item=f"item_{at}") for at in range(5)]
    server.entries = {"_id": "another"}
    with pytest.raises(ServiceError, match="3 items failed"):
        run(rows)
    assert len(server.asked(FIGURES)) == 3


def test_an_empty_answer_is_asked_for_again(run: Run, server: NbsServer, dataset: Dataset) -> None:
    server.faults = {FIGURES: ["empty"] * 2}
    assert verdicts(run([GDP])) == {GDP.item: Verdict.NEW}
    server.faults = {FIGURES: ["empty"] * 3}
    assert verdicts(run([PER_PERSON])) == {PER_PERSON.item: Verdict.EMPTY}
    assert list(dataset.inbox.glob("*per_capita*")) == []


def test_a_span_too_wide_is_cut_until_the_service_takes_it(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    server.widest = 4
    run([GDP, PER_PERSON], years=range(2011, 2023))
    spans = [asked["dts"][0] for asked in server.asked(FIGURES)]
    # What is too wide is tried twice; of the next item no more is asked than the service takes.
    assert len(spans) == 2 + 2 + 4 + 4
    assert set(spans[-4:]) == {
        "2011YY-2013YY", "2014YY-2016YY", "2017YY-2019YY", "2020YY-2022YY"
    }  # fmt: skip
    assert len(figures(dataset, GDP.item)) == 31 * 12
    assert len(figures(dataset, PER_PERSON.item)) == 31 * 12


def test_a_session_is_opened_where_one_is_needed(run: Run, server: NbsServer) -> None:
    server.needs_cookie = True
    assert verdicts(run([GDP])) == {GDP.item: Verdict.NEW}
    assert server.sessions == 1


def test_a_session_that_expires_is_opened_anew(
    run: Run, server: NbsServer, dataset: Dataset
) -> None:
    server.needs_cookie = True
    service = Service(server.address, HASTY)
    service.get(TREE, pid="", code="6")
    server.sessions += 1
    service.get(TREE, pid="", code="6")
    assert server.sessions == 3


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


# --- The release calendar


@pytest.mark.parametrize(
    "entry",
    [
        {"title": "《中国统计年鉴—2026》出版", "releaseDate": "2026-11-05 09:30"},
        {"name": "中国统计年鉴", "day": "2026/11/5", "id": 7},
        {"content": "2026年11月05日 中国统计年鉴", "link": None},
        {"what": "中国统计年鉴", "time": 1793842200000},
    ],
)
@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: {"list": [{"days": [x, {"a": 1}]}]}])
def test_the_calendar_says_when_a_yearbook_is_due(
    server: NbsServer, dataset: Dataset, entry: dict[str, Any], wrap: Callable[[Any], Any]
) -> None:
    server.agenda = wrap(entry)
    service = Service(server.address, HASTY)
    agenda.keep(service, dataset.home, date(2026, 10, 2))
    assert server.asked(AGENDA)[0]["startDate"] == ["2026-01-01"]
    assert agenda.announced(dataset.home) == {("csy", 2025): date(2026, 11, 5)}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        [{"title": "全国房地产市场基本情况", "date": "2026-10-19"}],
        [{"title": "中国统计年鉴"}],
        [{"title": "中国统计年鉴", "from": "2026-10-01", "to": "2026-10-31"}],
        [{"title": "中国统计年鉴、中国劳动统计年鉴", "date": "2026-10-19"}],
        [{"title": "中国统计年鉴", "date": "2026-19-39"}],
    ],
)
def test_what_the_calendar_does_not_say_clearly_is_passed_over(data: Any) -> None:
    assert agenda.announcements(data) == {}


def test_an_announced_day_counts_in_the_place_of_the_usual_one(
    server: NbsServer, dataset: Dataset
) -> None:
    with duckdb.connect(str(dataset.database)) as connection:
        connection.execute(
            "create schema raw; create table raw.observations as select 'mine' as dataset, "
            "'gdp_100m_yuan' as item_code, 2024 as year, 1.0 as value"
        )
    november = date(2026, 11, 3)
    (late,) = due(dataset, november)
    assert [each.years for each in late.items] == [(2025,)]
    server.agenda = [{"title": "中国统计年鉴", "date": "2026-11-05"}]
    agenda.keep(Service(server.address, HASTY), dataset.home, november)
    assert due(dataset, november) == []
    (late,) = due(dataset, date(2026, 11, 5))
    assert [each.since for each in late.items] == [date(2026, 11, 5)]


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
