"""Mapping files: what they may say is read, anything else is refused with its line."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yearbooks.cells import column_letter, column_position
from yearbooks.errors import FileFault
from yearbooks.mapping import MAX_BYTES, FileMapping, LineMapping, SheetMapping

DOCS = Path(__file__).parents[3] / "docs"


def test_everything_a_mapping_may_say() -> None:
    mapping = FileMapping.parse(
        """
        sheets:
          "2-1":
            provinces: b
            headings: 3-5
            body: 6-40
            year: 2019
            edition: 2020
            item: 产品销售收入
            unit: 亿元
            scope: 规模以上工业企业
            province: 北京
            yearbook: 中国工业统计年鉴
            columns:
              C: {item: 利润总额, unit: 万元, year: 2018}
              F: {ignore: growth rates}
          "3": {provinces: 4, headings: A-B, columns: {7: {item: 存货}}}
          "*": {read: false, reason: contents}
        """.encode()
    )
    assert mapping.sheet("2-1") == SheetMapping(
        provinces="B",
        headings=(3, 5),
        body=(6, 40),
        year="2019",
        edition="2020",
        item="产品销售收入",
        unit="亿元",
        scope="规模以上工业企业",
        province="北京",
        yearbook="中国工业统计年鉴",
        columns={
            "C": LineMapping(item="利润总额", unit="万元", year="2018"),
            "F": LineMapping(ignore="growth rates"),
        },
    )
    across = SheetMapping(provinces=4, headings=("A", "B"), columns={7: LineMapping(item="存货")})
    assert mapping.sheet("3") == across
    assert mapping.sheet("anything else") == SheetMapping(read=False, reason="contents")


def test_the_example_of_the_page_is_a_mapping() -> None:
    page = (DOCS / "yearbook-tables.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    mapping = FileMapping.parse(example.encode())
    assert mapping.sheet("2-2") == SheetMapping(
        provinces=4, headings=("A", "B"), columns={7: LineMapping(item="存货")}
    )
    assert mapping.sheet("2-3") == SheetMapping(item="利润总额", scope="规模以上工业企业")


def test_a_sheet_that_the_mapping_does_not_speak_of() -> None:
    assert FileMapping.parse(b"sheets: {a: {year: 2019}}").sheet("b") is None


@pytest.mark.parametrize(
    ("text", "states_places"),
    [
        ("{item: 地区生产总值, unit: 亿元, scope: 全社会, province: 北京}", False),
        ("{year: 2019, edition: 2020, yearbook: 中国统计年鉴}", False),
        ("{item: 地区生产总值, provinces: B}", True),
        ("{headings: 3-5}", True),
        ("{body: 6-40}", True),
        ("{columns: {C: {item: 利润总额}}}", True),
        ("{read: false, reason: contents}", True),
    ],
)
def test_facts_of_a_sheet_are_told_from_places_in_it(text: str, states_places: bool) -> None:
    sheet = FileMapping.parse(f"sheets: {{a: {text}}}".encode()).sheet("a")
    assert sheet is not None
    assert sheet.states_places is states_places


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sheets:\n  a:\n    yeer: 2019", r"one of read, .*line 3: sheet 'a', 'yeer'"),
        ("sheets:\n  a: {year: 20l9}", "a year, such as 2019, not '20l9'; line 2"),
        ("sheets: {a: {year: 1066}}", "a year from 1949 to 2100, not 1066"),
        ("sheets: {a: {year: 2019-01-01}}", "a year, such as 2019"),
        ("sheets: {a: {year: true}}", "a year, such as 2019"),
        ("sheets:\n  a:\n    year: 2019\n    year: 2020", "line 4: 'year' stands twice"),
        ("sheets: {a: {provinces: AAAA}}", "a column letter"),
        ("sheets: {a: {provinces: XFE}}", "a column letter"),
        ("sheets: {a: {provinces: 0}}", "a row number"),
        ("sheets: {a: {body: 9-3}}", "the first one first"),
        ("sheets: {a: {body: A-C}}", "rows such as 6-40"),
        ("sheets: {a: {headings: 3-B}}", "rows such as 3-5, or columns"),
        ("sheets: {a: {headings: A-B}}", "headings in rows where provinces is a column"),
        ("sheets: {a: {provinces: 4, headings: 3-5}}", "in columns where it is a row"),
        ("sheets: {a: {columns: {7: {item: x}}}}", "column letters under columns"),
        ("sheets: {a: {provinces: 4, columns: {C: {item: x}}}}", "row numbers under columns"),
        ("sheets: {a: {columns: {C: {item: x}, c: {item: y}}}}", "each column once"),
        ("sheets: {a: {columns: {C: {ignore: x, item: y}}}}", "nothing else beside ignore"),
        ("sheets: {a: {columns: {C: {item: ''}}}}", "text, not ''"),
        ("sheets: {a: {columns: {C: {itme: y}}}}", "one of item, unit, year, ignore"),
        ("sheets: {a: {item: 3}}", "text, not 3"),
        ("sheets: {a: {scope: ''}}", "text, not ''"),
        ("sheets: {a: {province: [北京]}}", "text, not"),
        ("sheets: {a: {read: false}}", "a reason and nothing else"),
        ("sheets: {a: {read: false, reason: x, year: 2019}}", "a reason and nothing else"),
        ("sheets: {a: {reason: x}}", "a reason only beside read: false"),
        ("sheets: {a: {read: nope}}", "true or false, not 'nope'"),
        ("sheets:\n  *: {year: 2019}", r"line 2: anchors and aliases .* quotation marks"),
        ("sheets: &x {a: {year: 2019}}", "anchors and aliases"),
        ("sheets: {a: &x {year: 2019}, b: *x}", "anchors and aliases"),
        ("sheets: {a: {<<: {year: 2019}}}", "YAML; line 1"),
        ("sheets: {No: {year: 2019}}", "'No' is not a name: put it in quotation marks"),
        ("sheets: {a: !!python/object/apply:os.getcwd []}", "YAML; line 1"),
        ("sheets: {a: {year: 2019}}\n---\nsheets: {}", "YAML; line 2"),
        ("tables: {a: {year: 2019}}", "one of sheets; line 1: the file, 'tables'"),
        ("sheets: {}", "names and what is stated of each under sheets"),
        ("", "names and what is stated of each under the file"),
        ("[", "YAML; line 1"),
        ("[" * 50_000, "YAML"),
        ("x" * (MAX_BYTES + 1), "no more than 64 KiB"),
    ],
)
def test_what_a_mapping_may_not_say_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(FileFault, match=words) as raised:
        FileMapping.parse(text.encode(), "2-1.xlsx.mapping.yml")
    assert raised.value.reason == "unreadable_mapping"
    assert "2-1.xlsx.mapping.yml" in raised.value.expected


def test_a_mapping_in_another_encoding_is_refused() -> None:
    with pytest.raises(FileFault, match="text in UTF-8"):
        FileMapping.parse("sheets: {表: {unit: 亿元}}".encode("gb18030"))


def test_sheets_that_the_file_does_not_have_are_named() -> None:
    mapping = FileMapping.parse(b"sheets: {'2-l': {year: 2019}, '*': {year: 2020}}")
    mapping.refuse_unknown_sheets(["2-l", "2-2"])
    with pytest.raises(FileFault, match=r"sheets of this file .'2-1'.; the mapping names '2-l'"):
        mapping.refuse_unknown_sheets(["2-1"])
    with pytest.raises(FileFault, match=r"none with a name: use '\*'"):
        mapping.refuse_unknown_sheets([""])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_end_in_a_mapping_or_a_fault(content: bytes) -> None:
    try:
        assert FileMapping.parse(content).sheets
    except FileFault as fault:
        assert fault.reason == "unreadable_mapping"


@given(st.integers(0, 20_000))
def test_letters_and_positions_of_columns_are_inverse(position: int) -> None:
    assert column_position(column_letter(position)) == position


def test_letters_of_columns_are_those_of_spreadsheets() -> None:
    known = {0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16_383: "XFD"}
    assert {position: column_letter(position) for position in known} == known
