"""Units by name: a weights matrix that names its units, in the order of the data.

Here: libpysal's W and Graph, which carry labels. Not here: whether the weights are usable
(`algebra`), and weights of this project, which are in the order of their ids (`weights`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.panel import EstimationError, some


def in_order(W: Any, units: Sequence[Any] | None) -> Any:
    """The sparse matrix of a libpysal W or Graph with its rows in the order of `units`.

    Labels 0 to N - 1, libpysal's own where none are given, are places and name nobody. Anything
    else than a W or Graph comes back as it is.

    Raises EstimationError where W names its units and `units` are left out, for then nothing says
    in which order the data are; and where the two name different units.
    """
    if not hasattr(W, "sparse"):
        return W
    labels = pd.Index(W.unique_ids if hasattr(W, "unique_ids") else W.id_order or range(W.n))
    if units is None:
        if list(labels) == list(range(len(labels))):
            return W.sparse
        raise EstimationError(
            f"W names its units ({some(labels)}) and the data do not, so that their order cannot "
            "be compared: pass spatial_algebra(W, units), the units in the order of the data"
        )
    wanted = pd.Index(units)
    if list(labels) == list(range(len(labels))) and not wanted.isin(labels).all():
        return W.sparse
    for what, these, those in (
        ("units that W does not have", wanted, labels),
        ("units of W that are not among those of the data", labels, wanted),
    ):
        if len(lacking := these.difference(those)):
            raise EstimationError(f"{what}: {some(lacking)}")
    if wanted.has_duplicates:
        raise EstimationError(f"units named twice: {some(wanted[wanted.duplicated()])}")
    places = labels.get_indexer(wanted)
    return W.sparse.tocsr()[places][:, places]
