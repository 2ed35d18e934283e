"""The gates: a layer's expectations as blocking Dagster checks.

What is expected, and how serious a failure is, is said in `expectations`; what dbt tests comes with
the dbt assets. Here is only which asset a check belongs to and what a person is shown of it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ami.warehouse import Warehouse
from expectations import Layer, checks, tables_needed

SEVERITIES = {"ERROR": dg.AssetCheckSeverity.ERROR, "WARN": dg.AssetCheckSeverity.WARN}


def build_gates(
    manifest: Mapping[str, Any], keys: Mapping[str, dg.AssetKey]
) -> list[dg.AssetChecksDefinition]:
    """One gate between the clean models and the marts, one after the marts.

    `manifest` is that of the dbt project; `keys` are the asset keys of its models by their name.
    """
    return [_gate("clean", manifest, keys), _gate("marts", manifest, keys)]


def _gate(
    layer: Layer, manifest: Mapping[str, Any], keys: Mapping[str, dg.AssetKey]
) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=f"{layer}_gate",
        specs=[
            dg.AssetCheckSpec(
                check.name, asset=keys[check.frame], description=check.expected, blocking=True
            )
            for check in checks(layer, manifest)
        ],
    )
    def gate(warehouse: dg.ResourceParam[Warehouse]) -> Iterator[dg.AssetCheckResult]:
        from expectations import build_data_docs, validate

        report = validate(
            layer,
            manifest,
            warehouse.read_tables(tables_needed(layer, manifest)),
            dataset=warehouse.dataset.name,
            synthetic=warehouse.dataset.synthetic,
        )
        warehouse.write(f"audit.{layer}_expectations", report.frame())
        build_data_docs([report], warehouse.dataset.build_results / "checks" / layer)
        for found in report.frame().to_dict("records"):
            yield dg.AssetCheckResult(
                asset_key=keys[found["frame"]],
                check_name=found["check"],
                passed=found["passed"],
                severity=SEVERITIES[found["severity"]],
                metadata={
                    name: found[name]
                    for name in ("expected", "observed", "n_unexpected", "first_rows")
                },
            )

    return gate
