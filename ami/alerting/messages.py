"""Problems, and the words in which a person is told of one. How words travel is in `channels`.

Much of what a problem says was typed into a yearbook file. In a `Message` nothing of it is left
that could act in a terminal, a log or the header of a mail, and no text is longer than a reader
needs; what could act as markup is the business of the channel that has markup.
"""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self
from urllib.parse import quote

from ami.dataset import Dataset
from yearbooks.untrusted import visible

Kind = Literal["check", "run", "stale", "sensor"]
Severity = Literal["ERROR", "WARN"]
Event = Literal["problem", "recovered", "test"]

TIME = "%Y-%m-%d %H:%M:%S%z"
LONGEST_NAME = 120
LONGEST_TEXT = 1500
# What a person may expect after a message of each event.
EXPECT = {
    "problem": "This is reported once, and again when it has gone.",
    "recovered": "It has gone: nothing needs to be done.",
    "test": "Nothing is wrong: alerts arrive.",
}


@dataclass(frozen=True)
class Problem:
    """Something wrong, known by `kind`, `asset` and `name`.

    `name` is the check, the step that failed, the sensor; `words` say what was expected and what
    was found; `count` rows break it, of which `first_rows` are the first; `run_id` is the Dagster
    run that found it.
    """

    kind: Kind
    severity: Severity
    asset: str
    name: str
    words: str
    count: int | None = None
    first_rows: str = ""
    run_id: str | None = None

    @property
    def key(self) -> tuple[Kind, str, str]:
        return self.kind, self.asset, self.name


@dataclass(frozen=True)
class OpenAlert:
    """A problem that a person was told and that still stands, as it was found last."""

    problem: Problem
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Message(Problem):
    """A problem, cut and made harmless, and what else a person is told of it.

    id: the same whenever and wherever the same is told again, so that a receiver may drop it.
    """

    id: str
    event: Event
    dataset: str
    synthetic: bool
    run_url: str | None
    since: str
    at: str

    @classmethod
    def of(
        cls, event: Event, alert: OpenAlert, dataset: Dataset, base_url: str, at: datetime
    ) -> Self:
        """The message on `alert`; `base_url` is where the Dagster UI is reached."""
        problem = alert.problem
        since = f"{alert.since:{TIME}}"
        told = [dataset.name, event, *problem.key, problem.severity, since]
        # A run that fails for another reason is news.
        told += [problem.words] if problem.kind == "run" else []
        shown = replace(
            problem,
            asset=_short(problem.asset, LONGEST_NAME),
            name=_short(problem.name, LONGEST_NAME),
            words=_short(problem.words, LONGEST_TEXT),
            first_rows=_short(problem.first_rows, LONGEST_TEXT),
        )
        return cls(
            **asdict(shown),
            id=hashlib.sha256("\0".join(told).encode()).hexdigest()[:32],
            event=event,
            dataset=dataset.name,
            synthetic=dataset.synthetic,
            run_url=f"{base_url}/runs/{quote(problem.run_id, safe='')}" if problem.run_id else None,
            since=since,
            at=f"{at:{TIME}}",
        )

    @property
    def headline(self) -> str:
        """The whole in a line: the subject of a mail."""
        word = self.severity if self.event == "problem" else self.event.upper()
        return f"[AMI {self._where}] {word} {self.asset}: {self.name}"

    @property
    def _where(self) -> str:
        return f"{self.dataset}, SYNTHETIC data" if self.synthetic else self.dataset

    def details(self) -> list[str]:
        """Line by line what there is to know, without the link."""
        label = {"check": "Check", "run": "Step"}.get(self.kind, "Name")
        return [
            f"Dataset: {self._where}",
            f"Asset: {self.asset}",
            f"{label}: {self.name}",
            f"Severity: {self.severity}",
            *self.findings(),
        ]

    def findings(self) -> list[str]:
        """Line by line what was found and when."""
        told: dict[str, Any] = {
            "Rows that break it": self.count,
            "First rows": self.first_rows,
            "What": self.words,
            "Since": self.since,
            "Recovered": self.at if self.event == "recovered" else None,
        }
        return [f"{label}: {value}" for label, value in told.items() if value not in (None, "")]

    def line(self) -> str:
        """All of it on one line, for the log."""
        rows = f" Rows that break it: {self.count}." if self.count is not None else ""
        first = f" First rows: {self.first_rows}." if self.first_rows else ""
        link = f" {self.run_url}" if self.run_url else ""
        since = f" Since {self.since}." if self.event == "recovered" else ""
        return f"{self.at} {self.headline}: {self.words}.{rows}{first}{since}{link}"


def _short(text: str, longest: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
