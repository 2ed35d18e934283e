"""Mediation: stepwise regressions, and direct, indirect and total effects by bootstrap.

Here: Tables 7 and 8 of the paper, and the conditional effects that its Tables 9 and 10 leave
out. Not here: the regressions of Tables 9 and 10 (`moderation`), resampling and intervals
(`cluster_bootstrap`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.design import design
from analysis.intervals import SEED, BootstrapEffect, bootstrap_effect, least_draws
from analysis.levels import level_values
from analysis.panel import EstimationError, NotIdentifiedError, PanelSample, estimation_sample
from analysis.regressions.cluster_bootstrap import Factors, cluster_products
from analysis.regressions.clustering import NO_ERROR, FixedEffectsResult, no_error_left
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.moderation import complete_rows, product_name, with_products

# What the draws at each of `analysis.levels.LEVELS` end in.
_AT_LEVELS = ("_low", "", "_high")
# A moderator's levels, from its mean, and its standard deviation.
Moderation = tuple[np.ndarray, float]


@dataclass(frozen=True)
class SobelTest:
    """H0: the indirect effect is zero; the p-value is normal."""

    estimate: float
    std_error: float
    z_stat: float
    p_value: float


@dataclass(frozen=True, eq=False)
class StepwiseMediation:
    """The four columns of Table 7, in their order, on one sample, and the Sobel test.

    total: eq. 1, outcome on treatment.
    mediator_alone: eq. 2, outcome on mediator.
    mediator: eq. 3, mediator on treatment.
    outcome: eq. 4, outcome on treatment and mediator.
    """

    total: FixedEffectsResult
    mediator_alone: FixedEffectsResult
    mediator: FixedEffectsResult
    outcome: FixedEffectsResult
    sobel: SobelTest


@dataclass(frozen=True)
class ConditionalEffects:
    """The effects of the treatment where the moderator has the value `moderator`."""

    moderator: float
    indirect: BootstrapEffect
    direct: BootstrapEffect
    total: BootstrapEffect


@dataclass(frozen=True, eq=False)
class MediationBootstrap:
    """Effects of one unit of the treatment on the outcome, in its units; total = direct + indirect.

    With a moderator, `indirect`, `direct` and `total` hold at its median, `conditional` has the
    effects at its `analysis.levels.LEVELS`, and `index` is the index of moderated mediation (see
    `bootstrap`).

    draws: (reps, columns) `indirect`, `direct`, `total`; with a moderator also each with `_low`
        and `_high`, and `index`. Not a number in degenerate resamples.
    n_dropped, singletons: rows left out, as in `FixedEffectsResult`.
    n_degenerate: resamples that do not identify the effects, mostly of too few distinct
        entities. Standard errors and intervals are those of the others.
    notes: what a reader of the intervals must know.
    """

    indirect: BootstrapEffect
    direct: BootstrapEffect
    total: BootstrapEffect
    draws: pd.DataFrame
    level: float
    n: int
    n_clusters: int
    n_dropped: int
    singletons: tuple[tuple[Any, Any], ...]
    n_degenerate: int
    conditional: tuple[ConditionalEffects, ...]
    index: BootstrapEffect | None
    notes: tuple[str, ...]


def stepwise(
    panel: pd.DataFrame,
    treatment: str,
    mediator: str,
    outcome: str,
    controls: Sequence[str],
    *,
    entity: str = "province",
    time: str = "year",
) -> StepwiseMediation:
    """Table 7: eq. 1 to 4 by `two_way_fe` on the rows complete in all variables.

    On one sample the treatment's total effect is exactly direct + indirect. The Sobel test is
    that of Stata's `sgmediation`, with clustered errors: a b / sqrt(a^2 se_b^2 + b^2 se_a^2).
    It takes the product of two estimates for normal, which it is not where either is near zero,
    and a and b for uncorrelated: compare it with `bootstrap`, and prefer that.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    treatment, mediator, outcome : str
        Columns of the panel.
    controls : sequence of str
        Columns that stand in every equation.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    StepwiseMediation

    Raises
    ------
    EstimationError
        As `two_way_fe`.

    References
    ----------
    Sobel (1982), Sociological Methodology 13.
    """
    complete = complete_rows(
        panel, treatment, mediator, outcome, controls, entity=entity, time=time
    )
    rows = complete.rows()

    def fit(of: str, on: list[str]) -> FixedEffectsResult:
        regressors = [*on, *controls]
        result = two_way_fe(rows, of, regressors, entity=entity, time=time)
        return replace(result, n_dropped=complete.n_dropped, singletons=complete.singletons)

    total, alone = fit(outcome, [treatment]), fit(outcome, [mediator])
    first, second = fit(mediator, [treatment]), fit(outcome, [treatment, mediator])
    return StepwiseMediation(
        total=total,
        mediator_alone=alone,
        mediator=first,
        outcome=second,
        sobel=sobel(
            first.params[treatment],
            first.std_errors[treatment],
            second.params[mediator],
            second.std_errors[mediator],
        ),
    )


def sobel(a: float, a_std_error: float, b: float, b_std_error: float) -> SobelTest:
    """Sobel's (1982) test of a b = 0, first-order standard error, as Stata's `sgmediation`."""
    estimate, std_error = float(a * b), math.hypot(a * b_std_error, b * a_std_error)
    z_stat = estimate / std_error
    return SobelTest(estimate, std_error, z_stat, 2 * float(special.ndtr(-abs(z_stat))))


def bootstrap(
    panel: pd.DataFrame,
    treatment: str,
    mediator: str,
    outcome: str,
    controls: Sequence[str],
    *,
    moderator: str | None = None,
    reps: int = 5000,
    seed: int = SEED,
    level: float = 0.95,
    entity: str = "province",
    time: str = "year",
) -> MediationBootstrap:
    """Direct, indirect and total effects with intervals from resampling whole entities (Table 8).

    Mediator: m = a x + controls. Outcome: y = c' x + b m + controls. Both with the effects;
    indirect a b, direct c', total the sum. Each resample draws as many entities as there are,
    with replacement, every copy with an effect of its own, and time effects anew. The estimates
    are those that Stata's `bootstrap, cluster() idcluster()` of both regressions makes of the same
    resamples, the intervals those of `estat bootstrap, percentile bc bca`.

    With a moderator w: m = a1 x + a2 w + a3 xw, y = c1 x + c2 w + c3 xw + b1 m + b3 mw (Hayes
    2022, model 59, the one in which the paper's three moderations all take place). Effects at w:
    indirect (a1 + a3 w)(b1 + b3 w), direct c1 + c3 w. How variables are centred does not matter
    to them. The levels of w are its percentiles in the whole sample, the same in every draw. With
    both paths moderated the indirect effect is no straight line in w but a
    parabola, with curvature a3 b3, so no one number says how it changes. `index` is its slope at
    the mean per standard deviation s of w, s (a1 b3 + a3 b1) with w from its mean.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    treatment, mediator, outcome : str
        Columns of the panel.
    controls : sequence of str
        Columns that stand in every equation.
    moderator : str, optional
        Column on which both paths depend.
    reps, seed : int
        How many draws, and where the generator starts.
    level : float
        Of the intervals, a share of 1.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    MediationBootstrap

    Raises
    ------
    EstimationError
        As `two_way_fe`, over all variables together, and for too few `reps`.
    NotIdentifiedError
        Where too few resamples identify the effects, or all give one number, as those of two
        entities do.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13 and 14.
    Hayes (2022), Introduction to Mediation, Moderation, and Conditional Process Analysis.
    """
    if reps < least_draws(level):
        raise EstimationError(
            f"{reps} draws are too few for intervals of level {level}: "
            f"reps must be {least_draws(level)} or more"
        )
    complete = complete_rows(
        panel, treatment, mediator, outcome, controls, moderator, entity=entity, time=time
    )
    rows = complete.rows()
    columns, levels, mean, spread = [*controls, treatment, mediator], np.empty(0), 0.0, 0.0
    if moderator is not None:
        mean, spread = float(rows[moderator].mean()), float(rows[moderator].std(ddof=0))
        levels = level_values(rows[moderator])
        rows = with_products(rows, treatment, mediator, moderator, "mean")
        first, second = (product_name(factor, moderator) for factor in (treatment, mediator))
        columns = [*controls, moderator, first, treatment, mediator, second]
    sample = estimation_sample(rows, outcome, columns, entity=entity, time=time)
    design(sample, columns, "twoway")  # refuses, in words, what is not identified
    moderation = (levels - mean, spread) if moderator is not None else None
    found, draws, notes = _bootstrapped(sample, columns, moderation, reps, seed, level)
    return MediationBootstrap(
        indirect=found["indirect"],
        direct=found["direct"],
        total=found["total"],
        draws=draws,
        level=level,
        n=len(rows),
        n_clusters=len(sample.entities),
        n_dropped=complete.n_dropped,
        singletons=complete.singletons,
        n_degenerate=int(draws.isna().any(axis=1).sum()),
        conditional=tuple(
            ConditionalEffects(
                float(value), *(found[name + suffix] for name in ("indirect", "direct", "total"))
            )
            for suffix, value in zip(_AT_LEVELS, levels, strict=False)
        ),
        index=found.get("index"),
        notes=tuple(notes),
    )


def _bootstrapped(
    sample: PanelSample,
    columns: list[str],
    moderation: Moderation | None,
    reps: int,
    seed: int,
    level: float,
) -> tuple[dict[str, BootstrapEffect], pd.DataFrame, list[str]]:
    """The effects with their intervals by name, their draws, and what to know of these."""
    sums = cluster_products(sample, [*columns, sample.outcome])
    n_clusters = len(sample.entities)
    estimates, jackknife, draws = (
        _effects(factors, sums.scale, moderation)
        for factors in (sums.whole(), sums.without_each(), sums.resampled(reps, seed))
    )
    n_degenerate = int(draws.isna().any(axis=1).sum())
    if reps - n_degenerate < least_draws(level):
        raise NotIdentifiedError(
            f"only {reps - n_degenerate} of {reps} resamples of {n_clusters} values of "
            f"{sample.entity} identify the effects, {least_draws(level)} are needed"
        )
    identified = draws.dropna().to_numpy()
    if (np.ptp(identified, axis=0) <= NO_ERROR * np.abs(identified).max()).any():
        raise no_error_left(sample)
    found = {
        name: bootstrap_effect(
            estimates[name].iloc[0], draws[name].to_numpy(), jackknife[name].to_numpy(), level
        )
        for name in draws.columns
    }
    notes = []
    if n_degenerate:
        notes.append(f"{n_degenerate} of {reps} resamples do not identify the effects")
    lost = jackknife.isna().any(axis=1).to_numpy()
    if lost.any():
        names = ", ".join(map(str, sample.entities[lost]))
        notes.append(f"no BCa interval: not identified without {names}")
    return found, draws, notes


def _effects(factors: Factors, scale: np.ndarray, moderation: Moderation | None) -> pd.DataFrame:
    """The effects in each resample, by name, (resamples, effects).

    factors, scale: of columns that end in treatment, mediator, outcome; or, with a moderator, in
    treatment x moderator, treatment, mediator, mediator x moderator, outcome, the moderator's mean
    being 0.
    """
    moderated = int(moderation is not None)
    last = len(scale) - 1
    at_mediator, width = last - 1 - moderated, 1 + moderated
    first = factors.coefficients(at_mediator, at_mediator, width)
    first *= (scale[at_mediator] / scale[at_mediator - width : at_mediator])[:, None]
    second = factors.coefficients(last, last, 2 * width)
    second *= (scale[last] / scale[last - 2 * width : last])[:, None]
    if moderation is None:
        direct, indirect = second[0], first[0] * second[1]
        return pd.DataFrame({"indirect": indirect, "direct": direct, "total": direct + indirect})

    (a3, a), (c3, c, b, b3) = first, second
    found: dict[str, np.ndarray] = {}
    levels, spread = moderation
    for suffix, w in zip(_AT_LEVELS, levels, strict=True):
        indirect, direct = (a + a3 * w) * (b + b3 * w), c + c3 * w
        found |= {
            f"indirect{suffix}": indirect,
            f"direct{suffix}": direct,
            f"total{suffix}": direct + indirect,
        }
    found["index"] = (a * b3 + a3 * b) * spread
    return pd.DataFrame(found)
