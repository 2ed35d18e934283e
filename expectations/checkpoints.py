"""Runs the suites on the marts, each as a checkpoint of Great Expectations.

Marts in; out comes what each check compared, as a frame in the columns of a model of
`dbt/models/checks`. What is made of it belongs to `validation`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from expectations.declared import BOUNDS, Expectation, Suite

if TYPE_CHECKING:
    from great_expectations import Checkpoint
    from great_expectations.core import ExpectationValidationResult

COLUMNS = ["subject", "province_code", "year", "value", "low", "high", "is_outside"]
ENDS = ("low", "high")
COMPLETE = "expect_column_values_to_not_be_null"
SEVERITIES = {"ERROR": "critical", "WARN": "warning"}

Bounds = Mapping[tuple[Any, Any], Sequence[Any]]


def run_suites(
    suites: Sequence[Suite], frames: Mapping[str, pd.DataFrame], *, data: str
) -> dict[str, pd.DataFrame]:
    """What each check compared, by its name.

    `frames` are the marts and the bounds by name; `data` is synthetic or real, and checks of the
    other are left out. Raises `RuntimeError` naming a check that could not be run.
    """
    bounds = {
        (row["rule"], row["subject"]): [None if pd.isna(row[at]) else row[at] for at in ENDS]
        for row in frames[BOUNDS].to_dict("records")
    }
    found: dict[str, pd.DataFrame] = {}
    for suite in suites:
        mart = frames[suite.mart].reset_index(drop=True)
        applied = [each for each in suite.expectations if each.check.holds_for in ("both", data)]
        for decimals in dict.fromkeys(each.decimals for each in applied):
            alike = [each for each in applied if each.decimals == decimals]
            figures = mart if decimals is None else mart.round(decimals)
            found |= _run(suite, alike, figures, bounds)
    return found


def _run(
    suite: Suite, applied: Sequence[Expectation], mart: pd.DataFrame, bounds: Bounds
) -> dict[str, pd.DataFrame]:
    checks = {each.check.name: each for each in applied}
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in checks}
    declared = [each for name in checks for each in _declared(checks[name], mart, bounds)]
    outcome = _checkpoint(suite.mart, declared).run(batch_parameters={"dataframe": mart})
    for validation in outcome.run_results.values():
        for result in validation.results:
            config = result.expectation_config
            assert config is not None
            name = config.meta["check"]
            if not result.result:
                raise RuntimeError(f"{name} could not be run: {result.exception_info}")
            found[name].append(_compared(result, config.kwargs, checks[name], suite, mart))
    return {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
        for name, parts in found.items()
    }


def _declared(
    expectation: Expectation, mart: pd.DataFrame, bounds: Bounds
) -> Iterator[dict[str, Any]]:
    """The expectation on each of its columns in the words of Great Expectations.

    Of a column without values there is nothing to expect but that it has some.
    """
    check = expectation.check
    for column in expectation.columns:
        if expectation.kind == COMPLETE:
            limits: dict[str, float | None] = {}
        elif mart[column].isna().all():
            continue
        elif expectation.bounds:
            low, high = bounds[expectation.bounds, column]
            limits = {"min_value": low, "max_value": high}
        else:
            limits = {"min_value": expectation.min_value, "max_value": expectation.max_value}
        yield {
            "type": expectation.kind,
            "kwargs": {"column": column} | limits,
            "severity": SEVERITIES[check.severity],
            "notes": check.expected,
            "meta": {"check": check.name},
        }


def _checkpoint(name: str, declared: list[dict[str, Any]]) -> "Checkpoint":
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    mart = context.data_sources.add_pandas("marts").add_dataframe_asset(name)
    batches = mart.add_batch_definition_whole_dataframe("all_rows")
    suite = context.suites.add(gx.ExpectationSuite(name, expectations=declared))
    validation = gx.ValidationDefinition(name=name, data=batches, suite=suite)
    return context.checkpoints.add(
        gx.Checkpoint(
            name=name,
            validation_definitions=[context.validation_definitions.add(validation)],
            result_format={"result_format": "COMPLETE"},
        )
    )


def _compared(
    result: "ExpectationValidationResult",
    kwargs: Mapping[str, Any],
    expectation: Expectation,
    suite: Suite,
    mart: pd.DataFrame,
) -> pd.DataFrame:
    """What one expectation compared: each value of its column, or one figure of the column."""
    column, found = kwargs["column"], result.result
    bounds = {"low": kwargs.get("min_value"), "high": kwargs.get("max_value")}
    if "unexpected_index_list" in found and expectation.kind != COMPLETE:
        values = mart[mart[column].notna()]
        rows = values.reindex(columns=["province_code", "year"]).assign(
            subject=values[suite.subject] if suite.subject else column,
            value=values[column],
            is_outside=values.index.isin(found["unexpected_index_list"]),
            **bounds,
        )
        if suite.subject and len(expectation.columns) > 1:
            rows["subject"] += f" {column}"
        return rows[COLUMNS]
    if expectation.kind == COMPLETE:
        n = found["element_count"]
        figure = {"value": n - found["unexpected_count"], "low": n, "high": n}
    else:
        figure = {"value": found["observed_value"]} | bounds
    row = {"subject": column, "is_outside": not result.success} | figure
    return pd.DataFrame([row]).reindex(columns=COLUMNS)
