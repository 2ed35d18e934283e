"""The spatial weights matrices of section 5.6: which there are, and how each is made.

Here: a row of `MATRICES` for each matrix of the table `spatial_weights`. Not here: the formulas
(`analysis.spatial.weights`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.panel import EstimationError, some
from analysis.paper.estimable import EstimatesTable, NotEstimable, lacking, without_values
from analysis.paper.result_columns import types_of
from analysis.spatial import weights
from analysis.spatial.near_distances import (
    NearDistances,
    coordinates,
    haversine_km,
    near_distances,
)
from analysis.spatial.weights_matrix import SpatialWeights

COLUMNS = types_of("weights", "province_code", "neighbour_code", "weight", "distance_km")
# Under which the weights and Moran's I stand among notes and what is not estimable.
TABLE = "5.6"
NEIGHBOURS = 4
# Up to so many units every pair may weigh: a million weights a matrix. Of more each weighs with its
# `NEAR` nearest, and a matrix in which everyone is everyone's neighbour is not made.
EVERY_PAIR = 1000
NEAR = 10
_INCOME = "pdgp"
_ENDS = ("province_code", "neighbour_code")


class Ground(NamedTuple):
    """What a matrix can be made of: distances (km) and mean incomes by province, and borders."""

    distances: pd.DataFrame | NearDistances
    gdp: pd.Series
    borders: pd.DataFrame

    @property
    def units(self) -> pd.Index:
        return self.distances.index

    @property
    def are_many(self) -> bool:
        return isinstance(self.distances, NearDistances)

    @property
    def every_pair(self) -> pd.DataFrame:
        """Distances between all units; raises `EstimationError` where they are many."""
        if isinstance(self.distances, NearDistances):
            raise EstimationError(
                f"every pair of {len(self.units):,} provinces would weigh; it is made of at most "
                f"{EVERY_PAIR:,}"
            )
        return self.distances

    def among(self, units: pd.Index, capitals: pd.DataFrame) -> Ground:
        """The same of some units."""
        here = capitals[capitals["province_code"].isin(units)]
        return Ground(distances_between(here), self.gdp[units], self.borders)


class Matrix(NamedTuple):
    """A matrix in words, how it is made, whether incomes enter, and whether of many units near
    ones alone weigh, where of few every pair does."""

    words: str
    make: Callable[[Ground], SpatialWeights]
    needs_income: bool = False
    near_ones: bool = False


# The paper's two first.
MATRICES = {
    "nested": Matrix(
        "economic-geographic nested: inverse distance x relative mean GDP per capita",
        lambda of: weights.nested(of.distances, of.gdp),
        needs_income=True,
        near_ones=True,
    ),
    "economic_distance": Matrix(
        "economic distance: 1 / difference of mean GDP per capita",
        lambda of: weights.economic_distance(of.gdp[of.every_pair.index]),
        needs_income=True,
    ),
    "nested_convex": Matrix(
        "nested as half inverse distance, half economic distance",
        lambda of: weights.nested_convex(of.every_pair, of.gdp),
        needs_income=True,
    ),
    "inverse_distance": Matrix(
        "inverse great-circle distance between capitals",
        lambda of: weights.inverse_distance(of.distances),
        near_ones=True,
    ),
    "contiguity": Matrix(
        "provinces that touch, or are linked across water",
        lambda of: weights.contiguity(of.borders, of.distances.index),
    ),
    f"nearest_{NEIGHBOURS}": Matrix(
        f"the {NEIGHBOURS} nearest capitals",
        lambda of: weights.nearest(of.distances, NEIGHBOURS),
    ),
}
PAPER_MATRICES = ("nested", "economic_distance")


def spatial_weights(
    panel: pd.DataFrame, capitals: pd.DataFrame, borders: pd.DataFrame
) -> EstimatesTable:
    """Every matrix of `MATRICES` in the long form of `SpatialWeights.long`, with distance_km.

    panel: province_code and pdgp, one row a province-year, of which exp(pdgp) is averaged over the
    years that have it. capitals, borders: the seeds province_capitals and province_borders.
    Matrices of income are among the provinces that have one, which a note says; so does one where
    of many provinces only near ones weigh. A matrix that cannot be made has no rows and is listed
    as not estimable.
    """
    everywhere = Ground(distances_between(capitals), pd.Series(dtype=float), borders)
    gdp = weights.mean_gdp_per_capita(panel).reindex(everywhere.units)
    everywhere = everywhere._replace(gdp=gdp)
    known = gdp.index[gdp.notna()]
    # One province is no map; that none or one has an income the matrix itself refuses.
    with_income = everywhere.among(known, capitals) if len(known) > 1 else everywhere
    without = without_values(panel, [_INCOME])
    made, refused, notes = [], [], []
    for name, matrix in MATRICES.items():
        ground = with_income if matrix.needs_income else everywhere
        try:
            made.append(matrix.make(ground).long())
        except EstimationError as error:
            missing = without if matrix.needs_income else ()
            words = lacking(panel, missing) if missing else str(error)
            refused.append(NotEstimable(TABLE, f"weights {name}", missing, words))
        else:
            said = []
            if len(gone := everywhere.units.difference(ground.units)):
                said.append(
                    f"among {len(known)} provinces: {_INCOME} is in no year known of {some(gone)}"
                )
            if matrix.near_ones and ground.are_many:
                said.append(
                    f"of {len(ground.units):,} provinces each weighs with its {NEAR} nearest"
                )
            notes += [(TABLE, f"weights {name}", words) for words in said]
    rows = pd.concat(made, ignore_index=True)
    return EstimatesTable(
        rows.assign(distance_km=_km(rows, capitals)), tuple(notes), tuple(refused)
    )


def distances_between(capitals: pd.DataFrame) -> pd.DataFrame | NearDistances:
    """Of all pairs; of more than `EVERY_PAIR` units, from each to its `NEAR` nearest."""
    if len(capitals) > EVERY_PAIR:
        return near_distances(capitals, k=NEAR)
    return weights.great_circle(capitals)


def _km(rows: pd.DataFrame, capitals: pd.DataFrame) -> np.ndarray:
    """The distance of each pair."""
    units, degrees = coordinates(capitals, "province_code")
    return haversine_km(*(degrees[units.get_indexer(pd.Index(rows[end]))] for end in _ENDS))


def matrices(rows: pd.DataFrame) -> list[SpatialWeights]:
    """The matrices that the table of `spatial_weights` holds, in the order of `MATRICES`."""
    held = set(rows["weights"])
    return [SpatialWeights.from_long(rows, name) for name in MATRICES if name in held]
