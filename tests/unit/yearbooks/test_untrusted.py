"""What a file says is shown, and does nothing."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from yearbooks.untrusted import put_text, spreadsheet_safe, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("地区生产总值 (亿元)", "地区生产总值 (亿元)"),
        ("北\u3000京", "北\u3000京"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("one\ntwo\r\n\tthree", "one␤two␍␤␉three"),
        ("gdp\u202epiz.xslx", "gdp\\u202epiz.xslx"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\x9b31m and \x7f", "\\x9b31m and \\x7f"),
        ("half\udc80", "half\\udc80"),
        ("\u2028", "\\u2028"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_would_hide_or_act_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_what_is_visible_is_one_printable_line(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert {unicodedata.category(sign)[0] for sign in shown} <= set("LMNPSZ")
    assert visible(shown) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1",
        "\r=1",
        "\n=1",
        "\0=1",
        " =1+1",
        "\u3000＝1+1",
        "＋1-1",
        "－A1",
        "＠SUM(A1)",
        "-A1",
        "+-1",
        "-1-1",
        "=",
        "-5%+1",
        "-1,=2",
    ],
)
def test_a_formula_becomes_text(text: str) -> None:
    assert spreadsheet_safe(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-5",
        "+5.25",
        "-1,234.5",
        "-1 234",
        "－５",
        "-3.2e-05",
        "-0.4%",
        "-",
        "--",
        "—",
        "…",
        "北京",
        "1-1",
        "a=b",
        "R&D",
        "' quoted",
    ],
)
def test_numbers_marks_and_names_stay_as_they_are(text: str) -> None:
    assert spreadsheet_safe(text) == text


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("=1+1", "=1+1"),
        ('=HYPERLINK("http://127.0.0.1")', '=HYPERLINK("http://127.0.0.1")'),
        ("#N/A", "#N/A"),
        ("2021-01-01", "2021-01-01"),
        ("12.50", "12.50"),
        ("bell\x07", "bell\\x07"),
        ("one\ntwo", "one\ntwo"),
        ("half\udc80", "half\\udc80"),
        ("no sign \ufffe", "no sign \\ufffe"),
    ],
)
def test_a_text_in_a_workbook_is_a_text(text: str, held: str) -> None:
    book = Workbook()
    put_text(book.active["A1"], text)
    file = io.BytesIO()
    book.save(file)
    cell = load_workbook(io.BytesIO(file.getvalue()))["Sheet"]["A1"]
    assert (cell.data_type, cell.value) == ("s", held)
    assert cell.quotePrefix == text.startswith("=")


def test_a_text_longer_than_a_cell_ends_in_an_ellipsis() -> None:
    cell = Workbook().active["A1"]
    put_text(cell, "x" * 40_000)
    assert len(cell.value) == 32_767
    assert cell.value.endswith("x…")
