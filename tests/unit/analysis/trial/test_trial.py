"""What scores over recipes say: uncertainty, sensitivity, coherence, comparability, codes."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from trial_data import cells, data, indicators

from analysis.paper import trial_tables
from analysis.trial import coherence, entropy_codes
from analysis.trial.comparability import score_changes
from analysis.trial.indicators import IndicatorArrays, indicator_arrays
from analysis.trial.rank_uncertainty import rank_shift, rank_uncertainty
from analysis.trial.recipes import CHOICES, PUBLISHED, Recipe, RecipeSpace
from analysis.trial.scoring import recipe_ranks, recipe_scores
from analysis.trial.sobol_indices import sobol_design, sobol_indices
from analysis.trial.weighting import correlations


def test_uncertainty_counts_recipes() -> None:
    """Three recipes, unit by unit as a loop counts them."""
    recipes = [PUBLISHED, Recipe(weighting="equal"), Recipe(normalisation="rank")]
    found = rank_uncertainty(data(), recipes, level=0.5, top=2)
    scores = recipe_scores(data(), recipes)
    ranks = recipe_ranks(scores)
    for u, t in np.ndindex(5, 4):
        assert found.score[u, t] == pytest.approx(scores[0, u, t])
        assert found.rank[u, t] == ranks[0, u, t]
        assert found.score_median[u, t] == pytest.approx(np.median(scores[:, u, t]))
        assert found.rank_median[u, t] == sorted(ranks[:, u, t])[1]
        assert found.rank_lower[u, t] == min(ranks[:, u, t])
        assert found.share_top[u, t] == np.mean(ranks[:, u, t] <= 2)
        below = found.below[u, t]
        assert (below < 0) == (ranks[0, u, t] == 5)
        if below >= 0:
            assert ranks[0, below, t] == ranks[0, u, t] + 1
            assert found.p_above[u, t] == np.mean(scores[:, u, t] > scores[:, below, t])
    shift = rank_shift(data(), recipes)
    assert shift[0] == 0
    assert shift[1] == np.abs(ranks[1].astype(int) - ranks[0]).mean()


def test_of_many_units_some_times_after_the_others_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def tables() -> list[pd.DataFrame]:
        frames = (cells(), indicators())
        index = cells()[["province_code", "year"]].drop_duplicates().assign(ami=50.0)
        return [
            trial_tables.recipes(*frames, n=32).rows,
            trial_tables.uncertainty(*frames, index, n=32).rows,
            trial_tables.sensitivity(*frames, n=32).rows,
        ]

    at_once = tables()
    # Of 33 recipes and five units one time is more than this.
    monkeypatch.setattr("analysis.trial.scoring._AT_ONCE", 100)
    for one, other in zip(tables(), at_once, strict=True):
        assert len(one)
        pd.testing.assert_frame_equal(one, other, rtol=1e-12)


def exact_indices(values: np.ndarray, shares: tuple[np.ndarray, ...]) -> tuple[list, list]:
    """First and total order from every recipe there is, by the definition."""
    weight = np.ones(())
    for share in shares:
        weight = np.multiply.outer(weight, share)

    def mean(over: tuple[int, ...]) -> np.ndarray:
        total = weight.sum(axis=over, keepdims=True)
        return (values * weight).sum(axis=over, keepdims=True) / total

    every = tuple(range(values.ndim))
    variance = float((weight * (values - mean(every)) ** 2).sum())
    first = [
        float((weight * (mean(tuple(set(every) - {i})) - mean(every)) ** 2).sum()) / variance
        for i in every
    ]
    total = [float((weight * (values - mean((i,))) ** 2).sum()) / variance for i in every]
    return first, total


def test_sensitivity_is_that_of_every_recipe_there_is() -> None:
    """The whole space of a small panel, 17,640 recipes, against a design of 2,048 rows."""
    space = RecipeSpace.of(data().names, data().dimensions)
    every = [Recipe(*options) for options in product(*space.options)]
    score = recipe_scores(data(), every)[:, 0, -1].reshape([len(o) for o in space.options])
    first, total = exact_indices(score, space.shares)
    design = sobol_design(2048, len(CHOICES), 4)
    drawn = recipe_scores(data(), space.recipes(design.reshape(-1, len(CHOICES))))[:, 0, -1]
    found = sobol_indices(drawn.reshape(2048, -1, 1))
    np.testing.assert_allclose(found.first[:, 0], first, atol=0.04)
    np.testing.assert_allclose(found.total[:, 0], total, atol=0.04)
    assert (found.first_lower <= found.first).all() and (found.first <= found.first_upper).all()


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sensitivity_is_that_of_salib_and_of_ishigami_and_homma() -> None:
    """SALib 1.6.0 on the same points; exactly .3139, .4424, 0 and .5576, .4424, .2437."""
    points = sobol_design(1024, 3, 7)
    x = (points.reshape(-1, 3) * 2 - 1) * np.pi
    found = sobol_indices(ishigami(x).reshape(1024, 5, 1), reps=200)
    salib = [0.34070684, 0.4385386, 0.01688364], [0.55469583, 0.44307079, 0.24477511]
    np.testing.assert_allclose(found.first[:, 0], salib[0], atol=5e-9)
    np.testing.assert_allclose(found.total[:, 0], salib[1], atol=5e-9)
    exact = np.array([0.5576, 0.4424, 0.2437])
    assert (found.total_lower[:, 0] < exact).all() and (exact < found.total_upper[:, 0]).all()
    with pytest.raises(ValueError, match="not finite"):
        sobol_indices(np.full((4, 5, 1), np.nan))
    # What an indicator counts for, in whatever form: the same exact first-order indices.
    ratios = [coherence.correlation_ratio(ishigami(x), column) for column in x.T]
    np.testing.assert_allclose(ratios, [0.3139, 0.4424, 0], atol=0.015)


def test_an_output_that_nothing_moves_has_no_sensitivity() -> None:
    found = sobol_indices(np.full((8, 4, 1), 3.0), reps=5)
    assert np.isnan(found.first).all() and np.isnan(found.total).all()


# Fisher's iris as factor_analyzer 0.5.1 has it: Bartlett's test, KMO.
IRIS_CORRELATION = np.array(
    [
        [1, -0.11756978413300204, 0.8717537758865832, 0.8179411262715757],
        [-0.11756978413300204, 1, -0.42844010433054014, -0.3661259325364388],
        [0.8717537758865832, -0.42844010433054014, 1, 0.9628654314027961],
        [0.8179411262715757, -0.3661259325364388, 0.9628654314027961, 1],
    ]
)


def test_coherence_is_that_of_factor_analyzer() -> None:
    test = coherence.bartlett_sphericity(IRIS_CORRELATION, 150)
    assert test.statistic == pytest.approx(706.9592430234729)
    assert (test.df, test.p_value) == (6, pytest.approx(1.9226796044168678e-149))
    overall, each = coherence.kaiser_meyer_olkin(IRIS_CORRELATION)
    assert overall == pytest.approx(0.5400766750097206)
    np.testing.assert_allclose(each, [0.58406029, 0.26957462, 0.53074842, 0.63420655], atol=1e-8)
    singular = np.ones((2, 2))
    assert np.isnan(coherence.kaiser_meyer_olkin(singular)[0])
    assert np.isnan(coherence.bartlett_sphericity(singular, 9).statistic)


def test_alpha_by_hand() -> None:
    """Two columns with variances 1 and 1 and covariance 1/2: 2 (1 - 2/3) = 2/3."""
    x = np.array([[-1.0, -1], [0, 1], [1, 0]])
    assert coherence.cronbach_alpha(x) == pytest.approx(2 / 3)
    assert np.isnan(coherence.cronbach_alpha(x[:, :1]))


def test_a_figure_written_twice_has_one_rank_correlation() -> None:
    share = np.linspace(0.3, 0.8, 9)
    both = np.column_stack([share / (1 - share), -share])
    assert coherence.rank_correlation(both)[0, 1] == pytest.approx(-1)


def test_changes_add_up_and_own_figures_explain_what_moves_no_bound() -> None:
    found = score_changes(data(6, 5))
    np.testing.assert_allclose(
        found.change, found.own + found.of_bounds + found.of_weights, atol=1e-12
    )
    until = [recipe_scores(data_until(t), [PUBLISHED])[0, :, [t - 1, t]] for t in range(1, 5)]
    before = [recipe_scores(data_until(t - 1), [PUBLISHED])[0, :, t - 1] for t in range(1, 5)]
    np.testing.assert_allclose(
        found.change, np.array([b[1] - a for a, b in zip(before, until, strict=True)]).T, atol=1e-10
    )


def data_until(t: int) -> IndicatorArrays:
    frame = cells(6, 5)
    return indicator_arrays(frame[frame["year"] <= 2010 + t], indicators())


def test_codes_that_average_groups_are_not_proportional_and_others_are() -> None:
    for name, code in entropy_codes.CODES.items():
        overall, individual = entropy_codes.code_weights(code.utilities(data()), data().dimensions)
        far = entropy_codes.disproportion(overall, individual, data().dimensions).max()
        assert (far > 1e-3) == name.startswith("by_"), name
        assert overall.sum() == pytest.approx(1) and individual.sum() == pytest.approx(2)


def test_the_weights_of_table_2_are_not_proportional() -> None:
    seeds = trial_tables.__file__.replace("analysis/paper/trial_tables.py", "dbt/seeds/")
    printed = pd.read_csv(f"{seeds}paper/published_indicators.csv")
    of = pd.read_csv(f"{seeds}reference/indicators.csv").set_index("indicator")["dimension"]
    far = entropy_codes.disproportion(
        printed["overall_weight"].to_numpy(),
        printed["individual_weight"].to_numpy(),
        of.loc[printed["indicator"]],
    )
    assert far.mean() == pytest.approx(0.0763, abs=1e-4)
    assert far.max() == pytest.approx(0.179, abs=1e-4)


def test_tables_have_rows_for_every_province_and_flag_by_the_limits() -> None:
    made = trial_tables.uncertainty(cells(), indicators(), index_frame(), n=64)
    assert len(made.rows) == 20 and made.notes == ()
    assert made.rows.query("year == 2010")["score_rank"].tolist() == [
        *recipe_ranks(recipe_scores(data(), [PUBLISHED]))[0, :, 0]
    ]
    noted = trial_tables.uncertainty(cells(), indicators(), index_frame().assign(ami=0.0), n=64)
    assert "built with other options" in noted.notes[0][2]
    limits = pd.DataFrame(
        [(False, "index_coherence", "alpha", 2.0, np.nan), (True, "index_coherence", "kmo", 2, 3)],
        columns=["synthetic", "rule", "subject", "low", "high"],
    )
    rows = trial_tables.coherent(cells(), indicators(), limits).rows
    assert set(rows.loc[rows["flag"] != "", "measure"]) == {"alpha"}
    assert set(rows.loc[rows["measure"] == "alpha", "flag"]) == {"low"}
    shares = rows[rows["measure"] == "effective_weight"]["statistic"]
    assert shares.sum() == pytest.approx(1)
    correlated = rows[rows["measure"].str.startswith("correlation_") & (rows["other"] != "")]
    assert len(correlated) == 6
    assert correlations(data().values).shape == (4, 4)


def index_frame() -> pd.DataFrame:
    score = recipe_scores(data(), [PUBLISHED])[0]
    frame = cells()[["province_code", "year"]].drop_duplicates()
    return frame.assign(ami=score.ravel(), ami_partial=np.nan)


def test_what_some_recipe_cannot_score_is_left_out_of_sensitivity_and_counted() -> None:
    """A unit that is filled in the last year, and then everything: no recipe stops the tables."""
    whole = cells(units=3).assign(is_interpolated=False, max_gap_length=0)
    is_open = (whole["province_code"] == "000001") & (whole["year"] == whole["year"].max())
    made = trial_tables.sensitivity(
        whole.assign(is_interpolated=is_open, max_gap_length=np.where(is_open, 9, 0)),
        indicators(),
        n=16,
    )
    scored = made.rows[made.rows["output"] == "score"]
    assert set(scored["province_code"]) == {"000000", "000002"}
    assert np.isfinite(made.rows["first_order"]).any()
    assert "leaves out 1 province-years" in made.notes[0][2]
    every = whole.assign(is_interpolated=True, max_gap_length=9)
    for make in (trial_tables.recipes, trial_tables.codes):
        assert len(make(every, indicators()).rows)
    nothing = trial_tables.sensitivity(every, indicators(), n=16)
    assert nothing.rows.empty and "leaves out 12 province-years" in nothing.notes[0][2]


def test_without_scores_tables_have_no_rows_and_say_so() -> None:
    nothing = cells().assign(score=np.nan)
    for make in (trial_tables.recipes, trial_tables.sensitivity, trial_tables.codes):
        made = make(nothing, indicators())
        assert made.rows.empty and made.not_estimable[0].reason == "no indicator has a score"
