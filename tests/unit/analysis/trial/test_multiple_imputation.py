"""Filled cells: draws that meet the figures, Rubin's rules, and what of it reaches the tables."""

import numpy as np
import pandas as pd
import pytest
from trial_data import cells, indicators

from analysis.paper import imputed_tables as tables
from analysis.trial.multiple_imputation import drawn_fills, pooled

# Means and standard errors of five imputed data sets, as SAS prints them for PROC MIANALYZE, and
# what it makes of them with EDF = 30: between, within, df. Its input is printed to five digits.
OXYGEN = (
    [47.0120, 47.2407, 47.4995, 47.1485, 47.0042],
    [0.95984, 0.93540, 1.00766, 0.95439, 0.96528],
)
RUN_TIME = (
    [10.4441, 10.5040, 10.5922, 10.5279, 10.4913],
    [0.28520, 0.26661, 0.26302, 0.26405, 0.27275],
)


@pytest.mark.parametrize(
    ("given", "between", "within", "total", "df"),
    [
        (OXYGEN, 0.041478, 0.930853, 0.980626, 26.298),
        (RUN_TIME, 0.002948, 0.073142, 0.076679, 26.503),
    ],
)
def test_rubins_rules_are_those_of_sas(
    given: tuple[list[float], list[float]], between: float, within: float, total: float, df: float
) -> None:
    estimates, errors = map(np.array, given)
    found = pooled(estimates, errors**2, 30)
    assert found.between == pytest.approx(between, rel=1e-3)
    assert found.within == pytest.approx(within, rel=2e-5)
    assert found.std_error**2 == pytest.approx(total, rel=1e-4)
    assert found.df == pytest.approx(df, abs=2e-3)
    assert found.invented == pytest.approx(1.2 * between / total, rel=1e-3)
    assert sum(found.interval()) / 2 == pytest.approx(estimates.mean())


def test_nothing_drawn_is_nothing_invented() -> None:
    found = pooled(np.full(5, 2.0), np.full(5, 0.25), 30)
    assert found == (2.0, 0.5, 0.25, 0.0, 30, 0.0)
    with pytest.raises(ValueError, match="1 draws: what lies between draws takes two"):
        pooled(np.ones(1), np.ones(1), 30)


def filled_walks(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True walks of 31 units over 19 years, the same with gaps on the line, and what is filled."""
    truth = np.cumsum(rng.normal(0.3, 1.0, (31, 19, 1)), axis=1)
    filled = np.zeros(truth.shape, dtype=bool)
    filled[:, 5:10] = filled[:20, 14:16] = filled[:, 17:] = True
    values = truth.copy()
    times = np.arange(19.0)
    for unit in range(31):
        known = ~filled[unit, :, 0]
        values[unit, :, 0] = np.interp(times, times[known], truth[unit, known, 0])
    return truth, values, filled


def test_draws_meet_the_figures_and_scatter_as_a_bridge() -> None:
    """Half way through a gap of 5 between figures 6 years apart the variance is 1.5, at its first
    year 5/6; beyond the last figure 1 and 2; of yearly changes with a variance of 1."""
    _, values, filled = filled_walks(np.random.default_rng(1))
    drawn = np.stack([*drawn_fills(values, filled, np.arange(2000, 2019), 400, 3)])
    assert (drawn[:, ~filled] == values[~filled]).all()
    spread = (drawn - values).var(axis=0).mean(axis=0)[:, 0]
    np.testing.assert_allclose(spread[[5, 7, 17, 18]], [5 / 6, 1.5, 1.0, 2.0], rtol=0.25)
    assert np.abs((drawn - values)[:, :, 5:10].mean()) < 0.1
    again = next(drawn_fills(values, filled, np.arange(2000, 2019), 1, 3))
    np.testing.assert_array_equal(again, drawn[0])


def test_intervals_of_draws_hold_what_was_there_as_often_as_they_say() -> None:
    """90 % intervals of 40 panels: 6,480 filled cells, which share paths, held in 87 to 93 %."""
    rng, held = np.random.default_rng(5), []
    for panel in range(40):
        truth, values, filled = filled_walks(rng)
        drawn = np.stack([*drawn_fills(values, filled, np.arange(19), 200, panel)])
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
        held.append(((low <= truth) & (truth <= high))[filled].mean())
    assert 0.87 < np.mean(held) < 0.93


def test_what_there_is_nothing_to_draw_from_stays_as_filled() -> None:
    values, filled = np.ones((3, 4, 2)), np.zeros((3, 4, 2), dtype=bool)
    values[:, :, 1] = np.arange(12.0).reshape(3, 4) ** 2
    filled[0, :, 1] = filled[1, 2, 1] = filled[1, 2, 0] = True
    values[2, 3] = np.nan
    drawn = next(drawn_fills(values, filled, np.arange(4), 1, 1))
    np.testing.assert_array_equal(drawn[0], values[0])  # no figure of the unit
    assert np.isnan(drawn[2, 3]).all()
    assert drawn[1, 2, 1] != values[1, 2, 1]
    assert drawn[1, 2, 0] == 1.0  # a constant never changed
    few = next(drawn_fills(values[:1], filled[1:2], np.arange(4), 1, 1))
    np.testing.assert_array_equal(few, values[:1])


def test_the_index_moves_only_where_cells_were_filled() -> None:
    frame = cells(units=12, times=8)
    made = tables.index_filled(frame, indicators(), n=30).rows
    assert len(made) == 96 and (made["rank_lower"] <= made["rank_upper"]).all()
    assert made["n_filled"].sum() == frame["is_interpolated"].sum()
    assert (made["score_lower"] < made["score_upper"]).all()  # bounds and weights are of all
    whole = tables.index_filled(frame.assign(is_interpolated=False), indicators(), n=5).rows
    np.testing.assert_allclose(whole["score_lower"], whole["score"])
    np.testing.assert_array_equal(whole["rank_upper"], whole["score_rank"])
    assert tables.index_filled(frame.assign(score=np.nan), indicators()).rows.empty


def test_a_list_names_whole_names() -> None:
    lists = pd.Series(["ami,coagglo_urban", None, "eg,coagglo"])
    assert tables.named_in(lists, "coagglo").tolist() == [False, False, True]
