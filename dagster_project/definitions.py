"""The definitions that Dagster loads, built by one function that tests can call with overrides.

Only wiring: an asset, check or resource is defined in the module of its kind and joined here.
"""

import os
from collections.abc import Mapping

import dagster as dg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from ami import run_history
from ami.dataset import DEMO, Dataset, find_dataset
from ami.dbt_project import read_manifest
from dagster_project import checks, schedules, sensors
from dagster_project.assets import (
    estimates,
    figure_files,
    models,
    moved_figures,
    raw_cells,
    results,
    typeset_tables,
)
from dagster_project.resources import WarehouseResource, dbt, second

REFRESH_JOB = "refresh"

# Dagster opens its history through SQLAlchemy, anew for each event.
event.listen(Engine, "connect", run_history.leave_writing_to_the_system)


def build_defs(
    dataset: Dataset,
    *,
    resources: Mapping[str, object] | None = None,
) -> dg.Definitions:
    """Everything Dagster needs for one dataset.

    `resources` replace the defaults of the same name (`warehouse`, `dbt`, `second`).
    """
    manifest = read_manifest()
    yearbooks = (
        models.yearbook_seeds(manifest) if dataset.is_demo else [raw_cells.inbox_spec(dataset)]
    )
    job = dg.define_asset_job(
        REFRESH_JOB,
        selection=dg.AssetSelection.all(),
        description="From yearbook files to the published report, with every gate.",
    )
    return dg.Definitions(
        assets=[
            *yearbooks,
            raw_cells.build_intake(yearbooks),
            *raw_cells.kept_specs(),
            *models.build_dbt_assets(manifest),
            *moved_figures.ASSETS,
            *estimates.ASSETS,
            *figure_files.ASSETS,
            *typeset_tables.ASSETS,
            *results.ASSETS,
        ],
        asset_checks=[
            *checks.build_gates(manifest, models.model_keys(manifest)),
            checks.build_overdue_check(dataset),
        ],
        jobs=[job],
        sensors=[
            sensors.build_inbox_sensor(dataset, REFRESH_JOB),
            sensors.build_overdue_sensor(dataset),
            *sensors.build_run_sensors(dataset),
        ],
        schedules=[schedules.build_autumn_schedule(dataset, REFRESH_JOB)],
        resources={
            "warehouse": WarehouseResource.of(dataset),
            "dbt": dbt,
            "second": second,
            **(resources or {}),
        },
        # One process: DuckDB lets one process write, and the lock is held for the whole run.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Of the dataset that AMI_DATASET names."""
    return build_defs(find_dataset(os.environ.get("AMI_DATASET", DEMO)))
