"""What is estimated beside the columns of regressions, as tables.

Here: mediated effects with bootstrap intervals (Table 8), the conditional effects that Tables 9
and 10 leave out, and how the baseline coefficient bears other choices, samples and provinces. Not
here: regressions as columns (`analysis.paper.columns`), bootstrap and curve themselves
(`analysis.regressions`), files, page layout.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.intervals import BootstrapEffect
from analysis.panel import NotIdentifiedError
from analysis.paper.columns import (
    BASELINE,
    CONTROLS,
    MEDIATOR,
    MODERATORS,
    OUTCOME,
    SAMPLES,
    TREATMENT,
    NotEstimable,
    as_rows,
    without_values,
)
from analysis.regressions.mediation import MediationBootstrap, SobelTest, bootstrap, stepwise
from analysis.regressions.robustness import leave_one_out, winsorised
from analysis.regressions.specification_curve import SpecificationCurve, specification_curve

TABLE = "8"
EFFECTS = ("indirect", "direct", "total")
LEVELS = ("mean - sd", "mean", "mean + sd")
INDEX = "index"
_INTERVALS = ("percentile", "bias_corrected", "bca")
_ENDS = [f"{interval}_{end}" for interval in _INTERVALS for end in ("lower", "upper")]
_EFFECT_TYPES = {
    "table": "str",
    "moderator": "str",
    "level": "str",
    "moderator_value": "float64",
    "effect": "str",
    **dict.fromkeys(("estimate", "se", *_ENDS), "float64"),
    **dict.fromkeys(("n", "n_clusters", "reps", "n_degenerate"), "int64"),
}
_FIGURES = ["estimate", "std_error", "p_value", "lower", "upper", "n", "n_clusters", "reason"]
_ROBUSTNESS_TYPES = {
    "kind": "str",
    "option": "str",
    **dict.fromkeys(_FIGURES, "float64"),
    **dict.fromkeys(("n", "n_clusters"), "int64"),
    "reason": "str",
}
# The readings of eq. 18-22, of which the first is the project's.
TREATMENTS = (TREATMENT, "coagglo_urban", "eg")
CURVE_SAMPLES = {
    "all province-years": SAMPLES["all"],
    "no interpolated input": lambda panel: ~panel["is_interpolated"].astype(bool),
    "no logarithm of zero": lambda panel: panel["log_of_zero_variables"].fillna("") == "",
    "east": SAMPLES["east"],
    "central": SAMPLES["central"],
    "west": SAMPLES["west"],
    "northeast": SAMPLES["northeast"],
    "with national clusters": SAMPLES["clusters"],
    "without": SAMPLES["no_clusters"],
}
_CURVE_TYPES = {
    **dict.fromkeys(("outcome", "treatment", "sample", "controls"), "str"),
    **dict.fromkeys(
        ("estimate", "std_error", "t_stat", "p_value", "lower", "upper", "standardised"), "float64"
    ),
    **dict.fromkeys(("n", "n_clusters"), "int64"),
    "reason": "str",
    "main": "bool",
}


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of one kind, what a reader must know of them, and what could not be estimated.

    notes: table, column and words, as of the regressions.
    """

    rows: pd.DataFrame
    notes: tuple[tuple[str, str, str], ...] = ()
    not_estimable: tuple[NotEstimable, ...] = ()


def mediation(panel: pd.DataFrame) -> Table:
    """Table 8: indirect, direct and total effect of coagglo on ami, through uic.

    Rows: effect, estimate, se and the limits of three 95 % intervals.
    """
    return _effects(panel, TABLE, None)


def conditional_effects(panel: pd.DataFrame) -> Table:
    """What Tables 9 and 10 leave out: effects where the moderator is low, average and high.

    Rows: moderator, level (`mean - sd`, `mean`, `mean + sd`), its value, effect; and for each
    moderator the index of moderated mediation, an effect `index` at no level.
    """
    return _joined([_effects(panel, table, name) for table, name in MODERATORS.items()])


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


def robustness(panel: pd.DataFrame) -> Table:
    """The baseline coefficient of coagglo, winsorised and without each province in turn.

    Rows: kind `winsorised` with the share drawn in at either end as option (0 is the baseline), or
    `left_out` with the province; reason says why there is no estimate.
    """

    def found() -> pd.DataFrame:
        arguments = (panel, BASELINE.outcome, TREATMENT, CONTROLS)
        drawn_in = winsorised(*arguments)
        without_one = leave_one_out(*arguments).table
        return pd.concat(
            [
                drawn_in.assign(kind="winsorised", option=drawn_in["share"].map("{:g}".format)),
                without_one.assign(kind="left_out", option=without_one["left_out"]),
            ],
            ignore_index=True,
        )

    variables = (OUTCOME, TREATMENT, *CONTROLS)
    return _attempt(panel, ("robustness", ""), variables, found, _ROBUSTNESS_TYPES)


def curve(panel: pd.DataFrame) -> Table:
    """The specification curve of coagglo: measures of agglomeration x samples x control subsets.

    Rows as `regressions.specification_curve.estimate_many`, controls joined by commas. A measure
    without values is left out, and a note says so. `curve_of` makes a curve of the rows again.
    """
    absent = without_values(panel, TREATMENTS[1:])
    treatments = [name for name in TREATMENTS if name not in absent]

    def found() -> pd.DataFrame:
        made = specification_curve(panel, [OUTCOME], treatments, CONTROLS, CURVE_SAMPLES)
        rows = made.specifications
        return rows.assign(controls=rows["controls"].map(",".join))

    place = ("specification curve", "")
    table = _attempt(panel, place, (OUTCOME, TREATMENT, *CONTROLS), found, _CURVE_TYPES)
    notes = tuple((*place, f"{name} has no value and is left out") for name in absent)
    return Table(table.rows, notes, table.not_estimable)


def curve_of(rows: pd.DataFrame) -> SpecificationCurve:
    """The curve whose rows `curve` gave."""
    controls = rows["controls"].map(lambda names: tuple(filter(None, names.split(","))))
    one_measure = rows["treatment"].nunique() == 1
    return SpecificationCurve(
        specifications=rows.assign(controls=controls),
        controls=CONTROLS,
        measure="estimate" if one_measure else "standardised",
    )


def _effects(panel: pd.DataFrame, table: str, moderator: str | None) -> Table:
    notes: list[tuple[str, str, str]] = []
    column = "effect" if moderator is None else "conditional effects"

    def found() -> pd.DataFrame:
        made = bootstrap(panel, TREATMENT, MEDIATOR, OUTCOME, CONTROLS, moderator=moderator)
        notes.extend((table, column, note) for note in made.notes)
        if made.n_dropped:
            note = f"{made.n_dropped} province-years lack a variable and are left out"
            notes.append((table, column, note))
        return pd.DataFrame(_records(made, table, moderator))

    variables = (OUTCOME, TREATMENT, MEDIATOR, *([moderator] if moderator else []), *CONTROLS)
    made = _attempt(panel, (table, column), variables, found, _EFFECT_TYPES)
    return Table(made.rows, tuple(notes), made.not_estimable)


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


def _attempt(
    panel: pd.DataFrame,
    place: tuple[str, str],
    variables: tuple[str, ...],
    found: Callable[[], pd.DataFrame],
    types: dict[str, str],
) -> Table:
    """What `found` gives in the columns of `types`, or why there is nothing."""
    missing = without_values(panel, variables)
    reason = f"without any value: {', '.join(missing)}" if missing else ""
    rows = pd.DataFrame(columns=list(types))
    if not reason:
        try:
            rows = found()
        except NotIdentifiedError as error:
            reason = str(error)
    refused = (NotEstimable(*place, missing, reason),) if reason else ()
    return Table(rows.reindex(columns=list(types)).astype(types), (), refused)


def _joined(parts: list[Table]) -> Table:
    return Table(
        pd.concat([part.rows for part in parts], ignore_index=True),
        tuple(note for part in parts for note in part.notes),
        tuple(refused for part in parts for refused in part.not_estimable),
    )
