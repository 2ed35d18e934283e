"""The regression table in its general form; Tables 2 and 3 are read in the page's own test."""

import pandas as pd
import pytest
from pages import Page

from analysis.tables import regression_table, weights_table

TERMS = ["table", "column", "outcome", "term", "estimate", "stars", "dispersion"]


def _rows(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=TERMS)


def _read(html: str) -> dict[str, list[str]]:
    (table,) = Page.of(html).tables.values()
    return {row[0]: row[1:] for row in table if row}


@pytest.fixture
def html() -> str:
    ours = _rows(
        ("5", "1", "amt", "coagglo", -1.30449, "***", 0.24701),
        ("5", "1", "amt", "_n", 1589, "", None),
        ("5", "2", "amm", "coagglo", 0.3, None, 0.2),
        ("5", "2", "amm", "pdgp", 12.1, "*", 5.0),
        ("6", "1", "ami", "coagglo", 99.0, "", 9.0),
    )
    published = _rows(
        ("5", "1", "amt", "coagglo", 1.304, "***", 0.247),
        ("5", "1", "amt", "W.coagglo", 0.5, "", 0.1),
        ("5", "1", "amt", "_n", 589, None, None),
    )
    return regression_table(
        ours,
        published,
        table="5",
        columns=["1", "2"],
        title="Table 5. Dimensions",
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

    assert rows["Pdgp"] == ["—", "—", "12.100*(5.000)", "—"]
    assert rows["W.coagglo"][1] == "0.500(0.100)"


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
