"""Section 5.6 before its regressions: the weights of the provinces, and Moran's I under them.

Here: which matrices are made of the warehouse's tables and which variables are looked at; both as
tables, with what the data cannot carry. Not here: formulas (`analysis.spatial.weights`,
`analysis.spatial.moran`), the spatial panel models, files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from analysis.panel import NotIdentifiedError
from analysis.paper.columns import OUTCOME, TREATMENT, NotEstimable, without_values
from analysis.paper.indirect_effects import Table
from analysis.spatial import moran, weights
from analysis.spatial.weights import SpatialWeights

TABLE = "5.6"
VARIABLES = (TREATMENT, OUTCOME)
NEIGHBOURS = 4
# The matrices, the paper's two first, and what they say in words.
MATRICES = {
    "nested": "economic-geographic nested: inverse distance x relative mean GDP per capita",
    "economic_distance": "economic distance: 1 / difference of mean GDP per capita",
    "nested_convex": "nested as half inverse distance, half economic distance",
    "inverse_distance": "inverse great-circle distance between capitals",
    "contiguity": "provinces that touch, Hainan linked to Guangdong",
    f"nearest_{NEIGHBOURS}": f"the {NEIGHBOURS} nearest capitals",
}
PAPER_MATRICES = ("nested", "economic_distance")
# Stated, so that a table without rows has the types of one with rows.
_MORAN_TYPES = {
    **dict.fromkeys(("variable", "weights"), "str"),
    **dict.fromkeys(("year", "n"), "int64"),
    **dict.fromkeys(("moran_i", "expectation"), "float64"),
    **{
        f"{figure}_{under}": "float64"
        for under in ("normality", "randomisation")
        for figure in ("variance", "z", "p")
    },
    **dict.fromkeys(("p_permutation", "lower", "upper"), "float64"),
    "permutations": "int64",
    **dict.fromkeys(("missing", "reason"), "str"),
}
_LOCAL_TYPES = {
    **dict.fromkeys(("variable", "weights"), "str"),
    "year": "int64",
    **dict.fromkeys(("province_code", "province"), "str"),
    **dict.fromkeys(("value", "z", "lag", "local_i"), "float64"),
    "quadrant": "str",
    **dict.fromkeys(("p", "p_fdr"), "float64"),
    **dict.fromkeys(("cluster", "cluster_fdr"), "str"),
    "permutations": "int64",
    "missing": "str",
}
_INCOME = "pdgp"
_OF_INCOME = ("nested", "economic_distance", "nested_convex")


def spatial_weights(panel: pd.DataFrame, capitals: pd.DataFrame, borders: pd.DataFrame) -> Table:
    """Every matrix of `MATRICES` in the long form of `SpatialWeights.long`, with distance_km.

    panel: province_code and pdgp, one row a province-year, of which exp(pdgp) is averaged over the
    years that have it. capitals, borders: the seeds province_capitals and province_borders.
    A matrix that income is missing for has no rows and is listed as not estimable.
    """
    distances = weights.great_circle(capitals)
    makers: dict[str, Callable[[pd.Series], SpatialWeights]] = {
        "nested": lambda gdp: weights.nested(distances, gdp),
        "economic_distance": lambda gdp: weights.economic_distance(gdp),
        "nested_convex": lambda gdp: weights.nested_convex(distances, gdp),
        "inverse_distance": lambda _: weights.inverse_distance(distances),
        "contiguity": lambda _: weights.contiguity(borders, distances.index),
        f"nearest_{NEIGHBOURS}": lambda _: weights.nearest(distances, NEIGHBOURS),
    }
    gdp = weights.mean_gdp_per_capita(panel).reindex(distances.index)
    without = without_values(panel, [_INCOME])
    made, refused = [], []
    for name in MATRICES:
        try:
            made.append(makers[name](gdp).long())
        except NotIdentifiedError as error:
            missing = without if name in _OF_INCOME else ()
            words = f"without any value: {', '.join(missing)}" if missing else str(error)
            refused.append(NotEstimable(TABLE, f"weights {name}", missing, words))
    rows = pd.concat(made, ignore_index=True)
    places = (
        distances.index.get_indexer(pd.Index(rows[end]))
        for end in ("province_code", "neighbour_code")
    )
    rows["distance_km"] = distances.to_numpy()[*places]
    return Table(rows, not_estimable=tuple(refused))


def matrices(rows: pd.DataFrame) -> list[SpatialWeights]:
    """The matrices that the table of `spatial_weights` holds, in the order of `MATRICES`."""
    held = set(rows["weights"])
    return [SpatialWeights.from_long(rows, name) for name in MATRICES if name in held]


def morans_i(
    panel: pd.DataFrame,
    matrices: Iterable[SpatialWeights],
    *,
    permutations: int = moran.PERMUTATIONS,
) -> Table:
    """Moran's I of coagglo and ami in every year under every matrix, as `moran.by_year` has it."""
    rows = [
        moran.by_year(panel, variable, matrix) for variable in _known(panel) for matrix in matrices
    ]
    return Table(_joined(rows, _MORAN_TYPES), not_estimable=_unknown(panel, "Moran's I"))


def local_moran(
    panel: pd.DataFrame,
    matrices: Iterable[SpatialWeights],
    *,
    permutations: int = moran.PERMUTATIONS,
) -> Table:
    """Local Moran's I of coagglo and ami in the last year that has them, under every matrix.

    Columns: variable, weights, year, province_code, province, the columns of
    `moran.LocalMoran.rows`, permutations and missing (provinces without a value, comma-joined).
    """
    names = panel.drop_duplicates("province_code").set_index("province_code")["province"]
    found, refused = [], list(_unknown(panel, "local Moran's I"))
    for variable in _known(panel):
        for matrix in matrices:
            try:
                of = moran.local(panel, variable, matrix, permutations=permutations)
            except NotIdentifiedError as error:
                column = f"local Moran's I of {variable}, {matrix.name}"
                refused.append(NotEstimable(TABLE, column, (), str(error)))
                continue
            rows = of.rows.assign(permutations=of.permutations, missing=",".join(of.missing))
            rows.insert(1, "province", rows["province_code"].map(names))
            for place, name in enumerate(("variable", "weights", "year")):
                rows.insert(place, name, getattr(of, name))
            found.append(rows)
    return Table(_joined(found, _LOCAL_TYPES), not_estimable=tuple(refused))


def leading(local: pd.DataFrame, variable: str) -> pd.DataFrame:
    """Of the table local_moran the rows of a variable, under the first of `MATRICES` there is."""
    rows = local[local["variable"] == variable]
    held = set(rows["weights"])
    first = next((name for name in MATRICES if name in held), "")
    return rows[rows["weights"] == first]


def _known(panel: pd.DataFrame) -> list[str]:
    lacking = without_values(panel, VARIABLES)
    return [name for name in VARIABLES if name not in lacking]


def _unknown(panel: pd.DataFrame, what: str) -> tuple[NotEstimable, ...]:
    return tuple(
        NotEstimable(TABLE, f"{what} of {name}", (name,), f"without any value: {name}")
        for name in without_values(panel, VARIABLES)
    )


def _joined(pieces: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    """The pieces in stated types, so that a table without rows has those of one with rows."""
    found = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(columns))
    return found[list(columns)].astype(columns)
