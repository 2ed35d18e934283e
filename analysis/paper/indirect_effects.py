"""Table 8, and the conditional effects that Tables 9 and 10 leave out, as tables.

Here: effects through the mediator with bootstrap intervals. Not here: regressions as columns
(`fits`), the bootstrap itself (`analysis.regressions.mediation`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from analysis.intervals import BootstrapEffect
from analysis.levels import LEVELS
from analysis.paper.estimable import EstimatesTable, estimated_table, joined, left_out
from analysis.paper.long_form import as_rows
from analysis.paper.result_columns import types_of
from analysis.paper.specifications import MODERATOR_OF
from analysis.regressions.mediation import MediationBootstrap, SobelTest, bootstrap, stepwise
from analysis.variables import CONTROLS, MEDIATOR, OUTCOME, TREATMENT

TABLE = "8"
EFFECTS = ("indirect", "direct", "total")
INDEX = "index"
_INTERVALS = ("percentile", "bias_corrected", "bca")
_ENDS = [f"{interval}_{end}" for interval in _INTERVALS for end in ("lower", "upper")]
COLUMNS = types_of(
    "table", "moderator", "level", "moderator_value", "effect", "estimate", "se",
    "percentile_lower", "percentile_upper", "bias_corrected_lower", "bias_corrected_upper",
    "bca_lower", "bca_upper", "n", "n_clusters", "reps", "n_degenerate",
)  # fmt: skip


def mediation(panel: pd.DataFrame) -> EstimatesTable:
    """Table 8: indirect, direct and total effect of coagglo on ami, through uic.

    Rows: effect, estimate, se and the limits of three 95 % intervals.
    """
    return _effects(panel, TABLE, None)


def conditional_effects(panel: pd.DataFrame) -> EstimatesTable:
    """What Tables 9 and 10 leave out: effects where the moderator is low, average and high.

    Rows: moderator, level (of `analysis.levels.LEVELS`), its value, effect; and for each
    moderator the index of moderated mediation, an effect `index` at no level.
    """
    parts = [_effects(panel, table, name) for table, name in MODERATOR_OF.items()]
    return joined(parts, COLUMNS)


def published_form(panel: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """The rows of `mediation` as rows of `estimates`, with the keys under which print has them.

    Columns `effect`, `ci_lower` and `ci_upper` (bias-corrected, the paper's); `percentile_lower`
    and so on for the other intervals; `sobel` for Sobel's test of the indirect effect.
    """
    records: list[dict[Any, Any]] = []

    def add(column: str, term: str, estimate: float, **others: Any) -> None:
        records.append(
            {
                "table": TABLE,
                "column": column,
                "sample": "all",
                "outcome": OUTCOME,
                "term": term,
                "estimate": estimate,
            }
            | others
        )

    if effects.empty:
        return as_rows([])
    for row in effects.to_dict("records"):
        clusters = {"n_clusters": row["n_clusters"]}
        term = str(row["effect"])
        add(
            "effect", term, row["estimate"],
            dispersion=row["se"], dispersion_kind="bootstrap_se", **clusters,
        )  # fmt: skip
        for interval in _INTERVALS:
            prefix = "ci" if interval == "bias_corrected" else interval
            for end in ("lower", "upper"):
                add(f"{prefix}_{end}", term, row[f"{interval}_{end}"], **clusters)
    for name in ("n", "reps"):
        add("effect", f"_{name}", effects[name].iloc[0], **clusters)
    test = sobel_test(panel)
    add(
        "sobel", "indirect", test.estimate,
        dispersion=test.std_error, dispersion_kind="sobel_se",
        statistic=test.z_stat, p_value=test.p_value, **clusters,
    )  # fmt: skip
    return as_rows(records)


def sobel_test(panel: pd.DataFrame) -> SobelTest:
    """Sobel's test of Table 8's indirect effect; raises as `regressions.mediation.stepwise`."""
    return stepwise(panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS).sobel


def _effects(panel: pd.DataFrame, table: str, moderator: str | None) -> EstimatesTable:
    place = table, "effect" if moderator is None else "conditional effects"

    def found() -> EstimatesTable:
        made = bootstrap(panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS, moderator=moderator)
        notes = [*made.notes, *left_out(made)]
        rows = pd.DataFrame(_records(made, table, moderator))
        return EstimatesTable(rows, tuple((*place, note) for note in notes))

    variables = (OUTCOME, TREATMENT, MEDIATOR, *([moderator] if moderator else []), *CONTROLS)
    return estimated_table(panel, variables, place, COLUMNS, found)


def _records(
    made: MediationBootstrap, table: str, moderator: str | None
) -> list[dict[Hashable, Any]]:
    common: dict[Hashable, Any] = {
        "table": table,
        "moderator": moderator or "",
        "n": made.n,
        "n_clusters": made.n_clusters,
        "reps": len(made.draws),
        "n_degenerate": made.n_degenerate,
    }
    if moderator is None:
        return [
            {**common, "level": "", "effect": name, **_figures(getattr(made, name))}
            for name in EFFECTS
        ]
    records = [
        {
            **common,
            "level": level,
            "moderator_value": at.moderator,
            "effect": name,
            **_figures(getattr(at, name)),
        }
        for level, at in zip(LEVELS, made.conditional, strict=True)
        for name in EFFECTS
    ]
    assert made.index is not None
    return [*records, {**common, "level": "", "effect": INDEX, **_figures(made.index)}]


def _figures(effect: BootstrapEffect) -> dict[Hashable, float]:
    limits = (end for interval in _INTERVALS for end in getattr(effect, interval))
    return {
        "estimate": effect.estimate,
        "se": effect.se,
        **dict(zip(_ENDS, limits, strict=True)),
    }
