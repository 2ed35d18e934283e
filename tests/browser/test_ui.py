"""The Dagster UI of a refreshed demo, looked at in a browser: what a person sees of a refresh.

Needs a Chromium on the path and skips, saying so, where there is none. Each look leaves a
screenshot in the folder of the test run.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from ami_command import AMI
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

# From left to right, each after the one it is made from.
GROUPS = ("yearbooks", "raw", "staging", "intermediate", "marts", "estimates", "figures", "results")
# A page asks the server for more than it shows first, on a machine that has other work too.
PATIENCE = 60_000


@pytest.fixture(scope="module")
def address(chromium: str, demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """`ami ui` on a copy of the refreshed home, for a UI writes to its history."""
    home = tmp_path_factory.mktemp("ui")
    shutil.copytree(demo_home, home, dirs_exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # In a session of its own: the UI is several processes, and all must end with the tests.
    process = subprocess.Popen(
        [AMI, "ui", "--port", str(port)],
        env=os.environ | {"AMI_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 180
        while not answers(address):
            assert process.poll() is None, "the UI ended before it answered"
            assert time.monotonic() < deadline, "the UI did not start within three minutes"
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.fixture
def page(browser, address: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(base_url=address, viewport={"width": 1600, "height": 1400})
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield page
    page.screenshot(path=tmp_path / f"{request.node.name}.png")
    page.close()


def test_the_groups_of_the_graph_run_from_the_yearbooks_to_the_results(page: Page) -> None:
    page.goto("/asset-groups")
    # In the sidebar, then in the graph.
    expect(page.get_by_text("yearbooks", exact=True)).to_have_count(3)
    lefts = []
    for group in GROUPS:
        boxes = [found.bounding_box() for found in page.get_by_text(group, exact=True).all()]
        lefts.append(max(box["x"] for box in boxes if box))
    assert lefts == sorted(lefts), dict(zip(GROUPS, lefts, strict=True))
    expect(page.get_by_text("Materialize all", exact=False).first).to_be_visible()
    expect(page.get_by_text("default", exact=True)).to_have_count(0)


def test_a_table_is_described_owned_previewed_and_its_columns_traced(page: Page) -> None:
    page.goto("/assets/marts/fct_agglomeration?view=overview")
    expect(page.get_by_text("Synergy agglomeration of manufacturing").first).to_be_visible()
    expect(page.get_by_text("warehouse", exact=True).first).to_be_visible()
    for kind in ("dbt", "DuckDB"):
        expect(page.get_by_text(kind, exact=True).first).to_be_visible()
    expect(page.get_by_text("589", exact=True).first).to_be_visible()

    row = page.locator("tr", has_text="columns_made_from").last
    row.get_by_text("Show Markdown").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("intermediate.int_agglomeration__quotients.coagglo")).to_have_count(2)
    page.keyboard.press("Escape")
    page.locator("tr", has_text="preview").last.get_by_text("Show Markdown").click()
    expect(page.get_by_role("dialog").get_by_text("SYNTHETIC data")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_text("Beijing").first).to_be_visible()


def test_the_lineage_of_coagglo_reaches_back_to_the_raw_cells(page: Page) -> None:
    page.goto("/assets/marts/fct_agglomeration?view=lineage&lineageScope=upstream&lineageDepth=9")
    for table in ("observations", "fct_agglomeration", "raw", "reference", "intermediate"):
        expect(page.get_by_text(table, exact=True).first).to_be_visible()


def test_a_failed_check_says_what_was_expected_and_which_rows_break_it(page: Page) -> None:
    page.goto("/assets/marts/fct_panel?view=checks&checkDetail=panel_in_printed_ranges")
    expect(page.get_by_text("Failed").first).to_be_visible()
    expect(page.get_by_text("minimum and maximum that Table 3 prints").first).to_be_visible()
    expect(page.get_by_text("7 outside")).to_be_visible()
    expect(page.get_by_text("Xinjiang 2003 ame")).to_be_visible()
    page.get_by_text("ami_in_range", exact=True).first.click()
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()


def test_the_run_shows_every_step_and_no_error(page: Page) -> None:
    page.goto("/runs")
    page.get_by_role("link", name="View", exact=True).first.click()
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    expect(page.get_by_text("Errored (0)")).to_be_visible()
    for step in ("clean_models", "marts_models", "estimation"):
        expect(page.get_by_text(step).first).to_be_visible()


def test_the_definitions_load_without_a_warning(page: Page) -> None:
    page.goto("/locations")
    expect(page.get_by_text("dagster_project.definitions").first).to_be_visible()
    expect(page.get_by_text("Loaded").first).to_be_visible()
    expect(page.get_by_text("Failed")).to_have_count(0)
    expect(page.get_by_text("warning")).to_have_count(0)
