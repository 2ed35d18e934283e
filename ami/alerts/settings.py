"""Where alerts go: read from one TOML file and from environment variables, faults said in words.

Each key is also a variable: `email.host` is AMI_ALERTS_EMAIL_HOST. A variable goes before the file,
key by key; an empty one says nothing. A secret may stand in a file of its own, named by the same
key with `_file` at its end. No fault says what a secret is.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ami.alerts.channels import Channel, Email, Secret, Slack, Webhook
from yearbooks.untrusted import visible

FILE = "alerts.toml"
PREFIX = "AMI_ALERTS_"
FILE_VARIABLE = "AMI_ALERTS_FILE"

PORTS = {"starttls": 587, "tls": 465, "plain": 25}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SettingsError(ValueError):
    """A setting that cannot be used: which, where it stands, and what was expected."""


@dataclass(frozen=True)
class Settings:
    """The channels that a person set up; the log of the dataset is always written."""

    base_url: str = "http://127.0.0.1:3000"
    channels: tuple[Channel, ...] = ()

    @classmethod
    def load(cls, home: Path, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of `home`: `alerts.toml` there or the file of AMI_ALERTS_FILE, variables.

        Raises `SettingsError`.
        """
        return _Reader(_from_file(home, environment) | _from_environment(environment)).settings()


@dataclass(frozen=True)
class _Given:
    """A value as it was given, and where: the key with its file, or the variable."""

    value: Any
    place: str

    def wrong(self, expected: str) -> SettingsError:
        return SettingsError(f"{self.place}: expected {expected}")


def _text(given: _Given) -> str:
    if not isinstance(given.value, str) or not given.value.strip():
        raise given.wrong("a text in quotation marks")
    return given.value.strip()


def _url(given: _Given) -> str:
    """An http or https address; what it is does not enter an error, since it may be a secret."""
    expected = "an address like https://host/path, without user and password"
    text = _text(given)
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or "@" in parts.netloc or not re.fullmatch(r"[!#-;=?-~]+", text):
        raise given.wrong(expected)
    return text


def _base_url(given: _Given) -> str:
    return _url(given).rstrip("/")


def _host(given: _Given) -> str:
    if not re.fullmatch(r"[\w.:-]+", text := _text(given)):
        raise given.wrong("the name or address of a mail server, without port")
    return text


def _port(given: _Given) -> int:
    value = given.value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}", value):
        value = int(value)
    if type(value) is not int or not 0 < value < 65536:
        raise given.wrong("a port from 1 to 65535")
    return value


def _security(given: _Given) -> str:
    if given.value not in PORTS:
        raise given.wrong(" or ".join(f'"{each}"' for each in PORTS))
    return str(given.value)


def _address(given: _Given) -> str:
    sign = r"[^\s@<>,;:\"()\\\x00-\x1f\x7f]"
    if not re.fullmatch(rf"{sign}+@{sign}+", text := _text(given)):
        raise given.wrong("an e-mail address like name@host")
    return text


def _addresses(given: _Given) -> tuple[str, ...]:
    values = given.value.split(",") if isinstance(given.value, str) else given.value
    if not isinstance(values, list) or not values:
        raise given.wrong("one or more e-mail addresses")
    return tuple(_address(_Given(value, given.place)) for value in values)


def _secret(given: _Given) -> Secret:
    text = _text(given)
    if not text.isprintable():
        raise given.wrong("one line without control characters")
    return Secret(text)


def _secret_url(given: _Given) -> Secret:
    return Secret(_url(given))


# Every setting there is, and how it is read.
READERS: dict[str, Callable[[_Given], Any]] = {
    "base_url": _base_url,
    "email.host": _host,
    "email.port": _port,
    "email.security": _security,
    "email.user": _text,
    "email.password": _secret,
    "email.sender": _address,
    "email.recipients": _addresses,
    "slack.url": _secret_url,
    "webhook.url": _secret_url,
    "webhook.authorization": _secret,
}
SECRETS = {key for key, reader in READERS.items() if reader in (_secret, _secret_url)}
KEYS = [*READERS, *(f"{key}_file" for key in sorted(SECRETS))]


class _Reader:
    """The settings from what was given, by key."""

    def __init__(self, given: Mapping[str, _Given]) -> None:
        self.given = given

    def settings(self) -> Settings:
        found = (self._email(), self._slack(), self._webhook())
        return Settings(
            base_url=self.read("base_url", Settings.base_url),
            channels=tuple(channel for channel in found if channel is not None),
        )

    def read(self, key: str, default: Any = None) -> Any:
        return READERS[key](self.given[key]) if key in self.given else default

    def _needed(self, key: str) -> Any:
        if key not in self.given:
            section = key.partition(".")[0]
            there = next(self.given[each].place for each in self.given if each.startswith(section))
            raise SettingsError(f"{key} is missing, although there is {there}")
        return self.read(key)

    def _has(self, section: str) -> bool:
        return any(key.startswith(f"{section}.") for key in self.given)

    def _email(self) -> Email | None:
        if not self._has("email"):
            return None
        security = self.read("email.security", "starttls")
        login = {"email.user", "email.password"} & set(self.given)
        email = Email(
            host=self._needed("email.host"),
            port=self.read("email.port", PORTS[security]),
            security=security,
            user=self._needed("email.user") if login else "",
            password=self._needed("email.password") if login else None,
            sender=self._needed("email.sender"),
            recipients=self._needed("email.recipients"),
        )
        if login and security == "plain" and email.host not in LOOPBACK:
            raise self.given["email.security"].wrong(
                '"starttls" or "tls": with "plain" the password would travel unencrypted'
            )
        return email

    def _slack(self) -> Slack | None:
        return Slack(self._needed("slack.url")) if self._has("slack") else None

    def _webhook(self) -> Webhook | None:
        if not self._has("webhook"):
            return None
        webhook = Webhook(self._needed("webhook.url"), self.read("webhook.authorization"))
        parts = urlsplit(webhook.url.value)
        if webhook.authorization and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise self.given["webhook.url"].wrong(
                "https: with http the authorization would travel unencrypted"
            )
        return webhook


def _from_file(home: Path, environment: Mapping[str, str]) -> dict[str, _Given]:
    named = environment.get(FILE_VARIABLE, "")
    path = Path(named) if named else home / FILE
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        if named:
            raise SettingsError(f"{FILE_VARIABLE}: there is no file {path}") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsError(f"{path} cannot be read: {reason}") from None
    except tomllib.TOMLDecodeError as error:
        # Only where: the line itself may hold a secret.
        place = re.search(r"\(at [^()]*\)$", str(error))
        raise SettingsError(f"{path} is not TOML {place[0] if place else ''}".strip()) from None
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": each for key, each in value.items()}
        else:
            flat[name] = value
    return _known({key: _Given(value, f"{path.name}: {key}") for key, value in flat.items()})


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    sections = {key.partition(".")[0] for key in READERS if "." in key}

    def key(variable: str) -> str:
        name = variable.removeprefix(PREFIX).lower()
        section, _, rest = name.partition("_")
        return f"{section}.{rest}" if section in sections else name

    return _known(
        {
            key(name): _Given(value, name)
            for name, value in environment.items()
            if name.startswith(PREFIX) and name != FILE_VARIABLE and value
        }
    )


def _known(given: Mapping[str, _Given]) -> dict[str, _Given]:
    """What was given in one place, secrets read from their files."""
    for key, each in given.items():
        if key not in KEYS:
            raise SettingsError(
                f"{visible(each.place)}: no such setting; there are {', '.join(KEYS)}"
            )
    resolved = {key: each for key, each in given.items() if key in READERS}
    for key in SECRETS:
        if (pointer := given.get(f"{key}_file")) is None:
            continue
        if key in given:
            raise SettingsError(f"{given[key].place} and {pointer.place}: give only one of them")
        path = Path(_text(pointer)).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise SettingsError(f"{pointer.place}: {path} cannot be read: {reason}") from None
        resolved[key] = _Given(text, f"{pointer.place} ({path})")
    return resolved
