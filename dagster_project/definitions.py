"""The definitions that Dagster loads, built by one function that tests can call with overrides.

Only wiring: an asset, check or resource is defined in the module of its kind and joined here.
"""

import os
from collections.abc import Mapping

import dagster as dg

from ami.dataset import DEMO, Dataset, find_dataset
from dagster_project import checks, sensors
from dagster_project.assets import models, results
from dagster_project.resources import WarehouseResource
from dagster_project.run_findings import run_sensors

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
    manifest = models.read_manifest()
    yearbooks = (
        models.yearbook_seeds(manifest) if dataset.synthetic else [results.inbox_spec(dataset)]
    )
    job = dg.define_asset_job(
        REFRESH_JOB,
        selection=dg.AssetSelection.all(),
        description="From yearbook files to the published report, with every gate.",
    )
    defs = dg.Definitions(
        assets=[
            *yearbooks,
            results.build_intake(yearbooks),
            *results.kept_specs(),
            *models.build_dbt_assets(manifest),
            *results.PYTHON_ASSETS,
        ],
        asset_checks=checks.build_gates(manifest, models.model_keys(manifest)),
        jobs=[job],
        sensors=run_sensors(dataset),
        resources={
            "warehouse": WarehouseResource.of(dataset),
            "dbt": models.dbt_cli(),
            **(resources or {}),
        },
        loggers=dict(loggers or {}),
        # One process: DuckDB lets one process write, and the lock is held for the whole run.
        executor=dg.in_process_executor,
    )
    return sensors.automated(defs, job, dataset)


@dg.definitions
def defs() -> dg.Definitions:
    return build_defs(find_dataset(os.environ.get("AMI_DATASET", DEMO)))
