"""Exports of the NBS data site: encodings, titles, footnotes, ragged and foreign tables."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inboxes import Raw, nbs_lines

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Sheet
from yearbooks.errors import FileFault
from yearbooks.labels import match_key
from yearbooks.layouts import nbs_export
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

ROWS = ("北京市,36102.6,35445.1", "天津市,14083.7,14055.5")
VALUES = [
    ("110000", 2020, 36102.6, None),
    ("110000", 2019, 35445.1, None),
    ("120000", 2020, 14083.7, None),
    ("120000", 2019, 14055.5, None),
]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_each_encoding_reads_the_same(raw: Raw, nbs: Callable[..., Path], encoding: str) -> None:
    nbs(ROWS, encoding=encoding)
    report = raw.land()
    assert report.files[0].reader == "nbs_export"
    assert raw.values() == VALUES
    assert raw.reasons() == []


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_delimiters_and_line_ends(raw: Raw, inbox: Path, delimiter: str, line_end: str) -> None:
    text = nbs_lines(ROWS).replace(",", delimiter).replace("\r\n", line_end)
    (inbox / "export.txt").write_bytes(text.encode("gb18030"))
    raw.land()
    assert raw.values() == VALUES


def test_a_table_that_a_spreadsheet_saved_again(raw: Raw, inbox: Path) -> None:
    notes = ["注：甲。", "\u3000\u3000乙。"]
    table = [f"{row},," for row in ROWS]
    lines = nbs_lines(table, header="地区,2020年,2019年,,", notes=notes).splitlines()
    padded = [line if ",," in line else f'"{line}",,,,' for line in lines]
    (inbox / "saved.csv").write_text("\n".join(padded), encoding="utf-8-sig")
    raw.land()
    assert raw.values() == VALUES
    assert raw.reasons() == []
    assert set(raw.table("observations")["footnotes"]) == {"注：甲。\n乙。"}


def test_where_a_cell_came_from_is_kept(raw: Raw, nbs: Callable[..., Path]) -> None:
    path = nbs(ROWS, name="gdp.csv")
    raw.land()
    cell = raw.table("observations").iloc[-1]
    assert (cell["source_file"], cell["source_row"], cell["source_column"]) == (
        "gdp.csv",
        6,
        "2020年",
    )
    assert path.read_bytes().decode("gb18030").splitlines()[5].startswith(cell["province_printed"])
    assert (cell["item_printed"], cell["unit_printed"]) == ("地区生产总值", "亿元")
    assert cell[["yearbook", "yearbook_table"]].isna().all()
    # Nothing states the edition: the year after the last data year of the file stands in.
    assert (cell["edition"], cell["edition_printed"]) == (2021, "")
    assert cell["rule"] == "nbs_title_line"


@pytest.mark.parametrize(
    ("title", "item_code", "unit"),
    [
        ("工业烟(粉)尘排放量(万吨)", "pm_emitted_10k_tonnes", "万吨"),
        ("工业烟（粉）尘排放量（万吨）", "pm_emitted_10k_tonnes", "万吨"),
        ("工业烟(粉)尘排放量（ 万吨 ）", "pm_emitted_10k_tonnes", "万吨"),
        ("人均地区生产总值(元/人)", "gdp_per_capita_yuan", "元/人"),
    ],
)
def test_the_unit_stands_in_the_last_brackets(
    raw: Raw, nbs: Callable[..., Path], title: str, item_code: str, unit: str
) -> None:
    nbs(ROWS, title=title)
    raw.land()
    observations = raw.table("observations")
    assert set(observations["item_code"]) == {item_code}
    assert set(observations["unit_printed"]) == {unit}


@pytest.mark.parametrize(
    ("title", "reason"),
    [("地区生产总值", "unit_not_stated"), ("地区生产总值(当年价)", "unknown_unit")],
)
def test_a_title_without_a_known_unit_is_not_guessed(
    raw: Raw, nbs: Callable[..., Path], title: str, reason: str
) -> None:
    nbs(ROWS, title=title)
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == [reason] * 4


def test_footnotes_and_their_continuations_go_with_every_cell(
    raw: Raw, nbs: Callable[..., Path]
) -> None:
    notes = ["注：1.甲,乙。", "\u3000\u3000\u30002.丙。", "数据来源：国家统计局"]
    nbs(ROWS, notes=notes)
    raw.land()
    assert set(raw.table("observations")["footnotes"]) == {
        "注：1.甲,乙。\n2.丙。\n数据来源：国家统计局"
    }
    assert raw.reasons() == []


def test_a_remark_above_the_header_is_a_footnote_too(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS, header="口径：当年价\r\n地区,2020年,2019年", notes=())
    raw.land()
    assert set(raw.table("observations")["footnotes"]) == {"口径：当年价"}


def test_empty_cells_land_as_not_published(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(["北京市,,35445.1", "天津市,…,0.00"])
    raw.land()
    assert raw.values() == [
        ("110000", 2020, None, "not_published"),
        ("110000", 2019, 35445.1, None),
        ("120000", 2020, None, "not_available"),
        ("120000", 2019, 0.0, None),
    ]


def test_a_row_of_another_width_is_set_aside_whole(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(["北京市,1,234.5,35445.1", "天津市,14083.7", "河北省,3,4"])
    report = raw.land()
    assert raw.values() == [("130000", 2020, 3.0, None), ("130000", 2019, 4.0, None)]
    aside = raw.table("set_aside")
    assert set(aside["reason"]) == {"ragged_row"}
    # The field that is missing is a cell nobody could read, not a cell that is empty.
    assert sorted(aside["value_printed"]) == sorted(["1", "234.5", "35445.1", "14083.7", ""])
    assert set(aside["expected"]) == {"3 fields, each under a heading"}
    assert (report.cells_read, report.cells_landed, report.cells_set_aside) == (7, 2, 5)


def test_a_row_below_the_footnotes_is_read_all_the_same(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS[:1], notes=["数据来源：国家统计局", f"\u3000{ROWS[1]}"])
    raw.land()
    assert raw.values() == VALUES
    assert set(raw.table("observations")["footnotes"]) == {"数据来源：国家统计局"}


@pytest.mark.parametrize(
    ("content", "reason", "expected"),
    [
        (nbs_lines(ROWS) + nbs_lines(ROWS), "unrecognised_layout", "one table a file; rows 4 and"),
        (nbs_lines(ROWS, header="甲,2020年,2019年"), "unrecognised_layout", "a header line"),
        (nbs_lines([]), "empty_file", "rows of figures below the header line"),
    ],
)
def test_tables_that_cannot_be_read_say_why(
    raw: Raw, inbox: Path, content: str, reason: str, expected: str
) -> None:
    (inbox / "bad.csv").write_bytes(content.encode("gb18030"))
    report = raw.land()
    assert report.files[0].reader == "nbs_export"
    assert report.files[0].reasons == {reason: 1}
    assert expected in raw.table("set_aside")["expected"][0]
    assert raw.values() == []


def test_a_quotation_mark_that_never_closes_costs_its_line(
    raw: Raw, nbs: Callable[..., Path]
) -> None:
    nbs(['北京市,1,"2', "天津市,3,4"], notes=['"注：甲'])
    assert raw.land().files[0].reasons == {"unreadable_value": 2}
    assert raw.values() == [("120000", 2020, 3.0, None), ("120000", 2019, 4.0, None)]
    aside = raw.table("set_aside")
    assert list(aside["source_row"]) == [5, 5]
    assert aside["expected"].str.contains("stray").all()


def test_figures_without_a_heading_are_not_lost(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS, header="地区,2020年,")
    raw.land()
    assert raw.reasons() == ["ragged_row"] * 4
    assert "35445.1" in set(raw.table("set_aside")["value_printed"])


def test_monthly_tables_are_set_aside_by_their_headings(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS, header="地区,2020年1月,2019年")
    raw.land()
    assert raw.reasons() == ["unreadable_year"] * 2
    assert set(raw.table("set_aside")["year_printed"]) == {"2020年1月"}
    assert [year for _, year, _, _ in raw.values()] == [2019, 2019]


def test_figures_above_the_header_or_after_a_note_are_set_aside_and_not_taken_for_notes(
    raw: Raw, inbox: Path
) -> None:
    lines = nbs_lines(["北京市,1,2", "注：初步核算数。", " 河北省,3", "  山西省,4,5,6"])
    lines = lines.replace("地区,2020年", "北京市,5,5\r\n地区,2020年")
    (inbox / "nbs.csv").write_text(lines, encoding="utf-8")
    report = raw.land()
    assert len(raw.table("observations")) == 2
    assert set(raw.reasons()) == {"ragged_row"}
    aside = raw.table("set_aside")
    assert {"北京市", "河北省", "山西省"} == set(aside["province_printed"].str.strip())
    assert report.cells_read == report.cells_landed + report.cells_set_aside


# --- the database


@pytest.mark.parametrize(
    ("database", "reason", "words"),
    [
        ("主要城市年度数据", "not_provinces", r"主要城市年度数据 \(cities\)"),
        ("主要城市年度数据 ", "not_provinces", "cities"),
        ("省会城市数据", "not_provinces", "cities"),
        ("港澳台年度数据", "not_provinces", "other places"),
        ("分省月度数据", "not_annual", r"whole years; the database is 分省月度数据 \(monthly\)"),
        ("分省季度数据", "not_annual", "quarterly"),
        ("Monthly by Province", "not_annual", "monthly"),
    ],
)
def test_a_database_that_is_not_annual_by_province_is_refused_by_name(
    raw: Raw, inbox: Path, database: str, reason: str, words: str
) -> None:
    text = nbs_lines(ROWS).replace("分省年度数据", database)
    (inbox / "nbs.csv").write_text(text, encoding="utf-8")
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == [reason] * 4
    assert re.search(words, raw.table("set_aside")["expected"][0])


def test_a_database_nobody_knows_is_no_reason_to_refuse(raw: Raw, inbox: Path) -> None:
    text = nbs_lines(ROWS).replace("分省年度数据", "普查数据")
    (inbox / "nbs.csv").write_text(text, encoding="utf-8")
    raw.land()
    assert raw.values() == VALUES


# --- exports of the site in use since 2026, and what a mapping states of them

NEW_SITE = """\ufeff数据库：分省年度数据
时间：2019年-2020年
地区\t,2020年\t,2019年\t,
北京市\t,36102.6\t,35445.1\t,
天津市\t,14083.7\t,14055.5\t,
注：1. 某注。
数据来源：国家统计局
"""
ITEMS_DOWN = """数据库：分省年度数据
时间：
指标\t,2020年\t,2019年\t,
地区生产总值 (亿元)\t,36102.6\t,35445.1\t,
第二产业增加值 (亿元) \t,5739.1\t,\t,
数据来源：国家统计局
"""
ENGLISH = """Database：Annual by Province
Indicators：Gross Regional Product(100 million yuan)
Year：LATEST10
Region,2020,2019年
Beijing,36102.6,35445.1
Tianjin,14083.7,14055.5
Data Sources：National Bureau of Statistics
"""
GDP = ["gdp_100m_yuan"] * 2
BOTH = [*GDP, *["secondary_value_added_100m_yuan"] * 2]


def hand_in(inbox: Path, text: str, mapping: str = "") -> None:
    (inbox / "nbs.csv").write_text(text, encoding="utf-8")
    if mapping:
        (inbox / "nbs.csv.mapping.yml").write_text(f'sheets: {{"*": {mapping}}}', encoding="utf-8")


def printed(raw: Raw, inbox: Path) -> pd.DataFrame:
    """The cells before anyone says what they mean."""
    return read(Source.open(inbox / "nbs.csv"), raw.catalogue).cells


def rules(raw: Raw, inbox: Path) -> set[str]:
    return set(printed(raw, inbox)["rule"])


def items(raw: Raw) -> list[str]:
    return sorted(raw.table("observations")["item_code"])


def test_an_item_that_no_line_states_is_asked_for(raw: Raw, inbox: Path) -> None:
    hand_in(inbox, NEW_SITE)
    assert raw.land().files[0].reader == "nbs_export"
    assert raw.values() == []
    aside = raw.table("set_aside")
    assert set(aside["reason"]) == {"item_not_stated"}
    assert set(aside["item_printed"]) == {""}
    assert "指标" in aside["expected"][0]


def test_two_lines_of_a_mapping_state_item_and_unit(raw: Raw, inbox: Path) -> None:
    hand_in(inbox, NEW_SITE, "{item: 地区生产总值, unit: 亿元}")
    assert raw.land().files[0].reader == "nbs_export"
    assert raw.values() == VALUES
    assert raw.reasons() == []
    assert rules(raw, inbox) == {"mapping"}
    assert set(raw.table("observations")["footnotes"]) == {"注：1. 某注。\n数据来源：国家统计局"}


def test_the_unit_may_stand_in_the_brackets_of_the_item(raw: Raw, inbox: Path) -> None:
    hand_in(inbox, NEW_SITE, "{item: 地区生产总值(亿元)}")
    raw.land()
    assert raw.values() == VALUES


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [("{item: 地区生产总值}", "unit_not_stated"), ("{unit: 亿元}", "item_not_stated")],
)
def test_half_an_answer_is_not_completed(raw: Raw, inbox: Path, mapping: str, reason: str) -> None:
    hand_in(inbox, NEW_SITE, mapping)
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == [reason] * 4


@pytest.mark.parametrize("scope", ["规模以上工业企业", "规上工业企业"])
def test_a_mapping_states_who_is_counted(raw: Raw, inbox: Path, scope: str) -> None:
    text = nbs_lines(ROWS, title="利润总额(亿元)")
    hand_in(inbox, text)
    raw.land()
    assert raw.reasons() == ["scope_not_stated"] * 4
    hand_in(inbox, text, f"{{scope: {scope}}}")
    raw.land()
    assert set(items(raw)) == {"total_profit_100m_yuan"}


def test_another_scope_than_the_item_has_is_refused(raw: Raw, inbox: Path) -> None:
    hand_in(inbox, nbs_lines(ROWS, title="利润总额(亿元)"), "{scope: 国有控股工业企业}")
    raw.land()
    assert raw.reasons() == ["other_scope"] * 4


def test_items_that_go_down_are_of_a_province_that_must_be_stated(raw: Raw, inbox: Path) -> None:
    hand_in(inbox, ITEMS_DOWN)
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == ["province_not_stated"] * 4
    assert "省份" in raw.table("set_aside")["expected"][0]


@pytest.mark.parametrize("by", ["line", "mapping"])
def test_items_that_go_down_land_with_their_own_units(raw: Raw, inbox: Path, by: str) -> None:
    if by == "line":
        hand_in(inbox, ITEMS_DOWN.replace("时间：", "地区：北京市\n时间："))
    else:
        hand_in(inbox, ITEMS_DOWN, "{province: 北京}")
    raw.land()
    assert items(raw) == BOTH
    assert rules(raw, inbox) == {"nbs_label"}
    assert raw.values() == [
        ("110000", 2020, 36102.6, None),
        ("110000", 2019, 35445.1, None),
        ("110000", 2020, 5739.1, None),
        ("110000", 2019, None, "not_published"),
    ]


def test_years_go_down_and_provinces_across(raw: Raw, inbox: Path) -> None:
    rows = ["2020年,36102.6,14083.7", "2019年,35445.1,14055.5"]
    hand_in(inbox, nbs_lines(rows, header="时间,北京市,天津市"))
    raw.land()
    assert sorted(raw.values()) == sorted(VALUES)


def test_provinces_down_and_items_across_in_the_year_of_the_title(raw: Raw, inbox: Path) -> None:
    text = (
        "数据库：分省年度数据\n时间：2020年\n地区,地区生产总值(亿元),第二产业增加值(亿元)\n"
        "北京市,36102.6,5739.1\n天津市,14083.7,4834.2\n"
    )
    hand_in(inbox, text)
    raw.land()
    assert items(raw) == BOTH
    assert {year for _, year, _, _ in raw.values()} == {2020}


def test_the_english_export(raw: Raw, inbox: Path) -> None:
    hand_in(inbox, ENGLISH)
    assert raw.land().files[0].reader == "nbs_export"
    assert raw.values() == VALUES
    assert set(raw.table("observations")["footnotes"]) == {
        "Data Sources：National Bureau of Statistics"
    }


def test_a_title_line_printed_twice_with_two_items_is_refused(raw: Raw, inbox: Path) -> None:
    text = nbs_lines(ROWS).replace("时间：", "指标：第二产业增加值(亿元)\r\n时间：", 1)
    hand_in(inbox, text)
    raw.land()
    assert raw.reasons() == ["unrecognised_layout"]
    assert "row 3 is a second one" in raw.table("set_aside")["expected"][0]


def test_what_the_export_does_not_state_stays_empty(raw: Raw, inbox: Path) -> None:
    hand_in(inbox, nbs_lines(ROWS))
    columns = ["edition_printed", "yearbook_printed", "table_printed"]
    assert set(printed(raw, inbox)[columns].to_numpy().flat) == {""}
    assert rules(raw, inbox) == {"nbs_title_line"}
    hand_in(inbox, nbs_lines(ROWS), "{edition: 2022, yearbook: 中国统计年鉴}")
    stated = printed(raw, inbox)[columns].drop_duplicates().to_numpy().tolist()
    assert stated == [["2022", "中国统计年鉴", ""]]


# --- any table


TEXT = st.text(
    st.sampled_from("北京市天津指标地区数据库时间：:()（）亿元分省年度,\t 0123456789.-…注GDP"),
    max_size=12,
)


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(st.lists(TEXT, min_size=1, max_size=5), max_size=8),
    st.sampled_from(
        ["数据库：分省年度数据", "指标：地区生产总值(亿元)", "Database：Annual by Province"]
    ),
    st.sampled_from(["地区", "指标", "时间", "Region"]),
)
def test_any_export_ends_in_cells_or_a_fault(
    catalogue: Catalogue, rows: list[list[str]], first: str, head: str
) -> None:
    table = [[first], *rows, [head, "2020年", "2019年"], ["北京市", "1", "2"], *rows]
    sheet = Sheet("", tuple(enumerate(table, 1)))
    try:
        cells = nbs_export.read(sheet, catalogue).cells
    except FileFault:
        return
    observations, aside = resolve(cells, catalogue, 2026)
    assert len(observations) + len(aside) == len(cells) > 0


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["北京市", "天津市", "河北省", "西藏自治区"]),
        st.lists(st.none() | st.floats(-1e12, 1e12), min_size=3, max_size=3),
        min_size=1,
    )
)
def test_what_is_written_is_read(
    catalogue: Catalogue, figures: dict[str, list[float | None]]
) -> None:
    rows = [
        ",".join([province, *("" if value is None else repr(value) for value in values)])
        for province, values in figures.items()
    ]
    text = nbs_lines(rows, header="地区,2020年,2019年,2018年")
    cells = read(Source("nbs.csv", text.encode("gb18030")), catalogue).cells
    observations, aside = resolve(cells, catalogue, 2026)
    assert len(aside) == 0
    written = {
        (catalogue.provinces[match_key(province)].code, 2020 - at): value
        for province, values in figures.items()
        for at, value in enumerate(values)
    }
    keys = zip(observations["province_code"], observations["year"], strict=True)
    found = [None if pd.isna(value) else value for value in observations["value"]]
    assert dict(zip(keys, found, strict=True)) == written
