"""A row-standardised spatial weights matrix, checked, and its way into tables and libpysal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.panel import EstimationError, NotIdentifiedError, some

if TYPE_CHECKING:
    from libpysal.weights import W

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
        refuse_repeated(self.ids)
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
        refuse_repeated(kept)
        places = self.ids.get_indexer(kept)
        if len(unknown := kept[places < 0]):
            raise EstimationError(f"not among the units of weights '{self.name}': {some(unknown)}")
        return self.standardised(self.name, kept, self.matrix[np.ix_(places, places)])

    def _refuse(
        self, fault: str, found: Any, error: type[EstimationError] = EstimationError
    ) -> None:
        refuse(f"weights '{self.name}': {fault}", self.ids, found, error)


def refuse_repeated(ids: pd.Index) -> None:
    """Raise, naming them, for labels that occur more than once."""
    if len(repeated := ids[ids.duplicated()].unique()):
        raise EstimationError(f"units that occur more than once: {some(repeated)}")


def refuse(
    fault: str, ids: pd.Index, found: Any, error: type[EstimationError] = EstimationError
) -> None:
    """Raise, naming the units for which `found` (N,) is true."""
    if np.any(found):
        raise error(f"{fault}: {some(ids[np.asarray(found)])}")


def refuse_pairs(
    fault: str, ids: pd.Index, found: np.ndarray, error: type[EstimationError] = EstimationError
) -> None:
    """Raise, naming once each pair of different units for which `found` (N, N) is true."""
    rows, columns = np.nonzero(np.triu(found | found.T, 1))
    if len(rows):
        pairs = (f"{one} and {other}" for one, other in zip(ids[rows], ids[columns], strict=True))
        raise error(f"{fault}: {some(pairs)}")
