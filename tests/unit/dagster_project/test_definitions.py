"""The graph a person sees in the Dagster UI: groups, owners, descriptions, gates; no orphans."""

from pathlib import Path

import dagster as dg
import pytest

from ami.dataset import DEMO, DEMO_YEARBOOKS, Dataset
from dagster_project import definitions
from dagster_project.definitions import build_defs
from dagster_project.run import UI_JOB

GROUPS = {
    "yearbooks", "raw", "reference", "paper", "staging", "intermediate", "marts",
    "lineage", "checks", "estimates", "figures", "results", "vintages", "published",
}  # fmt: skip
LAST = dg.AssetKey(["results", "published"])


@pytest.fixture(scope="module", params=[DEMO, "real"])
def graph(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> object:
    home = tmp_path_factory.mktemp("home")
    inbox = DEMO_YEARBOOKS if request.param == DEMO else home
    return build_defs(Dataset(request.param, inbox, home)).resolve_asset_graph()


def test_groups_are_the_layers(graph) -> None:
    assert {graph.get(key).group_name for key in graph.get_all_asset_keys()} == GROUPS


def test_every_asset_is_described_owned_and_of_a_kind(graph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key


def test_no_asset_is_an_orphan(graph) -> None:
    orphans = {
        key.path[-1]
        for key in graph.get_all_asset_keys()
        if not graph.get(key).parent_keys and not graph.get(key).child_keys
    }
    # Read by intake and the gates as files; in the warehouse for who wants to look at them.
    assert orphans <= {
        "accepted_readings", "databases", "item_aliases", "known_outliers", "nbs_service_items",
        "neutral_headings", "observed_units", "official_tables", "province_names",
        "publication_notes", "scope_names", "scopes", "value_marks", "yearbooks",
    }  # fmt: skip


def test_lineage_runs_from_the_yearbooks_to_the_published_results(graph) -> None:
    yearbooks = {
        key for key in graph.get_all_asset_keys() if graph.get(key).group_name == "yearbooks"
    }
    upstream = set()
    waiting = [LAST]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys - upstream:
            upstream.add(parent)
            waiting.append(parent)
    assert yearbooks <= upstream


def test_a_vintage_is_kept_after_the_marts_and_before_what_shows_it(graph) -> None:
    vintage = graph.get(dg.AssetKey(["results", "vintage"]))
    marts = {
        check.asset_key
        for check in graph.asset_check_keys
        if check.asset_key.path[0] == "marts" and graph.get(check).blocking
    }
    assert marts and marts <= vintage.parent_keys
    assert {dg.AssetKey(["results", name]) for name in ("tables", "report")} <= vintage.child_keys


def test_every_expectation_is_a_blocking_check(graph) -> None:
    from ami.dbt_project import read_manifest
    from expectations import checks

    for layer in ("clean", "marts"):
        for check in checks(layer, read_manifest()):
            schema = "marts" if layer == "marts" else "intermediate"
            key = dg.AssetCheckKey(dg.AssetKey([schema, check.frame]), check.name)
            assert graph.get(key).blocking, check.name


@pytest.mark.slow
def test_every_asset_can_be_chosen_by_itself_with_its_checks(tmp_path: Path) -> None:
    """What the UI sends: the asset, those it says are made with it, and the checks of these."""
    defs = build_defs(Dataset(DEMO, DEMO_YEARBOOKS, tmp_path))
    graph = defs.resolve_asset_graph()
    job = defs.resolve_implicit_global_asset_job_def()
    for key in graph.materializable_asset_keys:
        made_by = defs.get_assets_def(key)
        chosen = {key} if made_by.can_subset else set(made_by.keys)
        checks = {check for check in graph.asset_check_keys if check.asset_key in chosen}
        alone = job.get_subset(asset_selection=chosen, asset_check_selection=checks)
        assert alone.asset_layer.selected_asset_keys == chosen
        for check in checks:
            job.get_subset(asset_selection=set(), asset_check_selection={check})


def test_a_run_of_the_command_is_found_by_the_ui() -> None:
    """Else its buttons to repeat the run end in an error."""
    origin = dg.deserialize_value(UI_JOB)
    repository = build_defs(Dataset(DEMO, DEMO_YEARBOOKS, Path())).get_repository_def()
    assert origin.location_name == definitions.__name__
    assert origin.repository_origin.repository_name == repository.name
    assert repository.has_job(origin.job_name)


def test_every_test_of_dbt_is_a_check_that_can_be_told(graph) -> None:
    from ami.dbt_project import read_manifest

    tests = {
        node["name"]
        for node in read_manifest()["nodes"].values()
        if node["resource_type"] == "test"
        # A refresh tests neither the demo's seeds nor, with no model at all, the tests themselves.
        and (node["fqn"][1] != "yearbooks" and node["depends_on"]["nodes"])
    }
    checks = {key.name for key in graph.asset_check_keys}
    assert tests - checks == set()


def test_what_runs_find_is_told_unless_a_person_switches_it_off(tmp_path: Path) -> None:
    sensors = build_defs(Dataset(DEMO, DEMO_YEARBOOKS, tmp_path)).sensors
    states = {sensor.name: sensor.default_status for sensor in sensors or ()}
    for name in ("alerts_on_success", "alerts_on_failure"):
        assert states[name] is dg.DefaultSensorStatus.RUNNING


def test_resources_can_be_replaced(tmp_path: Path) -> None:
    from dagster_project.resources import WarehouseResource

    elsewhere = WarehouseResource(dataset="other", inbox=str(tmp_path), home=str(tmp_path))
    defs = build_defs(Dataset(DEMO, DEMO_YEARBOOKS, tmp_path), resources={"warehouse": elsewhere})
    assert defs.resources["warehouse"] is elsewhere
