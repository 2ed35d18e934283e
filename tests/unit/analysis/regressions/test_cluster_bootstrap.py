"""Resampling counts, and intervals of bootstrap draws, against textbook numbers and scipy."""

import numpy as np
import pytest
from brute_force import random_panel
from scipy import stats

from analysis.intervals import (
    UNDEFINED,
    acceleration,
    bootstrap_effect,
    interval_shares,
    least_draws,
)
from analysis.panel import EstimationError, estimation_sample
from analysis.regressions import cluster_bootstrap
from analysis.regressions.cluster_bootstrap import Factors, cluster_products, resampling_counts
from analysis.regressions.fixed_effects import two_way_fe


def test_every_resample_draws_as_many_clusters_as_there_are() -> None:
    counts = np.concatenate([*resampling_counts(7, 4000, seed=1)])
    assert counts.shape == (4000, 7)
    assert (counts.sum(axis=1) == 7).all()
    # A count is binomial(7, 1/7): mean 1, variance 6/7; four simulation errors.
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=4 * np.sqrt(6 / 7 / 4000))
    assert counts.var() == pytest.approx(6 / 7, abs=0.05)


def test_the_seed_decides_the_resamples() -> None:
    same = np.concatenate([*resampling_counts(5, 50, seed=3)])
    assert (same == np.concatenate([*resampling_counts(5, 50, seed=3)])).all()
    assert (same != np.concatenate([*resampling_counts(5, 50, seed=4)])).any()


def test_interval_shares_of_efron_and_tibshirani() -> None:
    # Their example of the variance of 26 spatial test scores (1993, section 14.3): bias .146,
    # acceleration .061, 90 % interval between the shares .110 and .985. The bias is rounded, so
    # the shares may differ by one in the last digit.
    low, high = interval_shares(0.146, 0.061, 0.90)
    assert (low, high) == (pytest.approx(0.110, abs=1e-3), pytest.approx(0.985, abs=1e-3))
    assert interval_shares(0.0, 0.0, 0.95) == (pytest.approx(0.025), pytest.approx(0.975))


@pytest.mark.parametrize("skew", [0.2, 1.0])
def test_intervals_equal_those_of_scipy(skew: float) -> None:
    sample = stats.lognorm(skew).rvs(size=40, random_state=7)
    leave_one_out = np.array([np.delete(sample, i).mean() for i in range(40)])
    for method, name in (("percentile", "percentile"), ("BCa", "bca")):
        peer = stats.bootstrap((sample,), np.mean, n_resamples=4999, method=method, rng=11)
        draws = np.sort(peer.bootstrap_distribution)
        effect = bootstrap_effect(sample.mean(), draws, leave_one_out, 0.95)
        ours = getattr(effect, name)
        # scipy interpolates between draws where Stata takes one: a neighbour's distance apart.
        for mine, theirs in zip(ours, peer.confidence_interval, strict=True):
            place = np.searchsorted(draws, theirs)
            assert draws[place - 3] <= mine <= draws[place + 3]
        assert effect.se == pytest.approx(peer.standard_error, rel=1e-12)


def test_quantiles_are_those_of_stata() -> None:
    # 200 draws, 2.5 % of them 5: the mean of the fifth and sixth (Stata manual, _pctile).
    effect = bootstrap_effect(100.5, np.arange(1.0, 201.0), np.arange(10.0), 0.95)
    assert effect.percentile == (5.5, 195.5)
    # 210 draws, 2.5 % of them 5.25: the sixth.
    effect = bootstrap_effect(100.5, np.arange(1.0, 211.0), np.arange(10.0), 0.95)
    assert effect.percentile == (6.0, 205.0)


def test_bias_corrected_interval_moves_towards_the_side_of_the_estimate() -> None:
    draws = np.random.default_rng(0).normal(size=2000)
    effect = bootstrap_effect(0.5, draws, np.array([-1.0, 0.0, 1.0]), 0.95)
    assert effect.bias_corrected.lower > effect.percentile.lower
    assert effect.bias_corrected.upper > effect.percentile.upper
    # Leave-one-out estimates that are symmetric accelerate nothing.
    assert effect.bca == effect.bias_corrected


def test_acceleration_of_no_spread_and_of_no_estimate() -> None:
    assert acceleration(np.full(5, 2.0)) == 0
    assert np.isnan(acceleration(np.array([1.0, np.nan, 2.0])))


def test_an_interval_that_is_undefined_says_so() -> None:
    draws = np.arange(1.0, 301.0)
    beyond = bootstrap_effect(1000.0, draws, np.arange(5.0), 0.95)
    assert beyond.bias_corrected is UNDEFINED and beyond.bca is UNDEFINED
    assert np.isfinite(beyond.percentile).all()
    lost = bootstrap_effect(150.0, draws, np.array([1.0, np.nan]), 0.95)
    assert lost.bca is UNDEFINED and np.isfinite(lost.bias_corrected).all()


def test_draws_without_estimate_are_left_aside() -> None:
    draws = np.random.default_rng(0).normal(size=500)
    some = np.insert(draws, [0, 100, 300], np.nan)
    jackknife = np.array([0.0, 1.0, 5.0])
    assert bootstrap_effect(0.1, some, jackknife, 0.9) == bootstrap_effect(
        0.1, draws, jackknife, 0.9
    )


def test_least_draws_leave_ten_outside() -> None:
    assert (least_draws(0.95), least_draws(0.9), least_draws(0.99)) == (200, 100, 1000)
    with pytest.raises(EstimationError, match="level 95: expected a share"):
        least_draws(95)


def test_draws_are_the_same_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate([*resampling_counts(9, 60, seed=4)])
    monkeypatch.setattr(cluster_bootstrap, "_BLOCK", 7)
    blocks = [*resampling_counts(9, 60, seed=4)]
    assert [len(block) for block in blocks] == [7] * 8 + [4]
    assert (np.concatenate(blocks) == whole).all()


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_factors_without_each_entity_are_those_of_the_others(missing: float) -> None:
    panel = random_panel(2, provinces=8, years=6, missing=missing)
    columns = ["x1", "x2", "y"]
    sample = estimation_sample(panel, "y", columns[:2], entity="province", time="year")
    lower = cluster_products(sample, columns).without_each().lower
    for place, province in enumerate(sample.entities):
        rest = panel[panel["province"] != province]
        slopes = two_way_fe(rest, "y", columns[:2]).params
        sums = cluster_products(sample, columns)
        found = Factors(lower[..., [place]]).coefficients(2, 2, 2)[:, 0]
        assert found * sums.scale[2] / sums.scale[:2] == pytest.approx(slopes.to_numpy(), rel=1e-9)
