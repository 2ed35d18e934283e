"""The Dagster UI of a refreshed demo in a browser: what a person sees of a refresh, and may do.

Needs a Chromium on the path and skips, saying so, where there is none. Each look leaves a
screenshot in the folder of the test run.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from ami_command import AMI, run_ami
from playwright.sync_api import Page, expect

from ami.dataset import DEMO, DEMO_YEARBOOKS, Dataset

pytestmark = pytest.mark.slow

# From left to right, each after the one it is made from.
GROUPS = ("yearbooks", "raw", "staging", "intermediate", "marts", "estimates", "figures", "results")
# A page asks the server for more than it shows first, on a machine that has other work too.
PATIENCE = 60_000


@pytest.fixture(scope="module")
def home(chromium: str, demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the refreshed home, for a UI writes to its history."""
    home = tmp_path_factory.mktemp("ui")
    shutil.copytree(demo_home, home, dirs_exist_ok=True)
    return home


@pytest.fixture(scope="module")
def dataset(home: Path) -> Dataset:
    return Dataset(DEMO, DEMO_YEARBOOKS, home)


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """Where `ami ui` answers."""
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
    expect(page.get_by_text("Qinghai 2017 amt").first).to_be_visible()
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


def test_results_say_that_readers_see_them_once_they_are_published(page: Page) -> None:
    page.goto("/assets/results/report?view=overview")
    expect(page.get_by_text("until results/published is materialized").first).to_be_visible()


def test_what_is_made_together_is_named_before_it_is_made(page: Page) -> None:
    page.goto("/assets/estimates/estimates?view=overview")
    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("will also yield new materializations")).to_be_visible()
    expect(dialog.get_by_text("spatial_models")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()


def test_a_mart_is_made_alone_and_what_is_not_of_one_build_is_not_published(
    page: Page, dataset: Dataset
) -> None:
    good = dataset.database.read_bytes()
    with duckdb.connect(str(dataset.build_database)) as connection:
        connection.execute("delete from marts.fct_index where year = 2021")
    assert materialize(page, "results/published") == "Failure"
    expect(page.get_by_text("marts.fct_index was changed after it was made").first).to_be_visible()
    expect(page.get_by_text("Run the job refresh (ami refresh)").first).to_be_visible()

    assert materialize(page, "marts/fct_index") == "Success"
    with duckdb.connect(str(dataset.build_database)) as connection:
        assert connection.execute("select count(*) from marts.fct_index").fetchone() == (589,)
    assert dataset.database.read_bytes() == good


def test_a_refresh_that_failed_is_repeated_from_its_failure_and_whole(
    page: Page, dataset: Dataset
) -> None:
    good = dataset.database.read_bytes()
    dataset.database.write_bytes(b"no warehouse")
    assert run_ami(dataset.home, "refresh").returncode == 1
    dataset.database.write_bytes(good)

    page.goto("/runs")
    page.get_by_role("link", name="View", exact=True).first.click()
    expect(page.get_by_text("Errored (1)")).to_be_visible()
    failed = page.url
    whole = repeat(page, failed, "All steps in root run")
    # Waits for the other one to end: one run at a time.
    from_failure = repeat(page, failed, "From failure")
    stop(page, from_failure)
    page.goto(whole)
    expect(page.get_by_text("Succeeded (1)")).to_be_visible(timeout=5 * PATIENCE)
    # To its end it would take as long as the refresh that all these tests share.
    stop(page, whole)


def repeat(page: Page, run: str, way: str) -> str:
    """The address of the run that the button of another starts."""
    page.goto(run)
    page.get_by_role("button", name="Re-execute").locator("xpath=following::button[1]").click()
    page.get_by_role("menuitem", name=way).click()
    page.wait_for_url(lambda url: url != run)
    return page.url


def stop(page: Page, run: str) -> None:
    page.goto(run)
    page.get_by_role("button", name="Terminate").click()
    page.get_by_role("dialog").get_by_role("button", name="Terminate").click()
    expect(page.get_by_text("Canceled", exact=True).first).to_be_visible()


def materialize(page: Page, asset: str) -> str:
    """How the run ended that the button of an asset starts; the page shows that run."""
    page.goto(f"/assets/{asset}?view=overview")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_text("Launched run").locator("xpath=following::a[1]").click()
    ended = page.get_by_text(re.compile("^(Success|Failure)$")).first
    expect(ended).to_be_visible(timeout=5 * PATIENCE)
    return ended.inner_text()
