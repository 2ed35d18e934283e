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
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from ami.alerts.channels import AN_ADDRESS, Channel, Email, Slack, Webhook, check_url
from yearbooks.untrusted import visible

FILE = "alerts.toml"
PREFIX = "AMI_ALERTS_"
FILE_VARIABLE = "AMI_ALERTS_FILE"
SECTIONS: dict[str, type[Channel]] = {"email": Email, "slack": Slack, "webhook": Webhook}
# What may stand in a file of its own.
SECRETS = ("email.password", "slack.url", "webhook.url", "webhook.authorization")


class SettingsError(ValueError):
    """A setting that cannot be used: which, where it stands, and what was expected."""


class Settings(BaseModel):
    """The channels that a person set up; the log of the dataset is always written."""

    model_config = Channel.model_config
    base_url: Annotated[
        str,
        AfterValidator(check_url),
        AfterValidator(lambda url: url.rstrip("/")),
        Field(description=AN_ADDRESS),
    ] = "http://127.0.0.1:3000"
    email: Email | None = None
    slack: Slack | None = None
    webhook: Webhook | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        found = (self.email, self.slack, self.webhook)
        return tuple(channel for channel in found if channel is not None)

    @classmethod
    def load(cls, home: Path, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings of `home`: `alerts.toml` there or the file of AMI_ALERTS_FILE, variables.

        Raises `SettingsError`.
        """
        given = _from_file(home, environment) | _from_environment(environment)
        nested: dict[str, Any] = {}
        for key, each in given.items():
            section, _, name = key.rpartition(".")
            (nested.setdefault(section, {}) if section else nested)[name] = each.value
        try:
            return cls.model_validate(nested)
        except ValidationError as error:
            raise SettingsError(_in_words(error, given)) from None


class _Given(NamedTuple):
    """A value as it was given, and where: the key with its file, or the variable."""

    value: Any
    place: str


def _in_words(error: ValidationError, given: Mapping[str, _Given]) -> str:
    """The first fault; that a key is not known explains others and goes first."""
    faults = error.errors(include_url=False, include_input=False)
    fault = min(faults, key=lambda each: each["type"] != "extra_forbidden")
    section, *rest = map(str, fault["loc"])
    key = ".".join([section, *rest[:1]])
    of_section = [name for name in given if name == key or name.startswith(f"{section}.")]
    place = visible(given[key if key in given else of_section[0]].place)
    if fault["type"] == "extra_forbidden":
        keys = [
            f"{name}.{field}" for name, model in SECTIONS.items() for field in model.model_fields
        ]
        keys += [f"{secret}_file" for secret in SECRETS]
        return f"{place}: no such setting; there are {', '.join(['base_url', *keys])}"
    if fault["type"] == "missing":
        return f"{key} is missing, although there is {place}"
    if not rest and section in SECTIONS:
        said = fault.get("ctx", {}).get("error")
        return str(said) if said else f"{place}: expected a section [{section}]"
    model = SECTIONS[section] if rest else Settings
    return f"{place}: expected {model.model_fields[(rest or [section])[0]].description}"


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
