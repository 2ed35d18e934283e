"""Every reason has one remedy, and it works: followed to the letter, it makes the cells land."""

import csv
import io
import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from inboxes import ROOT
from openpyxl import Workbook
from test_inspection import with_result

import yearbooks.source
from yearbooks.accepted import FileReleases, Releases
from yearbooks.catalogue import Catalogue
from yearbooks.errors import FileFault
from yearbooks.inspection import Inspection, inspect
from yearbooks.mapping import FileMapping
from yearbooks.reading import read
from yearbooks.remedies import ADVICE, advice, release, sheet_key
from yearbooks.resolution import resolve
from yearbooks.source import Source

THIS_YEAR = 2026
TIDY = "province,year,item,value,unit,edition,yearbook"
YEARS = "地区,2020年,2019年\n北京市,4.5,4.4\n天津市,3.1,3.2\n"
DATABASE = "数据库：分省年度数据\n"
FIGURES = "北京,12.5\n天津,13.5\n"


def lines(*rows: str) -> str:
    return "\n".join([*rows, ""])


def looked_into(catalogue: Catalogue, content: str | bytes, mapping: str = "") -> Inspection:
    encoded = content.encode() if isinstance(content, str) else content
    source = Source("a.csv", encoded, mapping.encode() or None)
    return inspect(source, catalogue, FileReleases(), THIS_YEAR)


def the_remedy(found: Inspection, reason: str) -> str:
    (problem,) = found.problems
    assert problem.reason == reason, problem
    return problem.advice


# What the file says, and what a person puts in the place of the capitals.
MAPPED = {
    "scope_not_stated": (f"各地区利润总额(2021年)\n单位：亿元\n地区,利润总额\n{FIGURES}", {}),
    "item_not_stated": (YEARS, {"ITEM": "地区生产总值", "UNIT": "亿元"}),
    "unit_not_stated": (f"2021年\n地区,地区生产总值\n{FIGURES}", {"UNIT": "亿元"}),
    "province_not_stated": (
        f"{DATABASE}指标,2020年\n地区生产总值(亿元),12.5\n",
        {"PROVINCE": "北京市"},
    ),
    "ambiguous_heading": (
        f"2021年\n地区,地区生产总值和第三产业增加值(亿元)\n{FIGURES}",
        {"COLUMN": "B", "ITEM": "地区生产总值", "UNIT": "亿元", "YEAR": "2021"},
    ),
    "unrecognised_layout": (
        "2021年\n地区,地区生产总值(亿元)\n北京,12.5\n",
        {"provinces: COLUMN": "provinces: A", "headings: FIRST-LAST": "headings: 2-2"}
        | {"body: FIRST-LAST": "body: 3-3"},
    ),
}


@pytest.mark.parametrize("reason", MAPPED)
def test_the_line_for_the_mapping_makes_the_cells_land(catalogue: Catalogue, reason: str) -> None:
    content, answers = MAPPED[reason]
    remedy = the_remedy(looked_into(catalogue, content), reason)
    assert "write into a.csv.mapping.yml beside it: " in remedy
    line = balanced(remedy.partition("beside it: ")[2])
    for blank, answer in answers.items():
        assert blank in line
        line = line.replace(blank, answer)
    found = looked_into(catalogue, content, line)
    assert found.landed > 0
    assert found.problems == ()


def balanced(text: str) -> str:
    """The beginning of a text up to the bracket that closes the first one."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if sign == "}" and not depth:
            return text[: at + 1]
    raise AssertionError(text)


def test_the_line_names_the_sheets_it_is_for() -> None:
    one = advice("unit_not_stated", "b.xlsx", ("4-1",))
    assert 'write into b.xlsx.mapping.yml beside it: sheets: {"4-1": {unit: UNIT}}' in one
    many = advice("unit_not_stated", "b.xlsx", ("1", "2", "3", "4", "5"))
    assert '"3": {unit: UNIT}} (and so for 2 other sheets)' in many
    assert "4" not in many.replace("(and so", "")


@pytest.mark.parametrize(
    "name", ["4-1", "a: b", 'say "no"', "back\\slash", "line\nbreak", "续表{}"]
)
def test_a_sheet_of_any_name_can_be_named(name: str) -> None:
    mapping = FileMapping.parse(f"sheets: {{{sheet_key(name)}: {{year: 2020}}}}".encode())
    assert list(mapping.sheets) == [name]


def test_only_the_scope_that_may_be_meant_is_offered(catalogue: Catalogue) -> None:
    content, _ = MAPPED["scope_not_stated"]
    (problem,) = looked_into(catalogue, content).problems
    assert "{scope: 规模以上工业企业}" in problem.advice
    assert "if that is whom the table counts" in problem.advice
    assert "规模以上工业企业" in problem.expected[0]


def test_the_scope_of_a_column_leaves_the_others_alone(catalogue: Catalogue) -> None:
    content = f"2021年\n地区,利润总额(亿元),地区生产总值(亿元)\n{FIGURES.replace('5', '5,9')}"
    remedy = the_remedy(looked_into(catalogue, content), "scope_not_stated")
    line = balanced(remedy.partition("beside it: ")[2])
    assert "{COLUMN: {item: 规模以上工业企业LABEL}}" in line
    line = line.replace("COLUMN", "B").replace("LABEL", "利润总额")
    found = looked_into(catalogue, content, line)
    assert (found.landed, found.problems) == (4, ())


# Rows that the words ask for: the row of the file, and what is added to which reference file.
ROWS = {
    "unknown_item": ("北京,2021,区域总产出,1,亿元,,", "item_aliases", "区域总产出,gdp_100m_yuan,x"),
    "unknown_unit": ("北京,2021,GDP,1,亿圆,,", "units", "亿圆,yuan,100000000"),
    "unknown_province": ("京城,2021,GDP,1,亿元,,", "province_names", "京城,zh,110000,province,x"),
}


@pytest.mark.parametrize("reason", ROWS)
def test_the_row_makes_the_text_known(catalogue: Catalogue, tmp_path: Path, reason: str) -> None:
    row, file, added = ROWS[reason]
    content = lines(TIDY, row)
    assert f" to {file}.csv" in the_remedy(looked_into(catalogue, content), reason)
    folder = reference_copy(tmp_path)
    with (folder / f"{file}.csv").open("a", encoding="utf-8") as reference:
        reference.write(f"{added}\n")
    found = looked_into(Catalogue.load(folder), content)
    assert (found.landed, found.problems) == (1, ())


def reference_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "dbt" / "seeds" / "reference", tmp_path / "reference"))


# Rows of the file, the number of them that the row of `ami quarantine` releases, what is filled in.
RELEASED = {
    "unit_measure_mismatch": (["北京,2021,GDP,1,万人,,"], "亿元"),
    "unreadable_year": (["北京,20l9,GDP,1,亿元,,"], "2019"),
    "future_year": (["北京,2099,GDP,1,亿元,,"], "2009"),
    "unreadable_edition": (["北京,2019,GDP,1,亿元,soon,"], "2020"),
    "edition_before_year": (["北京,2019,GDP,1,亿元,2002,"], "2020"),
    "unreadable_value": (["北京,2021,GDP,12..5,亿元,2022,"], "12.5"),
    "duplicate_cell": (["北京,2021,GDP,1,亿元,2022,", "北京,2021,GDP,2,亿元,2022,"], "1"),
}


@pytest.mark.parametrize("reason", RELEASED)
def test_the_row_that_quarantine_prints_releases_the_cell(
    catalogue: Catalogue, tmp_path: Path, reason: str
) -> None:
    rows, answer = RELEASED[reason]
    content = lines(TIDY, *rows)
    assert "ami quarantine prints the row" in the_remedy(looked_into(catalogue, content), reason)
    source = Source("a.csv", content.encode())
    _, aside = resolve(read(source, catalogue).cells, catalogue, THIS_YEAR)
    cell = {str(k): str(v) for k, v in aside.iloc[0].items()} | {"source_file": "a.csv"}
    row = release(cell, "mine", catalogue, date(2026, 1, 2), None)
    assert row is not None
    filled = dict(row.fields)
    filled["read_as" if "read_as" in filled else "value_used"] = answer
    filled |= {name: "me" for name, text in filled.items() if not text and name != "source_sheet"}
    folder = reference_copy(tmp_path)
    with (folder / row.file).open("a", encoding="utf-8", newline="") as reference:
        csv.DictWriter(reference, list(filled)).writerow(filled)
    releases = Releases.load(folder, catalogue).of("mine", "a.csv")
    assert inspect(source, catalogue, releases, THIS_YEAR).landed == 1


def formula(result: bool) -> bytes:
    book = Workbook()
    for row in (["地区", "地区生产总值(亿元)"], ["北京", "=1+1"], ["天津", 3]):
        book.active.append(row)
    book.active.title = "2021年"
    content = io.BytesIO()
    book.save(content)
    return with_result(content.getvalue(), "1+1", "2") if result else content.getvalue()


def answer(du_name: str) -> str:
    value = {"i_showname": "地区生产总值 (亿元)", "da_name": "北京市", "value": "12.5"}
    period = {"code": "2021YY", "name": "2021年", "values": [{**value, "du_name": du_name}]}
    return json.dumps({"success": True, "data": [period]}, ensure_ascii=False)


# The file before and after what the words ask for, and words of the remedy.
MENDED: dict[str, tuple[str | bytes, str | bytes, str]] = {
    "contradiction": (answer(du_name="万元"), answer(du_name="亿元"), "ask the service again"),
    "unknown_yearbook": (
        lines(TIDY, "北京,2021,GDP,1,亿元,,Almanac"),
        lines(TIDY, "北京,2021,GDP,1,亿元,,"),
        "leave the column empty",
    ),
    "formula_without_value": (formula(False), formula(True), "open the file in a spreadsheet"),
    "misnamed_web_page": (
        f"<table><tr><td>{'<td>'.join(TIDY.split(','))}<tr><td>北京<td>2021<td>GDP<td>1<td>亿元</table>",
        lines(TIDY, "北京,2021,GDP,1,亿元,,"),
        "save it as .xlsx",
    ),
    "ragged_row": (
        lines(TIDY, "北京,2021,GDP,1,234,亿元,,"),
        lines(TIDY, '北京,2021,GDP,"1,234",亿元,,'),
        "correct the file",
    ),
    "missing_column": (
        lines("province,item,value,unit", "北京,GDP,1,亿元"),
        lines("province,item,value,unit,year", "北京,GDP,1,亿元,2021"),
        "add the column to the file",
    ),
    "empty_file": (TIDY, lines(TIDY, "北京,2021,GDP,1,亿元,,"), "correct the file"),
    "unreadable_file": (
        b"province,year,item,value,unit\n\x81,2021,GDP,1,\xff\n",
        lines(TIDY, "北京,2021,GDP,1,亿元,,"),
        "save it again, as .xlsx or as CSV in UTF-8",
    ),
}


@pytest.mark.parametrize("reason", MENDED)
def test_the_mended_file_lands(catalogue: Catalogue, reason: str) -> None:
    before, after, words = MENDED[reason]
    assert words in the_remedy(looked_into(catalogue, before), reason)
    found = looked_into(catalogue, after)
    assert found.landed >= 1
    assert found.problems == ()


NOTHING: dict[str, tuple[str, str]] = {
    "other_scope": (
        f"2-1 大中型工业企业利润总额(2021年)\n单位：亿元\n地区,利润总额\n{FIGURES}",
        "",
    ),
    "not_provinces": (f"数据库：主要城市年度数据\n指标：地区生产总值(亿元)\n{YEARS}", ""),
    "not_annual": (f"数据库：分省季度数据\n指标：地区生产总值(亿元)\n{YEARS}", ""),
    "outside_sample": (lines(TIDY, "香港,2021,GDP,1,亿元,,"), ""),
    "no_table": ("目录\n第一章 综合\n", ""),
    "left_out_by_mapping": (YEARS, 'sheets: {"*": {read: false, reason: of other provinces}}'),
}


@pytest.mark.parametrize("reason", NOTHING)
def test_where_nothing_helps_the_words_say_so(catalogue: Catalogue, reason: str) -> None:
    assert the_remedy(looked_into(catalogue, *NOTHING[reason]), reason).startswith("nothing")


def test_another_scope_names_both(catalogue: Catalogue) -> None:
    (problem,) = looked_into(catalogue, *NOTHING["other_scope"]).problems
    assert "规模以上工业企业" in problem.expected[0]
    assert "大中型工业企业" in problem.expected[0]


def test_a_corrected_mapping_is_followed(catalogue: Catalogue) -> None:
    answer = 'sheets: {"*": {item: 地区生产总值, unit: 亿元}}'
    broken = looked_into(catalogue, YEARS, answer.replace("unit", "Einheit"))
    assert the_remedy(broken, "unreadable_mapping") == "correct a.csv.mapping.yml"
    assert looked_into(catalogue, YEARS, answer).landed == 4


def test_the_file_itself_is_taken_in_the_place_of_a_link(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text(lines(TIDY, "北京,2021,GDP,1,亿元,,"), encoding="utf-8")
    link.symlink_to(real)
    with pytest.raises(FileFault) as refused:
        Source.open(link)
    assert refused.value.reason == "unsafe_file"
    assert "that file itself" in advice("unsafe_file")
    shutil.copy(real, tmp_path / "new.csv")
    found = inspect(Source.open(tmp_path / "new.csv"), catalogue, FileReleases(), THIS_YEAR)
    assert found.landed == 1


def test_a_part_of_what_is_too_large_is_read(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yearbooks.source, "MAX_BYTES", 100)
    row = "北京,2021,GDP,1,亿元,,"
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    whole.write_text(lines(TIDY, row, "a note" * 20), encoding="utf-8")
    part.write_text(lines(TIDY, row), encoding="utf-8")
    with pytest.raises(FileFault, match="too_large"):
        Source.open(whole)
    assert "parts of it" in advice("too_large")
    found = inspect(Source.open(part), catalogue, FileReleases(), THIS_YEAR)
    assert found.landed == 1


def test_a_file_that_was_written_to_is_read_the_next_time() -> None:
    assert advice("changed_while_read").startswith("nothing: the next refresh reads it")


ELSEWHERE = {"unreadable_mapping", "unsafe_file", "too_large", "changed_while_read"}


def test_every_reason_has_a_remedy_and_every_remedy_a_test() -> None:
    given = {
        reason
        for module in (ROOT / "yearbooks").rglob("*.py")
        for reason in re.findall(r'Fault\(\s*"([a-z_0-9]+)"', module.read_text(encoding="utf-8"))
    }
    assert given == set(ADVICE)
    tried = [MAPPED, ROWS, RELEASED, MENDED, NOTHING]
    assert sorted([*(reason for each in tried for reason in each), *ELSEWHERE]) == sorted(ADVICE)


@pytest.mark.parametrize("reason", ADVICE)
def test_a_remedy_names_the_file_and_no_jargon(reason: str) -> None:
    words = advice(reason, "b.xlsx")
    assert "mapping file" not in words
    assert "NAME.mapping" not in words
    assert advice(reason)


def test_an_unknown_reason_has_no_remedy() -> None:
    assert advice("a_reason_of_tomorrow") == ""
