"""Recipes: rows that can be run again, treatment, scales, weights, means, samples."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from trial_data import cells, data, indicators

from analysis.trial.indicators import indicator_arrays
from analysis.trial.normalisation import NORMALISATIONS, minmax
from analysis.trial.recipes import (
    CHOICES,
    PUBLISHED,
    Recipe,
    RecipeSpace,
    as_frame,
    from_frame,
    sobol_points,
)
from analysis.trial.scoring import FLOOR, recipe_ranks, recipe_scores
from analysis.trial.treatment import (
    IMPUTATIONS,
    log_from_minimum,
    skewness_kurtosis,
    winsorised_to_shape,
)
from analysis.trial.weighting import FAVOUR, WEIGHTS, benefit_of_the_doubt, critic, scatter_degree

# What pymcdm 1.4.0 gives (critic_weights, standard_deviation_weights, entropy_weights).
TINY = np.array([[0, 0.2, 1], [0.5, 1, 0.1], [1, 0, 0.4], [0.3, 0.6, 0]])[:, None]
TINY_CRITIC = [0.2960018955976535, 0.3396117362238518, 0.36438636817849457]
TINY_DEVIATION = [0.3199277063284271, 0.3375514076660203, 0.34252088600555264]
POSITIVE = np.array([[1, 0.2, 1], [0.5, 1, 0.1], [1, 0.3, 0.4], [0.3, 0.6, 0.2]])[:, None]
POSITIVE_ENTROPY = [0.17541786606947107, 0.29229832898231173, 0.5322838049482173]


def whole_space() -> list[Recipe]:
    space = RecipeSpace.of(data().names, data().dimensions)
    return [Recipe(*options) for options in product(*space.options)]


@pytest.mark.slow
def test_every_recipe_alone_gives_what_it_gives_among_all() -> None:
    recipes = whole_space()
    together = recipe_scores(data(), recipes)
    assert len(recipes) == 4 * 3 * 7 * 10 * 3 * 7
    assert np.isfinite(together).all()
    for number in range(0, len(recipes), 701):
        again = from_frame(as_frame(recipes).iloc[[number]])
        np.testing.assert_allclose(
            recipe_scores(data(), again)[0], together[number], rtol=0, atol=1e-11
        )


def test_a_recipe_by_hand() -> None:
    """Two units, one time, a in (0, 10), b, of which less is better, in (3, 1): all by hand."""
    frame = cells(2, 1).query("indicator in ['a', 'b']")
    frame = frame.assign(value=[0.0, 1.0, 10.0, 3.0], is_interpolated=False)
    two = indicator_arrays(frame, indicators())
    equal = replace(PUBLISHED, weighting="equal")
    scores = recipe_scores(
        two,
        [equal, replace(equal, aggregation="geometric"), replace(equal, aggregation="harmonic")],
    )
    # a scores 0 and 1, b 1 and 0.
    expected = [50.0, 100 * np.sqrt(FLOOR), 100 / (0.5 + 0.5 / FLOOR)]
    np.testing.assert_allclose(scores[:, :, 0], np.repeat(expected, 2).reshape(3, 2), atol=1e-12)
    without = recipe_scores(two, [replace(equal, left_out="b")])
    np.testing.assert_allclose(without[0, :, 0], [0.0, 100.0])


def test_open_cells_lend_their_weight_to_the_others() -> None:
    frame = cells(3, 1).assign(is_interpolated=False, max_gap_length=0)
    frame.loc[0, "is_interpolated"] = True
    found = indicator_arrays(frame, indicators())
    opened = replace(PUBLISHED, weighting="equal", imputation="none")
    score = recipe_scores(found, [opened])[0, 0, 0]
    scaled = minmax(IMPUTATIONS["none"](found), found.negative)[0, 0]
    assert np.isnan(scaled[0])
    assert score == pytest.approx(100 * scaled[1:].mean())
    limited = replace(opened, imputation="gap_limit")
    np.testing.assert_allclose(
        recipe_scores(found, [limited]),
        recipe_scores(found, [replace(opened, imputation="linear")]),
    )


def test_nearest_takes_the_nearest_figure_and_of_two_the_earlier() -> None:
    found = data(1, 5)
    values = np.arange(5.0)[None, :, None] * np.ones(4)
    filled = np.zeros((1, 5, 4), dtype=bool)
    filled[0, [0, 2, 3], 0] = True  # figures at 1 and 4
    filled[0, :, 1] = True
    made = IMPUTATIONS["nearest"](replace(found, values=values, filled=filled))
    np.testing.assert_array_equal(made[0, :, 0], [1, 1, 1, 4, 4])
    assert np.isnan(made[0, :, 1]).all()
    tied = np.zeros((1, 5, 4), dtype=bool)
    tied[0, 2, 0] = True
    assert IMPUTATIONS["nearest"](replace(found, values=values, filled=tied))[0, 2, 0] == 1


def test_outliers_are_treated_as_coinr_treats_them() -> None:
    """COINr's `skew`, `kurt`, `winsorise` and `log_CT` (R) on the numbers below."""
    values = np.array([*range(1, 21), 400.0, 60.0])
    assert skewness_kurtosis(values) == pytest.approx((4.5414437304924, 20.969168215254))
    drawn = winsorised_to_shape(values, 5)
    np.testing.assert_array_equal(drawn[-3:], [20, 20, 20])
    drawn = winsorised_to_shape(values, 1)
    assert sorted(drawn)[-3:] == [20, 60, 60]
    np.testing.assert_allclose(log_from_minimum(np.array([0.0, 100.0])), np.log([1, 101]))
    np.testing.assert_array_equal(winsorised_to_shape(-values, 5), -winsorised_to_shape(values, 5))


def test_scales_by_hand() -> None:
    """The values of the unit test of int_recipes__scores, and what it expects."""
    values = np.array([[0.0, 20], [10, 40]])[:, :, None]
    expected = {
        "minmax": [[1, 0.5], [0.75, 0]],
        "minmax_year": [[1, 1], [0, 0]],
        "minmax_base": [[1, -1], [0, -3]],
        "rank": [[1, 1], [0, 0]],
        "percentile": [[1, 1 / 3], [2 / 3, 0]],
        "goalposts": [[1, 17 / 35.5], [27 / 35.5, 0]],
        "zscore": 0.5 + 0.1 * np.array([[17.5, -2.5], [7.5, -22.5]]) / np.sqrt(875 / 3),
    }
    assert expected.keys() == NORMALISATIONS.keys()
    for name, scores in expected.items():
        found = NORMALISATIONS[name](values, np.array([True]))[:, :, 0]
        np.testing.assert_allclose(found, scores, atol=1e-12, err_msg=name)
        flat = NORMALISATIONS[name](np.full((2, 2, 1), 7.0), np.array([False]))
        assert (flat == (0.5 if name == "zscore" else 0.0)).all(), name


def test_weights_are_those_of_pymcdm() -> None:
    np.testing.assert_allclose(critic(TINY), TINY_CRITIC, rtol=1e-13)
    found = WEIGHTS["standard_deviation"](TINY, ())
    np.testing.assert_allclose(found, TINY_DEVIATION, rtol=1e-13)
    np.testing.assert_allclose(WEIGHTS["entropy"](POSITIVE, ()), POSITIVE_ENTROPY, rtol=1e-12)


def test_weights_by_hand() -> None:
    """The cells of the unit test of int_recipes__weights, and what it expects."""
    scores = np.array([[[1.0, 1, 0], [0, 1, 1]], [[0, 0, 1], [0, 0, 0]]])
    dimensions, third = ("amt", "amt", "amm"), 1 / np.sqrt(3)
    expected = {
        "entropy": [0.5, 0.25, 0.25],
        "entropy_year": [1 / 6, 5 / 12, 5 / 12],
        "entropy_province": [0.25, 0, 0.75],
        "equal": [1 / 3] * 3,
        "equal_dimension": [0.25, 0.25, 0.5],
        "standard_deviation": np.array([0.5, third, third]) / (0.5 + 2 * third),
        "critic": np.array([1, 2 * third - 1 / 3, 2 * third + 1 / 3]) / (1 + 4 * third),
    }
    for name, weights in expected.items():
        np.testing.assert_allclose(WEIGHTS[name](scores, dimensions), weights, err_msg=name)


def test_scatter_weights_scatter_more_than_any_others() -> None:
    scores = minmax(data().values, data().negative)
    best = scatter_degree(scores)
    rng = np.random.default_rng(1)

    def scattered(weights: np.ndarray) -> float:
        return float(((scores @ (weights / np.linalg.norm(weights))) ** 2).sum())

    others = rng.dirichlet(np.ones(4), 2000)
    assert scattered(best) >= max(map(scattered, others))


def test_component_weights_of_two_blocks() -> None:
    """a = b and c = d, blocks unrelated: two components, each indicator explained in full."""
    grid = np.array([(x, x, y, y) for x, y in product((0.0, 1.0), repeat=2)])[:, None]
    np.testing.assert_allclose(WEIGHTS["principal_components"](grid, ()), [0.25] * 4)


def test_the_benefit_of_the_doubt_is_that_of_a_linear_programme() -> None:
    scores = minmax(data().values, data().negative)
    weights = benefit_of_the_doubt(scores)
    m = scores.shape[-1]
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0)
    for place in np.ndindex(scores.shape[:2]):
        bounds = [(FAVOUR[0] / m, FAVOUR[1] / m)] * m
        best = linprog(-scores[place], A_eq=np.ones((1, m)), b_eq=[1], bounds=bounds)
        assert scores[place] @ weights[place] == pytest.approx(-best.fun)


def test_ranks_are_those_of_sql_and_count_no_missing_unit() -> None:
    scores = np.array([[[3.0], [5.0], [np.nan], [3.0], [1.0]]])
    assert recipe_ranks(scores)[0, :, 0].tolist() == [2, 1, 0, 2, 4]


def test_options_are_drawn_as_often_as_stated() -> None:
    space = RecipeSpace.of(data().names, data().dimensions)
    frame = as_frame(space.sample(4096, 5))
    for choice, options, shares in zip(CHOICES, space.options, space.shares, strict=True):
        found = frame[choice].value_counts(normalize=True).reindex(list(options))
        np.testing.assert_allclose(found, shares, atol=0.002, err_msg=choice)
        assert options[0] == getattr(PUBLISHED, choice)
    assert space.shares[-1][0] == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="1000 recipes: a Sobol sequence is balanced at powers"):
        sobol_points(1000, 2, 0)


def test_what_is_not_known_is_refused() -> None:
    for recipe, words in {
        Recipe(weighting="best"): "weighting 'best' is not known: one of entropy",
        Recipe(normalisation="x"): "normalisation 'x' is not known",
        Recipe(aggregation="sum"): "aggregation 'sum' is not known",
        Recipe(left_out="e"): "'e' cannot be left out",
    }.items():
        with pytest.raises(ValueError, match=words):
            recipe_scores(data(), [recipe])
    with pytest.raises(ValueError, match="several rows for one cell"):
        indicator_arrays(pd.concat([cells(), cells()]), indicators())
    with pytest.raises(ValueError, match="no indicator has a score"):
        indicator_arrays(cells().assign(score=np.nan), indicators())
