"""How many checks of the data a refresh made, and how they came out: counted here, said everywhere.

What the gates found stands in the tables `analysis.report.frames.CHECKS`. Whether a yearbook is
overdue is not among them: that changes with the calendar, not with the data.
"""

from dataclasses import dataclass
from typing import Self

import pandas as pd


@dataclass(frozen=True)
class CheckCounts:
    """How many checks were made; how many of them failed as an error, how many as a warning."""

    made: int
    errors: int
    warnings: int

    @classmethod
    def of(cls, found: pd.DataFrame) -> Self:
        """Of a row for each check with `passed` and `severity` (ERROR or WARN)."""
        failed = found.loc[~found["passed"].astype(bool), "severity"]
        return cls(len(found), int((failed == "ERROR").sum()), int((failed == "WARN").sum()))

    @property
    def passed(self) -> int:
        return self.made - self.errors - self.warnings

    def __str__(self) -> str:
        return (
            f"{self.passed} of {self.made} checks passed "
            f"(errors: {self.errors}, warnings: {self.warnings})"
        )
