"""The dbt project as Dagster assets: one asset a model, one group a layer.

Two sets of assets, so that a blocking check between them really stops the marts. What a model
computes is said in `dbt/`; here is only how a model is run and shown.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

import dagster as dg
import pandas as pd
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from filelock import FileLock
from packaging.version import Version

from ami import atomic
from ami.column_lineage import column_sources, columns_made_from
from ami.dataset import DBT_PROJECT_DIR
from ami.vintages import VARIABLES, recipe_frame
from ami.warehouse import Warehouse
from dagster_project.assets.metadata import OWNERS, preview
from dagster_project.schedules import BUILT_IN_AUTUMN

# Which part of the dbt project each gate of `expectations` stands behind.
LAYERS = {
    "clean": (
        "path:seeds/reference path:seeds/paper path:models/staging path:models/intermediate"
        " path:models/checks/clean"
    ),
    "marts": "path:models/marts path:models/checks/marts",
}

# Of the rows that break a test; as many as of an expectation.
ROWS_SHOWN = 5

# What dbt does now, to be ended with the process that waits for it.
_running: list[subprocess.Popen[bytes]] = []

project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


class DbtOfThisEnvironment(DbtCliResource):
    """dbt as the lock file installs it, beside this Python, whose environment need not be active.

    `DbtCliResource` asks the executable for its version and makes an adapter in this process, by
    which it would query the warehouse: seconds each, for what is known and what is not used.
    """

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        return None


def dbt_cli() -> DbtCliResource:
    return DbtOfThisEnvironment(
        project_dir=project, dbt_executable=str(Path(sys.executable).with_name("dbt"))
    )


def read_manifest() -> dict[str, Any]:
    """The dbt manifest, after parsing the project anew if it changed since it was parsed last.

    `DbtProject.prepare_if_dev` does this under `dagster dev` only; the command and the tests need
    it too.
    """
    manifest = project.manifest_path
    manifest.parent.mkdir(exist_ok=True)
    parsed = manifest.with_name("parsed_sources.txt")
    with FileLock(manifest.with_name("parse.lock")):
        sources = _sources(manifest.parent)
        # Written after the manifest, so that one whose parsing was killed half way does not count.
        if not parsed.is_file() or parsed.read_text(encoding="utf-8") != sources:
            parsed.unlink(missing_ok=True)
            dbt_cli().cli(["parse", "--quiet"], target_path=manifest.parent).wait()
            atomic.write_text(parsed, sources)
        return json.loads(manifest.read_text(encoding="utf-8"))


def _sources(target: Path) -> str:
    """Changes with any file of the dbt project; no comparison of times, for clocks jump."""
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT_DIR.rglob("*")):
        if path.is_file() and target not in path.parents and "logs" not in path.parts:
            digest.update(f"{path}\0{path.stat().st_mtime_ns}\0{path.stat().st_size}\n".encode())
    return digest.hexdigest()


def stop() -> None:
    """End the dbt that a refresh waits for, which does not hear what its parent is told."""
    for process in _running:
        process.kill()


class LayerTranslator(DagsterDbtTranslator):
    """Group = folder = schema, so that the lineage reads from left to right by layer."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        if node["resource_type"] == "source":
            return spec
        layer = node["fqn"][1]
        return spec.replace_attributes(
            key=dg.AssetKey([layer, node["name"]]),
            group_name=layer,
            owners=OWNERS,
            kinds={"duckdb", "csv" if node["resource_type"] == "seed" else "dbt"},
            freshness_policy=BUILT_IN_AUTUMN if layer == "marts" else None,
        )


translator = LayerTranslator()


def model_keys(manifest: Mapping[str, Any]) -> dict[str, dg.AssetKey]:
    """The asset key of every dbt model and seed, by its name."""
    return {
        node["name"]: translator.get_asset_spec(manifest, unique_id, project).key
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
    }


def yearbook_seeds(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """The demo yearbooks as external assets.

    Intake reads their files through the same readers as any other yearbook file, so a refresh does
    not load them as dbt seeds; `dbt seed` does, for whoever wants to query them as printed.
    """
    return [
        translator.get_asset_spec(manifest, unique_id, project)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "seed" and node["fqn"][1] == "yearbooks"
    ]


def build_dbt_assets(manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """The clean models (reference to intermediate) and the marts."""
    return [_models(layer, manifest) for layer in LAYERS]


def _models(layer: str, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=manifest,
        project=project,
        select=LAYERS[layer],
        dagster_dbt_translator=translator,
        name=f"{layer}_models",
    )
    def models(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[Any]:
        arguments = [
            "build",
            # Formulas are proved by `make test`; a refresh tests the data.
            "--exclude-resource-type",
            "unit_test",
            # A test that also looks at a later layer waits for that layer.
            "--indirect-selection",
            "buildable",
        ]
        if warehouse.dataset.dbt_vars:
            arguments += ["--vars", json.dumps(warehouse.dataset.dbt_vars)]
        invocation = dbt.cli(
            arguments,
            context=context,
            raise_on_error=False,
            # The same folder for both layers and all runs: dbt parses only what changed since.
            target_path=warehouse.dataset.folder / "dbt",
        )
        _running[:] = [invocation.process]
        # The gate behind the marts needs it, and it is slow to load: dbt leaves a core to it.
        loading = Thread(target=import_module, args=["great_expectations"], daemon=True)
        loading.start()
        # All of it first: dbt writes to the database from its own process until it ends.
        events = list(invocation.stream())
        loading.join()
        results = invocation.get_artifact("run_results.json")["results"]
        first_rows = first_rows_of_tests(warehouse, results)
        warehouse.write(f"audit.{layer}_tests", dbt_test_results(results, layer, first_rows))
        if layer == "clean":
            recipe = recipe_of_build(results, invocation.manifest)
            build = warehouse.dataset.build_database.stem
            warehouse.write("audit.recipe", recipe_frame(recipe, build))
        shown = table_metadata(warehouse, results, invocation.manifest)
        for event in events:
            if isinstance(event, dg.Output):
                unique_id = event.metadata["unique_id"].value
                event = event.with_metadata({**event.metadata, **shown.get(unique_id, {})})
            elif isinstance(event, dg.AssetCheckResult) and not event.passed:
                rows = first_rows.get(event.metadata["unique_id"].value, "")
                event = event.with_metadata({**event.metadata, "first_rows": rows})
            yield event
        error = invocation.get_error()
        if error is not None:
            raise error

    return models


def table_metadata(
    warehouse: Warehouse, results: list[dict[str, Any]], manifest: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What a person sees of each table that was built, by its dbt unique id.

    Rows, columns, the first rows, and which columns each column is made from.
    """
    shown: dict[str, dict[str, Any]] = {}
    columns = warehouse.columns()
    with warehouse.connect() as connection:
        for result in results:
            node = manifest["nodes"][result["unique_id"]]
            if result["status"] != "success" or node["resource_type"] not in {"model", "seed"}:
                continue
            schema, table = node["schema"], node["name"]
            relation = connection.table(f"{schema}.{table}")
            query = result["compiled_code"]
            lineage = column_sources(query, columns) if query else {}
            made_from = {"columns_made_from": dg.MetadataValue.md(columns_made_from(lineage))}
            shown[result["unique_id"]] = (made_from if lineage else {}) | {
                "preview": preview(relation.limit(5).df(), warehouse.dataset),
                "dagster/row_count": relation.shape[0],
                "dagster/column_schema": dg.TableSchema(
                    [
                        dg.TableColumn(
                            name, kind, description=node["columns"].get(name, {}).get("description")
                        )
                        for name, kind in columns[schema][table].items()
                    ]
                ),
                "dagster/column_lineage": dg.TableColumnLineage(
                    {
                        name: [
                            dg.TableColumnDep(
                                dg.AssetKey([source.schema, source.table]), source.name
                            )
                            for source in sorted(sources)
                        ]
                        for name, sources in lineage.items()
                    }
                ),
            }
    return shown


def first_rows_of_tests(warehouse: Warehouse, results: list[dict[str, Any]]) -> dict[str, str]:
    """The first rows that break each failed test, in a line, by its dbt unique id."""
    shown = {}
    with warehouse.connect() as connection:
        for result in results:
            unique_id = result["unique_id"]
            if not unique_id.startswith("test.") or result["status"] not in {"fail", "warn"}:
                continue
            broken = connection.sql(result["compiled_code"]).limit(ROWS_SHOWN)
            shown[unique_id] = "; ".join(
                ", ".join(
                    f"{name} {value}"
                    for name, value in zip(broken.columns, row, strict=True)
                    if value is not None
                )
                for row in broken.fetchall()
            )
    return shown


def recipe_of_build(
    results: list[dict[str, Any]], manifest: Mapping[str, Any]
) -> dict[str, str | None]:
    """What the variables are made from, by `schema.name`: seeds first, which have no statement.

    After them the compiled statement of every model, each after those it reads. `results` is the
    list of that name in dbt's run_results.json, which is in the order of ending.
    """
    nodes = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
    }
    relations = {unique_id: f"{node['schema']}.{node['name']}" for unique_id, node in nodes.items()}
    needed: set[str] = set()
    waiting = [unique_id for unique_id, relation in relations.items() if relation == VARIABLES]
    while waiting:
        unique_id = waiting.pop()
        needed.add(unique_id)
        parents = nodes[unique_id]["depends_on"].get("nodes", [])
        waiting += [parent for parent in parents if parent in nodes and parent not in needed]
    seeds = sorted(
        relations[unique_id] for unique_id in needed if nodes[unique_id]["resource_type"] == "seed"
    )
    return dict.fromkeys(seeds) | {
        relations[unique_id]: result["compiled_code"]
        for result in results
        if (unique_id := result["unique_id"]) in needed and result["compiled_code"]
    }


def dbt_test_results(
    results: list[dict[str, Any]], layer: str, first_rows: Mapping[str, str]
) -> pd.DataFrame:
    """The tests of a dbt run in the columns of `expectations.CheckReport.frame()`.

    `results` is the list of that name in dbt's run_results.json; `first_rows` that break a test are
    given by its unique id.
    """
    # By name: with more threads dbt reports them as these end, each time in another order.
    tests = sorted(
        (result for result in results if result["unique_id"].startswith("test.")),
        key=lambda test: test["unique_id"],
    )
    return pd.DataFrame(
        {
            "layer": layer,
            "check": [test["unique_id"].split(".")[2] for test in tests],
            "severity": ["WARN" if test["status"] == "warn" else "ERROR" for test in tests],
            "passed": [test["status"] == "pass" for test in tests],
            "expected": "no row that breaks the rule",
            "observed": [test["message"] or test["status"] for test in tests],
            "n_unexpected": [test["failures"] or 0 for test in tests],
            "first_rows": [first_rows.get(test["unique_id"], "") for test in tests],
        }
    )
