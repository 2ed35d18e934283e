"""How a message travels: e-mail, a Slack-compatible webhook, a webhook of JSON.

A channel is what a person has written of it in the settings, and sends one message. It raises
`Undelivered` in words that hold no secret and nothing that a server answered, which could hold one.
Waiting, trying again and the time limit are in `delivery`.
"""

import html
import http.client
import json
import re
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from email.message import EmailMessage
from email.utils import localtime
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from ami.alerting.messages import EXPECT, Message
from ami.connections import opener

PORTS = {"starttls": 587, "tls": 465, "plain": 25}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SIGN = r"[^\s@<>,;:\"()\\\x00-\x1f\x7f]"


class Undelivered(Exception):
    """A message that did not arrive, and whether another try soon is worth it.

    `partly` is one that arrived at some of its recipients, who should not have it twice.
    """

    def __init__(self, words: str, *, again: bool, partly: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.again = again
        self.partly = partly


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _split(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


def check_url(text: str) -> str:
    """Raises `ValueError` for what is not an http or https address, or holds a password."""
    parts = urlsplit(text)
    is_url = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    if not is_url or "@" in parts.netloc or not re.fullmatch(r"[!#-;=?-~]+", text):
        raise ValueError
    return text


def _check_line(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError
    return text


def _secret(check: Callable[[str], str]) -> AfterValidator:
    def checked(secret: SecretStr) -> SecretStr:
        return SecretStr(check(secret.get_secret_value().strip()))

    return AfterValidator(checked)


# Each says what is expected of it, as the end of a sentence.
AN_ADDRESS = "an address like https://host/path, without user and password"
A_LINE = "one line without control characters"
SecretUrl = Annotated[SecretStr, _secret(check_url), Field(description=AN_ADDRESS)]
SecretLine = Annotated[SecretStr, _secret(_check_line), Field(description=A_LINE)]
Line = Annotated[
    str, BeforeValidator(_strip), AfterValidator(_check_line), Field(description=A_LINE)
]
Host = Annotated[
    str,
    BeforeValidator(_strip),
    Field(pattern=r"^[\w.:-]+$", description="the name or address of a mail server, without port"),
]
Port = Annotated[int, Field(gt=0, lt=65536, description="a port from 1 to 65535")]
Security = Annotated[
    Literal["starttls", "tls", "plain"],
    Field(description=" or ".join(f'"{each}"' for each in PORTS)),
]
MailAddress = Annotated[
    str,
    BeforeValidator(_strip),
    Field(pattern=rf"^{SIGN}+@{SIGN}+$", description="an e-mail address like name@host"),
]
MailAddresses = Annotated[
    tuple[MailAddress, ...],
    BeforeValidator(_split),
    Field(min_length=1, description="an e-mail address like name@host, or several"),
]


class Channel(BaseModel):
    """A way to a person: `name` is its section in the settings, its fields are the keys there."""

    # No value may enter an error, since it may be a secret.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    name: ClassVar[str]

    def send(self, message: Message, timeout: float) -> None:
        """Send, waiting at most `timeout` seconds for each answer. Raises `Undelivered`."""
        raise NotImplementedError


class Email(Channel):
    """Mail by SMTP: `security` is `starttls`, `tls` from the first byte, or `plain`.

    Certificates are verified; a server that does not offer what is asked for gets no mail.
    """

    name = "email"
    host: Host
    port: Port = 0
    security: Security = "starttls"
    sender: MailAddress
    recipients: MailAddresses
    user: Line = ""
    password: SecretLine = SecretStr("")

    @model_validator(mode="before")
    @classmethod
    def _port_of_the_security(cls, given: Any) -> Any:
        port = PORTS.get(given.get("security", "starttls")) if isinstance(given, dict) else None
        return {"port": port, **given} if port else given

    @model_validator(mode="after")
    def _encrypted_login(self) -> Self:
        for one, other in (("user", "password"), ("password", "user")):
            if getattr(self, other) and not getattr(self, one):
                raise ValueError(f"email.{one} is missing, although there is email.{other}")
        if self.password and self.security == "plain" and self.host not in LOOPBACK:
            raise ValueError(
                'email.security: expected "starttls" or "tls": with "plain" the password would '
                "travel unencrypted"
            )
        return self

    def send(self, message: Message, timeout: float) -> None:
        where = f"{self.host}:{self.port}"
        try:
            server = self._connect(timeout)
            try:
                if self.password:
                    server.login(self.user, self.password.get_secret_value())
                refused = server.send_message(self._mail(message))
                # It has arrived, however they part.
                with suppress(OSError):
                    server.quit()
            finally:
                server.close()
        except OSError as error:
            raise self._undelivered(where, error, timeout) from None
        if refused:
            words = f"{where} refuses {', '.join(sorted(refused))}"
            raise Undelivered(words, again=False, partly=True)

    def _connect(self, timeout: float) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=timeout, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=timeout)
        if self.security == "starttls":
            try:
                server.starttls(context=context)
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
        # Of two mails with the same one many servers keep one.
        mail["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        # So that nobody's holiday notice answers.
        mail["Auto-Submitted"] = "auto-generated"
        link = [f"Run: {message.run_url}"] if message.run_url else []
        mail.set_content("\n".join([*message.details(), *link, "", EXPECT[message.event], ""]))
        return mail

    def _undelivered(self, where: str, error: OSError, timeout: float) -> Undelivered:
        """smtplib's errors are `OSError`s too."""
        match error:
            case smtplib.SMTPAuthenticationError():
                words = f"{where} refuses the login of {self.user} ({error.smtp_code})"
                return Undelivered(words, again=False)
            case smtplib.SMTPNotSupportedError():
                missing = "STARTTLS or login" if self.security == "starttls" else "login"
                return Undelivered(f"{where} does not offer {missing}", again=False)
            case smtplib.SMTPRecipientsRefused():
                codes = sorted({code for code, _ in error.recipients.values()})
                return Undelivered(
                    f"{where} refuses every recipient ({', '.join(map(str, codes))})",
                    again=all(400 <= code < 500 for code in codes),
                )
            case smtplib.SMTPResponseException():
                again = 400 <= error.smtp_code < 500
                return Undelivered(f"{where} answers {error.smtp_code}", again=again)
        return _unreachable(where, error, timeout)


class Slack(Channel):
    """An incoming webhook of Slack or of a program that takes the same, as Mattermost."""

    name = "slack"
    url: SecretUrl

    def send(self, message: Message, timeout: float) -> None:
        link = f"\n{message.run_url}" if message.run_url else ""
        # In code no sign is markup, apart from <, > and &, which stand for links and mentions.
        details = "\n".join(map(_code, message.details()))
        text = f"`{_code(message.headline)}`\n```\n{details}\n```{link}"
        _post(self.url, {"text": text, "unfurl_links": False}, {}, timeout)


class Webhook(Channel):
    """A webhook that takes the message as a JSON object, with an Authorization header if given."""

    name = "webhook"
    url: SecretUrl
    authorization: SecretLine = SecretStr("")

    @model_validator(mode="after")
    def _encrypted_authorization(self) -> Self:
        parts = urlsplit(self.url.get_secret_value())
        if self.authorization and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(
                "webhook.url: expected https: with http the authorization would travel unencrypted"
            )
        return self

    def send(self, message: Message, timeout: float) -> None:
        headers = {}
        if self.authorization:
            headers["Authorization"] = self.authorization.get_secret_value()
        _post(self.url, asdict(message), headers, timeout)


CHANNELS: tuple[type[Channel], ...] = (Email, Slack, Webhook)


def _code(text: str) -> str:
    return html.escape(text, quote=False).replace("`", "'")


_OPENER = opener()


def _post(
    url: SecretStr, body: Mapping[str, Any], headers: Mapping[str, str], timeout: float
) -> None:
    where = urlsplit(url.get_secret_value()).netloc
    request = urllib.request.Request(
        url.get_secret_value(),
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
            words = f"{where} redirects ({error.code}), which is not followed"
            raise Undelivered(words, again=False) from None
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
