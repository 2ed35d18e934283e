"""Several coefficients at once: clustered Wald tests that all are zero, or equal between samples.

Here: the F of a joint null and its wild cluster bootstrap, which also serves one coefficient, the
Anderson-Rubin test (the instruments in the regression of y - b x) and families of tests
(`multiple_testing`). Not here: the test of one coefficient with its confidence limits
(`wild_bootstrap`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, special

from analysis.column_blocks import column_blocks
from analysis.intervals import SEED
from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.clustering import small_sample_factor
from analysis.regressions.one_coefficient import OneCoefficient, sample_within
from analysis.regressions.wild_bootstrap import bootstrap_p, cluster_weights, kind_of_weights

REPS = 9999
# Share of a draw's largest variance below which a direction has none but rounding.
_NO_VARIANCE = 1e-13


@dataclass(frozen=True)
class JointTest:
    """H0: all tested coefficients are zero.

    f_stat: clustered Wald over df, small-sample factor included; p_value by F(df, df_denominator),
    df_denominator = clusters - 1. wild_p_value: by the wild cluster bootstrap, null imposed.
    """

    f_stat: float
    df: int
    df_denominator: int
    p_value: float
    wild_p_value: float


@dataclass(frozen=True, eq=False)
class NullModel:
    """A regression under the null that some of its coefficients are zero.

    tested: (n, m) orthonormal columns of the tested regressors, less everything else. others:
    (n, K) orthonormal columns of everything else but entity effects, which are out already.
    residual: (n,) the outcome less everything else. clusters: (n,) codes from 0.
    n_coefficients: as `small_sample_factor` counts.
    """

    tested: np.ndarray
    others: np.ndarray
    residual: np.ndarray
    clusters: np.ndarray
    n_coefficients: int

    @classmethod
    def of_one(cls, of: OneCoefficient) -> NullModel:
        """That one coefficient is zero."""
        x = of.x[:, None] / np.linalg.norm(of.x)
        return cls(x, of.others, of.y, of.sample.entity_codes, of.n_coefficients)

    @property
    def n_clusters(self) -> int:
        return int(self.clusters.max()) + 1

    @property
    def factor(self) -> float:
        n = len(self.residual)
        return float(small_sample_factor(self.n_clusters, n, self.n_coefficients))

    def wald(self, weights: np.ndarray) -> np.ndarray:
        """The clustered Wald statistic, less its factor, of every bootstrap sample, (draws,).

        weights: (clusters, draws), what residuals are multiplied by; with ones the sample is the
        data. As in Roodman et al. (2019), one product with the weights gives all draws' scores.
        """
        right_hand = np.column_stack([self.others, self.tested])
        own = self._summed(self.tested * self.residual[:, None])
        fitted = self._summed(right_hand * self.residual[:, None])
        along = [self._summed(column[:, None] * right_hand) for column in self.tested.T]
        moments = np.empty((len(along), weights.shape[1]))
        covariance = np.empty((weights.shape[1], len(along), len(along)))
        for block in column_blocks(*weights.shape):
            drawn = weights[:, block].astype(float)
            moments[:, block] = own.T @ drawn
            slopes = fitted.T @ drawn
            each = zip(own.T, along, strict=True)
            scores = np.stack([mine[:, None] * drawn - of @ slopes for mine, of in each])
            covariance[block] = np.einsum("kgb,lgb->bkl", scores, scores)
        values, vectors = np.linalg.eigh(covariance)
        turned = np.einsum("bkl,kb->bl", vectors, moments)
        values[values < _NO_VARIANCE * values[:, -1:]] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            return (turned**2 / values).sum(axis=1)

    def test(self, weights: np.ndarray, *, enumerated: bool) -> JointTest:
        """F and p-values; `enumerated`: whether the weights are all that there are.

        Raises NotIdentifiedError where there are no more clusters than tested coefficients.
        """
        df, groups = self.tested.shape[1], self.n_clusters
        if groups <= df:
            raise NotIdentifiedError(
                f"{groups} clusters are too few for a joint test of {df} coefficients"
            )
        (statistic,) = self.wald(np.ones((groups, 1)))
        f_stat = float(statistic / (df * self.factor))
        return JointTest(
            f_stat=f_stat,
            df=df,
            df_denominator=groups - 1,
            p_value=float(special.fdtrc(df, groups - 1, f_stat)),
            wild_p_value=bootstrap_p(self.wald(weights), statistic, enumerated=enumerated),
        )

    def _summed(self, values: np.ndarray) -> np.ndarray:
        """Sums of (n, columns) over clusters."""
        totals = np.zeros((self.n_clusters, values.shape[1]))
        np.add.at(totals, self.clusters, values)
        return totals


def all_zero(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    tested: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
    reps: int = REPS,
    seed: int = SEED,
) -> JointTest:
    """Test that some coefficients of `two_way_fe` are all zero.

    The F is that of Stata's `test` after `xtreg, fe vce(cluster)` with i.time; the bootstrap draws
    weights as `wild_cluster_p` does, and with one coefficient is its test.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    regressors, tested : sequence of str
        The tested are among the regressors.
    entity, time : str
        Columns of the keys; errors are clustered by entity.
    reps, seed : int
        How many draws, and where the generator starts.

    Returns
    -------
    JointTest

    Raises
    ------
    EstimationError, NotIdentifiedError
        As `two_way_fe`, for a coefficient that is not a regressor, and for too few clusters.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90.
    Roodman, MacKinnon, Nielsen and Webb (2019), Stata Journal 19.
    """
    if not tested or (unknown := [name for name in tested if name not in regressors]):
        raise EstimationError(
            f"not among the regressors {', '.join(regressors)}: {', '.join(unknown)}"
            if tested
            else "no coefficient to test was named"
        )
    sample, within = sample_within(panel, outcome, regressors, entity=entity, time=time)
    names = [*(name for name in within if name not in tested), *tested]
    basis = np.linalg.qr(within[names].to_numpy())[0]
    others, columns = np.split(basis, [len(names) - len(tested)], axis=1)
    (y,) = sample.demeaned(sample.values[[outcome]].to_numpy()).T
    null = NullModel(
        columns, others, y - others @ (others.T @ y), sample.entity_codes, len(names) + 1
    )
    weights, _, enumerated = cluster_weights(null.n_clusters, "auto", reps, seed)
    return null.test(weights, enumerated=enumerated)


def all_equal(parts: Sequence[OneCoefficient], *, reps: int = REPS, seed: int = SEED) -> JointTest:
    """Test that one coefficient is the same in several samples.

    The regressions as one, with every other regressor and all time effects by sample: the test that
    the samples' own departures from a common coefficient are zero, of one covariance clustered by
    entity, whether or not an entity is in several samples. Webb's weights if one of the samples
    has so few entities that it would get them alone (`kind_of_weights`).

    Parameters
    ----------
    parts : sequence of OneCoefficient
        Of `one_coefficient.each_coefficient`, one a sample.
    reps, seed : int
        How many draws, and where the generator starts.

    Returns
    -------
    JointTest
        df is the number of samples less one.

    Raises
    ------
    EstimationError
        For fewer than two samples.
    NotIdentifiedError
        For too few clusters.
    """
    if len(parts) < 2:
        raise EstimationError("equality needs two samples or more")
    labels = np.concatenate([part.sample.entities[part.sample.entity_codes] for part in parts])
    clusters, entities = pd.factorize(labels, sort=True)
    x = linalg.block_diag(*(part.x[:, None] for part in parts))
    common = x.sum(axis=1, keepdims=True)
    common /= np.linalg.norm(common)
    # A part's x is free of its own others, and so is the sum of all of everybody's.
    others = np.column_stack([linalg.block_diag(*(part.others for part in parts)), common])
    tested = np.linalg.qr(x[:, 1:] - common @ (common.T @ x[:, 1:]))[0]
    y = np.concatenate([part.y for part in parts])
    null = NullModel(
        tested=tested,
        others=others,
        residual=y - common[:, 0] * (common[:, 0] @ y),
        clusters=clusters,
        n_coefficients=others.shape[1] + tested.shape[1] + 1,
    )
    kind = kind_of_weights(min(part.n_clusters for part in parts))
    weights, _, enumerated = cluster_weights(len(entities), kind, reps, seed)
    return null.test(weights, enumerated=enumerated)
