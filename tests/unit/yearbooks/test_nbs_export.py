"""Exports of the NBS data site: encodings, titles, footnotes, ragged and foreign tables."""

from collections.abc import Callable
from pathlib import Path

import pytest
from inboxes import Raw, nbs_lines

ROWS = ("北京市,36102.6,35445.1", "天津市,14083.7,14055.5")
VALUES = [
    ("110000", 2020, 36102.6, None),
    ("110000", 2019, 35445.1, None),
    ("120000", 2020, 14083.7, None),
    ("120000", 2019, 14055.5, None),
]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_each_encoding_reads_the_same(raw: Raw, nbs: Callable[..., Path], encoding: str) -> None:
    nbs(ROWS, encoding=encoding)
    report = raw.land()
    assert report.files[0].reader == "nbs_export"
    assert raw.values() == VALUES
    assert raw.reasons() == []


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_delimiters_and_line_ends(raw: Raw, inbox: Path, delimiter: str, line_end: str) -> None:
    text = nbs_lines(ROWS).replace(",", delimiter).replace("\r\n", line_end)
    (inbox / "export.txt").write_bytes(text.encode("gb18030"))
    raw.land()
    assert raw.values() == VALUES


def test_a_table_that_a_spreadsheet_saved_again(raw: Raw, inbox: Path) -> None:
    notes = ["注：甲。", "\u3000\u3000乙。"]
    table = [f"{row},," for row in ROWS]
    lines = nbs_lines(table, header="地区,2020年,2019年,,", notes=notes).splitlines()
    padded = [line if ",," in line else f'"{line}",,,,' for line in lines]
    (inbox / "saved.csv").write_text("\n".join(padded), encoding="utf-8-sig")
    raw.land()
    assert raw.values() == VALUES
    assert raw.reasons() == []
    assert set(raw.table("observations")["footnotes"]) == {"注：甲。\n乙。"}


def test_where_a_cell_came_from_is_kept(raw: Raw, nbs: Callable[..., Path]) -> None:
    path = nbs(ROWS, name="gdp.csv")
    raw.land()
    cell = raw.table("observations").iloc[-1]
    assert (cell["source_file"], cell["source_row"], cell["source_column"]) == (
        "gdp.csv",
        6,
        "2020年",
    )
    assert path.read_bytes().decode("gb18030").splitlines()[5].startswith(cell["province_printed"])
    assert (cell["item_printed"], cell["unit_printed"]) == ("地区生产总值", "亿元")
    assert cell[["yearbook", "yearbook_table"]].isna().all()
    # Nothing states the edition: the year after the last data year of the file stands in.
    assert (cell["edition"], cell["edition_printed"]) == (2021, "")
    assert cell["rule"] == "nbs_export"


@pytest.mark.parametrize(
    ("title", "item_code", "unit"),
    [
        ("工业烟(粉)尘排放量(万吨)", "pm_emitted_10k_tonnes", "万吨"),
        ("工业烟（粉）尘排放量（万吨）", "pm_emitted_10k_tonnes", "万吨"),
        ("工业烟(粉)尘排放量（ 万吨 ）", "pm_emitted_10k_tonnes", "万吨"),
        ("人均地区生产总值(元/人)", "gdp_per_capita_yuan", "元/人"),
    ],
)
def test_the_unit_stands_in_the_last_brackets(
    raw: Raw, nbs: Callable[..., Path], title: str, item_code: str, unit: str
) -> None:
    nbs(ROWS, title=title)
    raw.land()
    observations = raw.table("observations")
    assert set(observations["item_code"]) == {item_code}
    assert set(observations["unit_printed"]) == {unit}


@pytest.mark.parametrize("title", ["地区生产总值", "地区生产总值(当年价)"])
def test_a_title_without_a_known_unit_is_not_guessed(
    raw: Raw, nbs: Callable[..., Path], title: str
) -> None:
    nbs(ROWS, title=title)
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == ["unknown_unit"] * 4


def test_footnotes_and_their_continuations_go_with_every_cell(
    raw: Raw, nbs: Callable[..., Path]
) -> None:
    notes = ["注：1.甲,乙。", "\u3000\u3000\u30002.丙。", "数据来源：国家统计局"]
    nbs(ROWS, notes=notes)
    raw.land()
    assert set(raw.table("observations")["footnotes"]) == {
        "注：1.甲,乙。\n2.丙。\n数据来源：国家统计局"
    }
    assert raw.reasons() == []


def test_a_remark_above_the_header_is_a_footnote_too(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS, header="口径：当年价\r\n地区,2020年,2019年", notes=())
    raw.land()
    assert set(raw.table("observations")["footnotes"]) == {"口径：当年价"}


def test_empty_cells_land_as_not_published(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(["北京市,,35445.1", "天津市,…,0.00"])
    raw.land()
    assert raw.values() == [
        ("110000", 2020, None, "not_published"),
        ("110000", 2019, 35445.1, None),
        ("120000", 2020, None, "not_available"),
        ("120000", 2019, 0.0, None),
    ]


def test_a_row_of_another_width_is_set_aside_whole(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(["北京市,1,234.5,35445.1", "天津市,14083.7", "河北省,3,4"])
    report = raw.land()
    assert raw.values() == [("130000", 2020, 3.0, None), ("130000", 2019, 4.0, None)]
    aside = raw.table("set_aside")
    assert set(aside["reason"]) == {"ragged_row"}
    # The field that is missing is a cell nobody could read, not a cell that is empty.
    assert sorted(aside["value_printed"]) == sorted(["1", "234.5", "35445.1", "14083.7", ""])
    assert set(aside["expected"]) == {"3 fields, each under a heading"}
    assert (report.cells_read, report.cells_landed, report.cells_set_aside) == (7, 2, 5)


def test_a_row_below_the_footnotes_is_read_all_the_same(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS[:1], notes=["数据来源：国家统计局", f"\u3000{ROWS[1]}"])
    raw.land()
    assert raw.values() == VALUES
    assert set(raw.table("observations")["footnotes"]) == {"数据来源：国家统计局"}


@pytest.mark.parametrize(
    ("content", "reason", "expected"),
    [
        (nbs_lines(ROWS) + nbs_lines(ROWS), "unrecognised_layout", "found 2 titles and 2 headers"),
        (nbs_lines(ROWS, header="指标,2020年,2019年"), "unrecognised_layout", "begins with 地区"),
        (nbs_lines(ROWS).replace("指标：", ""), "unrecognised_layout", "found 0 titles"),
        (nbs_lines([]), "empty_file", "province rows below the header line"),
    ],
)
def test_tables_that_cannot_be_read_say_why(
    raw: Raw, inbox: Path, content: str, reason: str, expected: str
) -> None:
    (inbox / "bad.csv").write_bytes(content.encode("gb18030"))
    report = raw.land()
    assert report.files[0].reader == "nbs_export"
    assert report.files[0].reasons == {reason: 1}
    assert expected in raw.table("set_aside")["expected"][0]
    assert raw.values() == []


def test_a_quotation_mark_that_never_closes_is_told_with_its_line(
    raw: Raw, nbs: Callable[..., Path]
) -> None:
    nbs(['"北京市,1,2'])
    assert raw.land().files[0].reasons == {"unreadable_file": 1}
    assert "from line 5 on" in raw.table("set_aside")["expected"][0]


def test_figures_without_a_heading_are_not_lost(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS, header="地区,2020年,")
    raw.land()
    assert raw.reasons() == ["ragged_row"] * 4
    assert "35445.1" in set(raw.table("set_aside")["value_printed"])


def test_monthly_tables_are_set_aside_by_their_headings(raw: Raw, nbs: Callable[..., Path]) -> None:
    nbs(ROWS, header="地区,2020年1月,2019年")
    raw.land()
    assert raw.reasons() == ["unreadable_year"] * 2
    assert set(raw.table("set_aside")["year_printed"]) == {"2020年1月"}
    assert [year for _, year, _, _ in raw.values()] == [2019, 2019]


def test_figures_above_the_header_or_after_a_note_are_set_aside_and_not_taken_for_notes(
    raw: Raw, inbox: Path
) -> None:
    lines = nbs_lines(["北京市,1,2", "注：初步核算数。", " 河北省,3", "  山西省,4,5,6"])
    lines = lines.replace("地区,2020年", "北京市,5,5\r\n地区,2020年")
    (inbox / "nbs.csv").write_text(lines, encoding="utf-8")
    report = raw.land()
    assert len(raw.table("observations")) == 2
    assert set(raw.reasons()) == {"ragged_row"}
    aside = raw.table("set_aside")
    assert {"北京市", "河北省", "山西省"} == set(aside["province_printed"].str.strip())
    assert report.cells_read == report.cells_landed + report.cells_set_aside
