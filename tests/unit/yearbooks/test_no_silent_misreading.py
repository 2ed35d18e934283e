"""Tables in which a figure could land under the wrong item, unit or year: it must not.

Each was found by trying to deceive the recogniser. What lands is stated in full; the rest is set
aside, and no figure is lost.
"""

import pytest

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Sheet
from yearbooks.layouts.yearbook_table import is_figure, read
from yearbooks.resolution import resolve

Landed = set[tuple[str, str, int, float]]

STATE_HELD = """2019年规模以上工业企业主要指标
单位：亿元
地区,国有控股工业企业,国有控股工业企业,国有控股工业企业
,资产总计,资产总计,负债合计
,,其中：存货,
北京,100,20,30
天津,110,21,31"""

INDEX = """2019年主要指标
地区,指数(上年=100)
,地区生产总值,#第二产业
北京,105.1,104.5
天津,105.2,106.4"""

SUBTOTALS_LIKE_YEARS = """2019年规模以上工业企业单位数
单位：个
地区,企业单位数
东部地区,2005
北京,1000
天津,1100
中部地区,1987
山西,900"""

ITEM_WITH_ITS_OWN_UNIT_AND_YEAR = """2019年规模以上工业企业主要指标
单位：亿元
地区,指标,数值
北京,利润总额(万元),80
天津,2018年存货,81"""

SERIAL_NUMBERS = """2019年地区生产总值
单位：亿元
,地区,2017,2018
1,北京,100,110
2,天津,120,130"""

URBAN_AND_RURAL = """2019年就业人员
单位：万人
地区,城乡,就业人员
北京,城镇,100
天津,城镇,90"""

REMARKS = """2019年就业人员
单位：万人
地区,就业人员,备注
北京,100,初步数
天津,90,"""

ANOTHER_SCOPE = """2019年规模以上工业企业主要经济指标
地区,企业单位数(个),从业人员(万人)
北京,10,20
天津,11,21"""

YEAR_PRINTED_ONCE = """2020年规模以上工业企业利润总额
单位：亿元
年份,地区,利润总额
2018,北京,1
,天津,2"""

CENTRALLY_OWNED = """Total Profits of Industrial Enterprises (2019)
Unit: 100 million yuan
Region,Central,Local
Beijing,1,2
Tianjin,3,4"""

CONSTANT_PRICES = """2019年地区生产总值
本表按2010年不变价格计算。
单位：亿元
地区,地区生产总值
北京,1
天津,2"""

EDITION_AFTER_A_COLON = """China Statistical Yearbook: 2020
3-9 地区生产总值
单位：亿元
地区,2018,2019
北京,1,2
天津,3,4"""


def sheet(text: str, name: str = "") -> Sheet:
    rows = [line.split(",") for line in text.splitlines()]
    width = max(map(len, rows))
    return Sheet(
        name, tuple((n, [*row, *[""] * (width - len(row))]) for n, row in enumerate(rows, 1))
    )


def landed(text: str, catalogue: Catalogue, name: str = "") -> Landed:
    cells = read(sheet(text, name), catalogue).cells
    observations, aside = resolve(cells, catalogue, 2026)
    assert len(observations) + len(aside) == len(cells)
    columns = ["item_code", "province_code", "year", "value"]
    return set(observations[columns].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(STATE_HELD, set(), id="a part of a whole that is restricted"),
        pytest.param(INDEX, set(), id="a part of an index"),
        pytest.param(
            SUBTOTALS_LIKE_YEARS,
            {
                ("enterprises_count", code, 2019, value)
                for code, value in (("110000", 1000.0), ("120000", 1100.0), ("140000", 900.0))
            },
            id="subtotals that look like years",
        ),
        pytest.param(
            ITEM_WITH_ITS_OWN_UNIT_AND_YEAR,
            {
                ("total_profit_100m_yuan", "110000", 2019, 80.0),
                ("inventories_100m_yuan", "120000", 2018, 81.0),
            },
            id="an item with a unit and a year of its own",
        ),
        pytest.param(
            SERIAL_NUMBERS,
            {
                ("gdp_100m_yuan", "110000", 2017, 100.0),
                ("gdp_100m_yuan", "110000", 2018, 110.0),
                ("gdp_100m_yuan", "120000", 2017, 120.0),
                ("gdp_100m_yuan", "120000", 2018, 130.0),
            },
            id="serial numbers under no heading",
        ),
        pytest.param(URBAN_AND_RURAL, set(), id="texts beside the figures"),
        pytest.param(
            REMARKS,
            {
                ("employed_10k_persons", "110000", 2019, 100.0),
                ("employed_10k_persons", "120000", 2019, 90.0),
            },
            id="remarks beside the figures",
        ),
        pytest.param(
            ANOTHER_SCOPE,
            {
                ("enterprises_count", "110000", 2019, 10.0),
                ("enterprises_count", "120000", 2019, 11.0),
            },
            id="an item of another scope than the title",
        ),
        pytest.param(
            YEAR_PRINTED_ONCE,
            {("total_profit_100m_yuan", "110000", 2018, 1.0)},
            id="a year printed once for several rows",
        ),
        pytest.param(CONSTANT_PRICES, set(), id="a remark on constant prices above the table"),
        pytest.param(CENTRALLY_OWNED, set(), id="owned by the centre"),
        pytest.param(
            EDITION_AFTER_A_COLON,
            {
                ("gdp_100m_yuan", "110000", 2018, 1.0),
                ("gdp_100m_yuan", "110000", 2019, 2.0),
                ("gdp_100m_yuan", "120000", 2018, 3.0),
                ("gdp_100m_yuan", "120000", 2019, 4.0),
            },
            id="an edition after a colon",
        ),
    ],
)
def test_nothing_lands_wrong(catalogue: Catalogue, text: str, expected: Landed) -> None:
    assert landed(text, catalogue) == expected


def test_the_unit_of_the_item_goes_before_that_of_the_table(catalogue: Catalogue) -> None:
    cells = read(sheet(ITEM_WITH_ITS_OWN_UNIT_AND_YEAR), catalogue).cells
    assert list(cells["unit_printed"]) == ["万元", "亿元"]


def test_no_figure_is_lost_where_subtotals_look_like_years(catalogue: Catalogue) -> None:
    cells = read(sheet(SUBTOTALS_LIKE_YEARS), catalogue).cells
    assert [text for text in cells["value_printed"] if is_figure(text)] == [
        "2005", "1000", "1100", "1987", "900",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["2015-2019", "中国统计年鉴2020", "2019-09", "2019年上半年", "2019年一季度", "2019 Q1"]
)
def test_a_span_an_edition_or_a_part_of_a_year_in_the_name_of_a_sheet_is_no_year(
    catalogue: Catalogue, name: str
) -> None:
    table = "各地区主要指标\n单位：亿元\n地区,地区生产总值\n北京,1\n天津,2"
    assert landed(table, catalogue, name) == set()
    assert landed(table, catalogue, "2019年") != set()


def test_the_edition_after_a_colon_is_the_edition(catalogue: Catalogue) -> None:
    cells = read(sheet(EDITION_AFTER_A_COLON), catalogue).cells
    assert set(cells["edition_printed"]) == {"2020"}
