"""The regression table in its general form; Tables 2 and 3 are read in the page's own test."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from pages import Page

from analysis.report.paper_cells import regression_cells
from analysis.report.paper_tables import regression_table, weights_table
from analysis.report.typeset import TypesetTable

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
    ).html()


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


@pytest.fixture
def marked(ours: pd.DataFrame) -> TypesetTable:
    ours = ours.assign(wild_p_value=[0.0001, None, 0.3, None, None])
    return regression_table(
        ours, ours.assign(table="4"), table="5", labels={"coagglo": "A & B_1"}, synthetic=True
    )


def test_in_latex_an_estimate_stands_on_the_line_of_its_name_and_its_error_below(
    marked: TypesetTable,
) -> None:
    latex = re.sub(r"\\makebox\[10pt\]\[l\]{(.*?)}", r"\1", marked.latex())

    assert (
        "A \\& B\\_1 (coagglo) & $-$1.304*** & --- & 0.300 & --- \\\\*\n"
        " & (0.247) &  & (0.200) &  \\\\*\n"
        " & \\{$<$ 0.001\\} &  & \\{0.300\\} &  \\\\\n"
    ) in latex
    assert "SYNTHETIC" in latex
    assert latex.isascii()


def test_in_latex_no_line_begins_with_what_ends_the_one_before(marked: TypesetTable) -> None:
    cells = marked.cells.assign(term=["[p-value]", "*starred", "[n]"])
    lines = replace(marked, cells=cells).latex().splitlines()

    assert [line[:4] for line in lines if "p-value" in line or "starred" in line] == [
        "{}[p",
        "{}*s",
    ]
    assert not [line for line in lines if line.startswith(("[", "*"))]


def test_in_latex_a_wide_table_lies_across_and_a_wider_one_is_broken_evenly(
    marked: TypesetTable,
) -> None:
    def of_width(n_spanners: int) -> str:
        names = [f"({n}) ami" for n in range(n_spanners)]
        cells = pd.DataFrame({"term": ["x"], **dict.fromkeys(names, "−12.345***|(0.123)")})
        cells.loc[1] = ["nowhere", *["—"] * (n_spanners - 1), "1.000"]
        spanners = {name: {name: "here"} for name in names}
        return replace(marked, cells=cells, spanners=spanners, parts=()).latex()

    assert "landscape}" not in of_width(4).split("longtable", 1)[1]
    across = of_width(9)
    assert across.count(r"\begin{landscape}") == across.count(r"\begin{longtable}") == 1
    broken = of_width(14)
    assert broken.count(r"\begin{longtable}{@{\extracolsep{\fill}}lrrrrrrr@{}}") == 2
    assert broken.count(r"\label") == 1 and "continued" in broken
    # What has no figure in a part is not named there.
    assert across.count("nowhere") == broken.count("nowhere") == 1


def test_plain_cells_say_that_they_are_synthetic(marked: TypesetTable) -> None:
    plain = marked.plain()

    assert plain["is_synthetic"].all()
    assert plain.loc[0, "(1) amt, here"] == "−1.304*** (0.247) {< 0.001}"


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
    rows = _read(weights_table(weights, synthetic=False).html())

    assert rows["One"] == ["+", "1.000", "0.400", "+0.600", "1.000", "0.400", "+0.600"]
    assert rows["Two"] == ["−", "—", "0.600", "—", "—", "0.600", "—"]
    assert list(rows).index("Two") < list(rows).index("One")
