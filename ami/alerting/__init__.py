"""Tells a person, once each, what is wrong with a dataset, and when it is right again.

Whoever finds problems says which of a kind stand now (`tell`); here it is worked out what is news,
kept in `state`, put into words (`messages`) and sent over the `channels` of the `settings` with the
patience of `delivery`.

Nothing here may end a refresh: `tell` answers what went wrong and does not raise.
"""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ami.alerting.delivery import PATIENCE, Patience, deliver
from ami.alerting.messages import TIME, Event, Kind, Message, OpenAlert, Problem
from ami.alerting.settings import Settings, SettingsError
from ami.alerting.state import SETTINGS, ChannelTrouble, State
from ami.dataset import Dataset
from yearbooks.untrusted import visible

__all__ = [
    "ChannelTrouble",
    "Kind",
    "OpenAlert",
    "Problem",
    "Told",
    "channel_troubles",
    "log_path",
    "open_alerts",
    "tell",
    "try_channels",
]


@dataclass(frozen=True)
class Told:
    """What was news to a person.

    `faults` says in words what could not be done, by the name of a channel or of `settings`,
    `state` or `log`. What a channel has not received waits for the next `tell`.
    """

    new: tuple[Problem, ...] = ()
    recovered: tuple[Problem, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)


def tell(
    dataset: Dataset,
    problems: Sequence[Problem],
    *,
    kinds: Collection[Kind],
    concerns: Callable[[Problem], bool] = lambda _: True,
    patience: Patience = PATIENCE,
) -> Told:
    """Say that `problems` are all that stand now of these `kinds`, and let a person know the news.

    A problem is known by its kind, asset and name. It is told when it appears, again only when a
    WARN has become an ERROR or a run fails for another reason, and once more when it is gone. One
    that stands and that the caller has not looked at (`concerns` is false) stays as it is. Takes at
    most `patience.total` seconds for all channels together.

    Raises `ValueError` for a problem of another kind.
    """
    if strangers := {problem.kind for problem in problems} - set(kinds):
        raise ValueError(f"problems of the kinds {sorted(strangers)}, expected only {kinds}")
    teller = _Teller(dataset)
    try:
        return teller.tell(problems, lambda each: each.kind in kinds and concerns(each), patience)
    # Whatever it is: the figures are worth more than the news of them.
    except Exception as error:
        teller.fault("alerts", f"unexpected {type(error).__name__}")
        return Told(faults=teller.faults)


def open_alerts(dataset: Dataset) -> list[OpenAlert]:
    """What stands, since when; the most serious first. Empty where nothing was ever told.

    Raises `sqlite3.Error` where the state cannot be read.
    """
    with State.read(_state_path(dataset)) as state:
        return state.standing()


def channel_troubles(dataset: Dataset) -> list[ChannelTrouble]:
    """The channels that did not work when something was to be told last.

    Raises `sqlite3.Error` where the state cannot be read.
    """
    with State.read(_state_path(dataset)) as state:
        return state.troubles()


def try_channels(dataset: Dataset) -> dict[str, str]:
    """Send a test message once over every channel; the fault of each by its name, empty if none.

    Raises `SettingsError`.
    """
    settings = Settings.load(dataset.home)
    now = datetime.now().astimezone()
    words = "this is a test of the alerts; nothing is wrong"
    alert = OpenAlert(Problem("run", "WARN", "alerts", "test", words), now)
    message = Message.of("test", alert, dataset, settings.base_url, now)
    dataset.folder.mkdir(parents=True, exist_ok=True)
    teller = _Teller(dataset)
    teller.log([message.line()])
    answers = {"log": teller.faults.get("log", "")}
    waiting = {channel.name: [(0, message)] for channel in settings.channels}
    deadline = time.monotonic() + PATIENCE.total
    for delivery in deliver(settings.channels, waiting, PATIENCE.hurried(), deadline):
        answers[delivery.channel] = delivery.fault or ""
    return answers


def log_path(dataset: Dataset) -> Path:
    """Every alert in a line, and every fault of a channel: what is there without any setting."""
    return dataset.folder / "alerts.log"


class _Teller:
    """One `tell`: what it meets on its way is kept in `faults` and written to the log."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.faults: dict[str, str] = {}

    def tell(
        self, problems: Sequence[Problem], concerns: Callable[[Problem], bool], patience: Patience
    ) -> Told:
        deadline = time.monotonic() + patience.total
        settings = None
        try:
            settings = Settings.load(self.dataset.home)
        except SettingsError as error:
            self.faults[SETTINGS] = str(error)
        try:
            self.dataset.folder.mkdir(parents=True, exist_ok=True)
            state = State.open(_state_path(self.dataset))
            told, is_news = self._note(state, settings, problems, concerns)
        # A full disk, a file of another owner: better told twice than never.
        except (sqlite3.Error, OSError) as error:
            self.fault("state", f"what was sent cannot be recorded: {error}")
            state = State.open(None)
            told, is_news = self._note(state, settings, problems, concerns)
        with state:
            self._note_working(state, SETTINGS, self.faults.get(SETTINGS))
            if settings is not None:
                self._send(state, settings, patience if is_news else patience.hurried(), deadline)
        return told

    def _note(
        self,
        state: State,
        settings: Settings | None,
        problems: Sequence[Problem],
        concerns: Callable[[Problem], bool],
    ) -> tuple[Told, bool]:
        """Note in the state what stands now, and what each channel is still to be told."""
        now = datetime.now().astimezone()
        base_url = (settings or Settings()).base_url

        def messages(event: Event, alerts: Iterable[OpenAlert]) -> list[Message]:
            return [Message.of(event, alert, self.dataset, base_url, now) for alert in alerts]

        if state.put_aside:
            words = "it was damaged, and all open alerts are reported once more"
            self.fault("state", f"{words}; the damaged one is now {state.put_aside.name}")
        with state.changing():
            new, gone = state.replace(problems, concerns, now)
            news = messages("problem", new) + messages("recovered", gone)
            names = [channel.name for channel in settings.channels] if settings else None
            standing = messages("problem", state.standing())
            is_news, dropped = state.queue(names, news, standing)
            # Before the commit: what is noted as told stands in the log.
            self.log(each.line() for each in news)
            for name, words in dropped.items():
                self.fault(name, words)
        appeared, recovered = (tuple(alert.problem for alert in each) for each in (new, gone))
        return Told(appeared, recovered, self.faults), is_news

    def _send(self, state: State, settings: Settings, patience: Patience, deadline: float) -> None:
        if not state.waiting():
            return
        lock = FileLock(self.dataset.folder / "alerts.lock")
        try:
            lock.acquire(timeout=max(0, deadline - time.monotonic()))
        except Timeout:
            self.faults["alerts"] = "another process is sending; the rest is sent next time"
            return
        except OSError:
            pass  # Where no file can be made nobody is kept from sending the same.
        try:
            # Anew: whoever held the lock may have sent some.
            waiting = state.waiting()
            channels = [channel for channel in settings.channels if channel.name in waiting]
            for delivery in deliver(channels, waiting, patience, deadline):
                if delivery.arrived:
                    state.sent(delivery.number)
                self._note_working(state, delivery.channel, delivery.fault)
        finally:
            lock.release()

    def _note_working(self, state: State, channel: str, fault: str | None) -> None:
        """A fault that lasts stands in the log once, and in `faults` each time."""
        if fault is not None:
            self.faults[channel] = fault
        if news := state.note(channel, fault, _now()):
            self.log([f"{_now()} {channel}: {news}"])

    def fault(self, what: str, words: str) -> None:
        self.faults[what] = words
        self.log([f"{_now()} {what}: {words}"])

    def log(self, lines: Iterable[str]) -> None:
        """Add lines to the log of the dataset, in which nothing that a file says can act."""
        text = "".join(f"{visible(line)}\n" for line in lines)
        try:
            if text:
                with log_path(self.dataset).open("a", encoding="utf-8") as file:
                    file.write(text)
        except OSError as error:
            self.faults["log"] = f"{log_path(self.dataset)} cannot be written: {error.strerror}"


def _state_path(dataset: Dataset) -> Path:
    return dataset.folder / "alerts.sqlite"


def _now() -> str:
    return f"{datetime.now().astimezone():{TIME}}"
