"""Two-stage least squares with fixed effects, errors clustered by entity, by Stata's convention.

Here: the estimator of Table 4 columns (2) and (3) and its first stages, which linearmodels
computes. Not here: making instruments (`analysis.panel.lagged` for lags), checks of the data
(`analysis.panel`), and the tests that say whether to believe it (`weak_instruments`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from analysis.design import Design, design
from analysis.panel import (
    Effects,
    EstimationError,
    NotIdentifiedError,
    PanelSample,
    estimation_sample,
    has_entity_effects,
)
from analysis.regressions.clustering import FixedEffectsResult, reported
from analysis.regressions.fixed_effects import fitted
from analysis.regressions.stock_yogo import StockYogo, stock_yogo
from analysis.regressions.weak_instruments import (
    ConfidenceSet,
    Moments,
    anderson_rubin_set,
    hansen_j,
    identification,
)


@dataclass(frozen=True, eq=False)
class FirstStage(FixedEffectsResult):
    """An endogenous regressor on instruments and exogenous regressors: `two_way_fe` of these.

    f_stat, f_p_value: clustered Wald test that all instruments have coefficient zero, as
        F(f_df, n_clusters - 1); with one instrument the square of its t.
    """

    f_stat: float
    f_p_value: float
    f_df: int


@dataclass(frozen=True, eq=False)
class IVResult(FixedEffectsResult):
    """Two-stage least squares; Series and `cov` by endogenous, then exogenous regressors.

    r2_within: 1 - SSR / variation within entities, from structural residuals; may be negative.
    first_stage: by endogenous regressor.
    kp_rk_lm, kp_rk_lm_p: H0: the instruments do not identify all endogenous regressors,
        chi2(instruments - endogenous + 1).
    kp_wald_f: the same by Wald as an F; with one endogenous regressor its first-stage F.
    cragg_donald_f: strength under independent errors, every effect counted as a dummy.
    stock_yogo: critical values made for cragg_donald_f, and by custom held against kp_wald_f.
    ar_chi2, ar_f, ar_p: H0: all endogenous coefficients are zero, valid however weak the
        instruments; ar_p is by F(instruments, n_clusters - 1), ar_chi2_p by chi2(instruments).
    ar_confidence_set: coefficients that this test (as F, 5 %) does not reject; None with several
        endogenous regressors, whose joint set is no union of intervals.
    hansen_j, hansen_j_p: H0: the instruments agree, chi2(instruments - endogenous); None if the
        model is just identified.
    """

    first_stage: dict[str, FirstStage]
    kp_rk_lm: float
    kp_rk_lm_p: float
    kp_wald_f: float
    cragg_donald_f: float
    stock_yogo: StockYogo
    ar_chi2: float
    ar_chi2_p: float
    ar_f: float
    ar_p: float
    ar_confidence_set: ConfidenceSet | None
    hansen_j: float | None
    hansen_j_p: float | None


def fe_2sls(
    panel: pd.DataFrame,
    outcome: str,
    endogenous: Sequence[str],
    instruments: Sequence[str],
    exogenous: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
    effects: Effects = "twoway",
) -> IVResult:
    """Regress `outcome` on `endogenous`, by `instruments`, and `exogenous`, with effects.

    y = X b + W c + a_i + d_t + e, E[Z'e] = 0, by two-stage least squares; `exogenous` may be
    empty. Time effects are dummies and entity effects are absorbed, exactly so in unbalanced
    panels. Errors are clustered by `entity`, times G/(G-1) * (n-1)/(n-K), K as in `two_way_fe`.

    Equals Stata's `ivreg2 y w (x = z), cluster(entity) small` with `effects="none"`, where `time`
    need only tell the rows of an entity apart; with entity effects coefficients and errors are
    those of `xtivreg2, fe cluster(entity) small`. kp_rk_lm: Kleibergen and Paap (2006).
    First-stage F, kp_wald_f and ar_f count coefficients as the errors do, as `xtivreg2` and
    `ivreghdfe`. cragg_donald_f is that of `ivreg2` with every dummy written out, entities' too;
    ar_chi2 and hansen_j are those of `ivreg2`.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    endogenous, instruments, exogenous : sequence of str
        Columns of the panel; `exogenous` may be empty.
    entity, time : str
        Columns of the keys; errors are clustered by entity.
    effects : {"twoway", "entity", "time", "none"}
        Which levels are taken out.

    Returns
    -------
    IVResult

    Raises
    ------
    EstimationError
        For a column in two roles, too few instruments, and as `estimation_sample`.
    NotIdentifiedError
        For instruments without relevance or too many for the clusters, and as `design`, which
        sees all columns at once.

    References
    ----------
    Kleibergen and Paap (2006), Journal of Econometrics 133.
    """
    data, right_hand = moments(
        panel, outcome, endogenous, instruments, exogenous, entity=entity, time=time,
        effects=effects,
    )  # fmt: skip
    endogenous, instruments, exogenous = list(endogenous), list(instruments), list(exogenous)
    sample = data.sample
    strength = identification(data, instruments)
    fit = _two_stages(sample, right_hand, effects, endogenous, instruments)

    first_stage = {}
    for name in endogenous:
        stage = fitted(replace(sample, outcome=name), [*instruments, *exogenous], effects)
        f_stat, f_p_value = data.f_test(data.x[name].to_numpy())
        first_stage[name] = FirstStage(
            **vars(stage), f_stat=f_stat, f_p_value=f_p_value, f_df=len(instruments)
        )
    ar_chi2 = data.wald(data.basis, data.y)
    ar_f, ar_p = data.f_test(data.y)
    ar_set, j, j_p = None, None, None
    if len(endogenous) == 1:
        ar_set = anderson_rubin_set(data, fit.params.iloc[0], fit.std_errors.iloc[0])
    if (overidentified := len(instruments) - len(endogenous)) > 0:
        j = hansen_j(data, data.y - data.x.to_numpy() @ fit.params[endogenous].to_numpy())
        j_p = float(special.chdtrc(overidentified, j))
    return IVResult(
        **vars(fit),
        **asdict(strength),
        first_stage=first_stage,
        stock_yogo=stock_yogo(len(endogenous), len(instruments)),
        ar_chi2=ar_chi2,
        ar_chi2_p=float(special.chdtrc(len(instruments), ar_chi2)),
        ar_f=ar_f,
        ar_p=ar_p,
        ar_confidence_set=ar_set,
        hansen_j=j,
        hansen_j_p=j_p,
    )


def moments(
    panel: pd.DataFrame,
    outcome: str,
    endogenous: Sequence[str],
    instruments: Sequence[str],
    exogenous: Sequence[str],
    *,
    entity: str,
    time: str,
    effects: Effects,
) -> tuple[Moments, Design]:
    """What the tests of a two-stage regression are made of, and its design.

    Parameters and errors as `fe_2sls`.
    """
    _check_roles(outcome, endogenous=endogenous, instruments=instruments, exogenous=exogenous)
    # In this order a column that depends on others is named as an instrument of the exogenous
    # ones, or as an endogenous regressor of which the instruments leave nothing.
    columns = [*exogenous, *instruments, *endogenous]
    sample = estimation_sample(panel, outcome, columns, entity=entity, time=time, effects=effects)
    right_hand = design(sample, columns, effects)
    if (n_clusters := len(sample.entities)) <= len(instruments):
        raise NotIdentifiedError(
            f"{n_clusters} values of {entity} are too few for clustered tests of "
            f"{len(instruments)} instruments: there must be more clusters than instruments"
        )
    matrix = _without_effects(sample, right_hand.matrix, effects)
    values = _without_effects(sample, sample.values, effects)
    data = Moments.of(
        sample,
        controls=matrix.drop(columns=[*endogenous, *instruments]).to_numpy(),
        instruments=matrix[[*instruments]].to_numpy(),
        endogenous=values[[*endogenous]],
        outcome=values[outcome].to_numpy(),
        n_absorbed=(len(sample.entities) - 1) * has_entity_effects(effects),
    )
    return data, right_hand


def _two_stages(
    sample: PanelSample,
    right_hand: Design,
    effects: Effects,
    endogenous: list[str],
    instruments: list[str],
) -> FixedEffectsResult:
    from linearmodels.iv import IV2SLS

    matrix = _without_effects(sample, right_hand.matrix, effects)
    outcome = _without_effects(sample, sample.values[[sample.outcome]], effects)
    controls = matrix.drop(columns=[*endogenous, *instruments])
    found = IV2SLS(outcome, controls, matrix[endogenous], matrix[instruments]).fit(
        cov_type="clustered", clusters=sample.entity_codes, debiased=False
    )
    both = np.column_stack([found.resids, outcome[sample.outcome]])
    unexplained, variation = sample.demeaned(both).T
    within = variation @ variation
    exogenous = [str(name) for name in sample.values if name in controls]
    return FixedEffectsResult(
        **reported(sample, right_hand, [*endogenous, *exogenous], found.params, found.cov),
        r2_within=float(1 - unexplained @ unexplained / within) if within > 0 else float("nan"),
    )


def _without_effects(sample: PanelSample, values: pd.DataFrame, effects: Effects) -> pd.DataFrame:
    """Less entity effects, grand means kept for the constant."""
    if not has_entity_effects(effects):
        return values
    return values.mean() + pd.DataFrame(
        sample.demeaned(values.to_numpy()), values.index, values.columns
    )


def _check_roles(outcome: str, **columns: Sequence[str]) -> None:
    role_of = {outcome: "the outcome"}
    for role, names in columns.items():
        if isinstance(names, str):
            raise EstimationError(f"{role} must be a list of column names, not '{names}'")
        for name in names:
            if role_of.setdefault(name, role) != role:
                raise EstimationError(f"{name} is named as both {role_of[name]} and {role}")
    endogenous, instruments = columns["endogenous"], columns["instruments"]
    if not endogenous:
        raise EstimationError("no endogenous regressors: this is a case for two_way_fe")
    if len(instruments) < len(endogenous):
        raise EstimationError(
            f"under-identified: {len(endogenous)} endogenous regressors "
            f"({', '.join(endogenous)}) need as many instruments, "
            f"found {len(instruments)}{': ' if instruments else ''}{', '.join(instruments)}"
        )
