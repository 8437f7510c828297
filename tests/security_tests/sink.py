"""A server that notes what it is asked, and a collector that is told of its traffic."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.collector.collector_support import Collector, trace
from tests.security_tests.scene import run


class Sink(ThreadingHTTPServer):
    """Answers everything with a small list, and keeps what was asked. `status`: what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.status = 200
        self.location = "http://192.0.2.1/elsewhere"
        self.body = b'{"items": [{"id": 77, "name": "lamp oil"}]}'
        self.pause: dict[str, float] = {}
        self.limit: "int | None" = None  # answers 429 from then on
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        time.sleep(next((s for path, s in self.server.pause.items() if self.path.startswith(path)), 0))
        body = self.server.body
        limit = self.server.limit
        self.send_response(429 if limit is not None and len(self.server.asked) > limit else self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = do_TRACE = handle_any
    do_PROPFIND = do_METLO = handle_any

    def log_message(self, *_: Any) -> None:
        pass


def tell(collector: Collector, sink: Sink, *calls: "tuple[str, str, str]", **more: Any) -> None:
    """Traffic of the sink: method, route and path; a minute ago, so that no run waits for more of it."""
    meta = {"requestTimestamp": "2026-01-01T00:00:00.000Z"}
    listed = [
        trace(path, method, route=route, host=sink.url[7:], response_body='{"items":[{"id":77,"name":"lamp oil"}]}', meta=meta,
              **more)
        for method, route, path in calls
    ]  # fmt: skip
    before = collector.status()["accepted_traces"]
    assert collector.batch(listed).status_code == 200
    collector.settled(before + len(listed))


def ask(collector: Collector, url: str, *arguments: str) -> Any:
    return run(collector.data_dir, "test", url, "--rate", "500", *arguments)
