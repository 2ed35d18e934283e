"""What the data carry and what they do not: tables with notes, and the way to "not estimable".

Here: the one place where variables without values, and models that the data do not identify,
become rows that say what is missing. Not here: what is estimated (`fits` and the tables beside
it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import pandas as pd

from analysis.panel import NotIdentifiedError, some
from analysis.regressions.clustering import FixedEffectsResult
from analysis.regressions.mediation import MediationBootstrap
from analysis.standing import index_variable
from analysis.variables import INDEX_VARIABLES, PARTIAL_INDEX

Found = TypeVar("Found")


@dataclass(frozen=True)
class NotEstimable:
    """Why a specification has no estimate: what is missing, or what the data do not identify.

    missing_variables: variables without any value in the sample.
    """

    table: str
    column: str
    missing_variables: tuple[str, ...]
    reason: str


class Remarked(Protocol):
    """What has notes (table, column, words), and what it has no row of."""

    @property
    def notes(self) -> Sequence[tuple[str, str, str]]: ...

    @property
    def not_estimable(self) -> Sequence[NotEstimable]: ...


@dataclass(frozen=True, eq=False)
class EstimatesTable:
    """Rows of one kind, what a reader must know of them, and what could not be estimated.

    notes: table, column and words.
    """

    rows: pd.DataFrame
    notes: tuple[tuple[str, str, str], ...] = ()
    not_estimable: tuple[NotEstimable, ...] = ()


def without_values(panel: pd.DataFrame, variables: Iterable[str]) -> tuple[str, ...]:
    """The variables that have no value in the panel, in their order."""
    return tuple(
        name for name in variables if name not in panel.columns or panel[name].isna().all()
    )


def lacking(panel: pd.DataFrame, names: Iterable[str]) -> str:
    """Variables that have no value in the panel, in words; of the index also why."""
    names = list(names)
    words = f"without any value: {', '.join(names)}"
    if index_variable(panel) == PARTIAL_INDEX and not set(INDEX_VARIABLES).isdisjoint(names):
        words += f"; the index of this dataset is a partial one ({PARTIAL_INDEX})"
    return words


def left_out(made: FixedEffectsResult | MediationBootstrap) -> list[str]:
    """Which rows of the panel an estimate is not of, in words."""
    said = []
    if made.n_dropped:
        said.append(f"{made.n_dropped} province-years lack a variable and are left out")
    if made.singletons:
        said.append(
            f"{len(made.singletons)} province-years are the only complete ones of their province "
            f"or year, whose effect absorbs them, and are left out: {some(made.singletons)}"
        )
    return said


def attempted(
    panel: pd.DataFrame,
    variables: Iterable[str],
    table: str,
    columns: Iterable[str],
    find: Callable[[], Found],
) -> Found | list[NotEstimable]:
    """What `find` gives; where the data cannot carry it, why each of the columns is not there.

    Never a smaller model in its place. Data that are wrong (duplicates, text, infinities) raise
    EstimationError.
    """
    missing = without_values(panel, variables)
    reason = lacking(panel, missing)
    if not missing:
        try:
            return find()
        except NotIdentifiedError as error:
            reason = str(error)
    return [NotEstimable(table, column, missing, reason) for column in columns]


def typed(pieces: Sequence[pd.DataFrame], types: Mapping[str, str]) -> pd.DataFrame:
    """The pieces in stated columns and types, so that a table without rows has those of one with.

    Texts that a piece lacks are empty.
    """
    found = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(types))
    found = found.reindex(columns=list(types))
    texts = [name for name, kind in types.items() if kind == "str"]
    # What no piece has is a column of numbers, which takes no text.
    found = found.astype(dict.fromkeys(texts, object))
    return found.fillna(dict.fromkeys(texts, "")).astype(dict(types))


def estimated_table(
    panel: pd.DataFrame,
    variables: Iterable[str],
    place: tuple[str, str],
    types: Mapping[str, str],
    find: Callable[[], EstimatesTable],
) -> EstimatesTable:
    """The table that `find` makes, in stated columns; where there is none, why (see `attempted`).

    place: table and column under which a reader is told.
    """
    table, column = place
    found = attempted(panel, variables, table, [column], find)
    if isinstance(found, list):
        return EstimatesTable(typed([], types), not_estimable=tuple(found))
    return replace(found, rows=typed([found.rows], types))


def joined(parts: Sequence[EstimatesTable], types: Mapping[str, str]) -> EstimatesTable:
    """Tables of one kind as one, in stated columns."""
    return EstimatesTable(
        typed([part.rows for part in parts], types),
        tuple(note for part in parts for note in part.notes),
        tuple(refused for part in parts for refused in part.not_estimable),
    )


def remarks_on(name: str, made: Remarked) -> dict[str, pd.DataFrame]:
    """The rows of the tables `notes` and `not_estimable` on the table of estimates of that name."""
    refused = [
        (of.table, of.column, ",".join(of.missing_variables), of.reason, name)
        for of in made.not_estimable
    ]
    return {
        "notes": pd.DataFrame(
            [(*note, name) for note in made.notes],
            columns=["table", "column", "note", "estimates_table"],
            dtype="string",
        ),
        "not_estimable": pd.DataFrame(
            refused,
            columns=["table", "column", "missing_variables", "reason", "estimates_table"],
            dtype="string",
        ),
    }
