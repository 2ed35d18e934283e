"""A row-standardised spatial weights matrix, checked, and its way into tables and libpysal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csr_array

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
    matrix: (N, N) floats, sparse, whatever array it was made from; row i holds the weights of the
    neighbours of unit i and adds up to one, the diagonal is zero. Only weights that are not zero
    are stored, so that thousands of units with a few neighbours each take little memory.

    Raises EstimationError for repeated ids, another shape, a weight that is negative or not
    finite, a weight of a unit on itself, and rows that do not sum to one; NotIdentifiedError for
    units without a neighbour.
    """

    name: str
    ids: pd.Index
    matrix: csr_array

    def __post_init__(self) -> None:
        refuse_repeated(self.ids)
        matrix = csr_array(self.matrix, dtype=float)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        object.__setattr__(self, "matrix", matrix)
        n = len(self.ids)
        if matrix.shape != (n, n):
            raise EstimationError(
                f"weights '{self.name}': a matrix of shape {matrix.shape} for {n} units"
            )
        rows, weights = rows_of(matrix), matrix.data
        unfit, negative = np.zeros((2, n), dtype=bool)
        unfit[rows[~np.isfinite(weights)]] = True
        negative[rows[weights < 0]] = True
        self._refuse("a weight that is not finite", unfit)
        self._refuse("a negative weight", negative)
        self._refuse("a weight on itself", matrix.diagonal() > 0)
        sums = matrix.sum(axis=1)
        self._refuse("no neighbour", sums == 0, NotIdentifiedError)
        self._refuse("weights that do not add up to one", np.abs(sums - 1) > _ROUNDING)

    @classmethod
    def standardised(cls, name: str, ids: Iterable[Any], raw: Any) -> SpatialWeights:
        """The weights of non-negative `raw` (N, N) closeness, an array or a scipy sparse one, each
        row divided by its sum."""
        if not sparse.issparse(raw):
            try:
                raw = np.asarray(raw, dtype=float)
            except (TypeError, ValueError):
                raise EstimationError(f"weights '{name}': cells that are not numbers") from None
            if raw.ndim != 2:
                raise EstimationError(
                    f"weights '{name}': expected rows and columns, got {raw.shape}"
                )
        closeness = csr_array(raw, dtype=float, copy=True)
        sums = closeness.sum(axis=1)
        # A row of zeros stays one, for the units without neighbours to be named.
        closeness.data /= np.where(sums == 0, 1.0, sums)[rows_of(closeness)]
        return cls(name, pd.Index(ids), closeness)

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
        ids = pd.Index(pd.unique(own[[unit, neighbour]].to_numpy().ravel()), name=unit)
        ids = ids.sort_values()
        places = tuple(ids.get_indexer(pd.Index(own[end])) for end in (unit, neighbour))
        return cls(name, ids, csr_array((own["weight"], places), shape=(len(ids), len(ids))))

    def long(
        self, *, unit: str = "province_code", neighbour: str = "neighbour_code"
    ) -> pd.DataFrame:
        """One row a pair with a weight: columns weights (the name), unit, neighbour, weight."""
        return pd.DataFrame(
            {
                "weights": self.name,
                unit: self.ids[rows_of(self.matrix)],
                neighbour: self.ids[self.matrix.indices],
                "weight": self.matrix.data,
            }
        )

    def to_libpysal(self) -> W:
        """The weights as `libpysal.weights.W`, which esda and spreg take, in the order of ids.

        Not as a `Graph`: esda sums up a graph anew in every call, and a W once.
        """
        from libpysal.weights import WSP, WSP2W

        weights = WSP2W(WSP(self.matrix.tocsr(), id_order=list(self.ids)), silence_warnings=True)
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
        if kept.equals(self.ids):
            return self
        refuse_repeated(kept)
        places = self.ids.get_indexer(kept)
        if len(unknown := kept[places < 0]):
            raise EstimationError(f"not among the units of weights '{self.name}': {some(unknown)}")
        return self.standardised(self.name, kept, self.matrix[places][:, places])

    def _refuse(
        self, fault: str, found: Any, error: type[EstimationError] = EstimationError
    ) -> None:
        refuse(f"weights '{self.name}': {fault}", self.ids, found, error)


def rows_of(matrix: csr_array) -> np.ndarray:
    """The row of each stored cell, in the order of the cells."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


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
    fault: str, ids: pd.Index, found: Any, error: type[EstimationError] = EstimationError
) -> None:
    """Raise, naming once each pair of different units for which `found` is true.

    found: (N, N) booleans, an array or a scipy sparse one.
    """
    faulty = csr_array(found)
    rows, columns = sparse.triu(faulty + faulty.T, 1, format="csr").nonzero()
    if len(rows):
        pairs = (f"{one} and {other}" for one, other in zip(ids[rows], ids[columns], strict=True))
        raise error(f"{fault}: {some(pairs)}")


def unit_labels(labels: Iterable[Any]) -> pd.Index:
    """The units, sorted, so that no result depends on the order of a table's rows.

    Raises EstimationError for missing and repeated labels, and for fewer than two.
    """
    ids = pd.Index(labels)
    if ids.hasnans:
        raise EstimationError(
            f"{np.count_nonzero(ids.isna())} rows do not say which unit they are of"
        )
    refuse_repeated(ids)
    if len(ids) < 2:
        raise EstimationError(f"weights need two or more units, found {len(ids)}")
    return ids.sort_values()
