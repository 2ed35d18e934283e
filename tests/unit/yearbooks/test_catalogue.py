"""The catalogue knows what the reference files hold, whatever the spelling, and nothing else."""

import shutil
from pathlib import Path

import pytest

from yearbooks.catalogue import Catalogue
from yearbooks.errors import CatalogueError
from yearbooks.labels import match_key

REFERENCE = Path(__file__).parents[3] / "dbt" / "seeds" / "reference"


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A copy of the reference files, to be spoilt."""
    folder = tmp_path / "reference"
    shutil.copytree(REFERENCE, folder)
    return folder


def append(path: Path, row: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(row + "\n")


@pytest.mark.parametrize(
    "name",
    [
        "Inner Mongolia",
        "内蒙古自治区",
        "内 蒙 古",
        "内\u3000蒙古",
        "INNER  MONGOLIA",
        "150000",
        "１５",
    ],
)
def test_variants_of_a_province_are_one_province(catalogue: Catalogue, name: str) -> None:
    province = catalogue.province(name)
    assert province is not None
    assert (province.code, province.kind) == ("150000", "province")


def test_all_31_provinces_are_known_by_code_and_by_each_printed_name(catalogue: Catalogue) -> None:
    rows = (REFERENCE / "provinces.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) == 31
    for row in rows:
        code, *names = row.split(",")[:4]
        for name in (code, *names):
            province = catalogue.province(name)
            assert province is not None, name
            assert (province.code, province.kind) == (code, "province")


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("全国", "000000", "national"),
        ("National Total", "000000", "national"),
        ("香港特别行政区", "810000", "outside_sample"),
        ("Macao", "820000", "outside_sample"),
        ("台湾省", "710000", "outside_sample"),
    ],
)
def test_rows_that_are_no_province(catalogue: Catalogue, name: str, code: str, kind: str) -> None:
    province = catalogue.province(name)
    assert province is not None
    assert (province.code, province.kind) == (code, kind)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("地区生产总值", "gdp_100m_yuan"),
        ("gross regional product", "gdp_100m_yuan"),
        ("规模以上工业企业Ｒ＆Ｄ经费", "rd_expenditure_10k_yuan"),
        ("工业烟(粉)尘排放量", "pm_emitted_10k_tonnes"),
        ("工业烟（粉）尘排放量", "pm_emitted_10k_tonnes"),
        # The industry was renamed in the classification of 2011.
        ("信息传输、计算机服务和软件业城镇单位就业人员", "employed_it_10k_persons"),
        ("信息传输、软件和信息技术服务业城镇单位就业人员", "employed_it_10k_persons"),
    ],
)
def test_labels_of_an_item(catalogue: Catalogue, label: str, code: str) -> None:
    item = catalogue.item(label)
    assert item is not None
    assert item.code == code


@pytest.mark.parametrize(
    ("text", "measure", "factor"),
    [
        ("万人", "persons", 1e4),
        ("人", "persons", 1),
        ("人年", "person_years", 1),
        ("亿元", "yuan", 1e8),
        ("万元", "yuan", 1e4),
        ("元", "yuan", 1),
        ("千美元", "usd", 1e3),
        ("万美元", "usd", 1e4),
        ("亿美元", "usd", 1e8),
        ("万吨", "tonnes", 1e4),
        ("吨", "tonnes", 1),
        ("％", "percent", 1),
        ("项", "count", 1),
        ("件", "count", 1),
    ],
)
def test_units(catalogue: Catalogue, text: str, measure: str, factor: float) -> None:
    unit = catalogue.unit(text)
    assert unit is not None
    assert (unit.measure, unit.factor) == (measure, factor)


@pytest.mark.parametrize(
    "label",
    ["北京 Beijing", "北 京\nBeijing", "北京Beijing", "Beijing 北京", "北京市/Beijing", "北京①"],
)
def test_a_province_in_two_languages_or_with_the_sign_of_a_note(
    catalogue: Catalogue, label: str
) -> None:
    province = catalogue.province(label)
    assert province is not None
    assert province.code == "110000"


@pytest.mark.parametrize("label", ["北京 Shanghai", "陕西 Shanxi", "北京 and more", "京 Beijing"])
def test_two_languages_that_disagree_name_no_province(catalogue: Catalogue, label: str) -> None:
    assert catalogue.province(label) is None


@pytest.mark.parametrize("text", ["万人 (10 000 persons)", "万人(10000 persons)", "万人\npersons"])
def test_a_unit_in_two_languages_is_one_unit_if_they_agree(catalogue: Catalogue, text: str) -> None:
    unit = catalogue.unit(text)
    if "10" in text:
        assert unit is not None
        assert (unit.measure, unit.factor) == ("persons", 1e4)
    else:
        assert unit is None


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("地区生产总值 Gross Regional Product", "gdp_100m_yuan"),
        (
            "第二产业增加值\nValue-added of the Secondary Industry",
            "secondary_value_added_100m_yuan",
        ),
        ("人均地区生产总值 Per Capita GRP", "gdp_per_capita_yuan"),
        ("人均 GDP", "gdp_per_capita_yuan"),
        ("地区生产总值①", "gdp_100m_yuan"),
        # The Chinese name rules: what is unknown in it is not made known by its translation.
        ("第一产业 GDP", None),
        ("国有控股 Total Profits", None),
        ("地区生产总值 Employed Persons", None),
        ("地区生产总值 Index", None),
        ("地区生产总值 Growth Rate", None),
        ("地区生产总值 > Mining", None),
    ],
)
def test_an_item_in_two_languages(catalogue: Catalogue, label: str, code: str | None) -> None:
    item = catalogue.item(label)
    assert (item.code if item else None) == code


def test_headings_that_say_nothing_are_rows_not_code(catalogue: Catalogue, reference: Path) -> None:
    assert catalogue.role("合计 Total") == "neutral"
    assert catalogue.role("甲乙丙") is None
    append(reference / "neutral_headings.csv", "甲乙丙,neutral,")
    changed = Catalogue.load(reference)
    assert changed.role("甲乙丙") == "neutral"
    assert changed.fingerprint != catalogue.fingerprint


def test_a_label_of_any_length_is_answered_at_once(catalogue: Catalogue) -> None:
    for text in ("北 " * 100_000, "A" * 100_000 + "北", "*" * 100_000, "北" + " ①" * 100_000):
        assert catalogue.item(text) is None


def test_what_no_file_holds_is_unknown(catalogue: Catalogue) -> None:
    assert catalogue.item("地区生产总值指数") is None
    assert catalogue.province("长三角") is None
    assert catalogue.unit("公顷") is None
    assert catalogue.mark("x") is None
    assert catalogue.yearbook("Almanac") is None


def test_yearbooks_by_code_and_names(catalogue: Catalogue) -> None:
    for name in ("CSY", "China Statistical Yearbook", "中国统计年鉴"):
        assert catalogue.yearbook(name) == "csy"


def test_match_key_keeps_what_is_not_spelling() -> None:
    assert match_key(" Ｇ D\u3000P ") == match_key("gdp")
    assert match_key("工业") != match_key("工业增加值")


def test_a_label_may_not_stand_for_two_items(reference: Path) -> None:
    append(reference / "item_aliases.csv", "ＧＤＰ,employed_10k_persons,contradiction")
    with pytest.raises(
        CatalogueError, match=r"item_aliases\.csv, row \d+: 'ＧＤＰ' already stands"
    ):
        Catalogue.load(reference)


@pytest.mark.parametrize(
    ("file", "row", "message"),
    [
        ("item_aliases.csv", "label,no_such_item,", "column item_code: 'no_such_item'"),
        (
            "items.csv",
            "x_ha,csy,1-1,whole_society,x,x,公顷,flow,true",
            "column canonical_unit: '公顷'",
        ),
        ("items.csv", "x_yuan,abc,1-1,whole_society,x,x,yuan,flow,true", "column yearbook: 'abc'"),
        ("items.csv", "x_yuan,csy,1-1,nobody,x,x,yuan,flow,true", "column scope: 'nobody'"),
        ("scope_names.csv", "甲乙丙,zh,nobody,", "column scope: 'nobody'"),
        ("scope_names.csv", "规模以上工业企业,zh,high_tech,", "already stands for"),
        ("item_aliases.csv", "税前利润,total_profit_100m_yuan,", "'税前利润' states no scope"),
        (
            "item_aliases.csv",
            "国有控股工业企业税前利润,total_profit_100m_yuan,",
            "states state_holding, expected words of",
        ),
        ("units.csv", "公顷,area,many", "column factor: 'many'"),
        ("neutral_headings.csv", "甲乙丙,silent,", "column role: 'silent'"),
        ("province_names.csv", "Atlantis,en,999999,island,", "column kind: 'island'"),
    ],
)
def test_contradictions_between_the_files_are_named(
    reference: Path, file: str, row: str, message: str
) -> None:
    append(reference / file, row)
    with pytest.raises(CatalogueError, match=message) as raised:
        Catalogue.load(reference)
    assert file in str(raised.value)


def test_a_missing_reference_file_or_column_is_named(reference: Path) -> None:
    (reference / "value_marks.csv").write_text("sign,note\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"value_marks\.csv, row 1: .* mark, meaning"):
        Catalogue.load(reference)
    (reference / "value_marks.csv").unlink()
    with pytest.raises(CatalogueError, match=r"value_marks\.csv is missing"):
        Catalogue.load(reference)
