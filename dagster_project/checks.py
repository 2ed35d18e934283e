"""The checks: a layer's expectations as blocking gates, and whether a yearbook is overdue.

What is expected, and how serious a failure is, is said in `expectations`; what dbt tests comes with
the dbt assets; which yearbook is overdue is said by `ami.overdue`. Here is only which asset a check
belongs to and what a person is shown of it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from ami.dataset import Dataset
from ami.dates import today_in_china
from ami.needs.due import yearly
from ami.overdue import overdue
from ami.warehouse import Warehouse
from expectations import Layer, checks, tables_needed

PANEL = dg.AssetKey(["marts", "fct_panel"])
PUBLISHED = dg.AssetKey(["results", "published"])
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


def build_overdue_check(
    dataset: Dataset, *, today: Callable[[], date] = today_in_china
) -> dg.AssetChecksDefinition:
    """Which yearbook is overdue in what a refresh has published."""

    @dg.multi_asset_check(
        name="overdue_yearbooks",
        specs=[
            dg.AssetCheckSpec(
                _check_name(book.code),
                asset=PANEL,
                additional_deps=[PUBLISHED],
                description=f"{book.name}: of every item all data years that are out are here.",
            )
            for book in yearly()
        ],
    )
    def judge() -> Iterator[dg.AssetCheckResult]:
        for each in judge_overdue(dataset, today()):
            yield dg.AssetCheckResult(
                asset_key=each.asset_key,
                check_name=each.check_name,
                passed=each.passed,
                severity=each.severity,
                description=each.description,
                metadata=each.metadata,
            )

    return judge


def judge_overdue(dataset: Dataset, day: date) -> list[dg.AssetCheckEvaluation]:
    """One for each yearbook that appears yearly; an item never loaded is missing, not overdue."""
    late = {each.yearbook: str(each) for each in overdue(dataset, day)}
    return [
        dg.AssetCheckEvaluation(
            asset_key=PANEL,
            check_name=_check_name(book.code),
            passed=book.code not in late,
            severity=dg.AssetCheckSeverity.WARN,
            description=late.get(book.code, ""),
            metadata={
                "expected": "every data year that is due, and the days of grace over",
                "observed": late.get(book.code, "nothing overdue"),
            },
        )
        for book in yearly()
    ]


def _check_name(yearbook: str) -> str:
    return f"{yearbook}_not_overdue"
