"""From a printed coefficient to the indicators that it is the sum of, and to raw items and cells.

Read from the tables `coefficient_parts`, which has the sums, and `row_influence`. Not here: from a
figure to its cells (`ami.lineage`), and how either is shown (`command.explain`).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ami.dataset import Dataset
from ami.lineage import ExplanationError, written_at
from ami.warehouse import reading

COEFFICIENT = re.compile(r"((?:reduced )?table \d+) \((\w+)\) (\S+)", re.IGNORECASE)
_PARTS = """
select
    parts.kind,
    parts.component,
    coalesce(indicators.indicator_label, variables.variable_label, '') as label,
    parts.estimate,
    parts.std_error,
    parts.p_value,
    parts.share_of_estimate,
    parts.shared_items,
    indicators.dimension,
    inputs.items,
    parts.sample,
    parts.outcome
from estimates.coefficient_parts as parts
left join reference.indicators as indicators on parts.component = indicators.indicator
left join reference.variables as variables on parts.component = variables.variable
left join (
    select subject, list(distinct item_code order by item_code) as items
    from reference.formula_inputs
    group by subject
) as inputs on parts.component = inputs.subject
where parts."table" = ? and parts."column" = ? and parts.term = ?
"""
_CELLS = """
select
    influence.figure,
    coalesce(items.label_en, '') as label,
    influence.province_years,
    influence.change_first_order
from estimates.row_influence as influence
left join reference.items as items on influence.figure = items.item_code
where
    influence."table" = ?
    and influence."column" = ?
    and influence.term = ?
    and influence.kind = 'cell'
order by influence.influence_rank
"""
_KNOWN = """
select distinct
    "table",
    "column",
    term
from estimates.coefficient_parts
order by all
"""


@dataclass(frozen=True)
class CoefficientPart:
    """A part of a coefficient, in points of the outcome per unit of the term.

    kind and component: as in the table `coefficient_parts`. share: of the whole. dimension, items:
    of an indicator, and the raw items of its formula. shared_items: those that a right-hand
    variable is made of too.
    """

    kind: str
    component: str
    label: str
    estimate: float
    std_error: float
    p_value: float
    share: float
    shared_items: tuple[str, ...]
    dimension: str | None
    items: tuple[str, ...]


@dataclass(frozen=True)
class MovingCell:
    """A raw cell and what one per cent more of it does to a coefficient, to first order."""

    item_code: str
    label: str
    province_year: str
    change: float


@dataclass(frozen=True)
class ExplainedCoefficient:
    """A coefficient of a table; its parts, the whole first; the raw cells that move it most."""

    dataset: str
    is_synthetic: bool
    refreshed_at: str
    table: str
    column: str
    sample: str
    outcome: str
    term: str
    parts: tuple[CoefficientPart, ...]
    cells: tuple[MovingCell, ...]

    def of_kind(self, kind: str) -> list[CoefficientPart]:
        return [part for part in self.parts if part.kind == kind]

    def json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def explain_coefficient(
    dataset: Dataset, asked: str, *, build: bool = False
) -> ExplainedCoefficient:
    """Split a coefficient of the last good warehouse, or of the build of the last refresh.

    Parameters
    ----------
    asked : str
        As `COEFFICIENT`: table 4 (1) coagglo.

    Raises
    ------
    ExplanationError
        Where there is no such coefficient on the index or a dimension.
    DatasetError, WarehouseError
        As `ami.lineage.explain`.
    """
    named = COEFFICIENT.fullmatch(asked.strip())
    if named is None:
        raise ExplanationError(f"'{asked}': expected a table, column and term: table 4 (1) coagglo")
    table, column, term = named[1].lower().removeprefix("table "), named[2], named[3]
    database = dataset.to_read(build=build)
    with reading(database) as connection:
        rows = connection.execute(_PARTS, [table, column, term]).fetchall()
        cells = connection.execute(_CELLS, [table, column, term]).fetchall()
        known = connection.execute(_KNOWN).fetchall()
    if not rows:
        raise ExplanationError(f"no coefficient '{asked}' on the index; {_there_are(known, table)}")
    *_, sample, outcome = rows[0]
    return ExplainedCoefficient(
        dataset=dataset.name,
        is_synthetic=dataset.synthetic,
        refreshed_at=written_at(database),
        table=table,
        column=column,
        sample=sample,
        outcome=outcome,
        term=term,
        parts=tuple(map(_part, rows)),
        cells=tuple(MovingCell(*row) for row in cells),
    )


def _part(row: Sequence[Any]) -> CoefficientPart:
    kind, component, label, estimate, std_error, p_value, share, shared, dimension, items, *_ = row
    return CoefficientPart(
        kind=kind,
        component=component,
        label=label,
        estimate=estimate,
        std_error=std_error,
        p_value=p_value,
        share=share,
        shared_items=tuple(filter(None, shared.split(","))),
        dimension=dimension,
        items=tuple(items or ()),
    )


def _there_are(known: Sequence[tuple[str, str, str]], table: str) -> str:
    of_table = [f"({column}) {term}" for of, column, term in known if of == table]
    if of_table:
        return f"of table {table} there are: {', '.join(of_table)}"
    tables = ", ".join(dict.fromkeys(of for of, _, _ in known))
    return f"there are coefficients of tables {tables}" if tables else "none is estimable"
