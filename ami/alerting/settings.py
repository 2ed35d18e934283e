"""Where alerts go: read from one TOML file and from environment variables, faults said in words.

Each key is also a variable: `email.host` is AMI_ALERTS_EMAIL_HOST. A variable goes before the file,
key by key; an empty one says nothing. A secret may stand in a file of its own, named by the same
key with `_file` at its end. What a channel's keys may be is said by the channel. No fault says what
a secret is.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import SecretStr, ValidationError

from ami.alerting.channels import AN_ADDRESS, CHANNELS, Channel, check_url
from yearbooks.untrusted import visible

FILE = "alerts.toml"
PREFIX = "AMI_ALERTS_"
FILE_VARIABLE = "AMI_ALERTS_FILE"
SECTIONS = {channel.name for channel in CHANNELS}
FIELDS = {
    f"{channel.name}.{name}": field
    for channel in CHANNELS
    for name, field in channel.model_fields.items()
}
# What may stand in a file of its own.
SECRETS = [key for key, field in FIELDS.items() if field.annotation is SecretStr]
KEYS = ["base_url", *FIELDS, *(f"{secret}_file" for secret in SECRETS)]


class SettingsError(ValueError):
    """A setting that cannot be used: which, where it stands, and what was expected."""


@dataclass(frozen=True)
class Settings:
    """The channels that a person set up; the log of the dataset is always written."""

    base_url: str = "http://127.0.0.1:3000"
    channels: tuple[Channel, ...] = ()

    @classmethod
    def load(cls, home: Path, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings of `home`: `alerts.toml` there or the file of AMI_ALERTS_FILE, variables.

        Raises `SettingsError`.
        """
        given = _from_file(home, environment) | _from_environment(environment)
        channels = tuple(
            _channel(channel, given)
            for channel in CHANNELS
            if any(key.startswith(f"{channel.name}.") for key in given)
        )
        if (url := given.get("base_url")) is None:
            return cls(channels=channels)
        try:
            return cls(check_url(url.value).rstrip("/"), channels)
        except (ValueError, TypeError):
            raise SettingsError(f"{url.place}: expected {AN_ADDRESS}") from None


class _Given(NamedTuple):
    """A value as it was given, and where: the key with its file, or the variable."""

    value: Any
    place: str


def _channel(channel: type[Channel], given: Mapping[str, _Given]) -> Channel:
    section = f"{channel.name}."
    here = {
        key.removeprefix(section): each for key, each in given.items() if key.startswith(section)
    }
    try:
        return channel.model_validate({name: each.value for name, each in here.items()})
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
    if not fault["loc"]:
        raise SettingsError(str(fault["ctx"]["error"]))
    name = str(fault["loc"][0])
    if name in here:
        expected = channel.model_fields[name].description
        raise SettingsError(f"{here[name].place}: expected {expected}")
    place = next(iter(here.values())).place
    raise SettingsError(f"{section}{name} is missing, although there is {place}")


def _from_file(home: Path, environment: Mapping[str, str]) -> dict[str, _Given]:
    named = environment.get(FILE_VARIABLE, "")
    path = Path(named) if named else home / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise SettingsError(f"{FILE_VARIABLE}: there is no file {path}") from None
        return {}
    except tomllib.TOMLDecodeError as error:
        # Only where: the line itself may hold a secret.
        place = re.search(r"\(at [^()]*\)$", str(error))
        raise SettingsError(f"{path} is not TOML {place[0] if place else ''}".strip()) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {_reason(error)}") from None
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": each for key, each in value.items()}
        else:
            flat[name] = value
    return _with_secrets({key: _Given(each, f"{path.name}: {key}") for key, each in flat.items()})


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    given = {}
    for variable, value in environment.items():
        if variable.startswith(PREFIX) and variable != FILE_VARIABLE and value:
            name = variable.removeprefix(PREFIX).lower()
            section, _, rest = name.partition("_")
            given[f"{section}.{rest}" if section in SECTIONS else name] = _Given(value, variable)
    return _with_secrets(given)


def _with_secrets(given: dict[str, _Given]) -> dict[str, _Given]:
    """What was given in one place, with the secrets that stand in files of their own."""
    if unknown := [each.place for key, each in given.items() if key not in KEYS]:
        raise SettingsError(f"{visible(unknown[0])}: no such setting; there are {', '.join(KEYS)}")
    for key in SECRETS:
        if (pointer := given.pop(f"{key}_file", None)) is None:
            continue
        if key in given:
            raise SettingsError(f"{given[key].place} and {pointer.place}: give only one of them")
        path = Path(str(pointer.value)).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{pointer.place}: {path} cannot be read: {_reason(error)}"
            ) from None
        given[key] = _Given(text, f"{pointer.place} ({path})")
    return given


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return getattr(error, "strerror", None) or "it is not UTF-8"
