"""The report's shopping list: what is missing, where it is printed, what it would release."""

from dataclasses import replace

import pandas as pd
from pages import Page
from report_frames import FDI, altered, demo, real

from ami.shortfall import Assessment
from analysis.report import frames
from analysis.report.page import render
from analysis.report.sections.missing import missing

HOSTILE = "<b>1-1</b>"


def test_nothing_is_missing_of_the_demo() -> None:
    section = missing(demo())
    assert section.lead == "Nothing: every item that something needs is here."
    assert not section.blocks


def test_each_item_has_its_way() -> None:
    page = Page.of(render(real()))
    heading, row = page.tables["needs"]
    assert dict(zip(heading, row, strict=True)) == {
        "Item": "实际使用外商直接投资金额 Foreign Direct Investment Actually Utilized",
        "Step": "1",
        "Wanted": "2003-2021 everywhere",
        "Out by now": "—",
        "Printed in": "EPS数据平台, EPS data platform series",
        "How to get it": "ami template eps",
        "Remark": "no national table by province",
        "The step releases": "fdi (2003-2021, 589 province-years)",
    }
    assert page.tables["waiting"][1] == [
        "fdi", "variable", "missing", "—", "Foreign Direct Investment Actually Utilized",
    ]  # fmt: skip
    assert "first Foreign Direct Investment Actually Utilized, which would release fdi" in page.text


def test_a_table_that_prints_it_is_named_and_what_is_due() -> None:
    (need,) = FDI.needs
    found = replace(
        need,
        step=None,
        official_tables=HOSTILE,
        newest_year=2020,
        due="2021-2022",
        due_since=pd.Timestamp("2022-11-01").date(),
        fetch="ami fetch nbs -d mine --item fdi_10k_usd",
        releases="",
    )
    tables = Assessment(FDI.standing, (found,)).frames()
    inputs = altered(real(), standing=tables["standing"], needed=tables["needs"])
    assert inputs[frames.NEEDED]["due_since"].dtype.kind == "M"
    html = render(inputs)
    assert HOSTILE not in html
    (_, row) = Page.of(html).tables["needs"]
    assert row[1:6] == [
        "—",
        "2003-2021 everywhere",
        "2021-2022",
        HOSTILE,
        "ami fetch nbs -d mine --item fdi_10k_usd or ami template eps",
    ]
    assert "of 1 later figures should be out by now" in html
