"""What a fetch does where the data service breaks, or says something else than the plan."""

import json
from dataclasses import replace
from typing import Any

import pytest
from nbs_cases import (
    ACCOUNTS,
    EMPLOYED,
    FINANCE,
    GDP,
    HASTY,
    PER_PERSON,
    ROWS,
    YEARS,
    Run,
    figures,
    kept,
    series,
    verdicts,
)
from nbs_server import FIGURES, INDICATORS, TREE, NbsServer

from ami.dataset import Dataset
from ami.nbs.client import Service, ServiceError, Unavailable
from ami.nbs.fetching import Fetch, Verdict

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


@pytest.mark.slow
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
