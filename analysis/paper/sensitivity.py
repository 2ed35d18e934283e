"""How far the baseline depends on its choices, as tables, and the baseline with fewer controls.

Here: the baseline coefficient winsorised, without each province, with logarithms of zero read
otherwise, and of each measure of agglomeration; Table 4 reduced to the controls that have a value.
Not here: the specification curve (`recipe_curve`), the resampling itself (`analysis.regressions`).
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
from analysis.regressions.many_regressions import Model, estimate_many
from analysis.regressions.robustness import leave_one_out, winsorised, zeros_otherwise
from analysis.standing import index_variable
from analysis.variables import CONTROLS, OUTCOME, TREATMENT

ROBUSTNESS_COLUMNS = types_of(
    "kind", "option", "estimate", "std_error", "p_value", "lower", "upper", "n",
    "n_clusters", "reason", "missing_controls",
)  # fmt: skip
# The readings of eq. 18-22, of which the first is the project's.
TREATMENTS = (TREATMENT, "coagglo_urban", "eg")
# Beside them the measure of co-location that size does not enter.
MEASURES = (*TREATMENTS, "eg_pair")
REDUCED_COLUMNS = long_form.COLUMNS | types_of("missing_controls")


def reduced_table_4(panel: pd.DataFrame) -> EstimatesTable:
    """Table 4 with the controls, or the index, that there are; no rows where these are the paper's.

    In the long form of the table `estimates`, under a name of its own: it stands beside the refusal
    of Table 4, never in its place.
    """
    if not (columns := reduced_columns(panel)):
        return EstimatesTable(typed([], REDUCED_COLUMNS))
    made = long_form.as_table(table_4(panel, columns))
    missing = ",".join(AtHand.of(panel).missing)
    return replace(made, rows=made.rows.assign(missing_controls=missing))


def reduced_columns(panel: pd.DataFrame) -> list[Specification]:
    """The columns of the reduced Table 4; none where every control and the index has a value."""
    at_hand = AtHand.of(panel)
    if not at_hand.is_reduced:
        return []
    return [reduced(of, at_hand.controls, at_hand.outcome) for of in TABLE_4]


def robustness(panel: pd.DataFrame) -> EstimatesTable:
    """The baseline coefficient of coagglo, winsorised, without each province, zeros otherwise.

    Rows: kind `winsorised` with the share drawn in at either end as option (0 is the baseline),
    `left_out` with the province, `log_of_zero` with `dummy` or `asinh`, or `measure` with what
    stands in the place of coagglo, in points of the index per standard deviation of the measure;
    reason says why there is no estimate. Controls that have no value are left out, and every row
    names them.
    """
    at_hand = AtHand.of(panel)

    def found() -> EstimatesTable:
        arguments = (panel, at_hand.outcome, TREATMENT, at_hand.controls)
        drawn_in = winsorised(*arguments)
        without_one = leave_one_out(*arguments).table
        zeros = zeros_otherwise(*arguments, _logs_of_zero(panel))
        pieces = [
            drawn_in.assign(kind="winsorised", option=drawn_in["share"].map("{:g}".format)),
            without_one.assign(kind="left_out", option=without_one["left_out"]),
            zeros.assign(kind="log_of_zero"),
            _by_measure(panel, at_hand),
        ]
        return at_hand.named(EstimatesTable(pd.concat(pieces, ignore_index=True)), place)

    place, variables = ("robustness", ""), (at_hand.outcome, TREATMENT, *at_hand.controls)
    return estimated_table(panel, variables, place, ROBUSTNESS_COLUMNS, found)


def _by_measure(panel: pd.DataFrame, at_hand: AtHand) -> pd.DataFrame:
    """The baseline with each measure of agglomeration in units of its standard deviation."""
    measures = [name for name in MEASURES if not without_values(panel, [name])]
    scaled = panel.assign(**{name: panel[name] / panel[name].std() for name in measures})
    models = [Model(at_hand.outcome, name, at_hand.controls) for name in measures]
    made = estimate_many(scaled, models, {"": SAMPLES["all"]})
    return made.assign(kind="measure", option=made["treatment"])


def _logs_of_zero(panel: pd.DataFrame) -> pd.DataFrame:
    """Where each control is the logarithm of zero, (n, controls)."""
    named = panel["log_of_zero_variables"].fillna("").str.split(",")
    return pd.DataFrame({name: [name in of for of in named] for name in CONTROLS}, panel.index)


class AtHand(NamedTuple):
    """The index and the controls that have a value, and the paper's controls that have none."""

    outcome: str
    controls: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, panel: pd.DataFrame) -> AtHand:
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
