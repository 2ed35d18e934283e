"""With what patience messages are sent: all channels at once, some tries for each, a time limit."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
)

from ami.alerting.channels import Channel, Undelivered
from ami.alerting.messages import Message


@dataclass(frozen=True)
class Patience:
    """How long a message is tried, in seconds.

    `total` for everything that is sent at once, `answer` for each answer of a server; after the
    first of the `tries` of a message comes a `pause`, after each other one twice the pause before.
    """

    total: float = 30.0
    answer: float = 10.0
    tries: int = 4
    pause: float = 1.0

    def hurried(self) -> "Patience":
        """One try: for what has waited before."""
        return replace(self, tries=1)


PATIENCE = Patience()


@dataclass(frozen=True)
class Delivery:
    """What became of the message `number`, and what went wrong on its way."""

    channel: str
    number: int
    arrived: bool
    fault: str | None


def deliver(
    channels: Sequence[Channel],
    waiting: Mapping[str, Sequence[tuple[int, Message]]],
    patience: Patience,
    deadline: float,
) -> list[Delivery]:
    """Send what is `waiting` for each channel, all channels at the same time, until `deadline`.

    A message that a server does not take is passed over; one that cannot be brought to the server
    ends the work of its channel. `deadline` is a time of `time.monotonic`.
    """
    done: dict[str, list[Delivery]] = {channel.name: [] for channel in channels}
    threads = {}
    for channel in channels:
        work = (channel, waiting[channel.name], patience, deadline, done[channel.name])
        # Daemons: a name server or a proxy may hold one for longer than anybody waits.
        threads[channel.name] = threading.Thread(target=_work, args=work, daemon=True)
        threads[channel.name].start()
    for name, thread in threads.items():
        thread.join(max(0, deadline - time.monotonic()))
        if thread.is_alive():
            words = f"not done within {patience.total:g} s"
            done[name] = [*done[name], Delivery(name, -1, False, words)]
    return [delivery for deliveries in done.values() for delivery in deliveries]


def _work(
    channel: Channel,
    waiting: Sequence[tuple[int, Message]],
    patience: Patience,
    deadline: float,
    done: list[Delivery],
) -> None:
    for number, message in waiting:
        failed = _send(channel, message, patience, deadline)
        arrived = failed is None or failed.partly
        done.append(Delivery(channel.name, number, arrived, failed.words if failed else None))
        if failed and failed.again:
            break


def _send(
    channel: Channel, message: Message, patience: Patience, deadline: float
) -> Undelivered | None:
    tries = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, Undelivered) and error.again),
        wait=wait_exponential(multiplier=patience.pause),
        stop=stop_after_attempt(patience.tries)
        | stop_before_delay(max(0.0, deadline - time.monotonic())),
        reraise=True,
    )
    try:
        for attempt in tries:
            with attempt:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Undelivered("no time was left to try", again=True)
                # Not to the last moment, or the limit would hide what the server did.
                channel.send(message, min(patience.answer, 0.9 * left))
    except Undelivered as error:
        return error
    except Exception as error:
        # Its words may be anything, a secret too.
        return Undelivered(f"unexpected {type(error).__name__}", again=False)
    return None
