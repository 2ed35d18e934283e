"""Servers that alerts are sent to: real ones on this machine, which answer well or badly."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
HANGS = "hangs"
DRIPS = "drips"


@dataclass
class Received:
    """One request: its headers and its body, which is JSON."""

    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class HttpServer:
    """Where it listens, and what came."""

    port: int
    received: list[Received] = field(default_factory=list)

    def url(self, path: str = "/hook") -> str:
        return f"http://{LOOPBACK}:{self.port}{path}"


@contextmanager
def http_server(
    answers: Sequence[int | str] = (200,),
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    headers: dict[str, str] | None = None,
    body: bytes = b"ok",
) -> Iterator[HttpServer]:
    """A server that gives these `answers` one after the other, and the last one ever after.

    An answer is a status, or `HANGS`: takes the request and says nothing, or `DRIPS`: says a sign
    of its header five times a second and comes to no end.
    """
    ended = threading.Event()
    given = iter(range(10**6))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.received.append(Received(dict(self.headers), sent))
            answer = answers[min(next(given), len(answers) - 1)]
            if answer == HANGS:
                ended.wait()
            elif answer == DRIPS:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                while not ended.wait(0.2):
                    self.wfile.write(b"x")
            else:
                self.send_response(int(answer))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """The client may hang up on what it does not want to hear."""

    with Quiet((LOOPBACK, port), Handler) as listening:
        if tls:
            listening.socket = tls.wrap_socket(listening.socket, server_side=True)
        server = HttpServer(listening.server_port)
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        ended.set()
        listening.shutdown()


def free_port() -> int:
    """A port on which nobody listens: whoever connects is refused."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        return listening.getsockname()[1]


@contextmanager
def mute_server() -> Iterator[int]:
    """The port of a server that accepts connections and never says a word."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        yield listening.getsockname()[1]


@dataclass
class MailServer:
    """Where it listens, and the mails that came, with who is really to have each."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)


@contextmanager
def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    refuses: dict[str, str] | None = None,
) -> Iterator[MailServer]:
    """A mail server: TLS from the first byte (`tls`), after STARTTLS, or not at all.

    `login` is who may send; `refuses` are recipients and what each is answered.
    """
    server = MailServer(free_port())

    class Handler:
        async def handle_RCPT(
            self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
        ) -> str:
            if answer := (refuses or {}).get(address):
                return answer
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
            mail = message_from_bytes(envelope.content, policy=policy.default)
            server.mails.append(mail)
            server.recipients.append(list(envelope.rcpt_tos))
            server.was_encrypted.append(session.ssl is not None or tls is not None)
            return "250 OK"

    def check(*arguments: Any) -> AuthResult:
        given = arguments[-1]
        assert isinstance(given, LoginPassword)
        is_known = login == (given.login.decode(), given.password.decode())
        return AuthResult(success=is_known, handled=False)

    controller = Controller(
        Handler(),
        hostname=LOOPBACK,
        port=server.port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        authenticator=check if login else None,
        auth_required=login is not None,
        auth_require_tls=starttls is not None,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """TLS for a server on the loopback address, and the certificate by which it is known."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alerts test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return context, public
