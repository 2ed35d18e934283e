"""The spatial weights matrices of section 5.6: which there are, and how each is made.

Here: a row of `MATRICES` for each matrix of the table `spatial_weights`. Not here: the formulas
(`analysis.spatial.weights`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from analysis.panel import EstimationError, some
from analysis.paper.estimable import EstimatesTable, NotEstimable, lacking, without_values
from analysis.paper.result_columns import types_of
from analysis.spatial import weights
from analysis.spatial.weights_matrix import SpatialWeights

COLUMNS = types_of("weights", "province_code", "neighbour_code", "weight", "distance_km")
# Under which the weights and Moran's I stand among notes and what is not estimable.
TABLE = "5.6"
NEIGHBOURS = 4
_INCOME = "pdgp"


class Ground(NamedTuple):
    """What a matrix can be made of: distances (km) and mean incomes by province, and borders."""

    distances: pd.DataFrame
    gdp: pd.Series
    borders: pd.DataFrame


class Matrix(NamedTuple):
    """A matrix in words, how it is made, and whether incomes enter."""

    words: str
    make: Callable[[Ground], SpatialWeights]
    needs_income: bool = False


# The paper's two first.
MATRICES = {
    "nested": Matrix(
        "economic-geographic nested: inverse distance x relative mean GDP per capita",
        lambda of: weights.nested(of.distances, of.gdp),
        needs_income=True,
    ),
    "economic_distance": Matrix(
        "economic distance: 1 / difference of mean GDP per capita",
        lambda of: weights.economic_distance(of.gdp),
        needs_income=True,
    ),
    "nested_convex": Matrix(
        "nested as half inverse distance, half economic distance",
        lambda of: weights.nested_convex(of.distances, of.gdp),
        needs_income=True,
    ),
    "inverse_distance": Matrix(
        "inverse great-circle distance between capitals",
        lambda of: weights.inverse_distance(of.distances),
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
    Matrices of income are among the provinces that have one, which a note says. A matrix that
    cannot be made has no rows and is listed as not estimable.
    """
    distances = weights.great_circle(capitals)
    gdp = weights.mean_gdp_per_capita(panel).reindex(distances.index)
    everywhere = Ground(distances, gdp, borders)
    known = gdp.index[gdp.notna()]
    # One province is no map; that none or one has an income the matrix itself refuses.
    with_income = (
        Ground(distances.loc[known, known], gdp[known], borders) if len(known) > 1 else everywhere
    )
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
            if len(gone := distances.index.difference(ground.distances.index)):
                words = (
                    f"among {len(known)} provinces: {_INCOME} is in no year known of {some(gone)}"
                )
                notes.append((TABLE, f"weights {name}", words))
    rows = pd.concat(made, ignore_index=True)
    places = (
        distances.index.get_indexer(pd.Index(rows[end]))
        for end in ("province_code", "neighbour_code")
    )
    rows["distance_km"] = distances.to_numpy()[*places]
    return EstimatesTable(rows, tuple(notes), tuple(refused))


def matrices(rows: pd.DataFrame) -> list[SpatialWeights]:
    """The matrices that the table of `spatial_weights` holds, in the order of `MATRICES`."""
    held = set(rows["weights"])
    return [SpatialWeights.from_long(rows, name) for name in MATRICES if name in held]
