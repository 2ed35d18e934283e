"""The assets before dbt: yearbook files, the raw cells that intake reads of them, kept vintages."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from ami import receipt
from ami.dataset import Dataset
from ami.warehouse import Warehouse
from dagster_project.assets.metadata import OWNERS, preview


def inbox_spec(dataset: Dataset) -> dg.AssetSpec:
    """The folder of real yearbook files, as the asset everything starts from."""
    return dg.AssetSpec(
        ["yearbooks", "inbox"],
        description="Yearbook files handed over by a person, read as they are.",
        group_name="yearbooks",
        kinds={"file"},
        owners=OWNERS,
        metadata={"folder": dg.MetadataValue.path(str(dataset.inbox))},
    )


def build_intake(upstream: list[dg.AssetSpec]) -> dg.AssetsDefinition:
    """Intake of every yearbook file that stands behind `upstream`."""
    # Here, since a server goes on with the code that it has loaded, whatever the disk has by then.
    code = receipt.code()

    @dg.multi_asset(
        name="intake",
        specs=[
            dg.AssetSpec(
                ["raw", table],
                deps=upstream,
                description=description,
                group_name="raw",
                kinds={"python", "duckdb"},
                owners=OWNERS,
            )
            for table, description in {
                "files": "Every yearbook file ever read, by content; a changed file is a new row.",
                "observations": "Every cell that landed, as printed and where it was printed.",
                "set_aside": "Every cell that did not land, with the reason and what was expected.",
            }.items()
        ],
    )
    def intake(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.MaterializeResult]:
        from ami.landing import land_files

        # Before anything is read, so that a file that changes meanwhile is new to the next refresh.
        receipt.begin(warehouse.dataset, code)
        warehouse.begin()
        with warehouse.connect() as connection:
            report = land_files(warehouse.dataset, connection, warehouse.rebase)
            receipt.confirm(warehouse.dataset, connection)
            shown: dict[str, dict[str, Any]] = {
                table: {
                    "dagster/row_count": (relation := connection.table(f"raw.{table}")).shape[0],
                    "preview": preview(relation.limit(5).df(), warehouse.dataset),
                }
                for table in ("files", "observations", "set_aside")
            }
        context.log.info(report.summary())
        # Of the run rather than of a table: what this refresh read, and what became of it.
        shown["files"] |= {
            "cells_read": report.cells_read,
            "cells_landed": report.cells_landed,
            "cells_set_aside": report.cells_set_aside,
            "summary": report.summary(),
        }
        for table, metadata in shown.items():
            yield dg.MaterializeResult(asset_key=["raw", table], metadata=metadata)

    return intake


def kept_specs() -> list[dg.AssetSpec]:
    """What this refresh finds of earlier ones: their vintages, and what the last of them had."""
    return [
        dg.AssetSpec(
            [schema, table],
            description=description,
            group_name=schema,
            kinds={"duckdb"},
            owners=OWNERS,
        )
        for schema, table, description in (
            ("vintages", "vintages", "Every vintage that earlier refreshes published."),
            ("vintages", "index_values", "The variables as each of them published them."),
            ("vintages", "estimates", "Tables 4 to 11 as each of them published them."),
            ("vintages", "bases", "Every base of the frozen index; the newest is in force."),
            ("vintages", "base_indicators", "Bounds and weights of each base."),
            ("published", "coverage", "How much of everything the last good warehouse had."),
        )
    ]
