"""What indicators, variables and models are made of, and where in a panel they have a value.

Read from the catalogue and the columns of the paper's tables; what is counted is only whether an
item has a figure for a province and year, never the figure. Knows no warehouse.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ami.dataset import REFERENCE_SEEDS
from analysis.paper import specifications
from yearbooks.reference import reference_rows

INDICATOR, VARIABLE, MODEL = KINDS = ("indicator", "variable", "model")
INDEX = "ami"

# Where something has a value: a row for each province, a column for each year.
Cells = NDArray[np.bool_]
Items = frozenset[str]


class Subject(NamedTuple):
    """Something that is computed from items: its kind (one of `KINDS`) and its name."""

    kind: str
    name: str


@dataclass(frozen=True)
class PanelGrid:
    """The panel with the year that opens it, and where in it each item has a figure.

    provinces: rows of the seed of that name. years: the opening year first. samples: the rows and
    years of each sample of the paper's tables.
    """

    provinces: pd.DataFrame
    years: tuple[int, ...]
    has: Mapping[str, Cells]
    samples: Mapping[str, Cells]

    @classmethod
    def of(
        cls, provinces: pd.DataFrame, years: Sequence[int], has: Mapping[str, Cells]
    ) -> "PanelGrid":
        frame = provinces.merge(pd.DataFrame({"year": years}), how="cross")
        shape = len(provinces), len(years)
        samples = {
            name: rows(frame).to_numpy(dtype=bool).reshape(shape)
            for name, rows in specifications.SAMPLES.items()
        }
        return cls(provinces, tuple(years), has, samples)

    def with_items(self, items: Iterable[str], until: Mapping[str, int]) -> "PanelGrid":
        """The same, were `items` at hand everywhere, up to the last year in which they appeared."""
        years = np.array(self.years)
        more = {item: self.has[item] | (years <= until.get(item, self.years[-1])) for item in items}
        return replace(self, has={**self.has, **more})


@dataclass(frozen=True)
class Formula:
    """An indicator or a variable: each input is the items that may serve, with their years.

    An input is (item, year offset), the preferred one first.
    """

    subject: Subject
    inputs: tuple[tuple[tuple[str, int], ...], ...]

    @cached_property
    def items(self) -> Items:
        return frozenset(item for each in self.inputs for item, _ in each)

    def cells(self, grid: PanelGrid) -> Cells:
        """Where every input has a figure of its year; never in the year that opens the panel."""
        served = [
            np.logical_or.reduce([_shifted(grid.has[item], offset) for item, offset in each])
            for each in self.inputs
        ]
        found: Cells = np.logical_and.reduce(served)
        found[:, 0] = False
        return found

    def lacking(self, grid: PanelGrid) -> Items:
        """The items that it waits for: those without any figure, or else those with gaps."""
        best = [max(each, key=lambda one: grid.has[one[0]].sum())[0] for each in self.inputs]
        absent = frozenset(item for item in best if not grid.has[item].any())
        return absent or frozenset(item for item in best if not grid.has[item][:, 1:].all())


@dataclass(frozen=True)
class PaperModel:
    """A column of a table of the paper: the variables that it takes, and the rows of its sample."""

    subject: Subject
    terms: tuple[tuple[str, int], ...]
    sample: str

    def cells(self, grid: PanelGrid, variables: Mapping[str, Cells]) -> Cells:
        found = grid.samples[self.sample]
        for variable, offset in self.terms:
            found = found & _shifted(variables[variable], offset)
        return found


@dataclass(frozen=True)
class Formulas:
    """Everything that is computed: formulas, the indicators of each dimension, models.

    share_needed: of its indicators without which a dimension, and with it the index, does not stand
    (rule index_minimum of seed `limits`).
    """

    formulas: tuple[Formula, ...]
    dimensions: Mapping[str, tuple[str, ...]]
    models: tuple[PaperModel, ...]
    share_needed: float

    @classmethod
    def of_the_paper(cls) -> "Formulas":
        """As the catalogue and the paper's tables have them."""
        indicators = reference_rows(REFERENCE_SEEDS / "indicators.csv", "indicator", "dimension")
        dimensions: dict[str, list[str]] = {}
        for _, row in indicators:
            dimensions.setdefault(row["dimension"], []).append(row["indicator"])
        limits = reference_rows(REFERENCE_SEEDS / "limits.csv", "rule", "subject", "low")
        (share,) = (
            float(row["low"])
            for _, row in limits
            if (row["rule"], row["subject"]) == ("index_minimum", "indicators")
        )
        return cls(
            tuple(_formulas({name for names in dimensions.values() for name in names})),
            {dimension: tuple(names) for dimension, names in dimensions.items()},
            tuple(map(_model, specifications.specifications())),
            share,
        )

    @property
    def inputs(self) -> list[tuple[str, ...]]:
        """Of each input of a formula the items that may serve, the preferred one first."""
        return [tuple(item for item, _ in each) for of in self.formulas for each in of.inputs]

    def cells(
        self, grid: PanelGrid, known: Mapping[Subject, Cells] | None = None, got: Iterable[str] = ()
    ) -> dict[Subject, Cells]:
        """Where each subject has a value, in the order indicators, variables, models.

        `known` is the same of a grid that differs in the items `got` alone: what is made of none of
        them is taken from it.

        The index and its dimensions have one where all indicators have that have any in the panel,
        and a dimension only if those are enough of its own, the index only if each dimension has
        enough.
        """
        known = known or {}
        found = {
            each.subject: (
                known[each.subject]
                if each.subject in known and each.items.isdisjoint(got)
                else each.cells(grid)
            )
            for each in self.formulas
        }
        at_hand = [
            cells for subject, cells in found.items() if subject.kind == INDICATOR and cells.any()
        ]
        sample = np.logical_and.reduce(at_hand) if at_hand else self._nowhere(grid)
        short = {name: self._n_short(names, found) for name, names in self.dimensions.items()}
        for index, n_short in {**short, INDEX: sum(short.values())}.items():
            subject = Subject(VARIABLE, index)
            cells, before = self._nowhere(grid) if n_short else sample, known.get(subject)
            found[subject] = cells if before is None or (cells != before).any() else before
        variables = {subject.name: cells for subject, cells in found.items()}
        moved = {subject.name for subject in found if found[subject] is not known.get(subject)}
        return found | {
            model.subject: (
                known[model.subject]
                if moved.isdisjoint(name for name, _ in model.terms)
                else model.cells(grid, variables)
            )
            for model in self.models
        }

    def lacking(self, grid: PanelGrid) -> dict[Subject, Items]:
        """The items that each subject waits for; empty where it has all of them.

        A dimension that does not stand waits for the items of those of its absent indicators that
        lack the fewest, the index for those of every such dimension.
        """
        found = {each.subject: each.lacking(grid) for each in self.formulas}
        cells = {each.subject: each.cells(grid) for each in self.formulas}
        of_index: Items = frozenset()
        for dimension, names in self.dimensions.items():
            absent = [name for name in names if not cells[Subject(INDICATOR, name)].any()]
            waits = sorted((found[Subject(INDICATOR, name)] for name in absent), key=len)
            nearest = waits[: self._n_short(names, cells)]
            found[Subject(VARIABLE, dimension)] = frozenset[str]().union(*nearest)
            of_index |= found[Subject(VARIABLE, dimension)]
        found[Subject(VARIABLE, INDEX)] = of_index
        for model in self.models:
            waits = [found[Subject(VARIABLE, variable)] for variable, _ in model.terms]
            nowhere = [
                frozenset(item for item in each if not grid.has[item].any()) for each in waits
            ]
            items = frozenset[str]().union(*nowhere) or frozenset[str]().union(*waits)
            found[model.subject] = items
        return found

    def _n_short(self, names: Sequence[str], cells: Mapping[Subject, Cells]) -> int:
        """How many more of its indicators a dimension needs to stand."""
        at_hand = sum(bool(cells[Subject(INDICATOR, name)].any()) for name in names)
        return max(ceil(self.share_needed * len(names)) - at_hand, 0)

    def _nowhere(self, grid: PanelGrid) -> Cells:
        return np.zeros((len(grid.provinces), len(grid.years)), dtype=bool)


def _formulas(indicators: set[str]) -> Iterator[Formula]:
    rows = reference_rows(
        REFERENCE_SEEDS / "formula_inputs.csv",
        "subject", "input", "item_code", "year_offset", "priority",
    )  # fmt: skip
    inputs: dict[str, dict[str, list[tuple[int, str, int]]]] = {}
    for _, row in rows:
        serving = inputs.setdefault(row["subject"], {}).setdefault(row["input"], [])
        serving.append((int(row["priority"]), row["item_code"], int(row["year_offset"])))
    for name, of_subject in inputs.items():
        kind = INDICATOR if name in indicators else VARIABLE
        ordered = [sorted(serving) for serving in of_subject.values()]
        yield Formula(
            Subject(kind, name),
            tuple(tuple((item, offset) for _, item, offset in each) for each in ordered),
        )


def _model(specification: specifications.Specification) -> PaperModel:
    terms: dict[tuple[str, int], None] = {}
    for term in (specification.outcome, *specification.regressors):
        is_lagged = term.startswith("L.")
        for variable in term.removeprefix("L.").split("*"):
            terms[variable, -1 if is_lagged else 0] = None
    name = f"Table {specification.table} ({specification.column})"
    return PaperModel(Subject(MODEL, name), tuple(terms), specification.sample)


def _shifted(cells: Cells, offset: int) -> Cells:
    """Of each year what the year `offset` after it has; nothing beyond the ends."""
    if not offset:
        return cells
    found = np.zeros_like(cells)
    if offset < 0:
        found[:, -offset:] = cells[:, :offset]
    else:
        found[:, :-offset] = cells[:, offset:]
    return found
