"""Great-circle distances between units that are near each other, for maps of many units.

Here: coordinates that are checked, the haversine, and the pairs within a radius, found by a tree,
so that the other pairs of thousands of units are never formed. Not here: weights, and distances
between all pairs (`weights`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from analysis.panel import EstimationError, some
from analysis.spatial.weights_matrix import refuse, unit_labels

# Mean radius of the earth (IUGG): within .6 % of the ellipsoid for any pair of points.
EARTH_RADIUS_KM = 6371.0088
COORDINATES = ("latitude", "longitude")
# Chords of equal distances differ by rounding alone.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class NearDistances:
    """Distances between units that are near each other.

    index: labels of the N units, in the order of rows and columns.
    km: (N, N) sparse; a stored cell, zero or not, is the distance of a unit from one near it.
    """

    index: pd.Index
    km: csr_array


def near_distances(
    points: pd.DataFrame,
    *,
    k: int | None = None,
    within_km: float | None = None,
    unit: str = "province_code",
) -> NearDistances:
    """Great-circle distances to the k nearest units, or to all within a cut-off.

    Parameters
    ----------
    points : DataFrame
        Columns unit, latitude and longitude in decimal degrees.
    k : int, optional
        How many units of each; those equally far as the last of them come with it.
    within_km : float, optional
        The cut-off, instead of k.
    unit : str
        Column of the units, by which the result is sorted.

    Returns
    -------
    NearDistances

    Raises
    ------
    EstimationError
        As `weights.great_circle`; for both or neither of k and within_km, k outside 1 to N - 1, and
        a cut-off that is not positive.
    """
    ids, degrees = coordinates(points, unit)
    if (k is None) == (within_km is None):
        raise EstimationError("near units: expected either how many, k, or a cut-off, within_km")
    latitude, longitude = np.radians(degrees).T
    flat = np.cos(latitude)
    places = np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])
    tree = KDTree(places)
    if k is not None:
        if not 1 <= k < len(ids):
            raise EstimationError(
                f"{k} nearest units: expected 1 to {len(ids) - 1}, for {len(ids)} units"
            )
        # The nearest of all is the unit itself.
        chords = tree.query(places, [k + 1])[0][:, 0]
    else:
        assert within_km is not None
        if not within_km > 0:
            raise EstimationError(f"a cut-off of {within_km} km: expected a positive number")
        chords = np.full(len(ids), 2 * np.sin(min(within_km / EARTH_RADIUS_KM, np.pi) / 2))
    found = tree.query_ball_point(places, chords * (1 + _ROUNDING), return_sorted=True)
    rows = np.repeat(np.arange(len(ids)), [len(of) for of in found])
    columns = np.concatenate(found).astype(int)
    apart = rows != columns
    rows, columns = rows[apart], columns[apart]
    km = haversine_km(degrees[rows], degrees[columns])
    return NearDistances(ids, csr_array((km, (rows, columns)), shape=(len(ids), len(ids))))


def coordinates(points: pd.DataFrame, unit: str) -> tuple[pd.Index, np.ndarray]:
    """The units, sorted, and their latitudes and longitudes in degrees, (N, 2).

    Raises EstimationError as `weights.great_circle`.
    """
    if absent := [name for name in (unit, *COORDINATES) if name not in points]:
        raise EstimationError(f"columns not in the table of coordinates: {some(absent)}")
    ids = unit_labels(points[unit])
    placed = points.set_index(unit)[list(COORDINATES)].reindex(ids)
    degrees = placed.apply(pd.to_numeric, errors="coerce").to_numpy(float, na_value=np.nan)
    refuse("no coordinates", ids, ~np.isfinite(degrees).all(axis=1))
    # Degrees east run to 180 or to 360; nothing lies beyond a pole.
    beyond = (np.abs(degrees[:, 0]) > 90) | (degrees[:, 1] < -180) | (degrees[:, 1] > 360)
    refuse("coordinates that no place on earth has", ids, beyond)
    return ids, degrees


def haversine_km(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Great-circle distances between places (..., 2) in degrees, of shapes that go together."""
    (latitude, longitude), (latitude_2, longitude_2) = (
        np.moveaxis(np.radians(places), -1, 0) for places in (one, other)
    )
    rise = np.sin((latitude - latitude_2) / 2) ** 2
    turn = np.sin((longitude - longitude_2) / 2) ** 2
    half_chord = rise + np.cos(latitude) * np.cos(latitude_2) * turn
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half_chord, 0, 1)))
