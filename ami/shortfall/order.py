"""In which order the missing items are worth getting: by what each group of them would release.

A step is the items that one subject waits for. The next step is always the one that releases most
province-years of indicators, variables and models for each item to be got, given the steps before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ami.shortfall.formulas import (
    INDEX,
    INDICATOR,
    VARIABLE,
    Cells,
    Formulas,
    Items,
    PanelGrid,
    Subject,
)


@dataclass(frozen=True)
class Released:
    """A subject whose values become more, or fewer: how many province-years, and of which years.

    An index becomes shorter by an indicator that covers fewer years.
    """

    subject: Subject
    before: int
    after: int
    years: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """Items to get together, in the order of their codes, and what they release."""

    items: tuple[str, ...]
    released: tuple[Released, ...]
    n_indicators: int


def steps(formulas: Formulas, grid: PanelGrid, until: Mapping[str, int]) -> Iterator[Step]:
    """The steps until nothing more is released; `until` is the last year in which an item appeared.

    Indices are told and not counted: they become better by an indicator, not longer.
    """
    indices = {Subject(VARIABLE, name) for name in (*formulas.dimensions, INDEX)}
    before = formulas.cells(grid)
    while True:
        candidates = {items for items in formulas.lacking(grid).values() if items}
        best: tuple[float, Items, PanelGrid, dict[Subject, Cells]] | None = None
        for items in sorted(candidates, key=lambda items: (len(items), sorted(items))):
            having = grid.with_items(items, until)
            after = formulas.cells(having, before, items)
            gain = sum(
                max(0, int(after[subject].sum()) - int(cells.sum()))
                for subject, cells in before.items()
                if subject not in indices and after[subject] is not cells
            ) / len(items)
            if gain > 0 and (best is None or gain > best[0]):
                best = gain, items, having, after
        if best is None:
            return
        _, items, grid, after = best
        yield Step(
            tuple(sorted(items)),
            tuple(_released(before, after, grid.years)),
            sum(bool(cells.any()) for subject, cells in after.items() if subject.kind == INDICATOR),
        )
        before = after


def _released(
    before: Mapping[Subject, Cells], after: Mapping[Subject, Cells], years: tuple[int, ...]
) -> Iterator[Released]:
    for subject, cells in after.items():
        n_before, n_after = int(before[subject].sum()), int(cells.sum())
        if n_after != n_before:
            there = cells.any(axis=0)
            yield Released(subject, n_before, n_after, tuple(np.array(years)[there].tolist()))
