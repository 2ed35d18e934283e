"""The definitions that Dagster loads, built by one function that tests can call with overrides.

Only wiring: an asset, check or resource is defined in the module of its kind and joined here.
"""

import os
from collections.abc import Mapping

import dagster as dg

from dagster_project import assets, automation, checks, dbt
from dagster_project.alerts.runs import run_sensors
from dagster_project.warehouse import Warehouse
from dagster_project.workspace import DEMO, Dataset, find_dataset

REFRESH_JOB = "refresh"


def build_defs(
    dataset: Dataset,
    *,
    resources: Mapping[str, object] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """Everything Dagster needs for one dataset.

    `resources` replace the defaults of the same name (`warehouse`, `dbt`); `loggers` are added.
    """
    manifest = dbt.read_manifest()
    yearbooks = dbt.yearbook_seeds(manifest) if dataset.synthetic else [assets.inbox_spec(dataset)]
    job = dg.define_asset_job(
        REFRESH_JOB,
        selection=dg.AssetSelection.all(),
        description="From yearbook files to the published report, with every gate.",
    )
    defs = dg.Definitions(
        assets=[
            *yearbooks,
            assets.build_intake(yearbooks),
            *assets.vintage_specs(),
            *dbt.build_dbt_assets(manifest),
            *assets.PYTHON_ASSETS,
        ],
        asset_checks=checks.build_gates(dbt.model_keys(manifest)),
        jobs=[job],
        sensors=run_sensors(dataset),
        resources={
            "warehouse": Warehouse.of(dataset),
            "dbt": dbt.dbt_cli(),
            **(resources or {}),
        },
        loggers=dict(loggers or {}),
        # One process: DuckDB lets one process write, and the lock is held for the whole run.
        executor=dg.in_process_executor,
    )
    return automation.automated(defs, job, dataset)


@dg.definitions
def defs() -> dg.Definitions:
    return build_defs(find_dataset(os.environ.get("AMI_DATASET", DEMO)))
