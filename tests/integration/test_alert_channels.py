"""Alerts over real servers on this machine, which take them, hang, refuse, fail or mislead."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alert_servers import (
    DRIPS,
    HANGS,
    LOOPBACK,
    certificate,
    free_port,
    http_server,
    mail_server,
    mute_server,
)
from ami_command import run_ami_here

from ami.alerting import Problem, Told, channel_troubles, log_path, open_alerts, tell
from ami.alerting.delivery import Patience
from ami.dataset import DEMO, Dataset

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

PASSWORD = "correct horse battery staple"
TOKEN = "T0KEN-of-the-hook"
AUTHORIZATION = "Bearer s3cr3t-of-the-header"
SECRETS = (PASSWORD, TOKEN, "s3cr3t-of-the-header")

# QUICK to try again, but with time for a busy machine to answer; HASTY where nobody answers.
QUICK = Patience(total=10, answer=5, pause=0.02)
HASTY = Patience(total=1.5, answer=0.4, tries=2, pause=0.05)

JUMPS = Problem(
    kind="check",
    severity="WARN",
    asset="marts/fct_panel",
    name="panel_jumps",
    words="expected: small changes; observed: 41 outside",
    count=41,
    first_rows="Tianjin 2010 ami: 17.1 (-8 to 8); Tianjin 2011 ami: -11.8 (-8 to 8)",
    run_id="7e0b1c1e",
)
SECOND = Problem("check", "ERROR", "staging/stg_raw__files", "unique", "twice", 2, "a; b")
# What a yearbook file could say.
HOSTILE = Problem(
    kind="check",
    severity="ERROR",
    asset="marts/fct_panel",
    name="jumps\r\nBcc: victim@example.org",
    words="```</details> <!channel> <https://example.org|click> @channel *bold* `code` & \x1b[2J",
    first_rows="\u202etxet\nDataset: mine ![](https://example.org/pixel)",
    run_id="../../x y",
)


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    for name in [name for name in os.environ if name.startswith("AMI_ALERTS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", LOOPBACK)
    return Dataset(DEMO, tmp_path, tmp_path)


def set_up(dataset: Dataset, *lines: str) -> None:
    (dataset.home / "alerts.toml").write_text("\n".join(lines), encoding="utf-8")


def webhook(dataset: Dataset, url: str) -> None:
    set_up(dataset, "[webhook]", f'url = "{url}"', f'authorization = "{AUTHORIZATION}"')


def email(dataset: Dataset, port: int, security: str, *more: str) -> None:
    set_up(
        dataset,
        "[email]",
        f'host = "{LOOPBACK}"',
        f"port = {port}",
        f'security = "{security}"',
        'sender = "ami@example.org"',
        'recipients = ["analyst@example.org", "engineer@example.org"]',
        *more,
    )


def tell_checks(dataset: Dataset, *problems: Problem) -> Told:
    return tell(dataset, problems, kinds={"check"}, patience=QUICK)


def log_of(dataset: Dataset) -> str:
    return log_path(dataset).read_text(encoding="utf-8")


def assert_kept_secret(dataset: Dataset, told: Told) -> None:
    shown = f"{told!r} {log_of(dataset)} {channel_troubles(dataset)!r}"
    state = (dataset.folder / "alerts.sqlite").read_bytes()
    for secret in SECRETS:
        assert secret not in shown
        assert secret.encode() not in state


class TestWebhook:
    def test_an_alert_names_everything_once_and_its_recovery(self, dataset: Dataset) -> None:
        with http_server() as server:
            webhook(dataset, server.url(f"/{TOKEN}"))
            told = tell_checks(dataset, JUMPS)
            assert told.new == (JUMPS,) and not told.faults
            assert tell_checks(dataset, JUMPS) == Told()
            assert tell_checks(dataset).recovered == (JUMPS,)
            assert tell_checks(dataset) == Told()
        first, last = (request.body for request in server.received)
        assert server.received[0].headers["Authorization"] == AUTHORIZATION
        assert first.pop("since") and first.pop("at") and first.pop("id") != last["id"]
        assert first == {
            "event": "problem",
            "dataset": "demo",
            "synthetic": True,
            "kind": "check",
            "severity": "WARN",
            "asset": "marts/fct_panel",
            "name": "panel_jumps",
            "words": JUMPS.words,
            "count": 41,
            "first_rows": JUMPS.first_rows,
            "run_id": "7e0b1c1e",
            "run_url": "http://127.0.0.1:3000/runs/7e0b1c1e",
        }
        assert last["event"] == "recovered" and last["name"] == "panel_jumps"
        assert_kept_secret(dataset, told)

    def test_a_server_that_fails_twice_is_tried_a_third_time(self, dataset: Dataset) -> None:
        with http_server([500, 503, 200]) as server:
            webhook(dataset, server.url())
            assert not tell_checks(dataset, JUMPS).faults
        assert len(server.received) == 3
        assert len({each.body["id"] for each in server.received}) == 1

    def test_what_was_not_received_arrives_at_the_next_time_and_in_order(
        self, dataset: Dataset
    ) -> None:
        port = free_port()
        with http_server([500], port=port, body=TOKEN.encode()) as server:
            webhook(dataset, server.url(f"/{TOKEN}"))
            told = tell_checks(dataset, JUMPS)
        assert told.new == (JUMPS,)
        assert told.faults == {
            "webhook": f"{LOOPBACK}:{port} answers 500 Internal Server Error",
        }
        # One and three more; the second message is not tried at a server that does not work.
        assert len(server.received) == 4
        assert_kept_secret(dataset, told)
        assert "[AMI demo, SYNTHETIC data] WARN marts/fct_panel: panel_jumps" in log_of(dataset)
        assert f"webhook: {told.faults['webhook']}" in log_of(dataset)
        assert [trouble.waiting for trouble in channel_troubles(dataset)] == [1]

        # Nobody listens: nothing new, so that one try is enough, and the log has it only once.
        told = tell_checks(dataset, JUMPS)
        assert told.faults == {"webhook": f"{LOOPBACK}:{port}: Connection refused"}
        tell_checks(dataset, JUMPS)
        assert log_of(dataset).count("Connection refused") == 1

        with http_server(port=port) as server:
            assert not tell_checks(dataset, SECOND).faults
        events = [(each.body["event"], each.body["name"]) for each in server.received]
        assert events == [
            ("problem", "panel_jumps"),
            ("problem", "unique"),
            ("recovered", "panel_jumps"),
        ]
        assert "webhook: works again" in log_of(dataset)
        assert channel_troubles(dataset) == []

    @pytest.mark.parametrize("answer", [HANGS, DRIPS])
    def test_a_server_that_comes_to_no_end_is_left(self, dataset: Dataset, answer: str) -> None:
        with http_server([answer]) as server:
            webhook(dataset, server.url(f"/{TOKEN}"))
            start = time.monotonic()
            told = tell(dataset, [JUMPS], kinds={"check"}, patience=HASTY)
            assert time.monotonic() - start < 3
        assert list(told.faults) == ["webhook"]
        assert_kept_secret(dataset, told)
        # It is still to be told, and what stands is known.
        assert [alert.problem for alert in open_alerts(dataset)] == [JUMPS]
        assert [trouble.waiting for trouble in channel_troubles(dataset)] == [1]

    def test_a_redirect_is_not_followed_with_what_is_secret(self, dataset: Dataset) -> None:
        with http_server() as other:
            for status in (301, 302, 303, 307, 308):
                location = {"Location": other.url(f"/{TOKEN}")}
                with http_server([status], headers=location) as server:
                    webhook(dataset, server.url(f"/{TOKEN}"))
                    told = tell_checks(dataset, JUMPS)
                assert "redirects" in told.faults["webhook"]
                assert_kept_secret(dataset, told)
        assert other.received == []

    def test_an_answer_of_10_mb_is_not_read(self, dataset: Dataset) -> None:
        with http_server(body=b"x" * 10_000_000) as server:
            webhook(dataset, server.url())
            start = time.monotonic()
            assert not tell_checks(dataset, JUMPS).faults
            assert time.monotonic() - start < 1
        assert len(server.received) == 1

    def test_a_message_that_is_not_taken_does_not_hold_up_the_next(self, dataset: Dataset) -> None:
        with http_server([400, 200]) as server:
            webhook(dataset, server.url())
            tell_checks(dataset)
            told = tell_checks(dataset, JUMPS, SECOND)
            assert told.faults == {"webhook": f"{LOOPBACK}:{server.port} answers 400 Bad Request"}
            assert len(server.received) == 2
            assert not tell_checks(dataset, JUMPS, SECOND).faults
        assert [each.body["name"] for each in server.received] == [
            "panel_jumps", "unique", "panel_jumps",
        ]  # fmt: skip

    def test_a_server_that_speaks_no_http(self, dataset: Dataset) -> None:
        with mail_server() as server:
            webhook(dataset, f"http://{LOOPBACK}:{server.port}/{TOKEN}")
            told = tell_checks(dataset, JUMPS)
        assert told.faults == {"webhook": f"{LOOPBACK}:{server.port}: BadStatusLine"}
        assert_kept_secret(dataset, told)

    def test_tls_of_a_stranger_is_refused_and_of_a_known_authority_taken(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        context, public = certificate(tmp_path)
        with http_server(tls=context) as server:
            webhook(dataset, server.url(f"/{TOKEN}").replace("http:", "https:"))
            told = tell_checks(dataset, JUMPS)
            assert "certificate" in told.faults["webhook"]
            assert_kept_secret(dataset, told)
            assert server.received == []
            monkeypatch.setenv("SSL_CERT_FILE", str(public))
            assert not tell_checks(dataset, JUMPS).faults
            assert len(server.received) == 1


class TestSlack:
    def test_nothing_in_it_is_markup_or_a_mention(self, dataset: Dataset) -> None:
        with http_server() as server:
            set_up(dataset, "[slack]", f'url = "{server.url(f"/{TOKEN}")}"')
            told = tell_checks(dataset, HOSTILE)
        text = server.received[0].body["text"]
        assert_kept_secret(dataset, told)
        headline, fence, *details = text.split("\n")
        *details, end, link = details
        # One span and one block of code, which nothing inside ends.
        assert headline.startswith("`") and headline.endswith("`") and headline.count("`") == 2
        assert (fence, end) == ("```", "```")
        assert "`" not in "".join(details)
        assert "<" not in text and ">" not in text
        assert "&lt;!channel&gt;" in text and "&amp;" in text
        assert "\x1b" not in text and "\u202e" not in text
        assert link == "http://127.0.0.1:3000/runs/..%2F..%2Fx%20y"
        assert "SYNTHETIC" in headline and "Dataset: demo, SYNTHETIC data" in details


class TestEmail:
    @pytest.mark.parametrize("security", ["plain", "starttls", "tls"])
    @pytest.mark.parametrize("login", [False, True])
    def test_it_arrives(
        self,
        dataset: Dataset,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        security: str,
        login: bool,
    ) -> None:
        context, public = certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        by = {} if security == "plain" else {security: context}
        who = ("ami", PASSWORD) if login else None
        with mail_server(**by, login=who) as server:
            lines = ['user = "ami"', f'password = "{PASSWORD}"'] if login else []
            email(dataset, server.port, security, *lines)
            told = tell_checks(dataset, JUMPS)
            assert not told.faults
        (mail,) = server.mails
        assert server.was_encrypted == [security != "plain"]
        assert server.recipients == [["analyst@example.org", "engineer@example.org"]]
        assert mail["Subject"] == "[AMI demo, SYNTHETIC data] WARN marts/fct_panel: panel_jumps"
        assert mail["From"] == "ami@example.org"
        assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", mail["Message-ID"])
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail.get_content_type() == "text/plain"
        text = mail.get_content()
        for words in (
            "Dataset: demo, SYNTHETIC data",
            "Asset: marts/fct_panel",
            "Check: panel_jumps",
            "Severity: WARN",
            "Rows that break it: 41",
            f"First rows: {JUMPS.first_rows}",
            "Run: http://127.0.0.1:3000/runs/7e0b1c1e",
        ):
            assert words in text.splitlines()
        assert_kept_secret(dataset, told)

    def test_no_text_can_become_a_header(self, dataset: Dataset) -> None:
        with mail_server() as server:
            email(dataset, server.port, "plain")
            tell_checks(dataset, HOSTILE)
        (mail,) = server.mails
        assert mail["Bcc"] is None
        assert len(mail.get_all("Subject")) == 1 and "␍␊" not in mail["Subject"]
        assert "jumps␍␤Bcc: victim@example.org" in mail["Subject"]
        assert server.recipients == [["analyst@example.org", "engineer@example.org"]]
        # What poses as another line of the mail is on the line it belongs to.
        assert "Dataset: mine" not in [line[:13] for line in mail.get_content().splitlines()]

    def test_a_wrong_password_is_said_and_not_which(self, dataset: Dataset) -> None:
        with mail_server(login=("ami", "another")) as server:
            email(dataset, server.port, "plain", 'user = "ami"', f'password = "{PASSWORD}"')
            told = tell_checks(dataset, JUMPS)
        assert told.faults == {"email": f"{LOOPBACK}:{server.port} refuses the login of ami (535)"}
        assert server.mails == []
        assert_kept_secret(dataset, told)

    def test_no_mail_without_the_encryption_that_was_asked_for(self, dataset: Dataset) -> None:
        with mail_server() as server:
            email(dataset, server.port, "starttls", 'user = "ami"', f'password = "{PASSWORD}"')
            told = tell_checks(dataset, JUMPS)
            assert "does not offer STARTTLS" in told.faults["email"]
            email(dataset, server.port, "tls")
            assert "email" in tell_checks(dataset, JUMPS, SECOND).faults
        assert server.mails == []

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_certificate_of_a_stranger_is_refused(
        self, dataset: Dataset, tmp_path: Path, security: str
    ) -> None:
        context, _ = certificate(tmp_path)
        with mail_server(**{security: context}) as server:
            email(dataset, server.port, security)
            told = tell_checks(dataset, JUMPS)
        assert "certificate" in told.faults["email"] and "self-signed" in told.faults["email"]
        assert server.mails == []

    def test_a_server_that_hangs_refuses_or_puts_off(self, dataset: Dataset) -> None:
        with mute_server() as port:
            email(dataset, port, "plain")
            start = time.monotonic()
            told = tell(dataset, [JUMPS], kinds={"check"}, patience=HASTY)
            assert time.monotonic() - start < 3
            assert "does not answer" in told.faults["email"]
        email(dataset, port, "plain")
        assert "Connection refused" in tell_checks(dataset, JUMPS).faults["email"]
        everybody = dict.fromkeys(("analyst@example.org", "engineer@example.org"), "451 try later")
        with mail_server(refuses=everybody) as server:
            email(dataset, server.port, "plain")
            told = tell_checks(dataset, JUMPS)
            assert told.faults == {
                "email": f"{LOOPBACK}:{server.port} refuses every recipient (451)"
            }
        with mail_server() as server:
            email(dataset, server.port, "plain")
            assert not tell_checks(dataset, JUMPS).faults
        assert len(server.mails) == 1

    def test_who_has_it_does_not_have_it_twice_because_another_was_refused(
        self, dataset: Dataset
    ) -> None:
        with mail_server(refuses={"engineer@example.org": "550 unknown"}) as server:
            email(dataset, server.port, "plain")
            told = tell_checks(dataset, JUMPS)
            assert "refuses engineer@example.org" in told.faults["email"]
            assert not tell_checks(dataset, JUMPS).faults
        assert server.recipients == [["analyst@example.org"]]


class TestSeveral:
    def test_a_channel_that_hangs_does_not_hold_up_another(self, dataset: Dataset) -> None:
        with http_server() as good, http_server([HANGS]) as bad:
            set_up(
                dataset,
                f'webhook.url = "{bad.url()}"',
                f'slack.url = "{good.url()}"',
            )
            told = tell(dataset, [JUMPS, SECOND], kinds={"check"}, patience=HASTY)
        assert list(told.faults) == ["webhook"]
        assert len(good.received) == 2

    def test_a_new_channel_hears_what_stands(self, dataset: Dataset) -> None:
        tell_checks(dataset, JUMPS)
        with http_server() as server:
            webhook(dataset, server.url())
            assert tell_checks(dataset, JUMPS) == Told()
            assert tell_checks(dataset, JUMPS) == Told()
        assert [each.body["name"] for each in server.received] == ["panel_jumps"]

    def test_faulty_settings_lose_nothing(self, dataset: Dataset) -> None:
        with http_server() as server:
            webhook(dataset, server.url())
            tell_checks(dataset)
            set_up(dataset, "[webhoook]", 'url = "x"')
            told = tell_checks(dataset, JUMPS)
            assert "webhoook.url: no such setting" in told.faults["settings"]
            tell_checks(dataset, JUMPS)
            assert log_of(dataset).count("settings: alerts.toml: webhoook.url: no such") == 1
            webhook(dataset, server.url())
            assert not tell_checks(dataset, JUMPS).faults
            assert "settings: works again" in log_of(dataset)
        assert [each.body["name"] for each in server.received] == ["panel_jumps"]

    def test_processes_that_tell_at_once_tell_once(self, dataset: Dataset) -> None:
        words = (
            "from pathlib import Path; from ami.alerting import *;"
            "from ami.dataset import Dataset; import sys;"
            "home = Path(sys.argv[1]);"
            "problems = [Problem('check', 'WARN', 'a', str(n), 'w') for n in range(5)];"
            "told = tell(Dataset('demo', home, home), problems, kinds={'check'});"
            "sys.exit(bool(told.faults))"
        )
        with http_server() as server:
            webhook(dataset, server.url())
            processes = [
                subprocess.Popen([sys.executable, "-c", words, str(dataset.home)]) for _ in range(4)
            ]
            assert [process.wait(60) for process in processes] == [0] * 4
        assert sorted(each.body["name"] for each in server.received) == list("01234")


class TestCommand:
    def test_the_channels_are_tested_and_each_answers(self, tmp_path: Path) -> None:
        with http_server() as good, http_server([403]) as bad:
            lines = f'webhook.url = "{bad.url("/" + TOKEN)}"\nslack.url = "{good.url()}"\n'
            (tmp_path / "alerts.toml").write_text(lines)
            answer = run_ami_here(tmp_path, "alerts", "test")
            assert answer.returncode == 1, answer.stderr
            assert "log: arrived" in answer.stdout
            assert "slack: arrived" in answer.stdout
            assert f"webhook: failed: {LOOPBACK}:{bad.port} answers 403" in answer.stdout
            assert TOKEN not in answer.stdout + answer.stderr
            assert "TEST" in good.received[0].body["text"]
            (tmp_path / "alerts.toml").write_text(f'slack.url = "{good.url()}"\n')
            assert run_ami_here(tmp_path, "alerts", "test").returncode == 0

    def test_what_stands_is_listed(self, dataset: Dataset) -> None:
        dataset.folder.mkdir(parents=True)
        dataset.log.write_text("")
        webhook(dataset, f"http://{LOOPBACK}:{free_port()}/{TOKEN}")
        tell_checks(dataset, JUMPS, HOSTILE)
        answer = run_ami_here(dataset.home, "alerts")
        assert answer.returncode == 0, answer.stderr
        assert "demo (SYNTHETIC data): 2 open alerts" in answer.stdout
        assert "WARN marts/fct_panel: panel_jumps" in answer.stdout
        assert "Rows that break it: 41" in answer.stdout
        assert "http://127.0.0.1:3000/runs/7e0b1c1e" in answer.stdout
        assert "webhook has not worked since" in answer.stdout and "2 waiting" in answer.stdout
        assert "\x1b" not in answer.stdout and TOKEN not in answer.stdout
        (dataset.folder / "alerts.sqlite").write_text("no database")
        answer = run_ami_here(dataset.home, "alerts", "--dataset", "demo")
        assert answer.returncode == 1
        assert "cannot be read" in answer.stderr and "Traceback" not in answer.stderr


def test_the_message_of_a_webhook_is_json_of_any_script(dataset: Dataset) -> None:
    words = "表3-9 中国统计年鉴"
    with http_server() as server:
        webhook(dataset, server.url())
        tell_checks(dataset, Problem("check", "WARN", "raw/files", "label", words))
    assert server.received[0].body["words"] == words
    assert json.dumps(server.received[0].body)
