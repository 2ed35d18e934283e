"""Web pages: where the cells of their tables stand, and that no page takes long."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yearbooks.cells import Sheet
from yearbooks.errors import FileFault
from yearbooks.files import kinds, web_page, workbook_cells


def read(page: str) -> Sheet:
    return web_page.sheet(page)


def texts(page: str) -> list[list[str]]:
    return [row for _, row in read(page).rows]


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(FileFault) as fault:
        kinds.sheets(content)
    return fault.value.reason, fault.value.expected


PAGE = (
    "<!DOCTYPE html><!-- a <table> --><HTML><head><title>t</title>"
    "<style>td > p {a:b}</style></head><body><h1>4-1 就业人员 (2020年)</h1>"
    "<p>单位：万人</p><table><tr><TD>地区</TD>"
    "<td>就业<br>人员</td></tr><tr><td>北京</td><td>1,234</td></tr></table>资料来源：甲</body></HTML>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_tables_and_the_lines_around_them_stand_below_each_other(encoding: str) -> None:
    (sheet,) = kinds.sheets(PAGE.encode(encoding))
    assert sheet.rows == (
        (1, ["4-1 就业人员 (2020年)", ""]),
        (2, ["单位：万人", ""]),
        (3, ["地区", "就业\n人员"]),
        (4, ["北京", "1,234"]),
        (5, ["资料来源：甲", ""]),
    )
    assert (sheet.name, sheet.note) == ("", web_page.NOTE)
    assert "web page" in sheet.note


def test_a_cell_that_spans_others_pushes_them_aside() -> None:
    page = (
        "<table><tr><td colspan=2>a<td rowspan='2'>b</tr><tr><td>c<td>d</tr>"
        '<tr><td rowspan="0">e<td data-colspan=3 colspan = "2">f</tr><tr><td>g</table>'
    )
    sheet = read(page)
    assert [row for _, row in sheet.rows] == [
        ["a", "", "b"],
        ["c", "d", ""],
        ["e", "f", ""],
        ["", "g", ""],
    ]
    assert sheet.merged == {(1, 1): (1, 0), (2, 2): (1, 2), (4, 0): (3, 0), (3, 2): (3, 1)}


def test_a_caption_stands_above_its_table_and_a_table_in_a_cell_below_it() -> None:
    page = (
        "<table><tr><td>menu<table><caption>title</caption><tr><td>1<td>2</table> end</td>"
        "<td>x</td></tr></table>"
    )
    assert texts(page) == [["menu end", "x"], ["title", ""], ["1", "2"]]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("&lt;5&nbsp;&amp;&#19975;&#x4eba;", "<5\xa0&万人"),
        ("a < b", "a < b"),
        (" a\n\tb ", "a b"),
        ("<p>a</p> <p>b</p>", "a\nb"),
        ("<b>1</b>2<sup>①</sup>", "12①"),
        ('<a title="</td><td>9">1</a>', "1"),
        ("<a title=it's>1</a>", "1"),
        ("1<script>if (a<b) '</td>'</script>", "1"),
        ("&#99999999999999999999;" + "&#" + "1" * 5000, "\ufffd\ufffd"),
    ],
)
def test_texts_stand_as_the_page_shows_them(written: str, shown: str) -> None:
    assert texts(f"<table><tr><td>{written}</td></tr></table>") == [[shown]]


@pytest.mark.parametrize("content", [b"<html><p>a</p></html>", b"<?xml version='1.0'?><a/>", b"<"])
def test_a_page_without_a_table_has_one_remedy(content: bytes) -> None:
    reason, expected = refused(content)
    assert reason == "unreadable_file"
    assert "save it as .xlsx" in expected
    assert "web page" in expected
    assert "mapping file" not in expected


@pytest.mark.parametrize(
    ("limit", "page"),
    [
        ("MAX_CELLS", "<table><tr><td>a<td>b<td>c</table>"),
        ("MAX_CELLS", "<p>a<br>b<br>c<table><td>"),
        ("MAX_CHARACTERS", "<table><tr><td>abc</table>"),
        ("MAX_AREA", "<table><tr><td>a<td>b<td>c</table>"),
        ("MAX_ELEMENTS", "<table><tr></tr></table>"),
        ("MAX_COVERED", "<table><tr><td colspan=3>a</tr><tr><td>a<td><td>b</table>"),
        ("MAX_DEPTH", "<table>" * 4),
    ],
)
def test_each_limit_is_kept_and_named(
    monkeypatch: pytest.MonkeyPatch, limit: str, page: str
) -> None:
    for module in (workbook_cells, web_page):
        monkeypatch.setattr(module, limit, 2, raising=False)
    reason, expected = refused(page.encode())
    assert reason in ("too_large", "unsafe_file")
    assert "web page" in expected


@pytest.mark.parametrize(
    "page",
    [
        "<table>" + piece * 200_000
        for piece in (
            "<a ",
            '<a "',
            "<a='",
            "<!--",
            "<![",
            "<script>",
            "</",
            "&",
            "&#",
            "<td ",
            "= ",
        )
    ]
    + ["<table><tr>" + "<td colspan=1000 rowspan=65534>" * 5_000]
    + ["<table>" + "<tr><td colspan=1000 rowspan=0>" * 5_000]
    + ["<table>" + "<tr><td rowspan=0>" * 5_000],
)
def test_no_page_takes_long(page: str) -> None:
    start = time.process_time()
    with suppress(FileFault):
        read(page)
    assert time.process_time() - start < 10


GRID = st.lists(
    st.lists(st.text("ab<&\"' 万\n", max_size=5), min_size=2, max_size=2), min_size=1, max_size=5
)


@settings(max_examples=200, deadline=None)
@given(GRID)
def test_any_grid_reads_back(grid: list[list[str]]) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")

    page = "".join(
        f"<tr>{''.join(f'<td>{escaped(text)}</td>' for text in row)}</tr>" for row in grid
    )
    found = {
        (number, position): text
        for number, row in read(f"<table>{page}</table>").rows
        for position, text in enumerate(row)
        if text
    }
    expected = {
        (number, position): "\n".join(
            " ".join(line.split()) for line in text.split("\n") if line.strip()
        )
        for number, row in enumerate(grid, 1)
        for position, text in enumerate(row)
        if text.strip()
    }
    assert found == expected


PIECES = [
    *("<table>", "</table>", "<caption>", "<tr>", "<td>", "</td>", "<td rowspan=0>"),
    *("<td colspan=2 rowspan=3>", "<br>", "<", '"', "a", "&#1;", "<!--", "-->", "<script>"),
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(PIECES),
        max_size=40,
    ).map("".join)
)
def test_any_page_ends_in_a_sheet_or_a_fault(page: str) -> None:
    with suppress(FileFault):
        sheet = read(page)
        assert all(len(row) == len(sheet.rows[0][1]) for _, row in sheet.rows)
