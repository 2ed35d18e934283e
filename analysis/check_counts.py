"""How many checks of the data a refresh made, and how they came out: counted here, said everywhere.

What the gates found stands in the tables `analysis.report.frames.CHECKS`. Whether a yearbook is
overdue is not among them: that changes with the calendar, not with the data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class CheckCounts:
    """How many checks were made; how many of them failed as an error, how many as a warning."""

    made: int
    errors: int
    warnings: int

    @classmethod
    def of(cls, found: Iterable[tuple[bool, str]]) -> Self:
        """Of each check whether it passed, and its severity (ERROR or WARN)."""
        found = list(found)
        failed = [severity for passed, severity in found if not passed]
        return cls(len(found), failed.count("ERROR"), failed.count("WARN"))

    @property
    def passed(self) -> int:
        return self.made - self.errors - self.warnings

    def __str__(self) -> str:
        return (
            f"{self.passed} of {self.made} checks passed "
            f"(errors: {self.errors}, warnings: {self.warnings})"
        )
