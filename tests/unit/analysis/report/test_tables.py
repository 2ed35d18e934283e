"""The regression table in its general form; Tables 2 and 3 are read in the page's own test."""

import pandas as pd
import pytest
from pages import Page

from analysis.report.paper_cells import as_plain, regression_cells, stacked
from analysis.report.paper_tables import as_latex, regression_table, weights_table

TERMS = ["table", "column", "outcome", "term", "estimate", "stars", "dispersion"]


def _rows(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=TERMS)


def _read(html: str) -> dict[str, list[str]]:
    (table,) = Page.of(html).tables.values()
    return {row[0]: row[1:] for row in table if row}


@pytest.fixture
def ours() -> pd.DataFrame:
    return _rows(
        ("5", "1", "amt", "coagglo", -1.30449, "***", 0.24701),
        ("5", "1", "amt", "_n", 1589, "", None),
        ("5", "2", "amm", "coagglo", 0.3, None, 0.2),
        ("5", "2", "amm", "pdgp", 12.1, "*", 5.0),
        ("6", "1", "ami", "coagglo", 99.0, "", 9.0),
    )


@pytest.fixture
def html(ours: pd.DataFrame) -> str:
    published = _rows(
        ("5", "1", "amt", "coagglo", 1.304, "***", 0.247),
        ("5", "1", "amt", "W.coagglo", 0.5, "", 0.1),
        ("5", "1", "amt", "_n", 589, None, None),
    )
    return regression_table(
        ours,
        published,
        table="5",
        labels={"coagglo": "Agglomeration"},
        synthetic=False,
    ).as_raw_html()


def test_columns_stand_side_by_side_with_what_the_paper_prints(html: str) -> None:
    rows = _read(html)

    assert rows["Agglomeration (coagglo)"] == [
        "−1.304***(0.247)", "1.304***(0.247)", "0.300(0.200)", "—",
    ]  # fmt: skip
    assert rows["Observations (province-years)"] == ["1,589", "589", "—", "—"]


def test_terms_that_one_side_lacks_are_kept(html: str) -> None:
    rows = _read(html)

    assert rows["pdgp"] == ["—", "—", "12.100*(5.000)", "—"]
    assert rows["W.coagglo"][1] == "0.500(0.100)"


def test_what_a_column_is_about_stands_before_the_controls_and_the_constant() -> None:
    ours = _rows(
        ("7", "2", "ami", "constant", 1.0, "", 0.5),
        ("7", "2", "ami", "pdgp", 2.0, "", 0.5),
        ("7", "2", "ami", "_n", 589, "", None),
        ("7", "10", "ami", "uic*mi", 3.0, "", 0.5),
    )
    cells = regression_cells(ours, ours.head(0), table="7")

    assert list(cells["term"]) == ["uic*mi", "pdgp", "constant", "_n"]
    assert list(cells.columns[1::2]) == ["(2) ami, here", "(10) ami, here"]


def test_latex_escapes_what_means_something_to_tex(ours: pd.DataFrame) -> None:
    ours = ours.assign(wild_p_value=[0.0001, None, 0.3, None, None])
    table = regression_table(
        ours,
        ours.head(0),
        table="5",
        labels={"coagglo": "A & B_1"},
        synthetic=True,
        lines=stacked,
    )
    latex = as_latex(table)

    assert r"A \& B\_1 (coagglo) & \shortstack[r]{$-$1.304*** \\ (0.247) \\ \{$<$ 0.001\}}" in latex
    assert "SYNTHETIC" in latex
    assert latex.isascii()


def test_plain_cells_say_that_they_are_synthetic(ours: pd.DataFrame) -> None:
    plain = as_plain(regression_cells(ours, ours.head(0), table="5"), synthetic=True)

    assert plain["is_synthetic"].all()
    assert plain.loc[0, "(1) amt, here"] == "−1.304*** (0.247)"


def test_other_tables_do_not_leak_in(html: str) -> None:
    assert "99.0" not in html


def test_weights_that_are_absent_are_dashes() -> None:
    weights = pd.DataFrame(
        {
            "indicator_label": ["One", "Two"],
            "dimension_label": ["D", "D"],
            "attribute": ["positive", "negative"],
            "sort_order": [2, 1],
            "overall_weight": [1.0, None],
            "individual_weight": [1.0, None],
            "published_overall_weight": [0.4, 0.6],
            "published_individual_weight": [0.4, 0.6],
        }
    )
    rows = _read(weights_table(weights, synthetic=False).as_raw_html())

    assert rows["One"] == ["+", "1.000", "0.400", "+0.600", "1.000", "0.400", "+0.600"]
    assert rows["Two"] == ["−", "—", "0.600", "—", "—", "0.600", "—"]
    assert list(rows).index("Two") < list(rows).index("One")
