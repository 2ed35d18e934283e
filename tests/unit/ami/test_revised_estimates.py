"""Moves of coefficients between two vintages, held against regressions by hand with every dummy."""

from collections.abc import Mapping

import duckdb
import numpy as np
import pandas as pd
import pytest
from test_vintages import NO_ESTIMATES, PROVINCES, Cell, Tiny, composed, composite, figures

from ami.counterfactuals import STEPS
from ami.revised_estimates import split_moves
from ami.revisions import compare
from analysis.paper.long_form import KEY
from analysis.variables import CONTROLS, TREATMENT

BASELINE = ("4", "1", "all", "ami", TREATMENT)
RIGHT_HAND = (TREATMENT, *CONTROLS)
VARIABLES = "intermediate.int_variables__values"


def recipe(factor: float = 1) -> dict[str, str]:
    """The index of `composite`, and every item that is no indicator as the variable of its name."""
    steps = composite(factor)
    steps[VARIABLES] = f"""
        select * from ({steps[VARIABLES]})
        union all
        select province_code, year, item_code, value_used
        from "intermediate"."int_items__preferred"
        where item_code not in (select subject from "reference"."formula_inputs")
    """
    return steps


def right_hand(years: range, seed: int) -> dict[Cell, float]:
    random = np.random.default_rng(seed)
    return {
        (name, province, year): float(random.normal())
        for name in RIGHT_HAND
        for province in PROVINCES
        for year in years
    }


def coefficient(index: Mapping[tuple[str, int], float], cells: Mapping[Cell, float]) -> float:
    """Of coagglo, with every dummy written out."""
    rows = [key for key in index if all((name, *key) in cells for name in RIGHT_HAND)]
    columns = [[cells[name, *key] for key in rows] for name in RIGHT_HAND]
    columns += [[float(key[0] == of) for key in rows] for of in PROVINCES]
    columns += [[float(key[1] == of) for key in rows] for of in sorted({y for _, y in rows})[1:]]
    solved = np.linalg.lstsq(np.array(columns).T, [index[key] for key in rows], rcond=None)
    return float(solved[0][0])


@pytest.fixture
def tiny(tmp_path) -> Tiny:
    return Tiny(tmp_path / "warehouse.duckdb")


def test_all_causes_at_once_add_up_and_each_is_that_of_a_regression_by_hand(tiny: Tiny) -> None:
    years = range(2008, 2020)
    old = figures(years, 3) | right_hand(years, 4)
    hidden = {(TREATMENT, "110000", 2011): old.pop((TREATMENT, "110000", 2011))}
    arrives: dict[str, dict[Cell, float]] = {
        "changed_composition": {},
        "revised_input": {("a", "120000", 2010): 11.0, ("pdgp", "130000", 2012): 2.5},
        "new_coverage": hidden,
        "new_year": {cell: v for cell, v in figures(range(2020, 2021), 9).items()}
        | right_hand(range(2020, 2021), 8),
        "changed_option": {},
    }
    random = np.random.default_rng(5)
    new_item = {
        ("c", province, year): float(random.uniform(1, 9))
        for province in PROVINCES
        for year in range(2008, 2021)
    }
    tiny.refresh(old, recipe())
    news = {cell: value for cells in arrives.values() for cell, value in cells.items()}
    tiny.refresh(news | new_item, recipe(0.5))

    def found(cells: Mapping[Cell, float], factor: float = 1) -> float:
        of_index = {cell: value for cell, value in cells.items() if cell[0] in ("a", "b", "c")}
        return coefficient(composed(of_index, factor), cells)

    cells = dict(old)
    states = [found(old)]
    for cause in STEPS:
        cells |= arrives[cause]
        here = {cell[1:] for cell in cells}
        whole = cells | {cell: v for cell, v in new_item.items() if cell[1:] in here}
        states.append(found(whole, 0.5 if cause == "changed_option" else 1))

    revision = compare(tiny.path)
    move = revision.estimates.set_index(KEY).loc[BASELINE]
    parts = move[list(STEPS)].astype(float)
    assert move["old_estimate"] == pytest.approx(states[0], abs=1e-9)
    assert move["new_estimate"] == pytest.approx(states[-1], abs=1e-9)
    np.testing.assert_allclose(parts, np.diff(states), rtol=0, atol=1e-9)
    assert parts.abs().min() > 1e-6
    assert "moved" in revision.summary()


def test_a_cause_that_was_not_there_has_no_part(tiny: Tiny) -> None:
    years = range(2008, 2020)
    tiny.refresh(figures(years, 3) | right_hand(years, 4), recipe())
    tiny.refresh({("pdgp", "130000", 2012): 2.5}, recipe())
    moves = compare(tiny.path).estimates
    assert BASELINE in set(moves[KEY].itertuples(index=False, name=None))
    assert (moves["revised_input"] == moves["change"]).all()
    assert (moves[[step for step in STEPS if step != "revised_input"]] == 0).all().all()


def test_ends_are_as_published_and_an_estimator_that_changed_is_a_changed_option(
    tiny: Tiny,
) -> None:
    years = range(2008, 2020)
    tiny.refresh(figures(years, 3) | right_hand(years, 4), recipe())
    with duckdb.connect(str(tiny.path)) as connection:
        kept = dict.fromkeys(NO_ESTIMATES) | dict(zip(KEY, BASELINE, strict=True))
        connection.register("kept", pd.DataFrame([kept | {"estimate": 7.0}]))
        connection.execute(
            "insert into vintages.estimates by name select 1 as vintage, * from kept"
        )
    tiny.refresh({("pdgp", "130000", 2012): 2.5}, recipe())
    move = compare(tiny.path).estimates.set_index(KEY).loc[BASELINE]
    again = coefficient(composed(figures(years, 3)), figures(years, 3) | right_hand(years, 4))
    assert move["old_estimate"] == 7.0
    assert move["changed_option"] == pytest.approx(again - 7.0, abs=1e-9)
    assert move[list(STEPS)].sum() == pytest.approx(move["change"], abs=1e-12)


def series(**values: float) -> pd.Series:
    keys = pd.MultiIndex.from_tuples([("4", "1", "all", "ami", term) for term in values], names=KEY)
    return pd.Series(list(values.values()), keys, dtype=float)


def test_what_is_missing_after_a_step_moves_with_the_step_that_brings_it_back() -> None:
    old, new = series(x=1.0, gone=2.0, same=3.0), series(x=4.0, came=5.0, same=3.0)
    states = [old, series(gone=2.0), series(gone=2.0), series(x=3.5, came=4.0), series(x=3.5)]
    moves = split_moves(old, new, states).set_index("term")
    assert set(moves.index) == {"x", "gone", "came"}
    x = moves.loc["x"]
    assert x[list(STEPS)].tolist() == [0, 0, 2.5, 0, 0.5] and x["change"] == 3
    assert moves.loc["came", "came_with"] == "changed_option"
    assert moves.loc["gone", "went_with"] == "new_coverage"
    assert moves.loc[["came", "gone"], ["change", *STEPS]].isna().all().all()
