"""What is said of a table of estimates where it is declared.

Not here: which there are (`results_tables`, `trial_estimates`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analysis.paper.estimable import EstimatesTable

ESTIMATES_SCHEMA = "estimates"


@dataclass(frozen=True)
class Estimate:
    """A table of the schema `estimates`.

    grain: what one row is. needs: the tables of the warehouse that `make` is given, in its order.
    columns: with their types; `analysis.paper.result_columns` says what each holds.
    """

    name: str
    words: str
    grain: str
    needs: tuple[str, ...]
    make: Callable[..., EstimatesTable]
    columns: Mapping[str, str]

    @property
    def source(self) -> str:
        return f"{ESTIMATES_SCHEMA}.{self.name}"
