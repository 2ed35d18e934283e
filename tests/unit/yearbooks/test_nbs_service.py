"""Answers of the data service: what lands, what must agree, and JSON that is none or does harm."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inboxes import Raw

from yearbooks.catalogue import Catalogue
from yearbooks.errors import FileFault
from yearbooks.files import json_answer
from yearbooks.labels import match_key
from yearbooks.layouts import nbs_service
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

BEIJING = {"da": "110000000000", "da_name": "北京市"}
TIANJIN = {"da": "120000000000", "da_name": "天津市"}
GDP = {"_id": "a1", "i_showname": "地区生产总值 (亿元) ", "du_name": "亿元"}
SECONDARY = {"_id": "b2", "i_showname": "第二产业增加值 (亿元) ", "du_name": "亿元"}


def period(year: object, *values: dict[str, Any]) -> dict[str, Any]:
    return {"code": f"{year}YY", "name": f"{year}年", "values": list(values)}


def answer(*periods: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"state": 20000, "success": True, "data": list(periods), **more}


def value(text: object, **more: object) -> dict[str, Any]:
    return {**GDP, **BEIJING, "value": text, **more}


# One indicator, all regions; and one region, several indicators.
BY_REGION = answer(
    period(2020, {**GDP, **BEIJING, "value": "36102.6"}, {**GDP, **TIANJIN, "value": "14083.7"}),
    period(2019, {**GDP, **BEIJING, "value": "35445.1"}, {**GDP, **TIANJIN, "value": ""}),
)
BY_ITEM = answer(
    period(
        2020, {**GDP, **BEIJING, "value": "36102.6"}, {**SECONDARY, **BEIJING, "value": "5739.1"}
    )
)

HandIn = Callable[..., Path]


@pytest.fixture
def hand_in(inbox: Path) -> HandIn:
    def write(content: object, **options: Any) -> Path:
        path = inbox / "answer.json"
        text = content if isinstance(content, str) else json.dumps(content, **options)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("is_ascii", [True, False])
@pytest.mark.parametrize("indent", [None, 2])
def test_one_indicator_of_all_regions(
    raw: Raw, hand_in: HandIn, is_ascii: bool, indent: int | None
) -> None:
    hand_in(BY_REGION, ensure_ascii=is_ascii, indent=indent)
    assert raw.land().files[0].reader == "nbs_service"
    assert sorted(raw.values(), key=str) == sorted(
        [
            ("110000", 2020, 36102.6, None),
            ("110000", 2019, 35445.1, None),
            ("120000", 2020, 14083.7, None),
            ("120000", 2019, None, "not_published"),
        ],
        key=str,
    )
    assert raw.reasons() == []


def test_several_indicators_of_one_region(raw: Raw, hand_in: HandIn) -> None:
    hand_in(BY_ITEM)
    raw.land()
    landed = raw.table("observations")
    assert list(landed["item_code"]) == ["gdp_100m_yuan", "secondary_value_added_100m_yuan"]
    assert list(landed["unit_printed"]) == ["亿元"] * 2


@pytest.mark.parametrize(
    "wrapped",
    [
        {"fetched": "2026-10-02", "request": {"cid": "6f8f", "dts": ["2019YY-2020YY"]}}
        | {"response": BY_REGION},
        [BY_REGION],
        BY_REGION["data"],
        {"地区生产总值": BY_REGION},
    ],
)
def test_what_a_program_wrapped_around_an_answer_does_not_matter(
    raw: Raw, hand_in: HandIn, wrapped: object
) -> None:
    hand_in(wrapped)
    raw.land()
    assert len(raw.values()) == 4


def test_a_person_finds_the_place_of_a_value(raw: Raw, hand_in: HandIn) -> None:
    hand_in([BY_ITEM, BY_REGION["data"][1]])
    raw.land()
    last = raw.table("observations").iloc[-1]
    assert last["source_row"] == 4
    assert last["source_column"] == "[1].values[1]"
    assert raw.table("observations")["source_column"][0] == "[0].data[0].values[0]"


def test_numbers_are_kept_as_they_are_written(raw: Raw, hand_in: HandIn) -> None:
    hand_in(json.dumps(answer(period(2020, value("FIGURE")))).replace('"FIGURE"', "36102.60"))
    raw.land()
    assert list(raw.table("observations")["value_printed"]) == ["36102.60"]


def test_the_nation_and_places_outside_the_sample(raw: Raw, hand_in: HandIn) -> None:
    nation = {"da": "000000000000", "da_name": "全国"}
    hong_kong = {"da": "810000000000", "da_name": "香港特别行政区"}
    hand_in(answer(period(2020, value("1", **nation), value("2", **hong_kong))))
    raw.land()
    assert raw.values() == [("000000", 2020, 1.0, None)]
    assert raw.reasons() == ["outside_sample"]


@pytest.mark.parametrize(
    "region",
    [
        {"da": "110000000000", "da_name": ""},
        {"da": "", "da_name": "北京市"},
        {"da": None, "da_name": None, "area": "110000000000"},
    ],
)
def test_code_or_name_of_a_region_is_enough(
    raw: Raw, hand_in: HandIn, region: dict[str, Any]
) -> None:
    entry = {key: text for key, text in value("1", **region).items() if text is not None}
    hand_in(answer(period(2020, entry)))
    raw.land()
    assert raw.values() == [("110000", 2020, 1.0, None)]


@pytest.mark.parametrize(
    ("entry", "reason", "words"),
    [
        (value("1", du_name="万元"), "contradiction", "the name says 亿元, du_name 万元"),
        (value("1", du_name="元宝"), "contradiction", "du_name 元宝"),
        (value("1", da_name="天津市"), "contradiction", "da says 110000000000, da_name 天津市"),
        (value("1", da_name="京城"), "unknown_province", "province_names.csv"),
        (value("1", da="", da_name=""), "province_not_stated", "省份"),
        (value("1", i_showname="", du_name=""), "item_not_stated", "指标"),
        (value("1", i_showname="地区生产总值", du_name=""), "unit_not_stated", "单位"),
        (value("1", i_showname="日照时数(小时)", du_name="小时"), "unknown_item", "item_aliases"),
        (value("1", dp_name="累计同比增减%"), "unknown_item", "item_aliases"),
        (value("1", i_showname="利润总额 (亿元)"), "scope_not_stated", "规模以上工业企业"),
        (value("a lot"), "unreadable_value", "a number"),
        (value([1]), "unreadable_value", "a number"),
        (value(True), "unreadable_value", "a number"),
        ({**GDP, **BEIJING}, "ragged_row", "du_name"),
        ("text", "ragged_row", "an entry with"),
    ],
)
def test_each_reason_to_set_a_value_aside(
    raw: Raw, hand_in: HandIn, entry: object, reason: str, words: str
) -> None:
    hand_in(
        answer({"code": "2020YY", "name": "2020年", "values": [entry, {**value("5"), **TIANJIN}]})
    )
    report = raw.land()
    assert raw.values() == [("120000", 2020, 5.0, None)]
    assert raw.reasons() == [reason]
    assert words in raw.table("set_aside")["expected"][0]
    assert report.cells_read == 2


def test_the_figures_themselves_are_told_from_their_growth(raw: Raw, hand_in: HandIn) -> None:
    hand_in(answer(period(2020, value("1", dp_name="本期累计"))))
    raw.land()
    assert raw.values() == [("110000", 2020, 1.0, None)]


@pytest.mark.parametrize(
    ("code", "name", "reason"),
    [
        ("202109MM", "2021年9月", "not_annual"),
        ("202103SS", "2021年第三季度", "not_annual"),
        ("202103QQ", "", "not_annual"),
        ("2021YY", "2020年", "contradiction"),
        ("2021YY", "2021年9月", "contradiction"),
        ("LAST", "2021年", "unreadable_year"),
        ("", "", "unreadable_year"),
    ],
)
def test_only_whole_years_are_read(
    raw: Raw, hand_in: HandIn, code: str, name: str, reason: str
) -> None:
    hand_in(answer({"code": code, "name": name, "values": [value("1")]}))
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == [reason]


@pytest.mark.parametrize(("code", "name"), [("2021YY", ""), ("2021", "2021年"), ("", "2021年")])
def test_a_year_by_code_or_by_name(raw: Raw, hand_in: HandIn, code: str, name: str) -> None:
    hand_in(answer({"code": code, "name": name, "values": [value("1")]}))
    raw.land()
    assert raw.values() == [("110000", 2021, 1.0, None)]


def test_an_answer_about_cities_gives_no_province(raw: Raw, hand_in: HandIn) -> None:
    city = {"da": "130100000000", "da_name": "石家庄市"}
    hand_in(answer(period(2020, value("1"), value("2", **city))))
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == ["not_provinces"] * 2


def test_a_mapping_states_what_the_answer_does_not(raw: Raw, hand_in: HandIn) -> None:
    path = hand_in(answer(period(2020, value("1", i_showname="利润总额", du_name=""))))
    mapping = path.with_name("answer.json.mapping.yml")
    mapping.write_text(
        'sheets: {"*": {unit: 亿元, scope: 规模以上工业企业, edition: 2021}}', encoding="utf-8"
    )
    raw.land()
    landed = raw.table("observations").iloc[0]
    assert (landed["item_code"], landed["edition"]) == ("total_profit_100m_yuan", 2021)


# --- JSON that is no answer, and JSON that does harm

DEEP = '{"a":' * 200_000
FAILED = {"state": 50000, "success": False, "message": "系统繁忙", "data": None}


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        (json.dumps(BY_REGION)[:-40], "unreadable_file", "JSON to its end; line 1"),
        (json.dumps(BY_REGION) + "{}", "unreadable_file", "Extra data"),
        (json.dumps(FAILED), "unreadable_file", "success: false (系统繁忙)"),
        (json.dumps([BY_REGION, FAILED]), "unreadable_file", "[1] says success: false"),
        (json.dumps(answer()), "unreadable_file", "holds none"),
        ('{"type": "FeatureCollection", "features": []}', "unreadable_file", "holds none"),
        ('{"a": 1, "a": 2}', "unreadable_file", "'a' is twice"),
        (DEEP, "unreadable_file", f"no more than {json_answer.MAX_DEPTH} deep"),
        ('{"a":' * 20 + "1" + "}" * 20, "unreadable_file", "deep"),
        ("[[" + "," * json_answer.MAX_SIGNS, "too_large", "texts and numbers"),
        (
            json.dumps(answer(period(2020, *[0] * (json_answer.MAX_VALUES + 1)))),
            "too_large",
            "values",
        ),
    ],
    ids=lambda text: str(text)[:20],
)
def test_other_json_is_refused_with_words(
    catalogue: Catalogue, text: str, reason: str, words: str
) -> None:
    found = read(Source("a.json", text.encode()), catalogue)
    (fault,) = found.cells["fault"]
    assert fault.reason == reason
    assert words in fault.expected


def test_a_web_page_in_the_place_of_an_answer_is_named(raw: Raw, hand_in: HandIn) -> None:
    hand_in("<!DOCTYPE html><html><body>403 UrlACL</body></html>")
    raw.land()
    assert raw.values() == []
    assert "web page" in raw.table("set_aside")["expected"][0]


@pytest.mark.parametrize(
    "text",
    ["-Infinity", "1e999", "9" * 100_000, '"\\ud800"', '"1\\u00002"', '"\\u202e1"'],
    ids=lambda text: text[:12],
)
def test_figures_that_are_none_are_set_aside(raw: Raw, hand_in: HandIn, text: str) -> None:
    hand_in(json.dumps(answer(period(2020, value("FIGURE")))).replace('"FIGURE"', text))
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == ["unreadable_value"]


@pytest.mark.parametrize("text", ["null", "NaN", '""', '"-"'])
def test_what_says_that_there_is_no_figure_lands_as_a_mark(
    raw: Raw, hand_in: HandIn, text: str
) -> None:
    hand_in(json.dumps(answer(period(2020, value("FIGURE")))).replace('"FIGURE"', text))
    raw.land()
    assert [figure for _, _, figure, _ in raw.values()] == [None]


def test_the_path_to_a_value_stays_short(catalogue: Catalogue) -> None:
    text = json.dumps({"k" * 100_000: BY_REGION})
    cells = read(Source("a.json", text.encode()), catalogue).cells
    assert max(map(len, cells["source_column"])) < 100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "name", "values", "data", "success", *json_answer.FIELDS]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@pytest.mark.slow
@settings(deadline=None)
@given(JSON | st.lists(JSON, min_size=1).map(lambda values: answer(period(2020, *values))))
def test_any_json_ends_in_cells_or_a_fault(catalogue: Catalogue, content: Any) -> None:
    try:
        sheet = json_answer.sheet(json.dumps(content))
    except FileFault:
        return
    cells = nbs_service.read(sheet, catalogue).cells
    assert len(cells) == len(sheet.rows) - 1
    observations, aside = resolve(cells, catalogue, 2026)
    assert len(observations) + len(aside) == len(cells)


@settings(deadline=None)
@given(st.text(st.sampled_from('{}[]":,\\u0d8 \n1ea-'), max_size=60))
def test_any_text_that_begins_as_json_ends_in_a_sheet_or_a_fault(text: str) -> None:
    for begun in (text, '{"data": [' + text, json.dumps(BY_REGION)[: len(text) * 9] + text):
        try:
            assert len(json_answer.sheet(begun).rows) > 1
        except FileFault as fault:
            assert fault.reason == "unreadable_file"


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["北京市", "天津市", "西藏自治区"]), st.integers(2000, 2024)),
        st.none() | st.floats(-1e12, 1e12),
        min_size=1,
    )
)
def test_what_is_written_is_read(
    catalogue: Catalogue, figures: dict[tuple[str, int], float | None]
) -> None:
    periods = [
        period(year, value("" if figure is None else repr(figure), da="", da_name=province))
        for (province, year), figure in figures.items()
    ]
    source = Source("a.json", json.dumps(answer(*periods)).encode())
    observations, aside = resolve(read(source, catalogue).cells, catalogue, 2026)
    assert len(aside) == 0
    codes = {name: catalogue.provinces[match_key(name)].code for name, _ in figures}
    written = {(codes[name], year): figure for (name, year), figure in figures.items()}
    keys = zip(observations["province_code"], observations["year"], strict=True)
    found = [None if pd.isna(figure) else figure for figure in observations["value"]]
    assert dict(zip(keys, found, strict=True)) == written


def test_a_name_that_is_twice_is_found_at_once() -> None:
    names = ",".join(f'"{number}":1' for number in range(200_000))
    start = time.process_time()
    with pytest.raises(FileFault, match="'199999' is twice"):
        json_answer.sheet(f'{{{names},"199999":2}}')
    assert time.process_time() - start < 10
