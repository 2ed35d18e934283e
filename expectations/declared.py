"""Every check of the project, once: what it watches, how serious it is and what it expects.

A check of the columns of one mart is declared in `suites/`, one that needs several rows or tables
is a model of `dbt/models/checks`. Both are read here as data; they are run elsewhere. `ERROR` stops
the run and leaves the last good marts untouched; `WARN` is reported and stops nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

Layer = Literal["clean", "marts"]
Severity = Literal["ERROR", "WARN"]

SUITES = Path(__file__).parent / "suites"
# Model of the bounds that the suites name, beside the checks of the clean layer.
BOUNDS = "bounds"
# Each layer ends with it: what the others found decides.
KNOWN_OUTLIERS_WATCH = {
    "clean": ("int_items__filled", "value"),
    "marts": ("fct_panel", "all variables"),
}


@dataclass(frozen=True)
class Check:
    """One rule: `name` is stable and unique over both layers, `expected` says it in words.

    `frame` and `column` are the model it watches and what of it. A check of synthetic data only
    compares with the paper what was calibrated to it; one of real data only is about the making of
    official figures. Elsewhere they pass, saying so.
    """

    layer: Layer
    name: str
    frame: str
    column: str
    severity: Severity
    expected: str
    holds_for: Literal["both", "synthetic", "real"] = "both"


@dataclass(frozen=True)
class Expectation:
    """An expectation of Great Expectations on some columns of a mart, and the check it is part of.

    `bounds` is a rule of model `bounds`, which has a row for each column; else the bounds are
    `min_value` and `max_value`. `decimals` is to how many the figures are rounded before; None:
    they are taken as they are.
    """

    check: Check
    kind: str
    columns: tuple[str, ...]
    bounds: str | None
    min_value: float | None
    max_value: float | None
    decimals: int | None


@dataclass(frozen=True)
class Suite:
    """The expectations on one mart.

    `subject` is the column that says what a figure is of; None: the column of the figure does.
    """

    mart: str
    subject: str | None
    expectations: tuple[Expectation, ...]


@cache
def suites() -> tuple[Suite, ...]:
    """The suites as declared, in the order of their files."""
    return tuple(_suite(path) for path in sorted(SUITES.glob("*.yml")))


def checks(layer: Layer, manifest: Mapping[str, Any]) -> tuple[Check, ...]:
    """The checks of `layer`: clean (between clean models and marts) or marts (after the marts).

    `manifest` is that of the dbt project.
    """
    of_suites = [each.check for suite in suites() for each in suite.expectations]
    found = [*models(layer, manifest), *(check for check in of_suites if check.layer == layer)]
    frame, column = KNOWN_OUTLIERS_WATCH[layer]
    last = Check(
        layer,
        f"known_outliers_found_{layer}",
        frame,
        column,
        "WARN",
        "every known outlier is still one: otherwise take its row out of known_outliers.csv",
    )
    return (*found, last)


def models(layer: Layer, manifest: Mapping[str, Any]) -> tuple[Check, ...]:
    """The checks of `layer` that are dbt models and named as these, in the order of their names."""
    return tuple(
        Check(
            layer,
            node["name"],
            declared["watches"],
            declared["column"],
            declared["severity"],
            declared["expected"],
            declared.get("data", "both"),
        )
        for node in sorted(manifest["nodes"].values(), key=lambda node: str(node["name"]))
        if node["resource_type"] == "model"
        and node["fqn"][1:3] == ["checks", layer]
        and (declared := node["config"]["meta"].get("check"))
    )


def tables_needed(layer: Layer, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The models and seeds that `validate` reads for `layer`."""
    of_suites = [BOUNDS, *(suite.mart for suite in suites())] if layer == "marts" else []
    return (
        "provinces",
        "known_outliers",
        *(check.name for check in models(layer, manifest)),
        *of_suites,
    )


def names(manifest: Mapping[str, Any]) -> set[str]:
    """Of the checks of every layer."""
    return {check.name for layer in get_args(Layer) for check in checks(layer, manifest)}


def _suite(path: Path) -> Suite:
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    expectations = (
        expectation
        for entry in declared["checks"]
        for expectation in _expectations(declared["mart"], entry)
    )
    return Suite(declared["mart"], declared.get("subject"), tuple(expectations))


def _expectations(mart: str, entry: Mapping[str, Any]) -> Iterator[Expectation]:
    """One, or one a column where the name of the check says so."""
    columns = tuple(entry["columns"])
    each = [(column,) for column in columns] if "{column}" in entry["name"] else [columns]
    for some in each:
        column = some[0] if len(some) == 1 else "several columns"
        check = Check(
            "marts",
            entry["name"].format(column=column),
            mart,
            column,
            entry["severity"],
            entry["expected"].format(column=column),
            entry.get("data", "both"),
        )
        yield Expectation(
            check,
            entry["expectation"],
            some,
            entry.get("bounds"),
            entry.get("min_value"),
            entry.get("max_value"),
            entry.get("decimals"),
        )
