"""Moran's I: whether neighbours have values alike, over all units and around each.

Here: the global statistic of a cross-section and of every year of a panel, and the local one with
its clusters. The statistic and its moments are esda's; the permutations are drawn here, because
esda's come from numpy's global generator and count one tail alone: all years of a panel, and all
random orders of some units, are one product with W. Not here: the weights
(`analysis.spatial.weights`), which variables and weights the paper asks about
(`analysis.paper.moran_tables`), figures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from analysis.panel import NotIdentifiedError
from analysis.spatial.cross_sections import (
    CrossSection,
    Tails,
    by_unit,
    cross_section,
    random_orders,
    refuse_equal,
)
from analysis.spatial.weights_matrix import SpatialWeights

PERMUTATIONS = 9999
SEED = 20241
# Below this a cluster is one.
LEVEL = 0.05
NOT_SIGNIFICANT = "not significant"
# Random orders drawn at once, and cells of the values in them that a product takes, so that
# thousands of units fit into memory and some tens into the processor's cache.
_AT_ONCE = 1000
_CELLS = 2**18
# Share of a matrix's cells from which the dense product is the faster one.
_DENSE = 0.25


@dataclass(frozen=True)
class GlobalMoran:
    """Moran's I of one cross-section, with three inferences; every p-value is two-sided.

    n: units. moran_i: (z' W z) / (z' z) of the deviations z from the mean, W row-standardised.
    expectation: -1 / (n - 1), without spatial dependence.
    variance, z, p under `normality` (values drawn from a normal distribution) and under
    `randomisation` (the values found, in any order).
    p_permutation: twice the smaller share of random orders whose I is at least, or at most, as
    large, the order found counted among them; at most one.
    lower, upper: the 2.5 and 97.5 % points of I over the random orders.
    """

    n: int
    moran_i: float
    expectation: float
    variance_normality: float
    z_normality: float
    p_normality: float
    variance_randomisation: float
    z_randomisation: float
    p_randomisation: float
    p_permutation: float
    lower: float
    upper: float
    permutations: int


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """Local Moran's I of one year.

    moran_i: the global statistic, the slope of `lag` on `z`.
    missing: units without a value in that year, left out and the weights standardised again.
    rows: one a unit, sorted: the unit; value; z (deviation from the mean over the standard
    deviation); lag (W z); local_i (Anselin's, adding up to (n - 1) times the global I); quadrant
    (HH, LH, LL or HL: own value, then neighbours'); p (two-sided, conditional permutation); p_fdr
    (the same adjusted after Benjamini and Hochberg over all units); cluster and cluster_fdr, the
    quadrant where that p-value is below .05 and `not significant` elsewhere.
    """

    variable: str
    weights: str
    year: int
    moran_i: float
    missing: tuple[str, ...]
    permutations: int
    rows: pd.DataFrame


def global_moran(
    values: pd.Series,
    weights: SpatialWeights,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> GlobalMoran:
    """Moran's I of one value a unit.

    values: (n,) floats indexed by unit, in any order; all of them units of `weights`. Where units
    of the weights are not among them, the weights among those present are standardised again.

    Parameters
    ----------
    values : Series
        Indexed by unit, in any order; all of them units of `weights`.
    weights : SpatialWeights
    permutations, seed : int
        How many random orders, and where the generator starts.

    Returns
    -------
    GlobalMoran

    Raises
    ------
    EstimationError
        For values that are not finite and units that are unknown or repeated.
    NotIdentifiedError
        For fewer than four units, values that do not vary, units that are left without a neighbour,
        and weights under which I is the same for any values.

    References
    ----------
    Cliff and Ord (1981), Spatial Processes, section 2.3, for the moments.
    """
    section = cross_section(values, weights)
    return _global([section.values], section.weights, permutations, seed)[0]


def by_year(
    panel: pd.DataFrame,
    variable: str,
    weights: SpatialWeights,
    *,
    entity: str = "province_code",
    time: str = "year",
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Moran's I of every year of the panel, one row a year, sorted.

    Columns: variable, weights (its name), time, the fields of `GlobalMoran`, missing (units of
    the weights without a value, comma-joined) and reason. n counts the units present. A year
    whose values carry no I has missing figures and the reason in words. Every year draws the same
    random orders, so that no year depends on which others are there.

    Parameters
    ----------
    panel : DataFrame
    variable : str
    weights : SpatialWeights
    entity, time : str
        Columns of the keys.
    permutations, seed : int
        How many random orders, and where the generator starts.

    Returns
    -------
    DataFrame
        A row a year.

    Raises
    ------
    EstimationError
        For missing columns, duplicate entity-times, values that are not finite numbers, and
        entities that are not among the units of the weights.
    """
    wide = by_unit(panel, variable, weights, entity, time)
    found = _of_each_year(wide, weights, permutations, seed)
    rows = []
    for year, values in wide.iterrows():
        present = values.dropna().index
        row = {
            "variable": variable,
            "weights": weights.name,
            time: year,
            "n": len(present),
            "missing": ",".join(map(str, weights.ids.difference(present))),
            "permutations": permutations,
            "reason": "",
        }
        of_year = found[year]
        rows.append(
            row | (asdict(of_year) if isinstance(of_year, GlobalMoran) else {"reason": of_year})
        )
    figures = [field.name for field in fields(GlobalMoran) if field.name != "n"]
    return pd.DataFrame(
        rows, columns=["variable", "weights", time, "n", *figures, "missing", "reason"]
    )


def local(
    panel: pd.DataFrame,
    variable: str,
    weights: SpatialWeights,
    *,
    year: int | None = None,
    entity: str = "province_code",
    time: str = "year",
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> LocalMoran:
    """Local Moran's I of one year, by default the last in which any unit has a value.

    Parameters
    ----------
    panel : DataFrame
    variable : str
    weights : SpatialWeights
    year : int, optional
    entity, time : str
        Columns of the keys.
    permutations, seed : int
        How many random orders, and where the generator starts.

    Returns
    -------
    LocalMoran

    Raises
    ------
    EstimationError
        As `by_year`.
    NotIdentifiedError
        As `global_moran`, and where the year has no value.

    References
    ----------
    Anselin (1995), Geographical Analysis 27.
    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57.
    """
    wide = by_unit(panel, variable, weights, entity, time)
    known = wide.dropna(how="all")
    if known.empty or (year is not None and year not in known.index):
        raise NotIdentifiedError(
            f"no unit has a value of {variable}{f' in {year}' if year else ''}"
        )
    from scipy import stats

    last = known.index.max() if year is None else year
    values, among = cross_section(known.T[last].dropna(), weights)
    refuse_equal(among.matrix, weights.name)

    z = stats.zscore(values)
    lag = among.lag(z)
    p = _conditional_p(z, lag, among, permutations, seed)
    p_fdr = stats.false_discovery_control(p)
    quadrant = np.char.add(np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L"))
    rows = pd.DataFrame(
        {
            entity: among.ids,
            "value": values,
            "z": z,
            "lag": lag,
            "local_i": (len(z) - 1) * z * lag / (z @ z),
            "quadrant": quadrant,
            "p": p,
            "p_fdr": p_fdr,
            "cluster": np.where(p < LEVEL, quadrant, NOT_SIGNIFICANT),
            "cluster_fdr": np.where(p_fdr < LEVEL, quadrant, NOT_SIGNIFICANT),
        }
    )
    return LocalMoran(
        variable=variable,
        weights=weights.name,
        year=int(last),
        moran_i=float(z @ lag / (z @ z)),
        missing=tuple(map(str, weights.ids.difference(among.ids))),
        permutations=permutations,
        rows=rows,
    )


def _of_each_year(
    wide: pd.DataFrame, weights: SpatialWeights, permutations: int, seed: int
) -> dict[Any, GlobalMoran | str]:
    """The statistic of each year, or why there is none; years of the same units go together."""
    found: dict[Any, GlobalMoran | str] = {}
    alike: dict[tuple[Any, ...], dict[Any, CrossSection]] = defaultdict(dict)
    for year, values in wide.iterrows():
        try:
            section = cross_section(values.dropna(), weights)
        except NotIdentifiedError as reason:
            found[year] = str(reason)
        else:
            alike[tuple(section.weights.ids)][year] = section
    for sections in alike.values():
        of_any = next(iter(sections.values()))
        values_of = [section.values for section in sections.values()]
        try:
            figures = _global(values_of, of_any.weights, permutations, seed)
        except NotIdentifiedError as reason:
            found |= dict.fromkeys(sections, str(reason))
        else:
            found |= dict(zip(sections, figures, strict=True))
    return found


def _global(
    values: list[np.ndarray], weights: SpatialWeights, permutations: int, seed: int
) -> list[GlobalMoran]:
    """The statistic of each of several variables or years (n,) of the same units."""
    from esda.moran import Moran

    refuse_equal(weights.matrix + weights.matrix.T, weights.name)
    pysal = weights.to_libpysal()
    found = [Moran(of, pysal, permutations=0) for of in values]
    z = np.array([of.z for of in found])
    drawn = _permuted(z, weights.matrix, permutations, seed) / (z**2).sum(axis=1)
    lower, upper = np.quantile(drawn, [0.025, 0.975], axis=0)
    of_orders = Tails.of(drawn, np.array([of.I for of in found])).two_sided(permutations)
    return [
        GlobalMoran(
            n=len(of.z),
            moran_i=float(of.I),
            expectation=float(of.EI),
            variance_normality=float(of.VI_norm),
            z_normality=float(of.z_norm),
            p_normality=float(of.p_norm),
            variance_randomisation=float(of.VI_rand),
            z_randomisation=float(of.z_rand),
            p_randomisation=float(of.p_rand),
            p_permutation=float(of_orders[place]),
            lower=float(lower[place]),
            upper=float(upper[place]),
            permutations=permutations,
        )
        for place, of in enumerate(found)
    ]


def _permuted(z: np.ndarray, matrix: csr_array, permutations: int, seed: int) -> np.ndarray:
    """z'Wz of each z (m, n) in the same random orders, (permutations, m)."""
    m, n = z.shape
    product = matrix.toarray() if matrix.nnz > _DENSE * n**2 else matrix
    of_units = np.ascontiguousarray(z.T)
    drawn = []
    for orders in random_orders(n, permutations, seed, max(1, _CELLS // z.size)):
        values = of_units.take(orders, axis=0).reshape(n, -1)
        drawn.append(np.einsum("ij,ij->j", values, product @ values).reshape(-1, m))
    return np.concatenate(drawn)


def _conditional_p(
    z: np.ndarray, lag: np.ndarray, weights: SpatialWeights, permutations: int, seed: int
) -> np.ndarray:
    """p of each unit's lag, (n,), its own value kept and the others' in random orders.

    The same orders serve every unit.
    """
    n, matrix = len(z), weights.matrix
    tails = np.zeros((2, n))
    for orders in random_orders(n - 1, permutations, seed, _AT_ONCE):
        # The others' values in these orders; from a unit to the next one of them changes in each.
        values, draws = z[1:][orders], np.arange(orders.shape[1])
        place_of = np.argsort(orders, axis=0)
        for unit in range(n):
            if unit:
                values[place_of[unit - 1], draws] = z[unit - 1]
            cells = slice(*matrix.indptr[unit : unit + 2])
            neighbours = matrix.indices[cells]
            # Places among the others, of whom those after the unit move up by one.
            places = neighbours - (neighbours > unit)
            beside = values if len(places) == n - 1 else values[places]
            tails[:, unit] += Tails.of(matrix.data[cells] @ beside, lag[unit])
    return Tails(*tails).two_sided(permutations)
