"""The paper's regressions as data: which columns of Tables 4 to 7, 9 and 10 there are.

Here: outcome, regressors and rows of each column. Not here: how they are estimated (`fits`), and
the variables (`analysis.variables`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.panel import EstimationError
from analysis.regressions.moderation import product_name
from analysis.variables import CONTROLS, DIMENSIONS, MEDIATOR, MODERATORS, OUTCOME, TREATMENT

LAGGED_TREATMENT = f"L.{TREATMENT}"
# The table of stepwise mediation.
STEPWISE = "7"
# The moderator of each table of moderated mediation.
MODERATOR_OF = dict(zip(("9", "10"), MODERATORS, strict=True))


def _whole(panel: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=panel.index)


def _region(name: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda panel: panel["region"] == name


# The rows of each sample, by the name it has in the published estimates.
SAMPLES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "all": _whole,
    "2016-2021": lambda panel: panel["year"].between(2016, 2021),
    **{name: _region(name) for name in ("east", "central", "west", "northeast")},
    "clusters": lambda panel: panel["has_national_cluster"].astype(bool),
    "no_clusters": lambda panel: ~panel["has_national_cluster"].astype(bool),
}


@dataclass(frozen=True)
class Specification:
    """One column of one table of the paper: `table` and `column` as printed there.

    of_interest: the regressors that the column is about; they get a wild bootstrap p-value.
    instrument: of the one regressor of interest, where it has one.
    """

    table: str
    column: str
    sample: str
    outcome: str
    regressors: tuple[str, ...]
    of_interest: tuple[str, ...] = (TREATMENT,)
    instrument: str | None = None

    @property
    def place(self) -> dict[Any, Any]:
        """The keys of its rows in tables of results, but for the term."""
        return {name: getattr(self, name) for name in ("table", "column", "sample", "outcome")}

    @property
    def variables(self) -> frozenset[str]:
        """The variables of the panel that it is made of, those of lags and products too."""
        names = (name for text in (self.outcome, *self.regressors) for name in text.split("*"))
        return frozenset(name.removeprefix("L.") for name in names)


BASELINE = Specification("4", "1", "all", OUTCOME, (TREATMENT, *CONTROLS))
FIRST_STAGE = Specification(
    "4", "2", "all", TREATMENT, (LAGGED_TREATMENT, *CONTROLS), (LAGGED_TREATMENT,)
)
SECOND_STAGE = replace(BASELINE, column="3", instrument=LAGGED_TREATMENT)
EG = Specification("4", "4", "all", OUTCOME, ("eg", *CONTROLS), ("eg",))
CENTRES = replace(BASELINE, column="5", sample="2016-2021", outcome="center")
TABLE_4 = (BASELINE, FIRST_STAGE, SECOND_STAGE, EG, CENTRES)
BY_DIMENSION = [
    replace(BASELINE, table="5", column=str(number), outcome=outcome)
    for number, outcome in enumerate(DIMENSIONS, start=1)
]
BY_SAMPLE = [
    replace(BASELINE, table="6", column=str(number), sample=sample)
    for number, sample in enumerate(
        ("east", "central", "west", "northeast", "clusters", "no_clusters"), start=1
    )
]


def reduced(
    specification: Specification, controls: Sequence[str], index: str = OUTCOME
) -> Specification:
    """The same with some of the paper's controls alone, under the name of a table of its own.

    index: what stands in the place of ami, which may be the partial index.
    """
    return replace(
        specification,
        table=f"reduced table {specification.table}",
        outcome=index if specification.outcome == OUTCOME else specification.outcome,
        regressors=tuple(
            name for name in specification.regressors if name not in CONTROLS or name in controls
        ),
    )


def stepwise_columns() -> list[Specification]:
    """Table 7, eq. 1 to 4."""
    return _steps(STEPWISE, [
        (OUTCOME, (TREATMENT,)),
        (OUTCOME, (MEDIATOR,)),
        (MEDIATOR, (TREATMENT,)),
        (OUTCOME, (TREATMENT, MEDIATOR)),
    ])  # fmt: skip


def moderated_columns(table: str) -> list[Specification]:
    """Table 9 or 10, eq. 5 to 9."""
    moderator = MODERATOR_OF[table]
    first, second = product_name(TREATMENT, moderator), product_name(MEDIATOR, moderator)
    return _steps(table, [
        (OUTCOME, (TREATMENT, moderator, first)),
        (MEDIATOR, (TREATMENT, moderator)),
        (MEDIATOR, (TREATMENT, moderator, first)),
        (OUTCOME, (MEDIATOR, moderator)),
        (OUTCOME, (MEDIATOR, moderator, second)),
    ])  # fmt: skip


def specifications() -> list[Specification]:
    """Every column of Tables 4 to 7, 9 and 10, as `all_columns` estimates them."""
    moderated = [column for table in MODERATOR_OF for column in moderated_columns(table)]
    return [
        *(*TABLE_4, *BY_DIMENSION, *BY_SAMPLE),
        *stepwise_columns(),
        *moderated,
    ]


def _steps(table: str, steps: list[tuple[str, tuple[str, ...]]]) -> list[Specification]:
    return [
        Specification(table, str(number), "all", outcome, (*regressors, *CONTROLS), regressors)
        for number, (outcome, regressors) in enumerate(steps, start=1)
    ]


def in_sample(panel: pd.DataFrame, sample: str) -> pd.DataFrame:
    """The rows of a sample of `SAMPLES`."""
    try:
        return panel[SAMPLES[sample](panel)]
    except KeyError as error:
        raise EstimationError(f"sample '{sample}': no column or sample {error}") from None
