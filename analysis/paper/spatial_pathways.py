"""What goes beyond the paper's Table 11, as tables: small samples, and pathways in space.

Here: how far rho falls from the truth in panels of this size; mediation and moderation with
spillovers. Not here: estimators (`analysis.spatial`), Table 11 itself (`table_11`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pandas as pd

from analysis.intervals import BootstrapEffect
from analysis.paper.balanced_panel import Balanced, arrays_of, balanced, by_matrix
from analysis.paper.estimable import EstimatesTable, joined
from analysis.paper.matrices import matrices
from analysis.paper.result_columns import types_of
from analysis.paper.table_11 import VARIABLES, Found, fitted
from analysis.spatial.likelihood import Estimator
from analysis.spatial.pathways import (
    ModeratedSpillovers,
    SpatialMediation,
    moderated_spillovers,
    spatial_mediation,
)
from analysis.spatial.rho_bootstrap import rho_bootstrap
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import CONTROLS, MEDIATOR, MODERATORS, OUTCOME, TREATMENT

# Draws that the refresh has time for; intervals at 95 % need a tenth.
RHO_DRAWS, PATHWAY_DRAWS = 999, 1999
RHO_COLUMNS = types_of(
    "weights", "estimator", "truth", "estimate", "mean", "bias", "std_error", "lower",
    "upper", "level", "reps", "n_at_end", "n_units", "n_times",
) | {"level": "float64"}  # fmt: skip
PATHWAY_COLUMNS = types_of(
    "weights", "estimator", "kind", "moderator", "of", "reach", "estimate", "se",
    "percentile_lower", "percentile_upper", "bias_corrected_lower", "bias_corrected_upper",
    "n", "n_units", "reps", "n_at_end",
)  # fmt: skip


def small_sample(
    panel: pd.DataFrame, weights: pd.DataFrame, *, reps: int = RHO_DRAWS
) -> EstimatesTable:
    """What both estimators find of rho in panels drawn from the Lee-Yu fit, as many as ours."""

    def of(matrix: SpatialWeights) -> Found:
        data = balanced(panel, VARIABLES, matrix)
        fits = {name: fitted(data, "sdm", name) for name in get_args(Estimator)}
        rho = {name: result.spatial for name, result in fits.items()}
        found = rho_bootstrap(fits["lee_yu"], rho, reps=reps)
        records = [
            {
                **{name: getattr(one, name) for name in RHO_COLUMNS if hasattr(one, name)},
                "lower": one.interval.lower,
                "upper": one.interval.upper,
                "reps": len(one.draws),
                "n_units": fits["lee_yu"].sample.n_units,
                "n_times": fits["lee_yu"].sample.n_times,
            }
            for one in found
        ]
        return [pd.DataFrame(records)], ()

    return by_matrix(panel, weights, VARIABLES, "bias of rho", RHO_COLUMNS, of)


def pathways(
    panel: pd.DataFrame, weights: pd.DataFrame, *, reps: int = PATHWAY_DRAWS
) -> EstimatesTable:
    """Beyond the paper: mediation by uic in space, and spillovers that mi and icc moderate.

    Under the paper's first matrix that there is, by the Lee-Yu estimator. Rows: kind
    (`mediation`, `moderation`), moderator, of (the path, or the moderator's level, or `slope`),
    reach (`own`, `spillover`, `total`), and the estimate with two 95 % intervals.
    """
    first = weights[weights["weights"].isin([of.name for of in matrices(weights)[:1]])]

    def mediation(matrix: SpatialWeights) -> Found:
        data, (outcome, treatment, mediator), controls = _columns(panel, matrix, MEDIATOR)
        made = spatial_mediation(outcome, treatment, mediator, controls, data.algebra, reps=reps)
        return [_pathway_rows(made.effects, made, "mediation", "")], data.notes

    def moderation(
        moderator: str,
    ) -> Callable[[SpatialWeights], Found]:
        def of(matrix: SpatialWeights) -> Found:
            data, (outcome, treatment, values), controls = _columns(panel, matrix, moderator)
            made = moderated_spillovers(
                outcome, treatment, values, controls, data.algebra, reps=reps
            )
            slopes = {("slope", reach): effect for reach, effect in made.slopes.items()}
            rows = _pathway_rows(made.effects | slopes, made, "moderation", moderator)
            return [rows], data.notes

        return of

    parts: list[tuple[str, str, Callable[[SpatialWeights], Found]]]
    parts = [(MEDIATOR, "spatial mediation", mediation)]
    parts += [(name, "moderated spillovers", moderation(name)) for name in MODERATORS]
    tables = [
        by_matrix(panel, first, (OUTCOME, TREATMENT, other, *CONTROLS), table, PATHWAY_COLUMNS, of)
        for other, table, of in parts
    ]
    return joined(tables, PATHWAY_COLUMNS)


def _columns(
    panel: pd.DataFrame, matrix: SpatialWeights, other: str
) -> tuple[Balanced, tuple[Any, Any, Any], Any]:
    """The balanced rows; outcome, treatment and the other variable, (T, N) each; the controls."""
    variables = (TREATMENT, other, *CONTROLS)
    data = balanced(panel, (OUTCOME, *variables), matrix)
    arrays = arrays_of(data, variables)
    return data, (arrays.y, arrays.X[..., 0], arrays.X[..., 1]), arrays.X[..., 2:]


def _pathway_rows(
    effects: dict[tuple[str, str], BootstrapEffect],
    made: SpatialMediation | ModeratedSpillovers,
    kind: str,
    moderator: str,
) -> pd.DataFrame:
    fitted = made.outcome if isinstance(made, SpatialMediation) else made.fit
    common = {
        "estimator": fitted.estimator,
        "kind": kind,
        "moderator": moderator,
        "n": fitted.n,
        "n_units": fitted.sample.n_units,
        "reps": made.reps,
        "n_at_end": made.n_at_end,
    }
    return pd.DataFrame(
        [
            {
                **common,
                "of": of,
                "reach": reach,
                "estimate": effect.estimate,
                "se": effect.se,
                "percentile_lower": effect.percentile.lower,
                "percentile_upper": effect.percentile.upper,
                "bias_corrected_lower": effect.bias_corrected.lower,
                "bias_corrected_upper": effect.bias_corrected.upper,
            }
            for (of, reach), effect in effects.items()
        ]
    )
