"""Pages that go on, tables side by side, and places that are not provinces."""

import pytest
from tables import read_rows, sheet

from yearbooks.catalogue import Catalogue
from yearbooks.layouts.yearbook_table import read
from yearbooks.resolution import resolve

ASSETS, LIABILITIES, PROFIT, GDP = (
    "total_assets_100m_yuan",
    "total_liabilities_100m_yuan",
    "total_profit_100m_yuan",
    "gdp_100m_yuan",
)
BEIJING, TIANJIN, HEBEI, SHANXI = "110000", "120000", "130000", "140000"


def pages(title: str, goes_on: str, unit: str = "单位：亿元") -> list[list[str]]:
    return [
        [title],
        ["单位：亿元"],
        ["地区", "资产总计", "负债合计"],
        ["北京", "100", "40"],
        ["天津", "90", "50"],
        [goes_on],
        *([[unit]] if unit else []),
        ["地区", "利润总额"],
        ["北京", "7"],
        ["天津", "6"],
    ]


@pytest.mark.parametrize("goes_on", ["2-1 续表", "续表", "2-1 续表 continued", "2-1续表1", "(续)"])
def test_a_continuation_has_title_scope_year_and_unit_of_its_first_page(
    catalogue: Catalogue, goes_on: str
) -> None:
    rows = pages("2-1 各地区规模以上工业企业主要指标(2019年)", goes_on, unit="")
    reading = read(sheet(rows), catalogue)
    landed, aside = resolve(reading.cells, catalogue, 2026)
    assert len(aside) == 0
    profit = landed[landed["item_code"] == PROFIT]
    assert profit[["value", "year", "unit"]].values.tolist() == [
        [7, 2019, "亿元"],
        [6, 2019, "亿元"],
    ]
    assert set(profit["table_printed"]) == {"2-1"}


def test_a_continuation_of_another_scope_is_refused_like_its_first_page(
    catalogue: Catalogue,
) -> None:
    rows = pages("3-1 各地区国有控股工业企业主要指标(2019年)", "3-1 续表 (2019年)")
    landed, refused = read_rows(rows, catalogue, name="")
    assert landed == {}
    assert set(refused) == {"other_scope"}


def test_what_a_continuation_states_itself_goes_before(catalogue: Catalogue) -> None:
    rows = pages("2-1 各地区规模以上工业企业主要指标(2019年)", "2-1 续表(2018年)", "单位：万元")
    reading = read(sheet(rows), catalogue)
    profit = resolve(reading.cells, catalogue, 2026)[0].query("item_code == @PROFIT")
    assert profit[["year", "unit"]].values.tolist() == [[2018, "万元"]] * 2


def test_a_continuation_of_another_table_takes_nothing_over(catalogue: Catalogue) -> None:
    rows = pages("2-1 各地区规模以上工业企业主要指标(2019年)", "2-9 续表")
    landed, refused = read_rows(rows, catalogue, name="")
    assert {item for item, _ in landed} == {ASSETS, LIABILITIES}
    assert set(refused) == {"scope_not_stated"}


def test_a_continuation_on_a_sheet_of_its_own(catalogue: Catalogue) -> None:
    rows = pages("2-1 各地区规模以上工业企业主要指标(2019年)", "2-1 续表")
    first = read(sheet(rows[:5], name="1"), catalogue)
    second = sheet(rows[5:], name="2")
    alone = resolve(read(second, catalogue).cells, catalogue, 2026)
    assert len(alone[0]) == 0
    landed, _ = resolve(read(second, catalogue, None, first.goes_on).cells, catalogue, 2026)
    assert landed[["item_code", "year"]].values.tolist() == [[PROFIT, 2019]] * 2
    # A sheet that is no continuation takes nothing over.
    other = sheet(rows[7:], name="3")
    assert len(resolve(read(other, catalogue, None, first.goes_on).cells, catalogue, 2026)[0]) == 0


LEFT, RIGHT = ("北京", "天津", "河北", "山西"), ("内蒙古", "辽宁", "吉林", "黑龙江")


def halves(shift: int) -> list[list[str]]:
    """Two halves of a table side by side, the right one `shift` rows higher."""
    rows = [["地区生产总值 2020年 单位：亿元", "", "", "", ""], [""] * 5]
    rows += [["地区", "地区生产总值", "", "", ""]]
    rows += [[name, str(number), "", "", ""] for number, name in enumerate(LEFT, 1)]
    rows[2 - shift][3:] = ["" if shift else "地区", "地区生产总值"]
    for number, name in enumerate(RIGHT, 5):
        rows[number - 2 - shift][3:] = [name, str(number)]
    return rows


@pytest.mark.parametrize("shift", [0, 1])
def test_two_halves_of_a_table_side_by_side(catalogue: Catalogue, shift: int) -> None:
    landed, refused = read_rows(halves(shift), catalogue)
    assert refused == {}
    codes = [catalogue.province(name).code for name in (*LEFT, *RIGHT)]  # type: ignore[union-attr]
    assert landed == {(GDP, code): number for number, code in enumerate(codes, 1)}


def test_the_second_table_has_the_scope_and_unit_of_its_own_title(catalogue: Catalogue) -> None:
    titles = ("各地区规模以上工业企业利润总额", "各地区国有控股工业企业利润总额")
    rows = [[titles[0], "", "", titles[1], ""]]
    rows += [["地区", "利润总额(亿元)", "", "地区", "利润总额(亿元)"]]
    rows += [[one, "1", "", other, "2"] for one, other in zip(LEFT, reversed(LEFT), strict=True)]
    landed, refused = read_rows(rows, catalogue)
    assert len(landed) == 4
    assert set(landed.values()) == {1}
    assert set(refused) == {"other_scope"}


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (
            [
                ["年份", "地级市", "地区生产总值(亿元)"],
                ["2020", "北京", "1"],
                ["2020", "吉林", "2"],
            ],
            "地级市",
        ),
        (
            [
                ["省份", "城市", "地区生产总值(亿元)"],
                ["北京", "北京", "1"],
                ["吉林", "吉林", "2"],
                ["吉林", "长春", "3"],
            ],
            "城市",
        ),
        (
            [["主要城市地区生产总值(亿元)"], ["地区", "合计"], ["北京", "1"], ["天津", "2"]],
            "主要城市",
        ),
        (
            [
                ["地区", "地区生产总值(亿元)"],
                *([name, "1"] for name in ("北京", "天津", "甲", "乙", "丙", "丁", "戊", "己")),
            ],
            "6 of 8 names",
        ),
    ],
)
def test_cities_are_no_provinces_even_where_their_names_are(
    catalogue: Catalogue, rows: list[list[str]], named: str
) -> None:
    landed, refused = read_rows(rows, catalogue)
    assert landed == {}
    assert named in refused["not_provinces"]


def test_rows_of_regions_beside_the_provinces_do_not_make_cities_of_them(
    catalogue: Catalogue,
) -> None:
    regions = ("全国", "东部地区", "中部地区", "西部地区", "东北地区")
    rows = [["地区", "地区生产总值(亿元)"], *([name, "9"] for name in regions)]
    landed, _ = read_rows([*rows, ["北京", "1"], ["天津", "2"]], catalogue)
    assert landed[GDP, BEIJING] == 1


def test_a_misprinted_name_is_asked_about_a_mistyped_translation_is_not(
    catalogue: Catalogue,
) -> None:
    rows = [
        ["地区", "Region", "地区生产总值(亿元)"],
        ["北京", "Bejing", "1"],
        ["山两", "Shanxi", "2"],
        ["天津 Tianjn", "", "3"],
        ["河北", "Hebei", "4"],
    ]
    landed, refused = read_rows(rows, catalogue)
    assert landed == {(GDP, BEIJING): 1, (GDP, TIANJIN): 3, (GDP, HEBEI): 4}
    assert set(refused) == {"unknown_province"}


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("地区生产总值/亿元", 1),
        ("地区生产总值_亿元", 1),
        ("地区生产总值（亿元）", 1),
        ("GDP_当年价_亿元", 1),
        ("Gross Regional Product (100 million yuan)", 1),
    ],
)
def test_the_unit_behind_a_heading_of_a_panel(
    catalogue: Catalogue, heading: str, value: float
) -> None:
    rows = [["Province", "Year", heading], ["Beijing", "2020", "1"], ["Tianjin", "2020", "2"]]
    assert read_rows(rows, catalogue)[0][GDP, BEIJING] == value


def test_two_columns_that_claim_an_item_and_differ_are_asked_about_as_a_whole(
    catalogue: Catalogue,
) -> None:
    rows = [
        ["地区", "年份", "GDP_亿元", "GDP_当年价_亿元"],
        ["北京", "2019", "1", "1"],
        ["北京", "2020", "2", "3"],
        ["天津", "2019", "4", "4"],
    ]
    landed, refused = read_rows(rows, catalogue)
    assert (landed, set(refused)) == ({}, {"duplicate_cell"})
    rows[2][3] = "2"
    assert len(read_rows(rows, catalogue)[0]) == 2


def test_years_without_item_or_unit_are_asked_for_and_two_lines_answer(
    catalogue: Catalogue,
) -> None:
    rows = [["地区", "2020年"], ["北京", "1"], ["天津", "2"]]
    landed, refused = read_rows(rows, catalogue)
    assert (landed, set(refused)) == ({}, {"item_not_stated"})
    assert set(read_rows(rows, catalogue, item="地区生产总值")[1]) == {"unit_not_stated"}
    landed, refused = read_rows(rows, catalogue, item="地区生产总值", unit="亿元")
    assert (landed, refused) == ({(GDP, BEIJING): 1, (GDP, TIANJIN): 2}, {})


def test_an_item_of_the_sheet_is_not_that_of_columns_that_say_another(
    catalogue: Catalogue,
) -> None:
    rows = [["", "地区", "2020年", "指数"], ["7", "北京", "1", "5"], ["8", "天津", "2", "6"]]
    landed, refused = read_rows(rows, catalogue, item="地区生产总值", unit="亿元")
    assert landed == {(GDP, BEIJING): 1, (GDP, TIANJIN): 2}
    assert set(refused) == {"unknown_item", "ambiguous_heading"}
