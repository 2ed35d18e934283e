"""A draft asks what the file does not say, changes nothing as it is, and keeps its promises."""

import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from yearbooks.accepted import FileReleases
from yearbooks.catalogue import Catalogue
from yearbooks.drafts import Draft, Question
from yearbooks.errors import YearbookError
from yearbooks.mapping import FileMapping
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

THIS_YEAR = 2026
SITE = "数据库：分省年度数据\n时间：2020\n地区,2020年,2019年\n北京市,4.5,4.4\n天津市,3.1,3.2\n"
PROFITS = "各地区利润总额(2021年)\n单位：亿元\n地区,利润总额\n北京,1.5\n天津,2.5\n"
PANEL = "省份,年份,地区生产总值,就业人员\n北京,2020,1.5,9\n天津,2020,2.5,8\n"


def source(content: str | bytes, mapping: str = "", name: str = "a.csv") -> Source:
    encoded = content.encode() if isinstance(content, str) else content
    return Source(name, encoded, mapping.encode() or None)


def draft(catalogue: Catalogue, content: str | bytes) -> Draft:
    found = Draft.of(source(content), catalogue, THIS_YEAR, FileReleases())
    assert found is not None
    return found


def lands(catalogue: Catalogue, content: str | bytes, mapping: str = "") -> list[tuple]:
    read_cells = read(source(content, mapping), catalogue).cells
    landed, _ = resolve(read_cells, catalogue, THIS_YEAR)
    columns = ["source_sheet", "item_code", "province_code", "year", "value", "unit_factor"]
    return list(landed[columns].itertuples(index=False, name=None))


def completed(text: str, answers: dict[str, str]) -> str:
    """The draft as a person leaves it: lines without their sign, and answers in their place."""
    for line, answer in answers.items():
        assert f"# {line}" in text
        text = text.replace(f"# {line}", answer)
    return text


def workbook(sheets: dict[str, str]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, table in sheets.items():
        sheet = book.create_sheet(name)
        for row in table.splitlines():
            sheet.append([float(t) if t.replace(".", "").isdigit() else t for t in row.split(",")])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("content", [SITE, PROFITS, PANEL, workbook({"1": PROFITS, "2": SITE})])
def test_as_it_is_it_changes_nothing(catalogue: Catalogue, content: str | bytes) -> None:
    text = draft(catalogue, content).text
    assert FileMapping.parse(text.encode()).sheets
    assert lands(catalogue, content, text) == lands(catalogue, content)


def test_item_and_unit_of_an_export_are_asked_for(catalogue: Catalogue) -> None:
    found = draft(catalogue, SITE)
    assert [(each.answer, each.waiting, each.trial) for each in found.questions] == [
        ("item: ITEM", 4, ""),
        ("unit: UNIT", 4, ""),
    ]
    answers = {"item: ITEM": "item: 地区生产总值", "unit: UNIT": "unit: 亿元"}
    assert len(lands(catalogue, SITE, completed(found.text, answers))) == 4


def test_a_scope_is_tried_and_its_cells_are_counted(catalogue: Catalogue) -> None:
    found = draft(catalogue, PROFITS)
    (question,) = found.questions
    assert (question.answer, question.released) == ('scope: "规模以上工业企业"', 2)
    assert "(releases 2 of 2 cells)" in found.text
    line = 'scope: "规模以上工业企业"'
    assert len(lands(catalogue, PROFITS, completed(found.text, {line: line}))) == 2


def test_a_scope_is_of_a_column_where_others_count_others(catalogue: Catalogue) -> None:
    content = "2021年\n地区,地区生产总值(亿元),利润总额(亿元)\n北京,9.5,1.5\n天津,8.5,2.5\n"
    found = draft(catalogue, content)
    (question,) = found.questions
    answer = 'item: "规模以上工业企业利润总额"'
    assert (question.line, question.answer, question.released) == ("C", answer, 2)
    answers = {"columns:": "columns:", f"  C: {{{answer}}}": f"  C: {{{answer}}}"}
    assert len(lands(catalogue, content, completed(found.text, answers))) == 4


def test_a_unit_is_asked_for_each_column_where_they_measure_different_things(
    catalogue: Catalogue,
) -> None:
    found = draft(catalogue, PANEL)
    assert [(each.line, each.answer, each.waiting) for each in found.questions] == [
        ("C", "unit: UNIT", 2),
        ("D", "unit: UNIT", 2),
    ]
    answers = {
        "columns:": "columns:",
        "  C: {unit: UNIT}": "  C: {unit: 亿元}",
        "  D: {unit: UNIT}": "  D: {unit: 万人}",
    }
    assert len(lands(catalogue, PANEL, completed(found.text, answers))) == 4


def test_one_unit_is_asked_for_where_all_measure_the_same(catalogue: Catalogue) -> None:
    content = PANEL.replace("就业人员", "第三产业增加值")
    (question,) = draft(catalogue, content).questions
    assert (question.line, question.answer, question.released) == ("", "unit: UNIT", 4)
    assert "亿元" in question.asked and "万人" not in question.asked


def test_what_all_cells_say_is_filled_in(catalogue: Catalogue) -> None:
    text = draft(catalogue, PROFITS).text
    assert '    unit: "亿元"\n    year: 2021\n' in text
    assert "item:" not in text
    # Of two columns only one states a unit: that of the other is not known by it.
    text = draft(catalogue, PANEL.replace("地区生产总值", "地区生产总值(亿元)")).text
    assert '\n    unit: "' not in text


def test_each_sheet_is_asked_about_by_itself(catalogue: Catalogue) -> None:
    content = workbook({"2-1": PROFITS, "2-2": PROFITS.replace("利润总额", "资产总计")})
    found = draft(catalogue, content)
    assert [(each.sheet, each.released) for each in found.questions] == [("2-1", 2), ("2-2", 2)]
    assert '  "2-1":\n' in found.text and '  "2-2":\n' in found.text


def test_rows_across_are_named_by_their_numbers(catalogue: Catalogue) -> None:
    content = "2021年\n地区,北京,天津\n地区生产总值,1.5,2.5\n就业人员,5,6\n"
    found = draft(catalogue, content)
    assert [(each.line, each.waiting) for each in found.questions] == [("3", 2), ("4", 2)]


def test_a_slip_is_a_row_to_confirm(catalogue: Catalogue) -> None:
    content = "2021年\n地区,地区生产总植(亿元)\n北京,1.5\n天津,2.5\n"
    found = draft(catalogue, content)
    assert found.questions == ()
    assert "(2 cells), add to " in found.text
    assert "# dbt/seeds/reference/item_aliases.csv: " in found.text
    assert all(line.startswith("#") for line in found.text.splitlines())


@pytest.mark.parametrize(
    "content",
    [
        "2021年\n地区,地区生产总值(亿元)\n北京,1.5\n天津,2.5\n",
        "2021年\n地区,国防支出(亿元)\n北京,1.5\n天津,2.5\n",
        "",
    ],
)
def test_where_there_is_nothing_to_ask_there_is_no_draft(
    catalogue: Catalogue, content: str
) -> None:
    assert Draft.of(source(content), catalogue, THIS_YEAR, FileReleases()) is None


def test_hostile_labels_stay_remarks(catalogue: Catalogue) -> None:
    heading = '"地区生产总值和第三产业增加值\n  ""*"": {read: false}\u2028x: 1"'
    content = f"2021年\n地区,{heading}\n北京,1.5\n天津,2.5\n"
    text = draft(catalogue, content).text
    assert lands(catalogue, content, text) == lands(catalogue, content)
    assert "\u2028" not in text


def test_more_questions_than_a_file_holds_are_told(catalogue: Catalogue) -> None:
    heads, figures = (
        "," + ",".join([text] * 900) for text in ("地区生产总值和第三产业增加值", "1")
    )
    content = f"2021年\n地区{heads}\n北京{figures}\n天津{figures}\n"
    with pytest.raises(YearbookError, match=r"900 questions are more than .* 64 KiB can hold"):
        draft(catalogue, content)


def test_it_is_written_beside_the_file_and_never_over_one(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(SITE, encoding="utf-8")
    found = draft(catalogue, SITE)
    path = found.save(file)
    assert path == tmp_path / "a.csv.mapping.yml"
    assert Source.open(file).mapping == found.text.encode()
    path.write_text("mine")
    with pytest.raises(YearbookError, match="exists and is not written over"):
        found.save(file)
    assert path.read_text() == "mine"
    with pytest.raises(YearbookError, match="cannot be written: No such file"):
        found.save(tmp_path / "nowhere" / "a.csv")


def test_a_question_in_words() -> None:
    assert str(Question("", "", "unit: UNIT", "In which unit?", 1)) == "In which unit? (for 1 cell)"
    tried = Question("", "", "unit: UNIT", "In which unit?", 2000, "unit: 亿元", 1999)
    assert str(tried) == "In which unit? (releases 1,999 of 2,000 cells)"
