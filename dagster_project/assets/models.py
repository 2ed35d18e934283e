"""The dbt project as Dagster assets: one asset a model, one group a layer.

Two sets of assets, so that a blocking check between them really stops the marts. What a model
computes is said in `dbt/`, how dbt is run in `ami.dbt_project`; here is only what is shown of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from importlib import import_module
from threading import Thread
from typing import Any

import dagster as dg
import pandas as pd
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from ami import dbt_project
from ami.column_lineage import WarehouseColumn, column_sources, columns_made_from
from ami.dataset import DBT_PROJECT_DIR
from ami.second_process import load
from ami.warehouse import Warehouse
from analysis import results_tables
from dagster_project.assets.metadata import OWNERS, preview
from dagster_project.schedules import BUILT_IN_AUTUMN

# Which part of the dbt project each gate of `expectations` stands behind.
LAYERS = {
    "clean": (
        "fqn:ami_warehouse.reference fqn:ami_warehouse.paper path:models/staging"
        " path:models/intermediate path:models/lineage path:models/checks/clean"
    ),
    "marts": "path:models/marts path:models/checks/marts",
}

project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


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
        dbt: dg.ResourceParam[dbt_project.Dbt],
        warehouse: dg.ResourceParam[Warehouse],
        second: dg.ResourceParam[Executor | None],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        chosen = _chosen(context)
        warehouse.require(dbt_project.read_by(chosen, manifest))
        # The gate behind the marts needs it, and it is slow to load; estimators are, too.
        loading = Thread(target=import_module, args=["great_expectations"], daemon=True)
        loading.start()
        if second is not None and layer == "marts" and not chosen:
            second.submit(load, results_tables.__name__)
        results = dbt.build(chosen or LAYERS[layer].split())
        loading.join()
        first_rows = dbt_project.first_rows_of_tests(warehouse, results)
        if layer == "marts":
            warehouse.describe_again(layer)
        warehouse.note(dbt_project.made_from(results, manifest))
        tests = dbt_project.frame_of_tests(results, layer, first_rows)
        _keep(warehouse, f"audit.{layer}_tests", tests, key="check", whole=not chosen)
        if layer == "clean":
            build = warehouse.dataset.build_database.stem
            recipe = dbt_project.frame_of_recipe(results, manifest, build)
            _keep(warehouse, "audit.recipe", recipe, key="relation", whole=not chosen)
        yield from _tables(context, warehouse, results, manifest)
        yield from _checks(context, results, first_rows)
        if failed := dbt_project.failures(results):
            raise dbt_project.DbtError("\n".join(failed))

    return models


def _chosen(context: dg.AssetExecutionContext) -> list[str]:
    """The models, or tests alone, that a person chose in the UI; none where it is all of them."""
    if not context.is_subset:
        return []
    models = [key.path[-1] for key in context.selected_asset_keys]
    return models or [key.name for key in context.selected_asset_check_keys]


def _keep(warehouse: Warehouse, table: str, frame: pd.DataFrame, *, key: str, whole: bool) -> None:
    """Replace the table by what the whole layer gave, or its rows by what a part of it did.

    A part alone leaves no table: what only parts were checked of is not publishable.
    """
    if whole:
        warehouse.write(table, frame)
    elif table in warehouse.tables():
        warehouse.update(table, frame, key)


def _tables(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    results: Sequence[Mapping[str, Any]],
    manifest: Mapping[str, Any],
) -> Iterator[dg.MaterializeResult]:
    """Each table that was built, with its rows, columns, and what each column is made from."""
    columns = warehouse.columns()
    with warehouse.connect() as connection:
        for result in results:
            node = manifest["nodes"].get(result["unique_id"], {})
            key = dg.AssetKey([node["schema"], node["name"]]) if node else None
            if result["status"] != "success" or key not in context.selected_asset_keys:
                continue
            schema, table = node["schema"], node["name"]
            relation = connection.table(f"{schema}.{table}")
            query = result["compiled_code"]
            lineage = column_sources(query, columns) if query else {}
            made_from = {"columns_made_from": dg.MetadataValue.md(columns_made_from(lineage))}
            yield dg.MaterializeResult(
                asset_key=key,
                metadata=(made_from if lineage else {})
                | {
                    "preview": preview(relation.limit(5).df(), warehouse.dataset),
                    "dagster/row_count": relation.shape[0],
                    "dagster/column_schema": _column_schema(columns[schema][table], node),
                    "dagster/column_lineage": _column_lineage(lineage),
                    "seconds": result["execution_time"],
                },
            )


def _column_schema(columns: Mapping[str, str], node: Mapping[str, Any]) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(name, kind, description=node["columns"].get(name, {}).get("description"))
            for name, kind in columns.items()
        ]
    )


def _column_lineage(lineage: Mapping[str, set[WarehouseColumn]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            name: [
                dg.TableColumnDep(dg.AssetKey([source.schema, source.table]), source.name)
                for source in sorted(sources)
            ]
            for name, sources in lineage.items()
        }
    )


def _checks(
    context: dg.AssetExecutionContext,
    results: Sequence[Mapping[str, Any]],
    first_rows: Mapping[str, str],
) -> Iterator[dg.AssetCheckResult]:
    """Each test that ran and belongs to this layer; one of another layer is judged there."""
    keys = {key.name: key for key in context.selected_asset_check_keys}
    for result in results:
        kind, _, name, *_ = result["unique_id"].split(".")
        if kind != "test" or name not in keys or result["status"] == "skipped":
            continue
        passed = result["status"] == "pass"
        found = {} if passed else {"first_rows": first_rows.get(result["unique_id"], "")}
        yield dg.AssetCheckResult(
            asset_key=keys[name].asset_key,
            check_name=name,
            passed=passed,
            severity=dg.AssetCheckSeverity["WARN" if result["status"] == "warn" else "ERROR"],
            metadata=found | {"n_unexpected": result["failures"] or 0},
        )
