"""Tables headed as the yearbooks head them land the items they print, and no others.

One row a kind of table: its title, its headings and the item of each column, empty where it is none
of the catalogue's or counts others than the item does. Titles and headings are official, figures
are not.
"""

import csv
from pathlib import Path

import pytest

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Sheet
from yearbooks.layouts.yearbook_table import read
from yearbooks.resolution import resolve

REFERENCE = Path(__file__).parents[3] / "dbt" / "seeds" / "reference"
HEADINGS_ACCOUNTS = "企业单位数(个)|资产总计(亿元)|存货(亿元)|本年应交增值税(亿元)"
ACCOUNTS = "enterprises_count|total_assets_100m_yuan|inventories_100m_yuan|vat_payable_100m_yuan"


def columns(title: str, headings: str, catalogue: Catalogue, unit: str) -> list[str]:
    """The code of the item that each column lands as, empty where none of its cells lands."""
    names = headings.split("|")
    rows = [[title], ["", unit], ["地区", *names]]
    rows += [[place, *map(str, range(1, len(names) + 1))] for place in ("北京", "河北", "新疆")]
    padded = ([*row, *[""] * (len(names) + 1 - len(row))] for row in rows)
    sheet = Sheet("", tuple(enumerate(padded, 1)))
    cells = read(sheet, catalogue).cells
    kept, _ = resolve(cells, catalogue, 2030)
    found = dict(zip(kept["source_column"], kept["item_code"], strict=True))
    return [found.get(chr(ord("B") + at), "") for at in range(len(names))]


@pytest.mark.parametrize(
    ("title", "unit", "headings", "expected"),
    [
        ("13-3 分地区规模以上工业企业主要指标(2014年)", "", HEADINGS_ACCOUNTS, ACCOUNTS),
        (
            "14-3 各地区全部国有及规模以上非国有工业企业主要指标(2005年)",
            "",
            HEADINGS_ACCOUNTS,
            ACCOUNTS,
        ),
        (
            "14-3 各地区规模以上工业企业主要指标(2002年)",
            "单位：亿元",
            "工业总产值(当年价格)|工业增加值|产品销售收入|产品销售税金及附加",
            "industrial_output_100m_yuan|industrial_value_added_above_scale_100m_yuan|"
            "main_business_revenue_100m_yuan|main_business_taxes_100m_yuan",
        ),
        (
            "13-3 Main Indicators of Industrial Enterprises above Designated Size by Region (2014)",
            "",
            "Number of Enterprises (unit)|Total Assets (100 million yuan)",
            "enterprises_count|total_assets_100m_yuan",
        ),
        (
            "4-5 分地区按行业分城镇非私营单位就业人员数(年底)(2021年)",
            "单位：万人",
            "合计|制造业|建筑业|金融业|信息传输、软件和信息技术服务业",
            "employed_urban_10k_persons|employed_manufacturing_10k_persons||"
            "employed_finance_10k_persons|employed_it_10k_persons",
        ),
        (
            "4-7 Number of Employed Persons in Urban Units at Year-end by Sector and Region (2008)",
            "(10 000 persons)",
            "Total|Manufacturing|Construction|"
            "Information Transmission, Computer Service and Software",
            "employed_urban_10k_persons|employed_manufacturing_10k_persons||"
            "employed_it_10k_persons",
        ),
        (
            "4-15 Average Wage of Employed Persons in Urban Units by Sector and Region (2016)",
            "(yuan)",
            "Total|Manufacturing",
            "|average_wage_manufacturing_yuan",
        ),
        (
            "20-6 分地区规模以上工业企业研究与试验发展(R&D)活动及专利情况(2016年)",
            "",
            "R&D人员全时当量(人年)|R&D经费(万元)|R&D项目数(项)|专利申请数(件)",
            "rd_personnel_fte_person_years|rd_expenditure_10k_yuan||",
        ),
        (
            "2-8 各地区按资金来源分规上工业企业R&D经费内部支出(2019年)",
            "单位：万元",
            "R&D经费内部支出|政府资金|企业资金|境外资金",
            "rd_expenditure_10k_yuan||rd_own_funds_10k_yuan|",
        ),
        (
            "8-16 分地区废气中主要污染物排放情况(2015年)",
            "单位：万吨",
            "二氧化硫排放量|工业二氧化硫排放量|工业烟(粉)尘排放量|氮氧化物排放量",
            "so2_emitted_total_10k_tonnes|so2_emitted_10k_tonnes|pm_emitted_10k_tonnes|",
        ),
        (
            "12-24 各地区工业废气排放及处理情况(2010年)",
            "单位：万吨",
            "工业二氧化硫排放量|工业烟尘排放量|工业粉尘排放量",
            "so2_emitted_10k_tonnes||",
        ),
        (
            "2-14 分地区按性别、受教育程度分的6岁及以上人口(2016年)",
            "单位：人",
            "合计|未上过学|小学|男",
            "|population_no_schooling_persons|population_primary_persons|",
        ),
        (
            "20-12 分地区国内三种专利申请授权数(2012年)",
            "单位：件",
            "合计|发明|实用新型",
            "|invention_patents_granted_count|",
        ),
        (
            "11-9 分地区按收发货人所在地分货物进出口总额(2020年)",
            "单位：万美元",
            "进出口|出口|进口",
            "trade_total_10k_usd||",
        ),
        (
            "3-9 Gross Regional Product (2016)",
            "(100 million yuan)",
            "Gross Regional Product|Primary Industry|Secondary Industry|Tertiary Industry",
            "gdp_100m_yuan||secondary_value_added_100m_yuan|tertiary_value_added_100m_yuan",
        ),
        (
            "8-6 分地区公共财政支出(2012年)",
            "单位：亿元",
            "地方公共财政支出|教育",
            "budget_expenditure_100m_yuan|",
        ),
    ],
)
def test_a_table_lands_the_items_it_prints(
    catalogue: Catalogue, title: str, unit: str, headings: str, expected: str
) -> None:
    assert columns(title, headings, catalogue, unit) == expected.split("|")


@pytest.mark.parametrize(
    ("title", "unit", "headings"),
    [
        (
            "1-10 各地区按资金来源分R&D经费内部支出(2019年)",
            "单位：万元",
            "R&D经费内部支出|企业资金",
        ),
        ("3-5 各地区高技术产业R&D经费内部支出(2016年)", "单位：万元", "R&D经费内部支出|企业资金"),
        ("3-1 各地区研究与开发机构R&D人员(2019年)", "单位：人", "R&D人员"),
        ("2-20 各地区大中型工业企业新产品产值(2009年)", "单位：万元", "新产品产值|新产品销售收入"),
        ("13-5 分地区国有控股工业企业主要指标(2014年)", "", HEADINGS_ACCOUNTS),
        ("13-6 分地区内资工业企业主要指标(2014年)", "", HEADINGS_ACCOUNTS),
        ("13-9 分地区外商投资和港澳台商投资工业企业主要指标(2014年)", "", HEADINGS_ACCOUNTS),
        ("15-4 分地区建筑业企业主要指标(2019年)", "", HEADINGS_ACCOUNTS),
        ("5-8 分地区按行业分职工人数(年底数)(2002年)", "单位：万人", "合计|制造业"),
        ("4-15 分地区按行业分城镇单位在岗职工平均工资(2016年)", "单位：元", "合计|制造业"),
        ("4-16 分地区城镇单位就业人员数(2016年)", "单位：万人", "国有单位|城镇集体单位|其他单位"),
        ("2-14 分地区按性别、受教育程度分的3岁及以上人口(2021年)", "单位：人", "未上过学|小学"),
        ("11-10 分地区按境内目的地、货源地分货物进出口总额(2020年)", "单位：万美元", "进出口总额"),
        ("11-18 分地区利用外资(2010年)", "单位：万美元", "实际利用外资"),
        ("10-4 分地区固定资产投资(不含农户)(2018年)", "单位：亿元", "固定资产投资"),
    ],
)
def test_a_table_of_others_lands_nothing(
    catalogue: Catalogue, title: str, unit: str, headings: str
) -> None:
    assert not any(columns(title, headings, catalogue, unit))


@pytest.mark.parametrize(
    ("title", "whole"),
    [
        ("1-9 各地区R&D经费(2016年)", "R&D经费"),
        ("10-4 分地区全社会固定资产投资(2015年)", "全社会固定资产投资"),
        ("分地区金融机构贷款(2018年)", "各项贷款"),
    ],
)
def test_a_sector_is_a_part_of_what_the_title_names(
    catalogue: Catalogue, title: str, whole: str
) -> None:
    """工业 alone is value added only in a table of GDP, not beside any other whole."""
    assert columns(title, f"{whole}|工业|第三产业", catalogue, "单位：亿元")[1:] == ["", ""]


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_scope_has_words_in_chinese_and_its_own_label_is_one_of_them() -> None:
    stated = {(row["name"], row["scope"]) for row in rows("scope_names")}
    for scope in rows("scopes"):
        assert (scope["label_zh"], scope["scope"]) in stated


def test_the_label_of_an_item_names_it(catalogue: Catalogue) -> None:
    for row in rows("items"):
        item = catalogue.item(row["label_zh"])
        assert item is not None, row["item_code"]
        assert item.code == row["item_code"]
        assert catalogue.item(f"{row['label_zh']} {row['label_en']}") == item


@pytest.mark.parametrize(
    ("text", "measure", "factor"),
    [
        ("亿元人民币", "yuan", 1e8),
        ("RMB 100 million", "yuan", 1e8),
        ("10,000 yuan", "yuan", 1e4),
        ("1,000 US dollars", "usd", 1e3),
        ("10 000 man-years", "person_years", 1e4),
        ("户", "count", 1),
    ],
)
def test_units_as_printed(catalogue: Catalogue, text: str, measure: str, factor: float) -> None:
    unit = catalogue.unit(text)
    assert unit is not None
    assert (unit.measure, unit.factor) == (measure, factor)
