"""The receipt of a refresh: what it was made from and what it published.

By it the next refresh, and who watches an inbox, know whether there would be anything new. It is
written when a refresh begins and completed when it has published, so that one that failed or was
killed leaves none that counts. What has arrived in an inbox, file by file, belongs to `arrivals`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ami import atomic, own_reference
from ami.code_version import installed
from ami.dataset import PROJECT_ROOT, Dataset
from ami.dates import day_in_china
from ami.nbs.agenda import announced
from yearbooks.errors import FileFault, IntakeError
from yearbooks.inbox import listed
from yearbooks.source import Source, content_hash, file_name

if TYPE_CHECKING:
    import duckdb

# What a refresh consists of; how the command is typed and what it prints change no result.
_PROJECT = ("ami", "analysis", "dagster_project", "dbt", "expectations", "yearbooks")
# What is made in these folders.
_MADE = {"__pycache__", "target", "logs"}
_MADE_SUFFIXES = {".duckdb", ".wal", ".tmp"}
_NOVEMBER = 11

Fingerprints = Mapping[str, str]


@dataclass(frozen=True)
class Receipt:
    """Of one refresh, which began at a moment in UTC: fingerprints by what they are of, in words.

    `published` is empty until the refresh has published.
    """

    began_at: datetime
    made_from: Fingerprints
    published: Fingerprints = field(default_factory=dict)

    @classmethod
    def read(cls, dataset: Dataset) -> Self | None:
        """That of the last refresh; None where there is none or it is damaged."""
        try:
            kept = json.loads(dataset.receipt.read_text(encoding="utf-8"))
            return cls(**kept | {"began_at": datetime.fromisoformat(kept["began_at"])})
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, dataset: Dataset) -> None:
        kept = asdict(self) | {"began_at": self.began_at.isoformat()}
        atomic.write_text(dataset.receipt, json.dumps(kept, indent=1) + "\n")


def code() -> dict[str, str]:
    """Fingerprints of the project and of what is installed beside it, as they are on the disk."""
    digest = hashlib.sha256()
    for path in _files_of_the_project():
        digest.update(f"{path.relative_to(PROJECT_ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return {"the project": digest.hexdigest(), "what is installed": installed()}


def begin(dataset: Dataset, code: Fingerprints) -> None:
    """Write the receipt of a refresh that is about to read; `code` is that which was loaded.

    Raises `IntakeError` where there is no inbox.
    """
    withdraw(dataset)
    Receipt(datetime.now(UTC), _inputs(dataset, code)).write(dataset)


def confirm(dataset: Dataset, connection: "duckdb.DuckDBPyConnection") -> None:
    """Take back of the receipt each file that intake found otherwise, or could not read."""
    receipt = Receipt.read(dataset)
    if receipt is None:
        return
    taken_in = connection.execute(
        "select source_file, arg_max(source_hash, load_seq) from raw.files"
        " where dataset = ? group by source_file",
        [dataset.name],
    ).fetchall()
    made_from = dict(receipt.made_from)
    for name, content in taken_in:
        noted = made_from.get(_of_file(name))
        if noted is not None and not noted.startswith(content):
            made_from[_of_file(name)] = ""
    replace(receipt, made_from=made_from).write(dataset)


def complete(dataset: Dataset) -> None:
    """Note what has been published."""
    if receipt := Receipt.read(dataset):
        replace(receipt, published=_outputs(dataset)).write(dataset)


def withdraw(dataset: Dataset) -> None:
    """Let the next refresh work, whatever it finds."""
    dataset.receipt.unlink(missing_ok=True)


def news(dataset: Dataset, now: datetime | None = None) -> list[str]:
    """What a refresh would find that the last one did not, in words; none where it need not run.

    `now` is a moment in UTC, by default this one.
    """
    receipt = Receipt.read(dataset)
    if receipt is None or not receipt.published:
        return ["the last refresh has left no receipt, or did not come to its end"]
    try:
        inputs = _inputs(dataset, code())
    except IntakeError as error:
        return [str(error)]
    there = _outputs(dataset)
    changed = [name for name, was in receipt.published.items() if there.get(name) != was]
    return (
        [*_changes(receipt.made_from, inputs)]
        + [f"{name} is not as it was published" for name in changed]
    ) or _news_of_the_day(dataset, receipt.began_at, now or datetime.now(UTC))


def _inputs(dataset: Dataset, code: Fingerprints) -> dict[str, str]:
    files, _ = listed(dataset.inbox)
    return {
        **code,
        "the inbox": str(dataset.inbox),
        "the options": json.dumps(dataset.dbt_vars, sort_keys=True),
        **{f"{path.name} of its reference": _file(path) for path in own_reference.files(dataset)},
        "what the data service announced": str(sorted(announced(dataset.home).items())),
        **{_of_file(file_name(path)): _content(path) for path in files},
    }


def _of_file(name: str) -> str:
    return f"{name} in the inbox"


def _content(path: Path) -> str:
    """Of a yearbook file and its mapping, begun by its content as `raw.files` has it."""
    try:
        source = Source.open(path)
    except FileFault as fault:
        # As intake has it, whatever is beside it.
        return f"{content_hash(b'')} {fault}"
    return f"{source.hash} {'' if source.mapping is None else content_hash(source.mapping)}"


def _file(path: Path) -> str:
    return content_hash(path.read_bytes())


def _outputs(dataset: Dataset) -> dict[str, str]:
    """What readers see: the warehouse and every file of the results, as far as they can be read."""
    there = {}
    for path in (dataset.database, *dataset.results.rglob("*")):
        with suppress(OSError), path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
            there[str(path.relative_to(dataset.home))] = content
    # Someone writes to it by hand; what was written is not in the file itself yet.
    if dataset.database.with_suffix(".duckdb.wal").exists():
        there.pop(str(dataset.database.relative_to(dataset.home)), None)
    return there


def _files_of_the_project() -> Iterator[Path]:
    for folder in _PROJECT:
        for path in sorted((PROJECT_ROOT / folder).rglob("*")):
            parts = path.relative_to(PROJECT_ROOT).parts
            hidden = any(part.startswith(".") for part in parts)
            made = bool(_MADE.intersection(parts)) or path.suffix in _MADE_SUFFIXES
            if path.is_file() and not hidden and not made:
                yield path


def _changes(before: Fingerprints, after: Fingerprints) -> Iterator[str]:
    for what in sorted(before.keys() | after.keys()):
        if what not in after:
            yield f"{what} is gone"
        elif what not in before:
            yield f"{what} is new"
        elif before[what] != after[what]:
            yield f"{what} changed"


def _news_of_the_day(dataset: Dataset, before: datetime, now: datetime) -> list[str]:
    """What the calendar alone has changed in what a refresh finds."""
    if before.year != now.year:
        return ["the year: figures of years to come are set aside"]
    if _autumn(before) != _autumn(now):
        return ["the autumn: the marts are to be made anew after 1 November"]
    days = day_in_china(before), day_in_china(now)
    if days[0] != days[1] and _due(dataset, days[0]) != _due(dataset, days[1]):
        return ["the day: other figures are due by now"]
    return []


def _autumn(moment: datetime) -> int:
    """The year whose 1 November, 9:00 in China, was the last; see `BUILT_IN_AUTUMN` of Dagster."""
    day = day_in_china(moment - timedelta(hours=9))
    return day.year if day.month >= _NOVEMBER else day.year - 1


def _due(dataset: Dataset, day: date) -> tuple[object, ...]:
    """What a refresh on a day says of what is due and overdue: nothing else hangs on a day."""
    from ami.overdue import due, overdue

    return due(dataset, day), overdue(dataset, day)
