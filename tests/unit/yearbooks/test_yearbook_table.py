"""Yearbook tables in the shapes they are printed in; every figure is invented."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Fault, Place, Reading, Sheet
from yearbooks.errors import FileFault
from yearbooks.layouts.yearbook_table import read
from yearbooks.mapping import FileMapping, SheetMapping
from yearbooks.resolution import resolve

GDP = "gdp_100m_yuan"
TERTIARY = "tertiary_value_added_100m_yuan"
INDUSTRY = "industrial_value_added_100m_yuan"
PROFIT = "total_profit_100m_yuan"
INVENTORIES = "inventories_100m_yuan"
URBAN = "employed_urban_10k_persons"
MANUFACTURING = "employed_manufacturing_10k_persons"
FINANCE = "employed_finance_10k_persons"
BEIJING, TIANJIN, HEBEI, SHANXI = "110000", "120000", "130000", "140000"

Merge = tuple[int, int, int, int]


def sheet(rows: list[list[str]], *merged: Merge, name: str = "", **parts: object) -> Sheet:
    """A workbook's sheet; `merged` holds first and last row (from 1), first and last column (0)."""
    width = max(map(len, rows))
    covered: dict[Place, Place] = {
        (row, column): (top, left)
        for top, bottom, left, right in merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (row, column) != (top, left)
    }
    padded = ((number, [*row, *[""] * (width - len(row))]) for number, row in enumerate(rows, 1))
    kept = tuple((number, texts) for number, texts in padded if any(texts))
    return Sheet(name, kept, covered, **parts)  # type: ignore[arg-type]


def landed(reading: Reading, catalogue: Catalogue) -> dict[tuple[str, str, int], object]:
    """{(item, province, year): value in its printed unit, or mark} of what could be understood."""
    observations = resolve(reading.cells, catalogue, 2026)[0]
    return {
        (row.item_code, row.province_code, row.year): row.value if row.mark is None else row.mark
        for row in observations.itertuples()
    }


def reasons(reading: Reading, catalogue: Catalogue) -> dict[str, int]:
    aside = resolve(reading.cells, catalogue, 2026)[1]
    return {reason: int(count) for reason, count in aside["reason"].value_counts().items()}


def mapped(text: str, name: str = "") -> SheetMapping:
    found = FileMapping.parse(text.encode()).sheet(name)
    assert found is not None
    return found


# --- tables as the yearbooks print them


def test_gross_regional_product_with_headings_in_two_languages_over_several_rows(
    catalogue: Catalogue,
) -> None:
    rows = [
        ["3-9  分地区生产总值（2021年）"],
        ["Gross Regional Product by Region (2021)"],
        ["本表按当年价格计算。", "", "", "", "单位：亿元"],
        ["Data in this table are calculated at current prices.", "", "", "", "(100 million yuan)"],
        ["地  区", "地区生产总值", "第三产业", "", "工业"],
        ["", "", "", "#批发和零售业", ""],
        ["Region", "Gross", "Tertiary", "Wholesale and", "Industry"],
        ["", "Regional Product", "Industry", "Retail Trades", ""],
        ["全  国"],
        ["北  京 Beijing", "４0269.6", "32889.6", "2 901.5", "5692.5"],
        ["天  津 Tianjin", "15695.0", "9615.4", "…", ""],
        ["注：2021年数据为初步核算数。"],
        ["Note: Data of 2021 are preliminary."],
    ]
    reading = read(sheet(rows, (1, 1, 0, 4), (2, 2, 0, 4)), catalogue)
    assert landed(reading, catalogue) == {
        (GDP, BEIJING, 2021): 40269.6,
        (GDP, TIANJIN, 2021): 15695.0,
        (TERTIARY, BEIJING, 2021): 32889.6,
        (TERTIARY, TIANJIN, 2021): 9615.4,
        (INDUSTRY, BEIJING, 2021): 5692.5,
        (INDUSTRY, TIANJIN, 2021): "not_published",
    }
    # Wholesale and retail trade is no item of ours; with all that was printed it is set aside.
    assert reasons(reading, catalogue) == {"unknown_item": 2}
    assert set(reading.cells["table_printed"]) == {"3-9"}
    assert reading.cells["footnotes"][0].splitlines() == [
        "本表按当年价格计算。",
        "Data in this table are calculated at current prices.",
        "注：2021年数据为初步核算数。",
        "Note: Data of 2021 are preliminary.",
    ]


def test_employment_by_sector_takes_its_item_from_the_title_and_the_sector(
    catalogue: Catalogue,
) -> None:
    rows = [
        ["4-1 分地区按行业分城镇单位就业人员(2019年末数)"],
        ["", "", "", "单位：万人"],
        ["地区", "合计", "制造业", "采矿业"],
        ["北京", "700", "80", "4"],
        ["东部地区", "9000", "900", "40"],
        ["天津", "260", "70", "5"],
    ]
    reading = read(sheet(rows), catalogue)
    assert landed(reading, catalogue) == {
        (URBAN, BEIJING, 2019): 700,
        (URBAN, TIANJIN, 2019): 260,
        (MANUFACTURING, BEIJING, 2019): 80,
        (MANUFACTURING, TIANJIN, 2019): 70,
    }
    assert reasons(reading, catalogue) == {"unknown_item": 3, "unknown_province": 2}


def test_indicators_of_industrial_enterprises_with_units_inside_the_headings(
    catalogue: Catalogue,
) -> None:
    rows = [
        ["13-2 各地区规模以上工业企业主要指标(2019年)"],
        ["地区", "企业单位数\n(个)", "规模以上工业企业利润总额", "规模以上工业企业存货（万元）"],
        ["", "", "(亿元)", ""],
        ["甲", "1", "2", "3"],
        ["北京", "3,000", "1500.5", "12"],
        ["天津", "5,000", "-1.5", "34"],
    ]
    reading = read(sheet(rows, (2, 3, 0, 0)), catalogue)
    cells = reading.cells.set_index(["source_row", "source_column"])
    assert list(cells["unit_printed"].loc[5]) == ["个", "亿元", "万元"]
    assert landed(reading, catalogue)[PROFIT, TIANJIN, 2019] == -1.5
    assert len(landed(reading, catalogue)) == len(reading.cells) == 6


def test_items_down_and_provinces_across_as_an_outline(catalogue: Catalogue) -> None:
    rows = [
        ["指标", "计量单位", "北京", "天津", "Item"],
        ["一、城镇单位就业人员", "万人", "700", "260", ""],
        ["　　其中：制造业", "万人", "80", "70", ""],
        ["　　　　　金融业", "万人", "50", "20", ""],
        ["二、规模以上工业企业存货", "亿元", "30", "40", "Inventories"],
        ["三、国有控股", "", "", "", ""],
        ["　　规模以上工业企业利润总额", "亿元", "9", "9", "Total Profits"],
    ]
    reading = read(sheet(rows, name="2019年"), catalogue)
    assert landed(reading, catalogue) == {
        (URBAN, BEIJING, 2019): 700,
        (URBAN, TIANJIN, 2019): 260,
        (MANUFACTURING, BEIJING, 2019): 80,
        (MANUFACTURING, TIANJIN, 2019): 70,
        (FINANCE, BEIJING, 2019): 50,
        (FINANCE, TIANJIN, 2019): 20,
        (INVENTORIES, BEIJING, 2019): 30,
        (INVENTORIES, TIANJIN, 2019): 40,
    }
    aside = reading.cells[reading.cells["item_printed"] == "国有控股 > 规模以上工业企业利润总额"]
    assert [(cell.source_row, cell.source_column) for cell in aside.itertuples()] == [
        (7, "C"),
        (7, "D"),
    ]


def test_blocks_of_provinces_across_even_one_that_holds_a_single_province(
    catalogue: Catalogue,
) -> None:
    rows = [
        ["规模以上工业企业利润总额", "", "", "", "", "单位：亿元"],
        ["年份", "北京", "天津", "河北", "山西", "内蒙古"],
        ["2018", "1", "2", "3", "4", "5"],
        ["2019", "6", "7", "8", "9", "10"],
        ["续表"],
        ["年份", "辽宁"],
        ["2018", "11"],
        ["2019", "12"],
    ]
    found = landed(read(sheet(rows), catalogue), catalogue)
    assert found[PROFIT, BEIJING, 2018] == 1
    assert found[PROFIT, "210000", 2019] == 12
    assert len(found) == 12


def test_years_below_each_province(catalogue: Catalogue) -> None:
    rows = [
        ["指标", "北京", "", "天津", ""],
        ["", "2018", "2019", "2018", "2019"],
        ["规模以上工业企业利润总额(亿元)", "1", "2", "3", "4"],
    ]
    found = landed(read(sheet(rows, (1, 1, 1, 2), (1, 1, 3, 4)), catalogue), catalogue)
    assert found == {
        (PROFIT, BEIJING, 2018): 1,
        (PROFIT, BEIJING, 2019): 2,
        (PROFIT, TIANJIN, 2018): 3,
        (PROFIT, TIANJIN, 2019): 4,
    }


def test_items_and_units_in_columns_beside_the_province(catalogue: Catalogue) -> None:
    rows = [
        ["地区", "指标", "单位", "2018", "2019"],
        ["北京", "规模以上工业企业利润总额", "亿元", "1", "2"],
        ["北京", "规模以上工业企业存货", "万元", "3", "4"],
        ["天津", "规模以上工业企业利润总额", "亿元", "5", "6"],
    ]
    reading = read(sheet(rows), catalogue)
    assert landed(reading, catalogue)[INVENTORIES, BEIJING, 2019] == 4
    assert len(landed(reading, catalogue)) == 6
    assert list(reading.cells["unit_printed"])[2:4] == ["万元", "万元"]


@pytest.mark.parametrize(
    "rows",
    [
        [["(2019年)"], ["地区", "规模以上工业企业利润总额(亿元)"], ["北京", "1"], ["天津", "2"]],
        [
            ["规模以上工业企业利润总额 Total Profits (2019年)(亿元)"],
            ["地区", "合计"],
            ["北京", "1"],
            ["天津", "2"],
        ],
        [["规模以上工业企业利润总额(亿元)"], ["地区", "2019年"], ["北京", "1"], ["天津", "2"]],
        [["地区", "2019年规模以上工业企业利润总额(亿元)"], ["北京", "1"], ["天津", "2"]],
        [
            ["地区", "年份", "规模以上工业企业利润总额(亿元)"],
            ["北京", "2019", "1"],
            ["天津", "2019", "2"],
        ],
        [["地区", "规模以上工业企业利润总额(亿元)"], ["2019年"], ["北京", "1"], ["天津", "2"]],
        [
            ["2019"],
            ["单位：亿元"],
            ["地区", "规模以上工业企业利润总额"],
            ["北京", "1"],
            ["天津", "2"],
        ],
        [["指标", "北京", "天津"], ["2019年"], ["规模以上工业企业利润总额(亿元)", "1", "2"]],
        [["规模以上工业企业利润总额", "单位：亿元"], ["", "北京", "天津"], ["2019年", "1", "2"]],
    ],
)
def test_the_year_wherever_it_stands(catalogue: Catalogue, rows: list[list[str]]) -> None:
    reading = read(sheet(rows), catalogue)
    assert landed(reading, catalogue) == {(PROFIT, BEIJING, 2019): 1, (PROFIT, TIANJIN, 2019): 2}
    assert reasons(reading, catalogue) == {}


def test_a_province_named_once_beside_its_years(catalogue: Catalogue) -> None:
    rows = [
        ["地区", "年份", "规模以上工业企业利润总额(亿元)"],
        ["北京", "2018", "1"],
        ["", "2019", "2"],
        ["天津", "2018", "3"],
        ["", "2019", "4"],
    ]
    found = landed(read(sheet(rows), catalogue), catalogue)
    assert found[PROFIT, BEIJING, 2019] == 2
    assert found[PROFIT, TIANJIN, 2019] == 4


def test_blocks_with_their_own_year_unit_or_title(catalogue: Catalogue) -> None:
    rows = [
        ["2-1 规模以上工业企业利润总额", "单位：亿元"],
        ["地区", "2018年"],
        ["北京", "1"],
        ["天津", "2"],
        ["2-2 规模以上工业企业存货", "单位：万元"],
        ["地区", "2018年"],
        ["北京", "3"],
        ["天津", "4"],
        ["续表"],
        ["地区", "2019年"],
        ["北京", "5"],
        ["天津", "6"],
    ]
    reading = read(sheet(rows), catalogue)
    found = landed(reading, catalogue)
    assert [found[PROFIT, BEIJING, 2018], found[INVENTORIES, BEIJING, 2018]] == [1, 3]
    assert found[INVENTORIES, TIANJIN, 2019] == 6
    assert list(reading.cells["unit_printed"]) == ["亿元"] * 2 + ["万元"] * 4
    assert list(reading.cells["table_printed"]) == ["2-1"] * 2 + ["2-2"] * 4


def test_a_unit_that_changes_with_the_year(catalogue: Catalogue) -> None:
    rows = [
        ["地区", "规模以上工业企业利润总额"],
        ["2018年 单位：亿元"],
        ["北京", "1"],
        ["天津", "2"],
        ["2019年 单位：万元"],
        ["北京", "3"],
        ["天津", "4"],
    ]
    cells = read(sheet(rows), catalogue).cells
    assert list(cells["unit_printed"]) == ["亿元", "亿元", "万元", "万元"]
    assert list(cells["year_printed"]) == ["2018年", "2018年", "2019年", "2019年"]


def test_the_title_states_yearbook_edition_and_table(catalogue: Catalogue) -> None:
    rows = [
        ["中国工业统计年鉴2020"],
        ["表4-1 各地区规模以上工业企业主要指标 2019年", "单位：亿元"],
        ["地区", "规模以上工业企业利润总额"],
        ["北京", "1"],
        ["天津", "2"],
    ]
    reading = read(sheet(rows), catalogue)
    observations = resolve(reading.cells, catalogue, 2026)[0]
    stated = observations[["yearbook", "yearbook_table", "edition", "year"]].drop_duplicates()
    assert stated.values.tolist() == [["cisy", "4-1", 2020, 2019]]


# --- what must not be misread


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        ([["各地区国有控股工业企业主要指标"], ["地区", "利润总额"]], []),
        ([["各地区纺织业主要经济指标"], ["地区", "利润总额"]], []),
        ([["", "国有控股", ""], ["地区", "利润总额", "存货"]], [(1, 1, 1, 2)]),
        ([["地区", "国有控股", ""], ["", "利润总额", "存货"]], []),
        ([["地区", "", "国有控股"], ["", "利润总额", "利润总额"]], []),
        ([["地区", "国有控股 State-holding"], ["", "利润总额 Total Profits"]], []),
        ([["国有控股工业企业主要指标"], ["Region", "Total Profits"]], []),
        ([["地区生产总值指数"], ["地区", "地区生产总值"]], []),
        ([["固定资产投资"], ["地区", "工业"]], []),
        ([["就业人员"], ["地区", "第三产业"]], []),
        ([["制造业城镇单位就业人员"], ["地区", "城镇单位就业人员"]], []),
        ([["地区", "地区生产总值 Growth Rate"]], []),
        ([["地区", "城镇单位就业人员", ""], ["", "Mining", "Construction"]], [(1, 1, 1, 2)]),
        ([["地区", "上年利润总额"]], []),
        ([["Indices of Gross Regional Product"], ["Region", "Gross Regional Product"]], []),
    ],
)
def test_words_that_restrict_an_item_are_never_dropped(
    catalogue: Catalogue, rows: list[list[str]], merged: list[Merge]
) -> None:
    width = max(map(len, rows))
    body = [[name, *["1"] * (width - 1)] for name in ("北京", "天津")]
    reading = read(sheet([*rows, *body], *merged, name="2019"), catalogue)
    assert len(reading.cells) == 2 * (width - 1)
    assert landed(reading, catalogue) == {}
    refused = {"unknown_item", "ambiguous_heading", "other_scope", "scope_not_stated"}
    assert set(reasons(reading, catalogue)) <= refused


def test_the_title_that_hinders_is_named(catalogue: Catalogue) -> None:
    title = "各地区规模以上工业企业纺织业主要指标"
    rows = [[title], ["地区", "利润总额"], ["北京", "1"], ["天津", "2"]]
    why = " ".join(read(sheet(rows), catalogue).why)
    assert "纺织业" in why and PROFIT in why and "neutral_headings.csv" in why


@pytest.mark.parametrize(
    ("rows", "name", "words"),
    [
        (
            [["规模以上工业企业利润总额(2019年)(亿元)"], ["地区", "合计"]],
            "2018",
            "the title says 2019, the sheet",
        ),
        (
            [["2019年"], ["地区", "规模以上工业企业利润总额(亿元)"], ["", "(万元)"]],
            "",
            "found 亿元 and 万元",
        ),
        (
            [["单位：亿元"], ["Unit: 10 000 yuan"], ["地区", "2019年规模以上工业企业利润总额"]],
            "",
            "one unit above",
        ),
        (
            [["地区", "规模以上工业企业利润总额 Inventories (100 million yuan)"]],
            "2019",
            f"names {INVENTORIES} and {PROFIT}",
        ),
        (
            [["2019年"], ["地区", "规模以上工业企业利润总额\n存货"]],
            "",
            f"names {INVENTORIES} and {PROFIT}",
        ),
    ],
)
def test_claims_that_contradict_each_other_are_a_fault_in_words(
    catalogue: Catalogue, rows: list[list[str]], name: str, words: str
) -> None:
    reading = read(sheet([*rows, ["北京", "1"], ["天津", "2"]], name=name), catalogue)
    faults = list(reading.cells["fault"])
    assert len(faults) == 2
    assert all(fault.reason == "ambiguous_heading" for fault in faults)
    assert all(words in fault.expected for fault in faults)


def test_a_province_that_its_two_columns_name_differently_is_set_aside(
    catalogue: Catalogue,
) -> None:
    rows = [
        ["地区", "Region", "规模以上工业企业利润总额(亿元)"],
        ["北京", "Beijing", "1"],
        ["陕西", "Shanxi", "2"],
        ["山西", "Shanxi", "3"],
        ["河北", "Hebei", "4"],
    ]
    reading = read(sheet(rows, name="2019"), catalogue)
    assert (PROFIT, SHANXI, 2019) in landed(reading, catalogue)
    assert reasons(reading, catalogue) == {"unknown_province": 1}
    assert "陕西 / Shanxi" in set(reading.cells["province_printed"])


@pytest.mark.parametrize(
    "rows",
    [
        [["", "北京", "天津"], ["北京", "1", "2"], ["天津", "3", "4"]],
        [["地区", "伙伴", "GDP"], ["北京", "河北", "1"], ["天津", "山西", "2"]],
    ],
)
def test_provinces_along_two_sides_are_asked_about(
    catalogue: Catalogue, rows: list[list[str]]
) -> None:
    with pytest.raises(FileFault, match=r"unrecognised_layout.*NAME\.mapping\.yml"):
        read(sheet(rows), catalogue)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([["目录"], ["2-1 各地区主要指标"]], "no_table"),
        ([["年份", "利润总额"], ["2018", "1"], ["2019", "2"]], "unrecognised_layout"),
        ([["地区", "利润总额"], ["北京", "1"], ["全省", "2"]], "unrecognised_layout"),
    ],
)
def test_sheets_that_are_no_table_of_provinces_say_so(
    catalogue: Catalogue, rows: list[list[str]], reason: str
) -> None:
    with pytest.raises(FileFault) as raised:
        read(sheet(rows), catalogue)
    assert raised.value.reason == reason


def test_figures_outside_the_table_are_set_aside(catalogue: Catalogue) -> None:
    rows = [
        ["2019年", "", "77.5"],
        ["地区", "规模以上工业企业利润总额(亿元)", ""],
        ["北京", "1", "2"],
        ["天津", "3", ""],
        ["", "4", ""],
    ]
    reading = read(sheet(rows), catalogue)
    assert set(reading.cells["value_printed"]) == {"77.5", "1", "2", "3", "4"}
    assert len(landed(reading, catalogue)) == 2


def test_a_merged_figure_a_fault_and_a_stored_result_are_told(catalogue: Catalogue) -> None:
    rows = [
        ["地区", "2019年规模以上工业企业利润总额(亿元)"],
        *([name, "1"] for name in ("北京", "天津")),
    ]
    rows += [["河北", "5"], ["山西", ""]]
    fault = Fault("formula_without_value", "a stored result")
    table = sheet(rows, (4, 5, 1, 1), computed=frozenset({(2, 1)}), faults={(3, 1): fault})
    cells = read(table, catalogue).cells
    assert list(cells["is_computed"]) == [True, False, False, False]
    assert cells["fault"][1] is fault
    assert [cells["fault"][row].reason for row in (2, 3)] == ["unreadable_value"] * 2


def test_a_shifted_row_of_a_text_file_is_set_aside_whole(catalogue: Catalogue) -> None:
    rows = [["地区", "2018年", "2019年"], ["北京", "1", "234.5", "3"], ["天津", "5", "6"]]
    texts = Sheet("", ((1, ["规模以上工业企业利润总额"]), (2, ["单位：亿元"]), *enumerate(rows, 3)))
    reading = read(texts, catalogue)
    assert reasons(reading, catalogue) == {"ragged_row": 3}
    assert len(landed(reading, catalogue)) == 2


# --- the mapping file


STRANGE = [
    ["甲表"],
    ["", "x", "y"],
    ["京", "1", "7"],
    ["北京", "2", "8"],
    ["附", "9", "9"],
]


def test_a_mapping_reads_a_sheet_that_nothing_else_explains(catalogue: Catalogue) -> None:
    mapping = mapped(
        """
        sheets:
          "*":
            provinces: A
            headings: 2
            body: 3-4
            year: 2019
            edition: 2021
            unit: 亿元
            columns:
              B: {item: 规模以上工业企业利润总额, unit: 万元}
              C: {ignore: an index}
        """
    )
    reading = read(sheet(STRANGE), catalogue, mapping)
    observations = resolve(reading.cells, catalogue, 2026)[0]
    found = observations[["source_column", "value", "unit_printed", "edition", "year"]]
    assert found.values.tolist() == [["B", 2.0, "万元", 2021, 2019]]
    aside = reading.cells[reading.cells["fault"].notna()]
    assert [(cell.source_row, cell.source_column) for cell in aside.itertuples()] == [
        (3, "C"),
        (4, "C"),
        (5, "B"),
        (5, "C"),
    ]
    assert {fault.reason for fault in aside["fault"]} == {"left_out_by_mapping"}


def test_a_mapping_for_provinces_across(catalogue: Catalogue) -> None:
    rows = [
        ["北京", "", "天津"],
        ["", "北京", "天津"],
        ["x", "1", "2"],
        ["规模以上工业企业利润总额", "3", "4"],
    ]
    mapping = mapped(
        "sheets: {A: {provinces: 2, year: 2019, unit: 亿元,"
        " columns: {3: {item: 规模以上工业企业存货}}}}",
        "A",
    )
    found = landed(read(sheet(rows, name="A"), catalogue, mapping), catalogue)
    assert found[INVENTORIES, TIANJIN, 2019] == 2
    assert found[PROFIT, BEIJING, 2019] == 3


def test_a_sheet_left_out_is_counted_not_lost(catalogue: Catalogue) -> None:
    mapping = mapped("sheets: {'*': {read: false, reason: monthly figures}}")
    cells = read(sheet(STRANGE), catalogue, mapping).cells
    assert list(cells["value_printed"]) == ["1", "7", "2", "8", "9", "9"]
    assert {(fault.reason, fault.expected) for fault in cells["fault"]} == {
        ("left_out_by_mapping", "monthly figures")
    }


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("provinces: Q", "column Q"),
        ("provinces: 99", "row 99"),
        ("provinces: A, columns: {Q: {item: x}}", "column Q"),
        ("provinces: A, body: 80-90", "body 80-90"),
    ],
)
def test_a_mapping_of_what_is_not_there_is_an_error(
    catalogue: Catalogue, stated: str, words: str
) -> None:
    with pytest.raises(FileFault, match=f"unreadable_mapping: .*{words}"):
        read(sheet(STRANGE), catalogue, mapped(f"sheets: {{'*': {{{stated}}}}}"))


# --- any table


PLACES = {"北京": BEIJING, "天 津": TIANJIN, "河北省 Hebei": HEBEI, "Shanxi": SHANXI}
ITEMS = {
    "规模以上工业企业利润总额": PROFIT,
    "规模以上工业企业存货 Inventories": INVENTORIES,
    "资产总计": "total_assets_100m_yuan",
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[Sheet, dict[tuple[str, str, int], float]]:
    """A table of values in any orientation, with year and unit in any place, and what it says."""
    places = draw(st.lists(st.sampled_from(list(PLACES)), min_size=2, unique=True))
    items = draw(st.lists(st.sampled_from(list(ITEMS)), min_size=1, unique=True))
    years = draw(st.lists(st.integers(1990, 2020), min_size=1, max_size=3, unique=True))
    unit_in = draw(st.sampled_from(["heading", "line", "row", "title"]))
    year_in = draw(st.sampled_from(["row", "heading", "column", "section"]))
    if len(years) == 1:
        year_in = draw(st.sampled_from([year_in, "title", "name"]))
    number = st.integers(0, 10**7).map(lambda n: n / 100)
    values = {(i, p, y): draw(number) for i in items for p in places for y in years}

    unit = "(亿元)" if unit_in == "heading" else ""
    sign = draw(st.sampled_from(["", "年"]))
    columns: list[tuple[str, int | None]] = [(item, None) for item in items]
    rows: list[tuple[str, int | None]] = [(place, None) for place in places]
    if year_in in ("row", "heading"):
        columns = [(item, year) for item in items for year in years]
    elif year_in in ("column", "section"):
        rows = [(place, year) for year in years for place in places]

    has_years = year_in in ("row", "heading")
    heading = [["地区", *(f"{item}{unit}" for item, _ in columns)]]
    if year_in == "row":
        heading.append(["", *(f"{year}{sign}" for _, year in columns)])
    elif has_years:
        heading = [["地区", *(f"{year}年{item}{unit}" for item, year in columns)]]
    if unit_in == "row":
        heading.append(["", *["亿元"] * len(columns)])
    if year_in == "column":
        heading = [
            [first, "年份" if at == 0 else "", *rest] for at, (first, *rest) in enumerate(heading)
        ]
    table = list(heading)
    before: int | None = None
    for place, year in rows:
        if year_in == "section" and year != before:
            table.append([f"{year}年"])
            before = year
        beside = [str(year)] if year_in == "column" else []
        figures = (values[i, place, y or year or years[0]] for i, y in columns)
        table.append([place, *beside, *(f"{figure:.2f}" for figure in figures)])
    width = max(map(len, table))
    table = [[*row, *[""] * (width - len(row))] for row in table]
    if draw(st.booleans()) and year_in != "section":
        table = [list(row) for row in zip(*table, strict=True)]
        table[0][0] = "指标"

    title = "各地区规模以上工业企业主要指标"
    title += f" ({years[0]}年)" if year_in == "title" else ""
    above = [[title + ("(亿元)" if unit_in == "title" else "")]]
    above += [["单位：亿元"]] if unit_in == "line" else []
    below = draw(st.sampled_from([[], [["注：初步数。"], ["资料来源：统计局"]]]))
    name = str(years[0]) if year_in == "name" else draw(st.sampled_from(["", "Sheet1", "2-1"]))
    expected = {(ITEMS[i], PLACES[p], y): value for (i, p, y), value in values.items()}
    return sheet([*above, *table, *below], name=name), expected


@settings(max_examples=150, deadline=None)
@given(tables())
def test_any_table_reads_back(
    catalogue: Catalogue, table: tuple[Sheet, dict[tuple[str, str, int], float]]
) -> None:
    written, expected = table
    reading = read(written, catalogue)
    assert reasons(reading, catalogue) == {}
    assert landed(reading, catalogue) == expected


TEXTS = st.sampled_from(["北京", "天津", "Beijing", "北京 Beijing", "地区", "合计", "全国", "指标"])
TEXTS |= st.sampled_from(
    ["2019年", "2020", "20l9年", "年份", "单位：亿元", "(亿元)", "单位", "规模以上工业企业利润总额"]
)
TEXTS |= st.sampled_from(
    ["工业", "#工业", "其中：", "国有控股", "　存货", "东部地区", "2-1 各地区"]
)
TEXTS |= st.sampled_from(["", "…", "1.5", "2", "30000", "注：x", "续表"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=4, max_size=4), min_size=1, max_size=7), st.booleans())
def test_any_sheet_ends_in_cells_or_a_fault_and_no_figure_is_lost(
    catalogue: Catalogue, rows: list[list[str]], is_merged: bool
) -> None:
    written = sheet([["1234.5"], *rows], *([(2, 2, 1, 2)] if is_merged else []))
    try:
        cells = read(written, catalogue).cells
    except FileFault:
        return
    found = list(zip(cells["source_row"], cells["source_column"], strict=True))
    assert len(found) == len(set(found))
    figures = {
        (number, "ABCD"[column])
        for number, texts in written.rows
        for column, text in enumerate(texts)
        if text in ("1.5", "30000", "1234.5")
    }
    assert figures <= set(found)


def test_a_table_of_31_provinces_reads_within_milliseconds(catalogue: Catalogue) -> None:
    places = ["北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江"] * 4
    heading = [
        "地区",
        *["规模以上工业企业利润总额", "规模以上工业企业存货", "国有控股利润", "资产总计"] * 5,
    ]
    body = [
        [place, *(f"{row}.{column}" for column in range(20))] for row, place in enumerate(places)
    ]
    table = sheet([["2019年", "单位：亿元"], heading, *body])
    read(table, catalogue)
    start = time.process_time()
    read(table, catalogue)
    # 5 ms; the margin is for a slow processor, and what else runs on it does not count.
    assert time.process_time() - start < 0.1
