"""One fetch: asks the data service for each row of the plan, and keeps the answers in an inbox.

An answer is kept as it came, whole or not at all, with two files beside it: where it came from
(`.fetched.yml`: address, request, time, hash), and what the intake is to know of it
(`.mapping.yml`: the edition is the year in which it was fetched). What is kept can be read by the
intake as any file. A fetch that was stopped leaves a note of what it has, and the next goes on.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import yaml

from ami import atomic
from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.dates import now_in_china
from ami.nbs import answers, plan
from ami.nbs.answers import Wanted
from ami.nbs.client import Answer, Overtaxed, Service, ServiceError, Unavailable
from ami.nbs.plan import PlanRow
from ami.nbs.tree import JOINT, Differs, Leaf, NotFound, Tree
from yearbooks.errors import FileFault
from yearbooks.files import json_answer
from yearbooks.reference import reference_rows
from yearbooks.source import MAPPING_SUFFIX

FETCHED_SUFFIX = ".fetched.yml"
# One indicator of all regions in one answer.
_ALL_REGIONS = 3
# The service at times answers with nothing where it has figures.
_TRIES_OF_EMPTY = 3
# So many rows in a row that fail, and the service is taken to be out of order.
_MOST_FAILURES = 3
# A fetch that was stopped is taken up on the same day only.
_RESUMED_WITHIN = timedelta(hours=24)


class Verdict(StrEnum):
    """What became of a row of the plan."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FETCHED_BEFORE = "fetched before"
    NOT_FOUND = "not found"
    DIFFERS = "differs"
    EMPTY = "empty"
    FEWER = "fewer"
    FAILED = "failed"


KEPT = (Verdict.NEW, Verdict.CHANGED, Verdict.UNCHANGED, Verdict.FETCHED_BEFORE)


@dataclass(frozen=True)
class Outcome:
    """A row of the plan, what became of it, and in words what a person should know."""

    row: PlanRow
    verdict: Verdict
    words: str = ""


@dataclass
class Journal:
    """What a fetch has done so far, on disk until all of it is done."""

    file: Path
    asked: str
    begun: datetime
    done: dict[str, str] = field(default_factory=dict)

    @classmethod
    def resume(cls, file: Path, asked: str, now: datetime) -> Self:
        """The note that a fetch of the same left today, or a new one."""
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
            begun = datetime.fromisoformat(said["begun"])
            if said["asked"] == asked and now - begun < _RESUMED_WITHIN:
                return cls(file, asked, begun, dict(said["done"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return cls(file, asked, now)

    def note(self, item: str, words: str) -> None:
        self.done[item] = words
        said = {"asked": self.asked, "begun": self.begun.isoformat(), "done": self.done}
        atomic.write_text(self.file, json.dumps(said, ensure_ascii=False) + "\n")

    def end(self) -> None:
        self.file.unlink(missing_ok=True)


class Fetch:
    """Rows of the plan for some years, into the inbox of a dataset."""

    def __init__(
        self,
        dataset: Dataset,
        service: Service,
        rows: Sequence[PlanRow],
        years: Sequence[int],
        tell_walk: Callable[[int], None] = lambda n_leaves: None,
    ) -> None:
        self._inbox = dataset.inbox
        self._service = service
        self._rows = rows
        self._years = years
        self._tell_walk = tell_walk
        self._tree = Tree(service, dataset.home)
        self._regions = province_regions()
        self._now = now_in_china()
        self._most_years = len(years)
        self._journal = Journal.resume(
            dataset.folder / "nbs_fetch.json",
            f"{service.address} {years[0]}-{years[-1]} {' '.join(row.item for row in rows)}",
            self._now,
        )

    def run(self) -> Iterator[Outcome]:
        """Each row with what became of it.

        Raises `Unavailable` where the service cannot be reached or turns us away, and
        `ServiceError` after several failures in a row; what was fetched until then is kept.
        """
        failures = 0
        for row in self._rows:
            if row.item in self._journal.done:
                yield Outcome(row, Verdict.FETCHED_BEFORE, self._journal.done[row.item])
                continue
            outcome = self._fetch(row)
            if outcome.verdict in KEPT:
                self._journal.note(row.item, f"at {now_in_china():%H:%M}")
            failures = failures + 1 if outcome.verdict is Verdict.FAILED else 0
            yield outcome
            if failures == _MOST_FAILURES:
                raise ServiceError(f"{failures} items failed one after the other")
        if self.is_complete:
            self._journal.end()

    @property
    def is_complete(self) -> bool:
        """Whether all that was asked for is in the inbox."""
        return len(self._journal.done) == len(self._rows)

    def _fetch(self, row: PlanRow) -> Outcome:
        try:
            parts = [
                part
                for leaf in self._leaves(row)
                for part in self._of_leaf(
                    row, leaf, [y for y in self._years if leaf.node.covers(y)]
                )
            ]
        except NotFound as error:
            return Outcome(row, Verdict.NOT_FOUND, str(error))
        except Differs as error:
            return Outcome(row, Verdict.DIFFERS, str(error))
        except Unavailable:
            raise
        except ServiceError as error:
            return Outcome(row, Verdict.FAILED, str(error))
        n_figures = sum(part.n_figures for part in parts)
        if not n_figures:
            return Outcome(row, Verdict.EMPTY, "the service has no figure for these years")
        if n_lost := sum(part.n_lost(self._inbox, row, self._now.year) for part in parts):
            return Outcome(
                row,
                Verdict.FEWER,
                f"{n_lost:,} figures that the inbox has are not in the answer, and what is there "
                "stays. If the service has withdrawn them, move the file away and fetch again",
            )
        # Only now: an item is kept whole.
        verdicts = {part.keep(self._inbox, row, self._now.year) for part in parts if part.n_figures}
        verdict = next(each for each in KEPT if each in verdicts)
        return Outcome(row, verdict, f"{n_figures:,} figures")

    def _leaves(self, row: PlanRow) -> list[Leaf]:
        if row.path:
            found = self._tree.leaves(row.path)
        else:
            places = self._tree.places(row.name, row.unit, self._tell_walk)
            found = [leaf for place in places for leaf in self._tree.leaves(place)]
            if len({(leaf.path[:-1], leaf.node.base) for leaf in found}) > 1:
                where = "; ".join(JOINT.join(leaf.path) for leaf in found)
                raise NotFound(
                    f"{row.shown} stands in several places: {where}. Write the path of the right "
                    f"one into {plan.SEED.name}"
                )
        return [leaf for leaf in found if any(map(leaf.node.covers, self._years))]

    def _of_leaf(self, row: PlanRow, leaf: Leaf, years: Sequence[int]) -> Iterator["_Part"]:
        """The answers of a leaf: one, or several where the service breaks down over so many years.

        What was too many for one item is not asked of the next.
        """
        indicator = self._tree.indicator(leaf, row.name, row.unit)
        left = [years]
        while left:
            part = left.pop(0)
            if len(part) > self._most_years:
                left[:0] = plan.in_parts(part, self._most_years)
                continue
            try:
                yield self._part(leaf, Wanted(indicator, self._regions, part))
            except Overtaxed:
                if len(part) == 1:
                    raise
                self._most_years = -(-len(part) // 2)
                left.insert(0, part)

    def _part(self, leaf: Leaf, wanted: Wanted) -> "_Part":
        for _ in range(_TRIES_OF_EMPTY):
            answer = ask(self._service, self._tree, leaf, wanted)
            n_figures = answers.check_figures(answer, wanted)
            if n_figures:
                break
        return _Part(leaf, answer, wanted.years, n_figures)


def ask(service: Service, tree: Tree, leaf: Leaf, wanted: Wanted) -> Answer:
    """The figures of one indicator, for all regions and years that are wanted."""
    body = {
        "cid": leaf.node.id,
        "indicatorIds": [wanted.indicator.id],
        # With another value the service names regions in English.
        "daCatalogId": "",
        "das": [{"text": name, "value": code} for code, name in wanted.regions.items()],
        "showType": _ALL_REGIONS,
        "dts": [f"{wanted.years[0]}YY-{wanted.years[-1]}YY"],
        "rootId": tree.root.id,
    }
    return service.post("stream/esData", body, is_wide=len(wanted.years) > 1)


@dataclass(frozen=True)
class _Part:
    """An answer that was checked, and how many figures it holds."""

    leaf: Leaf
    answer: Answer
    years: Sequence[int]
    n_figures: int

    def n_lost(self, inbox: Path, row: PlanRow, edition: int) -> int:
        """How many figures the file that is there has, and the answer has not."""
        path = inbox / file_name(row.item, edition, self.years)
        before = _figures(path.read_bytes()) if path.is_file() else None
        return len(_cells(before or []) - _cells(_figures(self.answer.content) or []))

    def keep(self, inbox: Path, row: PlanRow, edition: int) -> Verdict:
        """Put the answer into the inbox, unless the same figures are there from this year.

        The answer itself comes last: whoever watches the inbox finds it with what belongs to it.
        """
        path = inbox / file_name(row.item, edition, self.years)
        before = path.read_bytes() if path.is_file() else None
        if before is not None and _figures(before) == _figures(self.answer.content):
            return Verdict.UNCHANGED
        mapping = path.with_name(path.name + MAPPING_SUFFIX)
        # A person may have added to it.
        if not mapping.exists():
            atomic.write_text(mapping, _yaml({"sheets": {"*": _mapping(row, edition)}}))
        origin = {
            "address": self.answer.address,
            "request": self.answer.body,
            "place": JOINT.join(self.leaf.path),
            "fetched_at": self.answer.at.isoformat(),
            "sha256": hashlib.sha256(self.answer.content).hexdigest(),
        }
        atomic.write_text(path.with_name(path.name + FETCHED_SUFFIX), _yaml(origin))
        atomic.write_bytes(path, self.answer.content)
        return Verdict.NEW if before is None else Verdict.CHANGED


def file_name(item: str, edition: int, years: Sequence[int]) -> str:
    """The name of an answer: what was fetched in another year is another edition, and file."""
    return f"nbs_service_{edition}_{item}_{years[0]}-{years[-1]}.json"


def province_regions() -> dict[str, str]:
    """The provinces as the service knows them: full Chinese names by codes of twelve digits."""
    provinces = reference_rows(
        REFERENCE_SEEDS / "provinces.csv", "province_code", "province_zh_full"
    )
    return {f"{row['province_code']}000000": row["province_zh_full"] for _, row in provinces}


def _mapping(row: PlanRow, edition: int) -> Mapping[str, Any]:
    """What is stated of an answer; name and unit count only where it does not say them itself."""
    return {"edition": edition, "item": row.name, "unit": row.unit}


def _figures(content: bytes) -> list[list[Any]] | None:
    """The figures of an answer without regard to their order; None where it holds none."""
    try:
        rows = json_answer.sheet(content.decode("utf-8-sig")).rows
    except (UnicodeDecodeError, FileFault):
        return None
    return sorted(fields[1:] for _, fields in rows)


def _cells(figures: list[list[Any]]) -> set[tuple[Any, ...]]:
    """The periods and regions of which there is a figure."""
    period, region, name, value = (
        json_answer.FIELDS[1:].index(field)
        for field in (
            json_answer.PERIOD,
            json_answer.REGION,
            json_answer.REGION_NAME,
            json_answer.VALUE,
        )
    )
    return {(row[period], row[region] or row[name]) for row in figures if row[value].strip()}


def _yaml(said: Mapping[str, Any]) -> str:
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=1000)
