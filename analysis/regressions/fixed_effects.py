"""Fixed-effects regression with errors clustered by entity.

Here: the estimator of eq. 1 of the paper (Table 4 column 1), which linearmodels computes. Not
here: the convention of its errors (`clustering`), which columns and samples of the paper use it
(`analysis.paper.specifications`), and checks of the data (`analysis.panel`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.design import design
from analysis.panel import Effects, PanelSample, estimation_sample, has_entity_effects
from analysis.regressions.clustering import FixedEffectsResult, reported
from analysis.remembered import remembered


def two_way_fe(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
    effects: Effects = "twoway",
) -> FixedEffectsResult:
    """Regress `outcome` on `regressors` with entity and time effects.

    y_it = x_it'b + a_i + d_t + e_it (eq. 1 of the paper), by least squares on deviations from the
    entities' means, with time effects as dummies. Covariance clustered by entity times
    G/(G-1) * (n-1)/(n-K), where K counts slopes, time dummies and the constant, not the absorbed
    entity effects. This equals Stata's `xtreg, fe vce(cluster)` with i.time, and
    `regress, vce(cluster)` where `effects` has no entity effects. The panel, one row per entity and
    time, need not be balanced; a row that is alone in its entity or time is left out.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    regressors : sequence of str
    entity, time : str
        Columns of the keys; errors are clustered by entity.
    effects : {"twoway", "entity", "time", "none"}
        Which levels are taken out.

    Returns
    -------
    FixedEffectsResult

    Raises
    ------
    EstimationError
        For columns, keys or values that are wrong; see `analysis.panel.estimation_sample`.
    NotIdentifiedError
        For what the data cannot carry, in words; see `analysis.design.design`.
    """
    sample = estimation_sample(
        panel, outcome, regressors, entity=entity, time=time, effects=effects
    )
    return fitted(sample, list(regressors), effects)


# Table 7 and its Sobol test, and Tables 9 and 10 and their regions, are of the same regressions.
@remembered(last=40)
def fitted(sample: PanelSample, regressors: list[str], effects: Effects) -> FixedEffectsResult:
    """`two_way_fe` of a sample's outcome on some of its columns; raises as `design`."""
    from linearmodels.panel import PanelOLS

    right_hand = design(sample, regressors, effects)
    # Its dummies are exact for any pattern of missing rows, and their number enters the factor.
    found = PanelOLS(
        sample.values[[sample.outcome]],
        right_hand.matrix,
        entity_effects=has_entity_effects(effects),
        check_rank=False,
    ).fit(
        cov_type="clustered",
        cluster_entity=True,
        debiased=False,
        auto_df=False,
        count_effects=False,
    )
    return FixedEffectsResult(
        **reported(sample, right_hand, regressors, found.params, found.cov),
        r2_within=float(found.rsquared_within),
    )
