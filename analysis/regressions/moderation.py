"""Moderated mediation as the paper estimates it: the regressions of Tables 9 and 10.

Here: products of variables with a moderator and the regressions of eq. 5 to 9. Not here:
conditional and indirect effects, which need a bootstrap (`analysis.regressions.mediation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.intervals import Interval
from analysis.panel import EstimationError, PanelSample, estimation_sample
from analysis.regressions.clustering import FixedEffectsResult, t_quantile
from analysis.regressions.fixed_effects import two_way_fe

Centring = Literal["standardise", "mean", "none"]


@dataclass(frozen=True, eq=False)
class ModeratedMediation:
    """The five columns of Tables 9 and 10, in their order, on one sample.

    The term of a product is `treatment*moderator` or `mediator*moderator`.
    total: eq. 5, outcome on treatment, moderator and their product.
    mediator: eq. 6, mediator on treatment and moderator.
    moderated_mediator: eq. 7, with their product.
    outcome: eq. 8, outcome on mediator and moderator; the treatment is not in it.
    moderated_outcome: eq. 9, with their product.
    """

    total: FixedEffectsResult
    mediator: FixedEffectsResult
    moderated_mediator: FixedEffectsResult
    outcome: FixedEffectsResult
    moderated_outcome: FixedEffectsResult


def regressions(
    panel: pd.DataFrame,
    treatment: str,
    mediator: str,
    outcome: str,
    moderator: str,
    controls: Sequence[str],
    *,
    centring: Centring = "standardise",
    entity: str = "province",
    time: str = "year",
) -> ModeratedMediation:
    """Eq. 5 to 9 of the paper by `fixed_effects.two_way_fe`, and its conventions.

    Treatment and mediator enter in their own units. `centring` says how the moderator and both
    factors of each product enter, over the complete rows: `standardise`, z-scores (root mean
    square deviation 1), the paper's; `mean`, less their means; `none`, as they are. It changes
    what the main effects mean, the effect at the moderator's mean or at zero, and units; fitted
    values, and the effects at any given value of the moderator, it does not change.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    treatment, mediator, outcome : str
        Columns of the panel.
    controls : sequence of str
        Columns that stand in every equation.
    moderator : str
    centring : {"standardise", "mean", "none"}
        How the moderator and the factors of products enter.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    ModeratedMediation

    Raises
    ------
    EstimationError
        As `two_way_fe`, over all the variables at once.
    """
    sample = complete_rows(
        panel, treatment, mediator, outcome, controls, moderator, entity=entity, time=time
    )
    rows = with_products(sample.rows(), treatment, mediator, moderator, centring)
    first, second = product_name(treatment, moderator), product_name(mediator, moderator)

    def fit(of: str, on: list[str]) -> FixedEffectsResult:
        regressors = [*on, *controls]
        result = two_way_fe(rows, of, regressors, entity=entity, time=time)
        return replace(result, n_dropped=sample.n_dropped, singletons=sample.singletons)

    return ModeratedMediation(
        total=fit(outcome, [treatment, moderator, first]),
        mediator=fit(mediator, [treatment, moderator]),
        moderated_mediator=fit(mediator, [treatment, moderator, first]),
        outcome=fit(outcome, [mediator, moderator]),
        moderated_outcome=fit(outcome, [mediator, moderator, second]),
    )


def significant_where(
    fit: FixedEffectsResult, variable: str, product: str, factor: float, level: float = 0.95
) -> list[Interval]:
    """Values of a moderator for which the effect of a variable differs from zero.

    The effect of one unit of the variable is b + d `factor` w at the moderator w, b the variable's
    coefficient and d that of the product; the bounds are where its t equals the quantile of
    t(G - 1), roots of a quadratic (Johnson and Neyman 1936; Bauer and Curran 2005).

    Parameters
    ----------
    fit : FixedEffectsResult
    variable, product : str
        Its regressors.
    factor : float
        By how much the product grows per unit of the variable and of w.
    level : float
        A share of 1.

    Returns
    -------
    list of Interval
        In order, of w as it is in the product; ends are infinite where nothing bounds them.

    References
    ----------
    Johnson and Neyman (1936), Statistical Research Memoirs 1.
    Bauer and Curran (2005), Multivariate Behavioral Research 40.
    """
    critical = float(t_quantile((1 + level) / 2, fit.n_clusters)) ** 2
    scale = np.array([1.0, factor])
    b, d = fit.params[[variable, product]].to_numpy() * scale
    cov = fit.cov.loc[[variable, product], [variable, product]].to_numpy() * np.outer(scale, scale)
    # (b + d w)^2 - critical x variance, which is above zero where the effect differs from zero.
    above = np.polynomial.Polynomial(
        [
            b**2 - critical * cov[0, 0],
            2 * (b * d - critical * cov[0, 1]),
            d**2 - critical * cov[1, 1],
        ]
    )
    roots = np.sort([root.real for root in above.roots() if abs(root.imag) < 1e-12])
    ends = [-np.inf, *roots, np.inf]
    middles = [*(roots[:1] - 1), *((roots[1:] + roots[:-1]) / 2), *(roots[-1:] + 1)] or [0.0]
    return [
        Interval(float(low), float(high))
        for low, high, middle in zip(ends[:-1], ends[1:], middles, strict=True)
        if above(middle) > 0
    ]


def complete_rows(
    panel: pd.DataFrame,
    treatment: str,
    mediator: str,
    outcome: str,
    controls: Sequence[str],
    moderator: str | None = None,
    *,
    entity: str,
    time: str,
) -> PanelSample:
    """The rows complete in every variable of a mediation, for all its regressions to share.

    Raises as `analysis.panel.estimation_sample`.
    """
    if isinstance(controls, str):
        raise EstimationError(f"controls must be a list of column names, not '{controls}'")
    moderators = [] if moderator is None else [moderator]
    variables = [treatment, mediator, *moderators, *controls]
    return estimation_sample(panel, outcome, variables, entity=entity, time=time, effects="twoway")


def with_products(
    rows: pd.DataFrame, treatment: str, mediator: str, moderator: str, centring: Centring
) -> pd.DataFrame:
    """The rows with the moderator centred and both products, named by `product_name`.

    Raises EstimationError for unknown centring.
    """
    if centring not in get_args(Centring):
        raise EstimationError(f"centring '{centring}': expected {', '.join(get_args(Centring))}")
    factors = rows[[treatment, mediator, moderator]]
    if centring != "none":
        factors = factors - factors.mean()
    if centring == "standardise":
        factors = factors / factors.std(ddof=0)
    return rows.assign(
        **{
            moderator: factors[moderator],
            product_name(treatment, moderator): factors[treatment] * factors[moderator],
            product_name(mediator, moderator): factors[mediator] * factors[moderator],
        }
    )


def through_products(
    derivatives: pd.DataFrame, rows: pd.DataFrame, treatment: str, mediator: str, moderator: str
) -> pd.DataFrame:
    """From derivatives by what `with_products` standardises to those by treatment, mediator and
    moderator: the chain rule backwards through products, means and spreads.

    derivatives: a row a province-year, a column a regressor. rows: the same rows of the variables
    in their own units. Columns of products go, those of their factors come where they were not.
    """
    spread = rows.std(ddof=0)
    factors = (rows - rows.mean()) / spread
    by_factor = pd.DataFrame(0.0, rows.index, rows.columns)
    by_factor[moderator] = derivatives[moderator]
    products = []
    for variable in (treatment, mediator):
        if (product := product_name(variable, moderator)) in derivatives:
            products.append(product)
            by_factor[variable] += derivatives[product] * factors[moderator]
            by_factor[moderator] += derivatives[product] * factors[variable]
    own = (by_factor - by_factor.mean() - factors * (by_factor * factors).mean()) / spread
    return derivatives.drop(columns=[moderator, *products]).add(own, fill_value=0.0)


def product_name(variable: str, moderator: str) -> str:
    """The term under which a product stands in the tables."""
    return f"{variable}*{moderator}"
