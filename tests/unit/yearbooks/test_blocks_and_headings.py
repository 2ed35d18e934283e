"""Where the text over or between rows decides what figures are; every figure is invented."""

import pytest
from tables import Merge, Rows, sheet

from yearbooks.catalogue import Catalogue
from yearbooks.layouts.yearbook_table import read
from yearbooks.resolution import resolve

PROFIT = "total_profit_100m_yuan"
INVENTORIES = "inventories_100m_yuan"
ASSETS = "total_assets_100m_yuan"
URBAN = "employed_urban_10k_persons"
MANUFACTURING = "employed_manufacturing_10k_persons"
FINANCE = "employed_finance_10k_persons"
BEIJING, TIANJIN = "110000", "120000"


def landed(
    rows: Rows, catalogue: Catalogue, *merged: Merge, name: str = "2019"
) -> tuple[dict[tuple[str, str, int], tuple[float, str]], list[str]]:
    """{(item, province, year): (value, unit as printed)} and the reasons for what is set aside."""
    reading = read(sheet(rows, *merged, name=name), catalogue)
    figures, aside = resolve(reading.cells, catalogue, 2026)
    found = {
        (row.item_code, row.province_code, row.year): (row.value, row.unit_printed)
        for row in figures.itertuples()
    }
    assert len(found) + len(aside) == len(reading.cells)
    return found, list(aside["reason"])


# Of three columns under one heading the first has none of its own: it is their whole.
WHOLE = ["地区", "城镇单位就业人员", "", ""]
WHOLE_IN_ENGLISH = ["Region", "Employed Persons in Urban Units", "", ""]
PARTS = ["", "", "制造业", "金融业"]
PARTS_IN_ENGLISH = ["", "", "Manufacturing", "Financial Intermediation"]


@pytest.mark.parametrize(
    ("headings", "merged"),
    [
        ([WHOLE, PARTS], []),
        ([WHOLE, PARTS], [(2, 2, 1, 3)]),
        ([WHOLE, PARTS], [(2, 2, 1, 3), (2, 3, 0, 0)]),
        ([WHOLE, WHOLE_IN_ENGLISH, PARTS, PARTS_IN_ENGLISH], [(2, 2, 1, 3), (3, 3, 1, 3)]),
        ([WHOLE, PARTS, WHOLE_IN_ENGLISH, PARTS_IN_ENGLISH], [(2, 2, 1, 3), (4, 4, 1, 3)]),
    ],
)
def test_the_first_column_under_a_heading_is_the_whole_of_the_others(
    catalogue: Catalogue, headings: Rows, merged: list[Merge]
) -> None:
    body = [["北京", "700", "80", "50"], ["天津", "260", "70", "20"]]
    found, aside = landed([["单位：万人"], *headings, *body], catalogue, *merged)
    assert found == {
        (URBAN, BEIJING, 2019): (700, "万人"),
        (URBAN, TIANJIN, 2019): (260, "万人"),
        (MANUFACTURING, BEIJING, 2019): (80, "万人"),
        (MANUFACTURING, TIANJIN, 2019): (70, "万人"),
        (FINANCE, BEIJING, 2019): (50, "万人"),
        (FINANCE, TIANJIN, 2019): (20, "万人"),
    }
    assert aside == []


def test_the_column_beside_merged_headings_is_none_of_their_parts(catalogue: Catalogue) -> None:
    rows = [
        ["单位：亿元"],
        ["地区", "规模以上工业企业资产总计", "", "规模以上工业企业利润总额"],
        ["", "", "存货", ""],
        ["北京", "9", "2", "1"],
        ["天津", "8", "4", "3"],
    ]
    found, aside = landed(rows, catalogue, (2, 2, 1, 2), (2, 3, 3, 3), (2, 3, 0, 0))
    assert {key: value for key, (value, _) in found.items() if key[0] == PROFIT} == {
        (PROFIT, BEIJING, 2019): 1,
        (PROFIT, TIANJIN, 2019): 3,
    }
    assert found[ASSETS, BEIJING, 2019] == (9, "亿元")
    assert aside == []


@pytest.mark.parametrize(
    ("first", "second"),
    [("单位：亿元", "单位：万元"), ("(亿元)", "(万元)"), ("亿元", "万元")],
)
def test_a_unit_line_between_rows_of_items_holds_from_there_on(
    catalogue: Catalogue, first: str, second: str
) -> None:
    rows = [
        ["指标", "北京", "天津"],
        [first],
        ["规模以上工业企业利润总额", "1", "2"],
        [second],
        ["规模以上工业企业存货", "3", "4"],
        ["注：初步核算数。"],
        ["规模以上工业企业资产总计", "5", "6"],
    ]
    found, aside = landed(rows, catalogue)
    assert found == {
        (PROFIT, BEIJING, 2019): (1, first.strip("单位：()")),
        (PROFIT, TIANJIN, 2019): (2, first.strip("单位：()")),
        (INVENTORIES, BEIJING, 2019): (3, second.strip("单位：()")),
        (INVENTORIES, TIANJIN, 2019): (4, second.strip("单位：()")),
        (ASSETS, BEIJING, 2019): (5, second.strip("单位：()")),
        (ASSETS, TIANJIN, 2019): (6, second.strip("单位：()")),
    }
    assert aside == []
    cells = read(sheet(rows, name="2019"), catalogue).cells
    assert set(cells["footnotes"]) == {"注：初步核算数。"}


def test_a_page_that_goes_on_between_rows_of_items_heads_nothing(catalogue: Catalogue) -> None:
    rows = [
        ["指标", "北京", "天津"],
        ["规模以上工业企业利润总额(亿元)", "1", "2"],
        ["续表"],
        ["规模以上工业企业存货(亿元)", "3", "4"],
    ]
    found, aside = landed(rows, catalogue)
    assert found == {
        (PROFIT, BEIJING, 2019): (1, "亿元"),
        (PROFIT, TIANJIN, 2019): (2, "亿元"),
        (INVENTORIES, BEIJING, 2019): (3, "亿元"),
        (INVENTORIES, TIANJIN, 2019): (4, "亿元"),
    }
    assert aside == []


def test_a_second_block_under_a_title_that_is_itself_a_label_down(catalogue: Catalogue) -> None:
    rows = [
        ["规模以上工业企业利润总额(亿元)"],
        ["地区", "2018年", "2019年"],
        ["北京", "1", "2"],
        ["天津", "3", "4"],
        ["规模以上工业企业存货(万元)"],
        ["地区", "2018年", "2019年"],
        ["北京", "5", "6"],
        ["天津", "7", "8"],
    ]
    found, aside = landed(rows, catalogue, name="")
    assert found == {
        (PROFIT, BEIJING, 2018): (1, "亿元"),
        (PROFIT, BEIJING, 2019): (2, "亿元"),
        (PROFIT, TIANJIN, 2018): (3, "亿元"),
        (PROFIT, TIANJIN, 2019): (4, "亿元"),
        (INVENTORIES, BEIJING, 2018): (5, "万元"),
        (INVENTORIES, BEIJING, 2019): (6, "万元"),
        (INVENTORIES, TIANJIN, 2018): (7, "万元"),
        (INVENTORIES, TIANJIN, 2019): (8, "万元"),
    }
    assert aside == []


def test_a_second_block_under_a_title_that_is_itself_a_label_across(catalogue: Catalogue) -> None:
    # Its unit is not that of the title before: it has another title, and no unit.
    rows = [
        ["规模以上工业企业利润总额", "单位：亿元", ""],
        ["年份", "北京", "天津"],
        ["2018", "1", "2"],
        ["规模以上工业企业存货"],
        ["年份", "北京", "天津"],
        ["2018", "3", "4"],
    ]
    found, aside = landed(rows, catalogue, name="")
    assert found == {
        (PROFIT, BEIJING, 2018): (1, "亿元"),
        (PROFIT, TIANJIN, 2018): (2, "亿元"),
    }
    assert aside == ["unit_not_stated"] * 2
    rows[3] = ["规模以上工业企业存货(万元)"]
    found, aside = landed(rows, catalogue, name="")
    assert found[INVENTORIES, BEIJING, 2018] == (3, "万元")
    assert found[INVENTORIES, TIANJIN, 2018] == (4, "万元")
    assert aside == []
