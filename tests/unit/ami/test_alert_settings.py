"""Where alerts go: what a person may write, what is refused in words, what stays secret."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ami.alerting.channels import Email, Slack, Webhook
from ami.alerting.settings import Settings, SettingsError

SECRET = "s3cr3t"

WHOLE = """
base_url = "https://warehouse.example.org/dagster/"

[email]
host = "mail.example.org"
port = 2525
security = "tls"
user = "ami"
password = "s3cr3t"
sender = "ami@example.org"
recipients = ["analyst@example.org", "engineer@example.org"]

[slack]
url = "https://hooks.example.org/services/s3cr3t"

[webhook]
url = "https://example.org/hook?token=s3cr3t"
authorization = "Bearer s3cr3t"
"""

VARIABLES = {
    "AMI_ALERTS_BASE_URL": "https://warehouse.example.org/dagster",
    "AMI_ALERTS_EMAIL_HOST": "mail.example.org",
    "AMI_ALERTS_EMAIL_PORT": "2525",
    "AMI_ALERTS_EMAIL_SECURITY": "tls",
    "AMI_ALERTS_EMAIL_USER": "ami",
    "AMI_ALERTS_EMAIL_PASSWORD": SECRET,
    "AMI_ALERTS_EMAIL_SENDER": "ami@example.org",
    "AMI_ALERTS_EMAIL_RECIPIENTS": "analyst@example.org, engineer@example.org",
    "AMI_ALERTS_SLACK_URL": "https://hooks.example.org/services/s3cr3t",
    "AMI_ALERTS_WEBHOOK_URL": "https://example.org/hook?token=s3cr3t",
    "AMI_ALERTS_WEBHOOK_AUTHORIZATION": "Bearer s3cr3t",
}

EMAIL = {
    "AMI_ALERTS_EMAIL_HOST": "mail.example.org",
    "AMI_ALERTS_EMAIL_SENDER": "ami@example.org",
    "AMI_ALERTS_EMAIL_RECIPIENTS": "analyst@example.org",
}

# File, its text and variables; what the error names.
WRONG = [
    ("colour = 1", {}, "alerts.toml: colour: no such setting; there are base_url, email.host"),
    ("[email]\nhots = 's3cr3t'", {}, "alerts.toml: email.hots: no such setting"),
    ("slack = 's3cr3t'", {}, "alerts.toml: slack: no such setting"),
    ("[slack]\nurl = s3cr3t", {}, "is not TOML (at line 2"),
    ("[slack]\nurl = 's3cr3t'", {}, "alerts.toml: slack.url: expected an address"),
    ("[slack]\nurl = 'ftp://s3cr3t/x'", {}, "slack.url: expected an address"),
    ("[slack]\nurl = 'https://me:s3cr3t@host/'", {}, "slack.url: expected an address"),
    ("[slack]\nurl = 'https://host:s3cr3t/'", {}, "slack.url: expected an address"),
    ("[slack]\nurl = 'https://host/s3cr3t <b>'", {}, "slack.url: expected an address"),
    ("[slack]\nurl = 7", {}, "slack.url: expected an address"),
    ("[slack]\nurl_file = '/no/such/file'", {}, "slack.url_file: /no/such/file cannot be read"),
    ("[slack]\nurl = 's3cr3t'\nurl_file = 'x'", {}, "slack.url_file: give only one of them"),
    ("[webhook]\nauthorization = 's3cr3t'", {}, "webhook.url is missing"),
    (
        "[webhook]\nurl = 'http://host/s3cr3t'\nauthorization = 's3cr3t'",
        {},
        "webhook.url: expected https",
    ),
    (
        "[webhook]\nurl = 'https://host/'\nauthorization = \"s3cr3t\\r\\nX: y\"",
        {},
        "webhook.authorization: expected one line",
    ),
    ("base_url = '//host'", {}, "alerts.toml: base_url: expected an address"),
    ("", {"AMI_ALERTS_EMAL_HOST": "x"}, "AMI_ALERTS_EMAL_HOST: no such setting"),
    ("", {"AMI_ALERTS_FILE": "/no/such.toml"}, "AMI_ALERTS_FILE: there is no file /no/such.toml"),
    ("", {"AMI_ALERTS_EMAIL_PORT": "25"}, "email.host is missing, although there is AMI_ALERTS_"),
    ("", EMAIL | {"AMI_ALERTS_EMAIL_PORT": "smtp"}, "AMI_ALERTS_EMAIL_PORT: expected a port"),
    ("", EMAIL | {"AMI_ALERTS_EMAIL_PORT": "0"}, "AMI_ALERTS_EMAIL_PORT: expected a port"),
    ("", EMAIL | {"AMI_ALERTS_EMAIL_HOST": "a/b"}, "AMI_ALERTS_EMAIL_HOST: expected the name"),
    (
        "",
        EMAIL | {"AMI_ALERTS_EMAIL_SECURITY": "ssl"},
        'AMI_ALERTS_EMAIL_SECURITY: expected "starttls" or "tls" or "plain"',
    ),
    (
        "",
        EMAIL | {"AMI_ALERTS_EMAIL_SENDER": "a@b\r\nBcc: c@d"},
        "AMI_ALERTS_EMAIL_SENDER: expected an e-mail address",
    ),
    (
        "",
        EMAIL | {"AMI_ALERTS_EMAIL_RECIPIENTS": "a@b, nobody"},
        "AMI_ALERTS_EMAIL_RECIPIENTS: expected an e-mail address",
    ),
    ("", EMAIL | {"AMI_ALERTS_EMAIL_USER": "ami"}, "email.password is missing"),
    ("", EMAIL | {"AMI_ALERTS_EMAIL_PASSWORD": SECRET}, "email.user is missing"),
    (
        "",
        EMAIL
        | {
            "AMI_ALERTS_EMAIL_USER": "ami",
            "AMI_ALERTS_EMAIL_PASSWORD": SECRET,
            "AMI_ALERTS_EMAIL_SECURITY": "plain",
        },
        "the password would travel unencrypted",
    ),
]


def load(home: Path, text: str = "", variables: dict[str, str] | None = None) -> Settings:
    if text:
        (home / "alerts.toml").write_text(text, encoding="utf-8")
    return Settings.load(home, variables or {})


def test_without_anything_there_is_the_log_alone(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()


def test_the_file_and_the_variables_say_the_same(tmp_path: Path) -> None:
    from_variables = load(tmp_path, variables=VARIABLES)
    assert load(tmp_path, WHOLE) == from_variables
    assert from_variables.base_url == "https://warehouse.example.org/dagster"
    email, slack, webhook = from_variables.channels
    assert isinstance(email, Email) and isinstance(slack, Slack) and isinstance(webhook, Webhook)
    assert email.recipients == ("analyst@example.org", "engineer@example.org")
    assert (email.port, email.password, webhook.authorization) == (
        2525,
        SecretStr(SECRET),
        SecretStr(f"Bearer {SECRET}"),
    )


@pytest.mark.parametrize(
    ("security", "port"), [("", 587), ("starttls", 587), ("tls", 465), ("plain", 25)]
)
def test_ports_follow_from_the_security(tmp_path: Path, security: str, port: int) -> None:
    settings = load(tmp_path, variables=EMAIL | {"AMI_ALERTS_EMAIL_SECURITY": security})
    (email,) = settings.channels
    assert isinstance(email, Email)
    assert (email.security, email.port) == (security or "starttls", port)


def test_a_variable_goes_before_the_file_and_an_empty_one_says_nothing(tmp_path: Path) -> None:
    variables = {
        "AMI_ALERTS_EMAIL_HOST": "other.example.org",
        "AMI_ALERTS_EMAIL_USER": "",
        "AMI_ALERTS_EMAIL_PASSWORD_FILE": str(tmp_path / "password"),
    }
    (tmp_path / "password").write_text("another\n", encoding="utf-8")
    (email, *_) = load(tmp_path, WHOLE, variables).channels
    assert isinstance(email, Email)
    assert (email.host, email.user, email.password) == (
        "other.example.org",
        "ami",
        SecretStr("another"),
    )


def test_another_file_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("base_url = 'https://example.org'", encoding="utf-8")
    variables = {"AMI_ALERTS_FILE": str(tmp_path / "mine.toml")}
    assert load(tmp_path, WHOLE, variables) == Settings(base_url="https://example.org")


@pytest.mark.parametrize(
    "variable",
    [
        "AMI_ALERTS_EMAIL_PASSWORD_FILE",
        "AMI_ALERTS_SLACK_URL_FILE",
        "AMI_ALERTS_WEBHOOK_URL_FILE",
        "AMI_ALERTS_WEBHOOK_AUTHORIZATION_FILE",
    ],
)
def test_every_secret_may_stand_in_a_file_of_its_own(tmp_path: Path, variable: str) -> None:
    path = tmp_path / "secret"
    itself = variable.removesuffix("_FILE")
    path.write_text(f"{VARIABLES[itself]}\n", encoding="utf-8")
    variables = {name: value for name, value in VARIABLES.items() if name != itself}
    variables[variable] = str(path)
    assert load(tmp_path, variables=variables) == load(tmp_path, variables=VARIABLES)


@pytest.mark.parametrize(("text", "variables", "words"), WRONG)
def test_what_is_wrong_is_named_and_no_secret_is_said(
    tmp_path: Path, text: str, variables: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError) as error:
        load(tmp_path, text, variables)
    assert words in str(error.value)
    # Nor in an error that was under way when this one was raised, which a traceback would show.
    seen: Any = error.value
    while seen is not None:
        assert SECRET not in str(seen)
        seen = None if seen.__suppress_context__ else seen.__context__


def test_a_representation_shows_no_secret(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE)
    for shown in (repr(settings), str(settings), f"{settings.channels}"):
        assert SECRET not in shown
        assert "mail.example.org" in shown
    assert SECRET not in str(settings.channels[0])
