"""From a figure of the panel back to the yearbook cells it was computed from, for `ami explain`.

Reads the last good warehouse and computes nothing: every number is one that a dbt model made, and
formulas are named, not repeated. What belongs here is which figures a figure is made of, and why
one that is missing is missing. How an explanation looks in a terminal is the command's business.
"""

import difflib
from collections.abc import Mapping
from typing import Any

import duckdb

from ami.dataset import Dataset
from ami.explain.agglomeration import (
    EMPLOYMENT_BASES,
    QUOTIENTS,
    coagglo_figure,
    eg_figure,
    quotient_figure,
)
from ami.explain.evidence import Evidence
from ami.explain.explanation import Explanation, Figure, Item
from ami.explain.index import dimension_figure, index_figure, indicator_figure
from ami.explain.parts import input_figures, item_figure, of_panel, why_no_value
from analysis.variables import INDICES
from yearbooks.catalogue import Catalogue
from yearbooks.labels import match_key
from yearbooks.reference import PROVINCE

# The one variable that needs a figure which no yearbook of the inbox prints.
NEEDS_EXCHANGE_RATE = "icc"


class ExplanationError(ValueError):
    """A figure that cannot be asked for, said in words for the person who asked."""


def explain(
    dataset: Dataset, catalogue: Catalogue, variable: str, province: str, year: int
) -> Explanation:
    """Explains `variable` (of the panel, an indicator, a location quotient or a raw item).

    Province by code or any name of the catalogue. Raises `ExplanationError` where there is no such
    variable, province or year, and where the warehouse is not there or cannot be read.
    """
    found = catalogue.province(province)
    if found is None or found.kind != PROVINCE:
        near = difflib.get_close_matches(match_key(province), catalogue.provinces, 1)
        hint = f"; did you mean '{near[0]}'?" if near else "."
        raise ExplanationError(
            f"'{province}' is not a province of the sample{hint} Expected the code (110000) or a "
            "name, Chinese or English, of one of the 31"
        )
    try:
        with open_published(dataset) as connection:
            evidence = Evidence.read(connection, dataset, found.code)
    except duckdb.Error:
        raise ExplanationError(
            f"the warehouse {dataset.database} cannot be read by this version: it is damaged or of "
            f"another make; ami refresh --dataset {dataset.name} builds it anew"
        ) from None
    name = variable.casefold()
    item = catalogue.item(variable)
    if item is not None and name not in explainable(evidence):
        name = item.code
    return explained(evidence, name, found.code, year)


def open_published(dataset: Dataset) -> duckdb.DuckDBPyConnection:
    """The last good warehouse, not to be changed. Raises `ExplanationError` before the first."""
    if not dataset.database.is_file():
        raise ExplanationError(
            f"dataset '{dataset.name}' has no warehouse yet: "
            f"start with ami refresh --dataset {dataset.name}"
        )
    return duckdb.connect(str(dataset.database), read_only=True)


def explainable(evidence: Evidence) -> list[str]:
    """The names that `explain` knows, but for raw items."""
    return [*evidence.variables, *QUOTIENTS, *evidence.indicators]


def explained(evidence: Evidence, name: str, province_code: str, year: int) -> Explanation:
    """The figure `name` of a province that was read; raises `ExplanationError` as `explain`."""
    known = [*explainable(evidence), *evidence.items]
    if name not in known:
        near = difflib.get_close_matches(name.casefold(), known, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "choose one of these"
        raise ExplanationError(
            f"'{name}' is not a figure of the warehouse; {hint} The panel has "
            f"{', '.join(evidence.variables)}; eq. 18 and 19 {' and '.join(QUOTIENTS)}; the "
            f"indicators are {', '.join(evidence.indicators)}; and raw items, by code or label"
        )
    first, last = evidence.years
    if not first <= year <= last:
        raise ExplanationError(
            f"{year} is outside the panel: dataset '{evidence.dataset.name}' has the years "
            f"{first} to {last}"
        )
    figure = _figure(evidence, name, province_code, year)
    return Explanation(
        dataset=evidence.dataset.name,
        is_synthetic=evidence.dataset.synthetic,
        refreshed_at=evidence.refreshed_at,
        province_code=province_code,
        province=evidence.provinces[province_code]["province"],
        province_zh=evidence.provinces[province_code]["province_zh"],
        year=year,
        figure=figure,
        missing_items=_missing_items(figure) if figure.value is None else (),
    )


def _figure(evidence: Evidence, name: str, province: str, year: int) -> Figure:
    if name in INDICES:
        return index_figure(evidence, name, province, year)
    if name in evidence.indicators:
        return indicator_figure(evidence, name, province, year)
    if name in EMPLOYMENT_BASES:
        return coagglo_figure(evidence, name, province, year)
    if name in QUOTIENTS:
        return quotient_figure(evidence, name, "coagglo", province, year)
    if name == "eg":
        return eg_figure(evidence, province, year)
    if name in evidence.items:
        return item_figure(evidence, name, province, year)
    if any(row["dimension"] == name for row in evidence.indicators.values()):
        return dimension_figure(evidence, name, province, year)
    return _variable_figure(evidence, name, province, year)


def _variable_figure(evidence: Evidence, name: str, province: str, year: int) -> Figure:
    """What is computed from raw items directly."""
    parts: tuple[Figure, ...] = input_figures(evidence, name, province, year)
    if name == NEEDS_EXCHANGE_RATE:
        rate = evidence.exchange_rates.get(year)
        parts += (
            Figure(
                kind="reference",
                name="yuan_per_usd",
                label=f"exchange_rates.csv, row of {year}",
                value=rate["yuan_per_usd"] if rate else None,
                unit="yuan per US dollar",
                missing="" if rate else f"exchange_rates.csv has no row for {year}",
            ),
        )
    coded = evidence.values[name, province, year]["is_log_of_zero"]
    return of_panel(
        evidence,
        "variable",
        name,
        province,
        year,
        missing=why_no_value(parts),
        notes=("0 stands for the logarithm of zero, or for no count at all",) if coded else (),
        parts=parts,
    )


def _missing_items(figure: Figure) -> tuple[Mapping[str, Any], ...]:
    missing = {
        (part.name, part.year): {"item_code": part.name, "label": part.label, "year": part.year}
        for part in figure.walk()
        if isinstance(part, Item) and part.value is None
    }
    return tuple(missing.values())
