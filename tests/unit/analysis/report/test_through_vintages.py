"""The report's section on each coefficient by vintage, and which printed ones still stand."""

import pandas as pd
from pages import Page
from report_frames import altered, demo, real

from analysis.report.inputs import ReportInputs
from analysis.report.page import render
from analysis.report.sections.through_vintages import through_vintages

KEY = {"sample": "all", "outcome": "ami", "n_clusters": 31}


def kept(vintage: int, term: str, estimate: float, reach: float) -> dict[str, object]:
    return KEY | {
        "table": "4",
        "column": "1",
        "term": term,
        "vintage": vintage,
        "published_at": pd.Timestamp(2020 + vintage, 11, 2),
        "estimate": estimate,
        "lower": estimate - reach,
        "upper": estimate + reach,
    }


def vintages(*rows: dict[str, object]) -> ReportInputs:
    return altered(demo(), estimates_by_vintage=pd.DataFrame(list(rows)))


def test_the_newest_vintage_says_what_stands() -> None:
    stands = vintages(kept(1, "coagglo", 0.1, 0.3), kept(2, "coagglo", 0.8, 0.3))
    assert "of 1 coefficient" in through_vintages(stands).lead
    assert "1 stand in vintage 2" in through_vintages(stands).lead
    falls = vintages(kept(1, "coagglo", 0.8, 0.3), kept(2, "coagglo", 0.1, 0.3))
    assert "0 stand in vintage 2; these do not: 4 (1) coagglo" in through_vintages(falls).lead
    # As far from zero, on the other side of it.
    turned = vintages(kept(1, "coagglo", -0.8, 0.3))
    assert "0 stand in vintage 1" in through_vintages(turned).lead


def test_each_vintage_is_a_column_with_its_interval_and_controls_are_left_out() -> None:
    rows = [kept(number, "coagglo", 0.8, number / 10) for number in range(1, 6)]
    page = Page.of(render(vintages(*rows, kept(5, "pdgp", 2.0, 1.0))))
    header, *shown = page.tables["coefficients-by-vintage"]
    assert header[:3] == ["Coefficient", "Outcome", "Printed"]
    # The newest four.
    assert header[3:] == [f"Vintage {n}, {2020 + n}-11-02" for n in range(2, 6)]
    (row,) = shown
    assert row[:3] == ["4 (1) coagglo", "ami", "0.767***"]
    assert row[3:5] == ["0.800 [0.600; 1.000]", "0.800 [0.500; 1.100]"]
    assert row[5:] == ["0.800 [0.400; 1.200]", "0.800 [0.300; 1.300]"]


def test_tables_stand_in_the_order_of_their_numbers() -> None:
    rows = [
        kept(1, "coagglo", 0.8, 0.1) | {"table": table}
        for table in ("10", "4", "9", "reduced table 4")
    ]
    shown = Page.of(render(vintages(*rows))).tables["coefficients-by-vintage"][1:]
    tables = ["4", "9", "10", "reduced table 4"]
    assert [row[0] for row in shown] == [f"{table} (1) coagglo" for table in tables]


def test_the_demo_says_synthetic_and_what_has_no_coefficient_says_so() -> None:
    assert "SYNTHETIC" in through_vintages(demo()).lead
    assert "No coefficient is estimable" in through_vintages(real()).lead
