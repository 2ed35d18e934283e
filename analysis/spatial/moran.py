"""Moran's I: whether neighbours have values alike, over all units and around each.

Here: the global statistic of a cross-section and of every year of a panel, and the local one with
its clusters. The statistic and its moments are esda's; the permutations are drawn here, because
esda's come from numpy's global generator and count one tail alone. Not here: the weights
(`analysis.spatial.weights`), which variables and weights the paper asks about
(`analysis.paper.moran_tables`), figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from analysis.panel import EstimationError, NotIdentifiedError, checked_keys, finite, some
from analysis.spatial.weights_matrix import SpatialWeights

PERMUTATIONS = 9999
SEED = 20241
# Below this a cluster is one.
LEVEL = 0.05
NOT_SIGNIFICANT = "not significant"
# The variance under randomisation divides by (n - 1)(n - 2)(n - 3).
_FEWEST = 4
# Of permutations drawn at once, so that thousands of units fit into memory.
_AT_ONCE = 1000
_NO_SPREAD = 1e-9
# Orders that give the statistic found differ from it by rounding alone.
_ROUNDING = 1e-10


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
    """
    from esda.moran import Moran

    values, weights = _cross_section(values, weights)
    _refuse_equal(weights.matrix + weights.matrix.T, weights.name)
    found = Moran(values.to_numpy(), weights.to_libpysal(), permutations=0)
    drawn = _permuted(found.z, weights, permutations, seed)
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    return GlobalMoran(
        n=len(values),
        moran_i=float(found.I),
        expectation=float(found.EI),
        variance_normality=float(found.VI_norm),
        z_normality=float(found.z_norm),
        p_normality=float(found.p_norm),
        variance_randomisation=float(found.VI_rand),
        z_randomisation=float(found.z_rand),
        p_randomisation=float(found.p_rand),
        p_permutation=_two_sided(found.I, drawn),
        lower=float(lower),
        upper=float(upper),
        permutations=permutations,
    )


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
    wide = _by_unit(panel, variable, weights, entity, time)
    rows = []
    for year, values in wide.iterrows():
        present = values.dropna()
        row = {
            "variable": variable,
            "weights": weights.name,
            time: year,
            "n": len(present),
            "missing": ",".join(map(str, weights.ids.difference(present.index))),
            "permutations": permutations,
            "reason": "",
        }
        try:
            found = global_moran(present, weights, permutations=permutations, seed=seed)
        except NotIdentifiedError as reason:
            rows.append(row | {"reason": str(reason)})
        else:
            rows.append(row | asdict(found))
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
    wide = _by_unit(panel, variable, weights, entity, time)
    known = wide.dropna(how="all")
    if known.empty or (year is not None and year not in known.index):
        raise NotIdentifiedError(
            f"no unit has a value of {variable}{f' in {year}' if year else ''}"
        )
    from scipy import stats

    last = known.index.max() if year is None else year
    values, among = _cross_section(known.T[last].dropna(), weights)
    _refuse_equal(among.matrix, weights.name)

    z = stats.zscore(values.to_numpy())
    lag = among.lag(z)
    p = _conditional_p(z, lag, among, permutations, seed)
    p_fdr = stats.false_discovery_control(p)
    quadrant = np.char.add(np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L"))
    rows = pd.DataFrame(
        {
            entity: among.ids,
            "value": values.to_numpy(),
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


def _by_unit(
    panel: pd.DataFrame, variable: str, weights: SpatialWeights, entity: str, time: str
) -> pd.DataFrame:
    """Times x units of the panel, floats, both sorted."""
    keys = checked_keys(panel, [variable], entity=entity, time=time)
    values = keys.assign(**{variable: finite(panel, variable, entity, time)})
    wide = values.pivot(index=time, columns=entity, values=variable)
    _refuse_unknown(wide.columns, weights)
    return wide


def _cross_section(values: pd.Series, weights: SpatialWeights) -> tuple[pd.Series, SpatialWeights]:
    """Values and weights of the same units in the same, sorted order."""
    values = values.astype(float).sort_index()
    if not np.isfinite(values).all():
        unfit = values.index[~np.isfinite(values)]
        raise EstimationError(f"Moran's I needs finite numbers, found others at: {some(unfit)}")
    _refuse_unknown(values.index, weights)
    if len(values) < _FEWEST:
        raise NotIdentifiedError(
            f"{len(values)} units have a value; Moran's I needs {_FEWEST} or more"
        )
    if values.std(ddof=0) <= _NO_SPREAD * values.abs().mean():
        raise NotIdentifiedError("all units have the same value")
    return values, weights.restricted(values.index)


def _refuse_equal(pairs: np.ndarray, name: str) -> None:
    """Raise where every pair weighs the same: z'Wz is then -z'z / (n - 1) whatever z is."""
    weight = pairs[~np.eye(len(pairs), dtype=bool)]
    if np.ptp(weight) <= _ROUNDING * weight.max():
        raise NotIdentifiedError(
            f"under weights '{name}' all {len(pairs)} units are equally each other's neighbours: "
            f"Moran's I is {-1 / (len(pairs) - 1):.3g} whatever their values"
        )


def _refuse_unknown(units: pd.Index, weights: SpatialWeights) -> None:
    if len(unknown := units.difference(weights.ids)):
        raise EstimationError(f"not among the units of weights '{weights.name}': {some(unknown)}")


def _random_orders(n: int, permutations: int, seed: int) -> Iterator[np.ndarray]:
    """Random orders of n places, some at a time, (at most `_AT_ONCE`, n)."""
    random = np.random.default_rng(seed)
    for start in range(0, permutations, _AT_ONCE):
        orders = np.tile(np.arange(n), (min(_AT_ONCE, permutations - start), 1))
        yield random.permuted(orders, axis=1)


def _permuted(z: np.ndarray, weights: SpatialWeights, permutations: int, seed: int) -> np.ndarray:
    """I of random orders of the deviations z, (permutations,)."""
    # Not the dense product: its threads wait for each other longer than so small a one takes.
    matrix = csr_array(weights.matrix)
    drawn = []
    for orders in _random_orders(len(z), permutations, seed):
        values = z[orders].T
        drawn.append((values * (matrix @ values)).sum(axis=0))
    return np.concatenate(drawn) / (z @ z)


def _conditional_p(
    z: np.ndarray, lag: np.ndarray, weights: SpatialWeights, permutations: int, seed: int
) -> np.ndarray:
    """p of each unit's lag, (n,), its own value kept and the others' in random orders.

    The same orders serve every unit.
    """
    n = len(z)
    others = np.array([np.delete(np.arange(n), place) for place in range(n)])
    own = np.take_along_axis(weights.matrix, others, axis=1)
    drawn = np.concatenate(
        [
            np.column_stack([z[others[place]][orders] @ own[place] for place in range(n)])
            for orders in _random_orders(n - 1, permutations, seed)
        ]
    )
    return np.array([_two_sided(lag[place], drawn[:, place]) for place in range(n)])


def _two_sided(found: float, drawn: np.ndarray) -> float:
    """Twice the smaller tail of `drawn` from `found` on, `found` counted among them; at most 1."""
    above = np.count_nonzero(drawn >= found - _ROUNDING)
    below = np.count_nonzero(drawn <= found + _ROUNDING)
    return min(1.0, 2 * (min(above, below) + 1) / (len(drawn) + 1))
