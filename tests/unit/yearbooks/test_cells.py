"""How a figure, a mark and a year are read from a cell."""

import pytest

from yearbooks.catalogue import Catalogue
from yearbooks.cells import read_value, read_year


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", 12.5),
        (" 12.5 ", 12.5),
        ("1,234,567.8", 1234567.8),
        ("1 234 567", 1234567),
        ("１２３．４５", 123.45),
        ("１，２３４", 1234),
        ("-3.2", -3.2),
        ("−3.2", -3.2),
        ("－３．２", -3.2),
        (".5", 0.5),
        ("1e-3", 0.001),
        # A printed zero is a figure: what is not known has a mark.
        ("0.00", 0.0),
        ("0", 0.0),
    ],
)
def test_figures(catalogue: Catalogue, text: str, value: float) -> None:
    assert read_value(text, catalogue) == (value, None)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", "not_published"),
        ("\u3000", "not_published"),
        ("空格", "not_published"),
        ("…", "not_available"),
        ("...", "not_available"),
        ("……", "not_available"),
        ("-", "not_available"),
        ("－", "not_available"),
        ("–", "not_available"),
        ("—", "not_available"),
        ("——", "not_available"),
        ("#", "major_item"),
        ("N/A", "not_available"),
        ("nan", "not_available"),
    ],
)
def test_marks_have_their_stated_meaning(catalogue: Catalogue, text: str, meaning: str) -> None:
    assert read_value(text, catalogue) == (None, meaning)


@pytest.mark.parametrize(
    "text",
    [
        "12.3①",
        "12.3¹",
        "1,23",
        "12 34",
        "1.2.3",
        "1.234,5",
        "(5)",
        "12%",
        "约12",
        "e5",
        "1e999",
        "inf",
        "0x10",
        "١٢",
        "--5",
    ],
)
def test_everything_else_is_unreadable(catalogue: Catalogue, text: str) -> None:
    assert read_value(text, catalogue) is None


@pytest.mark.parametrize("text", ["2020", "2020年", " ２０２０ 年", "2020.0"])
def test_years(text: str) -> None:
    assert read_year(text) == 2020


@pytest.mark.parametrize(
    "text", ["", "20", "1948", "2101", "2020.5", "2020年1月", "2019-2020", "x"]
)
def test_what_is_no_year(text: str) -> None:
    assert read_year(text) is None
