"""The data service of the statistics bureau on this machine: it speaks its protocol, and breaks.

Answers the calls of the service out of a tree of figures that the test gives it, in the envelope
and under the names of fields that published programs report. A fault is put in front of the next
answers to one call, by its name in `FAULTS`.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ami.nbs.client import CallPatience

# This one need not be spared between two calls, as `CallPatience` spares the real one.
AT_ONCE = CallPatience(pause=0.0)

LOOPBACK = "127.0.0.1"
EXTERNAL = "/dg/website/publicrelease/web/external/"
PAGE = "/dg/website/page.html"
KINDS = {"3": "年度数据", "6": "分省年度数据"}
TREE, INDICATORS = "new/queryIndexTreeAsync", "new/queryIndicatorsByCid"
FIGURES, AGENDA = "stream/esData", "queryAgendaByDate"
HTML = b"<!DOCTYPE html><html><head><title>403</title></head><body>reason:UrlACL</body></html>"

# What may come in the place of an answer: status and body, or a manner of breaking off.
FAULTS = (
    "forbidden", "too many", "broken down", "redirect", "web page", "half", "cut JSON", "not JSON",
    "failed", "no envelope", "empty", "slow", "hangs up", "gone",
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """An indicator with its figures as texts, by region (twelve digits) and year."""

    name: str
    unit: str
    figures: Mapping[tuple[str, int], str]


@dataclass
class NbsServer:
    """`tree`: the leaves by their path below the root, with what each holds."""

    tree: dict[tuple[str, ...], list[Series]]
    regions: dict[str, str]
    widest: int = 100
    needs_cookie: bool = False
    salt: str = ""
    agenda: Any = None
    port: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)
    # Says of an entry with a figure what is to come in its place.
    entries: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[float, str, Any]] = field(default_factory=list)
    sessions: int = 0

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}{EXTERNAL}"

    def asked(self, call: str) -> list[Any]:
        """What came with each request of a call."""
        return [what for _, name, what in self.calls if name == call]

    def id(self, *names: str) -> str:
        return hashlib.md5("/".join((self.salt, *names)).encode()).hexdigest()

    def answer(self, call: str, asked: Any) -> Any:
        """What `data` of an answer holds."""
        if call == TREE:
            return self._children(asked["pid"][0], asked["code"][0])
        if call == INDICATORS:
            found = self._leaf(asked["cid"][0])
            return {"list": [self._indicator(found[0], each) for each in found[1]] if found else []}
        if call == "getDaCatalogTreeByIndicatorCid":
            return [{"_id": self.id("regions"), "name": "全部地区"}]
        if call == "getDasByDaCatalogId":
            return [
                {"name_value": code, "show_name": name, "name_text": name}
                for code, name in self.regions.items()
            ]
        if call == FIGURES:
            return self._figures(asked)
        return self.agenda

    def _children(self, pid: str, code: str) -> list[dict[str, Any]]:
        if not pid:
            return [{"_id": self.id(KINDS[code]), "name": KINDS[code], "type": "catalog"}]
        above = {self.id(KINDS["6"]): ()} | {
            self.id(*path[:depth]): path[:depth]
            for path in self.tree
            for depth in range(1, len(path))
        }
        if code != "6" or pid not in above:
            return []
        path = above[pid]
        below = {each[: len(path) + 1] for each in self.tree if each[: len(path)] == path}
        return [
            {
                "_id": self.id(*each),
                "name": f"{each[-1]} ",
                "isLeaf": each in self.tree,
                "type": "catalog",
            }
            for each in sorted(below)
        ]

    def _leaf(self, cid: str) -> tuple[tuple[str, ...], list[Series]] | None:
        return next((each for each in self.tree.items() if self.id(*each[0]) == cid), None)

    def _indicator(self, path: tuple[str, ...], series: Series) -> dict[str, Any]:
        return {
            "_id": self.id(*path, series.name),
            "i_showname": f"{series.name} ({series.unit}) ",
            "_name": series.name,
            "du_name": series.unit,
            "du": "493ae80b13cc417984d1074584fb728c",
            "dp": "1",
            "catalogid": self.id(*path),
            "type": "indicator",
        }

    def _figures(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = self._leaf(asked["cid"])
        if not found or asked["rootId"] != self.id(KINDS["6"]):
            return []
        path, series = found
        wanted = [each for each in series if self.id(*path, each.name) in asked["indicatorIds"]]
        ends = asked["dts"][0].replace("YY", "").split("-")
        by_region = str(asked["showType"]) == "1"
        regions = asked["das"][:1] if by_region else asked["das"]
        return [
            {
                "code": f"{year}YY",
                "name": f"{year}年",
                "values": [
                    self._entry(path, each, region, year, by_region)
                    for each in (wanted if by_region else wanted[:1])
                    for region in regions
                ],
            }
            for year in range(int(ends[-1]), int(ends[0]) - 1, -1)
            if wanted
        ]

    def _entry(
        self, path: tuple[str, ...], series: Series, region: Any, year: int, by_region: bool
    ) -> dict[str, Any]:
        code = region["value"]
        place = (
            {"da": code, "da_name": self.regions[code]}
            if by_region
            else {"area": self.regions[code], "areaCode": code}
        )
        value = series.figures.get((code, year), "")
        return {**self._indicator(path, series), "value": value, **place, **self.entries}


@contextmanager
def nbs_server(
    tree: dict[tuple[str, ...], list[Series]], regions: dict[str, str], **options: Any
) -> Iterator[NbsServer]:
    """The service over `tree`; `regions` are names by twelve digits."""
    server = NbsServer(tree, regions, **options)
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == PAGE:
                server.sessions += 1
                self._send(200, HTML, **{"Set-Cookie": f"wzws_cid=session{server.sessions}"})
                return
            self._serve(parts.path, parse_qs(parts.query, keep_blank_values=True))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._serve(urlsplit(self.path).path, body)

        def _serve(self, path: str, asked: Any) -> None:
            call = path.removeprefix(EXTERNAL)
            server.calls.append((time.monotonic(), call, asked))
            waiting = server.faults.get(call, [])
            cookie = f"wzws_cid=session{server.sessions}"
            if server.needs_cookie and self.headers.get("Cookie") != cookie:
                self._send(307, b"", Location=self.path)
            elif waiting:
                self._break(waiting.pop(0), call, asked)
            elif call == FIGURES and self._n_years(asked) > server.widest:
                self._send(500, b'{"status":500}')
            else:
                self._say(server.answer(call, asked))

        def _n_years(self, asked: Any) -> int:
            first, last = asked["dts"][0].replace("YY", "").split("-")
            return int(last) - int(first) + 1

        def _say(self, data: Any) -> None:
            said = {"state": 20000, "success": True, "message": "成功", "data": data}
            self._send(200, json.dumps(said, ensure_ascii=False).encode())

        def _break(self, fault: str, call: str, asked: Any) -> None:
            whole = json.dumps(
                {"state": 20000, "success": True, "data": server.answer(call, asked)}
            ).encode()
            if fault in ("forbidden", "too many", "broken down", "gone"):
                status = {"forbidden": 403, "too many": 429, "broken down": 500, "gone": 404}[fault]
                self._send(status, HTML)
            elif fault == "redirect":
                self._send(307, b"", Location=self.path)
            elif fault in ("web page", "not JSON", "cut JSON"):
                cut = whole[: len(whole) // 2]
                self._send(200, {"web page": HTML, "not JSON": b"ok", "cut JSON": cut}[fault])
            elif fault == "half":
                self._send(200, whole[: len(whole) // 2], **{"Content-Length": str(len(whole))})
                self.close_connection = True
            elif fault == "failed":
                said = {"state": 50000, "success": False, "message": "系统繁忙", "data": None}
                self._send(200, json.dumps(said).encode())
            elif fault == "no envelope":
                self._send(200, b"[]")
            elif fault == "empty":
                self._say([])
            elif fault == "slow":
                ended.wait(3)
                self._send(200, whole)
            else:
                self.close_connection = True

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """The client may hang up on what takes too long."""

    with Quiet((LOOPBACK, 0), Handler) as listening:
        server.port = listening.server_port
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        ended.set()
        listening.shutdown()
