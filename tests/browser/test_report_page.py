"""The report of a refreshed demo as people meet it: on a phone, a tablet, a desk, paper and keys.

Needs a Chromium on the path and skips, saying so, where there is none. Each look leaves a
screenshot in the folder of the test run.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

# CSS pixels between the margins that the style sheet leaves on A4, upright.
PRINTED = 687


@pytest.fixture(scope="module")
def page(browser: Browser, demo_home: Path) -> Iterator[Page]:
    page = browser.new_page()
    page.goto((demo_home / "results" / "demo" / "report.html").as_uri())
    yield page
    page.close()


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


@pytest.mark.parametrize("width", [400, 800, 1200])
def test_no_page_is_wider_than_its_window(page: Page, width: int, tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    unfold(page)
    inner, outer = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    page.screenshot(path=tmp_path / f"{width}.png")
    assert inner <= outer == width


def test_names_of_rows_and_the_caption_stay_in_sight_where_a_table_scrolls(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    unfold(page)
    stayed = page.evaluate(
        """() => [...document.querySelectorAll('.scroll:has(table)')].map(box => {
            const far = box.scrollWidth - box.clientWidth
            box.scrollLeft = far
            const left = box.getBoundingClientRect().left
            const away = element => Math.abs(element.getBoundingClientRect().left - left)
            const [row] = box.querySelectorAll('tbody th[scope=row]')
            const narrow = row.getBoundingClientRect().width <= box.clientWidth / 2
            return [far > 0, away(row) < 1 && away(box.querySelector('caption span')) < 1, narrow]
        })"""
    )
    scrolling = [row for row in stayed if row[0]]
    assert len(scrolling) > 20
    assert all(stays and narrow for _, stays, narrow in scrolling)


def test_a_figure_keeps_letters_that_can_be_read(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    heights = page.evaluate(
        """() => [...document.querySelectorAll('.chart svg text')]
            .filter(text => text.textContent && text.getBoundingClientRect().height)
            .map(text => parseFloat(getComputedStyle(text).fontSize)
                * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b))"""
    )
    assert len(heights) > 100
    assert min(heights) > 8


def test_on_paper_nothing_is_wider_than_the_page_and_tables_that_fit_one_are_whole(
    page: Page, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": PRINTED, "height": 900})
    page.emulate_media(media="print")
    unfold(page)
    try:
        wider = page.evaluate(
            """wide => [...document.querySelectorAll('main *')]
                .filter(each => each.getBoundingClientRect().right > wide + 1)
                .map(each => each.outerHTML)""",
            PRINTED,
        )
        assert wider == []
        whole = page.evaluate(
            "getComputedStyle(document.querySelector('#table-5')).breakInside === 'avoid'"
        )
        assert whole
        printed = page.pdf(path=tmp_path / "report.pdf", format="A4", prefer_css_page_size=True)
        assert printed.startswith(b"%PDF")
    finally:
        page.emulate_media(media="screen")


def test_the_first_key_leads_past_the_contents(page: Page) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
