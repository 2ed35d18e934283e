"""The checks: a layer's expectations as blocking gates, and whether a yearbook is overdue.

What is expected, and how serious a failure is, is said in `expectations`; what dbt tests comes with
the dbt assets; which yearbook is overdue is said by `ami.overdue`. Here is only which asset a check
belongs to and what a person is shown of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from ami.dataset import Dataset
from ami.dates import today_in_china
from ami.lineage import FigureKey, cells_behind
from ami.overdue import overdue
from ami.shortfall.due import yearly
from ami.warehouse import Warehouse
from expectations import CheckReport, Layer, checks, in_words, tables_needed
from yearbooks.untrusted import visible

PANEL = dg.AssetKey(["marts", "fct_panel"])
PUBLISHED = dg.AssetKey(["results", "published"])
# The step that judges the calendar; every other check judges the data.
OVERDUE = "overdue_yearbooks"
# An index rests on sixty cells, which would bury those of an item.
CELLS_SHOWN = 6
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
    relations = {
        name: ".".join(keys[name].path)
        for name in (
            *tables_needed(layer, manifest),
            *(check.frame for check in checks(layer, manifest)),
        )
    }

    @dg.multi_asset_check(
        name=f"{layer}_gate",
        specs=[
            dg.AssetCheckSpec(
                check.name, asset=keys[check.frame], description=check.expected, blocking=True
            )
            for check in checks(layer, manifest)
        ],
        # It judges the whole layer all the same: one figure is right only beside the others.
        can_subset=True,
    )
    def gate(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.AssetCheckResult]:
        from expectations import build_data_docs, validate

        judged = f"audit.{layer}_expectations"
        frames = warehouse.inputs(judged, relations.values())
        report = validate(
            layer,
            manifest,
            {name: frames[relation] for name, relation in relations.items()},
            dataset=warehouse.dataset.name,
            synthetic=warehouse.dataset.synthetic,
            is_demo=warehouse.dataset.is_demo,
            units=warehouse.dataset.units,
        )
        warehouse.write(judged, report.frame())
        build_data_docs([report], warehouse.dataset.build_results / "checks" / layer)
        cells = _cells(warehouse, report)
        for found in report.frame().to_dict("records"):
            key = dg.AssetCheckKey(keys[found["frame"]], found["check"])
            if key not in context.selected_asset_check_keys:
                continue
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=found["passed"],
                severity=SEVERITIES[found["severity"]],
                metadata={
                    name: found[name]
                    for name in ("expected", "observed", "n_unexpected", "first_rows")
                }
                | {"cells": "\n".join(cells[found["check"]])},
            )

    return gate


def _cells(warehouse: Warehouse, report: CheckReport) -> dict[str, list[str]]:
    """By failed check, the yearbook cells behind the first rows that break it, a line each."""
    broken = [(result.name, row) for result in report.failures for row in result.first_rows]
    figures = {
        # A subject names a figure, or several: items that are compared, or one and its column.
        (check, in_words(row)): [
            FigureKey(name, row["province_code"], int(row["year"]))
            for name in re.findall(r"\w+", row["subject"])
            if {"province_code", "year"} <= row.keys()
        ]
        for check, row in broken
    }
    asked = {key for keys in figures.values() for key in keys}
    lines: dict[str, list[str]] = defaultdict(list)
    if not asked:
        return lines
    with warehouse.connect() as connection:
        behind = cells_behind(connection, asked)
    for (check, row), keys in figures.items():
        cells = dict.fromkeys(cell for key in keys for cell in behind.get(key, ()))
        if len(cells) > CELLS_SHOWN:
            lines[check].append(f"{len(cells)} cells behind {row}: ami explain shows them")
            continue
        lines[check] += [
            f"{cell.where()}: '{visible(cell.value_printed)}' {visible(cell.unit_printed)}"
            for cell in cells
        ]
    return lines


def build_overdue_check(dataset: Dataset) -> dg.AssetChecksDefinition:
    """Which yearbook is overdue in what a refresh has published."""

    @dg.multi_asset_check(
        name=OVERDUE,
        specs=[
            dg.AssetCheckSpec(
                _check_name(book.code),
                asset=PANEL,
                additional_deps=[PUBLISHED],
                description=f"{book.name}: all published data years of every item are here.",
            )
            for book in yearly()
        ],
        can_subset=True,
    )
    def judge(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for each in judge_overdue(dataset, today_in_china()):
            if each.asset_check_key not in context.selected_asset_check_keys:
                continue
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
                "expected": "every data year that is due and past its days of grace",
                "observed": late.get(book.code, "nothing overdue"),
            },
        )
        for book in yearly()
    ]


def _check_name(yearbook: str) -> str:
    return f"{yearbook}_not_overdue"
