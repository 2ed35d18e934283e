"""Who is counted belongs to an item: stated and the same, or the figure does not land."""

import pytest
from tables import Rows, read_rows

from yearbooks.catalogue import Catalogue

RD, OWN, PERSONS, FTE = (
    "rd_expenditure_10k_yuan",
    "rd_own_funds_10k_yuan",
    "rd_personnel_persons",
    "rd_personnel_fte_person_years",
)
PROFIT = "total_profit_100m_yuan"
URBAN, MANUFACTURING, EMPLOYED = (
    "employed_urban_10k_persons",
    "employed_manufacturing_10k_persons",
    "employed_10k_persons",
)
BEIJING, TIANJIN = "110000", "120000"


def table(title: str, unit: str, *headings: str) -> Rows:
    figures = [str(number + 1) for number in range(len(headings))]
    return [
        [title],
        [f"单位：{unit}"],
        ["地区", *headings],
        ["北京", *figures],
        ["天津", *figures],
    ]


@pytest.mark.parametrize(
    "title",
    [
        "2-14 各地区规上工业企业R&D经费内部支出(2020年)",
        "2-14 各地区规模以上工业企业R&D经费内部支出(2020年)",
        "2-14 各地区规上工业 企业R&D经费内部支出(2020年)",
        "各地区全部国有及规模以上非国有工业企业R&D经费内部支出",
    ],
)
def test_the_title_states_the_scope_in_each_official_wording(
    catalogue: Catalogue, title: str
) -> None:
    landed, _ = read_rows(table(title, "万元", "R&D经费内部支出", "企业资金"), catalogue)
    assert landed == {
        (RD, BEIJING): 1,
        (RD, TIANJIN): 1,
        (OWN, BEIJING): 2,
        (OWN, TIANJIN): 2,
    }


@pytest.mark.parametrize(
    ("title", "reason", "named"),
    [
        ("1-7 各地区R&D经费内部支出", "scope_not_stated", "规模以上工业企业"),
        ("2-4 各地区全部企业R&D经费内部支出", "other_scope", "全部企业"),
        ("2-4 各地区全部规上企业R&D经费内部支出", "other_scope", "规模以上企业"),
        ("各地区大中型工业企业R&D经费内部支出", "other_scope", "大中型工业企业"),
        ("各地区国有控股工业企业R&D经费内部支出", "other_scope", "国有控股"),
        ("各地区高技术产业R&D经费内部支出", "other_scope", "高技术产业"),
        ("各地区研究与开发机构R&D经费内部支出", "other_scope", "研究与开发机构"),
        ("各地区高等学校R&D经费内部支出", "other_scope", "高等学校"),
        ("各地区工业企业R&D经费内部支出", "other_scope", "工业企业"),
        ("各地区规模以上工业企业和私营工业企业R&D经费内部支出", "other_scope", "私营工业企业"),
    ],
)
def test_another_scope_or_none_is_refused_and_both_are_named(
    catalogue: Catalogue, title: str, reason: str, named: str
) -> None:
    landed, refused = read_rows(table(title, "万元", "R&D经费内部支出"), catalogue)
    assert landed == {}
    assert set(refused) == {reason}
    assert RD in refused[reason] and "规模以上工业企业" in refused[reason]
    assert named in refused[reason]


@pytest.mark.parametrize(
    ("heading", "name"),
    [("国有控股工业企业利润总额", "2020"), ("利润总额", "2020 国有控股工业企业")],
)
def test_heading_and_sheet_name_count_like_the_title(
    catalogue: Catalogue, heading: str, name: str
) -> None:
    rows = table("各地区规模以上工业企业主要指标", "亿元", heading)
    landed, refused = read_rows(rows, catalogue, name=name)
    assert landed == {}
    assert set(refused) == {"other_scope"}
    assert "国有控股" in refused["other_scope"]


def test_the_name_of_the_sheet_can_state_the_scope(catalogue: Catalogue) -> None:
    landed, _ = read_rows(table("", "亿元", "利润总额"), catalogue, name="2020规上工业企业")
    assert set(landed) == {(PROFIT, BEIJING), (PROFIT, TIANJIN)}


def test_a_title_of_two_scopes_leaves_the_choice_to_the_headings(catalogue: Catalogue) -> None:
    title = "分地区城镇非私营单位和城镇私营单位就业人员"
    landed, refused = read_rows(table(title, "万人", "城镇非私营单位", "城镇私营单位"), catalogue)
    assert landed == {(URBAN, BEIJING): 1, (URBAN, TIANJIN): 1}
    assert set(refused) == {"other_scope"}


def test_employment_is_of_the_whole_society_unless_the_title_says_whose(
    catalogue: Catalogue,
) -> None:
    for title, item in (
        ("分地区就业人员", EMPLOYED),
        ("分地区全社会就业人员", EMPLOYED),
        ("分地区城镇单位就业人员", URBAN),
        ("4-5 分地区按行业分城镇非私营单位就业人员(2020年底)", URBAN),
    ):
        landed, _ = read_rows(table(title, "万人", "合计"), catalogue)
        assert set(landed) == {(item, BEIJING), (item, TIANJIN)}, title
    landed, refused = read_rows(table("分地区城镇就业人员", "万人", "合计"), catalogue)
    assert (landed, set(refused)) == ({}, {"other_scope"})


def test_the_sectors_of_urban_units_in_the_wording_since_2012(catalogue: Catalogue) -> None:
    title = "4-5 分地区按行业分城镇非私营单位就业人员(2020年底)"
    landed, _ = read_rows(table(title, "万人", "合计", "制造业", "采矿业"), catalogue)
    assert landed[MANUFACTURING, BEIJING] == 2
    assert len(landed) == 4


def test_a_person_states_the_scope_that_the_file_leaves_out(catalogue: Catalogue) -> None:
    rows = table("各地区主要指标", "亿元", "利润总额", "营业外收入")
    landed, refused = read_rows(rows, catalogue)
    assert (landed, set(refused)) == ({}, {"scope_not_stated", "unknown_item"})
    landed, refused = read_rows(rows, catalogue, scope="规模以上工业企业")
    assert landed == {(PROFIT, BEIJING): 1, (PROFIT, TIANJIN): 1}
    # It does not overrule what the title says.
    stated = table("各地区国有控股工业企业主要指标", "亿元", "利润总额")
    assert read_rows(stated, catalogue, scope="规模以上工业企业")[0] == {}


def test_a_unit_line_of_several_units_gives_each_item_its_own(catalogue: Catalogue) -> None:
    title = "2-7 各地区规上工业企业R&D人员(2020年)"
    headings = ("R&D人员", "R&D人员折合全时当量", "#研究人员")
    landed, refused = read_rows(table(title, "人,人年", *headings), catalogue)
    assert landed == {
        (PERSONS, BEIJING): 1,
        (PERSONS, TIANJIN): 1,
        (FTE, BEIJING): 2,
        (FTE, TIANJIN): 2,
    }
    assert set(refused) == {"unknown_item"}
    # Two of the units measure persons: which of them is not said.
    landed, refused = read_rows(table(title, "人,万人,人年", "R&D人员"), catalogue)
    assert (landed, set(refused)) == ({}, {"unknown_unit"})


def test_a_heading_cut_short_is_not_the_whole_that_the_title_names(catalogue: Catalogue) -> None:
    rows = table("7-6 分地区一般公共预算支出 (2020年)", "亿元", "合计", "一般公共", "公 共")
    landed, refused = read_rows(rows, catalogue)
    assert landed == {
        ("budget_expenditure_100m_yuan", BEIJING): 1,
        ("budget_expenditure_100m_yuan", TIANJIN): 1,
    }
    assert set(refused) == {"unknown_item"}


def test_a_word_of_the_title_that_heads_another_column_restricts_none(
    catalogue: Catalogue,
) -> None:
    title = "2-23 各地区规上工业企业新产品开发和销售情况(2020年)"
    landed, _ = read_rows(table(title, "万元", "新产品开发经费支出", "新产品销售收入"), catalogue)
    assert {item for item, _ in landed} == {"new_product_sales_10k_yuan"}
    textiles = "各地区规上工业企业纺织业情况(2020年)"
    assert read_rows(table(textiles, "万元", "新产品销售收入"), catalogue)[0] == {}


def test_headings_broken_over_rows_are_put_together(catalogue: Catalogue) -> None:
    rows = [
        ["2-14 各地区规上工业企业R&D经费内部支出(2020年)"],
        ["单位：万元", "", "", "", "(10 000 yuan)"],
        ["地 区", "Region", "R&D经费", "", ""],
        ["", "", "内部支出", "#试验发展", "企业资金"],
        ["", "", "Intramural", "支出", ""],
        ["", "", "Expenditure", "Experimental", "Self-raised Funds"],
        ["", "", "on R&D", "Development", "by Enterprises"],
        ["北 京", "Beijing", "30", "20", "10"],
        ["天 津", "Tianjin", "60", "50", "40"],
    ]
    landed, refused = read_rows(rows, catalogue)
    assert landed == {
        (RD, BEIJING): 30,
        (OWN, BEIJING): 10,
        (RD, TIANJIN): 60,
        (OWN, TIANJIN): 40,
    }
    assert set(refused) == {"unknown_item"}


def test_an_english_title_only_translates(catalogue: Catalogue) -> None:
    rows = [
        ["2-8 各地区规上工业企业数量情况(2020年)"],
        ["Number of Industrial Enterprises above Designated Size by Region (2019)"],
        ["单位:个"],
        ["地区", "有研发机构的企业数"],
        ["北京", "1"],
        ["天津", "2"],
    ]
    landed, refused = read_rows(rows, catalogue, name="1")
    assert landed[("enterprises_with_rd_institutions_count", BEIJING)] == 1
    assert refused == {}
