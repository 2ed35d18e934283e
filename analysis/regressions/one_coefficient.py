"""One coefficient of a two-way regression, everything else partialled out, and how sure it is.

Here: errors that allow for few and unequal clusters, for shocks that all provinces share and for
neighbours, and the test that needs no error at all, by permuting. Not here: the wild bootstrap
(`wild_bootstrap`), tests of the residuals (`residual_tests`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.column_blocks import column_blocks
from analysis.design import design
from analysis.intervals import SEED
from analysis.panel import (
    CONSTANT,
    EstimationError,
    NotIdentifiedError,
    PanelSample,
    estimation_sample,
)
from analysis.regressions.clustering import (
    NO_ERROR,
    no_error_left,
    small_sample_factor,
    t_p_value,
)

# Reach of the neighbours in `conley`, km: most neighbouring capitals are nearer, few others.
CUTOFF_KM = 1000.0
# t statistics nearer than this, relatively, are the same: an order may repeat that of the data.
_SAME = 1e-8
# Share of a regressor's square left without a cluster below which nothing but rounding is.
_NOTHING_LEFT = 1e-9


@dataclass(frozen=True)
class Inference:
    """A standard error (not a number for a test that has none) and a two-sided p-value of zero."""

    std_error: float
    p_value: float


@dataclass(frozen=True, eq=False)
class OneCoefficient:
    """A coefficient of y on x alone, both less effects and all other regressors (Frisch-Waugh).

    x, y, residual: (n,), in the order of the sample's rows. others: (n, K) orthonormal columns that
    were partialled out beside the entity effects. n_coefficients: as `small_sample_factor` counts.
    """

    sample: PanelSample
    name: str
    estimate: float
    x: np.ndarray
    y: np.ndarray
    others: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        return self.y - self.estimate * self.x

    @property
    def scores(self) -> np.ndarray:
        """Influence of each row on the estimate, (n,), to first order."""
        return self.x * self.residual / (self.x @ self.x)

    @property
    def n_clusters(self) -> int:
        return len(self.sample.entities)

    @property
    def factor(self) -> float:
        """Of small samples, as `two_way_fe` has it."""
        return float(small_sample_factor(self.n_clusters, len(self.x), self.n_coefficients))

    @property
    def n_coefficients(self) -> int:
        """As `two_way_fe` counts: slopes, time dummies and the constant."""
        return self.others.shape[1] + 2


def each_coefficient(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    coefficients: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
) -> list[OneCoefficient]:
    """Some coefficients of one `two_way_fe`, ready for the measures of this module.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    regressors : sequence of str
    coefficients : sequence of str
        Those of the regressors that are wanted.
    entity, time : str
        Columns of the keys.

    Returns
    -------
    list of OneCoefficient

    Raises
    ------
    EstimationError, NotIdentifiedError
        As `two_way_fe`, and for a coefficient that is not a regressor.
    """
    if unknown := [name for name in coefficients if name not in regressors]:
        raise EstimationError(
            f"not among the regressors {', '.join(regressors)}: {', '.join(unknown)}"
        )
    sample, within = sample_within(panel, outcome, regressors, entity=entity, time=time)
    values = pd.DataFrame(sample.demeaned(sample.values.to_numpy()), columns=sample.values.columns)
    found = []
    for name in coefficients:
        others = np.linalg.qr(within.drop(columns=name).to_numpy())[0]
        both = values[[name, outcome]].to_numpy()
        x, y = (both - others @ (others.T @ both)).T
        found.append(OneCoefficient(sample, name, float(x @ y / (x @ x)), x, y, others))
    return found


def sample_within(
    panel: pd.DataFrame, outcome: str, regressors: Sequence[str], *, entity: str, time: str
) -> tuple[PanelSample, pd.DataFrame]:
    """The rows of a `two_way_fe` and its right-hand side less entity effects, (n, K - 1).

    Time dummies and regressors, standardised, without the constant. Raises as `two_way_fe`.
    """
    sample = estimation_sample(
        panel, outcome, regressors, entity=entity, time=time, effects="twoway"
    )
    right_hand = design(sample, list(regressors), "twoway").matrix.drop(columns=CONSTANT)
    return sample, pd.DataFrame(sample.demeaned(right_hand.to_numpy()), columns=right_hand.columns)


def clustered(of: OneCoefficient) -> Inference:
    """The error by entity that `two_way_fe` has, without the rest of that regression.

    Raises NotIdentifiedError where no sampling error is left.
    """
    found = _by_t(of.estimate, of.factor * (of.sample.summed(of.scores) ** 2).sum(), of.n_clusters)
    spread = of.sample.values[[of.name, of.sample.outcome]].std(ddof=0)
    if not found.std_error * spread[of.name] > NO_ERROR * spread[of.sample.outcome]:
        raise no_error_left(of.sample)
    return found


def effective_clusters(of: OneCoefficient) -> float:
    """How many equal clusters the estimate is worth, between 1 and G.

    G / (1 + squared variation coefficient of the clusters' leverages), for errors that are
    independent within clusters: G*(0) of Stata's `summclust`. With entity effects absorbed the
    other convention, equicorrelated errors, is not defined.

    References
    ----------
    Carter, Schnepel and Steigerwald (2017), Review of Economics and Statistics 99, eq. 12.
    """
    leverage = of.sample.summed(of.x**2)
    return float(of.n_clusters / (1 + ((leverage / leverage.mean() - 1) ** 2).mean()))


def jackknife(of: OneCoefficient) -> Inference:
    """CV3: (G-1)/G times the summed squares of the estimates without each cluster less the whole's.

    Every other coefficient is estimated anew. p-value by t(G-1).

    Raises NotIdentifiedError where the coefficient is not identified without some cluster.

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Journal of Applied Econometrics 38, eq. 12.
    """
    own = of.sample.cross_products(np.column_stack([of.others, of.x, of.y]))
    left = own.sum(axis=0) - own
    k = of.others.shape[1]
    # Years that no other cluster has leave zero columns, which a generalised inverse passes over.
    inverse = np.linalg.pinv(left[:, :k, :k], hermitian=True, rcond=1e-12)
    both = left[:, k:, k:] - left[:, k:, :k] @ inverse @ left[:, :k, k:]
    if (both[:, 0, 0] < _NOTHING_LEFT * (of.x @ of.x)).any():
        raise NotIdentifiedError(f"{of.name} is not identified without one {of.sample.entity}")
    estimates = both[:, 0, 1] / both[:, 0, 0]
    groups = of.n_clusters
    variance = (groups - 1) / groups * ((estimates - of.estimate) ** 2).sum()
    return _by_t(of.estimate, variance, groups)


def driscoll_kraay(of: OneCoefficient, lags: int | None = None) -> Inference:
    """Errors that allow any dependence between entities, and serial dependence up to `lags`.

    Bartlett weights on the scores summed over entities; lags by default floor(4 (T/100)^(2/9)),
    2 for 19 years. Times T/(T-1) (n-1)/(n-K), p-value by t(T-1), as Stata's `xtscc`; without that
    factor R's `plm::vcovSCC(type = "HC0")`.

    References
    ----------
    Driscoll and Kraay (1998), Review of Economics and Statistics 80. Hoechle (2007), Stata J. 7.
    """
    n, times = len(of.x), len(of.sample.times)
    if lags is None:
        lags = int(4 * (times / 100) ** (2 / 9))
    by_time = np.bincount(of.sample.time_codes, of.scores, minlength=times)
    years = of.sample.times.to_numpy(dtype=float)
    weight = np.maximum(1 - np.abs(years[:, None] - years) / (lags + 1), 0)
    factor = small_sample_factor(times, n, of.n_coefficients)
    return _by_t(of.estimate, factor * (by_time @ weight @ by_time), times)


def conley(of: OneCoefficient, distances: pd.DataFrame, cutoff: float = CUTOFF_KM) -> Inference:
    """Clustered errors that allow dependence between entities near each other in the same time.

    Pairs of entities of one time enter with weight 1 - distance / cutoff, as far as the cutoff;
    pairs of times of one entity with weight one. Factor and t(G-1) as in `two_way_fe`, which it is
    with a cutoff below every distance.

    Parameters
    ----------
    of : OneCoefficient
    distances : DataFrame, (N, N)
        km between entities, labelled by them on both sides.
    cutoff : float
        km.

    Raises
    ------
    EstimationError
        For entities without a distance.

    References
    ----------
    Conley (1999), Journal of Econometrics 92. Hsiang (2010), PNAS 107, supplement.
    """
    entities = of.sample.entities
    if len(absent := entities.difference(distances.index)):
        raise EstimationError(f"no distance for: {', '.join(map(str, absent))}")
    near = np.maximum(1 - distances.loc[entities, entities].to_numpy() / cutoff, 0)
    np.fill_diagonal(near, 0)
    table = np.zeros((len(entities), len(of.sample.times)))
    table[of.sample.entity_codes, of.sample.time_codes] = of.scores
    own = (table.sum(axis=1) ** 2).sum()
    variance = own + (table * (near @ table)).sum()
    return _by_t(of.estimate, of.factor * variance, of.n_clusters)


def randomisation(of: OneCoefficient, reps: int = 499, seed: int = SEED) -> Inference:
    """p-value of the clustered t among those with the regressor's paths dealt out anew.

    Each draw gives the whole path of the regressor to another entity with the same times, all
    else as it is: under the sharp null that the outcome does not depend on it at all, and if any
    entity might have had any path, each is as likely. The share of draws whose |t| is at least that
    of the data, which counts as one draw.

    Raises NotIdentifiedError where fewer than five entities have their times in common.

    References
    ----------
    MacKinnon and Webb (2020), Journal of Econometrics 218 (RI-t).
    """
    sample, rng = of.sample, np.random.default_rng(seed)
    # An entity's mean goes with its path.
    path = sample.demeaned(sample.values[[of.name]].to_numpy())[:, 0]
    starts = sample.starts
    patterns = [tuple(times) for times in np.split(sample.time_codes, starts[1:])]
    commonest = max(set(patterns), key=patterns.count)
    alike = np.array([i for i, times in enumerate(patterns) if times == commonest])
    if len(alike) < 5:
        raise NotIdentifiedError(
            f"only {len(alike)} values of {sample.entity} have the same {sample.time}s: "
            "too few to permute"
        )
    rows = starts[alike][:, None] + np.arange(len(commonest))
    orders = np.stack([rng.permutation(len(alike)) for _ in range(reps)], axis=1)
    drawn = np.empty(reps)
    for block in column_blocks(len(path), reps):
        dealt = np.repeat(path[:, None], orders[:, block].shape[1], axis=1)
        dealt[rows] = path[rows][orders[:, block]].transpose(0, 2, 1)
        dealt -= of.others @ (of.others.T @ dealt)
        drawn[block] = np.abs(_t_stats(sample, dealt, of.y))
    actual = abs(float(_t_stats(sample, of.x[:, None], of.y)[0]))
    count = int((drawn >= actual * (1 - _SAME)).sum())
    return Inference(float("nan"), (1 + count) / (1 + reps))


def _t_stats(sample: PanelSample, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Clustered t, but for a factor, of y on each column of x (n, m), both partialled."""
    squares = (x**2).sum(axis=0)
    slopes = x.T @ y / squares
    scores = sample.summed(x * (y[:, None] - x * slopes))
    return slopes * squares / np.sqrt((scores**2).sum(axis=0))


def _by_t(estimate: float, variance: float, groups: int) -> Inference:
    """A variance that is not positive, which a kernel in two dimensions can give, is no error."""
    error = float(np.sqrt(variance)) if variance > 0 else float("nan")
    return Inference(error, float(t_p_value(estimate / error, groups)))
