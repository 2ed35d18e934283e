"""What is asked of several coefficients at once: families of tests, equality, leads.

Here: which coefficients of Tables 4 to 10 these questions are put to, as rows of the table
`surety`. Not here: the tests (`analysis.regressions.joint_tests`, `multiple_testing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.panel import NotIdentifiedError, lead
from analysis.paper.specifications import BASELINE, BY_SAMPLE, Specification
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.joint_tests import JointTest, all_equal, all_zero
from analysis.regressions.multiple_testing import family
from analysis.regressions.one_coefficient import OneCoefficient
from analysis.regressions.wild_bootstrap import wild_cluster_p
from analysis.variables import TREATMENT

# The tables that ask one question many times: of dimensions, samples and moderators.
FAMILIES = ("5", "6", "9", "10")
# Samples of Table 6 that exclude each other, by what is between them.
GROUPS = {
    "regions": ("east", "central", "west", "northeast"),
    "clusters": ("clusters", "no_clusters"),
}
# Under which the baseline with leads stands.
LEADS_TABLE = "leads"
_AHEAD = (1, 2)

Row = dict[str, Any]
Place = Mapping[str, Any]
# A coefficient with the keys of its row.
Placed = tuple[Place, OneCoefficient]


def adjusted(coefficients: Sequence[Placed]) -> Iterator[Row]:
    """Romano-Wolf p-values of all of them together, and of those of each table."""
    if not coefficients:
        return
    found = family([of for _, of in coefficients])
    of_table: dict[int, float] = {}
    for table in {place["table"] for place, _ in coefficients}:
        members = [i for i, (place, _) in enumerate(coefficients) if place["table"] == table]
        of_table |= dict(zip(members, found.part(members).adjusted, strict=True))
    for i, (place, _) in enumerate(coefficients):
        yield {**place, "measure": "romano_wolf", "p_value": found.adjusted[i]}
        yield {**place, "measure": "romano_wolf_table", "p_value": of_table[i]}


def equality(coefficients: Sequence[Placed]) -> Iterator[Row]:
    """Whether the coefficient of Table 6 is the same in all regions, and in both cluster groups.

    Between the samples that have an estimate, if there are two.
    """
    for name, samples in GROUPS.items():
        parts = [of for place, of in coefficients if place["sample"] in samples]
        if len(parts) > 1:
            place: Row = {"table": BY_SAMPLE[0].table, "sample": name, "outcome": BASELINE.outcome}
            place |= {"term": TREATMENT, "n": sum(len(of.x) for of in parts)}
            yield from _joint(place, "equal", all_equal(parts))


def leads(panel: pd.DataFrame) -> Iterator[Row]:
    """The baseline with the treatment of the next two years beside it: nothing should foretell it.

    Raises NotIdentifiedError where they are not identified.
    """
    ahead = {f"F{by}.{TREATMENT}": lead(panel, TREATMENT, by) for by in _AHEAD}
    rows = panel.assign(**ahead)
    regressors = (TREATMENT, *ahead, *BASELINE.regressors[1:])
    fit = two_way_fe(rows, BASELINE.outcome, regressors)
    place: Row = {"table": LEADS_TABLE, "outcome": BASELINE.outcome, "n": fit.n}
    place |= {"n_clusters": fit.n_clusters}
    for term in (TREATMENT, *ahead):
        own = place | {"term": term, "estimate": fit.params[term]}
        yield own | {
            "measure": "clustered",
            "std_error": fit.std_errors[term],
            "statistic": fit.t_stats[term],
            "p_value": fit.p_values[term],
        }
        wild = wild_cluster_p(rows, BASELINE.outcome, regressors, term, fit=fit)
        yield own | {"measure": "wild_bootstrap", "p_value": wild.p_value}
    test = all_zero(rows, BASELINE.outcome, regressors, [*ahead])
    yield from _joint(place | {"term": "leads"}, "zero", test)


def leads_or_reason(panel: pd.DataFrame) -> list[Row]:
    """The rows of `leads`, or one that says why there are none."""
    try:
        return list(leads(panel))
    except NotIdentifiedError as error:
        place = {"table": LEADS_TABLE, "outcome": BASELINE.outcome, "term": "leads"}
        return [{**place, "measure": "zero", "n": 0, "n_clusters": 0, "reason": str(error)}]


def is_of_a_family(specification: Specification) -> bool:
    """Whether its coefficients of interest are tested together with others."""
    return specification.table in FAMILIES


def _joint(place: Row, measure: str, test: JointTest) -> Iterator[Row]:
    place = {**place, "n_clusters": test.df_denominator + 1}
    yield place | {"measure": measure, "statistic": test.f_stat, "p_value": test.p_value}
    yield place | {"measure": f"{measure}_wild", "p_value": test.wild_p_value}
