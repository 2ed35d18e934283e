"""A slip is told as one; a text that may mean something else is not."""

import pytest

from yearbooks.catalogue import Catalogue
from yearbooks.remedies import suggestions
from yearbooks.slips import misspelt


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("item", "地区生产总植", "gdp_100m_yuan"),
        ("item", "增加值第三产业", "tertiary_value_added_100m_yuan"),
        ("item", "规模以上工业企业利润总额。", "total_profit_100m_yuan"),
        ("item", "Gross Regional Prodcut", "gdp_100m_yuan"),
        ("item", "Gross Reginal Product", "gdp_100m_yuan"),
        ("item", "Gross Regional Producct", "gdp_100m_yuan"),
        ("item", "Gross Regional Produc", "gdp_100m_yuan"),
        ("unit", "100 milion yuan", "100 million yuan"),
        ("province", "Inner Mongola", "150000"),
    ],
)
def test_a_slip_is_told(catalogue: Catalogue, field: str, text: str, code: str) -> None:
    (found,) = suggestions(field, text, catalogue)
    assert found.code == code


@pytest.mark.parametrize(
    ("field", "text"),
    [
        # A part, another whole, another industry, another direction.
        ("item", "一般公共服务支出"),
        ("item", "国防支出"),
        ("item", "城镇单位女就业人员"),
        ("item", "地区生产总值指数"),
        ("item", "第一产业增加值"),
        ("item", "经营单位所在地出口总额"),
        ("item", "规模以上工业企业R&D经费外部支出"),
        # Who is counted is not said, or is another.
        ("item", "利润总额"),
        ("item", "利润总额。"),
        ("item", "大中型工业企业利润总额"),
        ("item", "地区生产总值(亿元) 增速"),
        ("item", "gdp_10m_yuan"),
        ("item", "煤炭"),
        ("item", " "),
        # The same letters but for those that make the amount, or too short to tell.
        ("unit", "100 billion yuan"),
        ("unit", "1000 million yuan"),
        ("unit", "千万元"),
        ("unit", "亿圆"),
        ("province", "吉林市"),
        ("province", "内蒙古区"),
        ("yearbook", "中国统计年刊"),
        ("year", "20l9"),
    ],
)
def test_what_may_mean_something_else_is_no_slip(
    catalogue: Catalogue, field: str, text: str
) -> None:
    assert suggestions(field, text, catalogue) == ()


def test_a_text_that_may_be_either_of_two_is_no_slip() -> None:
    known = {"hunanprovince": 1, "henanprovince": 2}
    assert misspelt("Hunan Provinc", known, frozenset()) == ("hunanprovince", 1)
    assert misspelt("Hanan Province", known, frozenset()) is None
