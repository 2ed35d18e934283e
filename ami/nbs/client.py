"""One call of the data service after the other: pauses, patience, and an answer that is JSON.

Knows HTTP and the envelope around every answer (`state`, `success`, `data`); what `data` must hold
is `ami.nbs.answers`'. Nothing else in the project opens a connection to the statistics bureau.
"""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_chain, wait_fixed

from ami.connections import opener
from ami.dates import now_in_china

SERVICE = "https://data.stats.gov.cn/dg/website/publicrelease/web/external/"
# Opened for its cookies alone: without them the wall before the service may ask who is there.
PAGE = "../../../page.html"
DONE = 20000

# The wall before the service lets programs pass that look like a desktop.
_HEADERS = {
    "User-Agent": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/138.0.0.0 Safari/537.36 ami-warehouse"
    ),
    "Accept": "application/json, text/plain, */*",
}
# Twenty years of 31 provinces are a third of a megabyte.
_MAX_BYTES = 32 * 2**20
_CHUNK = 64 * 1024


class ServiceError(Exception):
    """A call that brought no answer of use; the message says what was expected and what came."""


class Unavailable(ServiceError):
    """The service cannot be reached or turns us away: no other call will fare better now."""


class Overtaxed(ServiceError):
    """A fault on the side of the service (500 and above), as where it is asked for too much."""


class _Again(Exception):
    """A try that failed and may be repeated. `error` is raised where no try is left."""

    def __init__(self, error: ServiceError, *, wants_session: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.wants_session = wants_session


@dataclass(frozen=True)
class CallPatience:
    """In seconds: between two calls, before each further try, and for one whole answer.

    The service asks for no more than three calls a second.
    """

    pause: float = 0.4
    waits: tuple[float, ...] = (2.0, 5.0, 15.0, 45.0)
    answer: float = 90.0


PATIENCE = CallPatience()


@dataclass(frozen=True)
class Answer:
    """What came, byte by byte, to which request, and when it had come (China's time)."""

    address: str
    body: Mapping[str, Any] | None
    at: datetime
    content: bytes
    data: Any

    @property
    def call(self) -> str:
        """The name of the call, as the protocol has it."""
        return self.address.partition("/external/")[2].partition("?")[0] or self.address


def service_address() -> str:
    """Where the service is: AMI_NBS_SERVICE, should it move."""
    return os.environ.get("AMI_NBS_SERVICE", SERVICE).rstrip("/") + "/"


class Service:
    """The service at one address, asked one call at a time.

    `tell` hears why a call is tried again, and after how many seconds.
    """

    def __init__(
        self,
        address: str = "",
        patience: CallPatience | None = None,
        tell: Callable[[str, float], None] = lambda why, seconds: None,
    ) -> None:
        self.address = address or service_address()
        self._patience = patience or PATIENCE
        self._tell = tell
        # A redirect hands out a cookie and asks for the same again.
        self._open = opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        self._has_session = False
        self._last_call = 0.0
        self.n_calls = 0

    def get(self, call: str, **parameters: str) -> Answer:
        """The answer to a GET. Raises `ServiceError`."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._ask(urljoin(self.address, call) + query, None)

    def post(self, call: str, body: Mapping[str, Any], *, is_wide: bool = False) -> Answer:
        """The answer to a POST of JSON. Raises `ServiceError`.

        A request that `is_wide` can be cut into smaller ones, and is not repeated for long where
        the service breaks down over it.
        """
        return self._ask(urljoin(self.address, call), body, is_wide=is_wide)

    def _ask(
        self, address: str, body: Mapping[str, Any] | None, *, is_wide: bool = False
    ) -> Answer:
        waits = self._patience.waits

        def is_last(state: RetryCallState) -> bool:
            is_too_wide = is_wide and isinstance(_failure(state).error, Overtaxed)
            return state.attempt_number > (1 if is_too_wide else len(waits))

        def prepare_another(state: RetryCallState) -> None:
            self._has_session = self._has_session and not _failure(state).wants_session
            self._tell(str(_failure(state)), state.upcoming_sleep)

        patiently = Retrying(
            retry=retry_if_exception_type(_Again),
            wait=wait_chain(*map(wait_fixed, waits)),
            stop=is_last,
            before_sleep=prepare_another,
            reraise=True,
        )
        try:
            return patiently(self._ask_once, address, body)
        except _Again as failed:
            raise failed.error from None

    def _ask_once(self, address: str, body: Mapping[str, Any] | None) -> Answer:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = _HEADERS | {"Referer": urljoin(self.address, PAGE)}
        if content:
            headers |= {"Content-Type": "application/json;charset=UTF-8"}
        if not self._has_session:
            self._open_session()
        came = self._send(urllib.request.Request(address, content, headers))
        at = now_in_china()
        return Answer(address, body, at, came, _data(came, address))

    def _open_session(self) -> None:
        """Cookies by the page that a person would open; a service without it works as well."""
        self._has_session = True
        page = urllib.request.Request(urljoin(self.address, PAGE), None, _HEADERS)
        try:
            self._send(page)
        except _Again as failed:
            if isinstance(failed.error, Unavailable):
                self._has_session = False
                raise
        except ServiceError:
            pass

    def _send(self, request: urllib.request.Request) -> bytes:
        time.sleep(max(0.0, self._last_call + self._patience.pause - time.monotonic()))
        self.n_calls += 1
        where = request.full_url
        try:
            return self._read(request)
        except urllib.error.HTTPError as error:
            error.close()
            raise _refused(where, error) from None
        except TimeoutError:
            raise _Again(
                Unavailable(f"{where}: expected an answer within {self._patience.answer:g} s")
            ) from None
        except http.client.IncompleteRead:
            raise _Again(
                ServiceError(f"{where}: expected a whole answer; it broke off half way")
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                reason = f"no answer within {self._patience.answer:g} s"
            raise _Again(Unavailable(f"{where} cannot be reached: {reason}")) from None
        finally:
            self._last_call = time.monotonic()

    def _read(self, request: urllib.request.Request) -> bytes:
        # Of the connection and of each piece; the whole has a limit of its own.
        deadline = time.monotonic() + self._patience.answer
        with self._open(request, timeout=self._patience.answer) as response:
            pieces, size = [], 0
            while piece := response.read(_CHUNK):
                size += len(piece)
                if size > _MAX_BYTES:
                    raise ServiceError(
                        f"{request.full_url}: expected no more than {_MAX_BYTES // 2**20} MiB"
                    )
                if time.monotonic() > deadline:
                    raise TimeoutError
                pieces.append(piece)
            if response.length:
                raise http.client.IncompleteRead(b"")
        return b"".join(pieces)


def _failure(state: RetryCallState) -> _Again:
    """Why a try of `_ask` failed."""
    failed = state.outcome and state.outcome.exception()
    assert isinstance(failed, _Again)
    return failed


def _refused(where: str, error: urllib.error.HTTPError) -> Exception:
    """What an answer that is not 200 means."""
    if 300 <= error.code < 400:
        to = error.headers.get("Location", "nowhere")
        words = f"{where}: expected an answer, not a redirect ({error.code}) to {to}"
        return _Again(ServiceError(words), wants_session=True)
    if error.code in (403, 429):
        words = f"{where} turns us away ({error.code}): asked too often, or from where it is closed"
        return _Again(Unavailable(words))
    if error.code >= 500:
        return _Again(Overtaxed(f"{where} broke down ({error.code})"))
    return ServiceError(f"{where}: expected the call to exist; the service says {error.code}")


def _data(content: bytes, where: str) -> Any:
    """What an answer carries, taken out of its envelope."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise _Again(
            ServiceError(f"{where}: expected JSON; a web page came, as when a session has expired"),
            wants_session=True,
        )
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _Again(
            ServiceError(f"{where}: expected JSON to its end; {error} ({len(content):,} bytes)")
        ) from None
    if not isinstance(said, dict) or "data" not in said:
        raise ServiceError(f"{where}: expected an object with data[]; found {_shown(said)}")
    if said.get("success") is not True or said.get("state", DONE) != DONE:
        raise _Again(
            ServiceError(
                f"{where}: expected success and state {DONE}; found success "
                f"{_shown(said.get('success'))}, state {_shown(said.get('state'))} "
                f"({_shown(said.get('message'))})"
            ),
            wants_session=True,
        )
    return said["data"]


def _shown(value: object) -> str:
    """The beginning of something that came, as JSON writes it."""
    return json.dumps(value, ensure_ascii=False)[:80]
