"""How far the baseline depends on its choices, as tables.

Here: the baseline coefficient winsorised, without each province, and over measures, samples and
controls. Not here: the curve and the resampling themselves (`analysis.regressions`).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.paper.estimable import EstimatesTable, estimated_table, without_values
from analysis.paper.result_columns import types_of
from analysis.paper.specifications import BASELINE, SAMPLES
from analysis.regressions.robustness import leave_one_out, winsorised
from analysis.regressions.specification_curve import SpecificationCurve, specification_curve
from analysis.variables import CONTROLS, OUTCOME, TREATMENT

_FIGURES = ["estimate", "std_error", "p_value", "lower", "upper", "n", "n_clusters", "reason"]
ROBUSTNESS_COLUMNS = types_of(
    "kind", "option", "estimate", "std_error", "p_value", "lower", "upper", "n",
    "n_clusters", "reason",
)  # fmt: skip
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
CURVE_COLUMNS = types_of(
    "outcome", "treatment", "sample", "controls", "estimate", "std_error", "t_stat",
    "p_value", "lower", "upper", "standardised", "n", "n_clusters", "reason", "main",
)  # fmt: skip


def robustness(panel: pd.DataFrame) -> EstimatesTable:
    """The baseline coefficient of coagglo, winsorised and without each province in turn.

    Rows: kind `winsorised` with the share drawn in at either end as option (0 is the baseline), or
    `left_out` with the province; reason says why there is no estimate.
    """

    def found() -> EstimatesTable:
        arguments = (panel, BASELINE.outcome, TREATMENT, CONTROLS)
        drawn_in = winsorised(*arguments)
        without_one = leave_one_out(*arguments).table
        pieces = [
            drawn_in.assign(kind="winsorised", option=drawn_in["share"].map("{:g}".format)),
            without_one.assign(kind="left_out", option=without_one["left_out"]),
        ]
        return EstimatesTable(pd.concat(pieces, ignore_index=True))

    place, variables = ("robustness", ""), (OUTCOME, TREATMENT, *CONTROLS)
    return estimated_table(panel, variables, place, ROBUSTNESS_COLUMNS, found)


def curve(panel: pd.DataFrame) -> EstimatesTable:
    """The specification curve of coagglo: measures of agglomeration x samples x control subsets.

    Rows as `regressions.many_regressions.estimate_many`, controls joined by commas. A measure
    without values is left out, and a note says so. `curve_of` makes a curve of the rows again.
    """
    absent = without_values(panel, TREATMENTS[1:])
    treatments = [name for name in TREATMENTS if name not in absent]

    def found() -> EstimatesTable:
        made = specification_curve(panel, [OUTCOME], treatments, CONTROLS, CURVE_SAMPLES)
        rows = made.specifications
        return EstimatesTable(rows.assign(controls=rows["controls"].map(",".join)))

    place, variables = ("specification curve", ""), (OUTCOME, TREATMENT, *CONTROLS)
    notes = tuple((*place, f"{name} has no value and is left out") for name in absent)
    return replace(estimated_table(panel, variables, place, CURVE_COLUMNS, found), notes=notes)


def curve_of(rows: pd.DataFrame) -> SpecificationCurve:
    """The curve whose rows `curve` gave."""
    controls = rows["controls"].map(lambda names: tuple(filter(None, names.split(","))))
    one_measure = rows["treatment"].nunique() == 1
    return SpecificationCurve(
        specifications=rows.assign(controls=controls),
        controls=CONTROLS,
        measure="estimate" if one_measure else "standardised",
    )
