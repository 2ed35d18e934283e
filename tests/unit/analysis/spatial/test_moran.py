"""Moran's I: every order of a few values, esda's permutations, years that are incomplete."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from esda.moran import Moran
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.weights import full2W

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial import moran
from analysis.spatial.moran import NOT_SIGNIFICANT, by_year, global_moran, local
from analysis.spatial.weights import contiguity, great_circle, inverse_distance
from analysis.spatial.weights_matrix import SpatialWeights


def some_weights(n: int, number: int) -> SpatialWeights:
    """Dense and not symmetric."""
    raw = np.random.default_rng(number).uniform(0.1, 1, (n, n))
    np.fill_diagonal(raw, 0)
    return SpatialWeights.standardised("dense", [f"u{place:02}" for place in range(n)], raw)


def path(n: int) -> SpatialWeights:
    """Each unit beside the next."""
    ids = [f"u{place:02}" for place in range(n)]
    pairs = pd.DataFrame({"province_code_a": ids[:-1], "province_code_b": ids[1:]})
    return contiguity(pairs, ids)


def panel_of(weights: SpatialWeights, years: list[int], number: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(number)
    keys = pd.MultiIndex.from_product([weights.ids, years], names=["province_code", "year"])
    frame = pd.DataFrame({"ami": random.normal(size=len(keys))}, index=keys)
    return frame.reset_index()


def i_of(values: np.ndarray, weights: SpatialWeights) -> float:
    """The definition, summed pair by pair."""
    z = values - values.mean()
    n = len(z)
    products = sum(weights.matrix.toarray()[i, j] * z[i] * z[j] for i in range(n) for j in range(n))
    return n / weights.matrix.toarray().sum() * products / sum(z**2)


class TestGlobal:
    @settings(deadline=None, max_examples=15)
    @given(st.integers(0, 2**32 - 1))
    def test_every_order_of_six_values(self, number: int) -> None:
        weights = some_weights(6, number)
        values = np.random.default_rng(number).exponential(size=6)
        found = global_moran(pd.Series(values, weights.ids), weights, permutations=2999)
        orders = np.array([i_of(np.array(order), weights) for order in permutations(values)])
        assert found.moran_i == pytest.approx(i_of(values, weights))
        # The moments under randomisation are those over all orders, exactly.
        assert found.expectation == pytest.approx(orders.mean())
        assert found.variance_randomisation == pytest.approx(orders.var())
        above = (orders >= found.moran_i - 1e-12).mean()
        below = (orders <= found.moran_i + 1e-12).mean()
        assert found.p_permutation == pytest.approx(min(1, 2 * min(above, below)), abs=0.06)
        assert orders.min() - 1e-12 <= found.lower < found.upper <= orders.max() + 1e-12

    @pytest.mark.parametrize("is_symmetric", [True, False])
    def test_weights_under_which_every_order_has_one_i_are_refused(
        self, is_symmetric: bool
    ) -> None:
        ids = [f"u{place:02}" for place in range(5)]
        raw = np.ones((5, 5)) - np.eye(5)
        if not is_symmetric:  # more on the next one round the circle, less on the one before
            turn = np.roll(np.eye(5), 1, axis=1)
            raw += 0.5 * (turn - turn.T)
        weights = SpatialWeights.standardised("equal", ids, raw)
        values = np.random.default_rng(8).exponential(size=5)
        orders = [i_of(np.array(order), weights) for order in permutations(values)]
        np.testing.assert_allclose(orders, -1 / 4)
        with pytest.raises(NotIdentifiedError, match=r"'equal' all 5 units .* is -0.25 whatever"):
            global_moran(pd.Series(values, ids), weights)

    def test_a_pair_that_weighs_a_little_more_is_not_refused(self) -> None:
        raw = np.ones((6, 6)) - np.eye(6)
        raw[0, 1] += 1e-4
        weights = SpatialWeights.standardised("almost", [f"u{i}" for i in range(6)], raw)
        values = np.random.default_rng(8).exponential(size=6)
        orders = np.array([i_of(np.array(order), weights) for order in permutations(values)])
        found = global_moran(pd.Series(values, weights.ids), weights)
        assert found.variance_randomisation == pytest.approx(orders.var(), rel=1e-6)
        assert 0 < found.p_randomisation < 1

    def test_permutations_agree_with_those_of_esda(self) -> None:
        weights = path(20)
        values = pd.Series(np.cumsum(np.random.default_rng(3).normal(size=20)), weights.ids)
        state = np.random.get_state()
        np.random.seed(1)
        theirs = Moran(
            values.to_numpy(),
            full2W(weights.matrix.toarray(), ids=list(weights.ids)),
            permutations=1999,
        )
        np.random.set_state(state)
        ours = global_moran(values, weights)
        assert ours.p_permutation == pytest.approx(2 * theirs.p_sim, abs=0.005)
        assert ours.upper == pytest.approx(np.quantile(theirs.sim, 0.975), abs=0.03)

    def test_moments_and_p_values_are_those_of_esda(self) -> None:
        weights = some_weights(12, 2)
        values = pd.Series(np.random.default_rng(2).exponential(size=12), weights.ids)
        theirs = Moran(values.to_numpy(), full2W(weights.matrix.toarray()), permutations=0)
        ours = global_moran(values, weights, permutations=99)
        names = {
            "moran_i": "I", "expectation": "EI",
            "variance_normality": "VI_norm", "z_normality": "z_norm", "p_normality": "p_norm",
            "variance_randomisation": "VI_rand", "z_randomisation": "z_rand",
            "p_randomisation": "p_rand",
        }  # fmt: skip
        for own, of_esda in names.items():
            assert getattr(ours, own) == pytest.approx(getattr(theirs, of_esda), rel=1e-11), own

    @pytest.mark.parametrize("n", [5, 30])
    def test_sparse_products_in_blocks_are_the_dense_ones(
        self, n: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        panel = panel_of(path(n), [2003, 2004, 2005])
        one = by_year(panel, "ami", path(n), permutations=200)
        monkeypatch.setattr(moran, "_CELLS", 50)
        monkeypatch.setattr(moran, "_DENSE", 0.0)
        pd.testing.assert_frame_equal(one, by_year(panel, "ami", path(n), permutations=200))

    def test_noise_is_found_significant_about_as_often_as_said(self) -> None:
        weights = path(25)
        panel = panel_of(weights, list(range(150)))
        found = by_year(panel, "ami", weights, permutations=499)
        for p in ("p_permutation", "p_randomisation", "p_normality"):
            assert 0.01 < (found[p] < 0.05).mean() < 0.1, p
        # A chance of missing these bounds of 1 in 1,000 at a true share of .05.

    def test_a_gradient_is_positive_and_a_chessboard_negative(self) -> None:
        weights = path(16)
        gradient = global_moran(pd.Series(np.arange(16.0), weights.ids), weights)
        board = global_moran(pd.Series([1.0, -1.0] * 8, weights.ids), weights)
        assert gradient.moran_i > 0.8 and gradient.moran_i > gradient.upper
        assert board.moran_i == pytest.approx(-1) and board.moran_i < board.lower
        assert gradient.p_permutation == pytest.approx(2 / 10_000)
        # Two of the 12,870 ways to place the ones are chessboards.
        assert board.p_permutation < 0.002

    @settings(deadline=None, max_examples=25)
    @given(st.integers(0, 2**32 - 1), st.floats(0.1, 1e6), st.floats(-1e6, 1e6))
    def test_units_of_measurement_and_order_of_rows_do_not_matter(
        self, number: int, scale: float, shift: float
    ) -> None:
        weights = some_weights(8, number)
        values = pd.Series(np.random.default_rng(number).normal(size=8), weights.ids)
        one = global_moran(values, weights, permutations=99)
        mixed = values.sample(frac=1, random_state=number % 1000) * scale + shift * scale
        other = global_moran(mixed, weights.restricted(weights.ids[::-1]), permutations=99)
        assert one.moran_i == pytest.approx(other.moran_i, abs=1e-7)
        assert one.p_permutation == other.p_permutation

    @pytest.mark.parametrize(
        ("values", "error", "words"),
        [
            ({"u00": 1.0, "u01": 2, "u02": 3}, NotIdentifiedError, "3 units have a value"),
            (dict.fromkeys(["u00", "u01", "u02", "u03"], 7.1), NotIdentifiedError, "same value"),
            ({"u00": 1.0, "u01": 2, "u02": 3, "z": 1}, EstimationError, "units of weights .*: z"),
            ({"u00": 1.0, "u01": np.inf, "u02": 3, "u03": 1}, EstimationError, "others at: u01"),
        ],
    )
    def test_faults(self, values: dict[str, float], error: type, words: str) -> None:
        with pytest.raises(error, match=words):
            global_moran(pd.Series(values), path(5))


class TestByYear:
    def test_a_year_of_equal_neighbours_alone_says_so(self) -> None:
        # Without the ends of the path, its middle three and two more who all touch each other.
        raw = np.ones((6, 6)) - np.eye(6)
        raw[0, 1:] = raw[1:, 0] = [1, 0, 0, 0, 0]
        weights = SpatialWeights.standardised("tail", [f"u{i}" for i in range(6)], raw)
        panel = panel_of(weights, [2001, 2002])
        panel = panel[(panel["year"] == 2001) | (panel["province_code"] != "u0")]
        found = by_year(panel, "ami", weights, permutations=99).set_index("year")
        assert found.loc[2001, "reason"] == ""
        assert "all 5 units are equally" in found.loc[2002, "reason"]
        assert np.isnan(found.loc[2002, "p_normality"])
        with pytest.raises(NotIdentifiedError, match="all 5 units are equally"):
            local(panel, "ami", weights, year=2002)

    def test_a_year_is_that_cross_section_and_no_matter_in_which_order(self) -> None:
        weights = inverse_distance(
            great_circle(
                pd.DataFrame(
                    {"province_code": list("fedcba"), "latitude": range(30, 36), "longitude": 110}
                )
            )
        )
        panel = panel_of(weights, [2003, 2004, 2005])
        found = by_year(panel, "ami", weights, permutations=199)
        mixed = by_year(panel.sample(frac=1, random_state=5), "ami", weights, permutations=199)
        pd.testing.assert_frame_equal(found, mixed)
        alone = by_year(panel[panel["year"] == 2004], "ami", weights, permutations=199)
        pd.testing.assert_frame_equal(found[found["year"] == 2004].reset_index(drop=True), alone)
        values = panel[panel["year"] == 2004].set_index("province_code")["ami"]
        assert alone["moran_i"].item() == pytest.approx(i_of(values.to_numpy(), weights))

    def test_an_incomplete_year_says_who_is_missing_and_standardises_again(self) -> None:
        weights = some_weights(7, 2)
        panel = panel_of(weights, [2003, 2004])
        panel.loc[panel["province_code"].isin(["u01", "u04"]) & (panel["year"] == 2004), "ami"] = (
            np.nan
        )
        last = by_year(panel, "ami", weights).iloc[-1]
        assert (last["n"], last["missing"], last["reason"]) == (5, "u01,u04", "")
        known = panel.query("year == 2004").dropna().set_index("province_code")["ami"]
        assert last["moran_i"] == pytest.approx(
            i_of(known.to_numpy(), weights.restricted(known.index))
        )

    def test_years_that_carry_no_statistic_say_why(self) -> None:
        weights = path(6)
        panel = panel_of(weights, [2003, 2004, 2005, 2006])
        # Without u01, u00 has no neighbour left.
        panel.loc[(panel["province_code"] == "u01") & (panel["year"] == 2004), "ami"] = np.nan
        panel.loc[panel["year"] == 2005, "ami"] = 3.0
        panel.loc[panel["year"] == 2006, "ami"] = np.nan
        found = by_year(panel, "ami", weights).set_index("year")
        assert found["moran_i"].notna().tolist() == [True, False, False, False]
        assert "no neighbour: u00" in found.loc[2004, "reason"]
        assert "same value" in found.loc[2005, "reason"]
        assert "0 units have a value" in found.loc[2006, "reason"]
        assert found["n"].tolist() == [6, 5, 6, 0]

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda panel: pd.concat([panel, panel.tail(1)]), "more than once: u05 2003"),
            (lambda panel: panel.rename(columns={"ami": "x"}), "not in the panel: ami"),
            (lambda panel: panel.assign(ami="1"), "found '1' at u00 2003"),
            (lambda panel: panel.replace("u05", "u99"), "units of weights 'contiguity': u99"),
        ],
    )
    def test_faults(self, spoil, words: str) -> None:
        with pytest.raises(EstimationError, match=words):
            by_year(spoil(panel_of(path(6), [2003])), "ami", path(6))


class TestLocal:
    def test_a_rich_and_a_poor_end_are_clusters(self) -> None:
        weights = path(60)
        steps = np.r_[np.full(6, 9.0), np.zeros(48), np.full(6, -9.0)]
        values = steps + np.random.default_rng(1).normal(0, 0.4, 60)
        values[3] = -9.0  # A poor one among rich ones.
        panel = pd.DataFrame({"province_code": weights.ids, "year": 2020, "ami": values})
        found = local(panel, "ami", weights)
        rows = found.rows.set_index("province_code")
        assert rows.loc["u03", "quadrant"] == "LH"
        assert set(rows.loc["u55":"u58", "cluster"]) == {"LL"}
        assert rows.loc["u01", "cluster"] == "HH"
        assert rows.loc["u30", "cluster"] == NOT_SIGNIFICANT
        assert (rows["p_fdr"] >= rows["p"]).all()
        assert (rows["cluster_fdr"] != NOT_SIGNIFICANT).sum() < (
            rows["cluster"] != NOT_SIGNIFICANT
        ).sum()

    def test_p_values_are_those_of_every_order_of_the_others(self) -> None:
        weights = some_weights(6, 4)
        values = np.random.default_rng(4).exponential(size=6)
        panel = pd.DataFrame({"province_code": weights.ids, "year": 2020, "ami": values})
        rows = local(panel, "ami", weights).rows
        z = (values - values.mean()) / values.std()
        for place, row in rows.iterrows():
            others = np.delete(weights.matrix.toarray()[place], place)
            lags = np.array([others @ order for order in permutations(np.delete(z, place))])
            tail = min((lags >= row["lag"] - 1e-12).mean(), (lags <= row["lag"] + 1e-12).mean())
            assert row["p"] == pytest.approx(min(1, 2 * tail), abs=0.03)

    def test_it_adds_up_to_the_global_one_in_any_order(self) -> None:
        weights = some_weights(9, 5)
        panel = panel_of(weights, [2003, 2004])
        panel.loc[(panel["year"] == 2004) & (panel["province_code"] == "u02"), "ami"] = np.nan
        found = local(panel, "ami", weights, permutations=199)
        mixed = local(panel.sample(frac=1, random_state=2), "ami", weights, permutations=199)
        pd.testing.assert_frame_equal(found.rows, mixed.rows)
        assert (found.year, found.missing, len(found.rows)) == (2004, ("u02",), 8)
        yearly = by_year(panel, "ami", weights, permutations=9).iloc[-1]
        assert found.moran_i == pytest.approx(yearly["moran_i"])
        assert found.rows["local_i"].sum() == pytest.approx(7 * found.moran_i)
        slope = np.polyfit(found.rows["z"], found.rows["lag"], 1)[0]
        assert slope == pytest.approx(found.moran_i)

    def test_the_last_year_with_values_or_the_one_asked_for(self) -> None:
        weights = path(6)
        panel = panel_of(weights, [2003, 2004, 2005])
        panel.loc[panel["year"] == 2005, "ami"] = np.nan
        assert local(panel, "ami", weights, permutations=19).year == 2004
        assert local(panel, "ami", weights, year=2003, permutations=19).year == 2003
        with pytest.raises(NotIdentifiedError, match="no unit has a value of ami in 2005"):
            local(panel, "ami", weights, year=2005)
        with pytest.raises(NotIdentifiedError, match=r"no unit has a value of ami$"):
            local(panel.assign(ami=np.nan), "ami", weights)
