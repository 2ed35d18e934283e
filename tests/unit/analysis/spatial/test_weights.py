"""Spatial weights: formulas by hand, the seeds behind them, and every fault named in words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.weights import full2W, lag_spatial
from scipy.sparse.csgraph import connected_components

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.spatial.near_distances import EARTH_RADIUS_KM, near_distances
from analysis.spatial.weights import (
    contiguity,
    economic_distance,
    great_circle,
    inverse_distance,
    mean_gdp_per_capita,
    nearest,
    nested,
    nested_convex,
)
from analysis.spatial.weights_matrix import SpatialWeights

SEEDS = Path(__file__).parents[4] / "dbt" / "seeds" / "reference"


def seed(name: str) -> pd.DataFrame:
    codes = dict.fromkeys(("province_code", "province_code_a", "province_code_b"), str)
    return pd.read_csv(SEEDS / f"{name}.csv", dtype=codes)


def points(*places: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(places, columns=["province_code", "latitude", "longitude"])


def square(values: list[list[float]], ids: str = "abc") -> pd.DataFrame:
    return pd.DataFrame(values, index=list(ids), columns=list(ids), dtype=float)


# Legs 3, 4 and 12 between a and b, a and c, b and c.
TRIANGLE = square([[0, 3, 4], [3, 0, 12], [4, 12, 0]])
GDP = pd.Series({"a": 20_000.0, "b": 50_000.0, "c": 80_000.0})


@pytest.fixture(scope="module")
def provinces() -> pd.Series:
    return seed("provinces").set_index("province_code")["province"]


@pytest.fixture(scope="module")
def borders(provinces: pd.Series) -> pd.DataFrame:
    frame = seed("province_borders")
    ends = {"a": "province_code_a", "b": "province_code_b"}
    return frame.assign(**{end: frame[code].map(provinces) for end, code in ends.items()})


class TestSeeds:
    def test_land_borders_are_those_of_the_map(self, borders: pd.DataFrame) -> None:
        land = borders[borders["kind"] == "land"]
        counts = pd.concat([land["a"], land["b"]]).value_counts()
        assert counts.to_dict() == {
            "Inner Mongolia": 8, "Shaanxi": 8, "Hebei": 7, "Sichuan": 7, "Anhui": 6, "Gansu": 6,
            "Henan": 6, "Hubei": 6, "Hunan": 6, "Jiangxi": 6, "Chongqing": 5, "Guizhou": 5,
            "Zhejiang": 5, "Guangdong": 4, "Guangxi": 4, "Jiangsu": 4, "Qinghai": 4, "Shandong": 4,
            "Shanxi": 4, "Tibet": 4, "Yunnan": 4, "Fujian": 3, "Jilin": 3, "Liaoning": 3,
            "Ningxia": 3, "Xinjiang": 3, "Beijing": 2, "Heilongjiang": 2, "Shanghai": 2,
            "Tianjin": 2,
        }  # fmt: skip
        of_hebei = {
            *borders.loc[borders.a == "Hebei", "b"],
            *borders.loc[borders.b == "Hebei", "a"],
        }
        assert of_hebei == {
            "Beijing", "Tianjin", "Shanxi", "Inner Mongolia", "Liaoning", "Shandong", "Henan",
        }  # fmt: skip

    def test_hainan_is_linked_to_guangdong_alone_and_says_why(self, borders: pd.DataFrame) -> None:
        of_hainan = borders[(borders.a == "Hainan") | (borders.b == "Hainan")]
        assert of_hainan[["a", "b", "kind"]].to_numpy().tolist() == [
            ["Guangdong", "Hainan", "linked"]
        ]
        assert of_hainan["reason"].item()
        assert (borders["kind"] == "linked").sum() == 1

    def test_every_province_is_reached_from_every_other(
        self, provinces: pd.Series, borders: pd.DataFrame
    ) -> None:
        weights = contiguity(borders, provinces.index)
        assert connected_components(weights.matrix.toarray(), directed=False)[0] == 1
        land = borders[borders["kind"] == "land"]
        with pytest.raises(EstimationError, match="'contiguity': no neighbour: 460000"):
            contiguity(land, provinces.index)

    def test_capitals_are_where_they_are(self, provinces: pd.Series) -> None:
        capitals = seed("province_capitals")
        assert set(capitals["province_code"]) == set(provinces.index)
        km = great_circle(capitals).rename(index=provinces, columns=provinces)
        # As the crow flies between the cities, by common knowledge.
        for one, other, printed in (
            ("Beijing", "Shanghai", 1068), ("Beijing", "Tianjin", 109),
            ("Beijing", "Guangdong", 1888), ("Shanghai", "Xinjiang", 3270),
            ("Heilongjiang", "Hainan", 3230), ("Sichuan", "Chongqing", 267),
        ):  # fmt: skip
            assert km.loc[one, other] == pytest.approx(printed, rel=0.025), (one, other)
        # No capital lies farther from its neighbours' than a province or two across.
        borders = seed("province_borders")
        pairs = pd.MultiIndex.from_frame(borders[["province_code_a", "province_code_b"]])
        assert great_circle(capitals).stack().loc[pairs].max() < 1900

    def test_tiles_keep_the_map_together(self, provinces: pd.Series) -> None:
        tiles = seed("province_tiles").merge(seed("province_capitals"), on="province_code")
        assert set(tiles["province_code"]) == set(provinces.index)
        assert tiles["tile_row"].corr(-tiles["latitude"], method="spearman") > 0.9
        assert tiles["tile_column"].corr(tiles["longitude"], method="spearman") > 0.9
        at = tiles.set_index(["tile_row", "tile_column"])["province_code"].to_dict()
        touching = [
            tuple(sorted((code, at[row + down, column + right])))
            for (row, column), code in at.items()
            for down, right in ((0, 1), (1, 0))
            if (row + down, column + right) in at
        ]
        pairs = set(
            seed("province_borders")[["province_code_a", "province_code_b"]].itertuples(
                index=False, name=None
            )
        )
        assert sum(pair in pairs for pair in touching) > 0.8 * len(touching)


class TestGreatCircle:
    def test_a_quarter_and_a_half_of_the_way_around(self) -> None:
        km = great_circle(
            points(("pole", 90, 0), ("zero", 0, 0), ("east", 0, 90), ("back", 0, 180))
        )
        quarter = np.pi / 2 * EARTH_RADIUS_KM
        assert km.loc["zero", "east"] == pytest.approx(quarter)
        assert km.loc["pole", "east"] == pytest.approx(quarter)
        assert km.loc["zero", "back"] == pytest.approx(2 * quarter)

    def test_across_the_date_line_and_by_either_count_of_degrees(self) -> None:
        km = great_circle(points(("a", 10, 179.5), ("b", 10, -179.5), ("c", 10, 180.5)))
        assert km.loc["a", "b"] == pytest.approx(109.5, abs=0.1)
        assert km.loc["b", "c"] == pytest.approx(0, abs=1e-6)

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=3, max_size=6))
    def test_it_is_a_metric(self, places: list[tuple[float, float]]) -> None:
        km = great_circle(points(*((str(n), *place) for n, place in enumerate(places)))).to_numpy()
        assert np.array_equal(km, km.T) and (np.diag(km) == 0).all()
        assert (km <= np.pi * EARTH_RADIUS_KM + 1e-6).all()
        assert (km[:, None, :] <= km[:, :, None] + km[None, :, :] + 1e-3).all()

    @pytest.mark.parametrize(
        ("places", "words"),
        [
            ([("a", np.nan, 1), ("b", 2, 2)], "no coordinates: a"),
            ([("a", 91, 1), ("b", 2, 2)], "no place on earth has: a"),
            ([("a", 1, 1), ("b", 2, 361)], "no place on earth has: b"),
            ([("a", 1, 1), ("a", 2, 2)], "more than once: a"),
            ([("a", 1, 1)], "two or more units, found 1"),
            ([(None, 1, 1), ("b", 2, 2)], "1 rows do not say which unit"),
        ],
    )
    def test_faults_name_the_unit(self, places: list, words: str) -> None:
        with pytest.raises(EstimationError, match=words):
            great_circle(points(*places))

    def test_a_table_without_coordinates(self) -> None:
        with pytest.raises(EstimationError, match=r"columns not in .*: latitude, longitude"):
            great_circle(pd.DataFrame({"province_code": ["a", "b"]}))


class TestFormulas:
    def test_inverse_distance(self) -> None:
        assert inverse_distance(TRIANGLE).matrix.toarray()[0] == pytest.approx([0, 4 / 7, 3 / 7])
        squared = inverse_distance(TRIANGLE, power=2).matrix.toarray()[0]
        assert squared == pytest.approx([0, 16 / 25, 9 / 25])

    def test_economic_distance(self) -> None:
        weights = economic_distance(GDP)
        assert weights.matrix.toarray()[0] == pytest.approx([0, 2 / 3, 1 / 3])
        assert weights.matrix.toarray()[1] == pytest.approx([0.5, 0, 0.5])

    def test_nested_weighs_the_richer_of_equally_far_neighbours_more(self) -> None:
        even = square([[0, 5, 5], [5, 0, 5], [5, 5, 0]])
        assert nested(even, GDP).matrix.toarray()[0] == pytest.approx([0, 5 / 13, 8 / 13])
        weighted = np.array([0, 50_000 / 3, 80_000 / 4])
        assert nested(TRIANGLE, GDP).matrix.toarray()[0] == pytest.approx(weighted / weighted.sum())

    def test_convex_combination_of_standardised_weights(self) -> None:
        ends = inverse_distance(TRIANGLE).matrix.toarray(), economic_distance(GDP).matrix.toarray()
        found = nested_convex(TRIANGLE, GDP, share=0.3).matrix.toarray()
        np.testing.assert_allclose(found, 0.3 * ends[0] + 0.7 * ends[1])
        for share, end in zip((1, 0), ends, strict=True):
            np.testing.assert_allclose(
                nested_convex(TRIANGLE, GDP, share=share).matrix.toarray(), end
            )

    def test_nearest(self) -> None:
        assert nearest(TRIANGLE, 1).matrix.toarray().tolist() == [[0, 1, 0], [1, 0, 0], [1, 0, 0]]
        assert nearest(TRIANGLE, 2).matrix.toarray()[2].tolist() == [0.5, 0.5, 0]

    @pytest.mark.parametrize("of", [great_circle, lambda places: near_distances(places, k=2)])
    def test_units_at_one_place_are_each_other_s_nearest_and_ties_go_by_code(self, of) -> None:
        # a, b and c at one place; d, and further off e, beside it.
        degrees = {"e": 3, "c": 0, "d": 1, "a": 0, "b": 0}
        places = points(*((unit, 0, east) for unit, east in degrees.items()))
        near = nearest(of(places), 2)
        found = [list(near.ids[row.nonzero()[0]]) for row in near.matrix.toarray()]
        assert found == [["b", "c"], ["a", "c"], ["a", "b"], ["a", "b"], ["a", "d"]]
        again = nearest(of(places[::-1]), 2)
        np.testing.assert_array_equal(near.matrix.toarray(), again.matrix.toarray())

    def test_mean_gdp_is_of_levels_over_the_years_that_have_it(self) -> None:
        panel = pd.DataFrame(
            {"province_code": list("bbaab"), "pdgp": np.log([10, 30, 5, 7, np.nan])}
        )
        gdp = mean_gdp_per_capita(panel)
        assert gdp.to_dict() == {"a": pytest.approx(6), "b": pytest.approx(20)}

    @settings(deadline=None, max_examples=25)
    @given(st.integers(3, 9), st.integers(0, 2**32 - 1))
    def test_every_matrix_is_standardised_and_no_matter_in_which_order(
        self, n: int, number: int
    ) -> None:
        random = np.random.default_rng(number)
        ids = [f"u{place}" for place in range(n)]
        table = pd.DataFrame(
            {
                "province_code": ids,
                "latitude": random.uniform(18, 54, n),
                "longitude": random.uniform(73, 136, n),
            }
        )
        gdp = pd.Series(random.uniform(5e3, 2e5, n), index=ids)
        mixed = random.permutation(n)
        found = []
        for order in (np.arange(n), mixed):
            km = great_circle(table.iloc[order])
            wealth = gdp.iloc[order]
            found.append(
                [
                    inverse_distance(km, power=1.5), economic_distance(wealth), nested(km, wealth),
                    nested_convex(km, wealth), nearest(km, 2),
                ]
            )  # fmt: skip
        for one, other in zip(*found, strict=True):
            np.testing.assert_allclose(one.matrix.toarray().sum(axis=1), 1)
            assert (np.diag(one.matrix.toarray()) == 0).all()
            assert list(one.ids) == list(other.ids) == sorted(ids)
            np.testing.assert_allclose(one.matrix.toarray(), other.matrix.toarray(), rtol=1e-9)
            # Distance, income gap and product form are similar to a symmetric matrix.
            if one.name in ("inverse_distance", "economic_distance", "nested"):
                assert np.abs(np.linalg.eigvals(one.matrix.toarray()).imag).max() < 1e-7


class TestFaults:
    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (
                lambda: inverse_distance(square([[0, 0, 4], [0, 0, 5], [4, 5, 0]])),
                "at one place.*: a and b",
            ),
            (
                lambda: inverse_distance(square([[0, 1, 4], [1, 0, np.nan], [4, np.nan, 0]])),
                "missing or negative: b and c",
            ),
            (
                lambda: inverse_distance(square([[0, 1, 4], [1, 0, 5], [9, 5, 0]])),
                "differ by direction: a and c",
            ),
            (
                lambda: inverse_distance(TRIANGLE, power=0),
                "power of distance 0",
            ),
            (
                lambda: inverse_distance(TRIANGLE, power=np.nan),
                "power of distance nan",
            ),
            (
                lambda: inverse_distance(TRIANGLE.rename(columns={"a": "z"})),
                "the same units",
            ),
            (
                lambda: economic_distance(pd.Series({"a": 1.0, "b": 2.0, "c": 1.0})),
                "equal GDP.*: a and c",
            ),
            (
                lambda: economic_distance(pd.Series({"a": 1.0, "b": 0.0, "c": 3.0})),
                "not a positive number: b",
            ),
            (
                lambda: economic_distance(pd.Series({"a": 1.0, "b": np.inf})),
                "not a positive number: b",
            ),
            (
                lambda: economic_distance(pd.Series({"a": 1.0, "b": 2.0, "c": np.nan})),
                "no GDP per capita: c",
            ),
            (
                lambda: nested(TRIANGLE, GDP.drop("c")),
                "distances, but no GDP per capita, of: c",
            ),
            (
                lambda: nested(TRIANGLE, pd.Series({**GDP, "z": 1.0})),
                "but no distance, of: z",
            ),
            (
                lambda: nested(TRIANGLE, GDP.replace(80_000, -1)),
                "not a positive number: c",
            ),
            (
                lambda: nested_convex(TRIANGLE, GDP, share=1.1),
                "share of inverse distance 1.1",
            ),
            (
                lambda: nearest(TRIANGLE, 3),
                "3 nearest neighbours: expected 1 to 2, for 3 units",
            ),
            (
                lambda: nearest(TRIANGLE, 0),
                "0 nearest neighbours",
            ),
        ],
    )
    def test_distance_and_income(self, make, words: str) -> None:
        with pytest.raises(EstimationError, match=words):
            make()

    @pytest.mark.parametrize(
        ("pairs", "words"),
        [
            ([("a", "b")], "no neighbour: c"),
            ([("a", "b"), ("b", "z")], "not in the list of units: z"),
            ([("a", "b"), ("b", "c"), ("b", "a")], "occurs twice: a and b"),
            ([("a", "b"), ("b", "c"), ("c", "c")], "a border on itself: c"),
        ],
    )
    def test_borders(self, pairs: list[tuple[str, str]], words: str) -> None:
        frame = pd.DataFrame(pairs, columns=["province_code_a", "province_code_b"])
        with pytest.raises(EstimationError, match=words):
            contiguity(frame, list("abc"))

    @pytest.mark.parametrize(
        ("matrix", "words"),
        [
            ([[0, 1], [0.5, 0]], "do not add up to one: b"),
            ([[0.5, 0.5], [1, 0]], "a weight on itself: a"),
            ([[0, 1], [0, 0]], "no neighbour: b"),
            ([[0, np.nan], [1, 0]], "not finite: a"),
            ([[0, 1, 0], [1, 0, 0]], "shape"),
        ],
    )
    def test_a_matrix_that_is_none(self, matrix: list[list[float]], words: str) -> None:
        with pytest.raises(EstimationError, match=words):
            SpatialWeights("w", pd.Index(["a", "b"]), np.array(matrix, dtype=float))


class TestUse:
    def test_long_form_and_back(self) -> None:
        weights = nearest(TRIANGLE, 1)
        long = weights.long()
        assert len(long) == 3 and (long["weight"] == 1).all()
        other = nested(TRIANGLE, GDP).long()
        both = pd.concat([long, other]).sample(frac=1, random_state=1)
        back = SpatialWeights.from_long(both, "nearest_1")
        assert list(back.ids) == list("abc")
        assert np.array_equal(back.matrix.toarray(), weights.matrix.toarray())
        with pytest.raises(EstimationError, match="no weights 'other' among: "):
            SpatialWeights.from_long(both, "other")
        with pytest.raises(EstimationError, match="pairs that occur twice: a b"):
            SpatialWeights.from_long(pd.concat([long, long]), "nearest_1")

    def test_libpysal_has_the_same_lag_in_the_same_order(self) -> None:
        ids = ["c", "a", "b"]
        weights = nested(TRIANGLE, GDP).restricted(ids)
        theirs = full2W(weights.matrix.toarray(), ids=list(weights.ids))
        values = np.array([1.0, 20.0, 300.0])
        assert theirs.id_order == ids
        np.testing.assert_allclose(lag_spatial(theirs, values), weights.lag(values))

    def test_whole_numbers_make_weights_and_texts_do_not(self) -> None:
        touching = [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
        for raw in (touching, np.array(touching), np.array(touching, dtype=bool)):
            made = SpatialWeights.standardised("touching", list("abc"), raw)
            np.testing.assert_array_equal(
                made.matrix.toarray(), [[0, 0.5, 0.5], [1, 0, 0], [1, 0, 0]]
            )
        with pytest.raises(EstimationError, match="'touching': cells that are not numbers"):
            SpatialWeights.standardised("touching", list("ab"), [["", "yes"], ["yes", ""]])
        with pytest.raises(EstimationError, match="expected rows and columns"):
            SpatialWeights.standardised("touching", list("ab"), np.ones(2))

    def test_restricted_is_standardised_again(self) -> None:
        weights = inverse_distance(TRIANGLE)
        assert weights.restricted(["a", "c"]).matrix.toarray().tolist() == [[0, 1], [1, 0]]
        with pytest.raises(EstimationError, match=r"not among the units.*: z"):
            weights.restricted(["a", "z"])
        with pytest.raises(EstimationError, match="more than once: a"):
            weights.restricted(["a", "a"])
        with pytest.raises(EstimationError, match="no neighbour: b, c"):
            nearest(TRIANGLE, 1).restricted(["b", "c"])


@pytest.fixture
def places() -> pd.DataFrame:
    """Sixty, all over the earth."""
    random = np.random.default_rng(6)
    around = zip(random.uniform(-90, 90, 60), random.uniform(-180, 180, 60), strict=True)
    return points(*((f"u{n:02}", *place) for n, place in enumerate(around)))


class TestNear:
    """Of many places: what the tree finds against all pairs."""

    @pytest.mark.parametrize("k", [1, 5, 59])
    def test_nearest_and_nested_are_those_of_all_pairs(self, places: pd.DataFrame, k: int) -> None:
        near, every = near_distances(places, k=k), great_circle(places)
        one, other = nearest(near, k).matrix.toarray(), nearest(every, k).matrix.toarray()
        np.testing.assert_array_equal(one, other)
        income = pd.Series(np.random.default_rng(1).uniform(1, 9, 60), every.index)
        kept = nested(every, income).matrix.toarray() * (other > 0)
        found = nested(near, income).matrix.toarray()
        np.testing.assert_allclose(found, kept / kept.sum(axis=1, keepdims=True), rtol=1e-12)

    def test_within_a_cut_off(self, places: pd.DataFrame) -> None:
        km = great_circle(places).to_numpy()
        found = near_distances(places, within_km=5000).km.toarray()
        np.testing.assert_allclose(found, np.where(km <= 5000, km, 0), rtol=1e-12)
        raw = np.divide(1, km**2, out=np.zeros_like(km), where=found > 0)
        weights = inverse_distance(near_distances(places, within_km=5000), power=2)
        np.testing.assert_allclose(
            weights.matrix.toarray(), raw / raw.sum(axis=1, keepdims=True), rtol=1e-12
        )

    def test_equally_far_ones_come_along_and_the_first_in_order_count(self) -> None:
        cross = points(("c", 0, 0), ("n", 1, 0), ("e", 0, 1), ("s", -1, 0), ("w", 0, -1))
        near = near_distances(cross, k=2)
        assert near.km.toarray()[0] == pytest.approx([0, *[111.195] * 4], abs=0.01)
        assert nearest(near, 2).matrix.toarray()[0].tolist() == [0, 0.5, 0.5, 0, 0]

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({}, "expected either how many, k, or a cut-off, within_km"),
            ({"k": 1, "within_km": 5}, "expected either"),
            ({"k": 3}, "3 nearest units: expected 1 to 2, for 3 units"),
            ({"within_km": 0}, "a cut-off of 0 km: expected a positive number"),
        ],
    )
    def test_faults(self, asked: dict, words: str) -> None:
        with pytest.raises(EstimationError, match=words):
            near_distances(points(("a", 0, 0), ("b", 0, 1), ("c", 0, 2)), **asked)

    def test_faults_of_the_places_name_the_units(self) -> None:
        together = near_distances(points(("a", 0, 0), ("b", 0, 0), ("c", 0, 2)), k=1)
        with pytest.raises(EstimationError, match=r"at one place.*: a and b"):
            inverse_distance(together)
        lone = near_distances(points(("a", 0, 0), ("b", 0, 1), ("c", 50, 0)), within_km=200)
        with pytest.raises(NotIdentifiedError, match="no neighbour: c"):
            inverse_distance(lone)
        with pytest.raises(EstimationError, match="fewer than 2 units near: a, b, c"):
            nearest(lone, 2)
