"""What was told and what is still to be sent: one small SQLite file in the dataset's folder.

SQLite because two processes may tell at once, and each change must be whole or not at all. What is
news is decided in here, in one transaction.
"""

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ami.alerting.messages import Message, OpenAlert, Problem

# Unsent messages kept for one channel; the oldest make room. A refresh has some 200 checks.
OUTBOX_BOUND = 500
# Another process changes the state in milliseconds; longer than this it hangs.
BUSY_SECONDS = 10

# Stands among the channels for the fault of the settings.
SETTINGS = "settings"
BEYOND_BOUND = """
channel = ?1 and number not in (
    select number from outbox where channel = ?1 order by number desc limit ?2
)
"""

_TABLES = """
create table if not exists standing (
    kind text, asset text, name text, since text, problem text, primary key (kind, asset, name)
);
create table if not exists channels (name text primary key, fault text, failed_since text);
create table if not exists outbox (number integer primary key, channel text, message text);
"""


@dataclass(frozen=True)
class ChannelTrouble:
    """A channel that does not work: since when, why, and how many messages wait for it."""

    channel: str
    since: str
    fault: str
    waiting: int


class State:
    """The state while one process looks at it or changes it; a context manager that closes it."""

    def __init__(self, connection: sqlite3.Connection, put_aside: Path | None = None) -> None:
        self._connection = connection
        self.put_aside = put_aside

    def __enter__(self) -> "State":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @classmethod
    def open(cls, path: Path | None) -> "State":
        """The state at `path`, made if it is not there; one in memory alone without a path.

        A file that is damaged or no SQLite database is put aside, and the state begins anew.
        Raises `sqlite3.Error` or `OSError`.
        """
        if path is None:
            return cls(_connect(":memory:"))
        try:
            return cls(_connect(path))
        except sqlite3.DatabaseError as error:
            # Its subclasses are a full disk, a lock: nothing that another file would mend.
            if type(error) is not sqlite3.DatabaseError:
                raise
            damaged = path.with_name(f"{path.name}.damaged")
            os.replace(path, damaged)
            return cls(_connect(path), damaged)

    @classmethod
    def read(cls, path: Path) -> "State":
        """The state at `path` to look at only; an empty one where there is none.

        Raises `sqlite3.Error` for a file that cannot be read.
        """
        if not path.is_file():
            return cls.open(None)
        return cls(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """All changes inside happen or none, and no other process changes anything meanwhile."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def standing(self) -> list[OpenAlert]:
        """What was told and is not known to be gone; the most serious first, then the oldest."""
        rows = self._connection.execute("select problem, since from standing order by since, name")
        alerts = [
            OpenAlert(Problem(**json.loads(problem)), datetime.fromisoformat(since))
            for problem, since in rows
        ]
        return sorted(alerts, key=lambda alert: alert.problem.severity)

    def replace(
        self, problems: Sequence[Problem], concerns: Callable[[Problem], bool], now: datetime
    ) -> tuple[list[OpenAlert], list[OpenAlert]]:
        """Let `problems` be all that stand of what `concerns` says: the news, and what is gone."""
        before = {alert.problem.key: alert for alert in self.standing()}
        after = {problem.key: problem for problem in problems}
        gone = [
            alert for key, alert in before.items() if key not in after and concerns(alert.problem)
        ]
        for alert in gone:
            self._connection.execute(
                "delete from standing where kind = ? and asset = ? and name = ?", alert.problem.key
            )
        new = []
        for key, problem in after.items():
            known = before.get(key)
            alert = OpenAlert(problem, known.since if known else now)
            if known is None or _is_news(known.problem, problem):
                new.append(alert)
            if alert != known:
                self._connection.execute(
                    "insert or replace into standing values (?, ?, ?, ?, ?)",
                    (*key, alert.since.isoformat(), json.dumps(asdict(problem))),
                )
        return new, gone

    def queue(
        self, channels: Sequence[str] | None, news: Sequence[Message], standing: Sequence[Message]
    ) -> tuple[bool, dict[str, str]]:
        """Note what each of `channels` is still to be told.

        That is the `news`, or all that is `standing` for a channel that was not there before. With
        None the settings are faulty, and the channels are those that were there last.

        Returns whether anything was added, and by channel what was dropped, in words.
        """
        rows = self._connection.execute("select name from channels where name <> ?", (SETTINGS,))
        known = [name for (name,) in rows.fetchall()]
        now = known if channels is None else channels
        dropped = {}
        for name in set(known) - set(now):
            self._connection.execute("delete from channels where name = ?", (name,))
            if unsent := self._delete("channel = ?", name):
                dropped[name] = f"is no longer a channel; {unsent} unsent alerts are dropped"
        is_added = False
        for name in now:
            self._connection.execute("insert or ignore into channels (name) values (?)", (name,))
            messages = news if name in known else standing
            self._connection.executemany(
                "insert into outbox (channel, message) values (?, ?)",
                [(name, json.dumps(asdict(message))) for message in messages],
            )
            is_added |= bool(messages)
            if excess := self._delete(BEYOND_BOUND, name, OUTBOX_BOUND):
                words = f"more than {OUTBOX_BOUND} alerts wait; the {excess} oldest are dropped"
                dropped[name] = words
        return is_added, dropped

    def _delete(self, condition: str, *values: object) -> int:
        return self._connection.execute(f"delete from outbox where {condition}", values).rowcount

    def waiting(self) -> Mapping[str, list[tuple[int, Message]]]:
        """What is still to be sent, in its order, by channel."""
        waiting: dict[str, list[tuple[int, Message]]] = defaultdict(list)
        for number, channel, message in self._connection.execute(
            "select number, channel, message from outbox order by number"
        ):
            waiting[channel].append((number, Message(**json.loads(message))))
        return waiting

    def sent(self, number: int) -> None:
        """Note that this message has arrived."""
        self._delete("number = ?", number)

    def note(self, channel: str, fault: str | None, now: str) -> str:
        """Note whether a channel works, which it does without a fault; in words what is news."""
        row = self._connection.execute(
            "select fault, failed_since from channels where name = ?", (channel,)
        ).fetchone()
        known, since = row or (None, None)
        if fault == known:
            return ""
        self._connection.execute(
            "insert or replace into channels values (?, ?, ?)",
            (channel, fault, (since or now) if fault else None),
        )
        return fault or f"works again; it had not since {since}"

    def troubles(self) -> list[ChannelTrouble]:
        """The channels that do not work."""
        rows = self._connection.execute(
            "select name, failed_since, fault, count(number) from channels"
            " left join outbox on channel = name where fault is not null group by name"
        )
        return [ChannelTrouble(*row) for row in rows]


def _is_news(known: Problem, problem: Problem) -> bool:
    is_worse = known.severity == "WARN" and problem.severity == "ERROR"
    return is_worse or (problem.kind == "run" and problem.words != known.words)


def _connect(path: Path | str) -> sqlite3.Connection:
    # Transactions are begun by `changing`; a statement outside is one by itself.
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        # Raises, or answers in words, for a file that is damaged behind its first page.
        (answer,) = connection.execute("pragma quick_check(1)").fetchone()
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
