"""The specification curve: one coefficient under every reading of what goes into its regression.

Here: one treatment's coefficient over outcomes x treatments x samples x subsets of controls, and
what each choice does to it. Not here: the regressions (`many_regressions`), the figure
(`analysis.report.figures.curve`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.regressions.many_regressions import Model, Sample, estimate_many

_SIGNIFICANT = 0.05


@dataclass(frozen=True, eq=False)
class SpecificationCurve:
    """Every specification of one question, those that the data do not identify among them.

    specifications: the rows of `estimate_many`, and `main`, true for the first outcome,
        treatment and sample with all controls.
    controls: the controls whose subsets were taken, in the order given.
    measure: the column in which specifications compare: `estimate` where all share one outcome
        and one treatment, otherwise `standardised`.
    """

    specifications: pd.DataFrame
    controls: tuple[str, ...]
    measure: str

    @property
    def identified(self) -> pd.DataFrame:
        """The specifications that have an estimate, by its size."""
        known = self.specifications[self.specifications["reason"] == ""]
        return known.sort_values(self.measure, kind="stable", ignore_index=True)

    def summary(self) -> pd.DataFrame:
        """What each choice does to the curve: one row for all, and one per option of a choice.

        Columns: choice, option; specifications, not_identified (counts); lowest, median, highest
        (of `measure`); share_positive, share_significant_positive, share_significant_negative
        (of those identified, 0-1, at 5 % by t(G-1)).
        """
        rows = self.specifications
        groups = [("all", "", np.ones(len(rows), dtype=bool))]
        for choice in ("outcome", "treatment", "sample"):
            groups += [
                (choice, option, (rows[choice] == option).to_numpy())
                for option in rows[choice].drop_duplicates()
            ]
        for control in self.controls:
            within = rows["controls"].map(lambda names, control=control: control in names)
            groups += [("control", f"with {control}", within.to_numpy())]
            groups += [("control", f"without {control}", ~within.to_numpy())]
        return pd.DataFrame(
            [
                {"choice": choice, "option": option, **self._shape(rows[chosen])}
                for choice, option, chosen in groups
            ]
        )

    def _shape(self, rows: pd.DataFrame) -> dict[str, float]:
        known = rows[rows["reason"] == ""]
        values, significant = known[self.measure], known["p_value"] < _SIGNIFICANT
        return {
            "specifications": len(rows),
            "not_identified": len(rows) - len(known),
            "lowest": values.min(),
            "median": values.median(),
            "highest": values.max(),
            "share_positive": (values > 0).mean(),
            "share_significant_positive": (significant & (values > 0)).mean(),
            "share_significant_negative": (significant & (values < 0)).mean(),
        }


def specification_curve(
    panel: pd.DataFrame,
    outcomes: Sequence[str],
    treatments: Sequence[str],
    controls: Sequence[str],
    samples: Mapping[str, Sample],
    *,
    level: float = 0.95,
    entity: str = "province",
    time: str = "year",
) -> SpecificationCurve:
    """The treatment's coefficient for all outcomes x treatments x samples x subsets of controls.

    The first outcome, treatment and sample are the main ones. Simonsohn, Simmons and Nelson
    (2020), without their joint test. Everything else is as in `estimate_many`.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcomes, treatments, controls : sequence of str
        Columns of the panel.
    samples : mapping
        By name, as in `estimate_many`.
    level : float
        Of the intervals, a share of 1.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    SpecificationCurve

    Raises
    ------
    ValueError
        Without an outcome, a treatment or a sample.
    EstimationError
        As `estimate_many`.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4.
    """
    for name, options in (
        ("outcomes", outcomes),
        ("treatments", treatments),
        ("controls", controls),
    ):
        if isinstance(options, str):
            raise ValueError(f"{name} must be a list of column names, not '{options}'")
    if not (outcomes and treatments and samples):
        raise ValueError("a curve needs an outcome, a treatment and a sample at the least")
    subsets = [
        subset for size in range(len(controls), -1, -1) for subset in combinations(controls, size)
    ]
    models = [
        Model(outcome, treatment, subset)
        for outcome in outcomes
        for treatment in treatments
        for subset in subsets
    ]
    rows = estimate_many(panel, models, samples, level=level, entity=entity, time=time)
    main = (
        (rows["outcome"] == outcomes[0])
        & (rows["treatment"] == treatments[0])
        & (rows["sample"] == next(iter(samples)))
        & (rows["controls"] == tuple(controls))
    )
    return SpecificationCurve(
        specifications=rows.assign(main=main),
        controls=tuple(controls),
        measure="estimate" if len(outcomes) == len(treatments) == 1 else "standardised",
    )
