"""Spatial weights: how much each unit is another's neighbour.

Here: the matrices of the paper's section 5.6 and the usual ones beside them, from coordinates,
borders and incomes; every way in which these can be unfit is found and said here. All matrices are
row-standardised, so that a spatial lag W y is a weighted mean over the neighbours. Not here: where
coordinates and borders come from (dbt seeds), what is estimated with the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from analysis.panel import EstimationError, NotIdentifiedError, some
from analysis.spatial.near_distances import NearDistances, coordinates, haversine_km
from analysis.spatial.weights_matrix import (
    SpatialWeights,
    refuse,
    refuse_pairs,
    refuse_repeated,
    rows_of,
    unit_labels,
)


def great_circle(points: pd.DataFrame, *, unit: str = "province_code") -> pd.DataFrame:
    """Great-circle distances in km by the haversine formula, (N, N), labelled on both sides.

    Parameters
    ----------
    points : DataFrame
        Columns unit, latitude and longitude in decimal degrees.
    unit : str
        Column of the units, by which the result is sorted.

    Returns
    -------
    DataFrame, (N, N)

    Raises
    ------
    EstimationError
        For missing columns, repeated units, fewer than two, and coordinates that are missing or
        impossible.
    """
    ids, degrees = coordinates(points, unit)
    km = haversine_km(degrees[:, None], degrees)
    return pd.DataFrame(km, index=ids, columns=ids)


def mean_gdp_per_capita(
    panel: pd.DataFrame, *, entity: str = "province_code", log_gdp: str = "pdgp"
) -> pd.Series:
    """Mean GDP per person of each unit over the years that have it, in yuan, sorted by unit.

    panel: `log_gdp` is its natural logarithm, as the paper's pdgp is; the mean is taken of the
    levels, exp(pdgp). A unit without any value is missing in the result, for `economic_distance`
    and `nested` to name it.

    Parameters
    ----------
    panel : DataFrame
    entity : str
        Column of the units.
    log_gdp : str
        Column of the natural logarithm, as the paper's pdgp is.

    Returns
    -------
    Series
    """
    levels = panel[log_gdp].astype(float).map(np.exp)
    return levels.groupby(panel[entity]).mean().rename("gdp")


def inverse_distance(
    distances: pd.DataFrame | NearDistances, *, power: float = 1.0, name: str = "inverse_distance"
) -> SpatialWeights:
    """w_ij = d_ij^-power over its row's sum.

    Parameters
    ----------
    distances : DataFrame, (N, N), or NearDistances
        As of `great_circle` or `near_distances`; units that are not near weigh nothing.
    power : float
        Of the distance.
    name : str
        What the matrix is called in tables and figures.

    Returns
    -------
    SpatialWeights

    Raises
    ------
    EstimationError
        For distances that are not symmetric, missing, negative or, between two units, zero; and
        for a power that is not positive.
    """
    return SpatialWeights.standardised(name, distances.index, _closeness(distances, power))


def economic_distance(gdp: pd.Series, *, name: str = "economic_distance") -> SpatialWeights:
    """w_ij = 1 / |g_i - g_j| over its row's sum, g the mean GDP per capita.

    Parameters
    ----------
    gdp : Series
        One positive figure a unit, indexed by unit.
    name : str
        What the matrix is called in tables and figures.

    Returns
    -------
    SpatialWeights
        Sorted by unit.

    Raises
    ------
    EstimationError
        For figures that are not positive.
    NotIdentifiedError
        For missing ones, and for units whose figures are equal.
    """
    gdp = _positive(gdp)
    gap = np.abs(gdp.to_numpy()[:, None] - gdp.to_numpy())
    refuse_pairs(
        "equal GDP per capita, so no economic distance", gdp.index, gap == 0, NotIdentifiedError
    )
    return SpatialWeights.standardised(name, gdp.index, _reciprocal(gap))


def nested(
    distances: pd.DataFrame | NearDistances,
    gdp: pd.Series,
    *,
    power: float = 1.0,
    name: str = "nested",
) -> SpatialWeights:
    """Economic-geographic nested weights, product form: w_ij = d_ij^-power g_j / g over its sum.

    g_j / g is the neighbour's mean GDP per capita relative to the mean of the units: of two
    neighbours equally far the richer one weighs more.

    Parameters
    ----------
    distances : DataFrame, (N, N), or NearDistances
        As of `great_circle` or `near_distances`; units that are not near weigh nothing.
    gdp : Series
        One positive figure a unit, indexed by unit.
    power : float
        Of the distance.
    name : str
        What the matrix is called in tables and figures.

    Returns
    -------
    SpatialWeights

    Raises
    ------
    EstimationError
        As `inverse_distance`, for figures missing or not positive, and where the two name
        different units.
    """
    gdp = _of_the_same_units(distances, _positive(gdp))
    relative = gdp.to_numpy() / gdp.mean()
    closeness = _closeness(distances, power).multiply(relative)
    return SpatialWeights.standardised(name, distances.index, closeness)


def nested_convex(
    distances: pd.DataFrame,
    gdp: pd.Series,
    *,
    share: float = 0.5,
    power: float = 1.0,
    name: str = "nested_convex",
) -> SpatialWeights:
    """Nested weights as a convex combination: share x inverse distance + (1 - share) x economic.

    Both are standardised before, for kilometres and yuan do not add up.

    Parameters
    ----------
    distances : DataFrame, (N, N)
        As of `great_circle`.
    gdp : Series
        One positive figure a unit, indexed by unit.
    share : float
        Of inverse distance.
    power : float
        Of the distance.
    name : str
        What the matrix is called in tables and figures.

    Returns
    -------
    SpatialWeights

    Raises
    ------
    EstimationError
        As both, and for a share outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise EstimationError(f"share of inverse distance {share}: expected 0 to 1")
    gdp = _of_the_same_units(distances, gdp)
    near = inverse_distance(distances, power=power).matrix
    alike = economic_distance(gdp).restricted(distances.index).matrix
    return SpatialWeights(name, distances.index, share * near + (1 - share) * alike)


def contiguity(
    borders: pd.DataFrame,
    units: Iterable[Any],
    *,
    ends: Sequence[str] = ("province_code_a", "province_code_b"),
    name: str = "contiguity",
) -> SpatialWeights:
    """w_ij = 1 / number of neighbours of i, for the neighbours; sorted by unit.

    Parameters
    ----------
    borders : DataFrame
        One row an undirected border.
    units : iterable
        All units, so that one without a border is found.
    ends : sequence of str
        Columns of the two units of a border.
    name : str
        What the matrix is called in tables and figures.

    Returns
    -------
    SpatialWeights
        Sorted by unit.

    Raises
    ------
    EstimationError
        For units that are unknown, without a border, or border on themselves, and for borders that
        occur twice.
    """
    if absent := [column for column in ends if column not in borders]:
        raise EstimationError(f"columns not in the table of borders: {some(absent)}")
    ids = unit_labels(units)
    named = pd.Index(pd.unique(borders[list(ends)].to_numpy().ravel()))
    if len(unknown := named.difference(ids)):
        raise EstimationError(
            f"borders of units that are not in the list of units: {some(unknown)}"
        )
    one, other = (ids.get_indexer(pd.Index(borders[column])) for column in ends)
    refuse("a border on itself", ids, np.isin(np.arange(len(ids)), one[one == other]))
    ones = np.ones(len(borders))
    count = csr_array((ones, (one, other)), shape=(len(ids), len(ids)))
    count = count + count.T
    refuse_pairs("a border that occurs twice", ids, count > 1)
    return SpatialWeights.standardised(name, ids, count)


def nearest(
    distances: pd.DataFrame | NearDistances, k: int, *, name: str | None = None
) -> SpatialWeights:
    """w_ij = 1 / k for the k nearest units; of equally far ones those first in order.

    Units at one place are each other's nearest, and equally far from any other.

    Parameters
    ----------
    distances : DataFrame, (N, N), or NearDistances
        As of `great_circle` or `near_distances`; units that are not near weigh nothing.
    k : int
        How many.
    name : str
        What the matrix is called in tables and figures.

    Returns
    -------
    SpatialWeights

    Raises
    ------
    EstimationError
        For distances that are not symmetric, missing or negative, and for k outside 1 to N - 1.
    """
    n = len(distances.index)
    if not 1 <= k < n:
        raise EstimationError(f"{k} nearest neighbours: expected 1 to {n - 1}, for {n} units")
    km = _every_pair(distances) if isinstance(distances, pd.DataFrame) else distances.km
    refuse(f"fewer than {k} units near", distances.index, np.diff(km.indptr) < k)
    rows = rows_of(km)
    by_distance = np.lexsort((km.indices, km.data, rows))
    kept = by_distance[np.arange(len(rows)) - km.indptr[rows] < k]
    near = csr_array((np.ones(len(kept)), (rows[kept], km.indices[kept])), shape=(n, n))
    return SpatialWeights.standardised(name or f"nearest_{k}", distances.index, near)


def _closeness(distances: pd.DataFrame | NearDistances, power: float) -> csr_array:
    if not (np.isfinite(power) and power > 0):
        raise EstimationError(f"power of distance {power}: expected a positive number")
    ids = distances.index
    if isinstance(distances, pd.DataFrame):
        km = _checked_km(distances)
        refuse_pairs("at one place, so no inverse distance", ids, km == 0)
        return csr_array(_reciprocal(km) ** power)
    closeness = distances.km.copy()
    together = csr_array(
        (closeness.data == 0, closeness.indices, closeness.indptr), shape=closeness.shape
    )
    refuse_pairs("at one place, so no inverse distance", ids, together)
    closeness.data **= -power
    return closeness


def _every_pair(distances: pd.DataFrame) -> csr_array:
    """The distances between different units, each stored, zero or not."""
    km = _checked_km(distances)
    apart = np.nonzero(~np.eye(len(km), dtype=bool))
    return csr_array((km[apart], apart), shape=km.shape)


def _checked_km(distances: pd.DataFrame) -> np.ndarray:
    ids, km = distances.index, distances.to_numpy(float)
    refuse_repeated(ids)
    if not ids.equals(distances.columns):
        raise EstimationError("distances: rows and columns must name the same units in one order")
    refuse_pairs("a distance that is missing or negative", ids, ~(km >= 0) | np.isinf(km))
    refuse_pairs("distances that differ by direction", ids, ~np.isclose(km, km.T))
    return km


def _reciprocal(values: np.ndarray) -> np.ndarray:
    """1 / values, and zero on the diagonal."""
    apart = ~np.eye(len(values), dtype=bool)
    return np.divide(1.0, values, out=np.zeros_like(values), where=apart)


def _positive(gdp: pd.Series) -> pd.Series:
    ids = unit_labels(gdp.index)
    gdp = pd.to_numeric(gdp, errors="coerce").astype(float).reindex(ids)
    refuse("no GDP per capita", ids, gdp.isna(), NotIdentifiedError)
    refuse("GDP per capita that is not a positive number", ids, ~(gdp > 0) | np.isinf(gdp))
    return gdp


def _of_the_same_units(distances: pd.DataFrame | NearDistances, gdp: pd.Series) -> pd.Series:
    for known, other, what in (
        (distances.index, gdp.index, "GDP per capita, but no distance, of"),
        (gdp.index, distances.index, "distances, but no GDP per capita, of"),
    ):
        if len(lacking := other.difference(known)):
            raise EstimationError(f"{what}: {some(lacking)}")
    return gdp.reindex(distances.index)
