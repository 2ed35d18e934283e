"""What is missing and what it would release, on a panel that can be counted by hand."""

import itertools
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ami.dates import years_in_words
from ami.shortfall import in_words
from ami.shortfall.formulas import (
    INDICATOR,
    MODEL,
    VARIABLE,
    Formula,
    Formulas,
    PanelGrid,
    PaperModel,
    Subject,
)
from ami.shortfall.order import Step, steps

YEARS = (2002, 2003, 2004, 2005)
PROVINCES = pd.DataFrame(
    {
        "province": ["Beijing", "Tianjin"],
        "region": ["east", "east"],
        "has_national_cluster": [True, False],
    }
)
ITEMS = ("a", "b", "c", "d", "old")


def grid(**years: Iterable[int]) -> PanelGrid:
    """Items with a figure in both provinces, in these years."""
    has = {
        item: np.tile([year in set(years.get(item, ())) for year in YEARS], (2, 1))
        for item in ITEMS
    }
    return PanelGrid.of(PROVINCES, YEARS, has)


def formula(kind: str, name: str, *inputs: str) -> Formula:
    """Inputs as 'a', 'a-1' for the year before, 'a|b' for one that either may serve."""
    parsed = [
        tuple((one.removesuffix("-1"), -1 if one.endswith("-1") else 0) for one in each.split("|"))
        for each in inputs
    ]
    return Formula(Subject(kind, name), tuple(parsed))


FORMULAS = Formulas(
    (
        formula(INDICATOR, "ratio", "a", "b"),
        formula(INDICATOR, "growth", "a", "a-1"),
        formula(INDICATOR, "share", "c|old", "a"),
        formula(VARIABLE, "x", "d"),
    ),
    {"amm": ("ratio", "growth"), "amt": ("share",)},
    (
        PaperModel(Subject(MODEL, "Table 4 (1)"), (("ami", 0), ("x", 0)), "all"),
        PaperModel(Subject(MODEL, "Table 4 (2)"), (("x", 0), ("x", -1)), "clusters"),
    ),
    0.5,
)
ALL = range(2002, 2006)


def years_of(cells: NDArray[np.bool_]) -> list[int]:
    return [year for year, there in zip(YEARS, cells.any(axis=0), strict=True) if there]


def test_where_each_subject_has_a_value() -> None:
    cells = FORMULAS.cells(grid(a=(2003, 2004, 2005), b=ALL, old=(2004,), d=(2003, 2004)))
    assert {subject.name: years_of(each) for subject, each in cells.items()} == {
        "ratio": [2003, 2004, 2005],
        "growth": [2004, 2005],
        "share": [2004],
        "x": [2003, 2004],
        # The index has a value where all indicators have that have any.
        "ami": [2004],
        "amm": [2004],
        "amt": [2004],
        "Table 4 (1)": [2004],
        "Table 4 (2)": [2004],
    }
    assert cells[Subject(MODEL, "Table 4 (2)")].sum() == 1  # Beijing alone has a cluster.


def test_what_each_subject_waits_for() -> None:
    waits = FORMULAS.lacking(grid(a=ALL, c=(2004,)))
    assert {subject.name: set(items) for subject, items in waits.items()} == {
        "ratio": {"b"},
        "growth": set(),
        "share": {"c"},  # It has some, and gaps.
        "x": {"d"},
        "ami": set(),
        "amm": set(),
        "amt": set(),
        "Table 4 (1)": {"d"},
        "Table 4 (2)": {"d"},
    }


def test_an_index_that_lacks_half_of_a_dimension_has_no_value_and_waits_for_it() -> None:
    at_hand = grid(b=ALL, c=ALL)  # Nothing of amm, nothing of amt.
    assert not FORMULAS.cells(at_hand)[Subject(VARIABLE, "ami")].any()
    waits = FORMULAS.lacking(at_hand)
    assert waits[Subject(VARIABLE, "amm")] == waits[Subject(VARIABLE, "ami")] == {"a"}

    with_amm = grid(a=ALL, b=ALL)
    cells = FORMULAS.cells(with_amm)
    assert cells[Subject(VARIABLE, "amm")].any()
    assert not cells[Subject(VARIABLE, "amt")].any()
    assert not cells[Subject(VARIABLE, "ami")].any()
    assert FORMULAS.lacking(with_amm)[Subject(VARIABLE, "ami")] == {"c"}


def test_the_first_of_two_that_may_serve_is_asked_for() -> None:
    waits = FORMULAS.lacking(grid(a=ALL))
    assert waits[Subject(INDICATOR, "share")] == {"c"}


def released(step: Step) -> dict[str, tuple[int, int]]:
    return {each.subject.name: (each.before, each.after) for each in step.released}


def test_the_order_is_by_what_each_item_releases() -> None:
    found = list(steps(FORMULAS, grid(a=ALL, old=(2003, 2004)), {}))
    # d: 6 of x, 6 and 2 of the models, of which the first has the years of the index alone.
    assert [step.items for step in found] == [("d",), ("b",), ("old",)]
    assert released(found[0]) == {"x": (0, 6), "Table 4 (1)": (0, 4), "Table 4 (2)": (0, 2)}
    assert released(found[1]) == {"ratio": (0, 6)}
    assert released(found[2])["share"] == (4, 6)
    assert [step.n_indicators for step in found] == [2, 3, 3]


def test_items_that_are_no_longer_printed_release_what_they_can() -> None:
    found = list(steps(FORMULAS, grid(a=ALL, d=ALL), {"b": 2003}))
    by_items = {step.items: released(step) for step in found}
    assert by_items["b",]["ratio"] == (0, 2)
    # The index has to do with the years of the new indicator, and is told.
    assert by_items["b",]["ami"] == (6, 2)


@pytest.mark.parametrize("seed", range(5))
def test_the_steps_are_the_best_there_are(seed: int) -> None:
    random = np.random.default_rng(seed)
    start = grid()
    has = {item: random.random((2, 4)) < 0.4 for item in ITEMS}
    start = PanelGrid.of(PROVINCES, YEARS, has)
    indices = {Subject(VARIABLE, name) for name in ("ami", "amm", "amt")}
    for step in steps(FORMULAS, start, {}):
        before = FORMULAS.cells(start)

        def gain(items: Iterable[str], before=before, start=start) -> float:
            after = FORMULAS.cells(start.with_items(items, {}))
            return sum(
                max(0, int(after[subject].sum()) - int(cells.sum()))
                for subject, cells in before.items()
                if subject not in indices
            ) / len(set(items))

        waited_for = {items for items in FORMULAS.lacking(start).values() if items}
        assert gain(step.items) == max(map(gain, waited_for)) > 0
        start = start.with_items(step.items, {})
    # Nothing is left to be released.
    whole = FORMULAS.cells(start.with_items(ITEMS, {}))
    for subject, cells in FORMULAS.cells(start).items():
        if subject not in indices and subject.kind != MODEL:
            assert (cells == whole[subject]).all()


def test_what_a_step_releases_in_words() -> None:
    first, second, *_ = steps(FORMULAS, grid(a=ALL, old=(2003, 2004)), {})
    assert in_words(first) == (
        "x (2003-2005, 6 province-years); Table 4 (1) (2003-2004, 4 province-years); "
        "Table 4 (2) (2004-2005, 2 province-years)"
    )
    assert in_words(second) == "indicators ratio (2003-2005, 6 province-years): 3 in all"


def test_years_years_in_words() -> None:
    assert years_in_words([2003, 2004, 2005, 2008, 2010, 2011]) == "2003-2005, 2008, 2010-2011"
    assert years_in_words([]) == ""


def test_the_formulas_of_the_paper_are_all_there() -> None:
    formulas = Formulas.of_the_paper()
    kinds = [each.subject.kind for each in formulas.formulas]
    assert kinds.count(INDICATOR) == 21
    assert sum(map(len, formulas.dimensions.values())) == 21
    tables = itertools.groupby(formulas.models, lambda model: model.subject.name.split(" (")[0])
    assert {table: len(list(models)) for table, models in tables} == {
        "Table 4": 5, "Table 5": 5, "Table 6": 6, "Table 7": 4, "Table 9": 5, "Table 10": 5
    }  # fmt: skip
