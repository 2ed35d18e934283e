"""How a message travels: e-mail, a Slack-compatible webhook, a webhook of JSON; and with what
patience.

A channel sends one message and raises `Undelivered` in words that hold no secret and nothing that a
server answered, which could hold one. Waiting, trying again and the time limit are in `deliver`.
"""

import html
import http.client
import json
import queue
import smtplib
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

from ami.alerts.messages import Message


@dataclass(frozen=True)
class Secret:
    """A text that is shown nowhere by accident."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "***"


class Undelivered(Exception):
    """A message that did not arrive, and whether another try soon is worth it.

    `partly` is one that arrived at some of its recipients, who should not have it twice.
    """

    def __init__(self, words: str, *, again: bool, partly: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.again = again
        self.partly = partly


class Channel(Protocol):
    """A way to a person."""

    @property
    def name(self) -> str: ...

    def send(self, message: Message, timeout: float) -> None:
        """Send, waiting at most `timeout` seconds for each answer. Raises `Undelivered`."""


@dataclass(frozen=True)
class Email:
    """Mail by SMTP: `security` is `starttls`, `tls` from the first byte, or `plain`.

    Certificates are verified; a server that does not offer what is asked for gets no mail.
    """

    host: str
    port: int
    security: str
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: Secret | None = None
    name = "email"

    def send(self, message: Message, timeout: float) -> None:
        mail = self._mail(message)
        where = f"{self.host}:{self.port}"
        try:
            server = self._connect(timeout)
            try:
                if self.password is not None:
                    server.login(self.user, self.password.value)
                refused = server.send_message(mail)
                # It has arrived, however they part.
                with suppress(OSError):
                    server.quit()
            finally:
                server.close()
        except smtplib.SMTPAuthenticationError as error:
            words = f"{where} refuses the login of {self.user} ({error.smtp_code})"
            raise Undelivered(words, again=False) from None
        except smtplib.SMTPNotSupportedError:
            missing = "STARTTLS or login" if self.security == "starttls" else "login"
            raise Undelivered(f"{where} does not offer {missing}", again=False) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            raise Undelivered(
                f"{where} refuses every recipient ({', '.join(map(str, sorted(codes)))})",
                again=all(400 <= code < 500 for code in codes),
            ) from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(
                f"{where} answers {error.smtp_code}", again=400 <= error.smtp_code < 500
            ) from None
        except OSError as error:
            raise _unreachable(where, error, timeout) from None
        if refused:
            words = f"{where} refuses {', '.join(sorted(refused))}"
            raise Undelivered(words, again=False, partly=True)

    def _connect(self, timeout: float) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=timeout, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=timeout)
        if self.security == "starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.headline
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients)
        mail["Date"] = localtime()
        mail["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        # So that nobody's holiday notice answers.
        mail["Auto-Submitted"] = "auto-generated"
        link = [f"Run: {message.run_url}"] if message.run_url else []
        mail.set_content("\n".join([*message.details(), *link, "", message.once, ""]))
        return mail


@dataclass(frozen=True)
class Slack:
    """An incoming webhook of Slack or of a program that takes the same, as Mattermost."""

    url: Secret
    name = "slack"

    def send(self, message: Message, timeout: float) -> None:
        link = f"\n{message.run_url}" if message.run_url else ""
        # In code no sign is markup, apart from <, > and &, which stand for links and mentions.
        details = "\n".join(map(_code, message.details()))
        text = f"`{_code(message.headline)}`\n```\n{details}\n```{link}"
        _post(self.url, {"text": text, "unfurl_links": False}, {}, timeout)


@dataclass(frozen=True)
class Webhook:
    """A webhook that takes the message as a JSON object, with an Authorization header if given."""

    url: Secret
    authorization: Secret | None = None
    name = "webhook"

    def send(self, message: Message, timeout: float) -> None:
        headers = {"Authorization": self.authorization.value} if self.authorization else {}
        _post(self.url, json.loads(message.to_json()), headers, timeout)


def _code(text: str) -> str:
    return html.escape(text, quote=False).replace("`", "'")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another host is not who the person trusted with address, header and message."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _post(url: Secret, body: Mapping[str, Any], headers: Mapping[str, str], timeout: float) -> None:
    where = urlsplit(url.value).netloc
    request = urllib.request.Request(
        url.value,
        json.dumps(body, ensure_ascii=False).encode(),
        {"Content-Type": "application/json; charset=utf-8", "User-Agent": "ami-warehouse"}
        | dict(headers),
    )
    try:
        # The status says it all; the answer may be of any size and is not read.
        _OPENER.open(request, timeout=timeout).close()
    except urllib.error.HTTPError as error:
        error.close()
        if 300 <= error.code < 400:
            raise Undelivered(
                f"{where} redirects ({error.code}), which is not followed", again=False
            ) from None
        phrase = HTTPStatus(error.code).phrase if error.code in set(HTTPStatus) else ""
        raise Undelivered(
            f"{where} answers {error.code} {phrase}".strip(),
            again=error.code >= 500 or error.code in {408, 429},
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(where, getattr(error, "reason", error), timeout) from None


def _unreachable(where: str, error: object, timeout: float) -> Undelivered:
    """In the words of the operating system or of the TLS library, never of the server."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = f"the certificate of {where} is not valid: {error.verify_message}"
        return Undelivered(words, again=False)
    # smtplib gives a silent server and one that hangs up the same name.
    if isinstance(error, TimeoutError) or isinstance(
        getattr(error, "__context__", None), TimeoutError
    ):
        return Undelivered(f"{where} does not answer within {timeout:.2g} s", again=True)
    reason = error.strerror if isinstance(error, OSError) else None
    return Undelivered(f"{where}: {reason or type(error).__name__}", again=True)


@dataclass(frozen=True)
class Patience:
    """How long a message is tried, in seconds.

    `total` for everything that is sent at once, `answer` for each answer of a server, and `pauses`
    between the tries of one message.
    """

    total: float = 30.0
    answer: float = 10.0
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0)

    def hurried(self) -> "Patience":
        """One try: for what has waited before."""
        return replace(self, pauses=())


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
) -> Iterator[Delivery]:
    """Send what is `waiting` for each channel, all channels at the same time, until `deadline`.

    A message that a server does not take is passed over; one that cannot be brought to the server
    ends the work of its channel. `deadline` is a time of `time.monotonic`.
    """
    results: queue.SimpleQueue[Delivery | str] = queue.SimpleQueue()
    working = {channel.name for channel in channels}
    for channel in channels:
        # Daemons: a name server or a proxy may hold one for longer than anybody waits.
        threading.Thread(
            target=_work,
            args=(channel, waiting[channel.name], patience, deadline, results),
            daemon=True,
        ).start()
    while working:
        try:
            result = results.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(result, Delivery):
            yield result
        else:
            working.discard(result)
    for name in working:
        yield Delivery(name, -1, False, f"not done within {patience.total:g} s")


def _work(
    channel: Channel,
    waiting: Sequence[tuple[int, Message]],
    patience: Patience,
    deadline: float,
    results: queue.SimpleQueue[Delivery | str],
) -> None:
    for number, message in waiting:
        failed = _attempt(channel, message, patience, deadline)
        arrived = failed is None or failed.partly
        results.put(Delivery(channel.name, number, arrived, failed.words if failed else None))
        if failed and failed.again:
            break
    results.put(channel.name)


def _attempt(
    channel: Channel, message: Message, patience: Patience, deadline: float
) -> Undelivered | None:
    failed = Undelivered("no time was left to try", again=True)
    for pause in (0.0, *patience.pauses):
        left = deadline - time.monotonic() - pause
        if left <= 0:
            break
        time.sleep(pause)
        try:
            # Not to the last moment, or the limit would hide what the server did.
            channel.send(message, min(patience.answer, 0.9 * left))
            return None
        except Undelivered as error:
            failed = error
        except Exception as error:
            # Its words may be anything, a secret too.
            failed = Undelivered(f"{type(error).__name__}, which nobody foresaw", again=False)
        if not failed.again:
            break
    return failed
