"""The report's section on what changed since the last vintage."""

import pandas as pd
from pages import Page
from report_frames import altered, demo

from analysis.report.inputs import ReportInputs
from analysis.report.page import render
from analysis.report.sections.revision import CAUSES, revision

FIRST = "Vintage 1; it is the first, so there is none to compare it with."
SAID = "Vintage 2, against vintage 1: 1 input revised, 31 inputs of a new year."
HOSTILE = "<b>new</b>.csv"


def revised() -> ReportInputs:
    new_year = [
        {"cause": "new_year", "item": "Owners' Equity", "province_code": str(code), "year": 2022}
        for code in range(31)
    ]
    inputs = pd.DataFrame(
        [
            {"cause": "revised_input", "item": "GDP", "province_code": "110000", "year": 2019},
            *new_year,
        ]
    ).assign(new_file=HOSTILE)
    values = pd.DataFrame(
        {
            "variable": ["ami", "ami", "ami", "amt"],
            "province": ["Beijing", "Tianjin", "Hebei", "Beijing"],
            "year": [2019, 2019, 2022, 2019],
            "old_value": [40.0, 30.0, None, 1.0],
            "new_value": [41.5, 27.0, 20.0, 2.0],
            "change": [1.5, -3.0, None, 1.0],
            "changed_composition": [0.0, 0.0, None, 0.0],
            "revised_input": [2.0, 0.0, None, 1.0],
            "new_coverage": [0.0, 0.0, None, 0.0],
            "new_year": [-0.5, -3.0, None, 0.0],
            "changed_option": [0.0, 0.0, None, 0.0],
            "old_rank": pd.array([3, 9, None, 1], dtype="Int64"),
            "new_rank": pd.array([3, 12, 20, 1], dtype="Int64"),
        }
    )
    estimates = pd.DataFrame(
        {
            "table": ["4", "11"],
            "column": ["1", "1"],
            "outcome": "ami",
            "term": ["coagglo", "rho"],
            "old_estimate": [0.8, None],
            "new_estimate": [0.7, 0.1],
            "change": [-0.1, None],
            **{cause: [0.0, None] for cause in CAUSES},
            "revised_input": [0.02, None],
            "new_year": [-0.12, None],
        }
    )
    said = pd.DataFrame({"said": [SAID]})
    return altered(
        demo(),
        vintage=said,
        revised_inputs=inputs,
        revised_values=values,
        revised_estimates=estimates,
    )


def test_the_first_vintage_says_that_it_is() -> None:
    section = revision(demo())
    assert section.lead == FIRST
    assert not section.blocks


def test_largest_moves_come_first_with_parts_and_ranks() -> None:
    page = Page.of(render(revised()))
    assert SAID in page.text
    header, *rows = page.tables["revision-moves"]
    assert header[5:10] == [cause.replace("_", " ").capitalize() for cause in CAUSES]
    assert [row[0] for row in rows] == ["Tianjin", "Beijing"]
    assert rows[0][2:] == [
        "30.000", "27.000", "−3.0000", "0.0000", "0.0000", "0.0000", "−3.0000", "0.0000", "9 → 12",
    ]  # fmt: skip
    assert rows[1][-1] == "3"
    assert ["GDP", "revised input", "1", "1", "2019", HOSTILE] in page.tables["revision-inputs"]
    assert ["Owners' Equity", "new year", "31", "31", "2022", HOSTILE] in page.tables[
        "revision-inputs"
    ]


def test_coefficients_that_moved_have_their_parts() -> None:
    header, *rows = Page.of(render(revised())).tables["revision-estimates"]
    assert header[5:] == [cause.replace("_", " ").capitalize() for cause in CAUSES]
    # One that came has no change to be split.
    (row,) = rows
    assert row[:5] == ["4 (1) coagglo", "ami", "0.800", "0.700", "−0.1000"]
    assert row[5:] == ["0.0000", "0.0200", "0.0000", "−0.1200", "0.0000"]


def test_what_lies_beyond_the_base_and_what_the_base_lacks_is_told() -> None:
    frozen = pd.DataFrame(
        {"is_outside_base": [True, True, False], "indicators_without_base": ["a,b"] * 3}
    )
    text = Page.of(render(altered(revised(), index_frozen=frozen))).text
    assert "In 2 of 3 province-years an indicator lies beyond the bounds" in text
    assert "The base lacks a, b" in text
