"""Spatial weights: how much each unit is another's neighbour.

Here: the matrices of the paper's section 5.6 and the usual ones beside them, from coordinates,
borders and incomes; every way in which these can be unfit is found and said here. All matrices are
row-standardised, so that a spatial lag W y is a weighted mean over the neighbours. Not here: where
coordinates and borders come from (dbt seeds), what is estimated with the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.panel import EstimationError, NotIdentifiedError, some

if TYPE_CHECKING:
    from libpysal.weights import W

# Mean radius of the earth (IUGG): within .6 % of the ellipsoid for any pair of points.
EARTH_RADIUS_KM = 6371.0088
COORDINATES = ("latitude", "longitude")
# Of the rows' sums, against 1.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class SpatialWeights:
    """A row-standardised spatial weights matrix.

    name: what the matrix is called in tables and figures.
    ids: labels of the N units, in the order of rows and columns.
    matrix: (N, N) floats; row i holds the weights of the neighbours of unit i and adds up to one,
    the diagonal is zero.

    Raises EstimationError for repeated ids, another shape, a weight that is negative or not
    finite, a weight of a unit on itself, and rows that do not sum to one; NotIdentifiedError for
    units without a neighbour.
    """

    name: str
    ids: pd.Index
    matrix: np.ndarray

    def __post_init__(self) -> None:
        _refuse_repeated(self.ids)
        n = len(self.ids)
        if self.matrix.shape != (n, n):
            raise EstimationError(
                f"weights '{self.name}': a matrix of shape {self.matrix.shape} for {n} units"
            )
        self._refuse("a weight that is not finite", (~np.isfinite(self.matrix)).any(axis=1))
        self._refuse("a negative weight", (self.matrix < 0).any(axis=1))
        self._refuse("a weight on itself", np.diag(self.matrix) > 0)
        sums = self.matrix.sum(axis=1)
        self._refuse("no neighbour", sums == 0, NotIdentifiedError)
        self._refuse("weights that do not add up to one", np.abs(sums - 1) > _ROUNDING)

    @classmethod
    def standardised(cls, name: str, ids: Iterable[Any], raw: Any) -> SpatialWeights:
        """The weights of non-negative `raw` (N, N) closeness, each row divided by its sum."""
        try:
            raw = np.asarray(raw, dtype=float)
        except (TypeError, ValueError):
            raise EstimationError(f"weights '{name}': cells that are not numbers") from None
        if raw.ndim != 2:
            raise EstimationError(f"weights '{name}': expected rows and columns, got {raw.shape}")
        sums = raw.sum(axis=1, keepdims=True)
        # A row of zeros stays one, for the units without neighbours to be named.
        return cls(
            name, pd.Index(ids), np.divide(raw, sums, out=np.zeros_like(raw), where=sums > 0)
        )

    @classmethod
    def from_long(
        cls,
        rows: pd.DataFrame,
        name: str,
        *,
        unit: str = "province_code",
        neighbour: str = "neighbour_code",
    ) -> SpatialWeights:
        """The weights that `long` wrote; pairs without a row have weight zero.

        rows: columns weights (the matrix's name), the unit, its neighbour, weight.
        Raises EstimationError where `name` has no rows, and for pairs that occur twice.
        """
        own = rows[rows["weights"] == name]
        if own.empty:
            raise EstimationError(
                f"no weights '{name}' among: {some(rows['weights'].drop_duplicates())}"
            )
        if (twice := own.duplicated([unit, neighbour])).any():
            pairs = own.loc[twice, [unit, neighbour]].itertuples(index=False, name=None)
            raise EstimationError(f"weights '{name}': pairs that occur twice: {some(pairs)}")
        ids = pd.Index(sorted({*own[unit], *own[neighbour]}), name=unit)
        matrix = own.pivot(index=unit, columns=neighbour, values="weight")
        matrix = matrix.reindex(index=ids, columns=ids).fillna(0.0)
        return cls(name, ids, matrix.to_numpy())

    def long(
        self, *, unit: str = "province_code", neighbour: str = "neighbour_code"
    ) -> pd.DataFrame:
        """One row a pair with a weight: columns weights (the name), unit, neighbour, weight."""
        rows, columns = np.nonzero(self.matrix)
        return pd.DataFrame(
            {
                "weights": self.name,
                unit: self.ids[rows],
                neighbour: self.ids[columns],
                "weight": self.matrix[rows, columns],
            }
        )

    def to_libpysal(self) -> W:
        """The weights as `libpysal.weights.W`, which esda and spreg take, in the order of ids.

        Not as a `Graph`: esda sums up a graph anew in every call, and a W once.
        """
        from libpysal.weights import full2W

        weights = full2W(self.matrix, ids=list(self.ids), silence_warnings=True)
        weights.transform = "r"
        return weights

    def lag(self, values: np.ndarray) -> np.ndarray:
        """W y: the weighted mean of the neighbours' values, (N,) or (N, m), in the order of ids."""
        return self.matrix @ values

    def restricted(self, ids: Iterable[Any]) -> SpatialWeights:
        """The weights among some of the units, each row standardised again, in the order of `ids`.

        Raises EstimationError for unknown or repeated ids, and for units left without a neighbour.
        """
        kept = pd.Index(ids, name=self.ids.name)
        _refuse_repeated(kept)
        places = self.ids.get_indexer(kept)
        if len(unknown := kept[places < 0]):
            raise EstimationError(f"not among the units of weights '{self.name}': {some(unknown)}")
        return self.standardised(self.name, kept, self.matrix[np.ix_(places, places)])

    def _refuse(
        self, fault: str, found: Any, error: type[EstimationError] = EstimationError
    ) -> None:
        _refuse(f"weights '{self.name}': {fault}", self.ids, found, error)


def great_circle(points: pd.DataFrame, *, unit: str = "province_code") -> pd.DataFrame:
    """Great-circle distances in km by the haversine formula, (N, N), labelled on both sides.

    points: columns unit, latitude and longitude in decimal degrees; the result is sorted by unit.
    Raises EstimationError for missing columns, repeated units, fewer than two, and coordinates
    that are missing or impossible.
    """
    if absent := [name for name in (unit, *COORDINATES) if name not in points]:
        raise EstimationError(f"columns not in the table of coordinates: {some(absent)}")
    ids = _units(points[unit])
    placed = points.set_index(unit)[list(COORDINATES)].reindex(ids)
    degrees = placed.apply(pd.to_numeric, errors="coerce").to_numpy(float, na_value=np.nan)
    _refuse("no coordinates", ids, ~np.isfinite(degrees).all(axis=1))
    # Degrees east run to 180 or to 360; nothing lies beyond a pole.
    beyond = (np.abs(degrees[:, 0]) > 90) | (degrees[:, 1] < -180) | (degrees[:, 1] > 360)
    _refuse("coordinates that no place on earth has", ids, beyond)

    latitude, longitude = np.radians(degrees).T
    rise = np.sin((latitude[:, None] - latitude) / 2) ** 2
    turn = np.sin((longitude[:, None] - longitude) / 2) ** 2
    half_chord = rise + np.cos(latitude)[:, None] * np.cos(latitude) * turn
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half_chord, 0, 1)))
    return pd.DataFrame(km, index=ids, columns=ids)


def mean_gdp_per_capita(
    panel: pd.DataFrame, *, entity: str = "province_code", log_gdp: str = "pdgp"
) -> pd.Series:
    """Mean GDP per person of each unit over the years that have it, in yuan, sorted by unit.

    panel: `log_gdp` is its natural logarithm, as the paper's pdgp is; the mean is taken of the
    levels, exp(pdgp). A unit without any value is missing in the result, for `economic_distance`
    and `nested` to name it.
    """
    levels = panel[log_gdp].astype(float).map(np.exp)
    return levels.groupby(panel[entity]).mean().rename("gdp")


def inverse_distance(
    distances: pd.DataFrame, *, power: float = 1.0, name: str = "inverse_distance"
) -> SpatialWeights:
    """w_ij = d_ij^-power over its row's sum.

    distances: (N, N) as of `great_circle`. Raises EstimationError for distances that are not
    symmetric, missing, negative or, between two units, zero; and for a power that is not positive.
    """
    return SpatialWeights.standardised(name, distances.index, _closeness(distances, power))


def economic_distance(gdp: pd.Series, *, name: str = "economic_distance") -> SpatialWeights:
    """w_ij = 1 / |g_i - g_j| over its row's sum, g the mean GDP per capita.

    gdp: one positive figure a unit, indexed by unit; the result is sorted by unit. Raises
    EstimationError for figures that are not positive; NotIdentifiedError for missing ones, and
    for units whose figures are equal.
    """
    gdp = _positive(gdp)
    gap = np.abs(gdp.to_numpy()[:, None] - gdp.to_numpy())
    _refuse_pairs(
        "equal GDP per capita, so no economic distance", gdp.index, gap == 0, NotIdentifiedError
    )
    return SpatialWeights.standardised(name, gdp.index, _reciprocal(gap))


def nested(
    distances: pd.DataFrame, gdp: pd.Series, *, power: float = 1.0, name: str = "nested"
) -> SpatialWeights:
    """Economic-geographic nested weights, product form: w_ij = d_ij^-power g_j / g over its sum.

    g_j / g is the neighbour's mean GDP per capita relative to the mean of the units: of two
    neighbours equally far the richer one weighs more. Raises EstimationError as `inverse_distance`
    does, for figures missing or not positive, and where the two name different units.
    """
    gdp = _of_the_same_units(distances, _positive(gdp))
    relative = gdp.to_numpy() / gdp.mean()
    return SpatialWeights.standardised(
        name, distances.index, _closeness(distances, power) * relative
    )


def nested_convex(
    distances: pd.DataFrame,
    gdp: pd.Series,
    *,
    share: float = 0.5,
    power: float = 1.0,
    name: str = "nested_convex",
) -> SpatialWeights:
    """Nested weights as a convex combination: share x inverse distance + (1 - share) x economic.

    Both are standardised before, for kilometres and yuan do not add up. Raises EstimationError as
    both do, and for a share outside 0 to 1.
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

    borders: one row an undirected border, its two units in the columns `ends`. units: all units,
    so that one without a border is found. Raises EstimationError for units that are unknown,
    without a border, or border on themselves, and for borders that occur twice.
    """
    if absent := [column for column in ends if column not in borders]:
        raise EstimationError(f"columns not in the table of borders: {some(absent)}")
    ids = _units(units)
    named = pd.Index(pd.unique(borders[list(ends)].to_numpy().ravel()))
    if len(unknown := named.difference(ids)):
        raise EstimationError(
            f"borders of units that are not in the list of units: {some(unknown)}"
        )
    one, other = (ids.get_indexer(pd.Index(borders[column])) for column in ends)
    _refuse("a border on itself", ids, np.isin(np.arange(len(ids)), one[one == other]))
    count = np.zeros((len(ids), len(ids)))
    np.add.at(count, (one, other), 1.0)
    count += count.T
    _refuse_pairs("a border that occurs twice", ids, count > 1)
    return SpatialWeights.standardised(name, ids, count)


def nearest(distances: pd.DataFrame, k: int, *, name: str | None = None) -> SpatialWeights:
    """w_ij = 1 / k for the k nearest units; of equally far ones those first in order.

    Raises EstimationError as `inverse_distance` does, and for k outside 1 to N - 1.
    """
    n = len(distances)
    if not 1 <= k < n:
        raise EstimationError(f"{k} nearest neighbours: expected 1 to {n - 1}, for {n} units")
    near = _closeness(distances, 1.0)
    places = np.argsort(-near, axis=1, kind="stable")[:, :k]
    raw = np.zeros((n, n))
    np.put_along_axis(raw, places, 1.0, axis=1)
    return SpatialWeights.standardised(name or f"nearest_{k}", distances.index, raw)


def _closeness(distances: pd.DataFrame, power: float) -> np.ndarray:
    if not (np.isfinite(power) and power > 0):
        raise EstimationError(f"power of distance {power}: expected a positive number")
    ids, km = distances.index, distances.to_numpy(float)
    _refuse_repeated(ids)
    if not ids.equals(distances.columns):
        raise EstimationError("distances: rows and columns must name the same units in one order")
    _refuse_pairs("a distance that is missing or negative", ids, ~(km >= 0) | np.isinf(km))
    _refuse_pairs("distances that differ by direction", ids, ~np.isclose(km, km.T))
    _refuse_pairs("at one place, so no inverse distance", ids, km == 0)
    return _reciprocal(km) ** power


def _reciprocal(values: np.ndarray) -> np.ndarray:
    """1 / values, and zero on the diagonal."""
    apart = ~np.eye(len(values), dtype=bool)
    return np.divide(1.0, values, out=np.zeros_like(values), where=apart)


def _positive(gdp: pd.Series) -> pd.Series:
    ids = _units(gdp.index)
    gdp = pd.to_numeric(gdp, errors="coerce").astype(float).reindex(ids)
    _refuse("no GDP per capita", ids, gdp.isna(), NotIdentifiedError)
    _refuse("GDP per capita that is not a positive number", ids, ~(gdp > 0) | np.isinf(gdp))
    return gdp


def _of_the_same_units(distances: pd.DataFrame, gdp: pd.Series) -> pd.Series:
    for known, other, what in (
        (distances.index, gdp.index, "GDP per capita, but no distance, of"),
        (gdp.index, distances.index, "distances, but no GDP per capita, of"),
    ):
        if len(lacking := other.difference(known)):
            raise EstimationError(f"{what}: {some(lacking)}")
    return gdp.reindex(distances.index)


def _units(labels: Iterable[Any]) -> pd.Index:
    """The units, sorted, so that no result depends on the order of a table's rows."""
    ids = pd.Index(labels)
    if ids.hasnans:
        raise EstimationError(
            f"{np.count_nonzero(ids.isna())} rows do not say which unit they are of"
        )
    _refuse_repeated(ids)
    if len(ids) < 2:
        raise EstimationError(f"weights need two or more units, found {len(ids)}")
    return ids.sort_values()


def _refuse_repeated(ids: pd.Index) -> None:
    if len(repeated := ids[ids.duplicated()].unique()):
        raise EstimationError(f"units that occur more than once: {some(repeated)}")


def _refuse(
    fault: str, ids: pd.Index, found: Any, error: type[EstimationError] = EstimationError
) -> None:
    """Raise, naming the units for which `found` (N,) is true."""
    if np.any(found):
        raise error(f"{fault}: {some(ids[np.asarray(found)])}")


def _refuse_pairs(
    fault: str, ids: pd.Index, found: np.ndarray, error: type[EstimationError] = EstimationError
) -> None:
    """Raise, naming once each pair of different units for which `found` (N, N) is true."""
    rows, columns = np.nonzero(np.triu(found | found.T, 1))
    if len(rows):
        pairs = (f"{one} and {other}" for one, other in zip(ids[rows], ids[columns], strict=True))
        raise error(f"{fault}: {some(pairs)}")
