"""How far the baseline depends on its choices, as tables, and the baseline with fewer controls.

Here: the baseline coefficient winsorised, without each province, and over measures, samples and
controls; Table 4 reduced to the controls that have a value. Not here: the curve and the resampling
themselves (`analysis.regressions`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from analysis.paper import long_form
from analysis.paper.estimable import EstimatesTable, estimated_table, typed, without_values
from analysis.paper.fits import table_4
from analysis.paper.result_columns import types_of
from analysis.paper.specifications import SAMPLES, TABLE_4, Specification, reduced
from analysis.regressions.robustness import leave_one_out, winsorised
from analysis.regressions.specification_curve import SpecificationCurve, specification_curve
from analysis.standing import index_variable
from analysis.variables import CONTROLS, OUTCOME, TREATMENT

ROBUSTNESS_COLUMNS = types_of(
    "kind", "option", "estimate", "std_error", "p_value", "lower", "upper", "n",
    "n_clusters", "reason", "missing_controls",
)  # fmt: skip
# The readings of eq. 18-22, of which the first is the project's.
TREATMENTS = (TREATMENT, "coagglo_urban", "eg")
CURVE_SAMPLES = {
    "all province-years": SAMPLES["all"],
    "no interpolated input": lambda panel: ~panel["is_interpolated"].astype(bool),
    "no bridged input": lambda panel: panel["bridged_variables"].fillna("") == "",
    "no logarithm of zero": lambda panel: panel["log_of_zero_variables"].fillna("") == "",
    "east": SAMPLES["east"],
    "central": SAMPLES["central"],
    "west": SAMPLES["west"],
    "northeast": SAMPLES["northeast"],
    "with national clusters": SAMPLES["clusters"],
    "without": SAMPLES["no_clusters"],
}
CURVE_COLUMNS = types_of(
    "outcome", "treatment", "sample", "controls", "estimate", "std_error", "t_stat",
    "p_value", "lower", "upper", "standardised", "n", "n_clusters", "reason", "main",
    "missing_controls",
)  # fmt: skip
REDUCED_COLUMNS = long_form.COLUMNS | types_of("missing_controls")


def reduced_table_4(panel: pd.DataFrame) -> EstimatesTable:
    """Table 4 with the controls, or the index, that there are; no rows where these are the paper's.

    In the long form of the table `estimates`, under a name of its own: it stands beside the refusal
    of Table 4, never in its place.
    """
    if not (columns := reduced_columns(panel)):
        return EstimatesTable(typed([], REDUCED_COLUMNS))
    made = long_form.as_table(table_4(panel, columns))
    missing = ",".join(_AtHand.of(panel).missing)
    return replace(made, rows=made.rows.assign(missing_controls=missing))


def reduced_columns(panel: pd.DataFrame) -> list[Specification]:
    """The columns of the reduced Table 4; none where every control and the index has a value."""
    at_hand = _AtHand.of(panel)
    if not at_hand.is_reduced:
        return []
    return [reduced(of, at_hand.controls, at_hand.outcome) for of in TABLE_4]


def robustness(panel: pd.DataFrame) -> EstimatesTable:
    """The baseline coefficient of coagglo, winsorised and without each province in turn.

    Rows: kind `winsorised` with the share drawn in at either end as option (0 is the baseline), or
    `left_out` with the province; reason says why there is no estimate. Controls that have no value
    are left out, and every row names them.
    """
    at_hand = _AtHand.of(panel)

    def found() -> EstimatesTable:
        arguments = (panel, at_hand.outcome, TREATMENT, at_hand.controls)
        drawn_in = winsorised(*arguments)
        without_one = leave_one_out(*arguments).table
        pieces = [
            drawn_in.assign(kind="winsorised", option=drawn_in["share"].map("{:g}".format)),
            without_one.assign(kind="left_out", option=without_one["left_out"]),
        ]
        return at_hand.named(EstimatesTable(pd.concat(pieces, ignore_index=True)), place)

    place, variables = ("robustness", ""), (at_hand.outcome, TREATMENT, *at_hand.controls)
    return estimated_table(panel, variables, place, ROBUSTNESS_COLUMNS, found)


def curve(panel: pd.DataFrame) -> EstimatesTable:
    """The specification curve of coagglo: measures of agglomeration x samples x control subsets.

    Rows as `regressions.many_regressions.estimate_many`, controls joined by commas. A measure or a
    control without values is left out, and a note says so. `curve_of` makes a curve of the rows
    again.
    """
    at_hand = _AtHand.of(panel)
    absent = without_values(panel, TREATMENTS[1:])
    treatments = [name for name in TREATMENTS if name not in absent]

    def found() -> EstimatesTable:
        made = specification_curve(
            panel, [at_hand.outcome], treatments, at_hand.controls, CURVE_SAMPLES
        )
        rows = made.specifications
        rows = rows.assign(controls=rows["controls"].map(",".join))
        return at_hand.named(EstimatesTable(rows), place)

    place, variables = ("specification curve", ""), (at_hand.outcome, TREATMENT, *at_hand.controls)
    made = estimated_table(panel, variables, place, CURVE_COLUMNS, found)
    notes = tuple((*place, f"{name} has no value and is left out") for name in absent)
    return replace(made, notes=(*made.notes, *notes))


def curve_of(rows: pd.DataFrame) -> SpecificationCurve:
    """The curve whose rows `curve` gave."""
    controls = rows["controls"].map(lambda names: tuple(filter(None, names.split(","))))
    # A table without rows is a curve without estimates.
    missing = ",".join(rows["missing_controls"].head(1)).split(",")
    one_measure = rows["treatment"].nunique() == 1
    return SpecificationCurve(
        specifications=rows.assign(controls=controls),
        controls=tuple(name for name in CONTROLS if name not in missing),
        measure="estimate" if one_measure else "standardised",
    )


class _AtHand(NamedTuple):
    """The index and the controls that have a value, and the paper's controls that have none."""

    outcome: str
    controls: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, panel: pd.DataFrame) -> _AtHand:
        missing = without_values(panel, CONTROLS)
        controls = tuple(name for name in CONTROLS if name not in missing)
        return cls(index_variable(panel), controls, missing)

    @property
    def is_reduced(self) -> bool:
        return bool(self.missing) or self.outcome != OUTCOME

    def named(self, table: EstimatesTable, place: tuple[str, str]) -> EstimatesTable:
        """A table whose every row says which controls it is without, and a note what it is of."""
        rows = table.rows.assign(missing_controls=",".join(self.missing))
        said = [f"{', '.join(self.missing)} without any value, left out"] if self.missing else []
        said += [f"of the partial index, {self.outcome}"] if self.outcome != OUTCOME else []
        note = f"reduced, not the paper's: {'; '.join(said)}"
        return replace(
            table, rows=rows, notes=(*table.notes, *([(*place, note)] if self.is_reduced else []))
        )
